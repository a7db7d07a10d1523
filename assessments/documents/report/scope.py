"""The duties that our judgement adds to a use, or leaves out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition, Requirement
from assessments.guideline.extensions import JOIN
from assessments.guideline.terms import UNKNOWN, Strength
from assessments.guideline.wording import to_find_out
from assessments.models.snapshots import declared_in
from assessments.scoring.inputs import Declared
from assessments.scoring.readiness import counted_as


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One duty that our judgement adds to this use, or leaves out of it: the line of the register and the reason."""

    line: str
    clause: str
    statement: str
    because: str
    waits: bool = False  # left out only while a fact is unknown


def extended_duties(edition: Edition, content: Mapping[str, Any]) -> Iterable[ScopeLine]:
    """Yield the duties that our judgement adds to those that the register gives to the parts of this use."""
    declared = declared_in(content)
    counted = counted_as(edition, declared)
    shown = {question["question"] for question in content["questions"]}
    for id, line in edition.extensions.items():
        requirement = edition.requirements[id]
        question = edition.questions[id.rpartition(JOIN)[2]]
        if question.key not in shown or not declared.in_scope(requirement) or counted.get(id) == line:
            continue
        because = next((reason.because for reason in question.extends if reason.requirement == line), "")
        yield ScopeLine(line, edition.cited(requirement.clause), requirement.statement, because)


def narrowed_duties(edition: Edition, content: Mapping[str, Any]) -> Iterable[ScopeLine]:
    """Yield the musts that our judgement leaves out of this use because of its facts."""
    declared = declared_in(content)
    seen: set[str] = set()
    for question in edition.questions.values():
        for reason in question.narrows:
            requirement = edition.requirements.get(reason.requirement)
            if requirement is None or requirement.id in seen or requirement.strength != Strength.MUST:
                continue
            if set(reason.to).isdisjoint(declared.parts):  # another part's reason says nothing about this use
                continue
            owed = not requirement.roles.isdisjoint(declared.parts) and requirement.scope.holds(declared.context)
            if owed and not declared.in_scope(requirement):
                seen.add(requirement.id)
                unknown = _waits_for(edition, declared, requirement)
                because = _until_known(edition, unknown) if unknown else reason.because
                clause = edition.cited(requirement.clause)
                yield ScopeLine(requirement.id, clause, requirement.statement, because, waits=bool(unknown))


def _waits_for(edition: Edition, declared: Declared, requirement: Requirement) -> tuple[str, ...]:
    """Return the unknown facts that leave a requirement out; none where known facts alone leave it out."""
    found: set[str] = set()
    for part in requirement.roles.intersection(declared.parts):
        when = requirement.scope_for(part)
        if when.holds(declared.context):
            found |= {test.fact for test in when.tests() if declared.facts.get(test.fact, UNKNOWN) == UNKNOWN}
    return tuple(key for key in edition.facts if key in found)


def _until_known(edition: Edition, facts: Sequence[str]) -> str:
    """Say which facts have to be known first."""
    asked = [to_find_out(edition, key) for key in facts]
    listed = asked[0]
    if asked[1:]:
        listed = _("%(first)s and %(last)s") % {"first": ", ".join(asked[:-1]), "last": asked[-1]}
    return _("The scope depends on facts that are not known yet: %(facts)s.") % {"facts": listed}
