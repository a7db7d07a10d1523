"""The forms with which somebody makes an account and signs in."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context as allauth
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from assessments.accounts.adapter import invitation_of
from assessments.forms.fields import one_line

SHARED_KEY = "shared_computer"  # of the session: nothing that is typed may stay in this browser


class LoginForm(AllauthLoginForm):  # type: ignore[misc]
    shared = forms.BooleanField(
        label=_("This is a shared computer"),
        help_text=_("Nothing that you type is kept in this browser then; what counts is the last save on the server."),
        required=False,
    )

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url)
        request.session[SHARED_KEY] = self.cleaned_data["shared"]
        return response


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    name = forms.CharField(label=_("Your name"), max_length=120, help_text=_("As it will stand in the record."))

    field_order = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        invitation = invitation_of(allauth.request)
        if invitation is not None:  # it works for the address that it was sent to, and for no other
            email = self.fields["email"]
            email.initial, email.disabled = invitation.email, True
            self.initial["email"] = invitation.email
            email.help_text = _("The address that was invited. An invitation works for no other.")

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def save(self, request: HttpRequest) -> Any:
        user = super().save(request)
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        return user
