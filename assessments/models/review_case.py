"""Reviewers' work around a case: interests declared, seats asked of colleagues, messages with the applicant, appeals."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment
from assessments.models.base import Frozen, Referenced
from assessments.models.certificates import CertificateEvent
from assessments.models.reviews import ReviewDecision, Seat
from assessments.models.submissions import Submission


class Interest(Frozen):
    """What a reviewer declared about a case before its answers were opened; no words: no interest in the outcome.

    A conflict once declared stands: no later row takes it back.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="interests")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField(auto_now_add=True)


class RequestOutcome(models.TextChoices):
    TAKEN = "taken", _("taken")
    DECLINED = "declined", _("declined because of a conflict of interest")
    REPLACED = "replaced", _("somebody else was asked or took the case")
    RECALLED = "recalled", _("withdrawn by the person who asked")


class SeatRequestQuerySet(models.QuerySet["SeatRequest"]):
    def end(self, outcome: RequestOutcome | models.Case | str = "") -> int:
        """End those of the requests that are still open. Returns how many these were."""
        return self.filter(ended_at=None).update(ended_at=timezone.now(), outcome=outcome)


class SeatRequest(models.Model):
    """A colleague who is asked to take a free seat, or one that `holder` has; nothing moves until they declare."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="requests")
    seat = models.CharField(max_length=6, choices=Seat)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.TextField(blank=True, max_length=2000)
    at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=RequestOutcome, blank=True)

    objects: ClassVar[Any] = SeatRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "seat"], condition=Q(ended_at=None), name="one_open_request_a_seat"
            )
        ]

    def end(self, outcome: RequestOutcome) -> None:
        """End the request: nobody is asked for the seat by it any more."""
        self.ended_at, self.outcome = timezone.now(), outcome
        self.save(update_fields=["ended_at", "outcome"])


class CaseMessage(Frozen):
    """One message between the reviewers of a case and the members who see it whole; no colleague comment."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="talk")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_reviewer = models.BooleanField()
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(auto_now_add=True)


class AppealKind(models.TextChoices):
    APPEAL = "appeal", _("Appeal")
    COMPLAINT = "complaint", _("Complaint")


class Appeal(Referenced, Frozen):
    """An owner's appeal against a decision, or a complaint about how a case was handled.

    It is about a decision, about an event of the certificate, or (a complaint alone) about the handling as a whole.
    """

    kind = models.CharField(max_length=9, choices=AppealKind)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="appeals")
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="appeals")
    decision = models.ForeignKey(ReviewDecision, models.PROTECT, null=True, related_name="appeals")
    event = models.ForeignKey(CertificateEvent, models.PROTECT, null=True, related_name="appeals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reasons = models.TextField(max_length=8000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "kind"], condition=Q(decision__isnull=False), name="one_appeal_a_decision"
            ),
            models.UniqueConstraint(
                fields=["event", "kind"], condition=Q(event__isnull=False), name="one_appeal_an_event"
            ),
            models.UniqueConstraint(
                fields=["submission", "kind"],
                condition=Q(decision=None, event=None),
                name="one_complaint_a_submission",
            ),
            models.CheckConstraint(condition=Q(decision=None) | Q(event=None), name="an_appeal_is_about_one_thing"),
            models.CheckConstraint(
                condition=Q(kind=AppealKind.COMPLAINT) | Q(decision__isnull=False) | Q(event__isnull=False),
                name="an_appeal_is_against_a_decision",
            ),
        ]


class AppealAnswer(Frozen):
    """What a reviewer without a seat in the case found; `words`: what happens next, or why it is rejected."""

    appeal = models.OneToOneField(Appeal, models.PROTECT, related_name="answer")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    upheld = models.BooleanField()
    words = models.TextField(max_length=8000)
    at = models.DateTimeField(auto_now_add=True)
