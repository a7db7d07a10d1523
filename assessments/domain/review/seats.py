"""Who may take a seat in a case, take over one, and decide by one.

Each rule is one function. The function that decides calls it, and a page that offers the decision asks `why_not` with
it. So a button is there exactly where its press succeeds.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from assessments.access import separation
from assessments.access.separation import Reviewer
from assessments.core.errors import NotPermitted, SeparationOfDuties, WorkflowError, WrongState
from assessments.domain.answering import overseers
from assessments.guideline.terms import Tier
from assessments.models import ReviewSeat, Seat, SeatRequest, State


def require_free_seat(reviewer: Reviewer) -> Seat:
    """Return the seat that a reviewer may take now, or the one that they have kept from the round before.

    The first seat of a submitted case, or the second of a High one while it is in review. Raises NotPermitted,
    SeparationOfDuties, WorkflowError.
    """
    submission, assessment = reviewer.submission, reviewer.assessment
    _require_reviewer(reviewer)
    if assessment.current_submission_id != submission.pk:
        raise WrongState(assessment, State.IN_REVIEW)
    own = reviewer.seat
    seat = Seat(own.seat) if own is not None and own.kept_from_id is not None else _free_seat(reviewer)
    overseers.require_not_overseer(submission, reviewer.user)
    return seat


def _free_seat(reviewer: Reviewer) -> Seat:
    submission, assessment = reviewer.submission, reviewer.assessment
    held = {seat.seat: seat.reviewer for seat in reviewer.seats}
    first = held.get(Seat.FIRST)
    seat = Seat.FIRST if assessment.state == State.SUBMITTED else Seat.SECOND
    if seat == Seat.FIRST:
        separation.require_route(submission, independent=reviewer.is_independent)
    elif assessment.state != State.IN_REVIEW:
        raise WrongState(assessment, State.IN_REVIEW)
    elif submission.assigned_tier != Tier.HIGH:
        raise WorkflowError(_("%(name)s has already taken this case.") % {"name": first or ""})
    elif first == reviewer.user:
        raise SeparationOfDuties(_("You are the first reviewer. The second reviewer must be another person."))
    else:
        _require_independent(reviewer)
    if seat in held:
        raise WorkflowError(_("Somebody else has already taken this case."))
    return seat


def require_handed_over(reviewer: Reviewer, asked: SeatRequest) -> ReviewSeat:
    """Return the held seat that a reviewer may take over, as its holder or a colleague has asked them to.

    Raises NotPermitted, SeparationOfDuties, WorkflowError.
    """
    submission, assessment = reviewer.submission, reviewer.assessment
    if asked.to_id != reviewer.user.pk or asked.holder_id is None:
        raise NotPermitted(_("Nobody has asked you to take over this case."))
    is_current = assessment.current_submission_id == submission.pk and assessment.state == State.IN_REVIEW
    wanted = (asked.seat, asked.holder_id)
    held = next((seat for seat in reviewer.seats if (seat.seat, seat.reviewer_id) == wanted), None)
    if asked.ended_at or not is_current or held is None:
        raise WorkflowError(_("This case can no longer be taken over."))
    if submission.decisions.approvals().filter(by=asked.holder_id).exists():
        raise WorkflowError(_("This case can no longer be taken over."))
    _require_reviewer(reviewer)
    overseers.require_not_overseer(submission, reviewer.user)
    separation.require_route(submission, independent=reviewer.is_independent)
    if asked.seat == Seat.SECOND:
        _require_independent(reviewer)
    if reviewer.seat is not None:
        raise WorkflowError(_("You are already the other reviewer of this case."))
    return held


def _require_reviewer(reviewer: Reviewer) -> None:
    if not reviewer.may_know:
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
    if reviewer.has_conflict:
        raise SeparationOfDuties(
            _("You have declared a conflict of interest, so somebody else has to review the case.")
        )
    if reviewer.in_team:
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to review the case."))


def _require_independent(reviewer: Reviewer) -> None:
    if not reviewer.is_independent:
        raise SeparationOfDuties(
            _("The second reviewer of a use in the High tier must be an independent reviewer from the reviewing body.")
        )
