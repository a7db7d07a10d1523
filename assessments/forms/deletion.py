"""What is typed before something is deleted for good."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm
from assessments.forms.fields import OneLine


class DeleteAccountForm(PlainForm):
    sure = forms.BooleanField(
        label=_("I want to delete my account. This cannot be undone."),
        error_messages={"required": _("Tick this box to delete your account.")},
    )


class DeleteOrganisationForm(PlainForm):
    name = OneLine(
        label=_("Name of the organisation"),
        help_text=_("Type the English name exactly as shown above."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type the name of the organisation.")},
    )
