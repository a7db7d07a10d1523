"""The marks of the seats of a submission taken as one, and which evidence a reviewer opened."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any

from django.conf import settings
from django.db import models

from assessments.guideline.terms import Tier
from assessments.models.evidence import Evidence
from assessments.models.reviews import MarkKind, ReviewDecision, ReviewMark, ReviewSeat, Seat
from assessments.models.submissions import Submission

STRICT = (MarkKind.ACCEPTED, MarkKind.ACCEPTED_WITH_ACTION, MarkKind.CHANGE_NEEDED)
"""The kinds of marks, the strictest last."""


def combine(rows: Iterable[ReviewMark]) -> dict[str, ReviewMark]:
    """Return one mark for each target: the stricter one where the seats disagree.

    Where both ask for something of the same kind, the reasons and words of both stand in it, each under its name. Such a
    mark is a copy that is never saved; `each` of it are the marks as they were given.
    """
    found: dict[str, ReviewMark] = {}
    for row in sorted(rows, key=lambda row: (row.target, row.seat)):
        if not row.mark:
            continue
        row.each = (row,)
        have = found.get(row.target)
        if have is None or STRICT.index(MarkKind(row.mark)) > STRICT.index(MarkKind(have.mark)):
            found[row.target] = row
        elif row.mark == have.mark and row.mark != MarkKind.ACCEPTED and row.record() != have.record():
            found[row.target] = _both(have, row)
    return found


def _both(first: ReviewMark, second: ReviewMark) -> ReviewMark:
    joined = copy(first)
    joined.each = (*first.each, second)
    if first.reason == second.reason:
        joined.words = _joined((first, first.words), (second, second.words))
    else:
        joined.reason = ""
        joined.words = _joined((first, _with_reason(first)), (second, _with_reason(second)))
    joined.would_satisfy = _joined((first, first.would_satisfy), (second, second.would_satisfy))
    joined.action_title = first.action_title or second.action_title
    if second.action_title not in ("", joined.action_title):
        joined.words = _joined((first, joined.words), (second, second.action_title))
    joined.action_due = min((day for day in (first.action_due, second.action_due) if day), default=None)
    return joined


def _with_reason(mark: ReviewMark) -> str:
    return ". ".join(text for text in (str(mark.get_reason_display()), mark.words.strip()) if text)


def _joined(*said: tuple[ReviewMark, str]) -> str:
    words = dict.fromkeys(text.strip() for _mark, text in said if text.strip())
    if len(words) < 2:
        return next(iter(words), "")
    return "\n\n".join(f"{mark.by}: {text.strip()}" for mark, text in said if text.strip())


def combined_marks(submission: Submission) -> dict[str, ReviewMark]:
    """As `combine`, of the marks that stand on a submission: one query."""
    rows: Any = ReviewMark.objects.filter(submission=submission).select_related("by")
    return combine(rows)


class EvidenceOpening(models.Model):
    """That a reviewer opened an evidence item of a case: its content, by its own request."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="openings")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    piece = models.CharField(max_length=12)  # reference of the evidence, as the snapshot names it
    version = models.PositiveIntegerField()
    content = models.CharField(
        max_length=80
    )  # names the content that was sent: its SHA-256, of a link the evidence item itself
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "reviewer", "piece", "version"], name="one_opening_a_reviewer_and_piece"
            )
        ]


def not_opened(pieces: Iterable[tuple[Evidence, int]], *, assessment: int, reviewer: int) -> list[str]:
    """Return the titles of attached evidence items that a reviewer has not opened in any round of the case.

    `pieces`: each with its version; what is shown on request has none, and is seen elsewhere. One query, none without
    evidence items.
    """
    wanted = {(piece.reference, version): piece.title for piece, version in pieces if version}
    if not wanted:
        return []
    rows = EvidenceOpening.objects.filter(submission__assessment=assessment, reviewer=reviewer)
    have = set(rows.filter(piece__in={reference for reference, _version in wanted}).values_list("piece", "version"))
    return [title for key, title in wanted.items() if key not in have]


def accepted_by_every_seat(submission: Submission) -> set[str]:
    """Return the targets that each approving seat accepted by a mark of its holder: what *not applicable* on a must needs.

    Approvals given before seats had marks of their own rest on the one set that there was. Three queries.
    """
    given = submission.decisions.approvals()
    return accepted_in(submission, marks=submission.marks.all(), seats=submission.seats.all(), given=given)


def accepted_in(
    submission: Submission,
    *,
    marks: Iterable[ReviewMark],
    seats: Iterable[ReviewSeat],
    given: Iterable[ReviewDecision],
) -> set[str]:
    """As `accepted_by_every_seat`, for a page that has read marks, seats and the approvals that stand."""
    accepted: dict[str, set[str]] = {}
    refused: set[str] = set()
    holders = {str(seat.seat): seat.reviewer_id for seat in seats}
    older = any(decision.looked_at is None for decision in given)
    for row in marks:
        if row.mark == MarkKind.CHANGE_NEEDED:
            refused.add(row.target)
        elif row.mark and (older or (holders.get(row.seat) == row.by_id and row.taken_over_from_id is None)):
            accepted.setdefault(row.target, set()).add(row.seat)
    asked = {str(Seat.FIRST), str(Seat.SECOND)} if submission.assigned_tier == Tier.HIGH else {str(Seat.FIRST)}
    return {t for t, by in accepted.items() if t not in refused and (older or by >= asked)}
