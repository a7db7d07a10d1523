"""The forms of staff: find a person by address, and end their sessions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import OneLine


class PersonForm(forms.Form):
    mail = forms.EmailField(
        label=_("Email address of the person"),
        max_length=254,
        error_messages={"required": _("Enter an email address.")},
    )


class EndSessionsForm(PersonForm):
    mail = forms.EmailField(max_length=254, widget=forms.HiddenInput)
    reason = OneLine(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"size": 60}),
        help_text=_(
            "This reason appears in the log of the installation, and in the email that we send to this person."
        ),
        error_messages={"required": _("Give a reason.")},
    )
