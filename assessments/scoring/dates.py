"""When the actions of a plan are due: first steps and full measures that do not contradict the order.

An action that another one needs first is never due later than it. Each rule is named data of the edition
(`policy.order`) with its reason among the policy's texts. Our judgement throughout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assessments.guideline.order import Order
from assessments.guideline.terms import Effort
from assessments.scoring.remediation import ProposedAction

MONTH_DAYS = 30
"""A month of dates and of load (ADVICE section 8, ruling 15)."""


def with_dates(
    actions: Sequence[ProposedAction], needs: Mapping[str, Sequence[str]], order: Order
) -> tuple[ProposedAction, ...]:
    """Return the actions with the dates that fit together; `actions` are in their order, each with its own dates.

    `needs`: the question of an action to those that have to be done before it. What stands later in the order is no
    prerequisite of what stands earlier.
    """
    return _Dates(actions, needs, order).fitted()


class _Dates:
    """The dates of one plan while they are fitted together: question to days."""

    def __init__(self, actions: Sequence[ProposedAction], needs: Mapping[str, Sequence[str]], order: Order) -> None:
        self.actions, self.order = actions, order
        place = {action.question: number for number, action in enumerate(actions)}
        self.needs = {
            key: [need for need in needs.get(key, ()) if place.get(need, number) < number]
            for key, number in place.items()
        }
        self.first = {action.question: action.due_days for action in actions}
        self.full = {action.question: action.full_days or action.due_days for action in actions}
        self.earliest: dict[str, int] = {}
        self.latest: dict[str, int] = {}

    def fitted(self) -> tuple[ProposedAction, ...]:
        self.begin_together()
        self.begin_before_what_needs_it()
        self.finish_before_what_needs_it()
        self.spread_the_load()
        return tuple(
            replace(action, due_days=self.first[action.question], full_days=self.full[action.question])
            for action in self.actions
        )

    def begin_together(self) -> None:
        """Give actions whose first steps ask for the same thing one date for it: the earliest of theirs."""
        for group in self.order.same_step:
            shown = [key for key in group if key in self.first]
            for key in shown:
                self.first[key] = min(self.first[one] for one in shown)

    def begin_before_what_needs_it(self) -> None:
        """Begin what is needed first no later than what needs it; what is last in the order is looked at first."""
        for action in reversed(self.actions):
            for need in self.needs[action.question]:
                self.first[need] = min(self.first[need], self.first[action.question])

    def finish_before_what_needs_it(self) -> None:
        """Finish what is needed first no later than what needs it.

        Where its effort makes that impossible, what needs it moves. What takes days is done by the first step of what
        needs it.
        """
        for action in self.actions:
            key, effort = action.question, self.order.effort_days[action.effort]
            own = min(self.full[key], max(effort, self.first[key]))
            self.earliest[key] = max([own, *(self.earliest[need] for need in self.needs[key])])
            self.full[key] = max(self.full[key], self.earliest[key])
        efforts = {action.question: action.effort for action in self.actions}
        for action in reversed(self.actions):
            key = action.question
            for need in self.needs[key]:
                by = self.first[key] if efforts[need] == Effort.DAYS else self.full[key]
                self.full[need] = max(self.earliest[need], min(self.full[need], by))
                end = self.full[key] if action.blocking else self.latest.get(key)
                if end is not None:
                    self.latest[need] = min(end, self.latest.get(need, end))

    def spread_the_load(self) -> None:
        """Move full dates so that no owner has to finish more than `load` actions within a month.

        What blocks keeps its date, and what it needs is not moved past it. What takes days of work is done by its own
        first step, or as soon as what it needs is there: nobody waits months for the work of a week.
        """
        small = {action.question for action in self.actions if action.effort == Effort.DAYS and not action.blocking}
        due: dict[str, dict[str, int]] = {action.owner: {} for action in self.actions}
        for action in self.actions:
            if action.question in small:
                due[action.owner][action.question] = self.earliest[action.question]
        for action in self.actions:
            key, taken = action.question, due[action.owner]
            own = self.earliest[key] if key in small else self.full[key]
            days = max([own, *(self.full[need] for need in self.needs[key])])
            if not action.blocking and key not in small:
                while sum(abs(other - days) < MONTH_DAYS for other in taken.values()) >= self.order.load:
                    if days + MONTH_DAYS > self.latest.get(key, days + MONTH_DAYS):
                        break
                    days += MONTH_DAYS
            taken[key] = days
            self.full[key] = days
