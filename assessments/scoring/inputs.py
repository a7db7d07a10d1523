"""All that scoring ever sees: frozen values, no rows, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.terms import Choice, Stakeholder, Tier


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """One answer. `ticks` are item keys; `not_applicable_items` maps an item's key to the reason given."""

    choice: Choice
    ticks: frozenset[str] = frozenset()
    not_applicable_items: Mapping[str, str] = field(default_factory=dict)
    planned_for: date | None = None
    reason: str = ""  # why the whole question is not applicable


type Answers = Mapping[str, AnswerValue]
"""Question key to answer; a question without one is empty."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared use as scoring sees it: its facts, the parts that the organisation has in it, its assigned tier."""

    facts: Mapping[str, Answer]
    parts: tuple[Stakeholder, ...]
    tier: Tier

    @property
    def context(self) -> dict[str, Answer]:
        """The facts with the tier among them, as conditions read them."""
        return {**self.facts, "tier": str(self.tier)}

    def questions(self, edition: Edition) -> tuple[Question, ...]:
        return edition.shown_questions(self.context, self.parts)

    def items(self, edition: Edition, question: Question) -> tuple[Item, ...]:
        return edition.shown_items(question, self.context, self.parts)

    def in_scope(self, requirement: Requirement) -> bool:
        return requirement.in_scope(self.context, self.parts)
