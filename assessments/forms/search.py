"""Searching an assessment, the completeness of a section, and which versions are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, offer
from assessments.forms.fields import OneLine


class SearchForm(PlainForm):
    """What somebody looks for. One Chinese sign is a word, one Latin letter is none."""

    q = OneLine(
        label=_("Search words"),
        help_text=_(
            "Enter words from a question, checklist item or answer, or a clause number. Each result contains "
            "all the words that you enter."
        ),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
        error_messages={"required": _("Enter at least one word to search for.")},
    )

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"].strip()
        if len(text) < 2 and text.isascii():
            raise forms.ValidationError(_("Enter at least two letters or digits."))
        return text


class CompleteForm(PlainForm):
    complete = forms.ChoiceField(
        label=_("Is this section complete?"),
        choices=[("yes", _("Yes, it is complete")), ("no", _("No, I will add or change answers"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the section is complete.")},
    )


class CompareForm(PlainForm):
    """Which two versions of an assessment stand beside each other, and whether all answers do."""

    a = forms.ChoiceField(label=_("Earlier version"))
    b = forms.ChoiceField(label=_("Later version"))
    show = forms.ChoiceField(
        label=_("Answers"), choices=[("changed", _("Changed answers only")), ("all", _("All answers"))]
    )

    def __init__(self, data: Any, *, versions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in ("a", "b"):
            offer(self, name, versions)
