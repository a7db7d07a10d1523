"""Reach: to whom a duty is put beyond, or short of, what the register says, and what follows from facts alone.

The register gives each duty to the parts that its sentence names. An edition may *extend* a duty to another part
where the facts show that this part decides or runs what the duty protects, and *narrow* it where the facts leave it
without an object. Both are our judgement, and each gives its reason in one sentence (ADVICE section 1).

An extended duty is a requirement of its own, `<line of the register>+<question>`. It counts in readiness, never blocks
unless its line belongs to Table 1 or an overlay, and is counted apart from the 603 duties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from assessments.guideline.conditions import ALWAYS, Answer, Condition, Facts, both, parse
from assessments.guideline.terms import UNKNOWN, Stakeholder, Strength

if TYPE_CHECKING:
    from assessments.guideline.edition import Fact, Requirement

JOIN = "+"
"""Between the line of the register and the question that extends it."""

type Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """One extension or narrowing: which line of the register, for which parts, when, and why."""

    question: str
    requirement: str
    to: tuple[Stakeholder, ...]
    when: Condition
    because: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One way in which a question reaches a part: `lenient` conditions count an unknown fact as applying."""

    part: Stakeholder
    when: Condition
    lenient: bool


def extended_id(requirement: str, question: str) -> str:
    return f"{requirement}{JOIN}{question}"


def register_id(requirement: str) -> str:
    """Return the line of the register that a requirement is, or is an extension of."""
    return requirement.split(JOIN, 1)[0]


def read_reasons(question: Raw, words: Raw, kind: str) -> tuple[Reason, ...]:
    """Read `extends` or `narrows` of a question; the reasons stand in its texts under the line's id."""
    said = words.get(kind)
    said = said if isinstance(said, Mapping) else {}
    return tuple(
        Reason(
            question=question["key"],
            requirement=raw["requirement"],
            to=tuple(Stakeholder(part) for part in raw["to"]),
            when=parse(raw.get("when")),
            because=str(said.get(raw["requirement"], "")),
        )
        for raw in question.get(kind, ())
    )


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


def complete(facts_of: Mapping[str, Fact], facts: Facts) -> dict[str, Answer]:
    """Fill in what follows from other facts: what is asked only after another answer, what is derived, what is implied.

    A fact whose `shown_when` does not hold takes its `otherwise`, whatever was stored; one that nobody answered takes
    what another fact implies. An answer that somebody gave stays.
    """
    known = dict(facts)
    for fact in facts_of.values():
        if fact.otherwise is not None and not fact.shown_when.holds(known):
            known[fact.key] = fact.otherwise
        elif known.get(fact.key, UNKNOWN) == UNKNOWN:
            for value, when in fact.implied:
                if when.holds(known, unknown=False):
                    known[fact.key] = value
                    break
    return known
