"""Forms of a review: taking a case, marks, decisions, seats, messages, appeals, and replies of the organisation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from assessments.domain.review.queue_rows import ACTIONS, APPEALS, DONE, MINE, RETURNED, TEAM, WAITING
from assessments.forms.base import FilterForm, PlainForm, layout_helper, offer
from assessments.forms.fields import REVIEW_DAY_WRONG, Day, OneLine, Operation, Revision
from assessments.models import ASKING, EvidenceMark, MarkKind, MarkReason, MarkReply, ReviewMark, Verdict
from assessments.models.systems import TierChoices

WORDS = 4000


def text_field(
    label: Any,
    help_text: Any = "",
    *,
    required: bool = True,
    rows: int = 4,
    limit: int = WORDS,
    missing: Any = "",
) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": missing} if missing else {},
    )


class TakeForm(PlainForm):
    """What a reviewer declares about a case before it opens to them. `words_help`: what comes of a conflict."""

    words_help = gettext_lazy(
        "For example: money, family, a former job, a friendship or a competing product. The other reviewers of "
        "the case can read your description."
    )

    conflict = forms.ChoiceField(
        label=gettext_lazy("Do you have a conflict of interest with this organisation or this system?"),
        choices=[
            ("none", gettext_lazy("No, I have no conflict of interest")),
            ("declared", gettext_lazy("Yes, I have a conflict of interest")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether you have a conflict of interest.")},
    )
    words = text_field(gettext_lazy("If yes, describe the conflict of interest"), required=False, rows=3, limit=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].help_text = self.words_help
        self.fields["words"].goes_with = "conflict"  # type: ignore[attr-defined]  # needed with a yes, so not called optional

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("conflict") == "declared" and not cleaned.get("words"):
            self.add_error("words", _("Describe the conflict of interest in a sentence."))
        if cleaned.get("conflict") == "none" and cleaned.get("words"):
            self.add_error("conflict", _("You described a conflict of interest. Choose “Yes”, or delete the text."))
        return cleaned

    @property
    def declaration(self) -> str:
        return str(self.cleaned_data["words"]) if self.cleaned_data["conflict"] == "declared" else ""


class MarkForm(PlainForm):
    """One mark. `row`: the reviewer's own mark; `base`: the revision that the page showed; `operation`: the save's name.

    `seen`: the token of the page that showed the answer. `reasons`: those that fit it; None: all.
    """

    mark = forms.ChoiceField(
        label=gettext_lazy("Your mark"),
        choices=[*MarkKind.choices, ("", gettext_lazy("Not marked"))],
        required=False,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why a change is needed"),
        choices=[("", gettext_lazy("Choose a reason")), *MarkReason.choices],
        required=False,
    )
    words = text_field(gettext_lazy("Comment to the organisation"), required=False, rows=3)
    would_satisfy = text_field(
        gettext_lazy("What you would accept"),
        gettext_lazy(
            "If you mark “change needed”, choose a reason and fill in this field. The comment below is optional."
        ),
        required=False,
        rows=2,
    )
    private_note = text_field(gettext_lazy("Note for reviewers"), required=False, rows=2)
    action_title = OneLine(
        label=gettext_lazy("What is still to be done"),
        help_text=gettext_lazy("Your text becomes an action in the plan."),
        required=False,
        max_length=200,
    )
    action_due = forms.DateField(
        label=pgettext_lazy("date", "Due"),
        required=False,
        error_messages={"invalid": REVIEW_DAY_WRONG},
    )
    base = Revision(required=False)
    operation = Operation(required=False)
    seen = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, row: ReviewMark | None = None, reasons: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        self.row = row
        kwargs["initial"] = row.record() if row else {}
        super().__init__(*args, **kwargs)
        if reasons is not None:
            fits = {*reasons, row.reason if row else ""}
            offered = [("", _("Choose a reason")), *((key, word) for key, word in MarkReason.choices if key in fits)]
            offer(self, "reason", offered)
            self.fields["reason"].error_messages["invalid_choice"] = _(
                "This reason does not fit the answer. Choose another reason."
            )

    @property
    def fields_to_save(self) -> dict[str, Any]:
        names = ("mark", "reason", "words", "would_satisfy", "private_note", "action_title", "action_due")
        return {name: self.cleaned_data.get(name) or ("" if name != "action_due" else None) for name in names}

    @property
    def changes_something(self) -> bool:
        given = self.fields_to_save
        if self.row is None:
            return any(given.values())
        due = given["action_due"]
        return given | {"action_due": due.isoformat() if due else None} != self.row.record()

    @property
    def has_begun(self) -> bool:
        """Tell whether a mark is chosen that wants words, and none of them is written yet."""
        given = (self[name].value() for name in ("reason", "words", "would_satisfy", "action_title", "action_due"))
        return self["mark"].value() in ASKING and not any(given)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors or not self.changes_something:
            return cleaned
        if not cleaned.get("mark"):
            if self.row is None:
                self.add_error("mark", _("Choose a mark. You entered text but chose no mark."))
        elif cleaned["mark"] == MarkKind.CHANGE_NEEDED:
            if not cleaned["reason"]:
                self.add_error("reason", _("Choose why a change is needed."))
            if not cleaned["would_satisfy"]:
                self.add_error(
                    "would_satisfy",
                    _("Fill in “What you would accept”. The organisation has to know what to correct."),
                )
        return cleaned


class EvidenceMarkForm(forms.Form):
    """Whether one evidence item supports the answer; `row` is what is kept of it."""

    verdict = forms.ChoiceField(choices=[("", ""), *Verdict.choices], required=False)
    note = OneLine(required=False, max_length=400)
    base = Revision(required=False)
    operation = Operation(required=False)

    def __init__(self, *args: Any, row: EvidenceMark | None = None, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **kwargs)

    @property
    def fields_to_save(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in ("verdict", "note")}

    @property
    def changes_something(self) -> bool:
        return self.fields_to_save != (self.row.record() if self.row else {"verdict": "", "note": ""})


ANSWER_DAYS = 14
"""How long an organisation is asked to take for its answer, unless the reviewer says otherwise. Our judgement."""


class ReturnForm(PlainForm):
    """`tasks`: what else stands in the way of an approval, by what it has in common; ticked ones are asked for by name."""

    tasks = forms.MultipleChoiceField(
        label=gettext_lazy("Other tasks for the organisation before approval"),
        help_text=gettext_lazy(
            "Each point that you tick is listed as a task, in the email and on the page with the requested "
            "changes. The points that must be met before an approval are already ticked."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy(
                "The list has changed since you opened the page. Please tick the tasks again."
            )
        },
    )
    words = text_field(
        gettext_lazy("Message to the owner"),
        gettext_lazy(
            "We send your message to the owners by email. They can also read it, with the list above, on the "
            "page that the email links to."
        ),
        required=False,
    )
    answer_by = Day(
        label=gettext_lazy("Date by which the organisation should answer"),
        help_text=gettext_lazy(
            "The owner sees this date in the email and on the page with the requested changes. The owner can "
            "still answer after this date."
        ),
        required=False,
        initial=lambda: timezone.localdate() + timedelta(days=ANSWER_DAYS),
        wrong=REVIEW_DAY_WRONG,
        css="",
    )

    def __init__(self, *args: Any, tasks: Iterable[tuple[str, list[tuple[str, str]]]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = list(tasks)
        if possible:
            offer(self, "tasks", possible)
        else:
            del self.fields["tasks"]


class TakeBackForm(PlainForm):
    reason = text_field(
        gettext_lazy("Why are you withdrawing your approval?"),
        gettext_lazy("The other reviewer can read your reason. It is kept in the record of the case."),
        limit=WORDS,
        missing=gettext_lazy(
            "Say why you are withdrawing your approval. The other reviewer can read your reason. It is kept in "
            "the record of the case."
        ),
    )


class RefuseForm(PlainForm):
    statement = text_field(
        gettext_lazy("Reasons"),
        gettext_lazy("Your reasons are printed in the decision letter to the organisation."),
        rows=6,
        limit=8000,
        missing=gettext_lazy("Say why you are refusing the submission. The reason is printed in the decision letter."),
    )


class ApproveForm(PlainForm):
    """The statement, and a date for each duty that may be met later; `conditions`: (question, title, longest days).

    `one_date`: a date for all of them, which fills the fields and saves nothing.
    """

    def __init__(self, *args: Any, conditions: Iterable[tuple[str, str, int]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        longest = 0
        for question, title, days in conditions:
            longest = max(longest, days)
            self.fields[f"due-{question}"] = self._day(
                _("Date by which “%(title)s” must be in place") % {"title": title},
                _("The latest date allowed is %(last)s"),
                today + timedelta(days=days),
            )
        if longest:
            hint = _(
                "The latest date allowed is %(last)s. If a requirement has an earlier latest date, that date applies."
            )
            self.fields["one_date"] = self._day(
                _("The same date for all requirements"), hint, today + timedelta(days=longest)
            )
        self.fields["statement"] = text_field(
            gettext_lazy("Your statement"),
            gettext_lazy(
                "Describe what you looked at and what you found. Your statement is kept with the "
                "decision in the record."
            ),
            rows=5,
            limit=8000,
            missing=gettext_lazy("Say what you looked at and what you found."),
        )
        self.helper = layout_helper("statement")

    @staticmethod
    def _day(label: str, hint: str, last: date) -> forms.DateField:
        hint %= {"last": date_format(last, "j F Y")}
        return Day(label=label, required=False, help_text=hint, last=last, wrong=REVIEW_DAY_WRONG, css="")

    @staticmethod
    def no_date() -> str:
        return _("Enter the date that you want to use for all requirements.")

    def filled(self, days: Mapping[str, date]) -> Mapping[str, Any]:
        """Return what was typed, with these days in the fields of the conditions: what a page shows before anything is saved."""
        typed = {name: self.data.get(name, "") for name in self.fields}
        return typed | {f"due-{question}": day for question, day in days.items()}

    @property
    def conditions(self) -> dict[str, date]:
        return {
            name.removeprefix("due-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("due-") and value
        }


GROUP_WORDS = {  # in the order of the page
    WAITING: gettext_lazy("Waiting for a reviewer"),
    MINE: gettext_lazy("Your cases"),
    ACTIONS: gettext_lazy("Actions to check"),
    APPEALS: gettext_lazy("Appeals and complaints"),
    RETURNED: gettext_lazy("With the organisation"),
    TEAM: gettext_lazy("Cases of other reviewers"),
    DONE: gettext_lazy("Done"),
}


class QueueForm(FilterForm):
    """What the queue shows."""

    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"), choices=[("", pgettext_lazy("filter", "All")), *TierChoices.choices], required=False
    )
    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"), required=False)
    who = forms.ChoiceField(
        label=gettext_lazy("Cases"),
        choices=[("", pgettext_lazy("filter", "All")), *GROUP_WORDS.items()],
        required=False,
    )
    late = forms.ChoiceField(
        label=pgettext_lazy("column", "Waiting"),
        choices=[("", pgettext_lazy("of any length", "Any time")), ("late", gettext_lazy("Late only"))],
        required=False,
    )

    def __init__(self, data: Any, *, organisations: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        offer(self, "organisation", [("", pgettext("filter", "All")), *organisations])
        self.is_valid()


class AssignForm(PlainForm):
    """Whom to ask for a seat. `people`: (id, name with an absence); `note_needed`: a held seat."""

    to = forms.TypedChoiceField(
        label=gettext_lazy("Colleague"),
        coerce=int,
        error_messages={"required": gettext_lazy("Choose a colleague.")},
    )
    note = text_field(
        gettext_lazy("Note"), gettext_lazy("Only your colleagues can read this note."), required=False, limit=2000
    )
    although_away = forms.BooleanField(label=gettext_lazy("Ask this colleague even if they are away"), required=False)

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], note_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", [("", pgettext("first choice of a list", "Choose")), *people])
        if note_needed:
            self.fields["note"].required = True
            self.fields["note"].help_text = _(
                "Say what you have reviewed and what your colleague should look at. Only your colleagues can "
                "read your note."
            )
            self.fields["note"].error_messages["required"] = _(
                "Say what you have reviewed and what your colleague should look at. Your colleague gets no "
                "other information."
            )


class NoInterestForm(TakeForm):
    """The declaration of whoever reads along, without a seat."""

    words_help = gettext_lazy(
        "If you have a conflict of interest, you cannot read the answers. The other reviewers of the case can "
        "read your description."
    )


class MessageForm(PlainForm):
    text = text_field(
        gettext_lazy("Your message"),
        gettext_lazy("You cannot change a message after you send it."),
        missing=gettext_lazy("Write your message."),
    )


class ContestForm(PlainForm):
    """What an appeal or complaint is about, and why. `about`: (value, words)."""

    about = forms.ChoiceField(
        label=gettext_lazy("What is your appeal or complaint about?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy(
                "Choose what you are appealing against or complaining about. You can choose each item in the list only "
                "once."
            )
        },
    )
    reasons = text_field(
        gettext_lazy("Your reasons"),
        gettext_lazy("Say what is wrong with the decision, and where your submission shows this."),
        rows=6,
        limit=8000,
        missing=gettext_lazy("Give your reasons. The person who answers you sees only these reasons."),
    )

    def __init__(self, *args: Any, about: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "about", about)


class AppealAnswerForm(PlainForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("Your decision"),
        choices=[
            ("upheld", gettext_lazy("Upheld: the organisation is right. In your answer, say what will happen next.")),
            ("rejected", gettext_lazy("Rejected: the decision stays the same")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whether you uphold or reject the appeal or complaint.")},
    )
    words = text_field(
        gettext_lazy("What will happen next, or why you are rejecting the appeal or complaint"),
        gettext_lazy("The organisation and the reviewers of the case can read your answer."),
        rows=6,
        limit=8000,
        missing=gettext_lazy("Say what will happen next, or why you are rejecting the appeal or complaint."),
    )


class AbsenceForm(PlainForm):
    """The days on which a reviewer is away; both or neither."""

    away_from = Day(label=gettext_lazy("First day of absence"), required=False, wrong=REVIEW_DAY_WRONG, css="")
    away_until = Day(
        label=gettext_lazy("Last day of absence"),
        help_text=gettext_lazy(
            "Until the end of this day, your cases show that you are absent. Colleagues can reassign them."
        ),
        required=False,
        wrong=REVIEW_DAY_WRONG,
        css="",
    )


class ReplyForm(forms.Form):
    """One reply. `row` is what is kept of it, `base` the revision that the page showed, `operation` the save's name."""

    words = forms.CharField(
        label=gettext_lazy("Reply to the reviewer"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
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
