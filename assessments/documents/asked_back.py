"""What a return asks for, as its letter lists it: each answer, fact and part with who asks and why, and the other tasks."""

from __future__ import annotations

from dataclasses import dataclass

from assessments.documents import letter_words
from assessments.documents.certificate_words import CONFORMITY_ZH
from assessments.documents.letter_words import Pair
from assessments.guideline.edition import Edition
from assessments.models import MarkKind, MarkReason, PartVerdict, ReviewDecision, ReviewMark


@dataclass(frozen=True, slots=True)
class ReviewerRequest:
    """What one reviewer asks at one thing: the reason that was chosen, the reviewer's own words, what would satisfy."""

    name: str
    reason: Pair
    words: str
    would_satisfy: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """One thing that goes back: what it is, its title, and who asks what."""

    what: Pair
    title: str
    title_zh: str
    asked: tuple[ReviewerRequest, ...]


@dataclass(frozen=True, slots=True)
class AskedBack:
    """All that a return asks for."""

    returned: tuple[ReturnedItem, ...] = ()
    tasks: tuple[tuple[str, str], ...] = ()  # what else is needed before an approval: label and words


NOTHING = AskedBack()


def asked_back(decision: ReviewDecision, edition: Edition) -> AskedBack:
    """Read what a return asks for, of every seat: facts first, then answers, then parts. Three queries."""
    submission = decision.submission
    marks = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).select_related("by").order_by("seat", "pk")
    by_target: dict[str, list[ReviewerRequest]] = {}
    for mark in marks:
        by_target.setdefault(mark.target, []).append(_of_mark(mark))
    titles = [(f"f:{key}", letter_words.FACT, fact.label) for key, fact in edition.facts.items()]
    titles += [(f"q:{key}", letter_words.ANSWER, question.title) for key, question in edition.questions.items()]
    found = [ReturnedItem(what, title, "", tuple(by_target[key])) for key, what, title in titles if key in by_target]
    rows = submission.part_marks.filter(returned=True).exclude(verdict="").select_related("by").order_by("seat", "pk")
    by_part: dict[str, list[ReviewerRequest]] = {}
    for row in rows:
        by_part.setdefault(row.part, []).append(
            ReviewerRequest(str(row.by), letter_words.VERDICTS[PartVerdict(row.verdict)], row.words)
        )
    for part in edition.gates.conformity_file:
        if part.key in by_part:
            label_zh = CONFORMITY_ZH.get(part.key, "")
            found.append(ReturnedItem(letter_words.PART, part.label, label_zh, tuple(by_part[part.key])))
    return AskedBack(tuple(found), tuple((task.label, task.words) for task in decision.tasks.order_by("pk")))


def _of_mark(mark: ReviewMark) -> ReviewerRequest:
    reason = letter_words.MARK_REASONS[MarkReason(mark.reason)] if mark.reason else letter_words.NO_MARK_REASON
    return ReviewerRequest(str(mark.by), reason, mark.words, mark.would_satisfy)
