"""The rows of a section as they are read: each drawn once for the same question, answer, evidence, talk and reader.

Drawing a question takes most of a section's time, and between two visits most of them stay as they were. What a row
shows is all in its key; a row with something typed in it, or with a conflict, is never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from assessments.access import finders
from assessments.core.operations import operations
from assessments.domain.review.told_marks import told_marks
from assessments.guideline.edition import Question
from assessments.models import Answer, EvidenceUse
from assessments.models.base import sha256
from assessments.views.assessment.evidence_strip import EvidenceLine, make_strip
from assessments.views.assessment.member_case import MemberCase
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import make_form, stored_answers, unlocked_on_page, view_question

TEMPLATE = "assessments/assessment/question.html"
OPERATION = token_hex(16)
"""Stands in a kept row where each page puts an operation of its own, so that no two pages' saves are taken for one."""


@dataclass(frozen=True, slots=True)
class SectionQuestion:
    """A question as the section page counts and shows it."""

    key: str
    answer: Answer | None
    editable: bool
    html: SafeString


def rows_of(case: MemberCase, questions: Sequence[Question], also: Sequence[Question] = ()) -> list[SectionQuestion]:
    """Return the rows of a page that nobody has sent anything to; `also`: whose answers are fetched to be counted only."""
    case.stored = stored = stored_answers(case, [*questions, *also])
    unlocked = unlocked_on_page(case, stored, questions)
    evidence = finders.evidence_on(case.assessment, [question.key for question in questions])
    locked = {q.key for q in questions if unlocked is not None and q.key not in unlocked}
    form_around = case.may_answer and len(locked) < len(questions)
    reader = _reader(case)
    told = told_marks(case.assessment, [question.key for question in questions])
    rows, names = [], operations()
    for number, question in enumerate(questions, 1):
        answer, uses = stored.get(question.key), evidence.get(question.key, [])
        is_locked = question.key in locked
        state = (
            reader,
            number,
            question.key,
            is_locked,
            form_around,
            case.marks.get(question.key),
            _said(answer),
            _pieces(uses),
            told.get(question.key),
        )
        key = f"row:{sha256(repr(state))}"
        html = caches["rows"].get(key)
        if html is None:
            view = _view(case, number, question, answer, uses, locked=is_locked)
            view.told = told.get(question.key, ())
            html = _draw(view, form_around=form_around)
            caches["rows"].set(key, html)
        html = mark_safe(html.replace(OPERATION, next(names)))  # noqa: S308 (a template's own)
        rows.append(SectionQuestion(question.key, answer, case.may_answer and not is_locked, html))
    return rows


def _view(
    case: MemberCase,
    number: int,
    question: Question,
    answer: Answer | None,
    uses: Sequence[EvidenceUse],
    *,
    locked: bool,
) -> QuestionView:
    editable = case.may_answer and not locked
    view = view_question(case, number, make_form(case, question, answer), editable=editable, locked=locked)
    view.marks = case.marks.get(question.key, finders.NO_MARKS)
    view.may_ask = case.may_ask
    view.evidence = make_strip(case, question.key, uses, editable=editable)
    return view


def _draw(view: QuestionView, *, form_around: bool) -> str:
    return render_to_string(TEMPLATE, {"view": view, "outside": not form_around}).replace(view.operation, OPERATION)


def _reader(case: MemberCase) -> str:
    """Return all that is the same for every row of a page: who reads what of which use, in which language, on which day."""
    declared = case.declared
    facts = sorted((key, repr(value)) for key, value in declared.facts.items())
    of_use = (case.edition.checksum, facts, declared.parts, str(declared.tier))
    of_reader = (case.user.pk, case.may_answer, case.may_ask, case.assessment.reference)
    return sha256(repr((of_use, of_reader, get_language(), timezone.localdate())))


def _said(answer: Answer | None) -> tuple[object, ...]:
    if answer is None:
        return ()
    return (
        answer.pk,
        answer.revision,
        answer.at,
        answer.by_id,
        str(answer.by),
        answer.to_confirm,
        answer.closed_action,
    )


def _pieces(uses: Sequence[EvidenceUse]) -> list[tuple[object, ...]]:
    lines = [EvidenceLine(use) for use in uses]
    return [(line.piece.reference, line.piece.title, line.meta, line.warning, line.may_be_confirmed) for line in lines]
