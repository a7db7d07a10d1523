"""The one field of the public pages: a certificate's number."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import OneLine
from assessments.models.certificates import read_number


class NumberForm(forms.Form):
    """Reads a number as people type it; `cleaned_data["number"]` is the canonical one."""

    number = OneLine(
        label=_("Certificate number"),
        help_text=_("As printed, for example HKG-XXXX-XXXX-X. Spaces and lower case do not matter."),
        max_length=60,
        error_messages={
            "required": _("Enter the number of the certificate."),
            "max_length": _("A certificate number has nine letters and digits after HKG."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        number = read_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                _("The check character does not fit: look at the number again. A letter or digit may be mistyped.")
            )
        return number

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
