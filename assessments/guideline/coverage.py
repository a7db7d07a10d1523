"""How much of the Guideline an edition asks, of whom, and how much at once: the figures of ``check_guideline``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product

from assessments.guideline.asking import Hinge, hinges, module_sizes, shown_at_most
from assessments.guideline.conditions import Answer, Facts
from assessments.guideline.edition import Edition, Fact, Requirement
from assessments.guideline.reach import complete
from assessments.guideline.terms import TIERS, UNKNOWN, Kind, Stakeholder, Tier
from assessments.guideline.tiering import TierRule

ORGANISATION_PARTS = (Stakeholder.DEVELOPER, Stakeholder.PROVIDER, Stakeholder.ORGANISATION)
"""The parts that one organisation may have in a system at once; a person answers alone."""

MOST_CITING = 10


@dataclass(frozen=True, slots=True)
class PartCoverage:
    """One stakeholder part: what the register gives it, and what the bank asks of it."""

    part: Stakeholder
    duties: int
    covered: int
    later: int  # duties of sections that this release does not ask yet
    awareness: int
    notices: int
    questions: int
    shown_at_most: int  # without modules, and without what is answered once for the whole organisation
    module_at_most: int
    organisation_wide: int


@dataclass(frozen=True, slots=True)
class Coverage:
    parts: tuple[PartCoverage, ...]
    duties: int
    covered: int
    shown_together: tuple[tuple[tuple[Stakeholder, ...], int], ...]  # two and three parts, questions shown at most
    extended: int  # lines of the register that a question puts to further parts, counted for each question
    extended_to_owing: int  # of these: also to a part that owes the line anyway, for which it counts once
    cites_most: tuple[tuple[str, int], ...]  # question and how many requirements it cites
    tiers: Mapping[Tier, str]  # each tier that facts reach, and a rule that reaches it
    hinges: Mapping[str, tuple[Hinge, ...]]  # by question

    @property
    def complete(self) -> bool:
        return self.covered == self.duties


def coverage(edition: Edition) -> Coverage:
    """Count what the edition asks; a duty of several parts is covered when it is asked of each of them."""
    asked = {part: _asked_of(edition, part) for part in Stakeholder}
    owed = list(duties_to_ask(edition))
    questions = sorted(edition.questions.values(), key=lambda question: (-len(question.requirements), question.key))
    return Coverage(
        parts=tuple(_part(edition, part, asked[part]) for part in Stakeholder),
        duties=len(owed),
        covered=sum(all(duty.id in asked[role] for role in duty.roles) for duty in owed),
        shown_together=tuple((parts, shown_at_most(edition, parts)[0]) for parts in part_sets() if len(parts) > 1),
        extended=len(edition.extensions),
        extended_to_owing=sum(
            not edition.requirements[id].roles.isdisjoint(edition.requirements[line].roles)
            for id, line in edition.extensions.items()
        ),
        cites_most=tuple((question.key, len(question.requirements)) for question in questions[:MOST_CITING]),
        tiers=tiers_reached(edition),
        hinges={question.key: tuple(hinges(edition, question)) for question in edition.questions.values()},
    )


def duties_to_ask(edition: Edition) -> Iterator[Requirement]:
    """Yield the duties that this release must ask: those outside the sections that it leaves for later."""
    for requirement in edition.requirements.values():
        if (
            requirement.kind == Kind.DUTY
            and not requirement.extends
            and requirement.section not in edition.not_yet_asked
        ):
            yield requirement


def _asked_of(edition: Edition, part: Stakeholder) -> frozenset[str]:
    mine = (question for question in edition.questions.values() if part in question.stakeholders)
    return frozenset(id for question in mine for id in question.requirements)


def _part(edition: Edition, part: Stakeholder, asked: frozenset[str]) -> PartCoverage:
    register = (requirement for requirement in edition.requirements.values() if not requirement.extends)
    mine = [requirement for requirement in register if part in requirement.roles]
    duties = [duty for duty in duties_to_ask(edition) if part in duty.roles]
    return PartCoverage(
        part=part,
        duties=len(duties),
        covered=sum(duty.id in asked for duty in duties),
        later=sum(requirement.kind == Kind.DUTY for requirement in mine) - len(duties),
        awareness=sum(requirement.kind == Kind.AWARENESS for requirement in mine),
        notices=sum(requirement.kind == Kind.NOTICE for requirement in mine),
        questions=sum(part in question.stakeholders for question in edition.questions.values()),
        shown_at_most=shown_at_most(edition, (part,))[0],
        module_at_most=max(module_sizes(edition, (part,)).values(), default=0),
        organisation_wide=sum(
            question.organisation_wide for question in edition.questions.values() if part in question.stakeholders
        ),
    )


def part_sets() -> Iterator[tuple[Stakeholder, ...]]:
    """Yield every set of parts that answers together: each part, two parts of an organisation, all three."""
    for part in Stakeholder:
        yield (part,)
    developer, provider, organisation = ORGANISATION_PARTS
    yield developer, provider
    yield developer, organisation
    yield provider, organisation
    yield ORGANISATION_PARTS


@lru_cache(maxsize=32)
def questions_put(edition: Edition, part: Stakeholder) -> tuple[int, int]:
    """Count the questions that are put to one part, with the mildest facts at Low and with the gravest at High.

    Without a sector, whose module comes on top.
    """
    counts = []
    for tier, gravest in ((Tier.LOW, False), (Tier.HIGH, True)):
        facts = complete(edition.facts, {key: _extreme(fact, gravest) for key, fact in edition.facts.items()})
        counts.append(len(edition.shown_questions({**facts, "tier": str(tier)}, (part,))))
    return counts[0], counts[1]


def _extreme(fact: Fact, gravest: bool) -> Answer:
    if fact.key == "sector":
        return "none"
    named = fact.worst if gravest else fact.mildest
    if named is not None:
        return named
    if fact.yes_no:
        return gravest
    values = tuple(value for value in map(str, fact.values) if value not in fact.alone)
    if fact.many:
        return values if gravest else tuple(map(str, fact.values[:1]))
    return values[-1] if gravest else str(fact.values[0])


def tiers_reached(edition: Edition) -> dict[Tier, str]:
    """Find for each tier a rule that gives it on its own; a tier that no facts reach has none.

    Every combination of the facts that one rule reads is tried, with all other facts at the answer on which the fewest
    rules turn. That is no proof that a tier is out of reach, but a tier that needs more than this has no plain rule.
    """
    base = {fact.key: _quiet_answer(fact, edition.rules) for fact in edition.facts.values()}
    reached: dict[Tier, str] = {}
    for tier in TIERS:
        for rule in edition.rules:
            if rule.tier == tier and any(_gives(edition, rule, facts) for facts in _tries(edition, rule, base)):
                reached[tier] = rule.id
                break
    return reached


def _quiet_answer(fact: Fact, rules: Iterable[TierRule]) -> Answer:
    if fact.mildest is not None:
        return fact.mildest
    tests = [test for rule in rules if rule.tier is not None for test in rule.when.tests() if test.fact == fact.key]
    return min(fact.values, key=lambda value: sum(value in test.answers for test in tests))


def _tries(edition: Edition, rule: TierRule, base: Facts) -> Iterator[Facts]:
    tests = list(chain(rule.when.tests(), rule.unless.tests() if rule.unless else ()))
    keys = list(dict.fromkeys(test.fact for test in tests if test.fact in edition.facts))
    open_ones = {test.fact for test in tests if UNKNOWN in test.answers}
    answers = [(*edition.facts[key].values, *([UNKNOWN] if key in open_ones else [])) for key in keys]
    for combination in product(*answers):
        yield {**base, **dict(zip(keys, combination, strict=True))}


def _gives(edition: Edition, rule: TierRule, facts: Facts) -> bool:
    """Tell whether the rule fires and decides the tier; an open answer satisfies only tests that name it."""
    if not _fires(rule, facts) or rule.tier is None:
        return False
    above = (other for other in edition.rules if other.tier is not None and other is not rule)
    return not any(
        _fires(other, facts)
        for other in above
        if other.tier is not None and (other.tier.rank > rule.tier.rank or (rule.last and not other.last))
    )


def _fires(rule: TierRule, facts: Facts) -> bool:
    return rule.when.holds(facts, unknown=False) and not (rule.unless and rule.unless.holds(facts, unknown=False))
