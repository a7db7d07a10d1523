"""The page of a returned assessment: only what the reviewer sent back, to be changed and replied to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.review import own_marks, returns
from assessments.forms.facts import FactsForm
from assessments.guideline.edition import Question
from assessments.models import DeclaredFact, State, Submission
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import views_of
from assessments.views.assessment.replies import ReplyBox, boxes_of, save_replies
from assessments.views.assessment.returned_facts import (
    add_controls,
    form_of_facts,
    returned_facts,
    save_facts,
    stored_facts,
)
from assessments.views.assessment.returned_parts import beside_answers
from assessments.views.assessment.save import is_of_another, mark_typed, said_of_another, save_views
from assessments.views.site.expired_forms import forget_typed, said_of_typed, typed_before
from assessments.views.site.seen import seen


@dataclass
class ReturnedPage:
    """What a return asks for of one assessment, with the forms in which it is changed."""

    case: MemberCase
    submission: Submission
    content: dict[str, Any]
    marks: dict[str, Any]  # what the reviewers ask to be changed, by target
    views: list[QuestionView]
    depending: list[Question]  # not returned, and unlocked because they depend on a returned fact
    fact_rows: Mapping[str, DeclaredFact]
    fact_form: FactsForm | None
    boxes: dict[str, ReplyBox]

    @property
    def has_facts(self) -> bool:
        """Tell whether facts were returned that this member may see."""
        return self.case.sees_all and any(target.startswith("f:") for target in self.marks)


@require_http_methods(["GET", "HEAD", "POST"])
def returned(request: HttpRequest, reference: str) -> HttpResponse:
    """Show only what the reviewer sent back: the words, what would satisfy, the answer then and now."""
    case = find_case(request, reference)
    seen(request, case)
    if case.assessment.state != State.RETURNED:
        messages.info(request, _("No reviewer has asked for changes here."))
        return redirect("assessment", reference)
    data = request.POST if request.method == "POST" else None
    if data is not None:
        roles.require(case.user, Action.ANSWER, case.assessment)
    given = data if data is not None else typed_before(request)
    page = page_of(case, given)
    errors: list[tuple[str, str]] = []
    status = 200
    if data is not None and is_of_another(request):
        errors, status = [("", said_of_another())], 409
    elif data is not None:
        said, errors = save_returned(page, data)
        if not errors:
            forget_typed(request)
            messages.success(request, said)
            return redirect("returned", reference)
    elif given is not None:
        errors = show_typed(case, page.views, page.boxes.values())
    if data is not None and page.has_facts:
        page.fact_rows = stored_facts(case)  # some may be saved
    return render(request, "assessments/assessment/returned.html", context_of(page, errors), status=status)


def page_of(case: MemberCase, given: QueryDict | None) -> ReturnedPage:
    """Read what was returned and fill its forms with what was `given`; None fills them with what is stored."""
    submission = case.assessment.current_submission
    assert submission is not None
    content = submission.content()
    marks = asked_for_in(submission)
    case.marked = set(marks)
    # What was not asked yet when it was sent follows from a new answer, and stays here once it is answered.
    questions = [q for q in case.questions if f"q:{q.key}" in marks or q.key not in content["answers"]]
    facts = {target.removeprefix("f:") for target in marks if target.startswith("f:")}
    views = views_of(case, questions, given)
    rows = stored_facts(case) if facts and case.sees_all else {}
    return ReturnedPage(
        case=case,
        submission=submission,
        content=content,
        marks=marks,
        views=views,
        depending=[q for q in case.questions if q not in questions and any(t.fact in facts for t in q.when.tests())],
        fact_rows=rows,
        fact_form=form_of_facts(case, facts, rows, given),
        boxes=boxes_of(case, titles_of(case, marks), given),
    )


def save_returned(page: ReturnedPage, data: QueryDict) -> tuple[str, list[tuple[str, str]]]:
    """Save the answers, facts and replies that were changed; return the sentence about it and the errors.

    What can be saved is saved, whatever is wrong with the rest.
    """
    changed = save_views(page.case, page.views, data.get("resolve", ""))
    fact_errors = save_facts(page.case, page.fact_form) if page.fact_form is not None else []
    replied = save_replies(page.case, page.boxes.values(), data.get("resolve-reply", ""))
    errors = [error for view in page.views for error in view.error_list]
    errors += fact_errors
    errors += [(box.anchor, f"{box.title}: {box.problem}") for box in page.boxes.values() if box.problem]
    said = []
    if changed:
        words = ngettext("%(n)s answer was changed and saved.", "%(n)s answers were changed and saved.", changed)
        said.append(words % {"n": changed})
    if replied:
        said.append(ngettext("%(n)s reply was saved.", "%(n)s replies were saved.", replied) % {"n": replied})
    said = said or [_("Everything on this page is saved.")]  # with script it was, one by one
    return " ".join(said), errors


def context_of(page: ReturnedPage, errors: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the context of the page: what was returned, and how much of it is dealt with."""
    case, views, submission = page.case, page.views, page.submission
    show_as_returned(case, views, page.content, page.marks)
    for view in views:
        view.box = page.boxes.get(f"q:{view.key}")
        view.replied = bool(view.box and view.box.is_given)
    facts = returned_facts(case, page.content, page.marks, page.boxes, page.fact_rows) if case.sees_all else []
    if page.fact_form is not None:
        add_controls(facts, page.fact_form)
    decision = returns.newest_of(submission)
    back, tasks = beside_answers(case, submission, decision, page.content) if case.sees_all else ([], [])
    is_dealt_with = [view.dealt_with for view in views]
    is_dealt_with += [fact.dealt_with for fact in facts]
    is_dealt_with += [part.dealt_with for part in back]
    return {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "questions": views,
        "facts": facts,
        "fact_form": page.fact_form,
        "decision": decision,
        "letter": reverse("document", args=[decision.letter]) if decision and decision.letter and case.sees_all else "",
        "dealt": sum(is_dealt_with),
        "total": len(is_dealt_with),
        "parts": back,
        "tasks": tasks,
        "locked": len(case.questions) - len(views) - len(page.depending),
        "depending": page.depending if case.sees_all else [],
        "to_answer_in": (decision.answer_by - timezone.localdate()).days if decision and decision.answer_by else None,
        "errors": errors,
        "round": submission.round,
        "ready": not any(view.answer is None for view in views),
        "signers": [] if case.is_owner else finders.signers_of(case.assessment),
    }


def show_typed(case: MemberCase, views: Sequence[QuestionView], boxes: Iterable[ReplyBox]) -> list[tuple[str, str]]:
    """Mark what was typed before the session ended as not saved; return it as (anchor, sentence)."""
    mark_typed(case, views)
    found = [error for view in views for error in view.error_list]
    for box in boxes:
        if box.form.is_bound and not (box.form.is_valid() and not box.form.changes_something):
            box.problem = said_of_typed()
            found.append((box.anchor, f"{box.title}: {box.problem}"))
    return found


def asked_for_in(submission: Submission) -> dict[str, Any]:
    """Return what the reviewers ask to be changed, by target, with the words of both where both ask: one query."""
    return {t: mark for t, mark in own_marks.combined(submission).items() if mark.mark == "change_needed"}


def show_as_returned(
    case: MemberCase, views: Iterable[QuestionView], content: Mapping[str, Any] | None = None, marks: Any = None
) -> None:
    """Add the reviewer's words and the submitted answer to each question."""
    submission = case.assessment.current_submission
    assert submission is not None
    if content is None:
        content = submission.content()
        marks = asked_for_in(submission)
        replied = set(submission.replies.exclude(words="").values_list("target", flat=True))
        for view in views:
            view.replied = f"q:{view.key}" in replied
    for view in views:
        view.before = content["answers"].get(view.key)
        view.mark = marks.get(f"q:{view.key}")
        view.sent_back, view.url = True, f"{view.url}?returned={view.number}"


def titles_of(case: MemberCase, marks: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of what was returned and may be seen by this member, by target."""
    named = {f"q:{question.key}": question.title for question in case.questions}
    if case.sees_all:
        named |= {f"f:{key}": fact.label for key, fact in case.edition.facts.items()}
    return {target: named[target] for target in marks if target in named}
