"""What is typed at the reviewers' desk: filters of the queue, seats asked of colleagues, messages, appeals, absence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from assessments.forms.base import FilterForm, PlainForm, offer
from assessments.forms.fields import REVIEW_DAY_WRONG, Day
from assessments.forms.reviews import TakeForm, _text
from assessments.models.queue import ACTIONS, APPEALS, DONE, MINE, RETURNED, TEAM, WAITING
from assessments.models.systems import TierChoices

GROUP_WORDS = {  # in the order of the page
    WAITING: gettext_lazy("Unassigned"),
    MINE: gettext_lazy("Mine"),
    ACTIONS: gettext_lazy("Actions to check"),
    APPEALS: gettext_lazy("Appeals and complaints"),
    RETURNED: gettext_lazy("With the organisation"),
    TEAM: gettext_lazy("With others"),
    DONE: gettext_lazy("Done"),
}


class QueueForm(FilterForm):
    """What the queue shows."""

    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"), choices=[("", gettext_lazy("All")), *TierChoices.choices], required=False
    )
    organisation = forms.ChoiceField(label=gettext_lazy("Organisation"), required=False)
    who = forms.ChoiceField(
        label=gettext_lazy("Who has it"),
        choices=[("", gettext_lazy("All")), *GROUP_WORDS.items()],
        required=False,
    )
    late = forms.ChoiceField(
        label=gettext_lazy("Waiting"),
        choices=[("", pgettext_lazy("of any length", "Any time")), ("late", gettext_lazy("Late only"))],
        required=False,
    )

    def __init__(self, data: Any, *, organisations: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        offer(self, "organisation", [("", _("All")), *organisations])
        self.is_valid()


class AssignForm(PlainForm):
    """Whom to ask for a seat. `people`: (id, name with an absence); `note_needed`: a held seat."""

    to = forms.TypedChoiceField(
        label=gettext_lazy("Colleague"),
        coerce=int,
        error_messages={"required": gettext_lazy("Choose a colleague.")},
    )
    note = _text(gettext_lazy("Note"), gettext_lazy("Only your colleagues read it."), required=False, limit=2000)
    although_away = forms.BooleanField(label=gettext_lazy("Ask although they are away"), required=False)

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]], note_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", [("", _("Choose")), *people])
        if note_needed:
            self.fields["note"].required = True
            self.fields["note"].help_text = _("How far it is, and what to look at. Only your colleagues read it.")
            self.fields["note"].error_messages["required"] = _(
                "Say how far it is and what to look at: it is all your colleague gets."
            )


class NoInterestForm(TakeForm):
    """The declaration of whoever reads along, without a seat."""

    words_help = gettext_lazy("The answers then stay closed to you. Other reviewers of the case see what you write.")


class MessageForm(PlainForm):
    text = _text(
        gettext_lazy("Your message"),
        gettext_lazy("It is kept as it is sent and cannot be changed."),
        missing=gettext_lazy("Write what you want to say."),
    )


class ContestForm(PlainForm):
    """What an appeal or complaint is about, and why. `about`: (value, words)."""

    about = forms.ChoiceField(
        label=gettext_lazy("What it is about"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what it is about. Each decision can be contested once.")},
    )
    reasons = _text(
        gettext_lazy("Your reasons"),
        gettext_lazy("What is wrong, and where in your submission that can be seen."),
        rows=6,
        limit=8000,
        missing=gettext_lazy("Say why: the person who answers has nothing else to go by."),
    )

    def __init__(self, *args: Any, about: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "about", about)


class AppealAnswerForm(PlainForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("Your finding"),
        choices=[
            ("upheld", gettext_lazy("Upheld: it is right, and something has to follow")),
            ("rejected", gettext_lazy("Rejected: the decision stands")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whether it is upheld.")},
    )
    words = _text(
        gettext_lazy("What happens next, or why it is rejected"),
        gettext_lazy("The organisation and the reviewers of the case read it."),
        rows=6,
        limit=8000,
        missing=gettext_lazy("Say what happens next, or why it is rejected."),
    )


class AbsenceForm(PlainForm):
    """The days on which a reviewer is away; both or neither."""

    away_from = Day(label=gettext_lazy("Away from"), required=False, wrong=REVIEW_DAY_WRONG, css="")
    away_until = Day(
        label=gettext_lazy("Away until"),
        help_text=gettext_lazy("The last day. Colleagues see it at your cases and may hand them over meanwhile."),
        required=False,
        wrong=REVIEW_DAY_WRONG,
        css="",
    )
