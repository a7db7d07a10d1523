"""What the organisation says to an answer or a fact that a reviewer returned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import Operation, Revision
from assessments.models import MarkReply


class ReplyForm(forms.Form):
    """One reply. `row` is what is kept of it, `base` the revision that the page showed, `operation` the save's name."""

    words = forms.CharField(
        label=_("Reply to the reviewer"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    base = Revision(required=False)
    operation = Operation(required=False)

    def __init__(self, *args: Any, row: MarkReply | None = None, **kwargs: Any) -> None:
        self.row = row
        kwargs["initial"] = row.record() if row else {}
        super().__init__(*args, **kwargs)

    @property
    def changes_something(self) -> bool:
        return bool(self.cleaned_data["words"] != (self.row.words if self.row else ""))
