"""How each duty stands, in one word: the one source of what pages and papers count, so that their figures agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Credit
from assessments.scoring.inputs import Answers, Declared
from assessments.scoring.readiness import DutyCredit, counted_as, duty_credits, sources

FULL, HALF, NONE, NOT_KNOWN = "full", "half", "none", "unknown"
OPEN, OUT = "open", "out"  # no answer yet; not applicable


def told_apart(
    edition: Edition, declared: Declared, answers: Answers, *, final: bool, met: frozenset[str] = frozenset()
) -> tuple[tuple[DutyCredit, str], ...]:
    """Return every duty that is asked for with how it stands, in the order of `duty_credits`.

    A duty without credit is not known only where all that leaves it without is answered *do not know*: one answer that
    says it is not in place is enough to know that.
    """
    counted = counted_as(edition, declared)
    short: dict[str, list[bool]] = {}  # for each answer that gives nothing, whether it is *do not know*
    for source in sources(edition, declared):
        answer = answers.get(source.question.key)
        if source.half_credits(answer) != Credit.NONE or (answer is None and not final):
            continue
        for duty in source.duties:
            not_known = answer is not None and answer.choice == Choice.UNKNOWN
            short.setdefault(counted[duty.id], []).append(not_known)
    credits = duty_credits(edition, declared, answers, final=final, met=met)
    return tuple((credit, _word(credit, short.get(credit.requirement, ()))) for credit in credits)


def _word(credit: DutyCredit, short: Iterable[bool]) -> str:
    if credit.half_credits is None:
        return OUT if credit.answered else OPEN
    if credit.half_credits == Credit.FULL:
        return FULL
    if credit.half_credits == Credit.HALF:
        return HALF
    given = tuple(short)
    return NOT_KNOWN if given and all(given) else NONE


def count(duties: Iterable[tuple[DutyCredit, str]], kind: str, key: str) -> Counter[str]:
    """Count the duties under one heading (a dimension, a principle or a stage of the lifecycle) by how they stand."""
    return Counter(word for credit, word in duties if key in {str(name) for name in getattr(credit, kind)})
