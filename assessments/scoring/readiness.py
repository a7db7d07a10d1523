"""Readiness: how much of what the Guideline asks is in place, per dimension, principle, lifecycle stage and clause.

A duty earns half credits by the answers that speak of it, counts with the full weight of its strength wherever it
belongs, and leaves the fraction when it is out of scope. There is no overall number. Our judgement throughout: credits
and weights are data of the edition or of ``Credit``; the Guideline gives no numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import count, groupby

from assessments.guideline.conditions import ALWAYS, Condition, both
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.policy import Policy
from assessments.guideline.readiness_rules import ReadinessRules
from assessments.guideline.terms import Choice, Credit, Dimension, Kind, LifecycleStage, Principle, Stakeholder
from assessments.scoring.inputs import Answers, AnswerValue, Declared


@dataclass(frozen=True, slots=True)
class DutyCredit:
    """What one duty earned: 0, 1 or 2 half credits.

    `half_credits` is None where the duty leaves the fraction: out of scope, or, with `answered` false, still empty in
    a draft. In a submission an empty answer is 0 half credits and not answered.
    """

    requirement: str
    weight: int
    dimensions: tuple[Dimension, ...]
    principles: tuple[Principle, ...]
    lifecycle: tuple[LifecycleStage, ...]
    clause: str
    half_credits: int | None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in per cent with one decimal, None: not assessed. `answered` and `full` are of the `duties` in scope."""

    value: Decimal | None
    duties: int
    answered: int
    full: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Every dimension, principle and stage in the Guideline's order; the clauses that have a duty in scope."""

    dimensions: Mapping[Dimension, Score]
    principles: Mapping[Principle, Score]
    lifecycle: Mapping[LifecycleStage, Score]
    clauses: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class Count:
    """Questions of a section, or of all. `answered` is every answer that is not empty, do-not-know among them."""

    applicable: int
    answered: int
    unknown: int
    not_applicable: int
    planned: int

    @property
    def empty(self) -> int:
        return self.applicable - self.answered


@dataclass(frozen=True, slots=True)
class Progress:
    total: Count
    sections: Mapping[str, Count]  # the sections that put at least one question


@dataclass(frozen=True, slots=True)
class Source:
    """A practice, or one item of a checklist, that is put to a use, with those of its duties that are in scope."""

    question: Question
    item: Item | None
    duties: tuple[Requirement, ...]

    def half_credits(self, answer: AnswerValue | None) -> int | None:
        """Return what the answer earns for each duty here; None: not applicable. An empty answer earns nothing."""
        if answer is None:
            return Credit.NONE
        return _half_credits(self.question, (self.item.key if self.item else None,), answer)[0]


def _half_credits(question: Question, items: Sequence[str | None], answer: AnswerValue) -> Sequence[int | None]:
    """Return what an answer earns for each of these items, a practice being its own (None); None: not applicable.

    All items of a checklist at once: a checklist of twelve is looked at in each save.
    """
    if answer.choice == Choice.NOT_APPLICABLE:
        return (None,) * len(items)
    most = HALF if answer.misses_target(question) else FULL
    if items[0] is None:
        return (min(_CREDIT_OF[answer.choice], most),)
    ticks = answer.ticks if answer.choice == Choice.TICKED else ()
    left_out = () if answer.choice == Choice.UNKNOWN else answer.not_applicable_items
    if not ticks and not left_out:
        return (NONE,) * len(items)
    return [most if key in ticks else None if key in left_out else NONE for key in items]


NONE, HALF, FULL = int(Credit.NONE), int(Credit.HALF), int(Credit.FULL)  # plain numbers are added up faster
_CREDIT_OF: Mapping[Choice, int] = {
    choice: {Choice.IN_PLACE: FULL, Choice.PARTLY: HALF}.get(choice, NONE) for choice in Choice
}


@lru_cache(maxsize=256)
def sources(edition: Edition, declared: Declared) -> tuple[Source, ...]:
    """Return every practice and item put to the use with its duties in scope, in the order of the questionnaire."""
    plan = _plan(edition)
    facts = declared.context
    parts = declared.parts
    in_scope = [condition.holds(facts, lenient) for condition, lenient in plan.scopes]
    contexts = [(part, {**facts, "stakeholder": str(part)}) for part in parts]
    found = []
    for planned in plan.questions:
        question = planned.question
        # Edition.shown_questions and shown_items say the same; here each distinct condition is read only once.
        if not any(part in question.stakeholders and question.when.holds(context) for part, context in contexts):
            continue
        for item, duties in planned.asks:
            owed = tuple(
                duty for duty, scope in duties if any(part in scope and in_scope[scope[part]] for part in parts)
            )
            if owed:
                found.append(Source(question, item, owed))
    return tuple(found)


type Credits = Sequence[int | None]
"""What each of `sources` earns: half credits, None: not applicable, UNSAID: no answer."""
UNSAID = 9  # more than any credit


def credits_of(edition: Edition, declared: Declared, answers: Answers) -> Credits:
    credits: list[int | None] = []
    for question, items in _asked(edition, declared):
        answer = answers.get(question.key)
        credits.extend((UNSAID,) * len(items) if answer is None else _half_credits(question, items, answer))
    return credits


@lru_cache(maxsize=256)
def _asked(edition: Edition, declared: Declared) -> tuple[tuple[Question, tuple[str | None, ...]], ...]:
    """Return the questions behind `sources`, in their order, each with the keys of its items there; of a practice None."""
    found = groupby(sources(edition, declared), key=lambda source: source.question)
    return tuple((question, tuple(one.item.key if one.item else None for one in group)) for question, group in found)


@lru_cache(maxsize=256)
def counted_as(edition: Edition, declared: Declared) -> Mapping[str, str]:
    """Name for each duty that a use is asked for the duty under which it counts: itself, but for some extensions.

    An extension of a line that the use owes by the register anyway is no second duty: both count as that line, once, by
    the lowest credit. An extension of a line that is not asked counts by itself.
    """
    asked = {duty.id for source in sources(edition, declared) for duty in source.duties}
    return {id: edition.line(id) if edition.line(id) in asked else id for id in asked}


def duty_credits(
    edition: Edition, declared: Declared, answers: Answers, *, final: bool, met: frozenset[str] = frozenset()
) -> tuple[DutyCredit, ...]:
    """Say what every duty in scope earned that a question or item put to the use asks for.

    Where several ask for one duty, an extension of it among them (`counted_as`), the lowest of those that apply counts
    (our judgement). Those that are not applicable
    leave; a duty that loses them all is out of scope. A draft (`final` false) leaves out empty answers, a submission
    counts them as nothing. `met` are duties met otherwise, such as by the signed statement.
    """
    weights = edition.policy.weights
    credits = _earned(edition, declared, answers, final=final, met=met)
    return tuple(
        DutyCredit(
            requirement=duty.id,
            weight=weights[duty.strength],
            dimensions=duty.dimensions,
            principles=duty.principles,
            lifecycle=duty.lifecycle,
            clause=duty.clause,
            half_credits=half_credits,
            answered=answered,
        )
        for duty, half_credits, answered in credits
    )


def _earned(
    edition: Edition, declared: Declared, answers: Answers, *, final: bool, met: frozenset[str]
) -> list[tuple[Requirement, int | None, bool]]:
    """Return the duties asked for, each once, with its half credits and whether an answer speaks of it."""
    duties: dict[str, Requirement] = {}
    lowest: dict[str, int] = {}
    empty: set[str] = set()
    counted = counted_as(edition, declared)
    for source, credit in zip(sources(edition, declared), credits_of(edition, declared, answers), strict=True):
        said = credit != UNSAID
        half_credits = credit if said else NONE
        for duty in source.duties:
            key = counted[duty.id]
            duties[key] = edition.requirements[key]
            if not said:
                empty.add(key)
            if half_credits is not None and (said or final):
                lowest[key] = min(half_credits, lowest.get(key, half_credits))
    return [
        (duty, Credit.FULL, True)
        if key in met
        # With one source answered and another still empty, a draft goes by the answer that there is.
        else (duty, lowest.get(key), key not in empty or (key in lowest and not final))
        for key, duty in duties.items()
    ]


def _by_dimension(own: tuple[int, int], shared: tuple[int, int], rules: ReadinessRules | None) -> Decimal | None:
    """Score a dimension from what was earned and possible in this use, and by answers of the whole organisation.

    The latter carry at most one part in `rules.organisation_part` of the weight, so alone they give no figure (our
    judgement: staff rules say little about one use). Without rules both count alike.
    """
    earned, possible = own
    more, shared_possible = shared
    if rules is None or possible >= (rules.organisation_part - 1) * shared_possible:
        return _per_cent(earned + more, possible + shared_possible)
    scale = (rules.organisation_part - 1) * shared_possible
    return _per_cent(scale * earned + more * possible, rules.organisation_part * shared_possible * possible)


def score(duties: Iterable[DutyCredit]) -> Decimal | None:
    """Score duties: weighted share of full credit, 0.0-100.0, rounded half up.

    A duty out of scope leaves both sides of the fraction. None means that nothing was in scope: a page then says
    "not assessed", never "0". Our judgement: weights.
    """
    earned = possible = 0
    for duty in duties:
        if duty.half_credits is not None:
            earned += duty.weight * duty.half_credits
            possible += duty.weight * Credit.FULL
    return _per_cent(earned, possible)


def _per_cent(earned: int, possible: int) -> Decimal | None:
    """Round once, here, in whole numbers: half a tenth goes up."""
    if not possible:
        return None
    return Decimal((2000 * earned + possible) // (2 * possible)).scaleb(-1)


def score_assessment(
    edition: Edition, declared: Declared, answers: Answers, *, final: bool, met: frozenset[str] = frozenset()
) -> Scorecard:
    """Score the answers per dimension, principle, lifecycle stage and clause. A pure function, about a millisecond."""
    plan = _plan(edition)
    weights, rules = edition.policy.weights, edition.policy.readiness
    tallies = [_Tally() for _ in range(plan.headings)]
    shared = _organisation_wide(edition, declared) if rules else frozenset()
    for duty, half_credits, answered in _earned(edition, declared, answers, final=final, met=met):
        if half_credits is None and answered:
            continue  # out of scope
        weight = weights[duty.strength]
        for heading in plan.headings_of[duty.id]:
            tally = tallies[heading]
            tally.duties += 1
            tally.answered += answered
            if half_credits is not None:
                tally.earned += weight * half_credits
                tally.possible += weight * 2
                tally.full += half_credits == 2
                if duty.id in shared:
                    tally.shared_earned += weight * half_credits
                    tally.shared_possible += weight * 2
    return Scorecard(
        dimensions={name: tallies[heading].score(rules) for name, heading in plan.dimensions.items()},
        principles={name: tallies[heading].score() for name, heading in plan.principles.items()},
        lifecycle={name: tallies[heading].score() for name, heading in plan.lifecycle.items()},
        clauses={name: tallies[heading].score() for name, heading in plan.clauses.items() if tallies[heading].duties},
    )


def dimension_values(
    edition: Edition, declared: Declared, answers: Answers, credits: Credits | None = None
) -> dict[Dimension, Decimal | None]:
    """Return the values of a draft's dimensions as `score_assessment` gives them, without all else that it counts.

    Every save of an answer stores these. `credits`: where they are worked out already.
    """
    sheet = _sheet(edition, declared)
    earned, possible = [0] * SLOTS, [0] * SLOTS
    lowest = [UNSAID] * len(sheet.several)
    if credits is None:
        credits = credits_of(edition, declared, answers)
    for half_credits, (alone, places) in zip(credits, sheet.sources, strict=True):
        if half_credits is None or half_credits == UNSAID:
            continue
        for slot, weight in alone:
            earned[slot] += weight * half_credits
            possible[slot] += weight * FULL
        for place in places:
            if half_credits < lowest[place]:
                lowest[place] = half_credits
    for half_credits, weights in zip(lowest, sheet.several, strict=True):
        if half_credits != UNSAID:
            for slot, weight in weights:
                earned[slot] += weight * half_credits
                possible[slot] += weight * FULL
    rules = edition.policy.readiness
    return {
        dimension: _by_dimension((earned[at], possible[at]), (earned[at + 1], possible[at + 1]), rules)
        for dimension, at in _SLOT_OF.items()
    }


type _Weights = tuple[tuple[int, int], ...]
"""Where something counts, with its weight there: the number of a slot, and what it adds to it."""
_SLOT_OF = {dimension: 2 * number for number, dimension in enumerate(Dimension)}
"""Each dimension has two slots: what is earned in this use, and after it what by answers of the whole organisation."""
SLOTS = 2 * len(Dimension)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is asked of one use. Most duties have one question or item alone that speaks of them: these are summed up."""

    sources: tuple[tuple[_Weights, tuple[int, ...]], ...]  # duties of its own, and the numbers of those of several
    several: tuple[_Weights, ...]  # the duties of which several speak


@lru_cache(maxsize=256)
def _sheet(edition: Edition, declared: Declared) -> _Sheet:
    counted, wide = counted_as(edition, declared), _organisation_wide(edition, declared)
    asked = [{counted[duty.id] for duty in source.duties} for source in sources(edition, declared)]
    speak = Counter(key for keys in asked for key in keys)
    several = {key: place for place, key in enumerate(key for key, n in speak.items() if n > 1)}

    def weights(keys: Iterable[str]) -> _Weights:
        sums: Counter[int] = Counter()
        for key in keys:
            duty = edition.requirements[key]
            for dimension in duty.dimensions:
                sums[_SLOT_OF[dimension] + (key in wide)] += edition.policy.weights[duty.strength]
        return tuple(sums.items())

    return _Sheet(
        sources=tuple(
            (weights(keys - several.keys()), tuple(several[key] for key in keys & several.keys())) for keys in asked
        ),
        several=tuple(weights([key]) for key in several),
    )


class _Tally:
    __slots__ = ("answered", "duties", "earned", "full", "possible", "shared_earned", "shared_possible")

    def __init__(self) -> None:
        self.duties = self.answered = self.full = self.earned = self.possible = 0
        self.shared_earned = self.shared_possible = 0  # by answers that are true of the whole organisation

    def score(self, rules: ReadinessRules | None = None) -> Score:
        own = (self.earned - self.shared_earned, self.possible - self.shared_possible)
        value = _by_dimension(own, (self.shared_earned, self.shared_possible), rules)
        return Score(value, self.duties, self.answered, self.full)


@lru_cache(maxsize=256)
def _organisation_wide(edition: Edition, declared: Declared) -> frozenset[str]:
    """Return the duties of which only answers that are true of the whole organisation speak."""
    shared: set[str] = set()
    own: set[str] = set()
    counted = counted_as(edition, declared)
    for source in sources(edition, declared):
        (shared if source.question.organisation_wide else own).update(counted[duty.id] for duty in source.duties)
    return frozenset(shared - own)


def progress(edition: Edition, declared: Declared, answers: Answers) -> Progress:
    """Count the answers to the questions that are put to the use, per section and in total."""
    sections = {key: _count(keys, answers) for key, keys in _by_section(edition, declared).items()}
    counts = sections.values()
    total = Count(
        applicable=sum(count.applicable for count in counts),
        answered=sum(count.answered for count in counts),
        unknown=sum(count.unknown for count in counts),
        not_applicable=sum(count.not_applicable for count in counts),
        planned=sum(count.planned for count in counts),
    )
    return Progress(total, sections)


@lru_cache(maxsize=256)
def _by_section(edition: Edition, declared: Declared) -> Mapping[str, tuple[str, ...]]:
    """Return the keys of the questions that are put to the use, by section."""
    found: dict[str, list[str]] = {}
    for question in declared.questions(edition):
        found.setdefault(question.section, []).append(question.key)
    return {section: tuple(keys) for section, keys in found.items()}


def _count(keys: Collection[str], answers: Answers) -> Count:
    choices = [answers[key].choice for key in keys if key in answers]
    return Count(
        applicable=len(keys),
        answered=len(choices),
        unknown=choices.count(Choice.UNKNOWN),
        not_applicable=choices.count(Choice.NOT_APPLICABLE),
        planned=choices.count(Choice.PLANNED),
    )


def band(policy: Policy, value: Decimal | None) -> str | None:
    """Name the band that a score falls into; None for what was not assessed. Our judgement: the thresholds."""
    if value is None:
        return None
    return next(key for least, key in policy.bands if value >= least)


type _Owed = tuple[Requirement, Mapping[Stakeholder, int]]
"""A duty, and for each part of whom it is asked the place of its scope, and its item's condition, among the plan's."""


@dataclass(frozen=True, slots=True)
class _PlannedQuestion:
    question: Question
    asks: tuple[tuple[Item | None, tuple[_Owed, ...]], ...]  # each item with its duties


@dataclass(frozen=True, slots=True)
class _Plan:
    """What scoring needs of an edition, arranged once: a few dozen distinct conditions serve hundreds of duties."""

    scopes: tuple[tuple[Condition, bool], ...]  # each with what an unknown fact counts as
    questions: tuple[_PlannedQuestion, ...]
    dimensions: Mapping[Dimension, int]  # its place among the headings; so below
    principles: Mapping[Principle, int]
    lifecycle: Mapping[LifecycleStage, int]
    clauses: Mapping[str, int]
    headings: int
    headings_of: Mapping[str, tuple[int, ...]]  # of a duty


@lru_cache(maxsize=32)
def _plan(edition: Edition) -> _Plan:
    scopes: dict[tuple[Condition, bool], int] = {}

    def place(condition: Condition, lenient: bool) -> int:
        return scopes.setdefault((condition, lenient), len(scopes))

    def owed(question: Question, item: Item | None) -> tuple[_Owed, ...]:
        when = item.when if item else ALWAYS
        duties = (edition.requirements[id] for id in (item or question).requirements)
        return tuple(
            (
                duty,
                {
                    part: place(both(when, duty.scope_for(part)), not duty.strict)
                    for part in question.asks_of(duty.roles)
                },
            )
            for duty in duties
            if duty.kind == Kind.DUTY
        )

    questions = tuple(
        _PlannedQuestion(question, tuple((item, owed(question, item)) for item in question.items or (None,)))
        for section in edition.sections
        for question in section.questions
    )
    counter = count()
    dimensions = {name: next(counter) for name in Dimension}
    principles = {name: next(counter) for name in Principle}
    lifecycle = {name: next(counter) for name in LifecycleStage}
    clauses = {clause: next(counter) for clause in edition.clauses}
    headings_of = {
        duty.id: (
            *(dimensions[name] for name in duty.dimensions),
            *(principles[name] for name in duty.principles),
            *(lifecycle[name] for name in duty.lifecycle),
            clauses[duty.clause],
        )
        for duty in edition.requirements.values()
    }
    return _Plan(tuple(scopes), questions, dimensions, principles, lifecycle, clauses, next(counter), headings_of)
