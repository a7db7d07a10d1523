"""A case while somebody judges it: under review, for a seat whose holder has not approved yet."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from assessments.access.separation import Reviewer, require_seat
from assessments.core.errors import Locked
from assessments.models import Assessment, DecisionKind, ReviewDecision, ReviewSeat, State, Submission, User


def open_case(submission: Submission, by: User) -> tuple[Assessment, ReviewSeat]:
    """Lock the assessment of a submission under review, for somebody with a seat whose marks are not locked.

    Raises as `require_seat`; Locked outside of review, and once this person has approved.
    """
    assessment, seat = case_under_review(submission, by)
    if has_approved(submission, by):
        raise Locked(
            _("You have approved this submission, so your marks are locked. Withdraw your approval to change them.")
        )
    return assessment, seat


def case_under_review(submission: Submission, by: User) -> tuple[Assessment, ReviewSeat]:
    """As `open_case`, whether or not this person has approved."""
    assessment = Assessment.objects.lock(submission.assessment_id)
    seat = require_seat(Reviewer(by, submission, assessment))
    if assessment.state != State.IN_REVIEW or assessment.current_submission_id != submission.pk:
        raise Locked(_("This submission is no longer under review. What you typed is still on this page."))
    return assessment, seat


def approves(decisions: Iterable[ReviewDecision], by: User) -> bool:
    """As `has_approved`, for a page that has read the decisions of the submission, oldest first."""
    kinds = (DecisionKind.APPROVE, DecisionKind.TAKE_BACK)
    mine = [decision.kind for decision in decisions if decision.by_id == by.pk and decision.kind in kinds]
    return bool(mine) and mine[-1] == DecisionKind.APPROVE


def has_approved(submission: Submission, by: User) -> bool:
    """Tell whether an approval of this person stands on the submission."""
    return bool(submission.decisions.approvals().filter(by=by).exists())
