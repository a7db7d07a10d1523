"""Answering: a section of questions, and one answer at a time."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from assessments import access
from assessments.access import Action
from assessments.forms.answering import AnswerForm
from assessments.guideline.edition import Question, Section
from assessments.guideline.terms import Choice
from assessments.views.case import Case, find_case, find_section, what_happens_next
from assessments.views.question import QuestionView, make_form, show_conflict, stored_answers, view_question, views_of
from assessments.views.returned import show_as_returned
from assessments.views.saving import Kept, keep_answer, lost_words, save_views


@login_required
@never_cache
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """The questions of a section; without script one button saves them all."""
    case = find_case(request, reference)
    found, questions = find_section(case, key)
    if request.method == "POST":
        access.require(case.user, Action.ANSWER, case.assessment)
        return save_page(request, case, found, questions)
    return show_section(request, case, found, views_of(case, questions, also=found.questions))


def save_page(request: HttpRequest, case: Case, found: Section, questions: Sequence[Question]) -> HttpResponse:
    """Save every answer of a posted page that was changed; the good ones stay saved whatever is wrong with others."""
    resolve = request.POST.get("resolve", "")
    views = views_of(case, questions, request.POST, found.questions)
    saved = save_views(case, views, resolve)
    errors = [error for view in views for error in view.error_list]
    errors += lost_words(request, case, questions)
    if errors:
        return show_section(request, case, found, views, errors=errors, saved=saved)
    if resolve or "stay" in request.POST:
        messages.success(request, _("Saved."))
        return redirect("section", case.assessment.reference, found.key)
    return redirect(f"{reverse('section', args=[case.assessment.reference, found.key])}?checked=1")


def show_section(
    request: HttpRequest,
    case: Case,
    found: Section,
    views: Sequence[QuestionView],
    *,
    errors: Sequence[tuple[str, str]] = (),
    saved: int = 0,
) -> HttpResponse:
    answered = sum(view.answer is not None for view in views)
    left = [view for view in views if view.answer is None]
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
        "left": left,
        "unknown": [view for view in views if view.answer and view.answer.choice == Choice.UNKNOWN],
        "checked": "checked" in request.GET,
        "hidden": len(hidden) if case.sees_all else 0,
        "hidden_kept": kept if case.sees_all else 0,
        "editable": any(view.editable for view in views),
        "next": what_happens_next(case.assessment),
    }
    return render(request, "assessments/answering/section.html", context)


@login_required
@require_POST
def answer(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Save one answer. With htmx the answer's state comes back, else its section."""
    case = find_case(request, reference)
    asked = case.edition.questions.get(question)
    if asked is None:
        raise Http404
    if not getattr(request, "htmx", False):
        access.require(case.user, Action.ANSWER, case.assessment)
        found, questions = find_section(case, asked.section)
        return save_page(request, case, found, questions)
    resolve = request.POST.get("resolve", "")
    if resolve == f"theirs:{question}":
        return whole_row(request, case, asked)
    # Every line is taken and nothing is read before the save, which judges who may answer and what is asked.
    form = AnswerForm(request.POST, question=asked, items=asked.items)
    kept = keep_answer(case, form, "mine" if resolve == f"mine:{question}" else "")
    if kept.saved:
        case.declared = kept.saved.declared
    else:
        access.require(case.user, Action.ANSWER, case.assessment)
        kept.answer = kept.answer or stored_answers(case, [asked]).get(question)
    if kept.saved and not form.errors:
        form = make_form(case, asked, kept.answer)
    view = view_question(case, 0, form)
    view.answer = kept.answer
    if "returned" in request.GET and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    if kept.conflict:
        show_conflict(view, kept.conflict, kept.problem)
    elif kept.problem:
        view.problem = kept.problem
    counts = section_counts(case, asked.section, kept)
    context = {"case": case, "view": view, "answered": counts[0], "total": counts[1], "kept": kept, "live": True}
    context["of_section"] = "returned" not in request.GET  # that page counts changes, not answers
    return render(request, "assessments/answering/saved.html", context)


def section_counts(case: Case, key: str, kept: Kept) -> tuple[int, int]:
    """Answered and asked in the section, from the save itself or from the assessment's stored counts."""
    if kept.saved and key in kept.saved.progress.sections:
        counts = kept.saved.progress.sections[key]
        return counts.answered, counts.applicable
    stored = case.assessment.progress.get("sections", {}).get(key, {})
    return stored.get("answered", 0), stored.get("applicable", 0)


def whole_row(request: HttpRequest, case: Case, asked: Question) -> HttpResponse:
    """The question with the stored answer in its controls, in the place of what was typed."""
    access.require(case.user, Action.ANSWER, case.assessment)
    place = request.GET.get("returned", "")
    _section, questions = find_section(case, asked.section)
    number = int(place) if place.isdecimal() else questions.index(asked) + 1 if asked in questions else 0
    stored = stored_answers(case, [asked]).get(asked.key)
    view = view_question(case, number, make_form(case, asked, stored))
    if place and case.assessment.current_submission is not None:
        show_as_returned(case, [view])
    response = render(request, "assessments/answering/question.html", {"view": view, "case": case, "live": True})
    response["HX-Retarget"] = f"#{view.id}"
    response["HX-Reswap"] = "outerHTML"
    return response
