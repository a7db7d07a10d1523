"""The page on which an owner accepts the risk of an open action for a time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access.roles import Action
from assessments.accounts import proofs
from assessments.domain.remediation import risks
from assessments.forms.base import refusals
from assessments.forms.remediation import RiskForm
from assessments.views.remediation import action
from assessments.views.remediation.workspace import PLACE
from assessments.views.site.requests import SignedIn, posted


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def risk(request: SignedIn, reference: str, number: int) -> HttpResponse:
    """Accept the risk of an open action instead of closing it, for a time."""
    found = action.find_own(request, reference, number, Action.SIGN)
    last = risks.longest_risk()
    problem = risks.risk_obstacle(found)
    if not problem and found.owner_id == request.user.pk:
        problem = _("You own this action, so another owner of the organisation has to accept the risk.")
    form = RiskForm(posted(request), last=last)
    if proofs.confirmed(request, form):
        with refusals(form):
            risks.accept_risk(found, by=request.user, **form.cleaned_data)
            messages.success(
                request, _("The risk was accepted. The action reopens automatically when the acceptance ends.")
            )
            return redirect("action", reference, number)
    context = {"place": PLACE, "action": found, "form": form, "problem": problem, "last": last}
    return render(request, "assessments/remediation/risk.html", context)
