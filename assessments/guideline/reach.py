"""Reach: to whom a duty is put beyond, or short of, what the register says, and what follows from facts alone.

The register gives each duty to the parts that its sentence names. An edition may *extend* a duty to another part
where the facts show that this part decides or runs what the duty protects, and *narrow* it where the facts leave it
without an object. Both are our judgement, and each gives its reason in one sentence (ADVICE section 1).

An extended duty is a requirement of its own, `<line of the register>+<question>`. It counts in readiness, never blocks
unless its line belongs to Table 1 or an overlay, and is counted apart from the 603 duties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assessments.guideline.conditions import ALWAYS, Answer, Condition, Facts, both
from assessments.guideline.extensions import Opening, Reason, extended_id
from assessments.guideline.terms import UNKNOWN, Stakeholder, Strength

if TYPE_CHECKING:
    from assessments.guideline.edition import Edition, Fact, Requirement

ASSUMED: Mapping[str, Answer] = {"sector": "none"}
"""What a use without an answer is read as. The fact is asked all the same."""

type Raw = Mapping[str, Any]


def extend(
    requirements: Mapping[str, Requirement], reasons: Iterable[Reason], blocking: frozenset[str]
) -> dict[str, Requirement]:
    """Return the requirements that the extensions add.

    Our judgement: an extended duty is at most a *should*, so it never blocks by its strength. A line of Table 1 or of
    an overlay (`blocking`) keeps its strength.
    """
    added = {}
    for reason in reasons:
        line = requirements.get(reason.requirement)
        if line is None:
            continue  # reported as an unresolved id
        id = extended_id(reason.requirement, reason.question)
        keeps = reason.requirement in blocking or line.strength == Strength.CONSIDER
        added[id] = replace(
            line,
            id=id,
            strength=line.strength if keeps else Strength.SHOULD,
            roles=frozenset(reason.to),
            scope=reason.when,
            narrowed={},
            strict=reason.requirement not in blocking,
            extends=reason.requirement,
        )
    return added


def narrow(requirements: Mapping[str, Requirement], reasons: Iterable[Reason]) -> dict[str, Requirement]:
    """Return the requirements that the narrowings change, each with its narrower scope for the parts named."""
    changed: dict[str, Requirement] = {}
    for reason in reasons:
        line = changed.get(reason.requirement) or requirements.get(reason.requirement)
        if line is None:
            continue  # reported as an unresolved id
        narrowed = dict(line.narrowed)
        for part in reason.to:
            narrowed[part] = both(narrowed.get(part, ALWAYS), reason.when)
        changed[line.id] = replace(line, narrowed=narrowed)
    return changed


def openings(
    sources: Sequence[tuple[Condition, Sequence[Requirement]]], parts: Iterable[Stakeholder]
) -> tuple[Opening, ...]:
    """Return every way in which a question is opened: one for each part and each distinct scope of its duties.

    `sources` are the question's items, or the practice, each with its own condition and its duties.
    """
    found: dict[Opening, None] = {}
    for when, duties in sources:
        for duty in duties:
            for part in parts:
                if part in duty.roles:
                    found[Opening(part, both(when, duty.scope_for(part)), not duty.strict)] = None
    return tuple(found)


def as_answer(fact: Fact, value: Answer) -> Answer:
    """Return an answer in the form that the fact takes: one bare value of a list is a list of one, and the reverse.

    Files, model cards and rows that were stored under an earlier release may have either form.
    """
    if value == UNKNOWN or value == (UNKNOWN,):
        return UNKNOWN
    if fact.many:
        return value if isinstance(value, tuple) else (str(value),)
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def is_shown(fact: Fact, facts: Facts) -> bool:
    """Tell whether a fact is asked beside these (completed) facts; an unknown one counts as asking for it."""
    return fact.otherwise is None or fact.shown_when.holds(facts)


@lru_cache(maxsize=32)
def facts_read(edition: Edition, of_parts: tuple[Stakeholder, ...]) -> frozenset[str]:
    """Return the facts by which something is put to these parts: a question, a line of it, or an overlay.

    What decides whether another of them is asked is among them.
    """
    parts = frozenset(of_parts)
    conditions: list[Condition] = [overlay.when for overlay in edition.overlays]
    for question in edition.questions.values():
        if parts.isdisjoint(question.stakeholders):
            continue
        conditions.append(question.when)
        conditions += [opening.when for opening in question.openings if opening.part in parts]
        conditions += [question.stop] if question.stop is not None else []
        for item in question.items:
            duties = [edition.requirements[id] for id in item.requirements if id in edition.requirements]
            owed = [duty for duty in duties if not parts.isdisjoint(duty.roles)]
            conditions += [item.when] if owed else []
            conditions += [duty.scope_for(part) for duty in owed for part in parts & duty.roles]
    read = {test.fact for condition in conditions for test in condition.tests()}
    for fact in reversed(tuple(edition.facts.values())):  # a fact is shown after those by which it is
        if fact.key in read:
            read |= {test.fact for test in fact.shown_when.tests()}
    return frozenset(read & edition.facts.keys())


def complete(facts_of: Mapping[str, Fact], facts: Facts) -> dict[str, Answer]:
    """Return the facts as rules, questions and remedies read them, with all that follows from other facts.

    A fact whose `shown_when` does not hold takes its `otherwise`, whatever was stored; one that nobody answered takes
    what another fact implies; the derived values of a list are added or taken out. An answer that somebody gave stays.
    Facts without an answer in `ASSUMED` take it. Idempotent. Releases before 3 say nothing of all this, so their facts stay.
    """
    known: dict[str, Answer] = {**ASSUMED, **facts}
    for fact in facts_of.values():
        if fact.key in known:
            known[fact.key] = as_answer(fact, known[fact.key])
        if not is_shown(fact, known) and fact.otherwise is not None:
            known[fact.key] = fact.otherwise
        elif known.get(fact.key, UNKNOWN) == UNKNOWN:
            for value, when in fact.implied:
                if when.holds(known, unknown=False):
                    known[fact.key] = value
                    break
        listed = known.get(fact.key)
        if fact.derived and isinstance(listed, tuple):
            known[fact.key] = _with_derived(fact, listed, known)
    return known


def _with_derived(fact: Fact, value: tuple[str, ...], known: Facts) -> tuple[str, ...]:
    names = {name for name, _ in fact.derived}
    return (
        *(one for one in value if one not in names),
        *(name for name, when in fact.derived if when.holds(known, unknown=False)),
    )
