"""Small things that several forms share."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from assessments.core import query_values

OUT_OF_DATE = _("This page is out of date. Reload the page, then enter your change again.")


def explained(word: str | Promise, *sentences: str | Promise) -> SafeString:
    """Make a label of lines: the word, and what it means. Call it as the page is made: it is not lazy."""
    return format_html(
        "{} {}", word, format_html_join(" ", '<span class="hk-hint">{}</span>', ((line,) for line in sentences))
    )


class OneLine(forms.CharField):
    """A text of one line: line breaks and other white space in what is sent become single spaces.

    A browser sends none from such a control; a name that had one could stand in no subject of an email.
    """

    def to_python(self, value: Any) -> str:
        return query_values.one_line(super().to_python(value) or "")


DAY_NEEDED = _("Enter a date.")
DAY_WRONG = _("Enter the date as year, month and day, such as 2027-03-31.")
REVIEW_DAY_WRONG = _("Enter the date as year, month and day, for example 2027-03-31.")


class Day(forms.DateField):
    """A date in the browser's own control. `first` and `last` bound what the control offers, not what is taken."""

    def __init__(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        missing: Any = DAY_NEEDED,
        wrong: Any = DAY_WRONG,
        css: str = "hk-narrow",
        **kwargs: Any,
    ) -> None:
        attrs = {"type": "date", "class": css, "min": first and first.isoformat(), "max": last and last.isoformat()}
        super().__init__(
            widget=forms.DateInput(attrs={name: value for name, value in attrs.items() if value}, format="%Y-%m-%d"),
            error_messages={"required": missing, "invalid": wrong},
            **kwargs,
        )


class Revision(forms.IntegerField):
    """The revision of a row that a page had shown, or whose newer one it showed, as the page gives it back."""

    widget = forms.HiddenInput
    default_error_messages: ClassVar[dict[str, Any]] = dict.fromkeys(("invalid", "min_value", "max_value"), OUT_OF_DATE)

    def __init__(self, *, required: bool = True, initial: Any = None) -> None:
        super().__init__(min_value=0, max_value=query_values.MOST_COUNT, required=required, initial=initial)


class Operation(forms.UUIDField):
    """The name of one save, so that it is done once however often it is sent."""

    widget = forms.HiddenInput


class Words(forms.CharField):
    """A text of some lines. Its control has no maxlength: a browser would cut what is pasted without saying so."""

    widget = forms.Textarea

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "maxlength": None, "rows": 3}
