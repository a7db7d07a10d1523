"""The forms of the second factor: a code, a passkey, and what is needed to add one."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from assessments.accounts import devices
from assessments.forms.fields import OneLine
from assessments.models import User

TYPED = {"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}
CODE_LIVES = 120  # seconds in which a code of an app could be right


class CodeField(forms.CharField):
    """A code as people type it; spaces between its figures do not matter."""

    def __init__(self, **more: Any) -> None:
        super().__init__(label=_("Code"), max_length=20, widget=forms.TextInput(attrs=TYPED), **more)
        self.error_messages["required"] = _("Enter the code.")

    def to_python(self, value: Any) -> str:
        return "".join(str(value or "").split())


class _Code:
    """What both forms of a code do: count the attempts of this browser alone, and take each code once."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        key, code = _bucket(self.user), self.cleaned_data["code"]
        if not ratelimit.consume(context.request, action="second_factor", key=key):
            raise get_account_adapter().validation_error("too_many_login_attempts")
        tried = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        for authenticator in tried:
            if authenticator.wrap().validate_code(code) and _first_time(authenticator.type, self.user, code):
                authenticator.user = self.user
                self.authenticator = authenticator
                ratelimit.clear(context.request, action="second_factor", key=key)
                return str(code)
        if tried:
            self._emit_authentication_failed(tried[0])  # type: ignore[attr-defined]  # allauth's
        raise get_adapter().validation_error("incorrect_code")


def _bucket(user: User) -> str:
    """Attempts are counted for the person in each browser that is known, and together in all that are not.

    So whoever has learnt the password and guesses codes elsewhere keeps nobody out of where they work.
    """
    return devices.known(context.request, user.email) or f"unknown:{user.pk}"


def _first_time(kind: str, user: User, code: str) -> bool:
    """Tell whether a code was not used before: an app shows the same one for half a minute, and clocks differ."""
    if kind != Authenticator.Type.TOTP:
        return True
    return bool(cache.add(f"second_factor.used:{user.pk}:{code}", 1, CODE_LIVES))


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]
    code = CodeField(help_text=_("Enter the six digits that your authenticator app shows now, or a recovery code."))


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]
    code = CodeField(help_text=_("Enter the six digits that your authenticator app shows now, or a recovery code."))


class _Passkey:
    """A passkey is no secret that could be guessed, so nothing is counted: nobody is locked out by others."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        auth.parse_authentication_response(credential)
        return auth.complete_authentication(self.user, credential)


class PasskeyForm(_Passkey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class AddAppForm(ActivateTOTPForm):  # type: ignore[misc]
    code = CodeField(help_text=_("Enter the six digits that the app shows after you have scanned the QR code."))

    def clean_code(self) -> str:
        code: str = super().clean_code()
        _first_time(Authenticator.Type.TOTP, self.user, code)  # it is used by this
        return code


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    name = OneLine(
        label=_("Name of this passkey"),
        max_length=60,
        required=False,
        help_text=_("For example, “My phone”. The name helps you recognise the passkey later."),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with this passkey alone, without my password"),
        required=False,
        initial=True,
        help_text=_("Do not tick this box if your security key cannot store passkeys."),
    )
    field_order = ["name", "passwordless", "credential"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = ""


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    name = OneLine(
        label=_("Name of this passkey"),
        max_length=60,
        error_messages={"required": _("Enter a name for the passkey.")},
    )


class KeptForm(forms.Form):
    kept = forms.BooleanField(
        label=_("I have printed or saved the codes"),
        error_messages={"required": _("Print or save the codes first. Then tick this box.")},
    )
