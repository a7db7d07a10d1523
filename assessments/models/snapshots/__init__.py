"""The snapshot of an assessment: everything that is signed, printed and reviewed, as plain values.

`build_snapshot` in `build` makes it from the rows that `source` reads; `tier`, `evidence` and `results` are parts of it.
`read` has what a reader of a snapshot needs, and `asked` says which facts are asked of a use.
"""

from __future__ import annotations

from assessments.models.snapshots.asked import asked_facts, fact_vocabulary, scoping_facts
from assessments.models.snapshots.build import (
    before_signing,
    build_snapshot,
    conformity_snapshot,
    results_before_signing,
)
from assessments.models.snapshots.read import (
    answers_in,
    changed_targets,
    declared_in,
    evidence_of,
    pieces_of,
    same_answer,
    value_of,
)
from assessments.models.snapshots.results import must_counts

__all__ = [
    "answers_in",
    "asked_facts",
    "before_signing",
    "build_snapshot",
    "changed_targets",
    "conformity_snapshot",
    "declared_in",
    "evidence_of",
    "fact_vocabulary",
    "must_counts",
    "pieces_of",
    "results_before_signing",
    "same_answer",
    "scoping_facts",
    "value_of",
]
