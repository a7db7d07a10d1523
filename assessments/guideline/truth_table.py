"""Truth tables over the facts that some conditions read, so that conditions can be compared for all answers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from assessments.guideline.conditions import (
    ANSWER,
    All,
    Always,
    Answer,
    AnyOf,
    Condition,
    Test,
    as_written,
)
from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, UNKNOWN, Stakeholder

MOST_COMBINATIONS = 2**20
"""Rows of the largest table that is worked out; a larger one has no rows, only its size."""


@dataclass(frozen=True, slots=True)
class Column:
    """One fact in a truth table: its answers that the conditions can tell apart, one of each."""

    fact: str
    answers: tuple[Answer, ...]
    known: tuple[bool, ...]
    stride: int  # rows between one answer and the next


class TruthTable:
    """Every combination of answers that some conditions can tell apart, one bit of a whole number for each.

    Answers that satisfy the same tests are one (*third_party* and *fine_tuned*, where only *own_trained* is tested), so
    a table has few rows, and a condition is worked out for all of them by a handful of bit operations. A fact with
    several answers at once stands for each set of them. `known` marks the rows without an open answer. Answers to
    earlier questions only narrow a question further: they count as satisfied.
    """

    def __init__(self, edition: Edition, part: Stakeholder, conditions: Sequence[Condition]) -> None:
        tests: dict[str, dict[Test, None]] = {}
        for condition in conditions:
            for test in condition.tests():
                tests.setdefault(test.fact, {})[test] = None
        self.size = 1
        self.columns: dict[str, Column] = {}
        for fact, mine in tests.items():
            column = self.column(edition, part, fact, tuple(mine))
            self.columns[fact] = column
            self.size *= len(column.answers)
        self.full = 0
        self.known = 0
        if self.size <= MOST_COMBINATIONS:
            self.full = (1 << self.size) - 1
            self.known = self.full
            for column in self.columns.values():
                self.known &= self.rows(column, lambda answer, known: known)

    def column(self, edition: Edition, part: Stakeholder, fact: str, tests: Sequence[Test]) -> Column:
        candidates: list[Answer]
        if fact == "stakeholder":
            candidates = [str(part)]
        elif fact == "tier":
            candidates = [str(tier) for tier in TIERS]
        elif fact in edition.facts:
            candidates = _told_apart(edition.facts[fact].values, tests)
            if edition.facts[fact].many:
                sets = (several for size in range(1, len(candidates) + 1) for several in combinations(candidates, size))
                candidates = _told_apart([tuple(map(str, several)) for several in sets], tests)
            candidates = _told_apart([*candidates, UNKNOWN], tests)
        else:
            return Column(fact, (UNKNOWN,), (True,), self.size)
        known = tuple(answer != UNKNOWN for answer in candidates)
        return Column(fact, tuple(candidates), known, self.size)

    def rows(self, column: Column, wanted: Callable[[Answer, bool], bool]) -> int:
        """The rows whose answer to this fact is wanted."""
        block = 0
        run = (1 << column.stride) - 1
        for number, (answer, known) in enumerate(zip(column.answers, column.known, strict=True)):
            if wanted(answer, known):
                block |= run << (number * column.stride)
        period = column.stride * len(column.answers)
        return block * (self.full // ((1 << period) - 1))

    def where(self, condition: Condition) -> int:
        """The rows on which the condition holds."""
        match condition:
            case Always():
                return self.full
            case Test():
                test = condition
                return self.rows(self.columns[test.fact], lambda answer, known: test.holds({test.fact: answer}))
            case All():
                mask = self.full
                for part in condition.parts:
                    mask &= self.where(part)
                return mask
            case AnyOf():
                mask = 0
                for part in condition.parts:
                    mask |= self.where(part)
                return mask
        raise TypeError(f"{condition!r} is not a condition")

    def first(self, mask: int) -> str:
        """Say the first combination among the rows of `mask`, preferring one without open answers."""
        mask = mask & self.known or mask
        row = (mask & -mask).bit_length() - 1
        said = []
        for column in sorted(self.columns.values(), key=lambda column: column.fact):
            answer = column.answers[row // column.stride % len(column.answers)]
            if column.fact != "stakeholder" and not column.fact.startswith(ANSWER):
                said.append(f"{column.fact}: {as_written(answer)}")
        return ", ".join(said) or "any"


def _told_apart(answers: Iterable[Answer], tests: Sequence[Test]) -> list[Answer]:
    """One answer for each set of tests that some answer satisfies."""
    kept: dict[tuple[bool, ...], Answer] = {}
    for answer in answers:
        kept.setdefault(tuple(test.holds({test.fact: answer}) for test in tests), answer)
    return list(kept.values())
