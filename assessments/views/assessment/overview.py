"""The home of one assessment: its sections, who answers them, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import Locked, WorkflowError
from assessments.domain import workflow
from assessments.domain.answering import asking, carry_over, conformity_file, reuse
from assessments.domain.certificates import staleness
from assessments.domain.certificates.before_signing import prospect_in_brief
from assessments.domain.review import supplements
from assessments.forms.answering import AssignForm
from assessments.forms.base import refusals
from assessments.guideline.terms import Tier
from assessments.models import Certificate, DecisionKind, State
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
from assessments.views.assessment.search import duration, first_after, place_of
from assessments.views.assessment.section_rows import (
    FILTERS,
    AnsweredQuestions,
    SectionRow,
    answered_in,
    section_rows,
    section_to_go_on_with,
)
from assessments.views.site.document_progress import line_of
from assessments.views.site.seen import seen


@require_safe
def task_list(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the home of one assessment: what is to be answered, by whom, how far it is, and what happens next."""
    case = find_case(request, reference)
    seen(request, case)
    assessment, use = case.assessment, case.assessment.use
    answered = answered_in(case)
    rows = section_rows(case, answered)
    go_on = section_to_go_on_with(case, rows, answered.last) if case.may_answer else None
    if go_on:
        go_on.go_on = True
    is_open = assessment.is_editable and not use.prohibited_by_facts  # else nothing can be answered any more
    missing = missing_facts(case) if case.sees_all and is_open else []
    prospect = prospect_in_brief(assessment) if case.sees_all and not missing else None
    context: dict[str, Any] = {
        "case": case,
        "assessment": assessment,
        "use": use,
        "edition": case.edition,
        "offer": offer_of_answers(case, answered),
        "news": SimpleLazyObject(lambda: carry_over.news_in(assessment)),
        "go_on": go_on,
        "started": answered.is_started,
        "last": case.edition.questions.get(answered.last or ""),
        "missing": missing,
        "facts_answered": len(asked_facts(case.edition, case.declared)) - len(missing) if case.sees_all else 0,
        "complete": all(row.answered == row.total for row in rows) and not missing,
        "no_certificate": bool(prospect and prospect.keeps_back),  # possible, as the answers are now
        "next": why_locked(assessment),
        "is_low": use.assigned_tier == Tier.LOW,
        "is_prohibited": use.prohibited_by_facts,
        "is_open": is_open,
        "takes_more": supplements.is_open(assessment),
        "open_actions": open_actions(case),
        "stale": staleness.shown(assessment) if case.sees_all and assessment.state in staleness.APPROVALS else [],
        "holds": list(use.holds.filter(closed_at=None).order_by("pk")) if case.sees_all and use.open_holds else [],
        "closed": SimpleLazyObject(lambda: closed_sections(case) if case.sees_all and is_open else []),
        "may_recall": case.is_owner and assessment.state == State.SUBMITTED,
        "may_withdraw": case.is_owner and State.WITHDRAWN in workflow.MOVES[State(assessment.state)],
        "obligation": case.edition.obligations.get(Tier(use.assigned_tier)) if use.assigned_tier else None,
        "guideline_date": guideline_date(case.edition),
        "parts": [case.edition.terms[f"stakeholders.{part}"] for part in case.declared.parts],
        **_of_sections(case, rows, request.GET.get("show", "")),
        **_of_submission(request, case),
    }
    context["kept"] = drawn_once(case, context) if assessment.is_editable else draw(context)
    return render(request, "assessments/assessment/task_list.html", context)


def offer_of_answers(case: MemberCase, answered: AnsweredQuestions) -> reuse.Offer | None:
    """Return the offer to take over answers of other uses; None where this person cannot answer a draft."""
    if not case.may_answer or case.assessment.state != State.DRAFT:
        return None
    asked = [question.key for question in case.questions]
    waiting = sum(key in answered.to_confirm for key in asked)
    left = [key for key in asked if key not in answered.complete and key not in answered.to_confirm]
    return reuse.offer_for(case.assessment, left, to_confirm=waiting)


def _of_sections(case: MemberCase, rows: Sequence[SectionRow], show: str) -> dict[str, Any]:
    """Return the context of the sections: those that the filter `show` keeps, by stage, and the sums over all."""
    if show not in dict(FILTERS) or not any(row.is_shown(show) for row in rows):
        show = ""
    stages = groupby((row for row in rows if row.is_shown(show)), key=lambda row: row.section.stage)
    return {
        "stages": [(case.edition.terms[f"stages.{stage}"], list(of_stage)) for stage, of_stage in stages],
        "rows": rows,
        "answered": sum(row.answered for row in rows),
        "total": sum(row.total for row in rows),
        "unknown": sum(row.unknown for row in rows),
        "show": show,
        "filters": [(key, label, count) for key, label in FILTERS if (count := sum(row.is_shown(key) for row in rows))],
        "flagged": sum(row.flagged for row in rows),
        "time_left": duration(sum(row.minutes for row in rows)) if any(row.minutes for row in rows) else "",
    }


def _of_submission(request: HttpRequest, case: MemberCase) -> dict[str, Any]:
    """Return the context of what follows a submission: the decision, the documents and the certificate."""
    assessment = case.assessment
    submission = own_submission(request, case) if assessment.current_submission_id else None
    declared_prohibited = (
        assessment.state == State.REFUSED
        and submission is not None
        and submission.decisions.filter(kind=DecisionKind.DECLARE_PROHIBITED).exists()
    )
    certificate = certificate_of(case)
    ended = goes_on(case, declared_prohibited=declared_prohibited, certificate=certificate)
    has_file = case.sees_all and bool(conformity_file.parts_asked(assessment))
    is_stopped = assessment.use.prohibited_by_facts and assessment.is_editable
    return {
        "submission": submission,
        "documents": [line_of(document) for document in documents_of(request, assessment)]
        if case.sees_all and assessment.current_submission_id
        else [],
        "has_file": has_file,
        "file": file_state(case, submission) if has_file else None,
        "declared_prohibited": declared_prohibited,
        "lists_sections": not declared_prohibited and not is_stopped,
        "certificate": certificate,
        "stands": stands(certificate),
        "goes_on": ended,
        "form_token": get_token(request) if ended else "",  # not csrf_token: that one is of the whole page
    }


@dataclass(frozen=True, slots=True)
class CachedSheet:
    """The two parts of the page as they were drawn: the sheet and the notes beside it."""

    sheet: SafeString
    notes: SafeString


def draw(context: Mapping[str, Any]) -> CachedSheet:
    names = ("task_list_sheet", "task_list_notes")
    return CachedSheet(
        *(mark_safe(render_to_string(f"assessments/assessment/{name}.html", dict(context))) for name in names)  # noqa: S308 (a template of ours)
    )


def drawn_once(case: MemberCase, context: Mapping[str, Any]) -> CachedSheet:
    """Return the drawn parts, from the cache where the same state was drawn before.

    While an assessment can be answered, the key has all that these parts show. Later they show a submission, a
    decision and documents as well, and the page is opened less often, so they are not cached.
    """
    assessment, use = case.assessment, case.assessment.use
    reader = (case.is_owner, case.may_answer, case.sees_all, get_language(), timezone.localdate())
    of_assessment = (assessment.reference, assessment.shown_state, assessment.state, assessment.current_submission_id)
    of_use = (use.reference, use.title, use.assigned_tier, use.provisional, use.open_holds)
    of_system = (use.system.reference, use.system.name)
    of_facts = (case.edition.checksum, sorted(case.declared.facts.items()), case.declared.parts)
    last = context["last"]
    state = (
        *(row.state_shown for row in context["rows"]),
        context["takes_more"],
        context["show"],
        last.key if last else None,
        context["started"],
        context["offer"],
        context["missing"],
        [(hold.pk, hold.kind, hold.due) for hold in context["holds"]],
        context["is_prohibited"],
        context["no_certificate"],
        *((line.document.reference, line.document.state, line.label, line.poll) for line in context["documents"]),
    )
    key = f"task-list:{sha256(repr((reader, of_assessment, of_use, of_system, of_facts, state)))}"
    kept: CachedSheet | None = caches["pages"].get(key)
    if kept is None:
        kept = draw(context)
        caches["pages"].set(key, kept)
    return kept


def certificate_of(case: MemberCase) -> Certificate | None:
    """Return the certificate of the last submission with the events of its status; None where there is none."""
    if case.assessment.state not in (State.CERTIFIED, State.SUPERSEDED):
        return None
    found = finders.certificates_for(case.user).filter(submission=case.assessment.current_submission_id)
    return found.prefetch_related("events").first()


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
                said = _("%(name)s has been asked to answer “%(section)s”.")
                messages.success(request, said % {"name": form.cleaned_data["member"].user, "section": section.title})
                return redirect("assessment", reference)
    assigned = finders.asked_in(case.assessment).filter(section=key, question="")
    context = {"case": case, "assessment": case.assessment, "section": section, "questions": questions, "form": form}
    return render(request, "assessments/assessment/assign.html", context | {"assigned": list(assigned)})
