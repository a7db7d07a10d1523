"""Narrowing the log: by kind, person, what it is about, and date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

NOBODY = "none"
DAY = {"type": "date", "class": "form-control"}
CHOICE = {"class": "form-select"}


class LogForm(forms.Form):
    """What the log shows. A value that is no choice is left out, as if nothing was asked."""

    kind = forms.ChoiceField(label=_("What happened"), required=False, widget=forms.Select(attrs=CHOICE))
    who = forms.ChoiceField(label=_("Person"), required=False, widget=forms.Select(attrs=CHOICE))
    about = forms.ChoiceField(label=_("About"), required=False, widget=forms.Select(attrs=CHOICE))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY))

    def __init__(
        self,
        data: Any,
        *,
        kinds: Sequence[tuple[Any, Any]],
        people: Mapping[int, str],
        about: Mapping[str, Any],
        one: tuple[str, str] | None = None,
    ) -> None:
        """`one`: an object that the page was asked for alone, with what it is called."""
        super().__init__(data)
        everything = ("", _("Everything"))
        anybody = [("", _("Anybody")), *((str(pk), name) for pk, name in people.items()), (NOBODY, _("The system"))]
        self.fields["kind"].choices = [everything, *kinds]  # type: ignore[attr-defined]
        self.fields["who"].choices = anybody  # type: ignore[attr-defined]
        self.fields["about"].choices = [everything, *about.items(), *([one] if one else [])]  # type: ignore[attr-defined]
        self.is_valid()

    def chosen(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    def query(self) -> str:
        """What is chosen as the end of an address."""
        as_text = {n: v.isoformat() if isinstance(v, date) else v for n, v in self.chosen().items()}
        return urlencode(as_text)
