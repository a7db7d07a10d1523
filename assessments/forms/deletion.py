"""What is typed before something is deleted for good."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import OneLine


class _Plain(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class DeleteAccountForm(_Plain):
    sure = forms.BooleanField(
        label=_("I want to delete my account. This cannot be undone."),
        error_messages={"required": _("Tick this box to delete your account.")},
    )


class DeleteOrganisationForm(_Plain):
    name = OneLine(
        label=_("Name of the organisation"),
        help_text=_("Type its name in English exactly as it is shown above."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type the name of the organisation.")},
    )
