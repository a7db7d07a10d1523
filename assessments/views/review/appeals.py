"""The page on which a reviewer answers an appeal or a complaint."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders
from assessments.accounts import proofs
from assessments.core.errors import NotPermitted
from assessments.domain.certificates import standing, status
from assessments.domain.review import appeals
from assessments.forms.base import refusals
from assessments.forms.review import AppealAnswerForm
from assessments.views.assessment.timeline import appeal_words
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted
from assessments.views.site.seen import seen


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: SignedIn, reference: str) -> HttpResponse:
    """Answer an appeal or complaint, as a reviewer from the reviewing body who had no part in the case."""
    appeal = get_object_or_404(finders.appeals_for(request.user), reference=reference)
    if not finders.is_open_to(request.user, appeal.assessment_id):
        if request.method == "POST":
            raise NotPermitted(
                _(
                    "First declare that you have no conflict of interest in this case. You can then read and "
                    "answer the appeal or complaint."
                )
            )
        return to_declare(request, appeal.submission)
    seen(request)
    why_not = appeals.why_no_answer(appeal, request.user)
    form = AppealAnswerForm(posted(request))
    if proofs.confirmed(request, form):
        upheld = form.cleaned_data["outcome"] == "upheld"
        with refusals(form):
            appeals.answer(appeal, by=request.user, upheld=upheld, words=form.cleaned_data["words"])
            messages.success(
                request,
                _("Your answer is recorded. We have notified the organisation and the reviewers of the case."),
            )
            return redirect("appeal", reference)
    suspended = appeals.wrongly_suspended(appeal)
    context = {
        "appeal": appeal,
        "suspended": suspended,
        "may_reinstate": suspended is not None and status.REINSTATE in standing.possible(suspended, request.user),
        "about": appeal_words(appeal),
        "submission": appeal.submission,
        "form": form,
        "why_not": why_not,
        "use": appeal.assessment.use,
    }
    return render(request, "assessments/review/appeal.html", context)
