"""Declarations of interest: none, or a conflict."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties
from assessments.domain.review import rounds
from assessments.models import Assessment, Interest, RequestOutcome, SeatRequest, Submission, User
from assessments.notifications import links, texts
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind


def audit_case(kind: AuditKind, assessment: Assessment, by: User, **details: Any) -> None:
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=details)


# --- declaring an interest -----------------------------------------------------------------------------------------------


@proof.factor_asked
@transaction.atomic
def declare_none(submission: Submission, *, by: User) -> None:
    """Say that nothing lies between oneself and a case, to read its answers without a seat."""
    assessment = Assessment.objects.lock(submission.assessment_id)
    _require_reading(submission, by)
    if separation.has_conflict(by, assessment):
        raise SeparationOfDuties(_("You have declared a conflict of interest, so you cannot read the answers."))
    Interest.objects.create(assessment=assessment, reviewer=by)
    rounds.declare_again(assessment, by=by)
    audit_case(AuditKind.NO_INTEREST_DECLARED, assessment, by, submission=submission.reference)


@proof.factor_asked
@transaction.atomic
def decline(submission: Submission, *, by: User, words: str) -> Interest:
    """Declare a conflict of interest: nothing is taken, colleagues see it, and whoever asked is told.

    Our judgement: who declares one reviews nothing in the case, and no colleague can lift that. A seat that they hold
    stays in name until somebody takes it over; with it nothing can be marked or decided.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    _require_reading(submission, by)
    if not words.strip():
        raise InvalidAnswer("words", _("Describe the conflict of interest in a sentence."))
    declared = Interest.objects.create(assessment=assessment, reviewer=by, words=words[:400])
    told: set[int] = set()
    for asked in SeatRequest.objects.filter(submission=submission, to=by, ended_at=None):
        asked.end(RequestOutcome.DECLINED)
        told.add(asked.by_id)
    if submission.seats.filter(reviewer=by).exists():
        told |= set(finders.colleagues_of(by).values_list("pk", flat=True))
    notify(
        MessageKind.ASSIGNED,
        told - {by.pk},
        about=f"interest:{declared.pk}",
        link=links.review(submission),
        context={"seat": texts.cases.Seat.CONFLICT, "name": by, "use": assessment.use.title},
    )
    audit_case(AuditKind.CONFLICT_DECLARED, assessment, by, submission=submission.reference, words=words[:400])
    return declared


def _require_reading(submission: Submission, by: User) -> None:
    if not finders.submissions_to_read(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
