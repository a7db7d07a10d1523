"""Recall a submission before anybody has taken it, or withdraw it for good."""

from __future__ import annotations

from django.db import transaction

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import WrongState
from assessments.domain import workflow
from assessments.domain.review import telling
from assessments.models import Assessment, DecisionKind, ReviewDecision, State, User
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind


@transaction.atomic
def recall(assessment: Assessment, *, by: User) -> None:
    """Take a submission back before anybody has taken it; the draft is open again."""
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    workflow.move(assessment, State.DRAFT)
    submission = assessment.current_submission
    if submission:
        telling.recalled(submission)
    workflow.audit_move(AuditKind.RECALLED, assessment, by, submission=submission.reference if submission else "")


@proof.asked
@transaction.atomic
def withdraw(assessment: Assessment, *, by: User, reason: str) -> None:
    """Withdraw what was submitted, for good; the answers can be copied into a new draft."""
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    if assessment.current_submission is None:
        raise WrongState(assessment, State.WITHDRAWN)
    workflow.move(assessment, State.WITHDRAWN)
    decision = ReviewDecision.objects.create(
        submission=assessment.current_submission, by=by, kind=DecisionKind.WITHDRAW, statement=reason
    )
    notify(
        MessageKind.WITHDRAWN,
        finders.seated_now(assessment.current_submission),
        about=f"assessment:{assessment.reference}",
        link=links.review(assessment.current_submission),
        context={"use": assessment.use.title, "reason": reason},
    )
    submission = assessment.current_submission.reference
    workflow.audit_move(AuditKind.WITHDRAWN, assessment, by, [decision], submission=submission, reason=reason)
