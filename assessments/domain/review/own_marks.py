"""The marks of each seat, the marks of all seats taken as one, and taking over the rest of a colleague's marks."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import WorkflowError
from assessments.domain.review import cases
from assessments.domain.review.sampling import own_set
from assessments.models import MarkKind, ReviewMark, ReviewMarkRevision, ReviewSeat, RevisionOutcome, Submission, User
from assessments.models.marks import combined_marks


def marks_of(submission: Submission, seat: str) -> dict[str, ReviewMark]:
    """Return the marks that stand in one seat, by target."""
    rows = submission.marks.filter(seat=seat).select_related("by", "taken_over_from")
    return {row.target: row for row in rows}


def combined(submission: Submission) -> dict[str, ReviewMark]:
    """Return one mark a target, of all seats: the stricter one where they disagree. Used wherever one set is read."""
    return combined_marks(submission)


def is_own(mark: ReviewMark, holder: int) -> bool:
    """Tell whether the holder of the seat judged this alone: not a predecessor, not by name, not together with others."""
    return mark.by_id == holder and mark.taken_over_from_id is None and not mark.together


def may_take_over(seat: ReviewSeat, own: Collection[str], marks: Iterable[ReviewMark]) -> dict[str, ReviewMark]:
    """Return the accepting marks of others that this seat may take over, by target.

    `own`: its own set, of which nothing is ever taken over. `marks`: those that stand, of every seat. What the holder has
    judged, alone or together, stays; a predecessor's mark in the seat comes before a colleague's of the other seat.
    """
    found: dict[str, ReviewMark] = {}
    rows = list(marks)
    done = {row.target for row in rows if row.seat == seat.seat and row.by_id == seat.reviewer_id}
    for row in sorted(rows, key=lambda row: row.seat == seat.seat):
        given = row.by_id != seat.reviewer_id and row.taken_over_from_id is None
        if given and row.mark != MarkKind.CHANGE_NEEDED and row.target not in own and row.target not in done:
            found[row.target] = row
    return found


@proof.factor_asked
@transaction.atomic
def take_over(
    submission: Submission, *, by: User, giver: User | None = None, targets: Collection[str] | None = None
) -> list[ReviewMark]:
    """Take over, by name, the accepting marks of `giver` on all that is not in the own set of this seat.

    `giver` None: of any giver; `targets`: only these. Each row says whose mark it was. Raises as `open_case`;
    WorkflowError where there is nothing to take over.
    """
    assessment, seat = cases.open_case(submission, by)
    own = own_set(submission, seat.seat).targets
    rows = list(submission.marks.select_related("by"))
    found = {
        target: mark
        for target, mark in may_take_over(seat, own, rows).items()
        if (giver is None or mark.by_id == giver.pk) and (targets is None or target in targets)
    }
    if not found:
        raise WorkflowError(_("There are no marks for you to adopt."))
    have = {row.target: row for row in ReviewMark.kept.filter(submission=submission, seat=seat.seat)}
    taken = [_taken(have.get(target), mark, seat, by) for target, mark in sorted(found.items())]
    log.record(
        AuditKind.MARKS_TAKEN_OVER,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={
            "submission": submission.reference,
            "seat": str(seat.seat),
            "from": sorted({str(mark.by) for mark in found.values()}),
            "targets": sorted(found),
        },
    )
    return taken


def _taken(row: ReviewMark | None, mark: ReviewMark, seat: ReviewSeat, by: User) -> ReviewMark:
    """Write one mark as taken over from who gave it, as a new version of the seat's row."""
    giver, said = mark.by, mark.record() | {"private_note": ""}
    row = row or ReviewMark(submission_id=mark.submission_id, seat=seat.seat, target=mark.target, revision=0, by=by)
    newest = row.revisions.aggregate(n=Max("number"))["n"] or 0 if row.pk else 0
    base, row.revision = row.revision, max(row.revision, newest) + 1
    for name, value in (said | {"action_due": mark.action_due}).items():
        setattr(row, name, value)
    row.by, row.taken_over_from, row.shown_at, row.together, row.carried_from = by, giver, None, False, None
    row.save()
    ReviewMarkRevision.objects.create(
        parent=row,
        number=row.revision,
        operation=uuid.uuid4(),
        base=base,
        value=said | {"taken_over_from": giver.pk},
        by=by,
        outcome=RevisionOutcome.TAKEN_OVER,
    )
    return row
