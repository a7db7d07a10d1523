"""What is sent to review, what reviewers say of it, and what has to be done because of it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, DateField, Exists, F, OuterRef, Q, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, NullIf
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment, Route, State
from assessments.models.base import Frozen, FrozenQuerySet, canonical_json, new_reference
from assessments.models.people import Membership, Organisation, Role
from assessments.models.systems import DeclaredUse, Revision, TierChoices


class SubmissionQuerySet(FrozenQuerySet["Submission"]):
    def for_list(self) -> Self:
        """Rows without their snapshot (60 to 150 kB each), with what a list shows."""
        return self.defer("snapshot").select_related("assessment__use__system", "organisation", "by")

    def with_signer(self) -> Self:
        """Rows that say who signed without their snapshot being read: `Submission.by_name`."""
        kept = Cast(NullIf("snapshot", models.Value("")), models.JSONField())
        return self.annotate(kept=kept).annotate(signer=KT("kept__signed__name")).defer("snapshot")


class Submission(Frozen):
    """The frozen copy that was signed: answers, facts, fired rules, scorecard, findings, actions, statement."""

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="submissions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="submissions")
    round = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    route = models.CharField(max_length=12, choices=Route, blank=True)
    snapshot = models.TextField()
    sha256 = models.CharField(max_length=64)
    edition_checksum = models.CharField(max_length=64)
    assigned_tier = models.CharField(max_length=12, choices=TierChoices)
    text_tier = models.CharField(max_length=12, choices=TierChoices, blank=True)
    readiness_privacy = models.PositiveSmallIntegerField(null=True)
    readiness_intellectual_property = models.PositiveSmallIntegerField(null=True)
    readiness_crime_prevention = models.PositiveSmallIntegerField(null=True)
    readiness_reliability = models.PositiveSmallIntegerField(null=True)
    readiness_security = models.PositiveSmallIntegerField(null=True)
    applicable = models.PositiveSmallIntegerField(default=0)
    findings = models.PositiveSmallIntegerField(default=0)
    blocking = models.PositiveSmallIntegerField(default=0)
    # how many facts and answers differ from the round before; None in the first round, and before this was counted
    changed = models.PositiveSmallIntegerField(null=True)

    objects: ClassVar[Any] = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assessment", "round"], name="one_submission_a_round")]
        indexes = [models.Index(fields=["organisation", "at"])]

    def __str__(self) -> str:
        return f"{self.reference} (round {self.round})"

    def get_absolute_url(self) -> str:
        return reverse("review", args=[self.reference])

    @property
    def by_name(self) -> str:
        """Who signed, by the name of that day. Ask for the rows with `with_signer`, else it may take a query."""
        signer = (
            self.signer if hasattr(self, "signer") else self.snapshot and self.content().get("signed", {}).get("name")
        )
        return signer or self.by.as_signed

    @property
    def is_self_declared(self) -> bool:
        """Whether it rests on its owner's word alone: a Low one that was sent to no reviewer."""
        return self.route == "" and self.assigned_tier == TierChoices.LOW

    def content(self) -> dict[str, Any]:
        """The snapshot as plain values."""
        loaded: dict[str, Any] = json.loads(self.snapshot)
        return loaded


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
    NOT_APPLICABLE = "not_applicable", _("It applies, although marked “not applicable”")
    WRONG_FACT = "wrong_fact", _("The fact does not fit what is described")
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
        """What a version of it keeps."""
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
    PARTLY = "partly", _("Supports it partly")
    DOES_NOT = "does_not", _("Does not support it")


class EvidenceMark(models.Model):
    """What a reviewer finds of one piece under one answer of a submission, in the version that it names."""

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
    WITHDRAW_RAISE = "withdraw_raise", _("Raise of the tier withdrawn")
    TAKE_BACK = "take_back", _("Approval taken back")


class ReviewDecisionQuerySet(FrozenQuerySet["ReviewDecision"]):
    def approvals(self) -> Self:
        """The approvals that stand: not taken back by the person who gave them."""
        back = ReviewDecision.objects.filter(kind=DecisionKind.TAKE_BACK, submission=OuterRef("submission"))
        back = back.filter(by=OuterRef("by"), pk__gt=OuterRef("pk"))
        return self.filter(kind=DecisionKind.APPROVE).exclude(Exists(back))

    def decided(self) -> Self:
        """The approvals that stand, and what an owner certified by oneself: who decided on a certificate."""
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


class ConditionQuerySet(models.QuerySet["Condition"]):
    def standing(self) -> Self:
        """Not met, of an approval that holds: neither voided by a return or withdrawal nor ended with its certificate."""
        held = self.filter(met_at=None, decision__submission__assessment__state__in=(State.APPROVED, State.CERTIFIED))
        held = held.filter(decision__submission__assessment__current_submission=F("decision__submission"))
        return held.exclude(decision__submission__certificate__ended_at__isnull=False)


class Condition(models.Model):
    """A must that may be met later, by a date that the approving reviewer (at Low the signer) set."""

    decision = models.ForeignKey(ReviewDecision, models.PROTECT, related_name="conditions")
    question = models.CharField(max_length=60)
    requirements = models.JSONField(default=list)
    words = models.TextField(max_length=2000)
    due_on = models.DateField()
    met_at = models.DateTimeField(null=True)
    met_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    missed_at = models.DateTimeField(null=True)  # when the sweeper found its day over and suspended the certificate

    objects = ConditionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_on"], condition=Q(met_at=None), name="open_conditions_by_date")]


class ActionStatus(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done, to be checked")
    ACCEPTED = "accepted", _("Risk accepted")
    NOT_RELEVANT = "not_relevant", _("Not relevant")
    CLOSED = "closed", _("Closed")


OWN = "own"
"""Priority of an action that somebody of the organisation added: no duty asks for it, so it has no class."""


class EffortChoices(models.TextChoices):
    S = "S", _("Days")
    M = "M", _("Weeks")
    L = "L", _("Months")


NEXT_DUE = Case(
    When(first_step_on__isnull=False, full_due__isnull=False, then=F("full_due")),
    default=F("due"),
    output_field=DateField(),
)
"""The next date of an action: its first step, then the day on which all of it is due."""


def is_late(today: date) -> Q:
    """Select the open actions whose next date is over."""
    first = Q(due__lt=today) & (Q(first_step_on=None) | Q(full_due=None))
    return Q(status=ActionStatus.OPEN) & (first | Q(full_due__lt=today))


class RemediationActionQuerySet(models.QuerySet["RemediationAction"]):
    def standing(self) -> Self:
        """What is not closed: open, reported, or an accepted risk."""
        return self.exclude(status=ActionStatus.CLOSED)

    def listed(self) -> Self:
        """Return what a list shows: an action that was merged into another is done together with that one."""
        return self.filter(merged_into=None)

    def late(self, today: date) -> Self:
        return self.filter(is_late(today))

    def left_alone(self) -> Self:
        """Those whose owner left the organisation, or can no longer work on actions there."""
        working = Membership.objects.current().filter(
            organisation=OuterRef("organisation"), user=OuterRef("owner"), role__in=[Role.OWNER, Role.CONTRIBUTOR]
        )
        return self.exclude(owner=None).exclude(Exists(working))


class RemediationAction(models.Model):
    """The dated, owned step that closes the findings of one question; keeps its number over rounds and renewals.

    An action that somebody added has no question. The parts of a split action share a question, whose findings close
    when all parts are closed. An action that was merged into another is closed with it.
    """

    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="actions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="actions")
    number = models.PositiveIntegerField()
    question = models.CharField(max_length=60)
    requirements = models.JSONField(default=list)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="actions")
    suggested_owner = models.CharField(max_length=40)
    due = models.DateField()  # of the first step; of all of it where there is no `full_due`
    full_due = models.DateField(null=True)  # of all of it, where that takes longer than the first step
    first_step_on = models.DateField(null=True)  # the day on which somebody said that the first step is done
    rank = models.PositiveSmallIntegerField(default=0)  # place in the order of the plan; 0 in editions without one
    package = models.CharField(max_length=40, blank=True)  # key of the edition's package
    placed = models.CharField(max_length=24, blank=True)  # what gave it its place: stop, needed, or its class
    whole_organisation = models.BooleanField(default=False)  # true of the organisation, not of this use alone
    why_here = models.TextField(blank=True)  # why it has this place; of an action that somebody added: why it is needed
    stopgap = models.TextField(blank=True)  # the first step in the edition's words
    effort = models.CharField(max_length=1)
    priority = models.CharField(max_length=24)
    status = models.CharField(max_length=12, choices=ActionStatus, default=ActionStatus.OPEN)
    note = models.TextField(blank=True, max_length=4000)  # what was done, and what shows it
    asked = models.TextField(blank=True, max_length=8000)  # what a reviewer asked for on accepting the answer
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # of a High use: who has accepted it, while the other reviewer of the case has still to confirm; who confirmed it
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # "due", "effort", "title", "steps": what a person planned or wrote, and no later round changes
    set_by_hand = models.JSONField(default=list)
    original_title = models.CharField(max_length=200, blank=True)  # the edition's, where a person wrote another
    steps = models.TextField(blank=True)  # one a line, where a person wrote them; else the edition's are shown
    clause = models.CharField(max_length=60, blank=True)  # of an action that somebody added
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    part_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")  # the action that was split
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    undo = models.JSONField(default=dict)  # what undoing the last split or merge gives back
    # not relevant: why, and who says so; a reviewer of the case may open it again
    irrelevant_reason = models.TextField(blank=True, max_length=4000)
    irrelevant_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    irrelevant_at = models.DateTimeField(null=True)
    # an accepted risk: why, by whom (an owner who is not the action's), until when; looked at again on `risk_review`
    risk_reason = models.TextField(blank=True, max_length=4000)
    risk_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    risk_at = models.DateTimeField(null=True)
    risk_until = models.DateField(null=True)
    risk_review = models.DateField(null=True)

    objects = RemediationActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use", "number"], name="one_action_a_number"),
            models.CheckConstraint(
                condition=~Q(status="accepted")
                | (~Q(risk_reason="") & Q(risk_by__isnull=False, risk_until__isnull=False, risk_review__isnull=False)),
                name="an_accepted_risk_says_why_by_whom_until_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted") | ~Q(risk_by=F("owner")),
                name="a_risk_is_accepted_by_another_than_owner",
            ),
            models.UniqueConstraint(
                fields=["use", "question"],
                condition=~Q(status="closed") & ~Q(question="") & Q(part_of=None),
                name="one_open_action_a_question",
            ),
            models.CheckConstraint(
                condition=~Q(status="not_relevant") | (~Q(irrelevant_reason="") & Q(irrelevant_by__isnull=False)),
                name="an_action_that_is_not_relevant_says_why",
            ),
            models.CheckConstraint(
                condition=Q(full_due=None) | Q(full_due__gte=F("due")), name="all_of_it_is_due_after_the_first_step"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "status", "due"])]

    def __str__(self) -> str:
        return f"{self.number}: {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("action", args=[self.use.reference, self.number])

    @property
    def next_due(self) -> date:
        """The day of the first step; once that is done, the day on which all of it is due."""
        return self.full_due if self.first_step_on and self.full_due else self.due

    @property
    def last_due(self) -> date:
        """The day on which all of it is due."""
        return self.full_due or self.due

    @property
    def is_own(self) -> bool:
        """Whether somebody of the organisation added it: no question brought it."""
        return self.question == ""

    @property
    def is_agreed_only(self) -> bool:
        """Whether a reviewer asked for it on accepting the answer and no gap that was signed brought it: it blocks nothing."""
        return self.asked != "" and self.placed == ""

    @property
    def own_steps(self) -> list[str]:
        """The steps that a person wrote; none where the edition's are shown."""
        return [line.strip() for line in self.steps.splitlines() if line.strip()]

    def is_late(self, today: date) -> bool:
        return self.status == ActionStatus.OPEN and self.next_due < today


class ActionEvent(Frozen):
    """One line of an action's history: who changed what, from what to what, and what they said about it."""

    class Kind(models.TextChoices):
        OWNER = "owner", _("Owner changed")
        DUE = "due", _("Due date changed")
        FULL_DUE = "full_due", _("Date for all of it changed")
        EFFORT = "effort", _("Effort changed")
        NOTE = "note", _("Note")
        REPORTED = "reported", _("Reported as done")
        REOPENED = "reopened", _("Opened again")
        APPROVED = "approved", _("Accepted by one of two reviewers")
        CLOSED = "closed", _("Closed")
        RISK_ACCEPTED = "risk_accepted", _("Risk accepted")
        RISK_ENDED = "risk_ended", _("Risk no longer accepted")
        ATTACHED = "attached", _("Evidence attached")
        DETACHED = "detached", _("Evidence detached")
        ADDED = "added", _("Added")
        TITLE = "title", _("Title changed")
        STEPS = "steps", _("Steps changed")
        STARTED = "started", _("First step done")
        SPLIT = "split", _("Split")
        MERGED = "merged", _("Merged")
        UNDONE = "undone", _("Undone")
        NOT_RELEVANT = "not_relevant", _("Marked as not relevant")
        RELEVANT = "relevant", _("Relevant again")

    action = models.ForeignKey(RemediationAction, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # null: by itself
    at = models.DateTimeField(auto_now_add=True)
    old = models.CharField(max_length=200, blank=True)
    new = models.CharField(max_length=200, blank=True)
    words = models.TextField(blank=True, max_length=4000)
    batch = models.UUIDField(null=True, db_index=True)  # several dates set in one go

    class Meta:
        indexes = [models.Index(fields=["action", "at"])]
