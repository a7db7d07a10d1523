"""Judge a submission: marks of answers and facts, and of their evidence. One function, one transaction each.

Marks are saved as answers are: with the revision that the page showed (`base`) and a one-time operation id. A repeated
operation changes nothing; a stale save that differs is kept as a version beside the newer one and raises Conflict.
`approval` and `decisions` read what is stored here. Every function names its actor, `by=`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import Conflict, InvalidAnswer, WorkflowError
from assessments.domain.review import agreed_actions, opened
from assessments.domain.review.cases import open_case
from assessments.domain.review.reasons import require_fitting
from assessments.domain.review.sampling import own_set
from assessments.domain.review.targets import left_to_accept, review_targets
from assessments.guideline.terms import Tier
from assessments.models import (
    EvidenceMark,
    MarkKind,
    ReviewMark,
    ReviewMarkRevision,
    ReviewSeat,
    RevisionOutcome,
    Submission,
    User,
    Verdict,
    edition_for,
)
from assessments.models.snapshots import changed_targets, pieces_of

# --- marks -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenMark:
    """A mark as a page gives it. An empty `mark` takes one back: not looked at.

    `seen`: the token of the page that showed the answer (`opened.token`), without which the mark counts as not opened.
    """

    mark: str
    reason: str = ""
    words: str = ""
    would_satisfy: str = ""
    private_note: str = ""
    action_title: str = ""
    action_due: date | None = None
    seen: str = ""

    def fields(self) -> dict[str, Any]:
        """Return the columns of the mark."""
        fields = asdict(self) | {"mark": str(self.mark), "reason": str(self.reason)}
        del fields["seen"]
        return fields


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """The judgement of one piece of evidence as a page gives it. An empty `verdict` takes one back."""

    verdict: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Saving:
    """How a version is saved: by whom, and from which page.

    `base`: the revision that the page showed; None: whatever stands. `operation`: the page's one-time id. `together`:
    accepted with others in one action. `shown_at`: when the page showed the answer.
    """

    by: User
    base: int | None = None
    operation: uuid.UUID | None = None
    outcome: RevisionOutcome = RevisionOutcome.CURRENT
    together: bool = False
    shown_at: datetime | None = None


@proof.factor_asked
def save_mark(
    submission: Submission,
    target: str,
    given: GivenMark,
    *,
    by: User,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> ReviewMark:
    """Mark one answer (`q:<key>`) or fact (`f:<key>`) of a submission under review, in one's seat; every version is kept.

    `base` is the revision that was shown (0: none; None: whatever stands). Raises NotPermitted for anybody without a
    seat, Locked outside review and after one's approval, Conflict where a newer version stands, and InvalidAnswer where
    *change needed* lacks its reason or what would satisfy, *accepted with action* its action or is given to a fact, or
    where the reason does not fit the answer.
    """
    with transaction.atomic():
        saved = _save_mark(submission, target, given, by=by, base=base, operation=operation)
    if isinstance(saved, Conflict):  # raised out here, so that the version beside the newer one stays stored
        raise saved
    return saved


def _save_mark(
    submission: Submission,
    target: str,
    given: GivenMark,
    *,
    by: User,
    base: int | None,
    operation: uuid.UUID | None,
) -> ReviewMark | Conflict:
    _assessment, seat = open_case(submission, by)
    content = submission.content()
    if target not in review_targets(content):
        raise InvalidAnswer("target", _("There is no fact or answer “%(target)s” to mark.") % {"target": target})
    row = _mark_of_seat(submission, seat, target)
    _check_mark(submission, target, given, stands=row is not None)
    require_fitting(content, target, str(given.reason), stands=row.reason if row else "")
    row = row or ReviewMark(submission=submission, seat=seat.seat, target=target, revision=0, by=by)
    shown = opened.shown_at(given.seen, submission, target, by=by)
    if write_version(row, given.fields(), Saving(by, base, operation, shown_at=shown)) is False:
        words = _(
            "%(name)s marked this answer or fact as “%(mark)s” while you were looking at it. Nothing was overwritten."
        )
        return Conflict(words % {"name": row.by, "mark": row.get_mark_display() or _("Not marked")}, row)
    return row


def _mark_of_seat(submission: Submission, seat: ReviewSeat, target: str) -> ReviewMark | None:
    rows = ReviewMark.kept.filter(submission=submission, seat=seat.seat, target=target)
    return rows.select_related("by").first()


def _check_mark(submission: Submission, target: str, given: GivenMark, *, stands: bool) -> None:
    mark = given.mark
    if mark not in MarkKind.values and not (mark == "" and stands):
        raise InvalidAnswer("mark", _("Choose a mark."))
    if mark == MarkKind.CHANGE_NEEDED:
        if not given.reason:
            raise InvalidAnswer("reason", _("Choose why a change is needed."))
        if not given.would_satisfy.strip():
            raise InvalidAnswer(
                "would_satisfy",
                _("Fill in “What you would accept”. The organisation has to know what to correct."),
            )
    if mark == MarkKind.ACCEPTED_WITH_ACTION:
        if not target.startswith("q:"):
            raise InvalidAnswer(
                "mark", _("Choose “Accepted” or “Change needed”. A fact cannot have an action in the plan.")
            )
        if not given.action_title.strip() and not given.words.strip():
            raise InvalidAnswer(
                "action_title", _("Say what is still to be done. Your text becomes an action in the plan.")
            )
        _check_due(submission, given.action_due)


def _check_due(submission: Submission, due: date | None) -> None:
    days = agreed_actions.longest_action_days(edition_for(submission.edition_checksum), Tier(submission.assigned_tier))
    today = timezone.localdate()
    if due is not None and not today < due <= today + timedelta(days=days):
        raise InvalidAnswer(
            "action_due", _("Choose a date from tomorrow to %(days)s days from today.") % {"days": days}
        )


@proof.factor_asked
def undo_mark(submission: Submission, target: str, *, by: User, base: int) -> ReviewMark:
    """Go back to the version of a mark before the one that stands, as a new version; before the first: not looked at.

    A version that somebody else wrote comes back under that person's name: it is then no mark of one's own. Raises as
    `save_mark`, WorkflowError where nothing was marked; nothing is typed, so a stale `base` keeps nothing.
    """
    with transaction.atomic():
        _assessment, seat = open_case(submission, by)
        row = _mark_of_seat(submission, seat, target)
        if row is None:
            raise WorkflowError(_("There is no mark to undo."))
        if row.revision != base:
            words = _("%(name)s has changed this mark since you opened the page. Nothing was undone.")
            raise Conflict(words % {"name": row.by}, row)
        stored = row.revisions.exclude(outcome=RevisionOutcome.CONFLICT).filter(number__lt=row.revision)
        before = stored.order_by("-number").select_related("by").first()
        fields: dict[str, Any] = dict.fromkeys(row.record(), "") | {"action_due": None}
        if before is not None:
            fields |= {name: before.value.get(name, "") for name in fields}
            fields["action_due"] = date.fromisoformat(fields["action_due"]) if fields["action_due"] else None
        shown = row.shown_at if before is not None and before.by_id == by.pk else None
        write_version(row, fields, Saving(by, base, outcome=RevisionOutcome.RESTORED, shown_at=shown))
        if before is not None:
            _as_it_was(row, before, by=by)
    return row


def _as_it_was(row: ReviewMark, before: ReviewMarkRevision, *, by: User) -> None:
    """Give a restored mark the person, and the round, that it had."""
    if before.by_id != by.pk:
        row.by = before.by
    row.taken_over_from_id = before.value.get("taken_over_from")
    row.shown_at = None if row.taken_over_from_id else row.shown_at
    if before.outcome == RevisionOutcome.CARRIED:
        row.carried_from_id = _carried_from(row, row.submission)
    row.save(update_fields=["by", "taken_over_from", "shown_at", "carried_from"])


def _carried_from(row: ReviewMark, submission: Submission) -> int | None:
    """The mark that the first version of this one was carried from: of the round before, else of the last decision."""
    earlier = ReviewMark.objects.filter(
        submission__assessment__use=submission.assessment.use_id, seat=row.seat, target=row.target
    )
    found = earlier.filter(submission__lt=submission.pk).order_by("-submission", "pk").values_list("pk", flat=True)
    return found.first()


@proof.factor_asked
def accept_together(submission: Submission, targets: Iterable[str], *, by: User) -> list[ReviewMark]:
    """Accept, in one action and recorded as such, those of `targets` that this seat has not marked and need no look alone.

    What is in the own set of the seat, a must, not fully in place, contradicted by a check, changed since the round before
    or replied to stays unmarked whatever `targets` names (`left_to_accept`). Raises as `save_mark`.
    """
    with transaction.atomic():
        assessment, seat = open_case(submission, by)
        may = set(may_accept_together(submission, seat))
        chosen = set(targets)
        rows = {row.target: row for row in ReviewMark.kept.filter(submission=submission, seat=seat.seat, mark="")}
        accepted = []
        for target in review_targets(submission.content()):
            if target not in chosen or target not in may:
                continue
            row = rows.get(target) or ReviewMark(
                submission=submission, seat=seat.seat, target=target, revision=0, by=by
            )
            fields = row.record() | {"mark": str(MarkKind.ACCEPTED), "action_due": row.action_due}
            write_version(row, fields, Saving(by, together=True))
            accepted.append(row)
        if accepted:
            log.record(
                AuditKind.MARKS_ACCEPTED_TOGETHER,
                assessment,
                by=by,
                organisation=assessment.organisation,
                details={"submission": submission.reference, "targets": sorted(row.target for row in accepted)},
            )
    return accepted


def may_accept_together(submission: Submission, seat: ReviewSeat) -> tuple[str, ...]:
    """The targets that the holder of a seat may accept in one action now."""
    content, edition = submission.content(), edition_for(submission.edition_checksum)
    in_the_way = Q(seat=seat.seat) | Q(mark=MarkKind.CHANGE_NEEDED)  # what a colleague wants changed is looked at alone
    marked = set(submission.marks.filter(in_the_way).values_list("target", flat=True))
    before = submission.assessment.submissions.filter(round=submission.round - 1).first()
    changed = changed_targets(before.content(), content) if before else set()
    return left_to_accept(edition, content, marked, changed | own_set(submission, seat.seat, content=content).targets)


@proof.factor_asked
def mark_evidence(
    submission: Submission,
    question: str,
    piece: str,
    given: GivenVerdict,
    *,
    by: User,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> EvidenceMark:
    """Say of one piece under one answer whether it supports it; `piece` is its reference.

    Raises as `save_mark`; InvalidAnswer where the answer names no such piece.
    """
    with transaction.atomic():
        _assessment, seat = open_case(submission, by)
        named = {p["reference"]: p for p in pieces_of(submission.content()["answers"].get(question))}
        if piece not in named:
            raise InvalidAnswer("piece", _("This evidence is not attached to the answer."))
        if given.verdict and given.verdict not in Verdict.values:
            raise InvalidAnswer("verdict", _("Choose one of the three judgements."))
        row = (
            submission.evidence_marks.filter(seat=seat.seat, question=question, piece=piece)
            .select_related("by")
            .first()
        )
        if row is None:
            if not given.verdict:
                raise InvalidAnswer("verdict", _("Choose whether the evidence supports the answer."))
            version = named[piece]["version"]
            row = EvidenceMark(
                submission=submission,
                seat=seat.seat,
                question=question,
                piece=piece,
                version=version,
                revision=0,
                by=by,
            )
        fields = {"verdict": str(given.verdict), "note": given.note}
        kept = write_version(row, fields, Saving(by, base, operation))
    if kept is False:
        words = _(
            "Open the page again to see the judgement. %(name)s judged this evidence while you were looking at it. "
            "Nothing was overwritten."
        )
        raise Conflict(words % {"name": row.by}, row)
    return row


def write_version(row: Any, fields: Mapping[str, Any], saving: Saving) -> bool | None:
    """Make `fields` the version that stands; True: written, None: it stood already, False: a newer one stands.

    The same judgement by another person is a version of its own, as is one that was not opened before. Where a newer one
    stands, what was given is kept beside it, unless this operation, or the person's newest such version, is it.
    """
    by, operation, shown_at = saving.by, saving.operation, saving.shown_at
    record = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields.items()}
    stands = row.pk and row.record() == record
    if stands and saving.outcome == RevisionOutcome.CURRENT and _is_judged_by(row, by, shown_at):
        return None
    number = 1
    if row.pk:
        number = max(row.revision, row.revisions.aggregate(n=Max("number"))["n"] or 0) + 1
        known = row.revisions.filter(operation=operation).first() if operation else None
        if known is not None and known.number != row.revision:
            return False
        if known is not None:
            operation = None  # the same page goes on from what it saved
        elif saving.base is not None and saving.base != row.revision:
            newest = row.revisions.filter(by=by, outcome=RevisionOutcome.CONFLICT).order_by("-number").first()
            if newest is None or newest.value != record:
                _keep(row, number, record, replace(saving, outcome=RevisionOutcome.CONFLICT))
            return False
    for name, value in fields.items():
        setattr(row, name, value)
    base, same_person = row.revision, row.by_id == by.pk
    row.by, row.revision = by, number
    if isinstance(row, ReviewMark | EvidenceMark):
        row.carried_from = None
    if isinstance(row, ReviewMark):
        row.together, row.taken_over_from = saving.together, None
        row.shown_at = shown_at or (row.shown_at if same_person else None)
    row.save()
    _keep(row, number, record, replace(saving, base=base, operation=operation))
    return True


def _keep(row: Any, number: int, record: Mapping[str, Any], saving: Saving) -> None:
    """Keep a version of a row that is stored."""
    operation = saving.operation or uuid.uuid4()
    row.revisions.create(
        number=number, operation=operation, base=saving.base, value=record, by=saving.by, outcome=saving.outcome
    )


def _is_judged_by(row: Any, by: User, shown_at: datetime | None) -> bool:
    """Tell whether a row is this person's own judgement already, as far as `shown_at` tells opened too."""
    if not isinstance(row, ReviewMark):
        return not isinstance(row, EvidenceMark) or row.by_id == by.pk
    own = row.by_id == by.pk and row.taken_over_from_id is None
    return own and (shown_at is None or (row.shown_at is not None and not row.together))
