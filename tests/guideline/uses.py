"""Uses of AI for the tests that draw them at random."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN, Stakeholder, Tier
from assessments.scoring.inputs import Declared


@lru_cache  # strategies too: made once, or half of the time of these tests goes into making them
def tier_facts(edition: Edition) -> list[str]:
    """The facts that a tier rule reads."""
    read = {test.fact for rule in edition.rules for test in rule.when.tests()}
    read |= {test.fact for rule in edition.rules if rule.unless for test in rule.unless.tests()}
    return [fact for fact in edition.facts if fact in read]


def mildest(edition: Edition) -> dict[str, Answer]:
    """The mildest answer to every fact that a rule reads; no plea."""
    answers = {fact: edition.facts[fact].mildest for fact in tier_facts(edition)}
    return {fact: False if answer is None else answer for fact, answer in answers.items()}


@lru_cache
def declared_uses(edition: Edition) -> st.SearchStrategy[dict[str, Answer]]:
    """Facts of every sort: mild but for a few, or anything at all; unknown and missing among the answers.

    Drawn freely, two dozen facts would hardly ever leave a use below High.
    """
    facts = tier_facts(edition)
    answers = {fact: [*edition.facts[fact].values, UNKNOWN] for fact in facts}
    one = st.sampled_from(facts).flatmap(lambda fact: st.tuples(st.just(fact), st.sampled_from([*answers[fact], None])))
    few = st.lists(one, max_size=7).map(lambda changes: mildest(edition) | dict(changes))
    anything = st.fixed_dictionaries({}, optional={fact: st.sampled_from(answers[fact]) for fact in facts})
    return st.one_of(few, few, anything).map(
        lambda use: {fact: answer for fact, answer in use.items() if answer is not None}
    )


@lru_cache
def uses(edition: Edition) -> st.SearchStrategy[Declared]:
    """Uses of any parts and tier; each fact is left out, unknown, or has one of its answers."""

    def answers(key: str) -> st.SearchStrategy[Answer]:
        one = edition.facts[key]
        known: list[Answer] = [(str(value),) for value in one.values] if one.many else list(one.values)
        return st.sampled_from([UNKNOWN, *known, *known])

    return st.builds(
        Declared,
        st.fixed_dictionaries({}, optional={key: answers(key) for key in edition.facts}),
        st.lists(st.sampled_from(Stakeholder), min_size=1, max_size=3, unique=True).map(tuple),
        st.sampled_from(Tier),
    )
