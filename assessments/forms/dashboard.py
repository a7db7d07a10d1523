"""Reporting an action as done, and narrowing a list."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.answering import Words
from assessments.models import ActionStatus


class ReportForm(forms.Form):
    note = Words(
        label=_("What was done, and what shows it?"),
        help_text=_("Whoever accepts the action reads this."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what was done and what shows it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout("note")


class StatusForm(forms.Form):
    """Which actions a list shows; at first those that are not closed."""

    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Not closed")), *ActionStatus.choices, ("all", _("All"))], required=False
    )
