"""What a signature would freeze, in the few numbers that decide whether a certificate can follow."""

from __future__ import annotations

from typing import Any

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension, Tier
from assessments.scoring.conditions import SELF_CERTIFICATION, may_have_date
from assessments.scoring.findings import FindingKind, find
from assessments.scoring.inputs import Answers, Declared
from assessments.scoring.readiness import score_assessment


def numbers_if_signed(edition: Edition, declared: Declared, answers: Answers) -> dict[str, Any]:
    """Return the score of each dimension, and how many answers would block the certificate.

    `dated`: those that may become a condition with a due date; `undated`: the others. All values are plain JSON.
    """
    met = frozenset({SELF_CERTIFICATION}) if declared.tier == Tier.LOW else frozenset()
    card = score_assessment(edition, declared, answers, final=True, met=met)
    blocking: dict[str, list[dict[str, str]]] = {}
    for one in find(edition, declared, answers, final=True, met=met):
        if one.blocking and one.kind != FindingKind.NOT_APPLICABLE:
            values = {"class": one.class_key, "requirement": one.requirement, "kind": str(one.kind)}
            blocking.setdefault(one.question, []).append(values)
    dated = sum(may_have_date(found, declared.tier) for found in blocking.values())
    scores = {key: card.dimensions[key] for key in Dimension}
    return {
        "dimensions": {
            str(key): {"value": None if score.value is None else str(score.value), "duties": score.duties}
            for key, score in scores.items()
        },
        "dated": dated,
        "undated": len(blocking) - dated,
    }
