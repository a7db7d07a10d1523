"""The actions of a use as the results show them: each with its number, its two dates and who answers for it.

Before the signature an action has days from the signature on, afterwards it has dates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from assessments.guideline.edition import Edition
from assessments.guideline.wording import without_fact
from assessments.models import ActionStatus, Assessment
from assessments.models.remediation import blocks
from assessments.scoring.order import MONTH_DAYS, OPEN_INCIDENT

ONE_LINE = 84  # characters that a line of the table holds
IN_BRACKETS = re.compile(r" \([^()]*\)(?=[.;])")


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One action. `first` and `full` are dates, None before the signature; the days count from the signature."""

    number: int
    question: str
    title: str
    url: str
    why: str
    package: str
    blocking: bool
    whole_organisation: bool
    owner: str
    post: str
    first: date | None
    full: date | None
    first_days: int
    full_days: int
    started: date | None = None  # the day on which the first step was done
    is_open: bool = True
    condition: bool = False  # the approval hangs on it, and the certificate does not wait for it
    by_signature: bool = False  # the signature itself meets what it is about, so that it does not block

    @property
    def at_once(self) -> bool:
        """Tell whether it is to be done before anything is signed."""
        return self.first is None and self.question == OPEN_INCIDENT

    @property
    def why_now(self) -> str:
        """The reason in one line: without the answer, which the finding shows; a long one without the fact either."""
        said = IN_BRACKETS.sub("", self.why)
        return without_fact(said) if len(said) > ONE_LINE else said

    @property
    def one_date(self) -> bool:
        """Tell whether its first step and all its steps are due on the same day."""
        return (self.first, self.first_days) == (self.full, self.full_days)

    @property
    def next_date(self) -> date | None:
        return self.full if self.started else self.first

    @property
    def next_is_first(self) -> bool:
        """Tell whether the next date is that of the first step and another one follows."""
        return not self.started and not self.one_date

    def is_due(self, until: date) -> bool:
        """Tell whether its next date is not later than `until`, before the signature within a month of it."""
        if not self.is_open:
            return False
        return self.next_date <= until if self.next_date else self.first_days <= MONTH_DAYS

    @property
    def due_key(self) -> tuple[date, int, int]:
        return self.next_date or date.max, self.first_days, self.number


@dataclass(frozen=True, slots=True)
class PackageLine:
    """One package as the table of packages shows it."""

    key: str
    number: int
    title: str
    entries: tuple[PlanEntry, ...]

    @property
    def blocking(self) -> int:
        return sum(entry.blocking for entry in self.entries)

    @property
    def at_once(self) -> bool:
        return any(entry.at_once for entry in self.entries)

    @property
    def conditions(self) -> int:
        return sum(entry.condition for entry in self.entries)

    @property
    def owner(self) -> str:
        """The name, or the post, that answers for most of its actions."""
        counted = Counter(entry.owner or entry.post for entry in self.entries)
        most = max(counted.values())
        return next(entry.owner or entry.post for entry in self.entries if counted[entry.owner or entry.post] == most)

    @property
    def first(self) -> date | None:
        return min((entry.first for entry in self.entries if entry.first), default=None)

    @property
    def full(self) -> date | None:
        dates = [entry.full for entry in self.entries if entry.full]
        return max(dates) if len(dates) == len(self.entries) else None

    @property
    def one_date(self) -> bool:
        """Tell whether all first steps and all steps of it are due on the same day."""
        return not self.at_once and (self.first, self.first_days) == (self.full, self.full_days)

    @property
    def first_days(self) -> int:
        return min(entry.first_days for entry in self.entries)

    @property
    def full_days(self) -> int:
        return max(entry.full_days for entry in self.entries)


def draft_entries(
    assessment: Assessment, edition: Edition, actions: Iterable[Mapping[str, Any]], rows: Mapping[str, Any]
) -> list[PlanEntry]:
    """Return the proposed actions of a draft by rank.

    One that stands from an earlier round keeps its number, its dates and its owner. The others have the numbers that
    the next signature gives them.
    """
    found, last = [], assessment.use.action_count
    for action in actions:
        row = rows.get(action["question"])
        last += row is None
        full = _full_due(row)
        found.append(
            PlanEntry(
                number=row.number if row else last,
                question=action["question"],
                title=action["title"],
                url=_url(assessment, action["question"], row),
                why=action["why_here"],
                package=action["package"],
                blocking=action["blocking"],
                whole_organisation=action["whole_organisation"],
                owner=str(row.owner) if row and row.owner_id else "",
                post=edition.owners.get(action["owner"], action["owner"]),
                first=row.due if row else None,
                full=full if row else None,
                first_days=action["due_days"],
                full_days=action["full_days"] or action["due_days"],
                started=row.first_step_on if row else None,
            )
        )
    return found


def signed_entries(
    assessment: Assessment,
    edition: Edition,
    actions: Iterable[Mapping[str, Any]],
    rows: Sequence[Any],
    signed: date,
    *,
    set_aside: bool = False,
) -> list[PlanEntry]:
    """Return the actions that stand after the signature, in the order of the plan, people's own among them.

    `set_aside`: also those that were marked as not relevant; what blocks goes on blocking.
    """
    over = {ActionStatus.CLOSED} if set_aside else {ActionStatus.CLOSED, ActionStatus.NOT_RELEVANT}
    proposed = {action["question"]: action for action in actions}
    found = []
    for row in rows:
        if row.merged_into_id or row.status in over:
            continue
        action: Mapping[str, Any] = proposed.get(row.question, {})
        full = _full_due(row)
        found.append(
            PlanEntry(
                number=row.number,
                question=row.question,
                title=row.title,
                url=_url(assessment, row.question, row),
                why=row.why_here or action.get("why_here", ""),
                package=row.package or action.get("package", ""),
                blocking=blocks(row, is_condition=row.is_condition),
                condition=row.is_condition,
                whole_organisation=bool(action.get("whole_organisation")),
                owner=str(row.owner) if row.owner_id else "",
                post=edition.owners.get(row.suggested_owner, row.suggested_owner),
                first=row.due,
                full=full,
                first_days=(row.due - signed).days,
                full_days=(full - signed).days,
                started=row.first_step_on,
                is_open=row.status == ActionStatus.OPEN,
            )
        )
    ranks = {action["question"]: action["rank"] for action in proposed.values()}
    return sorted(found, key=lambda entry: (ranks.get(entry.question, len(ranks) + 1), entry.number))


def _full_due(row: Any) -> Any:
    """Return the day on which all of an action is due; None where there is no row yet."""
    return (row.full_due or row.due) if row else None


def _url(assessment: Assessment, question: str, row: Any) -> str:
    if row is not None:
        return reverse("action", args=[assessment.use.reference, row.number])
    return reverse("result", args=[assessment.reference, "findings", question])


def packages_of(edition: Edition, entries: Iterable[PlanEntry], other: str) -> list[PackageLine]:
    """Group actions by package, the most urgent package first; `other` is the title of what belongs to none."""
    grouped: dict[str, list[PlanEntry]] = {}
    for entry in entries:
        grouped.setdefault(entry.package, []).append(entry)
    known = edition.package_of
    return [
        PackageLine(key, number, known[key].title if key in known else other, tuple(mine))
        for number, (key, mine) in enumerate(grouped.items(), 1)
    ]
