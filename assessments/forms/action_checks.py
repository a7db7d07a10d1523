"""What is typed to report an action as done, and to judge what shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, layout_helper, offer
from assessments.forms.fields import OneLine, Words, explained
from assessments.models import Answer, Evidence, Verdict
from assessments.models.closing import VERDICT_WORDS, EvidenceVerdict, Finding

PIECE = "piece-"
VERDICTS = [
    (Verdict.SUPPORTS, _("Supports")),
    (Verdict.PARTLY, _("Partly")),
    (Verdict.DOES_NOT, _("Does not support")),
]


class ReportForm(forms.Form):
    """What was done, and what shows it: evidence items of the library, or an answer of the use that has evidence."""

    note = Words(
        label=_("What was done, and which evidence shows it?"),
        help_text=_("The person who checks the action reads this text."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say what was done and which evidence shows it.")},
    )
    evidence = forms.MultipleChoiceField(
        label=_("Evidence to attach"),
        help_text=_(
            "This list shows the newest evidence in the library. To see all evidence, use the link “Attach or detach "
            "evidence”."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose evidence from the list.")},
    )
    answer = forms.ChoiceField(
        label=_("Or link an answer that has evidence"),
        help_text=_("All evidence for the answer that you choose is also shown with the action."),
        required=False,
        error_messages={"invalid_choice": _("Choose an answer from the list.")},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        pieces: Sequence[Evidence] = (),
        answers: Sequence[Answer] = (),
        titles: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data)
        self.pieces = {f"{PIECE}{piece.reference}": piece for piece in pieces}
        self.answers = {str(answer.pk): answer for answer in answers}
        offer(self, "evidence", [(key, explained(one.title, one.proves[:140])) for key, one in self.pieces.items()])
        named = titles or {}
        found = [(key, named.get(row.question.key, row.question.key)) for key, row in self.answers.items()]
        offer(self, "answer", [("", _("No answer")), *found])
        shown = {"note": True, "evidence": bool(self.pieces) or self.is_bound, "answer": bool(self.answers)}
        self.helper = layout_helper(*(name for name, is_shown in shown.items() if is_shown))

    def chosen(self) -> tuple[list[Evidence], list[Answer]]:
        """Return the evidence items that were ticked, and the answer that was linked."""
        pieces = [self.pieces[key] for key in self.cleaned_data.get("evidence", []) if key in self.pieces]
        answer = self.answers.get(self.cleaned_data.get("answer", ""))
        return pieces, [answer] if answer else []


class SayVerdict(forms.ChoiceField):
    """A verdict; one of two buttons needs it, so it is not called optional."""

    needed = True

    def validate(self, value: Any) -> None:
        if value or self.needed:
            super().validate(value)


class SayWords(OneLine):
    """Words that some verdicts need, so they are not called optional; the domain says which."""

    def validate(self, value: Any) -> None:
        """Empty is good here."""


class SayMissing(Words):
    """What is missing; one of two buttons needs it, so it is not called optional."""

    needed = True

    def validate(self, value: Any) -> None:
        if value or self.needed:
            super().validate(value)


class JudgeForm(PlainForm):
    """The verdicts on what shows an action, and what is still missing, where it is sent back."""

    use_required_attribute = False

    missing = SayMissing(
        label=_("If the gap is not closed, what is still missing?"),
        help_text=_("If you send the action back, it reopens and its owner reads this text."),
        max_length=4000,
        error_messages={"required": _("Say what is still missing.")},
    )

    def __init__(self, data: Any = None, *, pieces: Iterable[EvidenceVerdict] = (), declines: bool = False) -> None:
        super().__init__(data)
        self.pieces = list(pieces)
        missing: Any = self.fields["missing"]
        missing.needed = declines
        for one in self.pieces:
            title = one.use.evidence.title
            verdict = self.fields[f"verdict-{one.key}"] = SayVerdict(
                label=_("Does “%(title)s” show that the action is done?") % {"title": title},
                choices=[(str(value), words) for value, words in VERDICTS],
                widget=forms.RadioSelect,
                initial=one.verdict.verdict if one.verdict else None,
                error_messages={"required": _("Say whether this evidence shows that the action is done.")},
            )
            verdict.needed = not declines
            self.fields[f"words-{one.key}"] = SayWords(
                label=_("What “%(title)s” does not show") % {"title": title},
                help_text=_("Required if you choose “Partly” or “Does not support”."),
                max_length=VERDICT_WORDS,
                initial=one.verdict.words if one.verdict else "",
            )
        self.judging = layout_helper(*(name for name in self.fields if name != "missing"))
        self.declining = layout_helper("missing")

    def findings(self) -> dict[str, Finding]:
        """Return what was found of each evidence item, by its reference."""
        found = {}
        for one in self.pieces:
            verdict = self.cleaned_data.get(f"verdict-{one.key}", "")
            if verdict:
                found[one.key] = Finding(verdict, self.cleaned_data.get(f"words-{one.key}", ""))
        return found

    def field_for(self, name: str) -> str | None:
        """Return the field of a refusal: of an evidence item by its reference, or of what is missing; None: above all."""
        return f"words-{name}" if f"words-{name}" in self.fields else "missing" if name == "words" else None
