"""What a frozen submission says, taken apart once for all pages that show it.

Reading a snapshot and working out what is decisive in it takes longer than the rest of a page, and nothing of it ever
changes. The last few are kept by the snapshot's own text, so that what is shown is what the row holds now.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from assessments.domain.review import former, targets
from assessments.domain.review.standard_dates import standard_days
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import UNKNOWN, Choice, Strength
from assessments.models.snapshots import changed_targets, declared_in
from assessments.scoring.inputs import Declared

KEPT = 8  # submissions a process; each takes about 1 MB


class SubmittedContent:
    """The content of one snapshot, for reading only: pages share it, so nobody may change what it holds."""

    def __init__(self, snapshot: str, edition: Edition) -> None:
        self.content: dict[str, Any] = json.loads(snapshot)
        self.edition = edition
        self.facts: dict[str, Mapping[str, Any]] = {f"f:{fact['key']}": fact for fact in self.content["facts"]}
        self.questions: dict[str, Mapping[str, Any]] = {
            f"q:{shown['question']}": shown for shown in self.content["questions"]
        }
        self.targets: tuple[str, ...] = targets.review_targets(self.content)
        self.replies = targets.replies_in(self.content)
        self.sections: dict[str, list[str]] = {}
        for target, shown in self.questions.items():
            self.sections.setdefault(self.edition.questions[shown["question"]].section, []).append(target)

    @cached_property
    def decisive(self) -> frozenset[str]:
        return targets.decisive_targets(self.edition, self.content)

    @cached_property
    def flags(self) -> dict[str, list[str]]:
        """What the checks before signing say of a fact or answer, by its target."""
        return targets.flags_of(self.edition, self.content)

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """What may be accepted in one action as long as it has no mark and did not change."""
        return targets.left_to_accept(self.edition, self.content, (), ())

    @cached_property
    def not_applicable(self) -> frozenset[str]:
        """The answers by which a must, whole or as a line of a checklist, is not applicable."""
        return frozenset(
            f"q:{finding['question']}"
            for finding in self.content["findings"]
            if finding["kind"] == "not_applicable" and finding["strength"] == Strength.MUST
        )

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The facts and answers that are not known."""
        answers = self.content["answers"]
        facts = (target for target, fact in self.facts.items() if fact["value"] == UNKNOWN)
        return (*facts, *(t for t in self.questions if answers.get(t[2:], NO_ANSWER)["choice"] == Choice.UNKNOWN))

    @cached_property
    def planned(self) -> tuple[str, ...]:
        answers = self.content["answers"]
        return tuple(t for t in self.questions if answers.get(t[2:], NO_ANSWER)["choice"] == Choice.PLANNED)

    @cached_property
    def _declared(self) -> Declared:
        return declared_in(self.content)

    @cached_property
    def _context(self) -> Mapping[str, Any]:
        return self._declared.context

    @cached_property
    def _blocking(self) -> frozenset[str]:
        return frozenset(self.edition.blocking_requirements(self._context, self._declared.tier))

    def blocks(self, question: Question) -> bool:
        return not self._blocking.isdisjoint(question.requirements)

    def standard_days(self, question: Question) -> int:
        """Return how many days after the approval an action is due that has no date."""
        return standard_days(self.edition, self._declared, question)

    def cited(self, question: Question) -> list[tuple[str, str, str]]:
        """Return the clauses in scope that ask for it: id, as cited, the strongest word."""
        clauses: dict[str, Strength] = {}
        for id in question.requirements:
            requirement = self.edition.requirements[id]
            if requirement.in_scope(self._context, self._declared.parts):
                stands = clauses.get(requirement.clause, Strength.CONSIDER)
                clauses[requirement.clause] = min(stands, requirement.strength, key=list(Strength).index)
        return [(id, self.edition.cited(id), str(strength)) for id, strength in clauses.items()]

    def duties(self, question: Question) -> list[tuple[str, str, str]]:
        """Return the duties in scope that it asks for: the clause as cited, our paraphrase, how strong it is."""
        asked = (self.edition.requirements[id] for id in question.requirements)
        return [
            (self.edition.cited(one.clause), one.statement, str(one.strength))
            for one in asked
            if one.in_scope(self._context, self._declared.parts)
        ]


NO_ANSWER: Mapping[str, Any] = {"choice": ""}


@lru_cache(maxsize=KEPT)
def taken_apart(snapshot: str, edition: Edition) -> SubmittedContent:
    """Return the content of a snapshot under its edition in one language, read once a process."""
    return SubmittedContent(snapshot, edition)


@lru_cache(maxsize=KEPT)
def changed_between(before: SubmittedContent, after: SubmittedContent) -> frozenset[str]:
    """Return the targets whose content differs between two rounds."""
    return frozenset(changed_targets(before.content, after.content))


@lru_cache(maxsize=KEPT)
def changed_since_decision(before: SubmittedContent, after: SubmittedContent) -> frozenset[str]:
    """Return the targets that differ from what was decided last on the use, perhaps under an older release."""
    return former.differing(before.content, before.edition, after.content, after.edition)
