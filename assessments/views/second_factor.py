"""The pages of the second factor that are our own; the others are allauth's, in our words (templates/mfa)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from assessments.accounts import enrolment, recovery_codes
from assessments.forms.factors import KeptForm
from assessments.views.requests import SignedIn


@login_required
@never_cache
@require_safe
def index(request: SignedIn) -> HttpResponse:
    """What second factors one has, and how to add one; where a page demanded it, the way back there."""
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
@reauthentication_required(app="allauth.mfa")
@require_safe
def codes(request: SignedIn) -> HttpResponse:
    """The recovery codes, until somebody says that they are kept."""
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
