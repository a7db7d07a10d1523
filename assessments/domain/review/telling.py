"""What the reviewers of a case are told: a new round, a return, an approval, a decision.

Those with a seat who still review and have no conflict of interest (`finders.seated_now`), but for whoever did it. The
functions that move an assessment call these inside their transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from assessments.access import finders
from assessments.domain.review import rounds
from assessments.guideline.terms import Tier
from assessments.models import ReviewDecision, ReviewSeat, Seat, Submission, User
from assessments.notifications import links
from assessments.notifications.inbox import notify, settle
from assessments.notifications.kinds import MessageKind

ENDED_BY_A_MOVE = (MessageKind.CASE_ROUND, MessageKind.CASE_APPROVED)
"""What waits for nobody any more once a case is returned or decided."""


def new_round(submission: Submission, kept: Iterable[ReviewSeat]) -> None:
    """Tell those whose seat went over that the case is back, and who has to declare their interests again and why."""
    for seat in kept:
        first_is_free = seat.seat == Seat.SECOND and not any(one.seat == Seat.FIRST for one in kept)
        _notify(
            MessageKind.CASE_ROUND,
            [seat.reviewer_id],
            submission,
            link=links.declare if seat.to_declare else links.review,
            organisation=submission.assessment.organisation,
            round=submission.round,
            changed=submission.changed or 0,
            declare=rounds.words_of(seat.since_declared) if seat.to_declare else None,
            first_seat_free=first_is_free,
        )


def returned(submission: Submission, *, by: User, words: str = "") -> None:
    """Tell the other seat that a case was returned, and whose approval has lapsed by that."""
    _settle(submission)
    approvals = submission.decisions.approvals()
    lapsed = set(approvals.values_list("by_id", flat=True))
    for pk in finders.seated_now(submission) - {by.pk}:
        _notify(MessageKind.CASE_RETURNED, [pk], submission, name=by, words=words, approval_lapsed=pk in lapsed)


def approved(submission: Submission, decision: ReviewDecision, *, complete: bool, has_certificate: bool) -> None:
    """Tell the other seat of an approval: the first of two, or the one that decides."""
    said: dict[str, Any] = {"name": decision.by, "words": decision.statement}
    others = finders.seated_now(submission) - {decision.by_id}
    if not complete:
        _notify(MessageKind.CASE_APPROVED, others, submission, **said)
        return
    _settle(submission)
    decided = {**said, "approved": True, "has_certificate": has_certificate}
    _notify(MessageKind.CASE_DECIDED, others, submission, **decided)


def refused(submission: Submission, decision: ReviewDecision) -> None:
    """Tell the other seat that a case was refused, and why."""
    _settle(submission)
    others = finders.seated_now(submission) - {decision.by_id}
    said: dict[str, Any] = {"name": decision.by, "words": decision.statement, "approved": False}
    _notify(MessageKind.CASE_DECIDED, others, submission, **said)


def recalled(submission: Submission) -> None:
    """Tell who kept a seat that the organisation has taken the new round back before anybody took the first seat."""
    _settle(submission)
    _notify(MessageKind.CASE_RECALLED, finders.seated_now(submission), submission)


def second_seat_is_free(submission: Submission, kept: Iterable[ReviewSeat]) -> bool:
    """Tell whether a High case that goes on with its first seat waits for somebody in the second."""
    held = {seat.seat for seat in kept}
    return submission.assigned_tier == Tier.HIGH and Seat.FIRST in held and Seat.SECOND not in held


def _notify(
    kind: MessageKind,
    people: Iterable[int],
    submission: Submission,
    *,
    link: Callable[[Submission], str] = links.review,
    **context: Any,
) -> None:
    notify(
        kind,
        people,
        about=f"submission:{submission.reference}",
        link=link(submission),
        context={"use": submission.assessment.use.title, **context},
    )


def _settle(submission: Submission) -> None:
    settle(*ENDED_BY_A_MOVE, about=[f"submission:{submission.reference}"])
