"""Attaching evidence to what is signed: what it is for, the file of the library, and what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.forms.base import PlainForm, offer
from assessments.forms.fields import Words

LONGEST = 1000


class SupplementForm(PlainForm):
    """`targets`: (key, title) of what asks for evidence. `pieces`: (reference, title) of the files of the library."""

    target = forms.ChoiceField(
        label=gettext_lazy("What this evidence supports"),
        error_messages={"invalid_choice": gettext_lazy("Choose the answer or part that the evidence supports.")},
    )
    piece = forms.ChoiceField(
        label=gettext_lazy("Evidence"),
        help_text=gettext_lazy(
            "Choose evidence from your library. The reviewer sees the version that is current when you add it."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose evidence from your organisation's library.")},
    )
    words = Words(
        label=gettext_lazy("What the evidence shows"),
        help_text=gettext_lazy("Write one or two sentences for the reviewer."),
        max_length=LONGEST,
        error_messages={"required": gettext_lazy("Say in a sentence or two what the evidence shows.")},
    )

    def __init__(
        self, *args: Any, targets: Sequence[tuple[str, str]], pieces: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        first = [("", _("Choose"))]
        offer(self, "target", [*first, *targets])
        offer(self, "piece", [*first, *pieces])
