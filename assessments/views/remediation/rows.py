"""One action as the lists show it: two lines, two dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.guideline.edition import Edition
from assessments.models import OWN, ActionStatus, RemediationAction, User
from assessments.models.remediation import blocks
from assessments.scoring.findings import PROHIBITED, TABLE_1_OR_OVERLAY
from assessments.scoring.order import NEEDED, OPEN_HOLD, STOP


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action as the lists show it."""

    action: RemediationAction
    url: str
    pick: str  # how a form names it
    priority: str
    class_word: str  # the same in running text: must, should
    blocks: bool  # no certificate with it
    condition: bool  # the approval hangs on it, and the certificate does not wait for it
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
    rows: list[ActionRow] = field(default_factory=list)
    total: int = 0  # of the whole group, also where a page shows a part of it

    @property
    def count(self) -> int:
        return max(self.total, len(self.rows))

    @property
    def owner(self) -> str:
        """Who answers for it: the owner of most of its actions, of the more urgent ones where it is equal; empty: nobody."""
        owners = [str(row.action.owner) for row in self.rows if row.action.owner]
        return max(owners, key=owners.count) if owners else ""


def row_of(action: Any, edition: Edition, today: date) -> ActionRow:
    words = edition.policy.words
    priority = priority_of(action, edition)
    condition = bool(getattr(action, "is_condition", False)) and action.status != ActionStatus.CLOSED
    state, word = state_of(action, today)
    alone = bool(getattr(action, "alone", False))
    return ActionRow(
        action=action,
        url=reverse("action", args=[action.use.reference, action.number]),
        pick=f"{action.use.reference}/{action.number}",
        priority=priority,
        class_word=class_of(action, priority),
        blocks=action.status != ActionStatus.CLOSED and blocks(action, is_condition=condition),
        condition=condition,
        effort=words.get(f"efforts.{action.effort}", action.effort),
        suggested=edition.owners.get(action.suggested_owner, ""),
        late=action.is_late(today),
        state=state,
        word=word,
        alone=alone,
        free=action.status == ActionStatus.OPEN and (action.owner_id is None or alone) and not action.merged_into_id,
    )


def heading_key(action: RemediationAction) -> str:
    """Say what an action is listed under: what gave it its place in the plan, else its priority.

    A practice about prohibited uses takes its ordinary place (ADVICE section 1): the heading *prohibited use or hold* is
    for open holds alone, and for plans of the releases that had no other order.
    """
    if action.question.partition(":")[0] == OPEN_HOLD:
        return PROHIBITED
    return action.placed or action.priority


def headings(edition: Edition) -> dict[str, str]:
    """Return the headings of actions in the order of their urgency."""
    words = edition.policy.words
    titles = {STOP: _("Stop or limit the use now"), PROHIBITED: words.get(f"priorities.{PROHIBITED}", PROHIBITED)}
    titles[NEEDED] = _("Needed for other actions")
    titles |= {key: words.get(f"priorities.{key}", key) for key in edition.policy.priorities if key not in titles}
    return titles | {OWN: _("Added by your organisation")}


def priority_of(action: RemediationAction, edition: Edition) -> str:
    key = heading_key(action)
    return headings(edition).get(key, key)


def class_of(action: RemediationAction, priority: str) -> str:
    """Name what gives an action its weight, as the line under its task says it."""
    key = heading_key(action)
    if key == STOP:
        return _("Stop or limit the use now")
    named = {TABLE_1_OR_OVERLAY: _("required for the tier"), OWN: _("added by your organisation")}
    return named.get(key) or priority[:1].lower() + priority[1:]


def state_of(action: RemediationAction, today: date) -> tuple[str, str]:
    """Return the state of parts/state.html that an action is in, and its word."""
    if action.is_late(today):
        return "late", _("Late")
    if action.status == ActionStatus.OPEN and action.first_step_on:
        return "begun", _("Started")
    key = {"open": "open", "done": "begun", "accepted": "risk_accepted", "not_relevant": "not_applicable"}
    return key.get(action.status, "closed"), str(action.get_status_display())


def flag_those_left_alone(user: User, actions: Sequence[Any]) -> None:
    """Mark the actions of a page whose owner left; one query."""
    shown = finders.actions_for(user).filter(pk__in=[action.pk for action in actions])
    alone = set(shown.left_alone().values_list("pk", flat=True))  # type: ignore[attr-defined]
    for action in actions:
        action.alone = action.pk in alone


def by_package(
    rows: Sequence[ActionRow], edition: Edition, totals: Mapping[str, int] | None = None
) -> list[PackageGroup]:
    """Group rows that come package by package; those without one form a group of their own at the end.

    `totals`: how many actions each package has, where the rows are one page of them.
    """
    titles = {package.key: package.title for package in edition.packages}
    groups: list[PackageGroup] = []
    for row in rows:
        key = row.action.package
        if not groups or groups[-1].key != key:
            groups.append(PackageGroup(key, titles.get(key, ""), total=(totals or {}).get(key, 0)))
        groups[-1].rows.append(row)
    if len(groups) > 1 and not groups[-1].title:
        groups[-1].title = _("Other actions")
    return groups
