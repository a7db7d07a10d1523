"""Findings: where the answers fall short of what the Guideline asks, each with its question and its duty."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Credit, Strength
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import UNSAID, Credits, Source, credits_of, sources


class FindingKind(StrEnum):
    """What stands in the way of full credit."""

    SHORTFALL = "shortfall"
    PARTLY = "partly"
    PLANNED = "planned"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


PROHIBITED = "prohibited_or_hold"
TABLE_1_OR_OVERLAY = "table_1_or_overlay"
"""The two most urgent classes of ``Policy.priorities``; the others are the strengths."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One duty that one question, or one item of it, leaves short.

    `half_credits` are 0 or 1, None where the answer is not applicable. `blocking`: no clean certificate with it.
    """

    requirement: str
    question: str
    item: str | None
    kind: FindingKind
    half_credits: int | None
    strength: Strength
    weight: int
    blocking: bool
    class_key: str  # its class among Policy.priorities


def find(
    edition: Edition,
    declared: Declared,
    answers: Answers,
    *,
    final: bool,
    met: frozenset[str] = frozenset(),
    accepted: Collection[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Find what falls short, in the order of the questionnaire.

    A duty in scope with less than full credit is a finding at each question or item that leaves it short, so that the
    action of every such question lists it. So is a must, or a duty that blocks by other means, answered not applicable,
    unless `accepted` has the question's key, or "question/item", of the reason that a reviewer accepted. A draft
    (`final` false) has findings only where it has answers. `met` are duties met otherwise. Our judgement: that musts,
    Table 1, overlays and prohibited uses block.
    """
    blocking_duties = edition.blocking_requirements(declared.context, declared.tier)
    found: list[Finding] = []
    for source in sources(edition, declared):
        answer = answers.get(source.question.key)
        if answer is None and not final:
            continue
        half_credits = source.half_credits(answer)
        if half_credits == Credit.FULL or (half_credits is None and _is_accepted(source, accepted)):
            continue
        for duty in source.duties:
            blocking = duty.strength == Strength.MUST or duty.id in blocking_duties
            if duty.id in met or (half_credits is None and not blocking):
                continue
            found.append(
                Finding(
                    requirement=duty.id,
                    question=source.question.key,
                    item=source.item.key if source.item else None,
                    kind=_kind(answer, half_credits),
                    half_credits=half_credits,
                    strength=duty.strength,
                    weight=edition.policy.weights[duty.strength],
                    blocking=blocking,
                    class_key=_class_key(edition, duty.id, duty.strength, blocking_duties),
                )
            )
    return tuple(found)


def count_blocking(edition: Edition, declared: Declared, answers: Answers, credits: Credits | None = None) -> int:
    """Count the findings of a draft that block, as `find` lists them, without drawing them up.

    `credits`: where they are worked out already.
    """
    if credits is None:
        credits = credits_of(edition, declared, answers)
    return sum(blocking for at, blocking in _blocking(edition, declared) if credits[at] not in (Credit.FULL, UNSAID))


@lru_cache(maxsize=256)
def _blocking(edition: Edition, declared: Declared) -> tuple[tuple[int, int], ...]:
    """Return what is put to the use and has duties that block, by its place among `sources`, with how many."""
    return tuple((at, len(findings)) for at, _question, findings in blocking_by_question(edition, declared))


@lru_cache(maxsize=256)
def blocking_by_question(
    edition: Edition, declared: Declared
) -> tuple[tuple[int, str, tuple[dict[str, str], ...]], ...]:
    """Return what is put to the use and has duties that block: its place among `sources`, its question, its findings.

    The findings say what `find` would say of an answer that is short.
    """
    others = edition.blocking_requirements(declared.context, declared.tier)
    found = []
    for at, source in enumerate(sources(edition, declared)):
        duties = [duty for duty in source.duties if duty.strength == Strength.MUST or duty.id in others]
        says = tuple(
            {
                "class": _class_key(edition, duty.id, duty.strength, others),
                "requirement": duty.id,
                "kind": FindingKind.SHORTFALL.value,
            }
            for duty in duties
        )
        if says:
            found.append((at, source.question.key, says))
    return tuple(found)


def _is_accepted(source: Source, accepted: Collection[str]) -> bool:
    question = source.question.key
    return question in accepted or (source.item is not None and f"{question}/{source.item.key}" in accepted)


def _kind(answer: AnswerValue | None, half_credits: int | None) -> FindingKind:
    if half_credits is None:
        return FindingKind.NOT_APPLICABLE
    return _KIND_OF.get(answer.choice, FindingKind.SHORTFALL) if answer else FindingKind.SHORTFALL


_KIND_OF = {
    Choice.PARTLY: FindingKind.PARTLY,
    Choice.PLANNED: FindingKind.PLANNED,
    Choice.UNKNOWN: FindingKind.UNKNOWN,
}


def _class_key(edition: Edition, duty: str, strength: Strength, blocking_duties: Collection[str]) -> str:
    if duty in edition.prohibited_requirements:
        return PROHIBITED
    return TABLE_1_OR_OVERLAY if duty in blocking_duties else str(strength)
