"""What a snapshot is made from, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assessments.guideline.conditions import Answer as FactAnswer
from assessments.guideline.edition import Edition
from assessments.guideline.terms import HoldKind
from assessments.models.assessments import NOTE_IS_TAKEN, Answer, Assessment
from assessments.models.holds import Hold
from assessments.models.snapshots.evidence import evidence_by_answer
from assessments.models.systems import DeclaredFact, DeclaredUse, declared_facts
from assessments.scoring.held import assign_held_tier
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.tiers import TierResult


@dataclass(frozen=True, slots=True)
class Source:
    """What a snapshot is made from: the rows of an assessment, and what scoring makes of them.

    `result` is the tier by the rules, from the facts as they count while a hold is open; `declared.tier` is the assigned one.
    """

    use: DeclaredUse
    edition: Edition
    fact_rows: list[DeclaredFact]
    holds: list[Hold]
    answer_rows: Sequence[Answer]
    evidence: Mapping[int, list[dict[str, Any]]]
    facts: Mapping[str, FactAnswer]
    result: TierResult
    values: Mapping[str, AnswerValue]
    declared: Declared


def read_source(assessment: Assessment) -> Source:
    """Read what the snapshot of an assessment is made from. Five queries: facts, holds, answers, evidence, versions."""
    edition, use = assessment.compiled(), assessment.use
    fact_rows = list(use.fact_rows().select_related("by", "agreed_by", "signed_worst__by"))
    holds = list(use.holds.order_by("pk"))
    facts = declared_facts(edition, fact_rows)
    held = [hold.fact for hold in holds if hold.closed_at is None and hold.kind == HoldKind.OPEN_QUESTION]
    result = assign_held_tier(edition, facts, held)
    tier = use.tier_over(result.assigned_tier)
    answer_rows: list[Any] = list(
        assessment.answers.filter(to_confirm=False)
        .annotate(note_is_taken=NOTE_IS_TAKEN)
        .select_related("question", "by")
    )
    values = {row.question.key: row.value() for row in answer_rows}
    declared = Declared(facts=facts, parts=use.system.parts, tier=tier).knowing(edition, values)
    evidence = evidence_by_answer(assessment)
    return Source(use, edition, fact_rows, holds, answer_rows, evidence, facts, result, values, declared)
