"""The agreement of a second member that a use is a minor procedural task."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.facts import procedural
from assessments.forms.base import refusals
from assessments.forms.facts import AgreeForm
from assessments.views.facts.use_facts import PLACE, PROCEDURAL, Facts
from assessments.views.site.requests import SignedIn, posted


def agreement_box(facts: Facts, user: int | None) -> dict[str, Any] | None:
    """Return the box for the second member, while a yes to *minor procedural task* waits for one, and what it said after."""
    row = facts.rows.get(PROCEDURAL)
    if row is None or row.value is not True:
        return None
    return {
        "row": row,
        "open": row.agreed_by_id is None,
        "own": row.by_id == user,
        "form": AgreeForm() if facts.may_change and row.agreed_by_id is None and row.by_id != user else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: SignedIn, reference: str) -> HttpResponse:
    """A second member agrees that the use is a minor procedural task; only then does the answer count."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.DECLARE, use)
    facts = Facts.of(use)
    agreement = agreement_box(facts, request.user.pk)
    if agreement is None:
        messages.info(request, _("Nobody has declared that this use is a minor procedural task."))
        return redirect(use)
    form = AgreeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            procedural.agree_procedural(use, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("You agreed, so the answer now counts. We have updated the tier."))
            return redirect(use)
    context = {"place": PLACE, "use": use, "agreement": agreement, "form": form}
    return render(request, "assessments/facts/agree.html", context)
