"""What has changed since a decision: an owner's own words, and which submission was decided last."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery

from assessments.models.assessments import Assessment
from assessments.models.base import Frozen, FrozenQuerySet
from assessments.models.reviews import DecisionKind, ReviewDecision
from assessments.models.submissions import Submission
from assessments.models.systems import DeclaredUse, TierChoices


class StatedChange(Frozen):
    """A change after an approval, as an owner stated it. `kinds`: keys of the edition's `changes`."""

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="stated_changes")
    approval = models.ForeignKey(Assessment, models.PROTECT, related_name="stated_changes")
    opened = models.ForeignKey(Assessment, models.PROTECT, related_name="opened_by")
    kinds = models.JSONField(default=list)
    words = models.TextField(max_length=4000)
    happened_on = models.DateField()
    to_confirm = models.JSONField(default=list)  # the keys of the questions that it opened again
    suspends = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = FrozenQuerySet.as_manager()


def decided_before(use: Any, assessment: Any) -> Any:
    """Return the submissions of a use that were decided in an assessment before this one, the newest decision first.

    Decided is what was approved by all who had to (at High two), refused, self-certified or declared as prohibited; also
    where it was withdrawn later. `decided_at`: when.
    """
    made = ReviewDecision.objects.filter(submission=OuterRef("pk"))
    approved = made.approvals()
    by_another = ReviewDecision.objects.filter(submission=OuterRef("submission")).approvals()
    by_two = approved.filter(Exists(by_another.exclude(by=OuterRef("by"))))
    alone = (DecisionKind.REFUSE, DecisionKind.SELF_CERTIFY, DecisionKind.DECLARE_PROHIBITED)
    not_high = ~Q(assigned_tier=TierChoices.HIGH)
    decided = Q(Exists(made.filter(kind__in=alone))) | (Q(Exists(approved)) & not_high) | Q(Exists(by_two))
    last = made.filter(kind__in=(*alone, DecisionKind.APPROVE)).order_by("-pk").values("at")[:1]
    rows = Submission.objects.filter(decided, assessment__use=use, assessment__lt=assessment)
    return rows.annotate(decided_at=Subquery(last)).select_related("assessment").order_by("-pk")
