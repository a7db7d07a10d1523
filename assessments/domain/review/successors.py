"""A reviewer who leaves after the decision: a colleague takes over the seat, and with it the actions of the case.

What was decided keeps the name of its giver. Until the decision a seat is handed over instead (`seat_requests.take_over`).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotPermitted, SeparationOfDuties, WorkflowError
from assessments.models import (
    Assessment,
    Interest,
    RequestOutcome,
    ReviewSeat,
    Route,
    Seat,
    SeatRequest,
    State,
    Submission,
    User,
)
from assessments.notifications import links, texts
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

DECIDED = (State.APPROVED, State.CERTIFIED)


def has_left(held: ReviewSeat, submission: Submission) -> bool:
    """Tell whether the holder of a seat can judge nothing in the case any more.

    They no longer review, have declared a conflict of interest, or are not independent where the seat asks for that.
    """
    holder = held.reviewer
    if separation.has_conflict(holder, submission.assessment_id):
        return True
    if not finders.submissions_for(holder).filter(pk=submission.pk).exists():
        return True
    return asks_for_independence(held, submission) and not separation.is_independent(holder, submission.organisation_id)


def asks_for_independence(held: ReviewSeat, submission: Submission) -> bool:
    """Tell whether an independent reviewer has to hold a seat: because the first holder was one, or by the route."""
    return held.independent or held.seat == Seat.SECOND or submission.route == Route.INDEPENDENT


def left_seats(submission: Submission) -> list[ReviewSeat]:
    """Return the seats of a decided case whose holders have left; none while it is under review or after it is closed."""
    assessment = submission.assessment
    if assessment.state not in DECIDED or assessment.current_submission_id != submission.pk:
        return []
    rows = submission.seats.select_related("reviewer").order_by("seat")
    return [held for held in rows if has_left(held, submission)]


def require_successor(held: ReviewSeat, submission: Submission, *, by: User) -> bool:
    """Return whether `by` is independent; raise NotPermitted or SeparationOfDuties where they may not take over the seat."""
    if not finders.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
    if by.pk in separation.delivery_team(submission.assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to take over the case."))
    if separation.has_conflict(by, submission.assessment_id):
        raise SeparationOfDuties(
            _("You have declared a conflict of interest, so somebody else has to take over the case.")
        )
    independent = separation.is_independent(by, submission.organisation_id)
    if asks_for_independence(held, submission) and not independent:
        raise SeparationOfDuties(_("This case needs an independent reviewer from the reviewing body."))
    return independent


@proof.factor_asked
@transaction.atomic
def succeed(submission: Submission, seat: Seat, *, by: User) -> ReviewSeat:
    """Take over the seat of a reviewer who left after the decision, having declared no conflict of interest.

    Raises NotPermitted, SeparationOfDuties, WorkflowError where the seat is not free to be taken over.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    submission = Submission.objects.for_list().get(pk=submission.pk)
    submission.assessment = assessment
    held = next((one for one in left_seats(submission) if one.seat == seat), None)
    if held is None:
        raise WorkflowError(_("You can take over this case only if it has been decided and its reviewer has left."))
    independent = require_successor(held, submission, by=by)
    before = held.reviewer
    Interest.objects.create(assessment=assessment, reviewer=by)
    held.reviewer, held.independent, held.taken_at = by, independent, timezone.now()
    try:
        with transaction.atomic():
            held.save(update_fields=["reviewer", "independent", "taken_at"])
    except IntegrityError:
        raise WorkflowError(_("You are already the other reviewer of this case.")) from None
    now = {"ended_at": timezone.now(), "outcome": RequestOutcome.TAKEN}
    SeatRequest.objects.filter(submission=submission, seat=seat, ended_at=None).update(
        ended_at=now["ended_at"], outcome=RequestOutcome.REPLACED
    )
    kept = SeatRequest.objects.create(submission=submission, seat=seat, holder=before, to=by, by=by, **now)
    notify(
        MessageKind.ASSIGNED,
        finders.seated_now(submission) - {by.pk},
        about=f"succeeded:{kept.pk}",
        link=links.review(submission),
        context={"seat": texts.cases.Seat.SUCCEEDED, "name": by, "use": assessment.use.title, "before": before},
    )
    log.record(
        AuditKind.SEAT_SUCCEEDED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"submission": submission.reference, "seat": str(seat), "holder": str(before), "to": str(by)},
    )
    return held
