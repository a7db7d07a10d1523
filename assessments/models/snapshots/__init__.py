"""The snapshot of an assessment: everything that is signed, printed and reviewed, as plain values."""

from __future__ import annotations

from assessments.models.snapshots.build import (
    SELF_CERTIFICATION,
    answers_in,
    asked_facts,
    before_signing,
    build_snapshot,
    changed_targets,
    conformity_picture,
    declared_in,
    evidence_of,
    fact_vocabulary,
    pieces_of,
    same_answer,
    scoping_facts,
    value_of,
)

__all__ = [
    "SELF_CERTIFICATION",
    "answers_in",
    "asked_facts",
    "before_signing",
    "build_snapshot",
    "changed_targets",
    "conformity_picture",
    "declared_in",
    "evidence_of",
    "fact_vocabulary",
    "pieces_of",
    "same_answer",
    "scoping_facts",
    "value_of",
]
