"""What a second reviewer types, what both write about the differences, and what those who lead the body ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.forms.base import PlainForm
from assessments.forms.review import TakeForm, text_field
from assessments.models import MarkKind


class TakeLookForm(TakeForm):
    words_help = gettext_lazy(
        "If you declare a conflict of interest, we record it and another reviewer carries out the second look."
    )


class LookMarkForm(PlainForm):
    """One mark of a second look. `seen`: the token of the page that showed the answer."""

    mark = forms.ChoiceField(
        label=gettext_lazy("Your mark"),
        choices=[*MarkKind.choices, ("", gettext_lazy("Not marked"))],
        required=False,
    )
    words = text_field(
        gettext_lazy("Your comment"),
        gettext_lazy("After you submit your second look, the first reviewer can read your comment."),
        required=False,
        rows=2,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=400)

    def __init__(self, data: Any = None, *, prefix: str, mark: str = "", words: str = "", seen: str = "") -> None:
        super().__init__(data, prefix=prefix, initial={"mark": mark, "words": words, "seen": seen})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mark, words = cleaned.get("mark", ""), str(cleaned.get("words", "")).strip()
        if mark in (MarkKind.ACCEPTED_WITH_ACTION, MarkKind.CHANGE_NEEDED) and not words and "words" not in self.errors:
            self.add_error("words", _("Say what is missing, in a sentence."))
        if not mark and "mark" not in self.errors and (words or self.initial["mark"]):
            self.add_error("mark", _("Choose one of the three marks."))
        return cleaned

    @property
    def is_empty(self) -> bool:
        return not self.cleaned_data["mark"]


class WriteForm(PlainForm):
    text = text_field(
        gettext_lazy("Your message"),
        gettext_lazy(
            "Only the reviewers of the case, the reviewer of the second look and the leads of the reviewing "
            "body can read this message."
        ),
        missing=gettext_lazy("Write your message."),
    )


class ReportForm(PlainForm):
    words = text_field(
        gettext_lazy("How do the two reviews differ, and what does this mean for the certificate?"),
        missing=gettext_lazy("Say how the two reviews differ, and what this means for the certificate."),
    )


class AskForm(PlainForm):
    reason = text_field(
        gettext_lazy("Why did you choose this case?"),
        gettext_lazy("The colleague who takes the second look sees your reason only after marking the answers."),
        rows=2,
        limit=400,
        missing=gettext_lazy(
            "Say in a sentence why you are asking for a second look. The colleague who takes the second look "
            "sees this reason only after marking the answers."
        ),
    )
