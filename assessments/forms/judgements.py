"""The judgement of one part of the conformity file, or of one evidence item that was added after the signing."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.forms.base import RevisionForm, offer
from assessments.forms.fields import Operation, Revision, Words
from assessments.models import PartMark, PartVerdict, SupplementMark


class JudgementForm(RevisionForm):
    """`row`: what this reviewer has saved, if anything. `of_part`: a part may also be returned.

    `unsupported`: why “Supports” is not offered; empty where it is. A judgement that was saved stays on offer.
    """

    verdict = forms.ChoiceField(
        label=gettext_lazy("Your judgement"),
        choices=[*PartVerdict.choices, ("", gettext_lazy("Not judged"))],
        required=False,
        widget=forms.RadioSelect,
    )
    words = Words(
        label=gettext_lazy("What is missing"),
        required=False,
        max_length=2000,
    )
    returned = forms.BooleanField(label=gettext_lazy("Return this part"), required=False)
    base = Revision(required=False)
    operation = Operation(required=False)

    def __init__(
        self,
        *args: Any,
        row: PartMark | SupplementMark | None = None,
        of_part: bool = True,
        unsupported: str = "",
        **kwargs: Any,
    ) -> None:
        self.row = row
        record = row.record() if row else {}
        kwargs["initial"] = {**record, "base": row.revision if row else 0, "operation": uuid.uuid4()}
        super().__init__(*args, **kwargs)
        if not of_part:
            del self.fields["returned"]
        if unsupported and not (row and row.verdict == PartVerdict.SUPPORTS):
            field: Any = self.fields["verdict"]
            offer(self, "verdict", [one for one in field.choices if one[0] != PartVerdict.SUPPORTS])
            field.error_messages["invalid_choice"] = unsupported
        for name in ("verdict", "returned"):
            if name in self.fields:
                self.fields[name].widget.attrs["class"] = "form-check-input"
        self.fields["words"].widget.attrs |= {"class": "form-control", "rows": 2}

    @property
    def changes_something(self) -> bool:
        """Tell whether what was sent differs from what is saved."""
        fields = self.to_save
        if self.row is None or not self.row.verdict:
            return bool(fields["verdict"] or fields["words"] or fields.get("returned"))
        return fields != self.row.record()

    @property
    def to_save(self) -> dict[str, Any]:
        """The fields of a judgement, as the domain takes them."""
        names = [name for name in ("verdict", "words", "returned") if name in self.fields]
        return {name: self.cleaned_data[name] for name in names}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["verdict"] or (self.row is not None and self.row.verdict):
            return cleaned
        if cleaned["words"]:
            self.add_error("verdict", _("Choose a judgement. You entered text but chose no judgement."))
        elif cleaned.get("returned"):
            self.add_error("verdict", _("Choose a judgement. You ticked “Return this part” but chose no judgement."))
        return cleaned
