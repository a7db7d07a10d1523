"""The declared use to which an edition puts the most questions; no database is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition, Fact
from assessments.guideline.reach import complete, facts_read, is_shown
from assessments.guideline.terms import Stakeholder, Tier
from assessments.scoring.inputs import Declared
from assessments.scoring.tiers import assign_tier

PARTS = (Stakeholder.DEVELOPER, Stakeholder.PROVIDER, Stakeholder.ORGANISATION)


def mild_answer(fact: Fact) -> Answer | None:
    """Return the answer that makes nothing worse; None where the fact has no order."""
    return False if fact.yes_no and fact.mildest is None else fact.mildest


def most_asked(edition: Edition) -> tuple[dict[str, Answer], Declared]:
    """Find the facts from which no other answer to one of them brings one more question; about two seconds.

    The organisation has all three parts. Nothing is on hold, provisional or prohibited, so that it can be submitted.
    """
    facts: dict[str, Answer] = {}
    for key, fact in edition.facts.items():
        mild = mild_answer(fact)
        facts[key] = next(_answers(fact)) if mild is None else mild
    found = declare(edition, facts)
    assert found is not None, "the mildest use is one that can be submitted"
    while True:
        best, bringing = found, facts
        for key, fact in edition.facts.items():
            for answer in _answers(fact):
                tried = declare(edition, facts | {key: answer})
                if tried and len(tried.questions(edition)) > len(best.questions(edition)):
                    best, bringing = tried, facts | {key: answer}
        if bringing is facts:
            return facts, found
        found, facts = best, bringing


def _answers(fact: Fact) -> Iterator[Answer]:
    for value in fact.values:
        yield (str(value),) if fact.many else value
    if fact.many:
        yield tuple(str(value) for value in fact.values if value != "none")


def declare(edition: Edition, facts: Mapping[str, Answer]) -> Declared | None:
    """Return what such a use declares; None where it is prohibited, or waits for something."""
    whole = complete(edition.facts, facts)
    result = assign_tier(edition, whole)
    if result.assigned_tier in (None, Tier.UNACCEPTABLE) or result.holds or result.provisional:
        return None
    read = facts_read(edition, PARTS)
    asked = {
        key: whole[key]
        for key, fact in edition.facts.items()
        if (fact.kind != "scoping" or key in read) and is_shown(fact, whole)
    }
    return Declared(complete(edition.facts, asked), PARTS, result.assigned_tier)
