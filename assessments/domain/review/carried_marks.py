"""Copy accepting marks from one round to what is unchanged in the next."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from assessments.domain.review.targets import review_targets
from assessments.models import (
    EvidenceMark,
    EvidenceMarkRevision,
    MarkKind,
    ReviewMark,
    ReviewMarkRevision,
    RevisionOutcome,
    Submission,
)
from assessments.models.snapshots import pieces_of

# --- from round to round -----------------------------------------------------------------------------------------------


def copy_marks(
    previous: Submission,
    submission: Submission,
    changed: Collection[str],
    *,
    same_case: bool = True,
    without_evidence: Collection[str] = (),
) -> int:
    """Carry the accepting marks of a round over to what is the same in the next, and the marks of evidence likewise.

    Each carried mark names the one that it came from. Returns how many marks of answers and facts were carried. The
    caller holds the lock. `same_case`: false for the marks of an earlier assessment, which nobody has opened in this one.
    `without_evidence`: answers whose evidence is judged anew.
    """
    targets = set(review_targets(submission.content()))
    carried = [
        ReviewMark(
            submission=submission,
            seat=mark.seat,
            target=mark.target,
            by=mark.by,
            together=mark.together,
            shown_at=mark.shown_at if same_case else None,
            taken_over_from_id=mark.taken_over_from_id,
            carried_from=mark,
            **mark.record() | {"action_due": mark.action_due},
        )
        for mark in previous.marks.exclude(mark=MarkKind.CHANGE_NEEDED).select_related("by")
        if mark.target not in changed and mark.target in targets
    ]
    ReviewMark.objects.bulk_create(carried)
    ReviewMarkRevision.objects.bulk_create(_carried_version(ReviewMarkRevision, mark) for mark in carried)
    answers = submission.content()["answers"]
    named = {
        (key, piece["reference"], piece["version"]) for key, answer in answers.items() for piece in pieces_of(answer)
    }
    pieces = [
        EvidenceMark(
            submission=submission,
            seat=mark.seat,
            question=mark.question,
            piece=mark.piece,
            version=mark.version,
            by=mark.by,
            carried_from=mark,
            **mark.record(),
        )
        for mark in previous.evidence_marks.exclude(verdict="").select_related("by")
        if (mark.question, mark.piece, mark.version) in named and f"q:{mark.question}" not in without_evidence
    ]
    EvidenceMark.objects.bulk_create(pieces)
    EvidenceMarkRevision.objects.bulk_create(_carried_version(EvidenceMarkRevision, mark) for mark in pieces)
    return len(carried)


def _carried_version(revisions: Any, row: Any) -> Any:
    return revisions(
        parent=row,
        number=1,
        operation=uuid.uuid4(),
        base=0,
        value=row.record()
        | ({"taken_over_from": giver} if (giver := getattr(row, "taken_over_from_id", None)) else {}),
        by=row.by,
        outcome=RevisionOutcome.CARRIED,
    )
