"""Extensions and narrowings of the register: their ids, their reasons, and the ways in which a question opens.

What follows from them and from the facts is in `reach.py` (ADVICE section 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.guideline.conditions import Condition, parse
from assessments.guideline.terms import Stakeholder

JOIN = "+"
"""Between the line of the register and the question that extends it."""

type Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One extension or narrowing: which line of the register, for which parts, when, and why."""

    question: str
    requirement: str
    to: tuple[Stakeholder, ...]
    when: Condition
    because: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One way in which a question reaches a part: `lenient` conditions count an unknown fact as applying."""

    part: Stakeholder
    when: Condition
    lenient: bool


def extended_id(requirement: str, question: str) -> str:
    return f"{requirement}{JOIN}{question}"


def register_id(requirement: str) -> str:
    """Return the line of the register that a requirement is, or is an extension of."""
    return requirement.split(JOIN, 1)[0]


def read_reasons(question: Raw, words: Raw, kind: str) -> tuple[Reason, ...]:
    """Read `extends` or `narrows` of a question; the reasons stand in its texts under the line's id."""
    said = words.get(kind)
    said = said if isinstance(said, Mapping) else {}
    return tuple(
        Reason(
            question=question["key"],
            requirement=raw["requirement"],
            to=tuple(Stakeholder(part) for part in raw["to"]),
            when=parse(raw.get("when")),
            because=str(said.get(raw["requirement"], "")),
        )
        for raw in question.get(kind, ())
    )
