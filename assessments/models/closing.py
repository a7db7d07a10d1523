"""What closes an action: the verdicts on its evidence, the practice that is in place since, and the case that judges it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from assessments.models.assessments import Assessment, State
from assessments.models.base import Frozen
from assessments.models.evidence import Evidence, EvidenceUse
from assessments.models.remediation import Condition, RemediationAction
from assessments.models.reviews import Verdict
from assessments.models.systems import DeclaredUse

JUDGING = (State.SUBMITTED, State.IN_REVIEW, State.RETURNED, State.APPROVED, State.CERTIFIED)
"""The states of a case in which its reviewers may judge the actions of its use."""


VERDICT_WORDS = 400
AS_CARRIED = Q(carried_from__isnull=False, to_confirm=False) & (
    Q(revision=1) | Q(revision=2, closed_action__isnull=False)
)
"""Selects the answers that count as they were taken over, or as a closed action put them in place since."""


def judged_in() -> Coalesce:
    """Return the assessment in which an action is judged, as an expression over actions.

    The one whose approval set a condition that the action meets; else the newest that was submitted and still runs; else
    the newest that was decided against or withdrawn; a draft that was recalled comes last.
    """
    merged = RemediationAction.objects.standing().filter(
        merged_into=OuterRef(OuterRef("pk")), question=OuterRef("question")
    )
    condition = (
        Condition.objects.standing()
        .filter(
            Q(question=OuterRef("question")) | Exists(merged), decision__submission__assessment__use=OuterRef("use")
        )
        .order_by("due_on", "pk")
    )
    place = Case(When(state__in=JUDGING, then=Value(0)), When(state=State.DRAFT, then=Value(2)), default=Value(1))
    newest = (
        Assessment.objects.filter(use=OuterRef("use"))
        .exclude(current_submission=None)
        .annotate(place=place)
        .order_by("place", "-pk")
    )
    return Coalesce(
        Subquery(condition.values("decision__submission__assessment")[:1]),
        Subquery(newest.values("pk")[:1]),
        output_field=models.BigIntegerField(),
    )


class ActionVerdict(Frozen):
    """What a person who may accept an action finds of one evidence item that is shown for it; their newest verdict counts."""

    action = models.ForeignKey(RemediationAction, models.PROTECT, related_name="verdicts")
    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)  # of the version; empty where nothing is stored
    verdict = models.CharField(max_length=10, choices=Verdict)
    words = models.CharField(max_length=VERDICT_WORDS, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["action", "by"])]


class ClosedPractice(Frozen):
    """A practice that a closed action put in place. The next assessment of the use starts from it.

    `pieces`: what showed it, each with its reference, version, SHA-256 and verdict. `confirmed_by`: of a High use, the
    second reviewer.
    """

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="closed_practices")
    action = models.ForeignKey(RemediationAction, models.PROTECT, related_name="closed_practices")
    question = models.CharField(max_length=60)
    pieces = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["use", "at"])]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reviewer finds of one piece: the verdict, and a word on it where the evidence item does not fully support."""

    verdict: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceVerdict:
    """One evidence item that is shown for an action, with the verdict of one person on the version that is shown."""

    use: EvidenceUse
    verdict: ActionVerdict | None

    @property
    def key(self) -> str:
        """The name of the evidence item in a form."""
        return self.use.evidence.reference
