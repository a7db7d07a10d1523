"""The evidence of one answer: attach, detach, add."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values, throttling
from assessments.domain.evidence import files, library
from assessments.domain.review import parts, supplements
from assessments.forms.base import refusals, status_of
from assessments.forms.evidence import NewEvidenceForm
from assessments.guideline.edition import Question
from assessments.views.assessment.evidence_strip import EvidenceStrip, make_strip
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.assessment.questions_on_page import stored_answers, unlocked_on_page
from assessments.views.evidence import library as evidence_library
from assessments.views.site.requests import SignedIn

CHOICES = 20  # of the library, under an answer


# --- what an answer leans on ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def of_answer(request: SignedIn, reference: str, question: str) -> HttpResponse:
    """Show the evidence of one answer: attach, detach, add. A script gets the strip alone, and puts it in its place."""
    case = find_case(request, reference)
    asked = next((one for one in case.questions if one.key == question), None)
    if asked is None:
        raise Http404
    form, problem = None, ""
    if request.method == "POST":
        roles.require(request.user, Action.ANSWER, case.assessment)
        form, problem, said = act(request, case, asked)
        if form is None and not problem:
            if getattr(request, "htmx", False):
                return strip_response(request, case, asked, said=said)
            messages.success(request, said)
            return redirect("answer_evidence", reference, question)
    if getattr(request, "htmx", False):
        return strip_response(request, case, asked, form=form, problem=problem)
    return answer_page(request, case, asked, form, problem)


def act(request: SignedIn, case: MemberCase, asked: Question) -> tuple[NewEvidenceForm | None, str, str]:
    """Do what was posted; returns the form if it has to be shown again, what was in the way, and what was done."""
    acts = {
        "attach": (library.attach, _("Attached: %(title)s.")),
        "detach": (
            library.detach,
            _("“%(title)s” was detached from the answer. The evidence is still in the library."),
        ),
        "confirm": (library.confirm_again, _("You confirmed that “%(title)s” still supports the answer.")),
    }
    name = next((name for name in acts if name in request.POST), "")
    form = None
    with refusals() as refused:
        if name:
            do, words = acts[name]
            mine = finders.evidence_for(request.user).filter(organisation=case.assessment.organisation_id)
            found = get_object_or_404(mine, reference=query_values.reference(request.POST[name]))
            do(found, case.assessment, asked.key, by=request.user)
            return None, "", words % {"title": found}
        form = evidence_library.new_form(request)
        if form.is_valid():
            throttling.spend("upload", request, organisation=case.assessment.organisation_id)
            piece = evidence_library.add_from(
                form, case.assessment.organisation, by=request.user, to=(case.assessment, asked.key)
            )
            if piece:
                known = piece.title != form.cleaned_data["title"]
                words = _("This file is already in the library as “%(title)s”. It has been attached from there.")
                return None, "", (words if known else _("Attached: %(title)s.")) % {"title": piece}
        return form, "", ""
    return form, refused.words, ""  # with the form, where one was filled in: what was typed stays


def strip_of(case: MemberCase, asked: Question) -> EvidenceStrip:
    uses = finders.evidence_on(case.assessment, [asked.key]).get(asked.key, [])
    stored = stored_answers(case, [asked])
    unlocked = unlocked_on_page(case, stored, [asked])
    editable = case.may_answer and (unlocked is None or asked.key in unlocked)
    strip = make_strip(case, asked.key, uses, editable=editable)
    strip.answered = asked.key in stored
    return strip


def choose_from(request: SignedIn, case: MemberCase, strip: EvidenceStrip, query: str) -> None:
    """Put the evidence items that may still be attached onto a strip, the newest first."""
    pieces = finders.evidence_for(request.user).filter(organisation=case.assessment.organisation_id)
    have = [line.piece.pk for line in strip.lines]
    shown = evidence_library.narrowed(pieces, request.user, query, "").exclude(pk__in=have).for_list().order_by("-pk")
    strip.pieces, strip.query = list(shown[:CHOICES]), query


def strip_response(
    request: SignedIn,
    case: MemberCase,
    asked: Question,
    *,
    form: NewEvidenceForm | None = None,
    problem: str = "",
    said: str = "",
) -> HttpResponse:
    """Show the strip alone; closed where the script asks for that."""
    strip = strip_of(case, asked)
    strip.is_open = (strip.editable and "closed" not in request.GET) or form is not None
    strip.problem, strip.said, strip.form = problem, said, form
    if strip.is_open:
        choose_from(request, case, strip, request.GET.get("q", ""))
    context = {"view": {"evidence": strip}, "endings": files.endings(), "limit": settings.EVIDENCE_MAX_BYTES // 1024**2}
    return render(request, "assessments/assessment/evidence.html", context, status=status_of(form))


def answer_page(
    request: SignedIn, case: MemberCase, asked: Question, form: NewEvidenceForm | None, problem: str
) -> HttpResponse:
    strip = strip_of(case, asked)
    query = request.GET.get("q", "")
    if form is not None:
        evidence_library.remind_of_file(form)
    if strip.editable:
        choose_from(request, case, strip, query)
    section = case.edition.section_of[asked.section]
    context = {
        "case": case,
        "assessment": case.assessment,
        "question": asked,
        "section": section,
        "strip": strip,
        "form": form or (empty_form() if strip.editable and strip.answered else None),
        "problem": problem,
        "later": supplements.of_assessment(case.assessment, within=[f"q:{asked.key}"]),
        "later_told": parts.is_told(case.assessment),
        "takes_more": supplements.is_open(case.assessment) and not strip.editable,
        "back": f"{reverse('section', args=[case.assessment.reference, section.key])}#q-{asked.key}",
    }
    return render(request, "assessments/evidence/of_answer.html", context, status=status_of(form))


def empty_form() -> NewEvidenceForm:
    return NewEvidenceForm(endings=files.endings(), limit=settings.EVIDENCE_MAX_BYTES)
