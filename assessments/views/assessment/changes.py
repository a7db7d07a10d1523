"""What changed since an approval? An owner says it, and the next assessment opens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import roles
from assessments.access.roles import Action
from assessments.accounts import proofs
from assessments.domain.certificates import staleness
from assessments.domain.submission import changes
from assessments.forms.base import refusals
from assessments.forms.holds import ChangedForm
from assessments.views.assessment.member_case import find_case
from assessments.views.site.requests import SignedIn, posted


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def what_changed(request: SignedIn, reference: str) -> HttpResponse:
    """State what has changed since the approval; the use's next assessment opens with just that to be answered."""
    case = find_case(request, reference)
    roles.require(request.user, Action.SIGN, case.assessment)
    approval = case.assessment
    if approval.state not in staleness.APPROVALS:
        messages.info(
            request, _("This assessment has not been approved yet. Make the change in the assessment itself.")
        )
        return redirect(approval)
    form = ChangedForm(posted(request), kinds=changes.kinds_of_change())
    if proofs.confirmed(request, form):
        with refusals(form):
            change = changes.state_change(approval, by=request.user, **form.cleaned_data)
            n = len(change.to_confirm)
            words = ngettext(
                "Saved. Somebody must confirm or change %(n)s answer.",
                "Saved. Somebody must confirm or change %(n)s answers.",
                n,
            )
            messages.success(request, words % {"n": n})
            if changes.PURPOSE in change.kinds:
                messages.info(
                    request,
                    _(
                        "If the system is still used for its old purpose as well, declare a separate use for the "
                        "new purpose."
                    ),
                )
            return redirect(change.opened)
    context = {
        "case": case,
        "assessment": approval,
        "use": approval.use,
        "form": form,
        "reasons": staleness.shown(approval),
        "certified": approval.state == "certified",
    }
    return render(request, "assessments/assessment/what_changed.html", context)
