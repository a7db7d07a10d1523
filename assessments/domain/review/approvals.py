"""What an approval rests on: what its seat opened and judged, what stands in the way, and taking an approval back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.durations import median_words
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.certificates import issuing
from assessments.domain.review import cases
from assessments.domain.review.obstacles import Code, Obstacle
from assessments.domain.review.opened import opened_contents
from assessments.domain.review.own_marks import is_own
from assessments.domain.review.sampling import OwnSet, own_set
from assessments.models import (
    Condition,
    DecisionKind,
    EvidenceMark,
    ReviewDecision,
    ReviewMark,
    ReviewSeat,
    Submission,
    User,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

TAKEN_BACK = "approval_taken_back"


@dataclass(frozen=True, slots=True)
class Look:
    """What one seat looked at, counted by the server. `judged` of `asked`: facts and answers of its own set, opened too.

    `opened` of `openable`: evidence items, by content. `pieces_judged` of `pieces`: those under answers.
    """

    judged: int
    asked: int
    opened: int
    openable: int
    pieces_judged: int
    pieces: int
    median_seconds: int | None
    marked: int  # by the holder: alone, together or taken over; of all facts and answers of the submission
    targets: int
    together: int
    taken_over: Mapping[str, int]  # name to how many
    drawn: int
    drawn_from: int
    drawn_percent: int = field(default_factory=lambda: issuing.rules_today().drawn_percent)
    rules: str = field(default_factory=lambda: str(issuing.rules_today().release))

    @property
    def is_complete(self) -> bool:
        return (self.judged, self.opened, self.pieces_judged) == (self.asked, self.openable, self.pieces)

    @property
    def is_short(self) -> bool:
        """Tell whether the marks were set faster than anybody reads."""
        return self.median_seconds is not None and self.median_seconds < issuing.rules_today().short_look_seconds


def look_of(
    submission: Submission,
    seat: ReviewSeat,
    *,
    content: Mapping[str, Any] | None = None,
    own: OwnSet | None = None,
    marks: Iterable[ReviewMark] | None = None,
    evidence_marks: Iterable[EvidenceMark] | None = None,
) -> Look:
    """Count what the holder of a seat has looked at. A page hands in what it has read; marks of other seats do not count."""
    content = content or submission.content()
    own = own or own_set(submission, seat.seat, content=content)
    rows = submission.marks.filter(seat=seat.seat).select_related("taken_over_from") if marks is None else marks
    standing = [row for row in rows if row.seat == seat.seat and row.mark]
    mine = [row for row in standing if is_own(row, seat.reviewer_id) and row.shown_at is not None]
    found = submission.evidence_marks.filter(seat=seat.seat) if evidence_marks is None else evidence_marks
    verdicts = {
        (row.question, row.piece)
        for row in found
        if row.seat == seat.seat and row.verdict and row.by_id == seat.reviewer_id
    }
    opened = opened_contents(submission, seat.reviewer_id) if own.openable else set()
    taken: dict[str, int] = {}
    for row in standing:
        if row.taken_over_from is not None:
            taken[str(row.taken_over_from)] = taken.get(str(row.taken_over_from), 0) + 1
    return Look(
        judged=len(own.targets & {row.target for row in mine}),
        asked=len(own.targets),
        opened=len(own.openable & opened),
        openable=len(own.openable),
        pieces_judged=sum(bool(places & verdicts) for places in own.pieces.values()),
        pieces=len(own.pieces),
        median_seconds=_median_seconds(mine),
        marked=sum(row.by_id == seat.reviewer_id for row in standing),
        targets=len(content["facts"]) + len(content["questions"]),
        together=sum(row.together for row in standing),
        taken_over=taken,
        drawn=len(own.drawn),
        drawn_from=own.rest,
    )


def _median_seconds(marks: Iterable[ReviewMark]) -> int | None:
    """Return the median of how long a mark took, in whole seconds; None where no mark of this round tells."""
    each = seconds_each((row.shown_at, row.at) for row in marks if row.carried_from_id is None)
    return int(median(each)) if each else None


def seconds_each(marks: Iterable[tuple[Any, Any]]) -> list[float]:
    """Return how long each mark took, from when it was shown and when it was set.

    The marks that were set on one showing of a page share the time from the showing to the last of them.
    """
    showings: dict[Any, list[Any]] = {}
    for shown, at in marks:
        showings.setdefault(shown, []).append(at)
    return [(max(at) - shown).total_seconds() / len(at) for shown, at in showings.items() for _mark in at]


def obstacles(look: Look) -> list[Obstacle]:
    """Return what of the own set this seat has not opened and judged; empty when all is done."""
    reasons = []
    if look.judged < look.asked:
        reasons.append(
            _("Required facts and answers still to be opened and marked: %(n)s of %(all)s.")
            % {"n": look.asked - look.judged, "all": look.asked}
        )
    if look.opened < look.openable:
        reasons.append(
            _("Required evidence still to be opened: %(n)s of %(all)s.")
            % {"n": look.openable - look.opened, "all": look.openable}
        )
    if look.pieces_judged < look.pieces:
        reasons.append(
            _(
                "Evidence still to be judged for the required answers: %(n)s of %(all)s. Judgements of evidence for"
                " other answers do not count here."
            )
            % {"n": look.pieces - look.pieces_judged, "all": look.pieces}
        )
    return [Obstacle(Code.OWN_SET, words) for words in reasons]


def standing(decisions: Iterable[ReviewDecision]) -> list[ReviewDecision]:
    """Return the approvals that stand, of all decisions on a submission, oldest first."""
    given: dict[int, ReviewDecision] = {}
    for decision in decisions:
        if decision.kind == DecisionKind.APPROVE:
            given[decision.by_id] = decision
        elif decision.kind == DecisionKind.TAKE_BACK:
            given.pop(decision.by_id, None)
    return list(given.values())


def looked_at(decision: ReviewDecision) -> dict[str, Any] | None:
    """Return what the reviewer had looked at when approving, as it was signed; None for a decision that did not record it."""
    return decision.looked_at


def looked_at_words(said: Mapping[str, Any] | None) -> list[str]:
    """Say what was looked at in sentences, as the server wrote it; of an older decision that it was not recorded."""
    if said is None:
        return [_("This approval does not record what the reviewer looked at.")]
    lines = [
        _("Opened and marked by this reviewer: %(judged)s of %(asked)s required facts and answers.") % said,
        _("Evidence items opened: %(opened)s of %(openable)s.") % said,
        _("Evidence items judged for the required answers: %(pieces_judged)s of %(pieces)s.") % said,
        _(
            "Drawn at random: %(drawn)s of the %(drawn_from)s other facts and answers (%(drawn_percent)s "
            "%%, rounded up)."
        )
        % said,
    ]
    if said["median_seconds"] is not None:
        lines.append(median_words(said["median_seconds"]))
    if said["together"]:
        lines.append(_("Other facts and answers accepted together: %(together)s.") % said)
    for name, n in said["taken_over"].items():
        lines.append(_("Marks adopted from %(name)s: %(n)s.") % {"name": name, "n": n})
    single = said["marked"] - said["judged"] - said["together"] - sum(said["taken_over"].values())
    if single > 0:
        lines.append(_("Other facts and answers marked one by one: %(n)s.") % {"n": single})
    lines.append(_("Marked in total: %(marked)s of %(targets)s facts and answers.") % said)
    return lines


def record(look: Look) -> dict[str, Any]:
    """As it is stored with the signed decision: the counts, and the rule that applied."""
    return {**asdict(look), "taken_over": dict(look.taken_over)}


def tell_of_short_look(submission: Submission, look: Look, *, by: User) -> None:
    """Tell the other seat where an approval came faster than anybody reads."""
    others = submission.seats.exclude(reviewer=by).values_list("reviewer_id", flat=True)
    if not look.is_short:
        return
    notify(
        MessageKind.SHORT_LOOK,
        others,
        about=f"submission:{submission.reference}",
        link=links.review(submission),
        context={"name": by, "use": submission.assessment.use.title, "seconds": look.median_seconds or 0},
    )


@proof.asked
@transaction.atomic
def take_back_approval(submission: Submission, *, by: User, reason: str) -> ReviewDecision:
    """Take one's approval back while the case is in review: the marks are open again and its conditions go.

    The other seat is told. Raises as `cases.case_under_review`; WorkflowError where no approval of this person stands,
    InvalidAnswer without a reason.
    """
    assessment, seat = cases.case_under_review(submission, by)
    approval = submission.decisions.approvals().filter(by=by).first()
    if approval is None:
        raise WorkflowError(_("You have not approved this submission."))
    if not reason.strip():
        raise InvalidAnswer(
            "reason",
            _(
                "Say why you are withdrawing your approval. The other reviewer can read your reason. It is kept "
                "in the record of the case."
            ),
        )
    decision: ReviewDecision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.TAKE_BACK, independent=seat.independent, statement=reason
    )
    conditions = Condition.objects.filter(decision=approval)
    gone = sorted(conditions.values_list("question", flat=True))
    conditions.delete()
    notify(
        MessageKind.APPROVAL_TAKEN_BACK,
        [one.reviewer_id for one in submission.seats.all() if one.reviewer_id != by.pk],
        about=f"submission:{submission.reference}",
        link=links.review(submission),
        context={"name": by, "use": assessment.use.title, "reason": reason},
    )
    log.record(
        AuditKind.APPROVAL_TAKEN_BACK,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"submission": submission.reference, "reason": reason, "conditions": gone},
        rows=[decision],
    )
    return decision
