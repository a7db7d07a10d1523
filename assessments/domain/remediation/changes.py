"""What every change of an action by a person needs: who may, the locked row, its history, its line in the log."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import (
    ActionEvent,
    ActionStatus,
    DeclaredUse,
    Organisation,
    RemediationAction,
    Sees,
    User,
)

Kind = ActionEvent.Kind


def require_planner(organisation: Organisation, *, by: User) -> None:
    """Raise NotPermitted for everybody but owners and contributors who see the whole plan."""
    member = roles.require_member(by, Action.ANSWER, organisation)
    if member.sees != Sees.ALL:
        raise NotPermitted(
            _("You cannot change the plan, because you can see only your own actions. Ask an owner to change it.")
        )


def require_worker(action: RemediationAction, *, by: User) -> None:
    """Raise NotPermitted for who may not plan: a contributor who sees only what is assigned works on their own."""
    member = roles.require_member(by, Action.ANSWER, action.organisation)
    if member.sees != Sees.ALL and action.owner_id != by.pk:
        raise NotPermitted(_("You do not own this action."))


def lock_action(action: RemediationAction) -> RemediationAction:
    """Return the row as it is now, locked; call it inside `atomic`."""
    rows = RemediationAction.objects.select_for_update(of=("self",))
    return rows.select_related("use__system", "organisation", "owner").get(pk=action.pk)


def lock_use(use: DeclaredUse) -> DeclaredUse:
    """Return the use as it is now, locked: its counter gives the next action its number."""
    rows = DeclaredUse.objects.select_for_update(of=("self",)).select_related("organisation", "system")
    found: DeclaredUse = rows.get(pk=use.pk)
    return found


def require_open(action: RemediationAction) -> None:
    """Raise WorkflowError unless the action is open and stands by itself."""
    if action.merged_into_id:
        raise WorkflowError(_("This action was merged into another action. Undo the merge first."))
    if action.status != ActionStatus.OPEN:
        raise WorkflowError(_("This action is not open."))


def note(
    action: RemediationAction, kind: str, *, by: User | None, old: str = "", new: str = "", words: str = ""
) -> None:
    """Write one line of the action's history."""
    ActionEvent.objects.create(action=action, kind=kind, by=by, old=old[:200], new=new[:200], words=words[:4000])


def record(kind: AuditKind, action: RemediationAction, by: User, **details: Any) -> None:
    """Write the change into the log of the organisation; the log's lock comes last."""
    log.record(kind, action.use, by=by, organisation=action.organisation, details={"number": action.number, **details})
