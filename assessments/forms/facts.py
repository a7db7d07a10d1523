"""One page of facts: each a question with its answers, kept as chosen whatever goes wrong."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import Operation, Revision, Words
from assessments.guideline.conditions import All, AnyOf, Condition, Test
from assessments.guideline.edition import Fact
from assessments.guideline.reach import complete, is_shown
from assessments.guideline.terms import UNKNOWN
from assessments.guideline.wording import fact_answer
from assessments.models import DeclaredFact

YES, NO = "yes", "no"
NOTHING = "nothing"  # of a tick list that may be empty: the option that says so
PROCEDURAL, INCIDENT = "minor_procedural_task", "incident_open"
REASONED = {
    PROCEDURAL: _("Why is this use only a minor procedural task?"),
    "lawful_exception_claimed": _("What is the exception, and who granted it?"),
    INCIDENT: _("In one sentence, what has gone wrong?"),
}
REASON_HINTS = {
    PROCEDURAL: _(
        "Required if you answer yes. A second member of your organisation must read your reason and agree "
        "before the answer “yes” takes effect."
    ),
    "lawful_exception_claimed": _(
        "Name the law, order or contract. A reviewer will ask for evidence of the exception."
    ),
    INCIDENT: _(
        "Required if you answer yes. Say what happened and who was affected, without giving names. The plan "
        "shows your sentence."
    ),
}
MISSING_REASONS = {
    PROCEDURAL: _("Say why this use is only a minor procedural task. A second member must then agree."),
    INCIDENT: _("Say in one sentence what has gone wrong."),
}
REASON_LENGTHS = {INCIDENT: 200}
DATED = re.compile(r"(?P<words>.*) \((?P<day>\d{4}-\d\d-\d\d)\)", re.DOTALL)
"""How words and a date are kept as the one reason of a fact."""


def choices(fact: Fact) -> list[tuple[str, str]]:
    """The answers that a fact takes, as (value in the form, words)."""
    found = [(_in_form(value), fact_answer(fact, value)) for value in fact.offered or fact.values]
    found += [(NOTHING, fact_answer(fact, ()))] if fact.nothing else []
    return [*found, (UNKNOWN, fact_answer(fact, UNKNOWN))] if fact.unknown else found


def choose_words(fact: Fact) -> str:
    """Say that an answer is missing, and that nobody has to know it where that is so."""
    words = str(_("Tick at least one answer.") if fact.many else _("Choose an answer."))
    if not fact.unknown:
        return words
    return f"{words} {_('You may choose “%(unknown)s”.') % {'unknown': fact_answer(fact, UNKNOWN)}}"


def standing_alone(fact: Fact) -> list[str]:
    """The choices of a tick list beside which nothing else can be ticked."""
    return [*fact.alone, *([NOTHING] if fact.nothing else []), *([UNKNOWN] if fact.unknown else [])]


def to_form(fact: Fact, value: Any) -> Any:
    """A stored value as its control has it."""
    if fact.many:
        listed = list(value) if isinstance(value, list | tuple) else [value]
        offered = [one for one in listed if one == UNKNOWN or one in (fact.offered or fact.values)]
        return offered or ([NOTHING] if fact.nothing else [])
    if isinstance(value, list | tuple):  # stored by a release in which the fact is a tick list
        value = value[0] if len(value) == 1 else None
    return (YES if value else NO) if isinstance(value, bool) else value


def from_form(fact: Fact, value: Any) -> Any:
    """What a control gives, as it is stored."""
    if fact.many:
        if value == [UNKNOWN]:
            return UNKNOWN
        return [one for one in value if one != NOTHING]
    return {YES: True, NO: False}.get(value, value) if fact.yes_no else value


def dated_reason(words: str, day: date) -> str:
    return f"{words} ({day.isoformat()})"


def parts_of_reason(fact: Fact, reason: str) -> tuple[str, str]:
    """The words of a reason and, for a fact that has one, its date."""
    found = DATED.fullmatch(reason) if fact.dated else None
    return (found["words"], found["day"]) if found else (reason, "")


def condition_tree(condition: Condition, here: Collection[str], known: Mapping[str, Any]) -> Any:
    """Return a condition as the page's script reads it: true, false, or a tree over the facts that are asked here."""
    match condition:
        case Test() if condition.fact in here:
            return {"fact": condition.fact, "answers": sorted(map(_in_form, condition.answers))}
        case All():
            return {"all": [condition_tree(part, here, known) for part in condition.parts]}
        case AnyOf():
            return {"any": [condition_tree(part, here, known) for part in condition.parts]}
    return condition.holds(known)


def _in_form(answer: object) -> str:
    return (YES if answer else NO) if isinstance(answer, bool) else str(answer)


class ReasonForYes(Words):
    """A reason that one answer needs: not called optional, and not missed with another answer (`FactsForm.clean`)."""

    def validate(self, value: str) -> None:
        return


class DayForYes(forms.DateField):
    """As `ReasonForYes`, for a date."""

    def validate(self, value: Any) -> None:
        return


class AskedSometimes(forms.ChoiceField):
    """An answer that is not called optional although other answers may leave it needless (`FactsForm.clean`)."""

    def validate(self, value: str) -> None:
        if value:
            super().validate(value)


class TickedSometimes(forms.MultipleChoiceField):
    """As `AskedSometimes`, for a tick list."""

    def validate(self, value: list[str]) -> None:
        if value:
            super().validate(value)


class FactsForm(forms.Form):
    """The facts of one group. `locked` ones are shown and never read from the request.

    `every`: all facts of the edition, `known`: the completed facts of the use, by which a fact may be needless.
    `draft`: what was chosen on this page before and not saved, by field.
    """

    use_required_attribute = False

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        facts: Iterable[Fact],
        rows: Mapping[str, DeclaredFact],
        locked: Collection[str] = (),
        every: Mapping[str, Fact] | None = None,
        known: Mapping[str, Any] | None = None,
        draft: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(data)
        self.facts = {fact.key: fact for fact in facts}
        self.every = every if every is not None else self.facts
        self.known = known or {}
        self.draft = draft or {}
        self.conflicts: list[str] = []  # the facts of which two versions wait for a choice
        # What a save has to name: the page, and of each fact the revision that it shows.
        self.fields["operation"] = Operation(required=False, initial=uuid.uuid4)
        for key, fact in self.facts.items():
            row = rows.get(key)
            kind: Any = forms.MultipleChoiceField if fact.many else forms.ChoiceField
            if fact.otherwise is not None:
                kind = TickedSometimes if fact.many else AskedSometimes
            stands = to_form(fact, row.value) if row else self.implied(fact)
            self.fields[key] = kind(
                label=fact.question,
                help_text=fact.help,
                choices=choices(fact),
                widget=forms.CheckboxSelectMultiple if fact.many else forms.RadioSelect,
                initial=self.drafted(key, stands, many=fact.many) if key not in locked else stands,
                disabled=key in locked,
                required=key not in locked,
                error_messages={"required": choose_words(fact)},
            )
            self.fields[f"base_{key}"] = Revision(
                required=False,
                initial=self.drafted(f"base_{key}", row.revision if row else 0),
            )
            if key in REASONED:
                self.add_reason(fact, row, disabled=key in locked)

    def add_reason(self, fact: Fact, row: DeclaredFact | None, *, disabled: bool) -> None:
        key = fact.key
        words, day = parts_of_reason(fact, row.reason if row else "")
        needed = key in MISSING_REASONS
        self.fields[f"reason_{key}"] = (ReasonForYes if needed else Words)(
            label=REASONED[key],
            help_text=REASON_HINTS[key],
            required=needed,
            max_length=REASON_LENGTHS.get(key, 2000),
            initial=self.drafted(f"reason_{key}", words),
            disabled=disabled,
        )
        if fact.dated:
            today = timezone.localdate().isoformat()
            self.fields[f"date_{key}"] = DayForYes(
                label=_("When did the incident happen? If you do not know, when did you learn of it?"),
                initial=self.drafted(f"date_{key}", day),
                disabled=disabled,
                widget=forms.DateInput(attrs={"type": "date", "class": "hk-narrow", "max": today}, format="%Y-%m-%d"),
                error_messages={"invalid": _("Enter a date such as 2026-11-20.")},
            )

    def drafted(self, name: str, stands: Any, *, many: bool = False) -> Any:
        """What the draft has for a field, else what is stored."""
        if name not in self.draft:
            return stands
        values = self.draft[name]
        return list(values) if many else (values[0] if values else "")

    def implied(self, fact: Fact) -> Any:
        """An answer that follows from others, which nobody has given: it is filled in and can be changed."""
        value = self.known.get(fact.key)
        if value is None or value == UNKNOWN or not fact.implied or not is_shown(fact, self.known):
            return None
        return to_form(fact, value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for key, fact in self.facts.items():
            given = cleaned.get(key, ())
            alone = [one for one in standing_alone(fact) if fact.many and one in given and len(given) > 1]
            if alone:
                named = dict(choices(fact))[alone[0]]
                self.add_error(key, _("Choose either “%(option)s” or other answers, not both.") % {"option": named})
        now = self.completed()
        for key, fact in self.facts.items():
            if self.fields[key].disabled:
                continue
            if not is_shown(fact, now):
                self.forgive(key)
            elif key in self.cleaned_data and not self.cleaned_data[key]:
                self.add_error(key, self.fields[key].error_messages["required"])
            elif self.cleaned_data.get(key) == YES and key in MISSING_REASONS:
                self.need_reason(fact)
        return self.cleaned_data

    def completed(self) -> dict[str, Any]:
        """The facts of the use as they are with what was chosen on this page."""
        posted = {
            key: tuple(value) if isinstance(value := from_form(fact, self.cleaned_data[key]), list) else value
            for key, fact in self.facts.items()
            if self.cleaned_data.get(key) and not self.fields[key].disabled
        }
        return complete(self.every, {**self.known, **posted})

    def forgive(self, key: str) -> None:
        """A needless answer may be missing or wrong; one that is good is kept, without an effect."""
        for name in (key, f"reason_{key}", f"date_{key}"):
            if self.errors.pop(name, None) is not None or not self.cleaned_data.get(name):
                self.cleaned_data.pop(name, None)
        if key in MISSING_REASONS and not self.cleaned_data.get(f"reason_{key}"):
            self.cleaned_data.pop(key, None)

    def need_reason(self, fact: Fact) -> None:
        key = fact.key
        faults = {}
        if not self.cleaned_data.get(f"reason_{key}"):
            faults[f"reason_{key}"] = MISSING_REASONS[key]
        day = self.cleaned_data.get(f"date_{key}")
        if fact.dated and f"date_{key}" not in self.errors:
            if not day:
                faults[f"date_{key}"] = _("Enter the date of the incident.")
            elif day > timezone.localdate():
                faults[f"date_{key}"] = _("Enter today's date or an earlier date.")
        for name, words in faults.items():
            if name not in self.errors:
                self.add_error(name, words)
        if any(name in self.errors for name in (f"reason_{key}", f"date_{key}")):
            self.cleaned_data.pop(key, None)

    def values(self) -> dict[str, Any]:
        """The answers that are fit to be stored; also of a form with errors, whose other answers are kept."""
        return {
            key: from_form(fact, self.cleaned_data[key])
            for key, fact in self.facts.items()
            if self.cleaned_data.get(key) and not self.fields[key].disabled
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
        found = {}
        for key, fact in self.facts.items():
            if f"reason_{key}" not in self.cleaned_data or self.fields[key].disabled:
                continue
            words, day = self.cleaned_data[f"reason_{key}"], self.cleaned_data.get(f"date_{key}")
            if fact.dated and self.cleaned_data.get(key) != YES:
                words, day = "", None
            found[key] = dated_reason(words, day) if fact.dated and day else words
        return found


class AgreeForm(forms.Form):
    """A second member's word that a use is a minor procedural task."""

    reason = Words(
        label=_("Why do you agree?"),
        help_text=_("Your name, the time and this reason are kept. Reviewers can see them."),
        max_length=2000,
        error_messages={"required": _("Say why you agree.")},
    )
