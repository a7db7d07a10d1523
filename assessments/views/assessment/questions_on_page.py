"""The questions of a page, each built from the edition, what is stored and what was posted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from assessments.access import finders
from assessments.access.finders.assessments import NO_MARKS
from assessments.core import text_diff
from assessments.domain.answering.organisation_answers import is_inherited
from assessments.forms.answering import AnswerForm
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Strength
from assessments.models import Answer, State
from assessments.scoring.inputs import Declared
from assessments.views.assessment.evidence_strip import make_strip
from assessments.views.assessment.member_case import MemberCase
from assessments.views.assessment.question import AnswerVersion, ChecklistLine, QuestionView, moment
from assessments.views.wording import said_lines, whole_word

STRENGTHS = tuple(Strength)


def clauses_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    """Return the clauses of these duties as (id, cited, strongest word). Duties out of scope are left out."""
    strongest: dict[str, Strength] = {}
    for id in ids:
        duty = edition.requirements[id]
        if not declared.in_scope(duty):
            continue
        stands = strongest.get(duty.clause)
        if stands is None or STRENGTHS.index(duty.strength) < STRENGTHS.index(stands):
            strongest[duty.clause] = duty.strength
    return [(clause, edition.cited(clause), str(strength)) for clause, strength in strongest.items()]


def numbers_of(edition: Edition, declared: Declared, ids: Iterable[str]) -> str:
    """Return the printed numbers of the clauses, for the end of a checklist's line."""
    return " · ".join(
        dict.fromkeys(edition.clauses[clause].number for clause, _c, _s in clauses_of(edition, declared, ids))
    )


def view_question(
    case: MemberCase, number: int, form: AnswerForm, *, editable: bool = True, locked: bool = False
) -> QuestionView:
    """Build the view of a question from its form and the edition. No query but that of the use behind a copied answer."""
    edition, declared, question = case.edition, case.declared, form.question
    context = declared.context
    ticked = form.given("items") or [] if question.is_checklist else []
    errors = form.errors if form.is_bound else {}
    lines = [
        ChecklistLine(
            key=item.key,
            text=item.text,
            clauses=numbers_of(edition, declared, item.requirements),
            ticked=item.key in ticked,
            reason=form.given(f"reason-{item.key}") or "",
            may_not_apply=edition.not_applicable_allowed(item.requirements, context),
            name=form.add_prefix(f"reason-{item.key}"),
            id=f"q-{question.key}--reason-{item.key}",
            error=str(errors[f"reason-{item.key}"][0]) if f"reason-{item.key}" in errors else "",
        )
        for item in (declared.items(edition, question) if question.is_checklist else ())
    ]
    of_action = bool(form.stored and form.stored.closed_action)
    stored = form.stored
    inherited = stored is not None and question.organisation_wide and is_inherited(stored)
    return QuestionView(
        number=number,
        question=question,
        form=form,
        answer=form.stored,
        url=reverse("answer", args=[case.assessment.reference, question.key]),
        reference=case.assessment.reference,
        use_reference=case.assessment.use.reference if of_action and case.sees_all else "",
        editable=editable,
        locked=locked,
        may_not_apply=edition.not_applicable_allowed(question.requirements, context),
        lines=lines,
        clauses=clauses_of(edition, declared, question.requirements),
        user=case.user,
        is_opt_out=edition.is_opt_out(question),
        taken_from=finders.use_behind(stored) if stored and (inherited or stored.to_confirm) and case.sees_all else "",
    )


def make_form(case: MemberCase, question: Question, stored: Answer | None, data: Any = None) -> AnswerForm:
    """Return the form of a question: bound to `data` only where the question was posted in it."""
    items = case.declared.items(case.edition, question) if question.is_checklist else ()
    form = AnswerForm(data, question=question, items=items, stored=stored)
    return form if data is None or form.was_posted else AnswerForm(question=question, items=items, stored=stored)


def stored_answers(case: MemberCase, questions: Iterable[Question]) -> dict[str, Answer]:
    """Return the stored answers by the key of the question, each with its author: one query."""
    return finders.answers_to(case.assessment, dict.fromkeys(question.key for question in questions))


def views_of(
    case: MemberCase, questions: Sequence[Question], data: Any = None, also: Sequence[Question] = ()
) -> list[QuestionView]:
    """Build the views of the questions of a page. The answers to `also` are fetched too, only to be counted."""
    case.stored = stored = stored_answers(case, [*questions, *also])
    unlocked = unlocked_on_page(case, stored, questions)
    views = []
    for number, question in enumerate(questions, 1):
        locked = unlocked is not None and question.key not in unlocked
        form = make_form(case, question, stored.get(question.key), data)
        # What was typed before the lock fell stays in its controls, to be read and copied.
        editable = (case.may_answer and not locked) or form.is_bound
        views.append(view_question(case, number, form, editable=editable, locked=locked and not form.is_bound))
        views[-1].marks = case.marks.get(question.key, NO_MARKS)
        views[-1].may_ask = case.may_ask
    give_evidence(case, views)
    return views


def unlocked_on_page(case: MemberCase, stored: Mapping[str, Answer], questions: Sequence[Question]) -> set[str] | None:
    """Return the keys of the questions of a returned assessment that may be changed; None where nothing is locked."""
    if case.assessment.state != State.RETURNED:
        return None
    # `unlocked` looks at the answers of the questions of this page only: those of others are of no matter here.
    return case.unlocked([*stored, *(q.key for q in case.questions if q not in questions)])


def renew(case: MemberCase, view: QuestionView) -> None:
    """Build the lines of a checklist again from its form."""
    fresh = view_question(case, view.number, view.form, editable=view.editable, locked=view.locked)
    view.lines = fresh.lines


def show_conflict(view: QuestionView, current: Answer, words: str) -> None:
    """Show both versions of an answer beside each other, with the differences marked."""
    typed = view.form.record()
    compared = text_diff.compare(typed["text"], current.text)
    view.problem, view.newer, view.versions_whole = words, current.revision, compared.whole
    view.versions = [
        AnswerVersion(
            who=str(view.user),
            own=True,
            at="",
            choice=whole_word(typed),
            lines=said_lines(view.question, typed["items"]),
            words=compared.old,
        ),
        AnswerVersion(
            who=str(current.by),
            own=False,
            at=moment(current.at),
            choice=whole_word(current.record()),
            lines=said_lines(view.question, current.items),
            words=compared.new,
        ),
    ]


def give_evidence(case: MemberCase, views: Sequence[QuestionView]) -> None:
    """Give each question of a page its strip: one query for all of them."""
    found = finders.evidence_on(case.assessment, [view.key for view in views])
    for view in views:
        editable = view.editable and case.may_answer
        view.evidence = make_strip(case, view.key, found.get(view.key, []), editable=editable)
