"""Answering: a section of questions, and one answer at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.core.errors import NotPermitted
from assessments.forms.answering import AnswerForm
from assessments.guideline.edition import Edition, Question, Section
from assessments.models import Assessment, edition_for
from assessments.views.assessment.member_case import MemberCase, find_case, find_section
from assessments.views.assessment.next_step import why_locked
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import (
    give_evidence,
    make_form,
    show_conflict,
    stored_answers,
    view_question,
    views_of,
)
from assessments.views.assessment.returned import show_as_returned
from assessments.views.assessment.save import (
    SavedAnswer,
    is_of_another,
    keep_answer,
    lost_words,
    mark_typed,
    said_of_another,
    save_views,
)
from assessments.views.assessment.section_cache import SectionQuestion, rows_of
from assessments.views.site.expired_forms import forget_typed, typed_before
from assessments.views.site.seen import seen


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Show the questions of a section; without script one button saves them all."""
    case = find_case(request, reference)
    found, questions = find_section(case, key)
    if request.method == "POST":
        return save_page(request, case, found, questions)
    given = typed_before(request)
    if given is not None:
        return fill_page(request, case, found, questions, given)
    rows = rows_of(case, questions, also=found.questions)
    seen(request, case)
    return show_section(request, case, found, rows)


def fill_page(
    request: HttpRequest, case: MemberCase, found: Section, questions: Sequence[Question], given: QueryDict
) -> HttpResponse:
    """Show the page with what was typed on it before its session ended; nothing is saved."""
    views = views_of(case, questions, given, found.questions)
    mark_typed(case, views)
    errors = [error for view in views for error in view.error_list]
    errors += lost_words(given, case, questions)
    status = 200
    try:
        roles.require(case.user, Action.ANSWER, case.assessment)
    except NotPermitted as error:
        errors, status = (
            [("", _("Your answers cannot be saved. %(why)s Copy the text that you need.") % {"why": error}), *errors],
            403,
        )
    return show_section(request, case, found, views, errors=errors, status=status)


def save_page(request: HttpRequest, case: MemberCase, found: Section, questions: Sequence[Question]) -> HttpResponse:
    """Save every answer of a posted page that was changed; the good ones stay saved whatever is wrong with others.

    Whoever may not save here gets the page back with what was typed: 409 where it was made for somebody else, 403 for
    a colleague without the role.
    """
    resolve = request.POST.get("resolve", "")
    views = views_of(case, questions, request.POST, found.questions)
    if is_of_another(request):
        return show_section(request, case, found, views, errors=[("", said_of_another())], status=409)
    try:
        roles.require(case.user, Action.ANSWER, case.assessment)
    except NotPermitted as error:
        words = _("Not saved. %(why)s What you typed is still on this page.") % {"why": error}
        return show_section(request, case, found, views, errors=[("", words)], status=403)
    saved = save_views(case, views, resolve)
    errors = [error for view in views for error in view.error_list]
    errors += lost_words(request.POST, case, questions)
    if errors:
        return show_section(request, case, found, views, errors=errors, saved=saved)
    forget_typed(request)
    if resolve or "stay" in request.POST:
        messages.success(request, _("Saved."))
        for view in views:
            if view.notice:
                messages.warning(request, _("Question %(n)s: %(words)s") % {"n": view.number, "words": view.notice})
        return redirect("section", case.assessment.reference, found.key)
    messages.success(request, _("Your answers are saved."))
    return redirect("section_check", case.assessment.reference, found.key)


def show_section(
    request: HttpRequest,
    case: MemberCase,
    found: Section,
    views: Sequence[QuestionView | SectionQuestion],
    *,
    errors: Sequence[tuple[str, str]] = (),
    saved: int = 0,
    status: int = 200,
) -> HttpResponse:
    answered = sum(view.answer is not None and not view.answer.to_confirm for view in views)
    sections = [s.key for s, _questions in case.sections]
    at = sections.index(found.key)
    hidden = [q for q in found.questions if q.key not in {view.key for view in views}]
    kept = sum(question.key in case.stored for question in hidden)
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "section": found,
        "position": at + 1,
        "sections": len(sections),
        "following": case.sections[at + 1][0] if at + 1 < len(sections) else None,
        "questions": views,
        "errors": errors,
        "saved_now": saved,
        "answered": answered,
        "hidden": len(hidden) if case.sees_all else 0,
        "hidden_kept": kept if case.sees_all else 0,
        "editable": any(view.editable for view in views),
        "next": why_locked(case.assessment),
        "whole": whole_of(case) if case.sees_all else None,
    }
    return render(request, "assessments/assessment/section.html", context, status=status)


@dataclass(frozen=True)
class Whole:
    """How far the whole assessment is, for the head of a page and for every save."""

    answered: int
    total: int
    unknown: int
    planned: int
    not_applicable: int


def whole_of(case: MemberCase, assessment: Assessment | None = None) -> Whole:
    """Read it from the derived columns: no query. `assessment`: the row as a save has left it."""
    row = assessment or case.assessment
    return Whole(
        answered=row.answered,
        total=row.applicable,
        unknown=row.unknown,
        planned=sum(counts.get("planned", 0) for counts in row.progress.get("sections", {}).values()),
        not_applicable=row.not_applicable,
    )


@require_POST
def answer(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Save one answer. With htmx the answer's state comes back, else its section."""
    if getattr(request, "htmx", False) and not request.POST.get("resolve"):
        return answer_at_once(request, reference, question)
    case = find_case(request, reference)
    asked = find_asked(case.edition, question)
    if not getattr(request, "htmx", False):
        roles.require(case.user, Action.ANSWER, case.assessment)
        found, questions = find_section(case, asked.section)
        return save_page(request, case, found, questions)
    resolve = request.POST.get("resolve", "")
    if resolve == f"theirs:{question}":
        return whole_row(request, case, asked)
    if is_of_another(request):
        return refuse_another(request, case, asked)
    form = AnswerForm(request.POST, question=asked, items=asked.items)
    how, _colon, which = resolve.partition(":")
    how = how if which == question else ""
    if how == "both":
        form.stored = stored_answers(case, [asked]).get(question)
    kept = keep_answer(case, form, how)
    if how == "both" and kept.saved:
        return whole_row(request, case, asked, kept)
    return show_saved(request, case, form, kept)


def answer_at_once(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Save an answer as somebody types it. The save judges who may answer and what is asked: little is read before it."""
    user: Any = request.user
    place = finders.place_of(reference)
    if place is None:
        raise Http404
    asked = find_asked(edition_for(place[1]), question)
    if is_of_another(request):
        return refuse_another(request, find_case(request, reference), asked)
    form = AnswerForm(request.POST, question=asked, items=asked.items)
    case = MemberCase(Assessment(pk=place[0], reference=reference), user, edition_for(place[1]))
    try:
        kept = keep_answer(case, form)
    except NotPermitted:
        find_case(request, reference)  # to a stranger the page says that there is no such assessment
        raise
    if kept.saved:
        case.assessment = kept.saved.assessment
    else:
        case = find_case(request, reference)
    return show_saved(request, case, form, kept)


def find_asked(edition: Edition, key: str) -> Question:
    asked = edition.questions.get(key)
    if asked is None:
        raise Http404
    return asked


def show_saved(request: HttpRequest, case: MemberCase, form: AnswerForm, kept: SavedAnswer) -> HttpResponse:
    """Show what became of an answer, and all that it changed on its page."""
    asked = form.question
    if kept.saved:
        case.declared = kept.saved.declared
    else:
        roles.require(case.user, Action.ANSWER, case.assessment)
        kept.answer = kept.answer or stored_answers(case, [asked]).get(asked.key)
    if kept.saved and not form.errors:
        form = make_form(case, asked, kept.answer)
    view = view_question(case, 0, form)
    view.answer = kept.answer
    if "returned" in request.GET and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    if kept.conflict:
        show_conflict(view, kept.conflict, kept.problem)
    elif kept.problem:
        view.problem, view.hides = kept.problem, kept.hides
    return render(request, "assessments/assessment/saved.html", saved_context(request, case, view, kept))


def saved_context(request: HttpRequest, case: MemberCase, view: QuestionView, kept: SavedAnswer) -> dict[str, Any]:
    """Return all that a save changes on its page. Without a save nothing else than the answer has changed."""
    counts = section_counts(case, view.question.section, kept)
    context = shown_after_save(case, view) | {"answered": counts[0], "total": counts[1], "kept": kept}
    context["of_section"] = "returned" not in request.GET  # that page counts changes, not answers
    if kept.saved and kept.saved.targets is None and context["of_section"]:
        context["whole"] = whole_of(case, kept.saved.assessment)
    return context


def refuse_another(request: HttpRequest, case: MemberCase, asked: Question) -> HttpResponse:
    """409: the page had been made for somebody else; it keeps what was typed."""
    roles.require(case.user, Action.ANSWER, case.assessment)
    view = view_question(case, 0, AnswerForm(request.POST, question=asked, items=asked.items))
    view.problem = said_of_another()
    return render(request, "assessments/assessment/saved.html", shown_after_save(case, view), status=409)


def shown_after_save(case: MemberCase, view: QuestionView) -> dict[str, Any]:
    """Return what the template of a save shows of its question."""
    slots = view.slots if view.is_clean else ()
    return {"case": case, "view": view, "state": view.saved_state(), "slots": slots, "live": True}


def section_counts(case: MemberCase, key: str, kept: SavedAnswer) -> tuple[int, int]:
    """Answered and asked in the section, from the save itself or from the assessment's stored counts."""
    if kept.saved and key in kept.saved.progress.sections:
        counts = kept.saved.progress.sections[key]
        return counts.answered, counts.applicable
    stored = case.assessment.progress.get("sections", {}).get(key, {})
    return stored.get("answered", 0), stored.get("applicable", 0)


def whole_row(request: HttpRequest, case: MemberCase, asked: Question, kept: SavedAnswer | None = None) -> HttpResponse:
    """Show the question with the stored answer in its controls, in the place of what was typed; `kept`: by a save."""
    roles.require(case.user, Action.ANSWER, case.assessment)
    place = request.GET.get("returned", "")
    _section, questions = find_section(case, asked.section)
    number = query_values.count(place)
    if number is None:
        number = questions.index(asked) + 1 if asked in questions else 0
    stored = stored_answers(case, [asked]).get(asked.key)
    view = view_question(case, number, make_form(case, asked, stored))
    give_evidence(case, [view])
    view.marks, view.may_ask = case.marks.get(asked.key, finders.NO_MARKS), case.may_ask
    if place and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    context = {"view": view, "case": case, "live": True}
    if kept:
        view.notice = kept.notice
        context |= saved_context(request, case, view, kept)
    response = render(request, "assessments/assessment/row.html", context)
    response["HX-Retarget"] = f"#{view.id}"
    response["HX-Reswap"] = "outerHTML"
    return response
