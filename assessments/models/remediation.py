"""Remediation actions with their history, and the conditions of an approval."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, DateField, Exists, ExpressionWrapper, F, OuterRef, Q, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.models.assessments import State
from assessments.models.base import Frozen
from assessments.models.people import Membership, Organisation, Role
from assessments.models.reviews import ReviewDecision
from assessments.models.systems import DeclaredUse

BLOCKING = ("prohibited_or_hold", "table_1_or_overlay", "must")
"""Priorities of what blocks a certificate."""


BLOCKS = Q(priority__in=BLOCKING) & (Q(asked="") | ~Q(placed=""))
"""What blocks a certificate unless it is a condition; not what a reviewer asked for on accepting the answer."""


def blocks(action: RemediationAction, *, is_condition: bool) -> bool:
    """Say of one action in hand what `BLOCKS` asks of rows. No query."""
    return action.priority in BLOCKING and not action.is_agreed_only and not is_condition


def is_condition() -> ExpressionWrapper[Any]:
    """Tell whether an approval hangs on an action: an open condition asks for it, or for one that was merged into it."""
    held = Condition.objects.standing().filter(
        decision__submission__assessment__use=OuterRef("use"), question=OuterRef("question")
    )
    merged = RemediationAction.objects.standing().filter(Exists(held), merged_into=OuterRef("pk"))
    return ExpressionWrapper(Q(Exists(held)) | Q(Exists(merged)), output_field=BooleanField())


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
    OPEN = "open", pgettext_lazy("status of an action", "Open")
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


def is_due_by(day: date) -> Q:
    """Select the open actions whose next date is not later than `day`, late ones too; every count of a month uses it."""
    whole = Q(first_step_on__isnull=False, full_due__isnull=False)
    return Q(status=ActionStatus.OPEN) & (whole & Q(full_due__lte=day) | ~whole & Q(due__lte=day))


class RemediationActionQuerySet(models.QuerySet["RemediationAction"]):
    def standing(self) -> Self:
        """Return what is not closed: open, reported, or an accepted risk."""
        return self.exclude(status=ActionStatus.CLOSED)

    def listed(self) -> Self:
        """Return what a list shows: an action that was merged into another is done together with that one."""
        return self.filter(merged_into=None)

    def late(self, today: date) -> Self:
        return self.filter(is_late(today))

    def left_alone(self) -> Self:
        """Return those whose owner left the organisation, or can no longer work on actions there."""
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
        FULL_DUE = "full_due", _("Final due date changed")
        EFFORT = "effort", _("Effort changed")
        NOTE = "note", pgettext_lazy("noun", "Note")
        REPORTED = "reported", _("Reported as done")
        REOPENED = "reopened", _("Reopened")
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
        UNDONE = "undone", _("Split or merge undone")
        NOT_RELEVANT = "not_relevant", _("Marked as not relevant")
        RELEVANT = "relevant", _("Marked as relevant again")

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
