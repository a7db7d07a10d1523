"""When a question, a duty or a rule applies: the small language of all / any over facts.

Written in YAML as ``all: [...]`` or ``any: [...]``, nested at will; a bare name means that the fact is true,
``fact: value`` that answer, ``fact: [a, b]`` either; ``{}`` is always. A fact that may have several answers satisfies a
test when one of them does. ``parse`` checks the shape and returns a tree; ``Condition.holds`` reads it.

`unknown`, and a fact that was not answered, satisfy every test (tiering.md section 4: the worse case), or none where
the caller asks for the known answers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from assessments.guideline.terms import UNKNOWN

type Answer = bool | str | tuple[str, ...]
type Facts = Mapping[str, Answer]


def as_written(answer: object) -> str:
    """Return an answer as the files of an edition write it: true, advisory, [text, image]."""
    if isinstance(answer, tuple):
        return f"[{', '.join(map(as_written, answer))}]"
    return str(answer).lower() if isinstance(answer, bool) else str(answer)


ANSWER = "answer."
"""Before a question's key: its answer, as a condition reads it beside the facts."""

ONLY_UNKNOWN = "unknown: no worst case"
"""An open answer that satisfies only a test for `unknown` itself: so the tier rules read prohibited-use facts."""


class ConditionError(ValueError):
    """A condition that is not written in the language; says what is wrong with it."""


class Condition(Protocol):
    def holds(self, facts: Facts, unknown: bool = True) -> bool:
        """Tell whether the facts satisfy the condition; ``unknown`` is what an open answer counts as."""

    def tests(self) -> Iterator[Test]:
        """Yield every single test in the condition, in the order in which it is written."""

    def satisfied(self, facts: Facts, unknown: bool = True) -> Iterator[str]:
        """Yield the facts whose tests hold: those that a reader is shown as the reason."""


@dataclass(frozen=True, slots=True)
class Always:
    def holds(self, facts: Facts, unknown: bool = True) -> bool:
        return True

    def tests(self) -> Iterator[Test]:
        return iter(())

    def satisfied(self, facts: Facts, unknown: bool = True) -> Iterator[str]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Test:
    """One fact against the answers that satisfy it."""

    __test__ = False  # not a test case of pytest's

    fact: str
    answers: frozenset[Answer]

    def holds(self, facts: Facts, unknown: bool = True) -> bool:
        answer = facts.get(self.fact, UNKNOWN)
        if answer == UNKNOWN:
            # A rule may test for the answer "unknown" itself (H-OPEN): then it holds whatever an open answer counts as.
            return UNKNOWN in self.answers or unknown
        if isinstance(answer, tuple):
            return (unknown and UNKNOWN in answer) or not self.answers.isdisjoint(answer)
        return answer in self.answers or (answer == ONLY_UNKNOWN and UNKNOWN in self.answers)

    def tests(self) -> Iterator[Test]:
        yield self

    def satisfied(self, facts: Facts, unknown: bool = True) -> Iterator[str]:
        if self.holds(facts, unknown):
            yield self.fact


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]

    def holds(self, facts: Facts, unknown: bool = True) -> bool:
        for part in self.parts:  # noqa: SIM110  (a loop, not all(): this is the hottest line of tiering)
            if not part.holds(facts, unknown):
                return False
        return True

    def tests(self) -> Iterator[Test]:
        for part in self.parts:
            yield from part.tests()

    def satisfied(self, facts: Facts, unknown: bool = True) -> Iterator[str]:
        for part in self.parts:
            yield from part.satisfied(facts, unknown)


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]

    def holds(self, facts: Facts, unknown: bool = True) -> bool:
        for part in self.parts:  # noqa: SIM110
            if part.holds(facts, unknown):
                return True
        return False

    def tests(self) -> Iterator[Test]:
        for part in self.parts:
            yield from part.tests()

    def satisfied(self, facts: Facts, unknown: bool = True) -> Iterator[str]:
        for part in self.parts:
            if part.holds(facts, unknown):  # half of an `all` that does not hold is no reason
                yield from part.satisfied(facts, unknown)


ALWAYS = Always()


def parse(raw: object) -> Condition:
    """Read a condition as YAML gives it; raises ConditionError for anything that is not the language."""
    if raw is None or raw == {}:
        return ALWAYS
    if isinstance(raw, str):
        return Test(raw, frozenset({True}))
    if not isinstance(raw, dict):
        raise ConditionError(
            f"a condition must be a fact, a fact with its answer, or a list under all: or any:, not {raw!r}"
        )
    parts = tuple(_part(str(key), value) for key, value in raw.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _part(key: str, value: object) -> Condition:
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise ConditionError(f"{key}: write a list of conditions here")
        parts = tuple(parse(part) for part in value)
        if len(parts) == 1:
            return parts[0]
        return All(parts) if key == "all" else AnyOf(parts)
    answers: list[Any] = value if isinstance(value, list) else [value]
    if not answers or not all(isinstance(answer, bool | str) for answer in answers):
        raise ConditionError(f"{key}: write an answer or a list of answers here")
    return Test(key, frozenset(answers))


def both(*conditions: Condition) -> Condition:
    """Join conditions by `all`, leaving out those that always hold."""
    parts = tuple(condition for condition in conditions if condition != ALWAYS)
    if not parts:
        return ALWAYS
    return parts[0] if len(parts) == 1 else All(parts)
