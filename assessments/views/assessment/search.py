"""Finding one's way in an assessment: time left, flags, search, what keeps questions closed, checking one section."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.access import finders, roles
from assessments.access.finders.assessments import NO_MARKS, Marks
from assessments.access.roles import Action
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import asking, reuse
from assessments.forms.search import CompleteForm, SearchForm
from assessments.guideline.edition import Question, Section
from assessments.guideline.terms import Choice, QuestionKind
from assessments.models import Answer
from assessments.views.assessment.member_case import MemberCase, find_case, find_question, find_section
from assessments.views.assessment.next_step import why_locked
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import clauses_of, stored_answers, views_of
from assessments.views.assessment.reuse import confirm_one
from assessments.views.assessment.save import is_of_another
from assessments.views.assessment.section import save_page
from assessments.views.site.requests import refusals_as_messages

MINUTES: Mapping[QuestionKind, int] = {QuestionKind.PRACTICE: 2, QuestionKind.CHECKLIST: 3}
"""Minutes that a question takes somebody who knows the answer. Our estimate, shown as one: nobody has measured it yet."""

# --- time ----------------------------------------------------------------------------------------------------------------


def minutes_for(questions: Iterable[Question]) -> int:
    """Return how long these questions take, in minutes, by our estimate."""
    return sum(MINUTES[question.kind] for question in questions)


def duration(minutes: int) -> str:
    """Say how long something takes; from an hour on in steps of five minutes, so that it does not sound exact."""
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours, rest = divmod(-(-minutes // 5) * 5, 60)
    said = ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    if not rest:
        return said
    return _("%(hours)s %(minutes)s") % {
        "hours": said,
        "minutes": ngettext("%(n)s minute", "%(n)s minutes", rest) % {"n": rest},
    }


# --- flags -----------------------------------------------------------------------------------------------------------------


def place_of(case: MemberCase, question: Question) -> str:
    """Return the address of a question on the page of its section."""
    return f"{reverse('section', args=[case.assessment.reference, question.section])}#q-{question.key}"


def first_after(order: Sequence[Question], left: Sequence[Question], after: str) -> Question:
    """Return the first of `left` that stands behind `after` in the order; at its end it goes on from the top."""
    keys = [question.key for question in order]
    behind = keys[keys.index(after) + 1 :] if after in keys else []
    return next((question for question in left if question.key in behind), left[0])


@require_POST
def flag(request: HttpRequest, reference: str, question: str) -> HttpResponse:
    """Set or take away one's flag. Posted with a page of answers, it saves them first: nothing typed on it is lost."""
    case = find_case(request, reference)
    asked = find_question(case, question)
    on = request.POST.get("flag") != "off"
    if not is_of_another(request):
        answering_answers.flag_question(case.assessment, asked.key, by=case.user, on=on)
    if getattr(request, "htmx", False):
        context = {"url": request.path, "marks": Marks(flagged=on), "title": asked.title}
        return render(request, "assessments/assessment/flag.html", context)
    if any(name.endswith("--base") for name in request.POST):
        found, questions = find_section(case, asked.section)
        response = save_page(request, case, found, questions)
        if response.status_code != 302:
            return response  # something could not be saved: that comes first
    if request.POST.get("back") == "flagged":
        return redirect("flagged", reference)
    return redirect(place_of(case, asked))


@dataclass
class FoundQuestion:
    """One question in a list: where it stands, and how it is answered."""

    question: Question
    url: str
    number: int
    answer: Answer | None
    state: str
    title: list[tuple[str, bool]] = field(default_factory=list)  # of a search: pieces, and whether they were looked for
    hits: list[tuple[str, list[tuple[str, bool]]]] = field(default_factory=list)  # of a search: where, and the pieces


def state_of(answer: Answer | None) -> str:
    if answer is None:
        return "empty"
    if answer.to_confirm:
        return "carried"
    return str(answer.choice) if answer.choice in (Choice.UNKNOWN, Choice.NOT_APPLICABLE) else "answered"


def found_in(
    case: MemberCase, keys: Iterable[str], answers: Mapping[str, Answer]
) -> list[tuple[Section, list[FoundQuestion]]]:
    """These questions by section, in order."""
    wanted, by_section = set(keys), []
    for section, questions in case.sections:
        rows = [
            FoundQuestion(q, place_of(case, q), number, answers.get(q.key), state_of(answers.get(q.key)))
            for number, q in enumerate(questions, 1)
            if q.key in wanted
        ]
        if rows:
            by_section.append((section, rows))
    return by_section


@require_safe
def flagged(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the questions to which one means to come back."""
    case = find_case(request, reference)
    keys = [question.key for question in case.questions if case.marks.get(question.key, NO_MARKS).flagged]
    answers = stored_answers(case, [case.edition.questions[key] for key in keys])
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "sections": found_in(case, keys, answers),
        "total": len(keys),
    }
    return render(request, "assessments/assessment/flagged.html", context)


# --- search ------------------------------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    """Return the words that are looked for: all of them have to stand somewhere in a question or its answer."""
    return list(dict.fromkeys(text.casefold().split()))


def marked(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """Cut a text into pieces, each with whether it is one of the words."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text, flags=re.IGNORECASE) if pattern else [text]
    return [(piece, n % 2 == 1) for n, piece in enumerate(pieces) if piece]


MOST_HITS = 4  # places of one question that are shown
AROUND = 120  # signs of a long text that are shown before the first word found, and twice as many after it


def clipped(text: str, words: Iterable[str]) -> str:
    """Return the part of a long text around the first word that was found in it."""
    folded = text.casefold()
    at = min((place for word in words if (place := folded.find(word)) >= 0), default=0)
    start, end = max(0, at - AROUND), min(len(text), at + 2 * AROUND)
    if start:
        start = text.find(" ", start, at) + 1 or start
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def texts_of(case: MemberCase, question: Question, answer: Answer | None) -> list[tuple[str, str]]:
    """Return all that is searched of a question, with the word for where it stands; the most telling first."""
    edition, declared = case.edition, case.declared
    items = declared.items(edition, question) if question.is_checklist else ()
    clauses = [cited for _id, cited, _strength in clauses_of(edition, declared, question.requirements)]
    texts = [(pgettext("where words were found", "Question"), question.text)]
    texts += [(pgettext("where words were found", "Line"), item.text) for item in items]
    texts += [(pgettext("where words were found", "Clause"), cited) for cited in clauses]
    if answer is not None:
        reasons = [value for value in answer.items.values() if isinstance(value, str)]
        word = pgettext("where words were found", "Answer")
        texts += [(word, text) for text in (answer.text, answer.reason, *reasons) if text]
    return texts


def search_case(case: MemberCase, text: str) -> list[tuple[Section, list[FoundQuestion]]]:
    """Find the questions in which every word stands: in title, text, lines, clauses or the answer. One query."""
    words = words_of(text)
    answers = stored_answers(case, case.questions)
    found: dict[str, list[tuple[str, list[tuple[str, bool]]]]] = {}
    for question in case.questions:
        texts = texts_of(case, question, answers.get(question.key))
        whole = "\n".join([question.title, *(said for _where, said in texts)]).casefold()
        if all(word in whole for word in words):
            hits = [(where, said) for where, said in texts if any(word in said.casefold() for word in words)]
            found[question.key] = [(where, marked(clipped(said, words), words)) for where, said in hits[:MOST_HITS]]
    sections = found_in(case, found, answers)
    for _section, rows in sections:
        for row in rows:
            row.title, row.hits = marked(row.question.title, words), found[row.question.key]
    return sections


@require_safe
def search(request: HttpRequest, reference: str) -> HttpResponse:
    """Search the questions of an assessment, their lines, clauses and answers."""
    case = find_case(request, reference)
    form = SearchForm(request.GET if "q" in request.GET else None)
    asked = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    sections = search_case(case, asked) if asked else []
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "form": form,
        "asked": asked,
        "sections": sections,
        "total": sum(len(rows) for _section, rows in sections),
        "questions": len(case.questions),
    }
    return render(request, "assessments/assessment/search.html", context)


# --- check one section -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def section_check(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Show the answers of one section as a reviewer will read them, what is open first; then whether it is complete."""
    case = find_case(request, reference)
    found, questions = find_section(case, key)
    form = CompleteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        roles.require(case.user, Action.ANSWER, case.assessment)
        if "confirm" in request.POST:
            with refusals_as_messages(request):
                messages.success(request, confirm_one(request, case))
            return redirect("section_check", reference, key)
    views = views_of(case, questions)
    empty = [view for view in views if view.answer is None]
    carried = [view for view in views if view.answer and view.answer.to_confirm]
    errors: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["complete"] == "no":
            return redirect("section", reference, key)
        if not empty and not carried:
            return finish(request, case, found)
        form.add_error("complete", _still_to_do(bool(empty), bool(carried)))
        errors = _left_open(empty, carried)
    opened = empty + carried
    unknown = [view for view in views if view not in opened and view.answer and view.answer.choice == Choice.UNKNOWN]
    flagged = [view for view in views if view.marks.flagged and view not in opened and view not in unknown]
    origins = reuse.origins(view.answer for view in views if view.answer and (view.answer.to_confirm or view.inherited))
    for view in views:
        view.origin = origins.get(view.answer.pk) if view.answer else None
    sections = [section for section, _questions in case.sections]
    following = sections[sections.index(found) + 1 :]
    context = {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "section": found,
        "views": views,
        "groups": [
            ("empty", empty),
            ("carried", carried),
            ("unknown", unknown),
            ("flagged", flagged),
            ("rest", [view for view in views if view not in opened + unknown + flagged]),
        ],
        "answered": len(views) - len(opened),
        "empty": empty,
        "carried": carried,
        "unknown": unknown,
        "following": following[0] if following else None,
        "form": form,
        "errors": errors,
        "next": why_locked(case.assessment),
    }
    return render(request, "assessments/assessment/section_check.html", context)


def _still_to_do(empty: bool, carried: bool) -> str:
    """Say what keeps a section from being complete: questions without an answer, copied answers, or both."""
    if not carried:
        return _("Answer the remaining questions first. You may choose “Do not know yet”.")
    if not empty:
        return _("Confirm or change the copied answers first.")
    return _("Answer the remaining questions first, and confirm or change the copied answers.")


def _left_open(empty: Iterable[QuestionView], carried: Iterable[QuestionView]) -> list[tuple[str, str]]:
    """Return what keeps a section from being complete, question by question: (anchor, sentence)."""
    unanswered, copied = (
        _("Question %(n)s has no answer: %(title)s"),
        _("Question %(n)s has a copied answer. Confirm or change it: %(title)s"),
    )
    return [
        (view.id, words % {"n": view.number, "title": view.question.title})
        for words, views in ((unanswered, empty), (copied, carried))
        for view in views
    ]


def finish(request: HttpRequest, case: MemberCase, found: Section) -> HttpResponse:
    """Say that a section is complete, and lead to the next one.

    Members who were asked to answer it are asked no longer, and those who asked are told.
    """
    if not case.may_answer:
        messages.error(request, why_locked(case.assessment))
        return redirect("section_check", case.assessment.reference, found.key)
    said = _("“%(section)s” is complete.") % {"section": found.title}
    asked = finders.assignments_for(case.user).filter(assessment=case.assessment, section=found.key, question="")
    for assignment in asked:
        asking.finish(assignment, by=case.user)
        said = f"{said} {_('The request to answer this section is now marked as done.')}"
    messages.success(request, said)
    sections = [section.key for section, _questions in case.sections]
    following = sections[sections.index(found.key) + 1 :]
    if following:
        return redirect("section", case.assessment.reference, following[0])
    return redirect("assessment", case.assessment.reference)
