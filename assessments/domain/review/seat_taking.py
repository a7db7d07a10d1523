"""Take a case, or the second seat of a High one."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, Value, When

from assessments.access import separation
from assessments.access.separation import Reviewer
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import WrongState
from assessments.domain import workflow
from assessments.domain.review import rounds, seats, telling
from assessments.models import (
    Assessment,
    Interest,
    RequestOutcome,
    ReviewSeat,
    Route,
    SeatRequest,
    State,
    Submission,
    User,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import reviewers_on


@proof.factor_asked
@transaction.atomic
def take(submission: Submission, *, by: User, conflict_of_interest: str = "") -> ReviewSeat:
    """Take a case: the first seat of a submitted one, or the second of a High one while it is in review.

    `conflict_of_interest`: what the reviewer declares; empty says that there is none. Raises SeparationOfDuties for
    whoever declares a conflict (`interests.decline` records it) or declared one before, for the delivery team and where the
    seat asks for independence (the second, and the first of what was sent to the reviewing body), WorkflowError when
    somebody was quicker.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    reviewer = Reviewer(by, submission, assessment)
    if conflict_of_interest.strip():
        reviewer.has_conflict = True
    seat = seats.require_free_seat(reviewer)
    kept = rounds.take_again(submission, assessment, by=by)
    if kept is not None:
        return kept
    taken = ReviewSeat.objects.create(
        submission=submission,
        seat=seat,
        reviewer=by,
        independent=reviewer.is_independent,
        **rounds.declared_now(assessment),
    )
    Interest.objects.create(assessment=assessment, reviewer=by)
    SeatRequest.objects.filter(submission=submission, seat=seat).end(
        Case(When(to=by, then=Value(RequestOutcome.TAKEN)), default=Value(RequestOutcome.REPLACED))
    )
    workflow.move(assessment, State.IN_REVIEW)
    if telling.second_seat_is_free(submission, submission.seats.all()):
        tell_second_seat(assessment, submission, but={by.pk})
    workflow.audit_move(
        AuditKind.TAKEN,
        assessment,
        by,
        submission=submission.reference,
        seat=str(seat),
        conflict=taken.conflict_declared,
    )
    return taken


def tell_second_seat(assessment: Assessment, submission: Submission, *, but: set[int]) -> None:
    notify(
        MessageKind.SECOND_SEAT,
        reviewers_on(Route.INDEPENDENT, assessment.organisation_id) - but,
        about=f"submission:{submission.reference}",
        link=links.review(submission),
        context={"use": assessment.use.title, "organisation": assessment.organisation},
    )


def require_under_review(submission: Submission, by: User) -> tuple[Assessment, ReviewSeat]:
    assessment = Assessment.objects.lock(submission.assessment_id)
    seat = separation.require_seat(Reviewer(by, submission, assessment))
    if assessment.state != State.IN_REVIEW or assessment.current_submission_id != submission.pk:
        raise WrongState(assessment, State.IN_REVIEW)
    return assessment, seat
