"""How many questions are put to somebody at most, and by which facts each of them opens and closes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from assessments.guideline.conditions import ALWAYS, All, Answer, AnyOf, Condition, Test
from assessments.guideline.edition import Edition, Fact, Question, Requirement
from assessments.guideline.terms import TIERS, UNKNOWN, Stakeholder, Tier

MOST_ROWS = 2**16
TIER, PART = "tier", "stakeholder"


@dataclass(frozen=True, slots=True)
class Hinge:
    """What one part's reach of a question hangs on: facts, each with the answers that its conditions test for."""

    part: Stakeholder
    always: bool  # one of its duties applies whatever the facts
    opens: Mapping[str, frozenset[Answer]]  # by the scopes of its duties, its extensions and its lines
    closes: Mapping[str, frozenset[Answer]]  # by its narrowings: none of these answers, and a duty is left out


def hinges(edition: Edition, question: Question) -> Iterator[Hinge]:
    """Yield for each part to which a question is put the facts that open it, and those that close it."""
    for part in question.stakeholders:
        always = False
        opens: list[Condition] = [question.when]
        closes: list[Condition] = []
        for item, duty in _duties(edition, question, part):
            narrower = duty.narrowed.get(part, ALWAYS)
            conditions = [_for_part(question.when, part), item, duty.scope]
            opens += conditions
            closes.append(narrower)
            always = always or all(condition == ALWAYS for condition in (*conditions, narrower))
        yield Hinge(part, always, _answers(opens), _answers(closes))


def _duties(edition: Edition, question: Question, part: Stakeholder) -> Iterator[tuple[Condition, Requirement]]:
    """Yield the duties of a part that a question asks for, each with the condition of its line."""
    for source in question.items or (None,):
        for id in source.requirements if source else question.requirements:
            duty = edition.requirements.get(id)
            if duty is not None and part in duty.roles:
                yield source.when if source else ALWAYS, duty


def _answers(conditions: Iterable[Condition]) -> dict[str, frozenset[Answer]]:
    found: dict[str, frozenset[Answer]] = {}
    for test in chain.from_iterable(condition.tests() for condition in conditions):
        if test.fact != PART:
            found[test.fact] = found.get(test.fact, frozenset()) | test.answers
    return found


def module_sizes(edition: Edition, parts: Iterable[Stakeholder]) -> dict[str, int]:
    """Count, for each sector that has a module, its questions that may be put to one of these parts."""
    parts = frozenset(parts)
    sizes: dict[str, int] = {}
    for question in edition.questions.values():
        if question.module and not parts.isdisjoint(question.stakeholders):
            sizes[question.module] = sizes.get(question.module, 0) + 1
    return sizes


def shown_at_most(edition: Edition, parts: Iterable[Stakeholder]) -> tuple[int, Tier]:
    """Count the questions put at most to these parts, whatever the facts, and name the tier that asks most.

    The modules of the sectors, and what is answered once for the whole organisation, are left out (ADVICE section 8,
    ruling 2). Tier and facts vary independently, so that a use may come to fewer questions, never to more.
    """
    parts = tuple(parts)
    counted = (q for q in edition.questions.values() if not q.module and not q.organisation_wide)
    return _Rows(edition, [tuple(_ways(question, parts)) for question in counted]).most()


type _Way = tuple[tuple[Condition, bool], ...]
"""Conditions that together put a question to a part, each with what an unknown fact counts as."""


def _ways(question: Question, parts: Iterable[Stakeholder]) -> Iterator[_Way]:
    for part in parts:
        if part not in question.stakeholders:
            continue
        when = (_for_part(question.when, part), True)
        if not question.openings:
            yield (when,)
        for opening in question.openings:
            if opening.part == part:
                yield (when, (opening.when, opening.lenient))


def _for_part(condition: Condition, part: Stakeholder) -> Condition:
    """Put a part in the place of the tests for it."""
    match condition:
        case Test(fact="stakeholder"):
            return ALWAYS if part in condition.answers else AnyOf(())
        case All():
            return All(tuple(_for_part(inner, part) for inner in condition.parts))
        case AnyOf():
            return AnyOf(tuple(_for_part(inner, part) for inner in condition.parts))
    return condition


class _Rows:
    """Tier and answers in every combination that could matter to a number of questions, one bit for each.

    A condition knows no "not", so an answer that satisfies all the tests that another satisfies opens at least as much.
    Of each fact only the answers are tried that no other outdoes; mostly that is one. Answers to earlier questions, and
    facts for which there is no room, satisfy every test, which can only raise the number.
    """

    def __init__(self, edition: Edition, questions: Sequence[Sequence[_Way]]) -> None:
        self.questions = questions
        tests: dict[str, dict[tuple[Test, bool], None]] = {}
        for condition, lenient in chain.from_iterable(chain.from_iterable(questions)):
            for test in condition.tests():
                tests.setdefault(test.fact, {})[test, lenient] = None
        tried = {fact: _unsurpassed(edition.facts[fact], tests[fact]) for fact in tests if fact in edition.facts}
        columns: dict[str, Sequence[Answer]] = {TIER: [str(tier) for tier in TIERS]}
        columns |= sorted(tried.items(), key=lambda pair: len(pair[1]))
        self.size = 1
        strides: dict[str, int] = {}
        for fact, answers in columns.items():
            if self.size * len(answers) <= MOST_ROWS:
                strides[fact] = self.size
                self.size *= len(answers)
        self.full = (1 << self.size) - 1
        self.held: dict[tuple[Test, bool], int] = {}  # a test that is not among them always holds
        for fact, stride in strides.items():
            for test, lenient in tests.get(fact, ()):
                wanted = [test.holds({fact: answer}, lenient) for answer in columns[fact]]
                self.held[test, lenient] = self.rows(stride, wanted)
        self.of_tier = {tier: self.rows(1, [other == tier for other in TIERS]) for tier in TIERS}

    def rows(self, stride: int, wanted: Sequence[bool]) -> int:
        """Return the rows of the wanted answers to a fact; `stride` rows lie between one answer and the next."""
        run = (1 << stride) - 1
        block = sum(run << (number * stride) for number, yes in enumerate(wanted) if yes)
        return block * (self.full // ((1 << (stride * len(wanted))) - 1))

    def where(self, condition: Condition, lenient: bool) -> int:
        match condition:
            case Test():
                return self.held.get((condition, lenient), self.full)
            case All():
                mask = self.full
                for part in condition.parts:
                    mask &= self.where(part, lenient)
                return mask
            case AnyOf():
                mask = 0
                for part in condition.parts:
                    mask |= self.where(part, lenient)
                return mask
        return self.full

    def most(self) -> tuple[int, Tier]:
        """Return the largest number of questions in any row, and the first tier that has it."""
        digits: list[int] = []  # of each row's number, in binary
        for ways in self.questions:
            overflow = 0
            for way in ways:
                together = self.full
                for condition, lenient in way:
                    together &= self.where(condition, lenient)
                overflow |= together
            for place, digit in enumerate(digits):
                digits[place], overflow = digit ^ overflow, digit & overflow
            if overflow:
                digits.append(overflow)
        number, left = 0, self.full
        for place, digit in reversed(list(enumerate(digits))):
            if left & digit:
                number, left = number + (1 << place), left & digit
        return number, next(tier for tier in TIERS if left & self.of_tier[tier])


def _unsurpassed(fact: Fact, tests: Iterable[tuple[Test, bool]]) -> list[Answer]:
    """Return the answers of a fact, several at once where it may have them, that no other answer outdoes."""
    values: list[Answer] = [tuple(map(str, fact.values))] if fact.many else list(fact.values)
    satisfied: dict[frozenset[tuple[Test, bool]], Answer] = {}
    for answer in (*values, UNKNOWN):
        mine = frozenset((test, lenient) for test, lenient in tests if test.holds({fact.key: answer}, lenient))
        satisfied.setdefault(mine, answer)
    return [answer for mine, answer in satisfied.items() if not any(mine < other for other in satisfied)]
