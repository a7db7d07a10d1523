"""The home of one assessment: its sections, who answers them, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import Locked, WorkflowError
from assessments.domain import workflow
from assessments.domain.answering import asking, carry_over, conformity_file, reuse
from assessments.domain.certificates import staleness
from assessments.domain.review import supplements
from assessments.forms.answering import AssignForm
from assessments.forms.base import refusals
from assessments.guideline.edition import Question, Section
from assessments.guideline.terms import Tier
from assessments.models import Assignment, Certificate, DecisionKind, State
from assessments.models.base import sha256
from assessments.models.snapshots import asked_facts
from assessments.views.assessment.closed_questions import closed_sections
from assessments.views.assessment.decided import file_state, open_actions
from assessments.views.assessment.going_on import goes_on, stands
from assessments.views.assessment.member_case import (
    MemberCase,
    documents_of,
    find_case,
    find_section,
    guideline_date,
    missing_facts,
    own_submission,
)
from assessments.views.assessment.next_step import why_locked
from assessments.views.assessment.search import duration, first_after, minutes_for, place_of
from assessments.views.site.seen import seen


@dataclass
class Asked:
    """A person who is asked to answer a section, or some questions of it."""

    name: str
    url: str
    questions: int = 0  # 0: the whole section
    due: date | None = None  # the next one
    done: bool = True
    late: bool = False

    def __str__(self) -> str:
        return self.name

    def add(self, assignment: Assignment) -> None:
        self.questions += bool(assignment.question)
        if assignment.done_at is None:
            self.done = False
            self.due = min(filter(None, (self.due, assignment.due)), default=None)
            self.late = self.due is not None and self.due < timezone.localdate()


def who_has_what(case: MemberCase) -> dict[str, list[Asked]]:
    """The people who are asked, by section, with the next day that is due while it can be answered: one query."""
    found: dict[str, dict[tuple[int, bool], Asked]] = {}
    for assignment in finders.asked_on_page(case.assessment):
        url = reverse("asked", args=[case.assessment.reference, assignment.pk])
        person = Asked(str(assignment.member.user), url)
        key = (assignment.member_id, bool(assignment.question))
        found.setdefault(assignment.section, {}).setdefault(key, person).add(assignment)
    if not case.assessment.is_editable:  # nothing is due where nothing can be answered
        for people in found.values():
            for person in people.values():
                person.due, person.late = None, False
    return {section: list(people.values()) for section, people in found.items()}


FILTERS = [
    ("", gettext_lazy("All sections")),
    ("open", gettext_lazy("Not complete")),
    ("unknown", gettext_lazy("With answers not known yet")),
    ("flagged", gettext_lazy("With your flags")),
]


@dataclass
class SectionRow:
    section: Section
    answered: int
    total: int
    unknown: int
    people: list[Asked]
    state: str
    flagged: int = 0
    open_comments: int = 0
    minutes: int = 0  # that are left, by our estimate
    go_on: bool = False
    planned: int = 0
    not_applicable: int = 0

    @property
    def time_left(self) -> str:
        return duration(self.minutes) if self.minutes else ""

    @property
    def state_shown(self) -> tuple[object, ...]:
        """All that its line shows."""
        counts = (self.answered, self.total, self.unknown, self.planned, self.not_applicable)
        marks = (self.flagged, self.open_comments, self.minutes, self.go_on)
        return (self.section.key, self.state, counts, marks, self.people)

    def is_shown(self, show: str) -> bool:
        """Whether the filter of the task list keeps it."""
        kept = {"open": self.answered < self.total, "unknown": self.unknown, "flagged": self.flagged}
        return bool(kept.get(show, True))


@require_safe
def task_list(request: HttpRequest, reference: str) -> HttpResponse:
    """The home of one assessment: what is to be answered, by whom, how far it is, and what happens next."""
    case = find_case(request, reference)
    seen(request, case)
    assessment, use = case.assessment, case.assessment.use
    counts = assessment.progress.get("sections", {})
    assigned = who_has_what(case)
    given = finders.answers_by_time(assessment)
    last = next((key for key, by, _carried in given if by == case.user.pk), None) if case.may_answer else None
    have_answer = {key for key, _by, to_confirm in given if not to_confirm}
    rows = [
        section_row(section, questions, counts.get(section.key, {}), assigned.get(section.key, []))
        for section, questions in case.sections
    ]
    for row, (_section, questions) in zip(rows, case.sections, strict=True):
        marks = [case.marks.get(question.key, finders.NO_MARKS) for question in questions]
        row.flagged = sum(mark.flagged for mark in marks)
        row.open_comments = sum(mark.open_comments for mark in marks)
        row.minutes = minutes_for(question for question in questions if question.key not in have_answer)
        if not case.sees_all:  # of a section of which one question is asked, that one alone counts here
            row.total, row.answered = len(questions), sum(question.key in have_answer for question in questions)
            row.state = state_of_section(row.answered, row.total)
    offer = None
    if case.may_answer and assessment.state == State.DRAFT:
        asked = [question.key for question in case.questions]
        waiting = sum(to_confirm and key in asked for key, _by, to_confirm in given)
        here = {key for key, _by, _to_confirm in given}
        offer = reuse.offer_for(assessment, [key for key in asked if key not in here], to_confirm=waiting)
    go_on = section_to_go_on_with(case, rows, last) if case.may_answer else None
    if go_on:
        go_on.go_on = True
    stages: list[tuple[str, list[SectionRow]]] = []
    show = request.GET.get("show", "")
    if show not in dict(FILTERS) or not any(row.is_shown(show) for row in rows):
        show = ""
    for row in (row for row in rows if row.is_shown(show)):
        if not stages or stages[-1][0] != row.section.stage:
            stages.append((row.section.stage, []))
        stages[-1][1].append(row)
    is_prohibited = use.prohibited_by_facts
    is_open = assessment.is_editable and not is_prohibited  # else there is nothing that could still be answered
    missing = missing_facts(case) if case.sees_all and is_open else []
    submission = own_submission(request, case) if assessment.current_submission_id else None
    declared_prohibited = (
        assessment.state == State.REFUSED
        and submission is not None
        and submission.decisions.filter(kind=DecisionKind.DECLARE_PROHIBITED).exists()
    )
    documents = documents_of(request, assessment) if case.sees_all and assessment.current_submission_id else []
    certificate = certificate_of(case)
    ended = goes_on(case, declared_prohibited=declared_prohibited, certificate=certificate)
    holds = list(use.holds.filter(closed_at=None).order_by("pk")) if case.sees_all and use.open_holds else []
    context: dict[str, Any] = {
        "case": case,
        "assessment": assessment,
        "offer": offer,
        "news": SimpleLazyObject(lambda: carry_over.news_in(assessment)),
        "use": use,
        "edition": case.edition,
        "stages": [(case.edition.terms[f"stages.{stage}"], of_stage) for stage, of_stage in stages],
        "rows": rows,
        "go_on": go_on,
        "started": any(by is not None for _key, by, _to_confirm in given),
        "last": case.edition.questions.get(last or ""),
        "missing": missing,
        "facts_answered": len(asked_facts(case.edition, case.declared)) - len(missing) if case.sees_all else 0,
        "answered": sum(row.answered for row in rows),
        "total": sum(row.total for row in rows),
        "unknown": sum(row.unknown for row in rows),
        "complete": all(row.answered == row.total for row in rows) and not missing,
        "next": why_locked(assessment),
        "submission": submission,
        "documents": documents,
        "is_low": use.assigned_tier == Tier.LOW,
        "is_prohibited": is_prohibited,
        "is_open": is_open,
        "takes_more": supplements.is_open(assessment),
        "has_file": (has_file := case.sees_all and bool(conformity_file.parts_asked(assessment))),
        "file": file_state(case, submission) if has_file else None,
        "open_actions": open_actions(case),
        "declared_prohibited": declared_prohibited,
        "lists_sections": not declared_prohibited and not (is_prohibited and assessment.is_editable),
        "certificate": certificate,
        "stands": stands(certificate),
        "goes_on": ended,
        "csrf_token": get_token(request) if ended else "",
        "stale": staleness.shown(assessment) if case.sees_all and assessment.state in staleness.APPROVALS else [],
        "holds": holds,
        "show": show,
        "filters": [(key, label, count) for key, label in FILTERS if (count := sum(row.is_shown(key) for row in rows))],
        "flagged": sum(row.flagged for row in rows),
        "time_left": duration(sum(row.minutes for row in rows)) if any(row.minutes for row in rows) else "",
        "closed": SimpleLazyObject(lambda: closed_sections(case) if case.sees_all and is_open else []),
        "may_recall": case.is_owner and assessment.state == State.SUBMITTED,
        "may_withdraw": case.is_owner and State.WITHDRAWN in workflow.MOVES[State(assessment.state)],
        "obligation": case.edition.obligations.get(Tier(use.assigned_tier)) if use.assigned_tier else None,
        "guideline_date": guideline_date(case.edition),
        "parts": [case.edition.terms[f"stakeholders.{part}"] for part in case.declared.parts],
    }
    shown_holds = [(hold.pk, hold.kind, hold.due) for hold in holds]
    state = (
        *(row.state_shown for row in rows),
        supplements.is_open(assessment),
        show,
        last,
        context["started"],
        offer,
        missing,
        shown_holds,
        is_prohibited,
        *((document.reference, document.state, document.kind) for document in documents),
    )
    context["kept"] = drawn_once(case, state, context) if assessment.is_editable else draw(context)
    return render(request, "assessments/assessment/task_list.html", context)


@dataclass(frozen=True, slots=True)
class CachedSheet:
    """The sheet and the notes as they were drawn."""

    sheet: SafeString
    notes: SafeString


def draw(context: Mapping[str, Any]) -> CachedSheet:
    names = ("task_list_sheet", "task_list_notes")
    return CachedSheet(
        *(mark_safe(render_to_string(f"assessments/assessment/{name}.html", dict(context))) for name in names)  # noqa: S308 (a template of ours)
    )


def drawn_once(case: MemberCase, state: tuple[object, ...], context: Mapping[str, Any]) -> CachedSheet:
    """Draw them, or take what was drawn for the same state: while it can be answered, the key says all that they show.

    Later there are a submission, a decision and documents to show as well, and nobody opens the page so often.
    """
    assessment, use = case.assessment, case.assessment.use
    reader = (case.is_owner, case.may_answer, case.sees_all, get_language(), timezone.localdate())
    of_assessment = (assessment.reference, assessment.shown_state, assessment.state, assessment.current_submission_id)
    of_use = (use.reference, use.title, use.assigned_tier, use.provisional, use.open_holds)
    of_system = (use.system.reference, use.system.name)
    of_facts = (case.edition.checksum, sorted(case.declared.facts.items()), case.declared.parts)
    key = f"task-list:{sha256(repr((reader, of_assessment, of_use, of_system, of_facts, state)))}"
    kept: CachedSheet | None = caches["pages"].get(key)
    if kept is None:
        kept = draw(context)
        caches["pages"].set(key, kept)
    return kept


def certificate_of(case: MemberCase) -> Certificate | None:
    """The certificate that the last submission brought, with the events that its status is read from."""
    if case.assessment.state not in (State.CERTIFIED, State.SUPERSEDED):
        return None
    found = finders.certificates_for(case.user).filter(submission=case.assessment.current_submission_id)
    return found.prefetch_related("events").first()


def section_row(
    section: Section, questions: Sequence[Question], counts: Mapping[str, int], people: list[Asked]
) -> SectionRow:
    total, answered = counts.get("applicable", len(questions)), counts.get("answered", 0)
    return SectionRow(
        section,
        answered,
        total,
        counts.get("unknown", 0),
        people,
        state_of_section(answered, total),
        planned=counts.get("planned", 0),
        not_applicable=counts.get("not_applicable", 0),
    )


def state_of_section(answered: int, total: int) -> str:
    return "complete" if answered == total else "in_progress" if answered else "not_started"


def section_to_go_on_with(case: MemberCase, rows: Sequence[SectionRow], last: str | None) -> SectionRow | None:
    """The section of the last answer if it is incomplete, else the first one that is."""
    question = case.edition.questions.get(last or "")
    left = [row for row in rows if row.answered < row.total]
    here = [row for row in left if question and row.section.key == question.section]
    return next(iter(here or left), None)


@require_safe
def next_unanswered(request: HttpRequest, reference: str) -> HttpResponse:
    """Lead to the next question without an answer, with `?flagged` to the next that one has flagged.

    Next is the first in the order of the questionnaire; where `?after=` names a question, the first that follows it.
    """
    case = find_case(request, reference)
    if "flagged" in request.GET:
        left = [q for q in case.questions if case.marks.get(q.key, finders.NO_MARKS).flagged]
    else:
        answered = set(case.assessment.answers.filter(to_confirm=False).values_list("question__key", flat=True))
        left = [q for q in case.questions if q.key not in answered]
    if not left and "flagged" in request.GET:
        return redirect("flagged", reference)
    if not left:
        messages.success(request, _("Every question has an answer."))
        return redirect("check" if case.sees_all else "assessment", reference)
    return redirect(place_of(case, first_after(case.questions, left, request.GET.get("after", ""))))


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Ask an owner or contributor to answer a section."""
    case = find_case(request, reference)
    roles.require(case.user, Action.PEOPLE, case.assessment)
    section, questions = find_section(case, key)
    form = AssignForm(request.POST or None, members=finders.members_to_ask(case.assessment))
    if request.method == "POST" and form.is_valid():
        if not form.due_in_time(timezone.localdate()):
            form.add_error("due", _("Choose today or a later day."))
        else:
            with refusals(form, at={Locked: None, WorkflowError: "member"}):
                asking.ask(
                    case.assessment,
                    section.key,
                    form.cleaned_data["member"],
                    by=case.user,
                    due=form.cleaned_data["due"],
                    note=form.cleaned_data["note"],
                )
                said = _("%(name)s is asked to answer “%(section)s”.")
                messages.success(request, said % {"name": form.cleaned_data["member"].user, "section": section.title})
                return redirect("assessment", reference)
    assigned = finders.asked_in(case.assessment).filter(section=key, question="")
    context = {"case": case, "assessment": case.assessment, "section": section, "questions": questions, "form": form}
    return render(request, "assessments/assessment/assign.html", context | {"assigned": list(assigned)})
