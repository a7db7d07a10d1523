"""The fields of the public pages: a certificate's number, or its file."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm
from assessments.forms.fields import OneLine
from assessments.models.certificates import read_number


class FileForm(PlainForm):
    """A PDF that is read and thrown away; with script the browser reads it and sends only its sum and its numbers."""

    file = forms.FileField(
        label=_("PDF file"),
        help_text=_("A certificate or a status notice, at most 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        allow_empty_file=True,
        error_messages={"required": _("Choose the PDF file that you want to check.")},
    )


class NumberForm(PlainForm):
    """Reads a number as people type it; `cleaned_data["number"]` is the canonical one."""

    number = OneLine(
        label=_("Certificate number"),
        help_text=_(
            "Enter the number as it is printed, for example HKG-XXXX-XXXX-X. You may leave out spaces "
            "and use small letters."
        ),
        max_length=60,
        error_messages={
            "required": _("Enter the number of the certificate."),
            "max_length": _("Enter the complete number: HKG, then nine letters and digits."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        number = read_number(self.cleaned_data["number"])
        if number is None:
            raise forms.ValidationError(
                _("Check the number and enter it again. It is incomplete, or a letter or digit is wrong.")
            )
        return number
