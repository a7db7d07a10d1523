"""The tier of a declared use: facts in, one tier out, with every rule that fired and what would change it.

tiering.md sections 2 to 5 as plain functions over an edition's rules. The highest tier wins; no rule lowers one and
nothing is added up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assessments.guideline.conditions import ONLY_UNKNOWN, Answer, Facts
from assessments.guideline.edition import Edition, Fact
from assessments.guideline.terms import TIERS, UNKNOWN, Basis, HoldKind, Tier
from assessments.guideline.tiering import TierRule


@dataclass(frozen=True, slots=True)
class OpenedHold:
    kind: HoldKind
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that fired, with the facts that satisfied it; `tier` is None where it changes none."""

    id: str
    tier: Tier | None
    basis: Basis
    clauses: tuple[str, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TierResult:
    """One use's tier. `text_tier` is what the Guideline's own text says, None where it names nothing like it.

    A provisional result `waits_for` answers; a result that is not stays the same whatever the open answers are.
    """

    assigned_tier: Tier
    text_tier: Tier | None
    provisional: bool
    waits_for: tuple[str, ...]
    holds: tuple[OpenedHold, ...]
    rules: tuple[FiredRule, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact answered otherwise, the rest unchanged, and the tier that this would give."""

    fact: str
    was: Answer
    to: Answer
    tier: Tier


@dataclass(frozen=True, slots=True)
class Counterfactuals:
    """What would change the tier. `together`: the facts that carry it where no single one does."""

    lower: tuple[Change, ...]
    higher: tuple[Change, ...]
    together: tuple[str, ...]


def assign_tier(edition: Edition, facts: Facts) -> TierResult:
    """Give the one tier that the rules of the edition assign to these facts.

    A fact that is missing is unknown and counts as the worst case, except on prohibited uses: only a positive answer
    finds one, so unknown satisfies nothing there but the rule that asks for it. Facts that no rule reads are ignored.
    Raises ValueError where no rule holds, which a checked edition rules out.
    """
    plan = _plan(edition)
    worst = plan.worst_case(facts)
    open_facts = {fact for fact in plan.facts if facts.get(fact, UNKNOWN) == UNKNOWN}
    rules = plan.fire(worst)
    fired = tuple(
        FiredRule(rule.id, rule.tier, rule.basis, rule.clauses, tuple(dict.fromkeys(rule.when.satisfied(worst))))
        for rule in rules
    )
    known = plan.known(rules, facts) if open_facts else rules
    assigned = _highest(rules)
    known_tier = _highest(known)
    holds = _holds(rules, fired)
    open_question = any(hold.kind == HoldKind.OPEN_QUESTION for hold in holds)
    provisional = _RANK[known_tier] < _RANK[assigned] or (open_question and assigned != Tier.UNACCEPTABLE)
    awaited: set[str] = set()
    if provisional:
        if open_question:
            awaited.update(plan.prohibited)
        for rule, record in zip(rules, fired, strict=True):
            if rule.tier is not None and _RANK[rule.tier] > _RANK[known_tier]:
                awaited.update(record.facts)
                if rule.unless is not None:
                    awaited.update(test.fact for test in rule.unless.tests())
    text = [
        rule
        for rule in known
        if rule.basis == Basis.EXPLICIT and rule.tier is not None and (not rule.last or rule in rules)
    ]
    return TierResult(
        assigned_tier=assigned,
        text_tier=_highest(text) if text else None,
        provisional=provisional,
        waits_for=tuple(fact for fact in plan.facts if fact in awaited & open_facts),
        holds=holds,
        rules=fired,
    )


def counterfactuals(edition: Edition, facts: Facts) -> Counterfactuals:
    """Find which single answers would lower the tier, which would raise it, and what carries it together.

    Lower: each fact behind a fired rule, tried at ever milder answers until one lowers the tier. Higher: every other
    fact, at ever worse ones. So the answer that is named is the nearest that changes the tier, not the furthest. A fact
    without such answers, the plea of a lawful exception among them, has no counterfactual. `together` is a smallest
    group in the sense that without any one of its members the tier would stay; empty where a single fact suffices and
    where nothing is below the tier.
    """
    plan = _plan(edition)
    result = assign_tier(edition, facts)
    rank = _RANK[result.assigned_tier]
    behind = {fact for rule in result.rules for fact in rule.facts}
    lower: list[Change] = []
    higher: list[Change] = []
    for fact in plan.facts:
        was = facts.get(fact, UNKNOWN)
        for to in _towards(edition.facts[fact], was, milder=fact in behind):
            tier = plan.tier({**facts, fact: to})
            if fact in behind and _RANK[tier] < rank:
                lower.append(Change(fact, was, to, tier))
                break
            if fact not in behind and _RANK[tier] > rank:
                higher.append(Change(fact, was, to, tier))
                break
    together = () if lower or rank == 0 else _together(edition, facts, result)
    return Counterfactuals(tuple(lower), tuple(higher), together)


def _towards(fact: Fact, was: Answer, *, milder: bool) -> Sequence[Answer]:
    """Return the other answers from the nearest to the mildest or worst one; only that one where the answers have no order.

    Answers have an order where the mildest and the worst stand at their ends. Unknown stands at the other end: to be
    milder it starts from the worst.
    """
    goal, other = (fact.mildest, fact.worst) if milder else (fact.worst, fact.mildest)
    if goal is None or goal == was:
        return ()
    ordered: list[Answer] = list(fact.values)
    if fact.many or {ordered[0], ordered[-1]} != {goal, other}:
        return (goal,)
    if ordered[0] == goal:
        ordered.reverse()
    return ordered[ordered.index(was) + 1 :] if was in ordered else ordered


def _together(edition: Edition, facts: Facts, result: TierResult) -> tuple[str, ...]:
    plan = _plan(edition)
    behind = {fact for rule in result.rules if rule.tier == result.assigned_tier for fact in rule.facts}
    mildest = {fact: edition.facts[fact].mildest for fact in plan.facts if fact in behind}
    milder = {fact: answer for fact, answer in mildest.items() if answer is not None}

    def falls() -> bool:
        return _RANK[plan.tier({**facts, **milder})] < _RANK[result.assigned_tier]

    if not falls():
        return ()
    for fact in tuple(milder):
        without = milder.pop(fact)
        if not falls():
            milder[fact] = without
    return tuple(fact for fact in plan.facts if fact in milder)


def nearest_together(edition: Edition, facts: Facts, group: Iterable[str]) -> dict[str, Answer]:
    """Return for each fact of `Counterfactuals.together` the nearest answer with which the tier still falls.

    The mildest answer would name another kind of use ("creative") where a smaller step ("recommendation") is enough.
    """
    plan = _plan(edition)
    rank = _RANK[plan.tier(facts)]
    mildest = {fact: edition.facts[fact].mildest for fact in group}
    milder: dict[str, Answer] = {fact: answer for fact, answer in mildest.items() if answer is not None}
    for fact in tuple(milder):
        for to in _towards(edition.facts[fact], facts.get(fact, UNKNOWN), milder=True):
            if _RANK[plan.tier({**facts, **milder, fact: to})] < rank:
                milder[fact] = to
                break
    return milder


_RANK: Mapping[Tier, int] = {tier: rank for rank, tier in enumerate(TIERS)}


def _highest(rules: Iterable[TierRule]) -> Tier:
    return max((rule.tier for rule in rules if rule.tier is not None), key=_RANK.__getitem__)


def _holds(rules: Iterable[TierRule], fired: Iterable[FiredRule]) -> tuple[OpenedHold, ...]:
    """Return one hold of a kind, naming the facts of all rules that open it."""
    about: dict[HoldKind, dict[str, None]] = {}
    for rule, record in zip(rules, fired, strict=True):
        if rule.hold is not None:
            about.setdefault(rule.hold, {}).update(dict.fromkeys(rule.hold_about or record.facts))
    return tuple(OpenedHold(kind, tuple(facts)) for kind, facts in about.items())


@dataclass(frozen=True, slots=True)
class _Plan:
    """What tiering needs of an edition, arranged once."""

    rules: tuple[TierRule, ...]  # those tried always
    last: tuple[TierRule, ...]  # those tried, in order, where no other gives a tier
    place: Mapping[str, int]  # of a rule in the edition
    facts: tuple[str, ...]  # that a rule reads, in the order of the edition
    prohibited: tuple[str, ...]
    about_open_answers: Collection[str]  # rules that test for `unknown` itself: no known answer satisfies them

    def worst_case(self, facts: Facts) -> Facts:
        """Return the facts as the rules read them: unknown stands for any answer, but on a prohibited use for itself alone."""
        open_facts = [fact for fact in self.prohibited if facts.get(fact, UNKNOWN) == UNKNOWN]
        return {**facts, **dict.fromkeys(open_facts, ONLY_UNKNOWN)} if open_facts else facts

    def fire(self, worst: Facts) -> list[TierRule]:
        """Return the rules that fire, in the order of the edition."""
        fired = [
            rule
            for rule in self.rules
            if rule.when.holds(worst) and not (rule.unless and rule.unless.holds(worst, unknown=False))
        ]
        if not any(rule.tier for rule in fired):
            fired += [rule for rule in self.last if rule.when.holds(worst)][:1]
            fired.sort(key=lambda rule: self.place[rule.id])
        return fired

    def known(self, fired: Iterable[TierRule], facts: Facts) -> list[TierRule]:
        """Return those of the fired rules that the known answers alone satisfy, or the last that these would leave."""
        known = [
            rule
            for rule in fired
            if rule.id not in self.about_open_answers
            and rule.when.holds(facts, unknown=False)
            and not (rule.unless and rule.unless.holds(facts))
        ]
        if not any(rule.tier for rule in known):
            known += [rule for rule in self.last if rule.when.holds(facts, unknown=False)][:1]
        return known

    def tier(self, facts: Facts) -> Tier:
        return _highest(self.fire(self.worst_case(facts)))


@lru_cache(maxsize=32)
def _plan(edition: Edition) -> _Plan:
    tests = {rule.id: [*rule.when.tests(), *(rule.unless.tests() if rule.unless else ())] for rule in edition.rules}
    read = {test.fact for rule_tests in tests.values() for test in rule_tests}
    facts = tuple(fact for fact in edition.facts if fact in read)
    return _Plan(
        rules=tuple(rule for rule in edition.rules if not rule.last),
        last=tuple(rule for rule in edition.rules if rule.last),
        place={rule.id: place for place, rule in enumerate(edition.rules)},
        facts=facts,
        prohibited=tuple(fact for fact in facts if edition.facts[fact].prohibited_use),
        about_open_answers={
            rule.id for rule in edition.rules if any(UNKNOWN in test.answers for test in rule.when.tests())
        },
    )
