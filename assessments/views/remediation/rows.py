"""One action as the lists show it: two lines, two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments import access
from assessments.guideline.edition import Edition
from assessments.models import OWN, ActionStatus, RemediationAction, User
from assessments.models.register import BLOCKING


@dataclass(frozen=True, slots=True)
class Row:
    """One action as the lists show it."""

    action: RemediationAction
    url: str
    pick: str  # how a form names it
    priority: str
    class_word: str  # the same in running text: must, should
    blocks: bool  # no certificate with it
    effort: str
    suggested: str
    late: bool
    state: str  # a key of hk.STATES
    word: str  # the state in words
    alone: bool  # its owner left
    free: bool  # open, and nobody works on it


@dataclass
class PackageGroup:
    """The actions of one package, under its heading; a list without packages has one group without one."""

    key: str
    title: str
    rows: list[Row] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Who answers for it: the owner of most of its actions, of the more urgent ones where it is equal; empty: nobody."""
        owners = [str(row.action.owner) for row in self.rows if row.action.owner]
        return max(owners, key=owners.count) if owners else ""


def row_of(action: Any, edition: Edition, today: date) -> Row:
    words = edition.policy.words
    priority = words.get(f"priorities.{action.priority}", action.priority)
    if action.priority == OWN:
        priority = _("Added by your organisation")
    state, word = state_of(action, today)
    alone = bool(getattr(action, "alone", False))
    return Row(
        action=action,
        url=reverse("action", args=[action.use.reference, action.number]),
        pick=f"{action.use.reference}/{action.number}",
        priority=priority,
        class_word=class_of(action, priority),
        blocks=action.priority in BLOCKING and action.status != ActionStatus.CLOSED,
        effort=words.get(f"efforts.{action.effort}", action.effort),
        suggested=edition.owners.get(action.suggested_owner, ""),
        late=action.is_late(today),
        state=state,
        word=word,
        alone=alone,
        free=action.status == ActionStatus.OPEN and (action.owner_id is None or alone) and not action.merged_into_id,
    )


def class_of(action: RemediationAction, priority: str) -> str:
    """Name what gives an action its weight, as the line under its task says it."""
    if action.placed == "stop":
        return _("Stop now")
    named = {"table_1_or_overlay": _("asked by the tier"), OWN: _("own action")}
    return named.get(action.priority) or priority[:1].lower() + priority[1:]


def state_of(action: RemediationAction, today: date) -> tuple[str, str]:
    """The state of parts/state.html that an action is in, and its word."""
    if action.is_late(today):
        return "late", _("Late")
    if action.status == ActionStatus.OPEN and action.first_step_on:
        return "begun", _("Started")
    key = {"open": "open", "done": "begun", "accepted": "risk_accepted", "not_relevant": "not_applicable"}
    return key.get(action.status, "closed"), str(action.get_status_display())


def flag_those_left_alone(user: User, actions: Sequence[Any]) -> None:
    """Mark the actions of a page whose owner left; one query."""
    shown = access.actions_for(user).filter(pk__in=[action.pk for action in actions])
    alone = set(shown.left_alone().values_list("pk", flat=True))  # type: ignore[attr-defined]
    for action in actions:
        action.alone = action.pk in alone


def by_package(rows: Sequence[Row], edition: Edition) -> list[PackageGroup]:
    """Group rows that come package by package; those without one form a group of their own at the end."""
    titles = {package.key: package.title for package in edition.packages}
    groups: list[PackageGroup] = []
    for row in rows:
        key = row.action.package
        if not groups or groups[-1].key != key:
            groups.append(PackageGroup(key, titles.get(key, "")))
        groups[-1].rows.append(row)
    if len(groups) > 1 and not groups[-1].title:
        groups[-1].title = _("Other actions")
    return groups
