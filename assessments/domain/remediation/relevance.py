"""An action marked as not relevant: with a reason that a reviewer reads, and may refuse."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.remediation import actions, conditions
from assessments.domain.remediation.changes import Kind, lock_action, note, record, require_open, require_worker
from assessments.models import ActionStatus, RemediationAction, User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned


def obstacle(action: RemediationAction) -> str:
    """Say why an action cannot be marked as not relevant by anybody; empty where it can."""
    if action.merged_into_id:
        return _("This action was merged into another action. Undo the merge first.")
    if action.status != ActionStatus.OPEN:
        return _("Only an open action can be marked as not relevant.")
    if action.pk in conditions.conditions_on([action]):
        return _(
            "You cannot mark this action as not relevant, because it is a condition of the certificate. Conditions have to "
            "be met."
        )
    if action.merged.exclude(status=ActionStatus.CLOSED).exists():
        return _("Other actions were merged into this one. Undo the merge first.")
    return ""


@transaction.atomic
def mark_not_relevant(action: RemediationAction, *, by: User, reason: str) -> None:
    """Mark an open action as not relevant. The reviewers of the case are told, and may open it again.

    The gap stays a finding and earns no credit; what blocks the certificate goes on blocking it. Our judgement: a reason
    why a duty does not apply is given with the answer, where a reviewer accepts it.
    """
    action = lock_action(action)
    require_worker(action, by=by)
    problem = obstacle(action)
    if problem:
        raise WorkflowError(problem)
    require_open(action)
    reason = reason.strip()
    if not reason:
        raise InvalidAnswer("reason", _("Say why the action is not relevant."))
    action.status, action.irrelevant_reason = ActionStatus.NOT_RELEVANT, reason
    action.irrelevant_by, action.irrelevant_at = by, timezone.now()
    action.save(update_fields=["status", "irrelevant_reason", "irrelevant_by", "irrelevant_at"])
    note(action, Kind.NOT_RELEVANT, by=by, words=reason)
    checkers = set(actions.checkers_of(action)) - {by.pk}
    actions.notify_of(action, MessageKind.ACTION_NOT_RELEVANT, checkers, name=by, reason=reason)
    record(AuditKind.ACTION_NOT_RELEVANT, action, by, reason=reason)


@transaction.atomic
def reopen(action: RemediationAction, *, by: User) -> None:
    """Undo it: the organisation says that the action is relevant after all, and it is open again."""
    action = lock_action(action)
    require_worker(action, by=by)
    _reopen(action, by=by, words=_("The organisation reopened the action."))


@proof.factor_asked
@transaction.atomic
def refuse(action: RemediationAction, *, by: User, words: str) -> None:
    """Refuse the reason: the action is open again, and its owner is told why. Who may accept it may refuse it.

    Raises NotPermitted, SeparationOfDuties, InvalidAnswer.
    """
    actions.lock_to_check(action, by=by)
    words = words.strip()
    if not words:
        raise InvalidAnswer("words", _("Say why the action is relevant."))
    action = lock_action(action)
    people = concerned(action, action.owner_id, action.irrelevant_by_id) - {by.pk}
    _reopen(action, by=by, words=words)
    actions.notify_of(action, MessageKind.ACTION_RELEVANT, people, words=words)


def _reopen(action: RemediationAction, *, by: User, words: str) -> None:
    if action.status != ActionStatus.NOT_RELEVANT:
        raise WorkflowError(_("You can reopen an action here only if it is marked as not relevant."))
    action.status = ActionStatus.OPEN
    action.save(update_fields=["status"])
    note(action, Kind.RELEVANT, by=by, words=words)
    record(AuditKind.ACTION_RELEVANT, action, by)
