"""The form that changes the status of a certificate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm
from assessments.forms.fields import Words


class StandingForm(PlainForm):
    """Why the standing of a certificate changes: a reason for everybody, and words that stay inside."""

    words = Words(
        label=_("Detailed reason"),
        help_text=_("The public page does not show this text."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Give a detailed reason.")},
    )

    def __init__(self, data: Any = None, *, reasons: Iterable[tuple[str, Any]]) -> None:
        super().__init__(data)
        self.fields["reason"] = forms.ChoiceField(
            label=_("Public reason"),
            choices=list(reasons),
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose the reason that the public page will show.")},
        )
        self.order_fields(["reason", "words"])
