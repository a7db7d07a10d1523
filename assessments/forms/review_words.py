"""What a reviewer types beside a case: texts to be used again, words taken from elsewhere, and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from assessments.forms.base import PlainForm, offer
from assessments.forms.fields import OneLine, Revision
from assessments.forms.review import text_field
from assessments.models import ASKING, MarkKind, MarkReason

MARKS = [(kind.value, kind.label) for kind in ASKING]


class WordsForm(PlainForm):
    """A mark that asks for something, with its words. `reasons`: those that fit; None: all."""

    mark = forms.ChoiceField(
        label=pgettext_lazy("a reviewer's mark", "Mark"),
        choices=MARKS,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose the mark with which you want to use this text.")},
    )
    action_title = OneLine(
        label=gettext_lazy("What is still to be done"),
        help_text=gettext_lazy(
            "Fill this in only if you mark “Accepted with action”. The text becomes an action in the plan."
        ),
        required=False,
        max_length=200,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why a change is needed"),
        help_text=gettext_lazy("Choose a reason only if you mark “Change needed”."),
        choices=[("", gettext_lazy("Choose a reason")), *MarkReason.choices],
        required=False,
    )
    words = text_field(gettext_lazy("Comment to the organisation"), required=False, rows=4)
    would_satisfy = text_field(
        gettext_lazy("What you would accept"),
        gettext_lazy("Fill this in only if you mark “Change needed”."),
        required=False,
        rows=3,
    )
    base = Revision(required=False)

    def __init__(self, *args: Any, reasons: Iterable[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("action_title", "reason", "would_satisfy"):  # needed with one mark, not used with the other
            self.fields[name].goes_with = "mark"  # type: ignore[attr-defined]
        if reasons is not None:
            fits = set(reasons)
            offered = [("", _("Choose a reason")), *((key, word) for key, word in MarkReason.choices if key in fits)]
            offer(self, "reason", offered)

    @property
    def said(self) -> dict[str, str]:
        """The mark with the words that belong to it; what belongs to the other mark is left out."""
        data = self.cleaned_data
        found = {name: str(data[name]) for name in ("mark", "words", "reason", "would_satisfy", "action_title")}
        if found["mark"] == MarkKind.CHANGE_NEEDED:
            return found | {"action_title": ""}
        return found | {"reason": "", "would_satisfy": ""}


class KeptTextForm(WordsForm):
    """`belongs`: whose text it is, `own` or the reference of an organisation; only a new text has the choice."""

    title = OneLine(
        label=gettext_lazy("Name of the text"),
        help_text=gettext_lazy("Use a name that helps you find the text again. The organisation never sees the name."),
        max_length=120,
        error_messages={"required": gettext_lazy("Give the text a name, so that you can find it again.")},
    )
    belongs = forms.ChoiceField(label=gettext_lazy("Who can use this text"), widget=forms.RadioSelect, initial="own")
    field_order = ("title", "belongs", "mark", "action_title", "reason", "words", "would_satisfy", "base")

    def __init__(self, *args: Any, organisations: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if organisations is None:
            del self.fields["belongs"]
        else:
            whose = [(key, _("All reviewers of %(name)s") % {"name": name}) for key, name in organisations.items()]
            offer(self, "belongs", [("own", _("Only me")), *whose])


class ReuseForm(WordsForm):
    """Words from elsewhere, to be looked through before they are saved. `foreign`: of another organisation's case."""

    has_read = forms.BooleanField(
        label=gettext_lazy("I have read this text. It contains nothing about another organisation's case."),
        required=False,
    )
    seen = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    def __init__(self, *args: Any, foreign: bool = False, asks_action: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not foreign:
            del self.fields["has_read"]
        if not asks_action:  # a fact has no action of its own
            offer(self, "mark", [one for one in MARKS if one[0] == MarkKind.CHANGE_NEEDED])
            del self.fields["action_title"]

    @property
    def said(self) -> dict[str, str]:
        self.cleaned_data.setdefault("action_title", "")
        return super().said


class NoteForm(PlainForm):
    text = text_field(
        gettext_lazy("Note"),
        gettext_lazy(
            "Only you can read this note, until you share it with the other reviewer. The organisation can "
            "never read it."
        ),
        rows=4,
        missing=gettext_lazy("Write the note first."),
    )
    base = Revision(required=False)
