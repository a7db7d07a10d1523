"""Deleting an account, and an organisation: first what goes and what stays, then a fresh proof, then a press."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.register import deleted_organisations, deleted_people
from assessments.forms.base import refusals
from assessments.forms.deletion import DeleteAccountForm, DeleteOrganisationForm
from assessments.views.site.requests import SignedIn, posted


@login_required
@reauthentication_required(allow_get=True)  # asked on the press of the button
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedIn) -> HttpResponse:
    """Show one's own account: what goes, what stays and why, and who gets what is open."""
    form = DeleteAccountForm(posted(request))
    if request.method == "POST" and form.is_valid():
        address = request.user.email
        with refusals(form):
            deleted_people.delete(request.user)
            get_adapter().send_notification_mail("account/email/account_deleted", request.user, email=address)
            logout(request)
            messages.success(request, _("Your account has been deleted."))
            return redirect("start")
    context = {"form": form, "preview": deleted_people.preview(request.user)}
    return render(request, "assessments/site/account_delete.html", context)


@login_required
@reauthentication_required(allow_get=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: SignedIn, reference: str) -> HttpResponse:
    """An organisation: an owner asks with its name typed, and any owner can cancel until its day."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.PEOPLE, found)
    form = DeleteOrganisationForm(request.POST if request.method == "POST" and "cancel" not in request.POST else None)
    if request.method == "POST" and "cancel" in request.POST:
        deleted_organisations.cancel(found, by=request.user)
        messages.success(request, _("The deletion has been cancelled. Nothing was deleted."))
        return redirect(found)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            deleted_organisations.ask(found, by=request.user, typed=form.cleaned_data["name"])
            messages.success(
                request,
                _(
                    "The deletion is scheduled, and we have notified the owners. Any owner can cancel it before the day "
                    "of the deletion."
                ),
            )
            return redirect("organisation_delete", reference)
    context = {
        "organisation": found,
        "form": form,
        "preview": deleted_organisations.preview(found),
        "days": settings.DELETION_DAYS,
    }
    return render(request, "assessments/register/organisation_delete.html", context)
