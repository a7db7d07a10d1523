"""Answers of other assessments: take them over, and confirm them one by one or several at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.core.errors import WorkflowError
from assessments.domain.answering import carry_over, organisation_answers
from assessments.domain.answering import reuse as answering_reuse
from assessments.forms.base import refusals
from assessments.guideline.edition import Edition, Question
from assessments.models import Answer, Assessment, State
from assessments.views.assessment.evidence_strip import EvidenceLine
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.wording import said_lines, whole_word

SOURCES = 50  # assessments that one may choose to copy from, the last changed ones


# --- answers that stand elsewhere -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def reuse(request: HttpRequest, reference: str) -> HttpResponse:
    """Answers of other assessments: what could be taken over, and what was and waits to be confirmed, one by one."""
    case = find_case(request, reference)
    roles.require(case.user, Action.ANSWER, case.assessment)
    source = _source(case, request.POST.get("from") or request.GET.get("from", ""))
    here = reverse("reuse", args=[reference]) + (f"?from={source.reference}" if source else "")
    problem = ""
    if request.method == "POST":
        with refusals() as refused:
            messages.success(request, _reuse(request, case, source))
            return redirect(here)
        problem = refused.words
    asked = [question.key for question in case.questions]
    waiting = [row for row in answering_reuse.copied_answers(case.assessment) if row.question.key in asked]
    may_take = case.may_answer and case.assessment.state == State.DRAFT
    offered = answering_reuse.offered(case.assessment, asked, source) if may_take else []
    context = {
        "case": case,
        "edition": case.edition,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "source": source,
        "sources": _sources(case) if may_take and case.sees_all else [],
        "waiting": [_shown(case.edition, row) for row in waiting] if case.may_answer else [],
        "ticked": set(request.POST.getlist("true")),
        "offered": [_shown(case.edition, row) for row in offered],
        "news": carry_over.news_in(case.assessment),
        "at_once": bool(case.edition.order) and source is None and not case.assessment.follows_id,
        "may_take": may_take,
        "copied": 0 if waiting or offered else answering_reuse.count_copied(case.assessment),
        "problem": problem,
    }
    return render(request, "assessments/assessment/reuse.html", context)


def _sources(case: MemberCase) -> Iterable[Assessment]:
    """Return the other assessments of the organisation with answers, last changed first."""
    rows = finders.assessments_for(case.user).filter(organisation=case.assessment.organisation_id, answered__gt=0)
    return rows.exclude(pk=case.assessment.pk).order_by("-updated_at", "-pk")[:SOURCES]


def _source(case: MemberCase, reference: str) -> Assessment | None:
    """Return the assessment to copy from, where one is chosen; who sees only what is assigned copies from none."""
    if not reference or not case.sees_all:
        return None
    rows = finders.assessments_for(case.user).filter(organisation=case.assessment.organisation_id)
    return get_object_or_404(rows.exclude(pk=case.assessment.pk), reference=query_values.reference(reference))


def _reuse(request: HttpRequest, case: MemberCase, source: Assessment | None) -> str:
    """Confirm one carried answer, or take over those that are ticked; returns what was done, in words."""
    if "confirm" in request.POST:
        return confirm_one(request, case)
    if "together" in request.POST:
        return _confirm_several(request, case)
    ticked = set(request.POST.getlist("take"))
    offered = answering_reuse.offered(case.assessment, [question.key for question in case.questions], source)
    chosen = [row for row in offered if str(row.pk) in ticked]
    if not chosen:
        raise WorkflowError(_("Tick the answers that you want to copy."))
    if source is None and case.edition.order:
        taken = organisation_answers.take_over(case.assessment, chosen, by=case.user)
    else:
        taken = carry_over.copy(case.assessment, chosen, by=case.user)
    if taken and not any(row.to_confirm for row in taken):
        said = ngettext(
            "One answer was copied. Change it if it is not true for this use.",
            "%(n)s answers were copied. Change each answer that is not true for this use.",
            len(taken),
        )
        return said % {"n": len(taken)}
    said = ngettext(
        "One answer was copied. Confirm the answer, or change it if it is not true for this use.",
        "%(n)s answers were copied. Confirm each answer, or change it if it is not true for this use.",
        len(taken),
    )
    return said % {"n": len(taken)}


def confirm_one(request: HttpRequest, case: MemberCase) -> str:
    """Confirm the copied answer that a button names (`question:revision`); returns what was done, in words."""
    key, _colon, base = request.POST["confirm"].partition(":")
    seen = query_values.count(base)
    answering_reuse.confirm_copied(case.assessment, key, by=case.user, base=-1 if seen is None else seen)
    return _("Confirmed: %(title)s.") % {"title": case.edition.questions[key].title}


def _confirm_several(request: HttpRequest, case: MemberCase) -> str:
    """Confirm the carried answers that are ticked; what could not be confirmed says why."""
    chosen = []
    for ticked in request.POST.getlist("true"):
        key, _colon, base = ticked.partition(":")
        seen = query_values.count(base)
        chosen.append((key, -1 if seen is None else seen))
    if not chosen:
        raise WorkflowError(_("Tick the answers that are also true for this use."))
    confirmed = carry_over.confirm_several(case.assessment, chosen, by=case.user)
    for key, reason in confirmed.problems:
        known = case.edition.questions.get(key)
        messages.error(request, f"{known.title}: {reason}" if known else reason)
    n = len(confirmed.done)
    return ngettext("%(n)s answer is confirmed.", "%(n)s answers are confirmed.", n) % {"n": n}


def _shown(edition: Edition, row: Answer) -> dict[str, Any]:
    """Return an answer as the lists show it, with where it comes from."""
    question: Question = edition.questions[row.question.key]
    origin = row.carried_from if row.to_confirm and row.carried_from else row
    return {
        "row": row,
        "question": question,
        "word": whole_word(row.record()),
        "lines": said_lines(question, row.items),
        "text": row.text,
        "value": f"{question.key}:{row.revision}",
        "evidence": [EvidenceLine(use) for use in row.evidence_uses.all()] if row.to_confirm else [],
        "use": origin.assessment.use,
        "by": origin.by,
        "at": origin.at,
    }
