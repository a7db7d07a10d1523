"""The conformity file of a High use: its parts, what each of them leans on, and until when monitoring speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.evidence import Evidence, EvidenceVersion
from assessments.models.revisions import Revision
from assessments.models.systems import DeclaredUse


class ConformityPart(models.Model):
    """One part of the file (tests, bias, overseers ...), as the edition names it; it outlives assessments.

    `rows`: of overseers and measures, one mapping of cells each. `words`: what the public may read of it, or nothing.
    """

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="conformity")
    key = models.CharField(max_length=40)
    rows = models.JSONField(default=list)
    words = models.CharField(_("statement for the public"), max_length=400, blank=True)
    revision = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["use", "key"], name="one_conformity_part_a_key")]

    def __str__(self) -> str:
        return self.key

    def record(self, pieces: Iterable[str], why: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what a revision keeps of it: `pieces` are references of the evidence, `why` their words (see `second_use`)."""
        said = {reference: words for reference, words in (why or {}).items() if words}
        kept = {"rows": self.rows, "words": self.words, "evidence": sorted(pieces)}
        return {**kept, "why": said} if said else kept


class ConformityRevision(Revision):
    parent = models.ForeignKey(ConformityPart, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_conformity_revision_a_number")]


class ConformityEvidence(models.Model):
    """An evidence item of the library that a part of the file leans on, always in its newest version.

    `why`: why it serves here too, where the same content serves another part of the file.
    """

    part = models.ForeignKey(ConformityPart, models.PROTECT, related_name="evidence_uses")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="conformity_uses")
    why = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "evidence"], name="one_conformity_evidence_a_part")]


def speaks_until(period_to: date | None, given_on: date | None) -> date | None:
    """Return the last day that a record speaks for: the end of its period, and never a day after it was given.

    None where it names no period, or where nothing was given: a record shown on request only proves no day.
    """
    return min(period_to, given_on) if period_to and given_on else None


def monitored_until(use: DeclaredUse | int, parts: Iterable[str]) -> date | None:
    """Return the last day that the living monitoring evidence of a use speaks for. `parts`: its keys in the file. One query."""
    given = EvidenceVersion.objects.filter(evidence=models.OuterRef("evidence")).order_by("-number")
    rows = (
        ConformityEvidence.objects.filter(part__use=use, part__key__in=list(parts), evidence__withdrawn_at=None)
        .annotate(given_at=models.Subquery(given.values("at")[:1]))
        .values_list("evidence__period_to", "given_at")
    )
    days = [speaks_until(period_to, timezone.localdate(at) if at else None) for period_to, at in rows]
    return max((day for day in days if day), default=None)
