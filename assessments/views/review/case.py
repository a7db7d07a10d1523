"""A submission as its reviewers see it: its facts and answers in rows, each with its mark and the round before.

Everything comes from the frozen submission, reached by `finders.submissions_for`; the living draft is never read.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from assessments.core.errors import NotPermitted
from assessments.core.text_diff import Budget
from assessments.domain.review import approvals, cases, own_marks, queries, rounds
from assessments.domain.review.sampling import OwnSet, own_set
from assessments.guideline.edition import Edition
from assessments.models import (
    EvidenceMark,
    Interest,
    MarkKind,
    ReviewMark,
    ReviewSeat,
    SeatRequest,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.marks import combine
from assessments.views.review import row_evidence
from assessments.views.review.baseline import baseline_of
from assessments.views.review.case_pages import CasePages
from assessments.views.review.case_rows import CaseRows
from assessments.views.review.rows import JudgedRow
from assessments.views.review.snapshot import taken_apart


class ReviewCase:
    """A submission with its seats, its marks and the round before it, arranged for the pages of a review."""

    def __init__(self, user: User, reference: str, since: int = 0) -> None:
        """Read the case; 404 where this person may not know of it. `since`: the round to compare with, 0 for the last."""
        found = queries.find_case(user, reference)
        if found is None:
            raise Http404
        self.submission: Submission = found
        self.may_review: bool = found.may_review  # else it is read only, to answer an appeal
        self.has_set_aside: bool = found.has_set_aside  # an action that the organisation marked as not relevant
        self.may_open: bool = found.may_open  # by `finders.gate_of_case`
        self.plan_reference: str | None = found.plan_reference
        self.added: int = found.added  # pieces of evidence that were added after the signing
        self.added_left: int = found.added_left  # those that this reviewer has not judged
        self.user = user
        self.budget = Budget()
        self.assessment = self.submission.assessment
        self.use = self.assessment.use
        self.edition: Edition = edition_for(self.submission.edition_checksum)
        self.sent = taken_apart(self.submission.snapshot, self.edition)
        self.content = self.sent.content
        self.seats: list[ReviewSeat] = queries.seats_of(self.submission)
        self.seat = next((seat for seat in self.seats if seat.reviewer_id == user.pk), None)
        self.replies = self.sent.replies
        compared = baseline_of(user, self.submission, self.sent, since)
        self.before = compared.content
        self.round_before = compared.earlier.round if compared.earlier else 0
        self.since, self.changed, self.former = compared.words, compared.changed, compared.former
        rows = queries.marks_kept(self.submission, compared.earlier)
        self.all_marks = [row for row in rows if row.submission_id == self.submission.pk]
        for row in self.all_marks:
            row.submission = self.submission  # it is asked where a mark was carried from
        self.asked = combine(row for row in rows if row.submission_id != self.submission.pk)
        self.combined = combine(self.all_marks)
        # A comparison with an older round can be read, not marked: the marks are about the round before.
        self.is_comparison = bool(since) and since != self.submission.round - 1

    def require_seat(self) -> ReviewSeat:
        """Return the reader's seat; raises NotPermitted without a seat, and after a declared conflict of interest."""
        if self.seat is None:
            raise NotPermitted(_("Take the case before you mark its answers or make a decision."))
        if not self.may_open and self.seat.to_declare and self.conflict is None:
            raise NotPermitted(
                _("Declare your interests again before you continue. Something has changed since you declared them.")
            )
        if not self.may_open:
            raise NotPermitted(_("You have declared a conflict of interest. Ask a colleague to take over the case."))
        return self.seat

    @property
    def reader(self) -> int:
        """Return the id of the reader while they may set marks; 0 where the case is only read."""
        return self.user.pk if self.is_open else 0

    @cached_property
    def own(self) -> OwnSet | None:
        """Return what the reader's seat has to judge by itself; None without a seat."""
        if self.seat is None:
            return None
        return own_set(self.submission, self.seat.seat, content=self.content, decisive=self.sent.decisive)

    @cached_property
    def kept(self) -> dict[str, ReviewMark]:
        """Return the stored marks of the reader's seat; where the case is only read, those of all seats combined."""
        if not self.reader or self.seat is None:
            return dict(self.combined)
        return {row.target: row for row in self.all_marks if row.seat == self.seat.seat}

    @cached_property
    def others(self) -> dict[str, list[ReviewMark]]:
        """Return the marks of the other seats by target; where the case is only read, of every seat."""
        seat = self.seat.seat if self.reader and self.seat else ""
        found: dict[str, list[ReviewMark]] = {}
        for row in self.all_marks:
            if row.mark and row.seat != seat:
                found.setdefault(row.target, []).append(row)
        return found

    @cached_property
    def marks(self) -> dict[str, ReviewMark]:
        """Return the marks that count for the reader's approval; where the case is only read, of all seats combined."""
        return {target: mark for target, mark in self.kept.items() if mark.mark and self.counts(mark)}

    def counts(self, mark: ReviewMark) -> bool:
        if not self.reader or self.own is None:
            return True
        if mark.target not in self.own.targets:
            return mark.by_id == self.reader
        return mark.shown_at is not None and own_marks.is_own(mark, self.reader)

    @cached_property
    def to_take_over(self) -> dict[str, ReviewMark]:
        """Return the marks of colleagues that the reader may take over by name."""
        if not self.reader or self.seat is None or self.own is None:
            return {}
        standing = [row for row in self.all_marks if row.mark]
        return own_marks.may_take_over(self.seat, self.own.targets, standing)

    @cached_property
    def evidence_marks(self) -> list[EvidenceMark]:
        """Return what the holders of all seats found of the evidence: one query."""
        return queries.evidence_marks_on(self.submission)

    def look(self) -> approvals.Look | None:
        """Return what the reader's seat has looked at; None without a seat. Two queries."""
        if self.seat is None:
            return None
        return approvals.look_of(
            self.submission,
            self.seat,
            content=self.content,
            own=self.own,
            marks=self.all_marks,
            evidence_marks=self.evidence_marks,
        )

    @cached_property
    def has_approved(self) -> bool:
        return self.seat is not None and cases.has_approved(self.submission, self.user)

    @cached_property
    def interests(self) -> list[Interest]:
        """Return what reviewers have declared about the case, oldest first."""
        return queries.interests_in(self.assessment)

    @property
    def conflict(self) -> Interest | None:
        """Return the conflict of interest that this reviewer has declared, or None."""
        return next((one for one in self.interests if one.reviewer_id == self.user.pk and one.words), None)

    @cached_property
    def asks_again(self) -> list[str]:
        """Return what has changed since the reader declared their interests; empty where the declaration is valid."""
        if self.seat is None or not self.seat.to_declare or self.conflict is not None:
            return []
        return rounds.words_of(self.seat.since_declared)

    @property
    def conflicts(self) -> list[Interest]:
        return [one for one in self.interests if one.words]

    @cached_property
    def requests(self) -> list[SeatRequest]:
        """Return the open requests to take a seat; empty for a closed case."""
        under_review = self.assessment.state in (State.SUBMITTED, State.IN_REVIEW)
        return queries.open_requests(self.submission) if self.is_current and under_review else []

    @property
    def is_current(self) -> bool:
        return self.assessment.current_submission_id == self.submission.pk

    @property
    def is_open(self) -> bool:
        """Tell whether marks may be set: with a seat, while the submission is under review and not approved by it."""
        return self.is_decidable and not self.has_approved

    @property
    def is_decidable(self) -> bool:
        """Tell whether the reader holds a seat while the submission is under review.

        A declared conflict of interest, and a declaration to be given again, close the gate (`may_open`).
        """
        if self.seat is None or self.is_comparison or not self.may_open:
            return False
        return self.is_current and self.assessment.state == State.IN_REVIEW

    @property
    def targets(self) -> tuple[str, ...]:
        return self.sent.targets

    def waits(self, target: str) -> bool:
        """Return `JudgedRow.waits` without building the row."""
        if target in self.changed or self.is_replied(target):
            return True
        kept = self.kept.get(target)
        return kept is None or kept.carried_from is None

    def is_replied(self, target: str) -> bool:
        """Tell whether its return was replied to; never in a comparison with an older round."""
        return target in self.replies and not self.is_comparison

    @property
    def left(self) -> int:
        return sum(target not in self.marks for target in self.targets)

    def took(self, row: JudgedRow, mark: ReviewMark) -> None:
        """Show a mark that was just saved."""
        row.mark = self.kept[row.target] = mark
        self.marks.pop(row.target, None)
        if mark.mark and self.counts(mark):
            self.marks[row.target] = mark
        self.all_marks = [one for one in self.all_marks if one.pk != mark.pk] + [mark]
        self.combined = combine(self.all_marks)

    @property
    def plain(self) -> tuple[str, ...]:
        """Return the targets that may be accepted in one action."""
        if not self.is_open:
            return ()
        own = self.own.targets if self.own else frozenset()
        return tuple(t for t in self.sent.plain if not self._is_set(t) and t not in self.changed and t not in own)

    def _is_set(self, target: str) -> bool:
        """Tell whether the reader's seat has a mark on it, or a colleague asks for a change."""
        kept, all_seats = self.kept.get(target), self.combined.get(target)
        return bool(kept and kept.mark) or bool(all_seats and all_seats.mark == MarkKind.CHANGE_NEEDED)

    @property
    def changes(self) -> list[ReviewMark]:
        """Return the marks that ask for a change, in the order of the questionnaire."""
        return [
            self.combined[target]
            for target in self.targets
            if target in self.combined and self.combined[target].mark == MarkKind.CHANGE_NEEDED
        ]

    @property
    def asked_actions(self) -> int:
        """Count the answers that are accepted with an action; an older mark of this kind on a fact asks for none."""
        wanted = [mark for mark in self.combined.values() if mark.mark == MarkKind.ACCEPTED_WITH_ACTION]
        return sum(mark.target.startswith("q:") for mark in wanted)

    @cached_property
    def rows(self) -> CaseRows:
        return CaseRows(self)

    @cached_property
    def pages(self) -> CasePages:
        return CasePages(self)

    def add_evidence(self, rows: Iterable[JudgedRow]) -> None:
        """Give these rows their evidence: three queries, two more where something was added after the signing."""
        row_evidence.add_evidence(self, rows)

    def title_of(self, target: str) -> str:
        """Return `JudgedRow.title` without building the row."""
        if target in self.sent.facts:
            known = self.edition.facts.get(target.removeprefix("f:"))
            return known.label if known else target.removeprefix("f:")
        return self.edition.questions[target.removeprefix("q:")].title
