"""Narrowing the log: by kind, person, what it is about, and date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.forms.base import FilterForm, offer

NOBODY = "none"
DAY = {"type": "date", "class": "form-control"}
CHOICE = {"class": "form-select"}


class LogForm(FilterForm):
    """What the log shows."""

    kind = forms.ChoiceField(label=_("What happened"), required=False, widget=forms.Select(attrs=CHOICE))
    who = forms.ChoiceField(label=_("Person"), required=False, widget=forms.Select(attrs=CHOICE))
    about = forms.ChoiceField(
        label=pgettext_lazy("object of a log entry", "About"), required=False, widget=forms.Select(attrs=CHOICE)
    )
    since = forms.DateField(
        label=pgettext_lazy("first day", "From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY)
    )
    until = forms.DateField(
        label=pgettext_lazy("last day", "Until"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs=DAY)
    )

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
        everything = ("", pgettext_lazy("all kinds of log entries", "Everything"))
        anybody = [("", _("Anybody")), *((str(pk), name) for pk, name in people.items()), (NOBODY, _("This service"))]
        offer(self, "kind", [everything, *kinds])
        offer(self, "who", anybody)
        offer(self, "about", [everything, *about.items(), *([one] if one else [])])
        self.is_valid()
