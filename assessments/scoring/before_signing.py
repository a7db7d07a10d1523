"""What a signature would freeze, in the few numbers that decide whether a certificate can follow."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Credit, Dimension, Tier
from assessments.scoring.conditions import SELF_CERTIFICATION, may_have_date
from assessments.scoring.findings import blocking_by_question
from assessments.scoring.inputs import Answers, Declared
from assessments.scoring.readiness import Credits, band, score_assessment

NO_DUTIES: frozenset[str] = frozenset()


def numbers_if_signed(
    edition: Edition,
    declared: Declared,
    answers: Answers,
    *,
    credits: Credits,
    values: Mapping[Dimension, Decimal | None],
) -> dict[str, Any]:
    """Return the score of each dimension, and how many answers would block the certificate, of a complete draft.

    `credits` and `values`: what its answers earn, and what its dimensions are worth as a draft. `dated`: the answers that
    may become a condition with a due date; `undated`: the others. All values are plain JSON. Each save of a complete draft
    stores them, so the requirements of a dimension are counted only where its score is in the lowest band: there alone the
    rules ask for how many there are. Else `duties` is 0.
    """
    met = frozenset({SELF_CERTIFICATION}) if declared.tier == Tier.LOW else NO_DUTIES
    duties = dict.fromkeys(Dimension, 0)
    lowest = edition.policy.bands[-1][1]
    if met or any(band(edition.policy, value) == lowest for value in values.values()):
        scores = score_assessment(edition, declared, answers, final=True, met=met).dimensions
        values = {key: scores[key].value for key in Dimension}
        duties = {key: scores[key].duties for key in Dimension}
    short: dict[str, list[Mapping[str, str]]] = {}
    for at, question, findings in blocking_by_question(edition, declared):
        if credits[at] is not None and credits[at] != Credit.FULL:
            short.setdefault(question, []).extend(one for one in findings if one["requirement"] not in met)
    blocking = [found for found in short.values() if found]
    dated = sum(may_have_date(found, declared.tier) for found in blocking)
    return {
        "dimensions": {
            str(key): {"value": None if values[key] is None else str(values[key]), "duties": duties[key]}
            for key in Dimension
        },
        "dated": dated,
        "undated": len(blocking) - dated,
    }
