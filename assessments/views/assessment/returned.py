"""What a reviewer sent back, and nothing else: the words, what would satisfy, the answer then and now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from assessments.core.errors import WouldHide
from assessments.domain.facts import declare
from assessments.domain.review import own_marks, returns
from assessments.forms.base import Refused, refusals, sentence_of
from assessments.forms.facts import FactsForm
from assessments.guideline.wording import fact_answer
from assessments.models import DeclaredFact, State, Submission
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.assessment.question import QuestionView
from assessments.views.assessment.questions_on_page import views_of
from assessments.views.assessment.replies import ReplyBox, boxes_of, save_replies
from assessments.views.assessment.returned_parts import beside_answers
from assessments.views.assessment.save import is_of_another, mark_typed, said_of_another, save_views
from assessments.views.site.expired_forms import forget_typed, said_of_typed, typed_before
from assessments.views.site.seen import seen


@dataclass
class ReturnedFact:
    """A fact that the reviewer wants looked at again."""

    label: str
    question: str
    group: str
    before: str
    now: str
    reason: str
    mark: Any
    dealt_with: bool
    box: ReplyBox | None = None
    field: Any = None  # the controls, for who may change it here
    why: Any = None
    base: Any = None


@require_http_methods(["GET", "HEAD", "POST"])
def returned(request: HttpRequest, reference: str) -> HttpResponse:
    """Only what the reviewer sent back: the words, what would satisfy, the answer then and now."""
    case = find_case(request, reference)
    seen(request, case)
    assessment = case.assessment
    if assessment.state != State.RETURNED:
        messages.info(request, _("Nothing is waiting for changes here."))
        return redirect("assessment", reference)
    submission = assessment.current_submission
    assert submission is not None
    content = submission.content()
    marks = asked_for_in(submission)
    decision = returns.newest_of(submission)
    case.marked = set(marks)
    # What was not asked yet when it was sent follows from a new answer, and stays here once it is answered.
    questions = [q for q in case.questions if f"q:{q.key}" in marks or q.key not in content["answers"]]
    marked_facts = {target.removeprefix("f:") for target in marks if target.startswith("f:")}
    depending = [
        q for q in case.questions if q not in questions and any(t.fact in marked_facts for t in q.when.tests())
    ]
    data = request.POST if request.method == "POST" else None
    if data is not None:
        roles.require(case.user, Action.ANSWER, assessment)
    given = data if data is not None else typed_before(request)
    views = views_of(case, questions, given)
    rows = stored_facts(case) if marked_facts and case.sees_all else {}
    fact_form = form_of_facts(case, marked_facts, rows, given)
    boxes = boxes_of(case, titles_of(case, marks), given)
    errors: list[tuple[str, str]] = []
    if data is None and given is not None:
        errors = show_typed(case, views, boxes.values())
    if data is not None and is_of_another(request):
        errors = [("", said_of_another())]
    elif data is not None:
        changed = save_views(case, views, request.POST.get("resolve", ""))
        fact_errors = save_facts(case, fact_form) if fact_form is not None else []
        replied = save_replies(case, boxes.values(), request.POST.get("resolve-reply", ""))
        errors = [error for view in views for error in view.error_list]
        errors += fact_errors
        errors += [(box.anchor, f"{box.title}: {box.problem}") for box in boxes.values() if box.problem]
        if not errors:
            forget_typed(request)
            words = ngettext("%(n)s answer was changed and saved.", "%(n)s answers were changed and saved.", changed)
            said = [words % {"n": changed}] if changed else []
            if replied:
                said.append(ngettext("%(n)s reply was saved.", "%(n)s replies were saved.", replied) % {"n": replied})
            said = said or [_("Everything on this page is saved.")]  # with script it was, one by one
            messages.success(request, " ".join(said))
            return redirect("returned", reference)
    show_as_returned(case, views, content, marks)
    for view in views:
        view.box = boxes.get(f"q:{view.key}")
        view.replied = bool(view.box and view.box.is_given)
    rows = stored_facts(case) if marked_facts and data is not None and case.sees_all else rows  # some may be saved
    facts = returned_facts(case, content, marks, boxes, rows) if case.sees_all else []
    for fact in facts:
        if fact_form is None:
            break
        key = fact.mark.target.removeprefix("f:")
        fact.field, fact.base = fact_form[key], fact_form[f"base_{key}"]
        fact.why = fact_form[f"reason_{key}"] if f"reason_{key}" in fact_form.fields else None
    back, tasks = beside_answers(case, submission, decision, content) if case.sees_all else ([], [])
    dealt = sum(view.dealt_with for view in views) + sum(fact.dealt_with for fact in facts)
    dealt += sum(part.dealt_with for part in back)
    context = {
        "case": case,
        "assessment": assessment,
        "use": assessment.use,
        "questions": views,
        "facts": facts,
        "fact_form": fact_form,
        "decision": decision,
        "letter": reverse("document", args=[decision.letter]) if decision and decision.letter and case.sees_all else "",
        "dealt": dealt,
        "total": len(views) + len(facts) + len(back),
        "parts": back,
        "tasks": tasks,
        "locked": len(case.questions) - len(views) - len(depending),
        "depending": depending if case.sees_all else [],
        "to_answer_in": (decision.answer_by - timezone.localdate()).days if decision and decision.answer_by else None,
        "errors": errors,
        "round": submission.round,
        "ready": not any(view.answer is None for view in views),
        "signers": [] if case.is_owner else finders.signers_of(assessment),
    }
    status = 409 if data is not None and is_of_another(request) else 200
    return render(request, "assessments/assessment/returned.html", context, status=status)


def show_typed(case: MemberCase, views: Sequence[QuestionView], boxes: Iterable[ReplyBox]) -> list[tuple[str, str]]:
    """Say of what was typed before a session ended that it is not saved; returns where it stands."""
    mark_typed(case, views)
    found = [error for view in views for error in view.error_list]
    for box in boxes:
        if box.form.is_bound and not (box.form.is_valid() and not box.form.changes_something):
            box.problem = said_of_typed()
            found.append((box.anchor, f"{box.title}: {box.problem}"))
    return found


def asked_for_in(submission: Submission) -> dict[str, Any]:
    """What the reviewers ask to be changed, by target, the words of both where both ask: one query."""
    return {t: mark for t, mark in own_marks.combined(submission).items() if mark.mark == "change_needed"}


def show_as_returned(
    case: MemberCase, views: Iterable[QuestionView], content: Mapping[str, Any] | None = None, marks: Any = None
) -> None:
    """Put the reviewer's words and the answer that was sent beside each question."""
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


def stored_facts(case: MemberCase) -> dict[str, DeclaredFact]:
    """The facts of the use as they are stored, by key."""
    return {row.key: row for row in case.assessment.use.fact_rows().select_related("by")}


def form_of_facts(
    case: MemberCase, keys: Collection[str], rows: Mapping[str, DeclaredFact], data: QueryDict | None
) -> FactsForm | None:
    """The returned facts as a form, for who may change them and sees all; bound where one of them was posted."""
    asked = [fact for key, fact in case.edition.facts.items() if key in keys]
    if not asked or not case.sees_all or not case.may_answer:
        return None
    posted = data is not None and any(f"base_{fact.key}" in data for fact in asked)
    return FactsForm(data if posted else None, facts=asked, rows=rows)


def _said_of_facts(error: Refused) -> str:
    """Put into words why facts are not saved here; what they would hide is shown on their own page alone."""
    if not isinstance(error, WouldHide):
        return sentence_of(error)
    words = _("Saving this hides %(n)s answers that were given. Change it on its own page, which shows them first.")
    return words % {"n": len(error.answers)}


def save_facts(case: MemberCase, form: FactsForm) -> list[tuple[str, str]]:
    """Save the facts that changed; what cannot be saved here says so and stays in its controls."""
    if not form.is_bound:
        return []
    form.is_valid()
    places = {key: f"f-{key}" for key in form.facts}
    conflicts: tuple[str, ...] = ()
    with refusals(form, say=_said_of_facts):
        if values := form.values():
            conflicts = declare.declare_facts(
                case.assessment.use,
                values,
                by=case.user,
                reasons=form.reasons(),
                bases=form.bases(),
                operation=form.cleaned_data.get("operation"),
                hiding=(),
            ).conflicts
    for key in conflicts:
        words = _(
            "Somebody changed “%(fact)s” while you were on the page. Nothing was overwritten: choose on its own page."
        )
        form.add_error(key, words % {"fact": form.facts[key].label})
    first = next(iter(places.values()))
    return [
        (places.get(name.removeprefix("reason_"), first), str(message))
        for name, messages_of_field in form.errors.items()
        for message in messages_of_field
    ]


def titles_of(case: MemberCase, marks: Mapping[str, Any]) -> dict[str, str]:
    """What was returned and may be seen here, by target, with its name."""
    named = {f"q:{question.key}": question.title for question in case.questions}
    if case.sees_all:
        named |= {f"f:{key}": fact.label for key, fact in case.edition.facts.items()}
    return {target: named[target] for target in marks if target in named}


def returned_facts(
    case: MemberCase,
    content: Mapping[str, Any],
    marks: Mapping[str, Any],
    boxes: Mapping[str, ReplyBox],
    now: Mapping[str, DeclaredFact],
) -> list[ReturnedFact]:
    """The facts that were sent back; `now`: all facts of the use as they are stored."""
    then = {fact["key"]: fact for fact in content["facts"]}
    found = []
    for target, mark in marks.items():
        key = target.removeprefix("f:")
        if key == target or key not in case.edition.facts:
            continue
        fact, before, row = case.edition.facts[key], then.get(key), now.get(key)
        found.append(
            ReturnedFact(
                label=fact.label,
                question=fact.question,
                group=fact.group,
                before=fact_answer(fact, before["value"]) if before else "",
                now=fact_answer(fact, row.value) if row else "",
                reason=row.reason if row else "",
                mark=mark,
                dealt_with=bool(row and (not before or (row.value, row.reason) != (before["value"], before["reason"])))
                or bool(target in boxes and boxes[target].is_given),
                box=boxes.get(target),
            )
        )
    return found
