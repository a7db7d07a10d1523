"""Evidence that is added to what is signed: the member's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import roles
from assessments.access.roles import Action
from assessments.domain.review import parts, supplements
from assessments.forms.base import refusals
from assessments.forms.supplements import SupplementForm
from assessments.views.assessment.member_case import MemberCase, find_case
from assessments.views.site.requests import SignedIn, posted


@require_http_methods(["GET", "HEAD", "POST"])
def of_assessment(request: SignedIn, reference: str) -> HttpResponse:
    """List the evidence that was added after the signing, and add more until the decision."""
    case = find_case(request, reference)
    assessment, submission = case.assessment, case.assessment.current_submission
    if submission is None:
        raise Http404
    titles = _visible(case, supplements.targets(submission))
    if request.method == "POST":
        roles.require(request.user, Action.ANSWER, assessment)
    is_open = supplements.is_open(assessment)
    writes = case.member is not None and case.member.role in roles.MAY[Action.ANSWER]
    pieces = supplements.files_for(request.user, assessment) if writes and (is_open or request.method == "POST") else []
    form = None
    if writes and (is_open or request.method == "POST"):
        form = SupplementForm(
            posted(request),
            targets=list(titles.items()),
            pieces=[(piece.reference, piece.title) for piece in pieces],
            initial={"target": request.GET.get("for", "")},
        )
    if request.method == "POST" and form is not None and form.is_valid():
        piece = next(one for one in pieces if one.reference == form.cleaned_data["piece"])
        with refusals(form):
            supplements.attach(
                assessment,
                form.cleaned_data["target"],
                piece,
                by=request.user,
                words=form.cleaned_data["words"],
            )
            messages.success(
                request, _("“%(title)s” was added. A reviewer will judge this evidence.") % {"title": piece.title}
            )
            return redirect("supplements", reference)
    added = [row for row in supplements.of_assessment(assessment) if row.target in titles]
    context = {
        "case": case,
        "assessment": assessment,
        "use": assessment.use,
        "added": [(row, titles[row.target]) for row in added],
        "told": parts.is_told(assessment),
        "form": form,
        "has_pieces": bool(pieces),
        "is_open": is_open,
    }
    return render(request, "assessments/assessment/supplements.html", context)


def _visible(case: MemberCase, titles: dict[str, str]) -> dict[str, str]:
    """Return what this member may add evidence to: all of it, or the questions that they were asked to answer."""
    if case.sees_all:
        return titles
    mine = {f"q:{question.key}" for question in case.questions}
    return {target: title for target, title in titles.items() if target in mine}
