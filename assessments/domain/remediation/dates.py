"""Who does an action and by when: one at a time, several at once, or from a file."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.remediation import actions as remediation_actions
from assessments.domain.remediation import conditions as remediation_conditions
from assessments.domain.remediation import history
from assessments.domain.remediation.history import Kind
from assessments.models import ActionEvent, ActionStatus, Condition, EffortChoices, Involvement, RemediationAction, User
from assessments.notifications.kinds import MessageKind

DATES = (Kind.DUE, Kind.FULL_DUE)
"""The lines of an action's history that change one of its two dates; each is named as the date is."""


def date_problem(action: RemediationAction, due: date, condition: Condition | None) -> str:
    """Say why an action cannot be due on that day; empty when it can."""
    if action.status == ActionStatus.CLOSED:
        return _("This action is closed.")
    if due < timezone.localdate():
        return _("Choose today or a later day. This day is in the past.")
    if condition is not None and due > condition.due_on:
        return _(
            "Choose %(day)s or an earlier day. This action is a condition of the certificate and is due on that day."
        ) % {"day": date_format(condition.due_on, "DATE_FORMAT")}
    return ""


@transaction.atomic
def plan(
    action: RemediationAction,
    *,
    by: User,
    owner: User | None,
    due: date,
    effort: str,
    full_due: date | None = None,
) -> RemediationAction:
    """Say who does an action, by when, and how much work it is; only what differs is changed and told.

    `full_due`: the day on which all of it is due; None leaves it as it is, and never before the first step.

    Raises InvalidAnswer naming the field, WorkflowError where the action is closed.
    """
    roles.require(by, Action.ANSWER, action.organisation)
    action = history.lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("This action is closed, so you cannot change its owner or dates."))
    changed: list[str] = []
    before = _planned(action)
    if owner != action.owner:
        _check_owner(action, owner)
        Involvement.objects.keep(action.use_id, Involvement.Kind.OWNED, [action.owner_id])
        old, action.owner = str(action.owner or ""), owner
        history.note(action, Kind.OWNER, by=by, old=old, new=str(owner or ""))
        changed.append("owner")
    full = full_due or action.full_due
    if action.full_due is None and full == due:  # the first step is all of it
        full = None
    if full is not None and (due, full) != (action.due, action.full_due) and full < due:
        raise InvalidAnswer(
            "full_due", _("Choose a later day. The action as a whole cannot be due before its first step.")
        )
    condition = remediation_conditions.conditions_on([action]).get(action.pk)
    for name, day in (("due", due), ("full_due", full)):
        if day == getattr(action, name) or day is None:
            continue
        problem = date_problem(action, day, condition)
        if problem:
            raise InvalidAnswer(name, problem)
        _set_due(action, day, by=by, which=name)
        changed.append(name)
    if effort != action.effort:
        if effort not in EffortChoices.values:
            raise InvalidAnswer("effort", _("Choose how much effort the action needs."))
        history.note(action, Kind.EFFORT, by=by, old=str(action.effort), new=effort)
        action.effort = effort
        action.set_by_hand = sorted({*action.set_by_hand, "effort"})
        changed.append("effort")
    if not changed:
        return action
    action.save(update_fields=["owner", "due", "full_due", "effort", "set_by_hand"])
    if "owner" in changed and owner is not None and owner != by:
        tell_owner(action, by)
    now = _planned(action)
    changes = {"old": {name: before[name] for name in changed}, "new": {name: now[name] for name in changed}}
    history.audit_action(AuditKind.ACTION_PLANNED, action, by, **changes)
    return action


def _planned(action: RemediationAction) -> dict[str, Any]:
    """Return what a plan says of an action, as the log keeps it."""
    return {
        "owner": str(action.owner or ""),
        "due": action.due,
        "full_due": action.full_due,
        "effort": str(action.effort),
    }


def _check_owner(action: RemediationAction, owner: User | None) -> None:
    if owner is not None and roles.role_in(owner, action.organisation_id) not in roles.MAY[Action.ANSWER]:
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))
    if action.status == ActionStatus.ACCEPTED:
        if owner is None:
            raise InvalidAnswer("owner", _("Choose an owner. An accepted risk needs an owner who monitors it."))
        if owner.pk == action.risk_by_id:
            raise InvalidAnswer(
                "owner", _("Choose somebody else. The person who accepted the risk cannot own the action.")
            )
    if owner is None and action.status == ActionStatus.DONE:
        raise InvalidAnswer("owner", _("Choose an owner. An action that is reported as done needs an owner."))


def _set_due(
    action: RemediationAction,
    due: date,
    *,
    by: User,
    which: str = "due",
    batch: uuid.UUID | None = None,
    words: str = "",
) -> None:
    """Set one of the two dates of an action: `due` or `full_due`, as the kinds of its history name them."""
    old: date | None = getattr(action, which)
    history.note(
        action, which, by=by, old=old.isoformat() if old else "", new=due.isoformat(), words=words, batch=batch
    )
    setattr(action, which, due)
    action.set_by_hand = sorted({*action.set_by_hand, "due"})


def tell_owner(action: RemediationAction, by: User) -> None:
    if action.owner_id is not None:
        remediation_actions.notify_of(action, MessageKind.ACTION_ASSIGNED, [action.owner_id], name=by)


@dataclass(frozen=True, slots=True)
class DatesMoved:
    """What one press did: how many dates were set, and how many were left as they were."""

    batch: uuid.UUID
    changed: int
    left: int


@transaction.atomic
def move_dates(actions: Iterable[RemediationAction], due: date, *, by: User) -> DatesMoved:
    """Give several actions one date for all of it; those that cannot have it are left, and a first step is not later.

    `batch` names the press, to take it back.
    """
    rows = RemediationAction.objects.select_for_update(of=("self",)).filter(pk__in=[action.pk for action in actions])
    found = list(rows.select_related("use", "organisation").order_by("pk"))
    for organisation in {action.organisation for action in found}:
        roles.require(by, Action.ANSWER, organisation)
    conditions = remediation_conditions.conditions_on(found)
    batch, moved = uuid.uuid4(), []
    for action in found:
        if action.last_due == due or date_problem(action, due, conditions.get(action.pk)):
            continue
        for which in ("full_due", "due") if action.full_due else ("due",):
            if which == "full_due" or action.full_due is None or action.due > due:
                _set_due(action, due, by=by, which=which, batch=batch)
        action.save(update_fields=["due", "full_due", "set_by_hand"])
        moved.append(action)
    for action in moved:  # the audit's lock comes last
        history.audit_action(AuditKind.ACTION_PLANNED, action, by, changed=["due"], due=due, batch=str(batch))
    return DatesMoved(batch, len(moved), len(found) - len(moved))


@transaction.atomic
def take_back_dates(batch: uuid.UUID, *, by: User) -> DatesMoved:
    """Set back the dates of one press, where nobody has changed them since; each step stays in the history."""
    events = list(ActionEvent.objects.filter(batch=batch, kind__in=DATES).order_by("action", "pk"))
    rows = RemediationAction.objects.select_for_update(of=("self",)).filter(
        pk__in=[event.action_id for event in events]
    )
    found = {action.pk: action for action in rows.select_related("use", "organisation").order_by("pk")}
    for organisation in {action.organisation for action in found.values()}:
        roles.require(by, Action.ANSWER, organisation)
    back, taken = uuid.uuid4(), []
    for action in found.values():
        mine = [event for event in events if event.action_id == action.pk]
        newer = ActionEvent.objects.filter(action=action, kind__in=DATES, pk__gt=mine[-1].pk).exists()
        stands = all(getattr(action, event.kind).isoformat() == event.new for event in mine)
        if newer or not stands or action.status == ActionStatus.CLOSED:
            continue
        for event in mine:
            old = date.fromisoformat(event.old)
            _set_due(action, old, by=by, which=event.kind, batch=back, words=_("The date change was undone."))
        action.save(update_fields=["due", "full_due", "set_by_hand"])
        taken.append(action)
    for action in taken:
        history.audit_action(
            AuditKind.ACTION_PLANNED, action, by, changed=["due"], due=action.last_due, took_back=str(batch)
        )
    return DatesMoved(back, len(taken), len(found) - len(taken))


@transaction.atomic
def take_rows(rows: Iterable[tuple[RemediationAction, User | None, date | None, date | None, str]], *, by: User) -> int:
    """Take what a file says of several actions: owner, both dates, and what was done; all of it or nothing.

    None and "" leave what stands. Returns how many actions were changed. Raises as `plan` and `report`.
    """
    done = 0
    for action, owner, due, full_due, note in rows:
        stands = RemediationAction.objects.select_related("owner", "organisation").get(pk=action.pk)
        plan(
            stands,
            by=by,
            owner=owner or stands.owner,
            due=due or stands.due,
            full_due=full_due,
            effort=str(stands.effort),
        )
        if note:
            remediation_actions.report(
                RemediationAction.objects.select_related("use", "organisation").get(pk=action.pk), by=by, note=note
            )
        done += 1
    return done
