"""A decided case as its second reviewer sees it: what was submitted, without marks, words or names of its reviewers.

It is found by the second look alone (`second_look.find`). Nothing that reviewers wrote is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assessments.core.text_diff import Budget
from assessments.domain.review import queries, second_look_giving
from assessments.domain.review.opened import opened_contents
from assessments.domain.review.sampling import content_of
from assessments.models import SecondLook, SecondLookMark, Submission, User, edition_for
from assessments.views.review.case import ReviewCase
from assessments.views.review.case_pages import PageOfCase
from assessments.views.review.row_evidence import describe
from assessments.views.review.rows import EvidenceRow, JudgedRow
from assessments.views.review.snapshot import taken_apart


class BlindCase(ReviewCase):
    """The facts and answers of a submission in rows, without any mark."""

    def __init__(self, user: User, look: SecondLook, submission: Submission) -> None:
        """`submission`: that of the look, with its snapshot."""
        self.user, self.submission = user, submission
        self.budget = Budget()
        self.assessment = look.submission.assessment
        self.use = self.assessment.use
        self.edition = edition_for(submission.edition_checksum)
        self.sent = taken_apart(submission.snapshot, self.edition)
        self.content = self.sent.content
        self.may_review = self.may_open = self.has_set_aside = self.is_comparison = False
        self.added = self.added_left = self.round_before = 0
        self.seats, self.seat, self.before, self.former = [], None, None, None
        self.replies, self.since, self.changed = {}, "", frozenset()
        self.all_marks, self.asked, self.combined = [], {}, {}
        self.wanted = second_look_giving.asked_of(look, self.content)

    def add_evidence(self, rows: Iterable[JudgedRow]) -> None:
        """Put the evidence of these rows on them as it was submitted, with what became of it: two queries."""
        rows = [row for row in rows if row.is_answer and not row.pieces and row.now.get("evidence")]
        if not rows:
            return
        named = {(p["reference"], p["version"]) for row in rows for p in row.now["evidence"]}
        versions = queries.versions_submitted(self.submission, named)
        opened = opened_contents(self.submission, self.user.pk)
        for row in rows:
            key = row.target.removeprefix("q:")
            row.pieces = [
                describe(
                    EvidenceRow(given, key, is_opened=content_of(given) in opened), versions, self.submission.at.date()
                )
                for given in row.now["evidence"]
            ]

    @property
    def wanted_groups(self) -> list[PageOfCase]:
        """The pages of the second look: the facts and each section, with what is judged of them."""
        wanted = set(self.wanted)
        found = [PageOfCase(self, g.key, g.title, [t for t in g.targets if t in wanted]) for g in self.pages.groups]
        return [group for group in found if group.targets]

    def progress(self, marks: Mapping[str, SecondLookMark]) -> list[tuple[PageOfCase, int]]:
        """Return each page with how many of its facts and answers have a mark."""
        return [(group, sum(target in marks for target in group.targets)) for group in self.wanted_groups]
