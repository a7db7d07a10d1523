"""Taking over a colleague's marks by name, and taking one's own approval back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.accounts import proofs
from assessments.domain.review import approvals, own_marks
from assessments.forms.base import refusals
from assessments.forms.review import TakeBackForm
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages


@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: SignedIn, reference: str) -> HttpResponse:
    """List the marks of colleagues on what is not in the own set, by name; POST takes them over."""
    case = ReviewCase(request.user, reference)
    if request.method != "POST" and not case.may_open:
        return to_declare(request, case.submission)
    case.require_seat()
    found = case.to_take_over
    chosen = set(request.POST.getlist("target"))
    if chosen:
        with refusals_as_messages(request):
            taken = own_marks.take_over(case.submission, by=case.user, targets=chosen)
            n = len(taken)
            messages.success(request, ngettext("You adopted %(n)s mark.", "You adopted %(n)s marks.", n) % {"n": n})
        return redirect(case.submission)
    if not found:
        return redirect(case.submission)
    targets = [target for target in case.targets if target in found]
    ticked = request.method != "POST" and request.GET.get("ticks") != "none"
    return render(
        request,
        "assessments/review/take_over.html",
        {
            "case": case,
            "submission": case.submission,
            "lines": [(case.rows[t], case.pages.url_of(t), found[t], ticked) for t in targets],
            "problem": _("Select at least one mark.") if request.method == "POST" else "",
            "names": sorted({str(mark.by) for mark in found.values()}),
        },
    )


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: SignedIn, reference: str) -> HttpResponse:
    """Take one's own approval back, with the reason that the other reviewer reads."""
    case = ReviewCase(request.user, reference)
    case.require_seat()
    form = TakeBackForm(posted(request))
    if proofs.confirmed(request, form):
        with refusals(form):
            approvals.take_back_approval(case.submission, by=case.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("Your approval has been withdrawn, and you can change your marks again."))
            return redirect(case.submission)
    if request.method != "POST" and not (case.is_decidable and case.has_approved):
        messages.info(request, _("You have not approved this submission."))
        return redirect(case.submission)
    context = {"case": case, "submission": case.submission, "form": form}
    return render(request, "assessments/review/take_back.html", context)
