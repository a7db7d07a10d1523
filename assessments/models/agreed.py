"""What reviewers said on accepting: who accepted an answer and when, and which actions they asked for with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy

from assessments.models.marks import combined_marks
from assessments.models.remediation import RemediationAction
from assessments.models.reviews import MarkKind, ReviewMark
from assessments.models.submissions import Submission

PREFIX = "q:"
CLOSED_BY = gettext_lazy("Evidence that the reviewer's request has been met.")
"""What closes an action that a reviewer asked for and no answer falls short of."""


def as_sentences(asked: str) -> str:
    """Set the lines of what reviewers asked for as sentences, one after another."""
    lines = [line.strip() for line in asked.splitlines() if line.strip()]
    return " ".join(line if line[-1] in ".!?:;。！？" else f"{line}." for line in lines)


@dataclass(frozen=True, slots=True)
class AgreedAction:
    """An action that reviewers asked for: its number, of which question, what is to be done, more words, its last day."""

    number: int
    question: str
    title: str
    words: str
    due: date


def agreed_actions(submission: Submission, at: datetime) -> list[AgreedAction]:
    """Return what was asked for on accepting answers of a submission, where it was open at a moment. Two queries."""
    asked = {
        target.removeprefix(PREFIX): mark
        for target, mark in combined_marks(submission).items()
        if mark.mark == MarkKind.ACCEPTED_WITH_ACTION and target.startswith(PREFIX)
    }
    if not asked:
        return []
    rows = RemediationAction.objects.filter(use=submission.assessment.use_id, question__in=asked, opened_at__lte=at)
    rows = rows.filter(Q(closed_at=None) | Q(closed_at__gt=at)).exclude(asked="").order_by("number")
    found: dict[str, AgreedAction] = {}
    for row in rows:  # of a split action the first part
        mark = asked[row.question]
        first, _newline, _rest = mark.words.strip().partition("\n")
        title = mark.action_title.strip() or first or row.title
        words = mark.words.strip() if mark.action_title.strip() else mark.words.strip().removeprefix(first).strip()
        found.setdefault(row.question, AgreedAction(row.number, row.question, title, words, row.last_due))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepted an answer, and when the last of them did."""

    names: tuple[str, ...]
    at: datetime


def accepted_answers(submission: Submission, questions: Iterable[str]) -> dict[str, Acceptance]:
    """Return who accepted each of these answers, where nobody who marked it did otherwise. One query."""
    targets = [f"{PREFIX}{question}" for question in questions]
    rows = ReviewMark.objects.filter(submission=submission, target__in=targets).exclude(mark="").select_related("by")
    found: dict[str, list[ReviewMark]] = {}
    for row in rows.order_by("seat", "pk"):
        found.setdefault(row.target.removeprefix(PREFIX), []).append(row)
    return {
        question: Acceptance(tuple(dict.fromkeys(str(mark.by) for mark in marks)), max(mark.at for mark in marks))
        for question, marks in found.items()
        if all(mark.mark == MarkKind.ACCEPTED for mark in marks)
    }
