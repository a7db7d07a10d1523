"""One part of the conformity file: rows of a small table, or evidence items of the library, and what the public may read."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from crispy_forms.layout import Fieldset
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.core import query_values
from assessments.forms.base import RevisionForm, layout_helper
from assessments.forms.fields import OneLine, Words
from assessments.guideline.gates import FilePart
from assessments.guideline.terms import ROWS

CELLS: dict[str, tuple[Any, Any]] = {
    "name": (gettext_lazy("Name and job title"), ""),
    "qualification": (gettext_lazy("Qualifications of this person"), ""),
    "power": (
        gettext_lazy("How this person stops the system or reverses what it has done"),
        gettext_lazy("Name the button or command, and who uses it. Or name the instruction, and who gives it."),
    ),
    "measure": (gettext_lazy("What is measured while the system runs"), ""),
    "limit": (
        gettext_lazy("Threshold that triggers the alert"),
        gettext_lazy("Enter a number with its unit and period, such as 5 errors a day."),
    ),
    "alert_owner": (
        gettext_lazy("Who gets the alert"),
        gettext_lazy("Name a person, or a duty roster with somebody on duty at all times."),
    ),
}
LONGEST_CELL = 300
LONGEST_WHY = 400
MEMBER = "member"
FEWEST_ROWS, MOST_ROWS = 2, 12


class PartForm(RevisionForm):
    """`rows`: those that stand; `pieces`: (reference, title) of what may be leant on, likely ones first.

    `served`: of the evidence items that are evidence of other parts, the names of these parts. `members`: (key, name) of those
    whom a row of overseers may name by a link.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        part: FilePart,
        rows: Sequence[Mapping[str, str]] = (),
        pieces: Sequence[tuple[str, str]] = (),
        served: Mapping[str, str] | None = None,
        members: Sequence[tuple[str, str]] = (),
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        given = {"operation": uuid.uuid4(), **(initial or {})}
        super().__init__(data, initial=given)
        self.cells = ROWS.get(part.kind, ())
        layout: list[Any] = ["base", "operation"]
        self.count = 0
        if self.cells:
            self.count = min(max(len(rows) + 1, FEWEST_ROWS, self._sent()), MOST_ROWS)
            for number in range(self.count):
                names = [f"{cell}-{number}" for cell in self.cells]
                for cell, name in zip(self.cells, names, strict=True):
                    label, help_text = CELLS[cell]
                    self.fields[name] = OneLine(
                        label=label, help_text=help_text, required=False, max_length=LONGEST_CELL
                    )
                    self.fields[name].goes_with = "row"  # type: ignore[attr-defined]  # an entry needs all its fields
                    self.initial[name] = rows[number].get(cell, "") if number < len(rows) else ""
                if "power" in self.cells:
                    names.insert(0, self._add_link(number, rows, members))
                legend = _("Overseer %(n)s") if "power" in self.cells else _("Measure %(n)s")
                layout.append(Fieldset(legend % {"n": number + 1}, *names, css_class="hk-file-row"))
        else:
            self.fields["evidence"] = forms.MultipleChoiceField(
                label=_("Evidence"),
                help_text=_(
                    "Choose evidence from your library. The reviewer reads the version that is current when an owner "
                    "signs."
                ),
                choices=list(pieces),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("Choose from the evidence in your organisation's library.")},
            )
            self.fields["evidence"].goes_with = "part"  # type: ignore[attr-defined]  # the part is not there without it
            layout.append("evidence")
            titles = dict(pieces)
            whys = [self._add_why(key, titles[key], parts) for key, parts in (served or {}).items() if key in titles]
            if whys:
                legend = _("Evidence already used for another part")
                layout.append(Fieldset(legend, *whys, css_class="hk-file-row"))
        self.fields["words"] = Words(
            label=_("Statement for the public"),
            help_text=_("Your text is printed on the certificate. If you leave this field empty, nothing is printed."),
            max_length=400,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )
        layout.append("words")
        self.helper = layout_helper(*layout)

    def _add_link(self, number: int, rows: Sequence[Mapping[str, str]], members: Sequence[tuple[str, str]]) -> str:
        """Add the choice of a member to a row of overseers; returns the name of the field."""
        name = f"{MEMBER}-{number}"
        self.fields[name] = forms.ChoiceField(
            label=_("Member of your organisation"),
            help_text=_("A person who reviews this use cannot be its overseer."),
            choices=[("", _("Somebody else (write the name below)")), *members],
            required=False,
            error_messages={"invalid_choice": _("Choose a member of your organisation.")},
        )
        self.fields[name].goes_with = "row"  # type: ignore[attr-defined]  # "somebody else" is a choice too
        self.initial[name] = rows[number].get(MEMBER, "") if number < len(rows) else ""
        return name

    def _add_why(self, reference: str, title: str, parts: str) -> str:
        """Add the words that an evidence item of another part needs; returns the name of the field."""
        name = f"why-{reference}"
        self.fields[name] = OneLine(
            label=_("Why “%(title)s” is also evidence for this part") % {"title": title},
            help_text=_(
                "This evidence is already used for: %(parts)s. If you tick this evidence, say why it is also evidence "
                "for this part. The reviewer reads your reason."
            )
            % {"parts": parts},
            required=False,
            max_length=LONGEST_WHY,
        )
        self.fields[name].goes_with = "evidence"  # type: ignore[attr-defined]  # needed with its tick
        return name

    def _sent(self) -> int:
        """Return how many rows a sent form has, so that none of them is lost however many the page shows by itself."""
        first = f"{self.cells[0]}-"
        sent = [name.removeprefix(first) for name in self.data if name.startswith(first)]
        return max((number + 1 for number in map(query_values.count, sent) if number is not None), default=0)

    @property
    def rows(self) -> list[dict[str, str]]:
        cells = (*self.cells, MEMBER) if "power" in self.cells else self.cells
        return [{cell: self.cleaned_data.get(f"{cell}-{number}", "") for cell in cells} for number in range(self.count)]

    @property
    def why(self) -> dict[str, str]:
        """By reference, the words on why an evidence item serves this part too."""
        return {name.removeprefix("why-"): text for name, text in self.cleaned_data.items() if name.startswith("why-")}

    @property
    def operation_id(self) -> uuid.UUID:
        found: uuid.UUID = self.cleaned_data["operation"]
        return found
