"""The packages of a plan, and the sentences on its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from assessments.documents import order_words
from assessments.documents.report.actions import ActionBlock
from assessments.guideline.edition import Edition
from assessments.scoring.inputs import Declared


@dataclass(frozen=True, slots=True)
class PackageBlock:
    """One package of a plan with its actions by rank. `number`: its place among those with actions."""

    number: int
    key: str
    title: str
    paper: str
    risk: str
    actions: tuple[ActionBlock, ...]
    until: str = ""  # what is reached when it has stopped or limited what can harm people
    never_waits: bool = False  # nobody is told that this can wait, even where the certificate does not need it

    @property
    def standing(self) -> tuple[ActionBlock, ...]:
        """Return its actions that still have to be done."""
        return tuple(action for action in self.actions if action.stands)

    @property
    def blocking(self) -> int:
        """Count its actions that block the certificate now."""
        return sum(action.blocks_now for action in self.actions)

    @property
    def owner(self) -> str:
        """Name the owner of most of its actions; of the more urgent ones where it is equal."""
        owners = [action.answers_for_it for action in self.actions]
        return max(owners, key=owners.count)

    @property
    def starts(self) -> str:
        """Say when its earliest first step is due."""
        return min(self.actions, key=lambda a: (a.due_now or date.max, a.due_days)).first_when

    @property
    def ends(self) -> str:
        """Say when its last action is due in full."""
        return max(self.actions, key=lambda a: (a.done_by[0] or date.min, a.done_by[1])).full_when


def build_packages(edition: Edition, declared: Declared, actions: Sequence[ActionBlock]) -> tuple[PackageBlock, ...]:
    """Group the actions by package, the most urgent package first; an action without package comes last."""
    grouped: dict[str, list[ActionBlock]] = {}
    for action in sorted(actions, key=lambda action: (action.rank or 10_000, action.number)):
        grouped.setdefault(action.package, []).append(action)
    known = edition.package_of
    found = []
    for number, (key, mine) in enumerate(sorted(grouped.items(), key=lambda entry: entry[0] == ""), 1):
        package = known.get(key)
        asked = all(action.now and action.now.asked for action in mine)
        title = (
            package.title
            if package
            else _("Actions requested by reviewers")
            if asked
            else _("Actions added by the organisation")
        )
        paper, risk, until = (package.paper, package.risk, package.until) if package else ("", "", "")
        never_waits = bool(package and package.never_waits and package.never_waits.holds(declared.context))
        found.append(PackageBlock(number, key, title, paper, risk, tuple(mine), until, never_waits))
    return tuple(found)


def order_sentences(edition: Edition, actions: Iterable[ActionBlock]) -> tuple[str, ...]:
    """Return the sentences on order and dates, with the one on conditions where an action is one."""
    return (*_order_words(edition), *_condition_words(actions))


def _order_words(edition: Edition) -> tuple[str, ...]:
    """Return the sentences of the edition on order and dates, in the order of its keys."""
    order = edition.order
    if order is None:
        return ()
    keys = (*order.steps, *(key for key in order.reasons if key not in order.steps))
    return tuple(order.reasons[key] for key in keys if key in order.reasons)


def _condition_words(actions: Iterable[ActionBlock]) -> tuple[str, ...]:
    """Return the sentence on dates of conditions; none in a plan without one."""
    promised = any(action.now and action.now.condition for action in actions)
    return (order_words.of_conditions(),) if promised else ()
