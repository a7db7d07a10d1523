"""Why questions are not asked of a use: the facts that keep them closed, a tier, or the parts that they are for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from assessments.access import roles
from assessments.access.roles import Action
from assessments.guideline.conditions import Test
from assessments.guideline.edition import Question, Section
from assessments.guideline.terms import Stakeholder, Tier
from assessments.guideline.wording import fact_answer
from assessments.templatetags.hk import TIER_WORDS
from assessments.views.assessment.member_case import MemberCase

NAMED = 3  # facts that are named of those on which a section depends


@dataclass(frozen=True, slots=True)
class ClosingReason:
    """Why questions are not asked of a use: the facts that keep them closed, a tier, or the parts that they are for."""

    facts: tuple[tuple[str, str, str], ...]  # address, label, the answer that closes
    tiers: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClosedSection:
    section: Section
    why: ClosingReason


def why_closed(case: MemberCase, questions: Iterable[Question]) -> ClosingReason:
    """Find what would have to be declared otherwise for these questions to be asked.

    The sector comes first: a question of another sector often reads further facts, which the reader answered as they are.
    A fact that nobody knows keeps closed what a known answer may open, and is named too.
    """
    edition, declared = case.edition, case.declared
    context, mine = declared.context, set(declared.parts)
    shut: set[str] = set()
    tiers: set[str] = set()
    parts: dict[Stakeholder, None] = {}
    for question in questions:
        if not mine & set(question.stakeholders):
            parts.update(dict.fromkeys(part for part in question.stakeholders if part != Stakeholder.USER))
            continue
        for test in _tests_of(question, mine):
            if test.fact == "stakeholder":
                parts.update(dict.fromkeys(Stakeholder(str(one)) for one in test.answers if one not in mine))
            elif not test.holds(context, unknown=False):
                shut.add(test.fact)
                tiers.update(str(answer) for answer in test.answers if test.fact == "tier")
    named = [(key, fact) for key, fact in edition.facts.items() if key in shut]
    named.sort(key=lambda one: one[0] != "sector")
    return ClosingReason(
        facts=tuple(
            (where_declared(case, key), fact.label, fact_answer(fact, context.get(key), short=True))
            for key, fact in named[:NAMED]
        ),
        tiers=tuple(str(TIER_WORDS[tier]) for tier in Tier if str(tier) in tiers),
        parts=tuple(edition.terms[f"stakeholders.{part}"] for part in parts),
    )


def _tests_of(question: Question, parts: Collection[Stakeholder]) -> Iterator[Test]:
    """Yield what a question's condition reads, and what opens it for these parts."""
    yield from question.when.tests()
    for opening in question.openings:
        if opening.part in parts:
            yield from opening.when.tests()


def where_declared(case: MemberCase, fact: str) -> str:
    """Return the page on which this member changes a fact, or reads it."""
    reference = case.assessment.use.reference
    if case.member is None or case.member.role not in roles.MAY[Action.DECLARE]:
        return reverse("use", args=[reference])
    return reverse("facts", args=[reference, case.edition.facts[fact].group])


def closed_sections(case: MemberCase) -> list[ClosedSection]:
    """Return the sections of which nothing is asked, with what would open each; those for single persons never open here."""
    asked = {section.key for section, _questions in case.sections}
    return [
        ClosedSection(section, why_closed(case, section.questions))
        for section in case.edition.sections
        if section.key not in asked and any(set(q.stakeholders) - {Stakeholder.USER} for q in section.questions)
    ]
