"""The history of an action: lock it, write a line of its history and of the log, tell people of it."""

from __future__ import annotations

import uuid
from typing import Any

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.models import ActionEvent, RemediationAction, User

Kind = ActionEvent.Kind


# --- who, by when, how much work -----------------------------------------------------------------------------------------


def lock(action: RemediationAction) -> RemediationAction:
    rows = RemediationAction.objects.select_for_update(of=("self",))
    return rows.select_related("use__system", "organisation", "owner").get(pk=action.pk)


def note(
    action: RemediationAction,
    kind: str,
    *,
    by: User | None,
    old: str = "",
    new: str = "",
    words: str = "",
    batch: uuid.UUID | None = None,
) -> ActionEvent:
    event: ActionEvent = ActionEvent.objects.create(
        action=action, kind=kind, by=by, old=old[:200], new=new[:200], words=words, batch=batch
    )
    return event


def audit_action(kind: AuditKind, action: RemediationAction, by: User | None, **details: Any) -> None:
    log.record(kind, action.use, by=by, organisation=action.organisation, details={"number": action.number, **details})
