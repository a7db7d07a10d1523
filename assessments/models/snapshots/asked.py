"""The facts that are asked of a use."""

from __future__ import annotations

from assessments.guideline.edition import Edition
from assessments.guideline.reach import facts_read, is_shown
from assessments.scoring.inputs import Declared


def scoping_facts(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the scoping facts that the questions of the parts need, in the order of the edition."""
    if edition.order is not None:
        reached = facts_read(edition, declared.parts)
        return tuple(key for key, fact in edition.facts.items() if fact.kind == "scoping" and key in reached)
    read = {
        test.fact
        for question in edition.questions.values()
        if set(question.stakeholders) & set(declared.parts)
        for test in question.when.tests()
    }
    read |= {
        test.fact
        for question in edition.questions.values()
        if set(question.stakeholders) & set(declared.parts)
        for item in question.items
        for id in item.requirements
        if edition.requirements[id].roles & set(declared.parts)
        for test in edition.requirements[id].scope.tests()
    }
    return tuple(key for key, fact in edition.facts.items() if fact.kind == "scoping" and key in read)


def fact_vocabulary(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the facts that may be asked of this use: of tiers, of the profile, and the scoping facts that it needs."""
    scoping = set(scoping_facts(edition, declared))
    return tuple(key for key, fact in edition.facts.items() if fact.kind != "scoping" or key in scoping)


def asked_facts(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the facts that are asked of this use, without those that its other answers make unnecessary."""
    shown = fact_vocabulary(edition, declared)
    return tuple(key for key in shown if is_shown(edition.facts[key], declared.facts))
