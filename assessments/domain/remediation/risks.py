"""Risks that are accepted for a time instead of closing an action."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, SeparationOfDuties, WorkflowError
from assessments.domain.remediation import actions, conditions, history
from assessments.domain.remediation.history import Kind
from assessments.domain.remediation.opening import NEVER_ACCEPTED
from assessments.models import ActionStatus, Edition, RemediationAction, User
from assessments.models.action_notes import ActionNote, coded
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned

# --- accepting a risk instead --------------------------------------------------------------------------------------------


def risk_obstacle(action: RemediationAction) -> str:
    """Say why the risk of an action cannot be accepted by anybody; empty where an owner may."""
    if action.priority in NEVER_ACCEPTED:
        return _(
            "You cannot accept the risk of leaving this action undone, because it concerns a mandatory point, a duty"
            " from the Guideline’s Table 1 or an extra duty. Complete the action. A mandatory point can also become a"
            " condition with a due date."
        )
    if action.status != ActionStatus.OPEN or action.merged_into_id:
        return _("You can accept the risk of leaving an action undone only while the action is open.")
    if action.owner_id is None:
        return _("Choose an owner of the action first. A different person has to accept the risk.")
    if conditions.conditions_on([action]):
        return _(
            "You cannot accept the risk of leaving this action undone, because the action is a condition of the "
            "approval. Conditions have to be met."
        )
    return ""


def longest_risk(today: date | None = None) -> date:
    """Return the last day until which a risk may be accepted now (named data of the edition)."""
    days = Edition.objects.current().compiled().policy.accepted_risk_days
    return (today or timezone.localdate()) + timedelta(days=days)


@proof.asked
@transaction.atomic
def accept_risk(action: RemediationAction, *, by: User, reason: str, until: date, review: date) -> None:
    """Accept the risk of an open action until a day; then it comes back by itself.

    By an owner of the organisation who is not the owner of the action. The gap stays a finding and earns no credit. Our
    judgement: never for what blocks. Raises InvalidAnswer naming the field, SeparationOfDuties.
    """
    roles.require(by, Action.SIGN, action.organisation)
    action = history.lock(action)
    problem = risk_obstacle(action)
    if problem:
        raise WorkflowError(problem)
    if action.owner_id == by.pk:
        raise SeparationOfDuties(_("You own this action, so another owner of the organisation has to accept the risk."))
    today = timezone.localdate()
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why the risk is acceptable, and what reduces it in the meantime."))
    if not today < until <= longest_risk(today):
        raise InvalidAnswer(
            "until",
            _("Choose a day after today and not later than %(day)s.")
            % {"day": date_format(longest_risk(today), "DATE_FORMAT")},
        )
    if not today < review <= until:
        raise InvalidAnswer(
            "review",
            _("Choose a day after today, and not later than the day in “Risk accepted until”."),
        )
    action.status, action.risk_reason, action.risk_by, action.risk_at = (
        ActionStatus.ACCEPTED,
        reason.strip(),
        by,
        timezone.now(),
    )
    action.risk_until, action.risk_review = until, review
    action.save(update_fields=["status", "risk_reason", "risk_by", "risk_at", "risk_until", "risk_review"])
    history.note(action, Kind.RISK_ACCEPTED, by=by, new=until.isoformat(), words=reason.strip())
    recipients = concerned(action, action.owner_id) - {by.pk}
    actions.notify_of(action, MessageKind.RISK_ACCEPTED, recipients, name=by, until=until)
    history.audit_action(AuditKind.RISK_ACCEPTED, action, by, until=until, review=review, reason=reason.strip())


@transaction.atomic
def end_risk(action: RemediationAction, *, by: User) -> None:
    """Take an accepted risk back before its day: the action is open again."""
    roles.require(by, Action.ANSWER, action.organisation)
    _reopen_risk(history.lock(action), by=by, words=coded(ActionNote.RISK_TAKEN_BACK))


def _reopen_risk(action: RemediationAction, *, by: User | None, words: str) -> None:
    if action.status != ActionStatus.ACCEPTED:
        raise WorkflowError(_("Nobody has accepted the risk of leaving this action undone."))
    action.status = ActionStatus.OPEN
    action.save(update_fields=["status"])
    history.note(
        action, Kind.RISK_ENDED, by=by, old=action.risk_until.isoformat() if action.risk_until else "", words=words
    )
    recipients = concerned(action, action.owner_id, action.risk_by_id) - ({by.pk} if by else set())
    actions.notify_of(action, MessageKind.RISK_RETURNED, recipients)
    history.audit_action(AuditKind.RISK_ENDED, action, by)


def return_risks(today: date | None = None) -> int:
    """Open again each action whose accepted risk has come to its end; for the sweeper, and may run twice."""
    today = today or timezone.localdate()
    done = 0
    for action in RemediationAction.objects.filter(status=ActionStatus.ACCEPTED, risk_until__lt=today).order_by("pk"):
        with transaction.atomic():
            locked = history.lock(action)
            if locked.status == ActionStatus.ACCEPTED and locked.risk_until and locked.risk_until < today:
                _reopen_risk(locked, by=None, words=coded(ActionNote.RISK_DAY_OVER))
                done += 1
    return done
