"""All that scoring ever sees: frozen values, no rows, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from assessments.guideline.conditions import ANSWER, Answer
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.terms import UNKNOWN, Choice, Stakeholder, Tier
from assessments.guideline.wording import UseWords

NOT_ASKED = "not asked"
"""What a condition reads of a question that is not asked: it satisfies no test."""


@dataclass(frozen=True, slots=True)
class AnswerValue:
    """One answer. `ticks` are item keys; `not_applicable_items` maps an item's key to the reason given."""

    choice: Choice
    ticks: frozenset[str] = frozenset()
    not_applicable_items: Mapping[str, str] = field(default_factory=dict)
    planned_for: date | None = None
    reason: str = ""  # why the whole question is not applicable
    measured: Decimal | None = None  # of a practice that asks for a figure, beside what it should be
    target: Decimal | None = None
    target_by: date | None = None  # the day by which the target is to be reached

    def misses_target(self, question: Question) -> bool:
        """Tell whether a figure was measured and does not reach its target. Our judgement: it is then *partly* in place."""
        if question.figure is None or self.measured is None or self.target is None:
            return False
        if question.figure.higher_is_better:
            return self.measured < self.target
        return self.measured > self.target


type Answers = Mapping[str, AnswerValue]
"""Question key to answer; a question without one is empty."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared use as scoring sees it: its facts, the parts that the organisation has in it, its assigned tier.

    `said`: the answers that conditions of later questions read, as `knowing` works them out.
    """

    facts: Mapping[str, Answer]
    parts: tuple[Stakeholder, ...]
    tier: Tier
    said: Mapping[str, str] = field(default_factory=dict)
    _hash: int | None = field(default=None, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """By value, so that what follows from the facts alone is worked out once for all saves and pages of a use."""
        if self._hash is None:  # asked for half a dozen times in each save
            value = hash((frozenset(self.facts.items()), self.parts, self.tier, frozenset(self.said.items())))
            object.__setattr__(self, "_hash", value)
        return self._hash  # type: ignore[return-value]

    @property
    def context(self) -> dict[str, Answer]:
        """The facts with the tier and what was said among them, as conditions read them."""
        return {**self.facts, **self.said, "tier": str(self.tier)}

    def knowing(self, edition: Edition, answers: Answers) -> Declared:
        """Return the same use with the answers that later questions hang on.

        An empty answer, and do-not-know, count as the worse case: what hangs on them is asked. The answer to a question
        that is not asked itself counts as none, so that whatever hangs on it is not asked either.
        """
        if not edition.answers_read and not self.said:
            return self
        known = replace(self, said={})
        for question in edition.questions.values():  # in order: a condition never looks ahead
            if question.key not in edition.answers_read:
                continue
            answer = answers.get(question.key)
            given = str(answer.choice) if answer else UNKNOWN
            if not question.applies(known.context, self.parts):
                given = NOT_ASKED
            known = replace(known, said={**known.said, ANSWER + question.key: given})
        return known

    def questions(self, edition: Edition) -> tuple[Question, ...]:
        return _questions(edition, self)

    def items(self, edition: Edition, question: Question) -> tuple[Item, ...]:
        return _items(edition, self).get(question.key, ())

    def in_scope(self, requirement: Requirement) -> bool:
        return requirement.in_scope(self.context, self.parts)


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan reads of a use beside its facts and answers.

    `holds` are the facts of the open holds, None: those that the tier rules open. `incident` is the respondent's word
    for what has gone wrong. Without `today` the respondent's own dates are left out.
    """

    words: UseWords = field(default_factory=UseWords)
    incident: str = ""
    holds: Sequence[str] | None = None
    today: date | None = None


@lru_cache(maxsize=256)
def _questions(edition: Edition, declared: Declared) -> tuple[Question, ...]:
    return edition.shown_questions(declared.context, declared.parts)


@lru_cache(maxsize=256)
def _items(edition: Edition, declared: Declared) -> Mapping[str, tuple[Item, ...]]:
    """Return the items of every checklist, asked or not, by the question's key."""
    facts = declared.context
    return {
        key: edition.shown_items(question, facts, declared.parts)
        for key, question in edition.questions.items()
        if question.is_checklist
    }
