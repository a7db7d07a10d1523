"""Reviews: seats, marks, replies to marks, and decisions."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from assessments.models.base import Frozen, FrozenQuerySet, canonical_json
from assessments.models.revisions import Revision
from assessments.models.submissions import Submission
from assessments.models.systems import TierChoices


class Seat(models.TextChoices):
    FIRST = "first", _("first reviewer")
    SECOND = "second", _("second reviewer")


class ReviewSeat(models.Model):
    """Who took a case; the unique row decides between two who reach for it."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="seats")
    seat = models.CharField(max_length=6, choices=Seat)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="seats")
    independent = models.BooleanField()
    conflict_declared = models.CharField(max_length=400, blank=True)
    taken_at = models.DateTimeField(auto_now_add=True)
    kept_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # its seat of the round before
    # the declaration of interests: when, and about what (`domain.review.rounds`); empty in rows from before it was kept
    declared_at = models.DateTimeField(null=True)
    declared_about = models.JSONField(default=dict)
    to_declare = models.BooleanField(default=False)  # closed to its holder until they have declared again
    since_declared = models.JSONField(default=list)  # what has changed since the declaration, so that it is asked again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "seat"], name="one_reviewer_a_seat"),
            models.UniqueConstraint(fields=["submission", "reviewer"], name="one_seat_a_reviewer"),
        ]


class MarkKind(models.TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    ACCEPTED_WITH_ACTION = "accepted_with_action", _("Accepted with action")
    CHANGE_NEEDED = "change_needed", _("Change needed")


class MarkReason(models.TextChoices):
    UNCLEAR = "unclear", _("The answer is not clear")
    NOT_SHOWN = "not_shown", _("Evidence is missing")
    OTHER_EVIDENCE = "other_evidence", _("Other evidence is needed")
    TOO_HIGH = "too_high", _("Less is in place than the answer says")
    NOT_APPLICABLE = "not_applicable", _("The requirement applies, although it was marked “not applicable”")
    WRONG_FACT = "wrong_fact", _("The fact does not match the description")
    OTHER = "other", _("Another reason")


class StandingMarks(models.Manager["ReviewMark"]):
    """The marks that stand. One that was taken back is kept with its versions (`ReviewMark.kept`), and counts nowhere."""

    def get_queryset(self) -> models.QuerySet[ReviewMark]:
        return super().get_queryset().exclude(mark="")


class ReviewMark(models.Model):
    """A reviewer's judgement of one answer (`q:<key>`) or one fact (`f:<key>`); one set for each seat of a submission.

    Without a `mark` it is not looked at (any more): such rows are found by `kept` alone. `by` is the reviewer who judged:
    a mark counts as the seat holder's own only where `by` is the holder and nothing was taken over.
    """

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="marks")
    seat = models.CharField(max_length=6, choices=Seat, default=Seat.FIRST)
    target = models.CharField(max_length=80)
    mark = models.CharField(max_length=20, choices=MarkKind, blank=True)
    reason = models.CharField(max_length=16, choices=MarkReason, blank=True)
    words = models.TextField(blank=True, max_length=4000)
    would_satisfy = models.TextField(blank=True, max_length=4000)
    private_note = models.TextField(blank=True, max_length=4000)
    action_title = models.CharField(max_length=200, blank=True)  # of *accepted with action*: what is still to be done
    action_due = models.DateField(null=True, blank=True)
    together = models.BooleanField(default=False)  # accepted with others in one action, not by itself
    shown_at = models.DateTimeField(null=True)  # when the answer was shown to `by` before this mark; None: not opened
    # who gave this mark, where `by` took it over by name
    taken_over_from = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    objects = StandingMarks()
    kept: ClassVar[models.Manager[ReviewMark]] = models.Manager()
    each: tuple[ReviewMark, ...] = ()  # of one that `combine` gave: the marks of the seats that stand in it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "seat", "target"], name="one_mark_a_seat_and_target")
        ]

    def record(self) -> dict[str, Any]:
        """Return what a version of it keeps."""
        return {
            "mark": str(self.mark),
            "reason": str(self.reason),
            "words": self.words,
            "would_satisfy": self.would_satisfy,
            "private_note": self.private_note,
            "action_title": self.action_title,
            "action_due": self.action_due.isoformat() if self.action_due else None,
        }


class ReviewMarkRevision(Revision):
    parent = models.ForeignKey(ReviewMark, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_mark_revision_a_number")]


class Verdict(models.TextChoices):
    SUPPORTS = "supports", _("Supports the answer")
    PARTLY = "partly", _("Partly supports the answer")
    DOES_NOT = "does_not", _("Does not support the answer")


class EvidenceMark(models.Model):
    """What a reviewer finds of one evidence item under one answer of a submission, in the version that it names."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="evidence_marks")
    seat = models.CharField(max_length=6, choices=Seat, default=Seat.FIRST)
    question = models.CharField(max_length=60)
    piece = models.CharField(max_length=12)  # reference of the evidence, as the snapshot names it
    version = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    note = models.CharField(max_length=400, blank=True)
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "seat", "question", "piece"], name="one_evidence_mark_a_seat_and_piece"
            )
        ]

    def record(self) -> dict[str, Any]:
        return {"verdict": str(self.verdict), "note": self.note}


class EvidenceMarkRevision(Revision):
    parent = models.ForeignKey(EvidenceMark, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_evidence_mark_revision_a_number")]


class MarkReply(models.Model):
    """What the organisation says to a returned answer or fact, whether or not it changes; frozen into the next round."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="replies")  # the one that was returned
    target = models.CharField(max_length=80)
    words = models.TextField(blank=True, max_length=4000)
    revision = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "target"], name="one_reply_a_target")]

    def record(self) -> dict[str, Any]:
        return {"words": self.words}


class MarkReplyRevision(Revision):
    parent = models.ForeignKey(MarkReply, models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parent", "number"], name="one_reply_revision_a_number")]


class DecisionKind(models.TextChoices):
    RETURN = "return", _("Returned for changes")
    APPROVE = "approve", _("Approved")
    REFUSE = "refuse", _("Refused")
    SELF_CERTIFY = "self_certify", _("Self-certified")
    DECLARE_PROHIBITED = "declare_prohibited", _("Declared as a prohibited use")
    WITHDRAW = "withdraw", _("Withdrawn")
    RAISE_TIER = "raise_tier", _("Tier raised")
    WITHDRAW_RAISE = "withdraw_raise", _("Tier no longer raised")
    TAKE_BACK = "take_back", _("Approval withdrawn")


class ReviewDecisionQuerySet(FrozenQuerySet["ReviewDecision"]):
    def approvals(self) -> Self:
        """Return the approvals that stand: not taken back by the person who gave them."""
        back = ReviewDecision.objects.filter(kind=DecisionKind.TAKE_BACK, submission=OuterRef("submission"))
        back = back.filter(by=OuterRef("by"), pk__gt=OuterRef("pk"))
        return self.filter(kind=DecisionKind.APPROVE).exclude(Exists(back))

    def decided(self) -> Self:
        """Return the approvals that stand, and what an owner certified by oneself: who decided on a certificate."""
        return self.filter(pk__in=self.approvals().values("pk")) | self.filter(kind=DecisionKind.SELF_CERTIFY)


class ReviewDecision(Frozen):
    """What somebody ruled on one submission, and why."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=20, choices=DecisionKind)
    attempt = models.PositiveSmallIntegerField(
        default=1
    )  # of an approval: a person may give it again after taking it back
    independent = models.BooleanField(default=False)  # as found at that moment
    tier = models.CharField(max_length=12, choices=TierChoices, blank=True)  # to which it was raised
    statement = models.TextField(blank=True, max_length=8000)
    answer_by = models.DateField(null=True)  # of a return: the day by which the reviewer asks for it back
    signed = models.TextField(
        blank=True
    )  # canonical JSON: the name of who decided; of an approval the edition's sentences, its checksum, what was looked at
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ReviewDecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "by", "attempt"],
                condition=Q(kind=DecisionKind.APPROVE),
                name="one_approval_a_person",
            )
        ]

    @property
    def sentences(self) -> list[str]:
        """The fixed sentences that were signed with the decision; none in older ones."""
        return [str(sentence) for sentence in self._signed.get("sentences", ())]

    @property
    def looked_at(self) -> dict[str, Any] | None:
        """What the reviewer had looked at when approving, as the server counted it; None: not recorded (older ones)."""
        return self._signed.get("looked_at")

    @property
    def by_name(self) -> str:
        """Who decided, by the name of that day; of an older decision by today's."""
        return self._signed.get("name") or self.by.as_signed

    @property
    def _signed(self) -> dict[str, Any]:
        return json.loads(self.signed) if self.signed else {}

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.signed = canonical_json({"name": str(self.by), **self._signed})
        super().save(*args, **kwargs)
