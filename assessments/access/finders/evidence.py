"""Finders of evidence and of where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from assessments.models import Assessment, Assignment, Evidence, EvidenceUse, User
from assessments.models.evidence import EvidenceQuerySet
from assessments.models.prepared import Placeholder, Prepared

if TYPE_CHECKING:
    from assessments.guideline.gates import FilePart
from assessments.access.finders import actions, register

EVIDENCE_OFFERED = 60  # on one page; an evidence item that is older is attached to an answer first


def evidence_uses_for(user: User) -> QuerySet[EvidenceUse]:
    """Return the uses of evidence under answers and actions that `user` may see."""
    of_question = Q(question=OuterRef("answer__question__key"))
    of_section = Q(question="", section=OuterRef("answer__question__section__key"))
    asked = Assignment.objects.filter(
        member__in=register.memberships_for(user), assessment=OuterRef("answer__assessment")
    )
    return EvidenceUse.objects.filter(
        Q(answer__assessment__organisation__in=register.organisations_seen_in_full(user))
        | Q(action__in=actions.actions_for(user).order_by().values("pk"))
        | Exists(asked.filter(of_question | of_section))
    )


def evidence_for(user: User) -> EvidenceQuerySet:
    """Return the evidence that `user` may know of: of organisations seen in full, their own, and that of their questions."""
    own = Q(owner=user, organisation__in=register.memberships_for(user).values("organisation"))
    leaning = Q(pk__in=evidence_uses_for(user).values("evidence"))
    return Evidence.objects.filter(Q(organisation__in=register.organisations_seen_in_full(user)) | own | leaning)


def evidence_to_renew(user: User, days: int) -> EvidenceQuerySet:
    """Return the evidence items that `user` owns and can find, and that have expired or will within so many days."""
    until = timezone.localdate() + timedelta(days=days)
    own = evidence_for(user).in_use().filter(owner=user, expires_on__lte=until)
    return own.order_by("expires_on", "pk")


@lru_cache(maxsize=256)
def _evidence(questions: int) -> Prepared[EvidenceUse]:
    """Return the query of the evidence under the answers to this number of questions."""
    keys = [Placeholder(f"key{n}", CharField()) for n in range(questions)]
    of: Any = Placeholder("assessment")
    return Prepared(
        lambda: (
            EvidenceUse.objects.filter(answer__assessment=of, answer__question__key__in=keys)
            .select_related("evidence", "answer__question")
            .order_by("pk")
        )
    )


def evidence_on(assessment: Assessment, questions: Iterable[str]) -> dict[str, list[EvidenceUse]]:
    """Return the evidence that the answers to these questions use: one query. Access is checked before."""
    found: dict[str, list[EvidenceUse]] = {}
    keys = {f"key{n}": key for n, key in enumerate(questions)}
    for use in _evidence(len(keys)).all(assessment=assessment.pk, **keys) if keys else ():
        found.setdefault(use.answer.question.key, []).append(use)  # type: ignore[union-attr]
    return found


def evidence_for_part(
    user: User, assessment: Assessment, part: FilePart, stands: Mapping[str, Any] | None
) -> list[Evidence]:
    """Return the items that a part of the file may use: those it has, those of the likely answers, the newest of the rest.

    One query. For a page that found the assessment by `assessments_for`.
    """
    have = [piece["reference"] for piece in stands["evidence"]] if stands else []
    likely = EvidenceUse.objects.filter(
        evidence=OuterRef("pk"), answer__assessment=assessment, answer__question__key__in=part.questions
    )
    rows = evidence_for(user).in_use().filter(organisation=assessment.organisation_id)
    rank = Case(When(reference__in=have, then=0), When(Exists(likely), then=1), default=2)
    return list(rows.annotate(rank=rank).order_by("rank", "-created_at", "pk")[:EVIDENCE_OFFERED])
