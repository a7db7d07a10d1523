"""How allauth fits this product: who may sign up, which limits hold, where links lead and what an address needs."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context, ratelimit
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from assessments.accounts import devices

if TYPE_CHECKING:
    from assessments.models import Invitation

INVITATION_KEY = "invitation"
AGAIN = {  # ways of showing again that it is you, the first one is offered
    "mfa_reauthenticate:webauthn": _lazy("Use a passkey"),
    "mfa_reauthenticate": _lazy("Use a code from your authenticator app, or a recovery code"),
}
LINKS = ("password_reset_url", "signup_url")  # of what allauth hands to its mails
NOTICES_LIVE = timedelta(days=3)  # mails that say what has happened, where the mail server is away


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """Return the open invitation with which somebody came, if any; one query where there is one, none otherwise."""
    from assessments.access import finders  # allauth loads this module before the models

    token = request.session.get(INVITATION_KEY) if request else None
    return finders.invitation_with(token) if token else None


def invitation_page(request: HttpRequest) -> str:
    """Return the page of the open invitation that brought somebody here, if it is for this person; else nothing."""
    invitation = invitation_of(request)
    user: Any = request.user
    if invitation is None or not user.is_authenticated or invitation.email.lower() != user.email.lower():
        return ""
    return reverse("invitation", args=[request.session[INVITATION_KEY]])


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _lazy("Try again. The email address or the password is wrong."),
    }

    # --- where somebody may go ---------------------------------------------------------------------------------------

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.OPEN_FOUNDING or invitation_of(request) is not None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        url: str = invitation_page(request) or super().get_login_redirect_url(request)
        return url

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def get_email_verification_redirect_url(self, email_address: Any) -> str:
        if self.request.user.is_authenticated:
            return invitation_page(self.request) or reverse("settings")
        return reverse("account_login")

    def is_safe_url(self, url: str) -> bool:
        """Only this very host: what else is allowed to be named here is no place to be sent to."""
        host = context.request.get_host()
        return url_has_allowed_host_and_scheme(url, allowed_hosts={host}, require_https=context.request.is_secure())

    # --- limits ------------------------------------------------------------------------------------------------------

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the person alone: with the host in it, as allauth has it, each port that is named is a new set of attempts."""
        login: str = credentials.get("email", "").lower()
        return login

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt. A browser that this person has used before, or a session, has a count of its own.

        So a stranger who tries passwords elsewhere locks nobody out of a browser that they use.
        """
        self.known_device = devices.known(request, credentials.get("email", ""))
        if self.known_device:
            allowed = ratelimit.consume(request, action="known_device", key=self.known_device)
        else:
            allowed = ratelimit.consume(request, action="sign_in")
        if not allowed:
            raise self.validation_error("too_many_login_attempts")
        if not self.known_device:
            super().pre_authenticate(request, **credentials)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user and self.known_device:
            ratelimit.clear(request, action="known_device", key=self.known_device)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        from assessments.accounts import refusals

        refusals.count(credentials.get("email", ""))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the strongest alone: where there is a passkey or an app, the password does not do beside it."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        strong = [method | {"description": AGAIN[method["id"]]} for method in found if method["id"] in AGAIN]
        return sorted(strong, key=lambda method: list(AGAIN).index(method["id"])) or found

    # --- addresses ---------------------------------------------------------------------------------------------------

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Confirm an address, unless another account was given it in the same moment."""
        try:
            with transaction.atomic():
                confirmed: bool = super().confirm_email(request, email_address)
        except IntegrityError:
            words = _(
                "Use another email address. Another account already has this address. Your own account has not changed."
            )
            messages.error(request, words)
            return False
        return confirmed

    # --- mails -------------------------------------------------------------------------------------------------------

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a mail, in a request or a command, and keep it sealed for the worker. It belongs to the open transaction.

        Its links lead to this installation, whatever host the request named.
        """
        from assessments.notifications import sealed_mail

        written = self.render_mail(template_prefix, email, {"email": email} | self.told(email, context))
        sealed_mail.keep(written, expires_at=timezone.now() + _life(template_prefix))

    def told(self, email: str, context: dict[str, Any]) -> dict[str, Any]:
        """Return what a mail is written from."""
        from assessments.accounts.addresses import organisations_of

        told = {name: _at_home(value) if name in LINKS else value for name, value in context.items()}
        invitation = invitation_of(self.request)
        return told | {
            "current_site": SimpleNamespace(name="hkguide", domain=settings.PUBLIC_URL),
            "organisations": [invitation.organisation] if invitation else organisations_of(email),
            "help_contact": settings.HELP_CONTACT,
            "sign_up_is_open": settings.OPEN_FOUNDING,
        }


def _life(template_prefix: str) -> timedelta:
    """Return how long a mail is of use: as long as its link or code. The mail for whom there is no such link lives as long."""
    match template_prefix.removeprefix("account/email/"):
        case "password_reset_key" | "unknown_account":
            return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        case "email_confirmation" | "email_confirmation_signup" | "account_already_exists":
            return timedelta(seconds=app_settings.EMAIL_VERIFICATION_BY_CODE_TIMEOUT)
    return NOTICES_LIVE


def _at_home(url: str) -> str:
    parts = urlsplit(url)
    return f"{settings.PUBLIC_URL}{parts.path}{f'?{parts.query}' if parts.query else ''}"
