"""The pages of the second factor that are our own; the others are allauth's, in our words (templates/mfa)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, add_webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import enrolment, proofs, recovery, recovery_codes
from assessments.core.compression import shows_secret
from assessments.forms.base import refusals
from assessments.forms.factors import KeptForm
from assessments.views.site.requests import SignedIn


def without_password(request: HttpRequest) -> HttpResponse:
    """A first password is set by the link that goes to the address: a session alone proves nothing."""
    messages.info(request, _("Your account has no password. Set a password first. We can send you a link to set one."))
    return redirect("account_reset_password")


def adding(view: Callable[..., Any]) -> Callable[..., Any]:
    """allauth believes whoever has neither password nor factor; here they show first that the address is theirs."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user: Any = request.user
        if not user.has_usable_password() and not user.has_factor:
            return without_password(request)
        return view(request, *args, **kwargs)

    return checked


set_password = login_required(without_password)
add_app = shows_secret(adding(activate_totp))
add_passkey = adding(add_webauthn)


@login_required
@never_cache
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """Show what second factors one has, and how to add one; where a page demanded it, the way back there."""
    enrolment.remember(request)
    left, kept = recovery_codes.left_of(request.user)
    found = enrolment.factors_of(request.user)
    context = {
        "wanted": enrolment.wanted(request),
        "has_factor": bool(found),
        "passkeys": [one for one in found if one.type == one.Type.WEBAUTHN],
        "app": [one for one in found if one.type == one.Type.TOTP],
        "codes_left": left,
        "codes_kept": kept,
    }
    return render(request, "mfa/index.html", context)


@login_required
@never_cache
@shows_secret
@reauthentication_required(app="allauth.mfa")
@require_safe
def codes(request: SignedIn) -> HttpResponse:
    """Show the recovery codes, until somebody says that they are kept."""
    found = recovery_codes.to_show(request.user)
    if not found:
        return redirect("mfa_index")
    return render(request, "mfa/recovery_codes/index.html", {"codes": found, "form": KeptForm()})


@login_required
@never_cache
@reauthentication_required(app="allauth.mfa")
@require_safe
def download(request: SignedIn) -> HttpResponse:
    found = recovery_codes.to_show(request.user)
    if not found:
        raise Http404
    context = {"codes": found, "user": request.user.email, "host": request.get_host()}
    response = render(request, "mfa/recovery_codes/download.txt", context, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="recovery-codes.txt"'
    return response


@login_required
@never_cache
@shows_secret
@require_POST
def kept(request: SignedIn) -> HttpResponse:
    """They are printed or saved: they are shown no more, and one goes on where one was."""
    form = KeptForm(request.POST)
    if not form.is_valid():
        found = recovery_codes.to_show(request.user)
        if not found:
            return redirect("mfa_index")
        return codes_again(request, form)
    recovery_codes.keep(request.user)
    return redirect(enrolment.done(request) or reverse("mfa_index"))


@reauthentication_required(allow_get=False, app="allauth.mfa")
def codes_again(request: SignedIn, form: KeptForm) -> HttpResponse:
    context = {"codes": recovery_codes.to_show(request.user), "form": form}
    return render(request, "mfa/recovery_codes/index.html", context)


@login_required
@never_cache
@proofs.needed
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Ask first, then take away the second factor of a member who has lost it."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.PEOPLE, found)
    member = get_object_or_404(found.memberships.current().select_related("user", "organisation"), pk=pk)
    context: dict[str, Any] = {"organisation": found, "member": member}
    context["refused"] = recovery.obstacle(member, request.user)
    if request.method == "POST":
        with refusals() as refused:
            recovery.reset(member, by=request.user)
            said = _("The second factor of %(name)s was reset. We have notified this person by email.")
            messages.success(request, said % {"name": member.user})
            return redirect("people", reference)
        context["refused"] = refused.words
    return render(request, "assessments/register/reset_factor.html", context)


@login_required
@never_cache
@require_POST
@proofs.needed
def of_members(request: SignedIn, reference: str) -> HttpResponse:
    """Ask every member of an organisation for a second factor, or stop asking."""
    found = get_object_or_404(finders.organisations_for(request.user), reference=reference)
    roles.require(request.user, Action.REGISTER, found)
    on = request.POST.get("asked") == "on"
    recovery.ask_members(found, by=request.user, on=on)
    messages.success(
        request,
        _("Every member now needs a second factor.")
        if on
        else _("Members now need a second factor only to review or sign."),
    )
    return redirect(found)


class PasskeyAgainView(ReauthenticateWebAuthnView):  # type: ignore[misc]
    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what was wrong on the page itself: who is sent elsewhere loses what they were about to send."""
        for message in form.errors.get("credential", []):
            get_adapter().add_message(self.request, messages.ERROR, message=message)
        request: HttpRequest = self.request
        back = request.POST.get("next", "")
        query = f"?{urlencode({'next': back})}" if back else ""
        return redirect(reverse("mfa_reauthenticate_webauthn") + query)


passkey_again = login_required(PasskeyAgainView.as_view())
