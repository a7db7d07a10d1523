"""The answer to one question, and who is asked to answer a section."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import normalize_newlines
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm
from assessments.forms.fields import DAY_WRONG, Operation, Revision
from assessments.guideline.edition import Figure, Item, Question
from assessments.guideline.terms import Choice
from assessments.models import Answer, Membership

PRACTICE = (Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE, Choice.NOT_APPLICABLE, Choice.UNKNOWN)
TEXT_MAX = 20_000
INSTEAD_OF_LINES = (Choice.NONE, Choice.NOT_APPLICABLE, Choice.UNKNOWN)
"""What may be said of a checklist as a whole, where no line is ticked."""


class Words(forms.CharField):
    """Text of several lines, with the line ends that it will be compared and printed with."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return normalize_newlines(str(super().to_python(value) or ""))


def posted_question(name: str) -> str:
    """Return the key of the question to which a field of a page with many answers belongs."""
    return name.partition("--")[0]


class SharedFields(dict[str, forms.Field]):
    """The fields of a form that changes none of them: each form takes the same ones, where Django would copy them all."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return dict(self)


NUMBER = {
    "invalid": _("Enter a number, such as 4.5."),
    "min_value": _("Enter 0 or a larger number."),
    "max_digits": _("Enter a number with at most 12 digits."),
    "max_decimal_places": _("Enter at most 4 decimal places."),
    "max_whole_digits": _("Enter a number with at most 8 digits before the decimal point."),
}
FIGURE: dict[str, forms.Field] = {
    "measured": forms.DecimalField(
        label=_("Measured"), required=False, min_value=0, max_digits=12, decimal_places=4, error_messages=NUMBER
    ),
    "target": forms.DecimalField(
        label=_("Target"), required=False, min_value=0, max_digits=12, decimal_places=4, error_messages=NUMBER
    ),
    "by": forms.DateField(
        label=_("Date for reaching the target"),
        required=False,
        error_messages={"invalid": DAY_WRONG},
    ),
}
"""The fields of a question that asks for a figure."""
WITHOUT_FIGURE = (Choice.UNKNOWN, Choice.NOT_APPLICABLE)
REST = "rest"
"""Said beside lines that do not apply: none of the rest is in place."""
CHOICE_OF_PRACTICE = forms.ChoiceField(choices=[(str(c), str(c)) for c in PRACTICE], required=False)


class AnswerForm(forms.Form):
    """One answer. Its fields are named `<question>--<field>`, so that one page form holds many of them.

    Only shapes are checked here; whether the answer is complete is for `answers.check_answer` to say.
    """

    base = Revision()
    operation = Operation()
    seen = Revision(required=False)  # the newer version that was shown
    text = Words(label=_("How do you do this, and what is the evidence?"), max_length=TEXT_MAX, required=False)
    planned_for = forms.DateField(
        label=_("Date by which the practice will be in place"),
        required=False,
        error_messages={"invalid": DAY_WRONG},
    )
    reason = Words(label=_("Why does this question not apply?"), max_length=4_000, required=False)

    def __init__(
        self, data: Any = None, *, question: Question, items: Sequence[Item] = (), stored: Answer | None = None
    ) -> None:
        super().__init__(data, prefix=question.key, auto_id="q-%s", initial=initial_of(stored))
        self.question, self.stored = question, stored
        if question.is_checklist:
            lines = [(item.key, item.text) for item in items]
            self.fields["items"] = forms.MultipleChoiceField(choices=lines, required=False)
            whole = [(str(choice), str(choice)) for choice in (*INSTEAD_OF_LINES, REST)]
            self.fields["choice"] = forms.MultipleChoiceField(choices=whole, required=False)
            for item in items:
                self.fields[f"reason-{item.key}"] = Words(label=item.text, max_length=4_000, required=False)
        else:
            self.fields["choice"] = CHOICE_OF_PRACTICE
        if question.figure is not None:
            self.fields.update(FIGURE)

    def add_prefix(self, field_name: str) -> str:
        return f"{self.prefix}--{field_name}"

    @property
    def names(self) -> list[str]:
        """The names under which it is posted."""
        return [self.add_prefix(name) for name in self.fields]

    @property
    def was_posted(self) -> bool:
        return self.is_bound and self.add_prefix("base") in self.data

    def given(self, name: str) -> Any:
        """Return what a control shows: what was posted, else what is stored."""
        if not self.is_bound:  # as the field of the form would say, which has more to set up
            return self.fields[name].prepare_value(self.get_initial_for_field(self.fields[name], name))
        return self[name].value()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.question.is_checklist:
            self._read_checklist(data)
        if not data.get("choice") and not self.errors and not self.is_blank:
            words = _("Choose an answer. Your text is still on this page, but it is not saved yet.")
            if data.get("base") and self.question.is_checklist:
                words = _("Tick what is in place, or choose “None of these”.")
            self.add_error("choice", words)
        return data

    def _read_checklist(self, data: dict[str, Any]) -> None:
        """Turn ticks, reasons and what is said of the whole into one choice.

        *None of the rest* goes with lines that do not apply: the others are then not in place.
        """
        ticked: dict[str, bool | str] = dict.fromkeys(data.get("items") or [], True)
        for name, words in list(data.items()):
            key = name.removeprefix("reason-")
            if key == name or not words:
                continue
            if key in ticked:
                self.add_error(
                    name,
                    _("You ticked this line and gave a reason why it does not apply. Remove the tick or the reason."),
                )
            ticked[key] = words
        whole = data.get("choice") or []
        only_reasons = bool(ticked) and True not in ticked.values()
        if whole in ([REST], [Choice.NONE]) and only_reasons:
            whole = []
        elif whole == [REST] and not ticked:
            self.add_error(
                "choice", _("Say why a line does not apply, or choose “None of these”. No line has a reason yet.")
            )
            return
        if len(whole) > 1 or (whole and ticked):
            self.add_error("choice", _("Tick lines, or choose one of the answers below them. You cannot do both."))
            return
        data["ticks"] = ticked
        data["choice"] = whole[0] if whole else (str(Choice.TICKED) if ticked else "")

    @property
    def is_blank(self) -> bool:
        """Nothing was chosen or typed, and nothing had been answered when the page was opened."""
        given = self.cleaned_data
        typed = ("base", "choice", "ticks", "text", "planned_for", "reason")
        return not any(given.get(name) for name in typed) and not any(given.get(name) is not None for name in FIGURE)

    def value(self) -> dict[str, Any]:
        """Return the answer as `answers.save_answer` takes it: a date or reason counts only beside the choice it belongs to."""
        given = self.cleaned_data
        choice = given["choice"]
        return {
            "choice": choice,
            "items": given.get("ticks", {}) if choice == Choice.TICKED else {},
            "text": given.get("text", ""),
            "planned_for": given.get("planned_for") if choice == Choice.PLANNED else None,
            "reason": given.get("reason", "") if choice == Choice.NOT_APPLICABLE else "",
            "figure": {} if choice in WITHOUT_FIGURE else self._figure(),
        }

    def _figure(self) -> dict[str, str]:
        given = self.cleaned_data
        numbers = {name: given.get(name) for name in ("measured", "target")}
        figure = {name: Figure.written(number) for name, number in numbers.items() if number is not None}
        return figure | ({"by": given["by"].isoformat()} if given.get("by") else {})

    def record(self) -> dict[str, Any]:
        """Return the answer as `Answer.record` writes it."""
        value = self.value()
        figure = {"figure": value.pop("figure")} if value["figure"] else {}
        planned_for = value["planned_for"].isoformat() if value["planned_for"] else None
        return {**value, "planned_for": planned_for, **figure}

    def operation_of(self, base: int) -> uuid.UUID:
        """Name this save: the same words sent twice are one operation, other words after a lost reply are another."""
        content = json.dumps([self.question.key, base, self.record()], sort_keys=True)
        return uuid.uuid5(self.cleaned_data["operation"], content)


AnswerForm.base_fields = SharedFields(AnswerForm.base_fields)


def initial_of(stored: Answer | None) -> dict[str, Any]:
    """Return what the controls of an untouched page show."""
    fresh = {"base": stored.revision if stored else 0, "operation": uuid.uuid4()}
    if stored is None:
        return fresh
    return fresh | {
        "choice": _said_of_the_whole(stored),
        "items": [key for key, value in stored.items.items() if value is True],
        "text": stored.text,
        "planned_for": stored.planned_for,
        "reason": stored.reason,
        **stored.figure,
        **{f"reason-{key}": value for key, value in stored.items.items() if isinstance(value, str)},
    }


def _said_of_the_whole(stored: Answer) -> str:
    if stored.choice != Choice.TICKED:
        return str(stored.choice)
    return "" if any(value is True for value in stored.items.values()) else REST


class MemberField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.user} ({obj.get_role_display()})"


class AssignForm(PlainForm):
    member: MemberField = MemberField(
        label=_("Who answers this section?"),
        queryset=None,
        empty_label=_("Choose a person"),
        help_text=_("Owners and contributors of your organisation."),
        error_messages={"required": _("Choose a person to ask.")},
    )
    due = forms.DateField(
        label=_("Due date for the answers"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = Words(label=_("What do you want to know?"), max_length=400, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, members: QuerySet[Membership], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["member"]
        assert isinstance(field, MemberField)
        field.queryset = members
        self.fields["note"].widget.attrs |= {"rows": 2, "maxlength": None}

    def due_in_time(self, today: date) -> bool:
        due = self.cleaned_data.get("due")
        return due is None or due >= today
