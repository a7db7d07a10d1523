"""All that scoring ever sees: frozen values, no rows, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

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

    def __hash__(self) -> int:
        """By value, so that what follows from the facts alone is worked out once for all saves and pages of a use."""
        return hash((frozenset(self.facts.items()), self.parts, self.tier))

    @property
    def context(self) -> dict[str, Answer]:
        """The facts with the tier among them, as conditions read them."""
        return {**self.facts, "tier": str(self.tier)}

    def questions(self, edition: Edition) -> tuple[Question, ...]:
        return _questions(edition, self)

    def items(self, edition: Edition, question: Question) -> tuple[Item, ...]:
        return _items(edition, self).get(question.key, ())

    def in_scope(self, requirement: Requirement) -> bool:
        return requirement.in_scope(self.context, self.parts)


@lru_cache(maxsize=256)
def _questions(edition: Edition, declared: Declared) -> tuple[Question, ...]:
    return edition.shown_questions(declared.context, declared.parts)


@lru_cache(maxsize=256)
def _items(edition: Edition, declared: Declared) -> Mapping[str, tuple[Item, ...]]:
    """The items of every checklist, asked or not, by the question's key."""
    facts = declared.context
    return {
        key: edition.shown_items(question, facts, declared.parts)
        for key, question in edition.questions.items()
        if question.is_checklist
    }
