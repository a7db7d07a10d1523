"""The home of one assessment: its sections, who answers them, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from assessments import access, declaring, workflow
from assessments.access import Action
from assessments.errors import WorkflowError
from assessments.forms.answering import AssignForm
from assessments.guideline.edition import Question, Section
from assessments.guideline.terms import Tier
from assessments.models import Role, State
from assessments.views.case import (
    Case,
    documents_of,
    find_case,
    find_section,
    guideline_date,
    missing_facts,
    own_submission,
    what_happens_next,
)


@dataclass
class SectionRow:
    section: Section
    answered: int
    total: int
    unknown: int
    people: list[str]
    state: str
    go_on: bool = False


@login_required
@never_cache
def task_list(request: HttpRequest, reference: str) -> HttpResponse:
    """The home of one assessment: what is to be answered, by whom, how far it is, and what happens next."""
    case = find_case(request, reference)
    assessment, use = case.assessment, case.assessment.use
    counts = assessment.progress.get("sections", {})
    assigned: dict[str, list[str]] = {}
    for assignment in assessment.assignments.select_related("member__user").order_by("pk"):
        assigned.setdefault(assignment.section, []).append(str(assignment.member.user))
    last = None
    if case.may_answer:
        last = assessment.answers.filter(by=case.user).order_by("-at").values_list("question__key", flat=True).first()
    rows = [
        section_row(section, questions, counts.get(section.key, {}), assigned.get(section.key, []))
        for section, questions in case.sections
    ]
    go_on = section_to_go_on_with(case, rows, last) if case.may_answer else None
    if go_on:
        go_on.go_on = True
    stages: list[tuple[str, list[SectionRow]]] = []
    for row in rows:
        if not stages or stages[-1][0] != row.section.stage:
            stages.append((row.section.stage, []))
        stages[-1][1].append(row)
    have = set(case.declared.facts) if case.sees_all else set()
    missing = missing_facts(case) if case.sees_all else []
    submission = assessment.current_submission_id and own_submission(request, case)
    context = {
        "case": case,
        "assessment": assessment,
        "use": use,
        "edition": case.edition,
        "stages": [(case.edition.terms[f"stages.{stage}"], of_stage) for stage, of_stage in stages],
        "rows": rows,
        "go_on": go_on,
        "last": case.edition.questions.get(last or ""),
        "missing": missing,
        "facts_answered": len(have),
        "answered": sum(row.answered for row in rows),
        "total": sum(row.total for row in rows),
        "unknown": sum(row.unknown for row in rows),
        "complete": all(row.answered == row.total for row in rows) and not missing,
        "next": what_happens_next(assessment),
        "submission": submission,
        "documents": documents_of(request, assessment) if case.sees_all and assessment.current_submission_id else [],
        "is_low": use.assigned_tier == Tier.LOW,
        "is_prohibited": use.assigned_tier == Tier.UNACCEPTABLE,
        "may_recall": case.is_owner and assessment.state == State.SUBMITTED,
        "may_withdraw": case.is_owner and State.WITHDRAWN in workflow.MOVES[State(assessment.state)],
        "obligation": case.edition.obligations.get(Tier(use.assigned_tier)) if use.assigned_tier else None,
        "guideline_date": guideline_date(case.edition),
        "parts": [case.edition.terms[f"stakeholders.{part}"] for part in case.declared.parts],
    }
    return render(request, "assessments/answering/task_list.html", context)


def section_row(
    section: Section, questions: Sequence[Question], counts: Mapping[str, int], people: list[str]
) -> SectionRow:
    total, answered = counts.get("applicable", len(questions)), counts.get("answered", 0)
    state = "complete" if answered == total else "in_progress" if answered else "not_started"
    return SectionRow(section, answered, total, counts.get("unknown", 0), people, state)


def section_to_go_on_with(case: Case, rows: Sequence[SectionRow], last: str | None) -> SectionRow | None:
    """The section of the last answer if it is incomplete, else the first one that is."""
    question = case.edition.questions.get(last or "")
    left = [row for row in rows if row.answered < row.total]
    here = [row for row in left if question and row.section.key == question.section]
    return next(iter(here or left), None)


@login_required
@never_cache
def next_unanswered(request: HttpRequest, reference: str) -> HttpResponse:
    """Lead to the first question without an answer, in the order of the questionnaire."""
    case = find_case(request, reference)
    answered = set(case.assessment.answers.values_list("question__key", flat=True))
    question = next((q for q in case.questions if q.key not in answered), None)
    if question is None:
        messages.success(request, _("Every question has an answer."))
        return redirect("check" if case.sees_all else "assessment", reference)
    return redirect(f"{reverse('section', args=[reference, question.section])}#q-{question.key}")


@login_required
@never_cache
def assign(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Ask an owner or contributor to answer a section."""
    case = find_case(request, reference)
    access.require(case.user, Action.PEOPLE, case.assessment)
    section, questions = find_section(case, key)
    members = access.members_of(case.assessment).filter(role__in=[Role.OWNER, Role.CONTRIBUTOR]).order_by("user__name")
    form = AssignForm(request.POST or None, members=members)
    if request.method == "POST" and form.is_valid():
        if not form.due_in_time(timezone.localdate()):
            form.add_error("due", _("Choose today or a later day."))
        else:
            try:
                declaring.assign_section(
                    case.assessment,
                    section.key,
                    form.cleaned_data["member"],
                    by=case.user,
                    due=form.cleaned_data["due"],
                )
            except WorkflowError as error:
                form.add_error("member", str(error))
            else:
                said = _("%(name)s is asked to answer “%(section)s”.")
                messages.success(request, said % {"name": form.cleaned_data["member"].user, "section": section.title})
                return redirect("assessment", reference)
    assigned = case.assessment.assignments.filter(section=key).select_related("member__user").order_by("pk")
    context = {"case": case, "assessment": case.assessment, "section": section, "questions": questions, "form": form}
    return render(request, "assessments/answering/assign.html", context | {"assigned": list(assigned)})
