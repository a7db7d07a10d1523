"""One page of facts: each a question with its answers, kept as chosen whatever goes wrong."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import Words
from assessments.guideline.edition import Fact
from assessments.guideline.terms import UNKNOWN
from assessments.models import DeclaredFact

YES, NO = "yes", "no"
PROCEDURAL = "minor_procedural_task"
REASONED = {
    PROCEDURAL: _("Why is it only a minor procedural task?"),
    "lawful_exception_claimed": _("What is the exception, and who gave it?"),
}
REASON_HINTS = {
    PROCEDURAL: _("Needed for a yes. A second member reads it and has to agree before the yes counts."),
    "lawful_exception_claimed": _("Name the law, order or contract. A reviewer asks for the evidence."),
}


def choices(fact: Fact) -> list[tuple[str, str]]:
    """The answers that a fact takes, as (value in the form, words)."""
    found = (
        [(YES, str(_("Yes"))), (NO, str(_("No")))]
        if fact.yes_no
        else [(str(value), fact.options.get(str(value), str(value))) for value in fact.values]
    )
    return [*found, (UNKNOWN, str(_("Do not know")))] if fact.unknown else found


def to_form(fact: Fact, value: Any) -> Any:
    """A stored value as its control has it."""
    if fact.many:
        return list(value) if isinstance(value, list | tuple) else [value]
    return (YES if value else NO) if isinstance(value, bool) else value


def from_form(fact: Fact, value: Any) -> Any:
    """What a control gives, as it is stored."""
    if fact.many:
        return UNKNOWN if value == [UNKNOWN] else list(value)
    return {YES: True, NO: False}.get(value, value) if fact.yes_no else value


class ReasonForYes(Words):
    """A reason that one answer needs: not called optional, and not missed with another answer (`FactsForm.clean`)."""

    def validate(self, value: str) -> None:
        return


class FactsForm(forms.Form):
    """The facts of one group. `locked` ones are shown and never read from the request."""

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        facts: Iterable[Fact],
        rows: Mapping[str, DeclaredFact],
        locked: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.facts = {fact.key: fact for fact in facts}
        self.conflicts: list[str] = []  # the facts of which two versions wait for a choice
        # What a save has to name: the page, and of each fact the revision that it shows.
        self.fields["operation"] = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid.uuid4)
        for key, fact in self.facts.items():
            row = rows.get(key)
            kind = forms.MultipleChoiceField if fact.many else forms.ChoiceField
            field = kind(
                label=fact.question,
                help_text=fact.help,
                choices=choices(fact),
                widget=forms.CheckboxSelectMultiple if fact.many else forms.RadioSelect,
                initial=to_form(fact, row.value) if row else None,
                disabled=key in locked,
                required=key not in locked,
                error_messages={
                    "required": _("Answer “%(fact)s”; “do not know” is an answer too.") % {"fact": fact.label}
                    if fact.unknown
                    else _("Answer “%(fact)s”.") % {"fact": fact.label}
                },
            )
            self.fields[key] = field
            self.fields[f"base_{key}"] = forms.IntegerField(
                required=False, min_value=0, widget=forms.HiddenInput, initial=row.revision if row else 0
            )
            if key in REASONED:
                kind_of_words = ReasonForYes if key == PROCEDURAL else Words
                self.fields[f"reason_{key}"] = kind_of_words(
                    label=REASONED[key],
                    help_text=REASON_HINTS[key],
                    required=key == PROCEDURAL,
                    max_length=2000,
                    initial=row.reason if row else "",
                    disabled=key in locked,
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        key = PROCEDURAL
        if cleaned.get(key) == YES and not cleaned.get(f"reason_{key}") and not self.fields[key].disabled:
            self.add_error(
                f"reason_{key}", _("Say why it is only a minor procedural task; a second member then has to agree.")
            )
            cleaned.pop(key, None)
        for key, fact in self.facts.items():
            if fact.many and UNKNOWN in cleaned.get(key, ()) and len(cleaned[key]) > 1:
                self.add_error(key, _("“Do not know” cannot stand beside other answers."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The answers that are fit to be stored; also of a form with errors, whose other answers are kept."""
        return {
            key: from_form(fact, self.cleaned_data[key])
            for key, fact in self.facts.items()
            if key in self.cleaned_data and not self.fields[key].disabled
        }

    def bases(self) -> dict[str, int]:
        """The revisions that the page showed."""
        given = {key: self.cleaned_data.get(f"base_{key}") for key in self.facts}
        return {key: base for key, base in given.items() if base is not None}

    def given(self, key: str) -> Any:
        """What was posted for a fact, as it is stored, whether or not it may be changed; None: nothing."""
        fact, name = self.facts[key], self.add_prefix(key)
        value = self.fields[key].widget.value_from_datadict(self.data, self.files, name)
        return from_form(fact, value) if value else None

    def reasons(self) -> dict[str, str]:
        return {
            key: self.cleaned_data[f"reason_{key}"]
            for key in self.facts
            if f"reason_{key}" in self.cleaned_data and not self.fields[key].disabled
        }


class AgreeForm(forms.Form):
    """A second member's word that a use is a minor procedural task."""

    reason = Words(
        label=_("Why do you agree?"),
        help_text=_("Your name, the time and this reason are kept and shown to reviewers."),
        max_length=2000,
        error_messages={"required": _("Say why you agree.")},
    )
