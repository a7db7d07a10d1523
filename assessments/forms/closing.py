"""What is typed to report an action as done, and to judge what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.acting import helper
from assessments.forms.fields import OneLine, Words, explained
from assessments.models import Answer, Evidence, Verdict
from assessments.models.closing import VERDICT_WORDS, Finding, Judged

PIECE, ANSWER = "piece-", "answer-"
VERDICTS = [
    (Verdict.SUPPORTS, _("Supports")),
    (Verdict.PARTLY, _("Partly")),
    (Verdict.DOES_NOT, _("Does not support")),
]


class ReportForm(forms.Form):
    """What was done, and what shows it: pieces of the library, and answers of the use that have evidence."""

    note = Words(
        label=_("What was done, and what shows it?"),
        help_text=_("The person who accepts the action reads this."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what was done and what shows it.")},
    )
    evidence = forms.MultipleChoiceField(
        label=_("Evidence to attach"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose evidence of the list.")},
    )

    def __init__(
        self, data: Any = None, *, pieces: Sequence[Evidence] = (), answers: Sequence[Answer] = (), titles: Any = None
    ) -> None:
        super().__init__(data)
        self.pieces = {f"{PIECE}{piece.reference}": piece for piece in pieces}
        self.answers = {f"{ANSWER}{answer.pk}": answer for answer in answers}
        field: Any = self.fields["evidence"]
        field.choices = [
            *((key, explained(piece.title, piece.proves[:140])) for key, piece in self.pieces.items()),
            *(
                (
                    key,
                    explained(
                        _named(answer, titles or {}), _("All evidence of this answer is shown for the action too.")
                    ),
                )
                for key, answer in self.answers.items()
            ),
        ]
        names = ["note", "evidence"]
        if not field.choices and not self.is_bound:
            names.remove("evidence")
        self.helper = helper(*names)

    def chosen(self) -> tuple[list[Evidence], list[Answer]]:
        """The pieces and the answers that were ticked."""
        keys = self.cleaned_data.get("evidence", [])
        pieces = [self.pieces[key] for key in keys if key in self.pieces]
        return pieces, [self.answers[key] for key in keys if key in self.answers]


def _named(answer: Answer, titles: dict[str, str]) -> str:
    return str(_("Answer: %(title)s")) % {"title": titles.get(answer.question.key, answer.question.key)}


class JudgeForm(forms.Form):
    """The verdicts on what shows an action, and what is still missing, where it is sent back."""

    missing = Words(
        label=_("Or: what is still missing?"),
        help_text=_("The owner of the action reads this; the action is open again."),
        max_length=4000,
        required=False,
        error_messages={"required": _("Say what is still missing.")},
    )

    def __init__(self, data: Any = None, *, pieces: Iterable[Judged] = (), declines: bool = False) -> None:
        super().__init__(data)
        self.pieces = list(pieces)
        self.fields["missing"].required = declines
        for one in self.pieces:
            title = one.use.evidence.title
            self.fields[f"verdict-{one.key}"] = forms.ChoiceField(
                label=_("Does “%(title)s” support that it is done?") % {"title": title},
                choices=[(str(value), words) for value, words in VERDICTS],
                widget=forms.RadioSelect,
                required=not declines,
                initial=one.verdict.verdict if one.verdict else None,
                error_messages={"required": _("Say whether this piece supports that the action is done.")},
            )
            self.fields[f"words-{one.key}"] = OneLine(
                label=_("What “%(title)s” does not show") % {"title": title},
                help_text=_("Needed where it supports only partly, or not."),
                required=False,
                max_length=VERDICT_WORDS,
                initial=one.verdict.words if one.verdict else "",
            )
        self.judging = helper(*(name for name in self.fields if name != "missing"))
        self.declining = helper("missing")

    def findings(self) -> dict[str, Finding]:
        """What was found of each piece, by its reference."""
        found = {}
        for one in self.pieces:
            verdict = self.cleaned_data.get(f"verdict-{one.key}", "")
            if verdict:
                found[one.key] = Finding(verdict, self.cleaned_data.get(f"words-{one.key}", ""))
        return found

    def refuse(self, field: str, words: str) -> None:
        """Show a refusal at its field: a piece by its reference, else what is missing, else above all."""
        at = {f"words-{field}": f"words-{field}", "words": "missing"}
        name = next((name for name in (f"words-{field}", at.get(field, "")) if name in self.fields), None)
        self.add_error(name, words)
