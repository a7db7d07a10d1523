"""Somebody leaves an organisation, or is removed from it: what they still have is handed over on the same page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.domain.register import leaving
from assessments.forms.base import refusals
from assessments.forms.leaving import LeavingForm
from assessments.views.site.requests import SignedIn, posted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Ask who gets what, then end a membership: an owner anybody's, everybody their own."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    own = roles.membership_in(request.user, found)
    if own is None or own.pk != pk:
        roles.require_people(request.user, found)
    member = get_object_or_404(found.memberships.current().select_related("user", "organisation"), pk=pk)
    is_self = member.user_id == request.user.pk
    work = leaving.open_work(member)
    form = LeavingForm(posted(request), work=[one for one in work if one.to])
    refused = leaving.why_not(member)
    if request.method == "POST" and not refused and form.is_valid():
        with refusals(form):
            leaving.leave(member, form.cleaned_data, by=request.user)
            words = _("%(name)s is no longer a member of %(organisation)s.")
            messages.success(request, words % {"name": member.user, "organisation": found})
            return redirect("dashboard") if is_self else redirect("people", reference)
    context = {
        "organisation": found,
        "member": member,
        "is_self": is_self,
        "form": form,
        "work": work,
        "stuck": [one for one in work if not one.to],
        "refused": refused,
        "may_see_people": is_self is False or roles.may(request.user, roles.Action.PEOPLE, found),
    }
    return render(request, "assessments/register/remove.html", context)
