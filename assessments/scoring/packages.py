"""The actions of a plan in packages: each ranks as its most urgent action and has one owner, one start, one end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assessments.guideline.edition import Edition
from assessments.guideline.packages import Package
from assessments.scoring.remediation import ProposedAction


@dataclass(frozen=True, slots=True)
class PackagedActions:
    """One package with its actions by rank. `owner` is who answers for it: the owner of most of its actions."""

    package: Package
    actions: tuple[ProposedAction, ...]

    @property
    def rank(self) -> int:
        return self.actions[0].rank

    @property
    def owner(self) -> str:
        counted = Counter(action.owner for action in self.actions)
        most = max(counted.values())
        return next(action.owner for action in self.actions if counted[action.owner] == most)

    @property
    def first_days(self) -> int:
        return min(action.due_days for action in self.actions)

    @property
    def blocking(self) -> int:
        return sum(action.blocking for action in self.actions)


def pack(edition: Edition, actions: Iterable[ProposedAction]) -> tuple[PackagedActions, ...]:
    """Group actions by package, the most urgent package first; one without actions is left out."""
    of_package: dict[str, list[ProposedAction]] = {}
    for action in sorted(actions, key=lambda action: action.rank):
        of_package.setdefault(action.package, []).append(action)
    known = edition.package_of
    return tuple(PackagedActions(known.get(key) or Package(key, key), tuple(mine)) for key, mine in of_package.items())
