"""The forms with which a person makes an account, signs in, sets a new password and changes settings."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.models import EmailAddress
from allauth.core import context as allauth
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from assessments.accounts.adapter import invitation_of
from assessments.accounts.devices import SHARED_KEY
from assessments.forms.base import layout_helper, need
from assessments.forms.fields import OneLine
from assessments.models import User

EMAIL_NEEDED, PASSWORD_NEEDED = _("Enter your email address."), _("Enter your password.")


class LoginForm(AllauthLoginForm):  # type: ignore[misc]
    shared = forms.BooleanField(
        label=_("This is a shared computer"),
        help_text=_("If you tick this box, this browser does not keep your unsaved text."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        need(self, login=EMAIL_NEEDED, password=PASSWORD_NEEDED)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url)
        request.session[SHARED_KEY] = self.cleaned_data["shared"]
        return response


class ChangePasswordForm(AllauthChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        again = _("Enter the new password again.")
        need(self, oldpassword=_("Enter your current password."), password1=_("Enter a new password."), password2=again)

    def clean(self) -> Any:
        cleaned = super().clean()
        old, new = cleaned.get("oldpassword"), cleaned.get("password1")
        if old and old == new:
            self.add_error("password1", _("Choose another password. This is your current password."))
        return cleaned


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    name = OneLine(
        label=_("Your name"), max_length=120, help_text=_("This name will appear in the log and on documents.")
    )

    field_order = ["name", "email", "password1"]
    account_already_exists: bool  # allauth's, found out with the address

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        need(self, name=_("Enter your name."), email=EMAIL_NEEDED, password1=_("Enter a password."))
        invitation = invitation_of(allauth.request)
        if invitation is not None:  # it works for the address that it was sent to, and for no other
            email = self.fields["email"]
            email.initial, email.disabled = invitation.email, True
            self.initial["email"] = invitation.email
            email.help_text = _("You cannot change this email address. The invitation works only for this address.")

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> Any:
        cleaned = super().clean()
        password = cleaned.get("password1")
        if password and "password1" not in self.errors:  # allauth's look knows the address, and not the name
            try:
                validate_password(password, User(email=cleaned.get("email", ""), name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account. Where there is one with this address, take the same time and say the same.

        Also where two sign up with one address at the same moment.
        """
        try:
            with transaction.atomic():
                if self.account_already_exists:
                    User().set_password(self.cleaned_data["password1"])
                return super().try_save(request)
        except IntegrityError:
            self.account_already_exists = True
            return super().try_save(request)

    def save(self, request: HttpRequest) -> Any:
        user = super().save(request)
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])
        return user


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        need(self, email=EMAIL_NEEDED)

    def clean_email(self) -> str:
        """Return the accounts of an address. A link goes to the address of an account, to none that was added beside it."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if user.email.lower() == email.lower()]
        return email

    def save(self, request: HttpRequest, **more: Any) -> Any:
        """Write a mail to the address. Where there is no account, ask the database as often as the link of one does."""
        if not self.users:
            EmailAddress.objects.filter(user=0).exists()
        return super().save(request, **more)


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What somebody sets for themselves alone."""

    class Meta:
        model = User
        fields = ["name", "shortcuts", "mail_when"]
        labels = {
            "name": _("Your name"),
            "shortcuts": _("Use keyboard shortcuts on assessment and review pages"),
            "mail_when": _("When do you want to receive emails?"),
        }
        help_texts = {
            "name": _(
                "This name appears in the log and on documents. Documents that you have already signed keep your earlier name."
            ),
            "shortcuts": _("Keyboard shortcuts are off until you turn them on."),
            "mail_when": _("Your inbox always shows every notification."),
        }
        widgets = {"mail_when": forms.RadioSelect}
        field_classes: ClassVar = {"name": OneLine}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = layout_helper("shortcuts")
        self.name_helper = layout_helper("name")
        need(self, name=_("Enter your name."))
        self.fields["name"].required = "name" in self.data or not self.is_bound
        self.fields["mail_when"].required = False  # a page that does not ask for it changes nothing
        self.mail_helper = layout_helper("mail_when")

    def clean_name(self) -> str:
        name: str = " ".join(self.cleaned_data["name"].split())
        return name or self.instance.name

    def clean_mail_when(self) -> str:
        return self.cleaned_data["mail_when"] or self.instance.mail_when
