"""What is typed about holds, raised tiers and changes: who looks after it, what was decided, why, and what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, offer
from assessments.forms.fields import Day, Words, explained
from assessments.guideline.policy import ChangeKind
from assessments.models import Hold, HoldOutcome, User


class AssignHoldForm(PlainForm):
    """Who looks after a hold, and by when; `people` may, and are read once."""

    owner = forms.TypedChoiceField(
        label=_("Person responsible for the hold"),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a person.")),
    )
    due = Day(label=_("Due date"))

    def __init__(self, data: Any = None, *, hold: Hold, people: Iterable[User]) -> None:
        by_key = {str(person.pk): person for person in people}
        if hold.owner is not None:
            by_key.setdefault(str(hold.owner_id), hold.owner)
        super().__init__(data, initial={"owner": str(hold.owner_id or ""), "due": hold.due})
        field: Any = self.fields["owner"]
        field.choices = [(key, str(person)) for key, person in by_key.items()]
        field.coerce = by_key.__getitem__


OUTCOME_HINTS = {
    HoldOutcome.ANSWERED: _(
        "The evidence supports the answer. The hold has been lifted, and the declared facts decide the tier."
    ),
    HoldOutcome.STANDS: _(
        "The use is lawful in the form that the organisation declared. The tier stays the same and the hold is lifted."
    ),
    HoldOutcome.ACCEPTED: _(
        "The evidence supports the declared purpose and authority. It also shows that the material cannot "
        "spread. The hold has been lifted."
    ),
    HoldOutcome.CORRECT: _(
        "If you choose this, the fact is marked “change needed”. You then return the submission. After the "
        "organisation has corrected the fact, the tier is updated and the hold is lifted."
    ),
}

NOT_SHOWN = _(
    "If you choose this, the fact is marked “change needed”. You then return the submission. The organisation "
    "corrects the fact or attaches evidence for it. A reviewer then decides on the hold again."
)
WORDS = {HoldOutcome.ANSWERED: _("The evidence supports the answer")}


class DecideHoldForm(PlainForm):
    """A reviewer's decision on a hold."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose a decision.")),
    )
    decision = Words(
        label=_("Explain the decision, and name the advice or evidence that supports it"),
        help_text=_("Your text is kept in the record of the use, and printed in the plan and the decision letter."),
        max_length=4000,
        error_messages={"required": _("Write what you decided, and which advice or evidence supports the decision.")},
    )

    def __init__(self, data: Any = None, *, outcomes: Sequence[HoldOutcome]) -> None:
        super().__init__(data)
        hints = OUTCOME_HINTS
        if HoldOutcome.ANSWERED in outcomes:
            hints = OUTCOME_HINTS | {HoldOutcome.CORRECT: NOT_SHOWN}
        words = {one: explained(_sentence(WORDS.get(one, one.label)), hints[one]) for one in outcomes}
        offer(self, "outcome", [(str(one), said) for one, said in words.items()])


def _sentence(words: Any) -> str:
    said = str(words)
    return said[:1].upper() + said[1:]


class RaiseForm(PlainForm):
    """A higher tier and the reason for it; `tiers`: those above the one that stands, with their meaning."""

    tier = forms.ChoiceField(
        label=_("New tier"),
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose the new tier.")),
    )
    reason = Words(
        label=_("Reason"),
        help_text=_(
            "The reason is printed next to the tier in the plan, the letter and the submission. These documents "
            "state that a reviewer raised the tier."
        ),
        max_length=4000,
        error_messages={"required": _("Give the reason. The reason is printed wherever the tier is printed.")},
    )

    def __init__(self, data: Any = None, *, tiers: Iterable[tuple[str, str, str]]) -> None:
        super().__init__(data)
        offer(self, "tier", [(key, explained(word, meaning)) for key, word, meaning in tiers])


class ReasonForm(PlainForm):
    """Why something is taken back."""

    reason = Words(
        label=_("Reason"),
        max_length=4000,
        help_text=_("Your name, the time and this reason are kept."),
        error_messages={"required": _("Give a reason.")},
    )


class ChangedForm(PlainForm):
    """What has changed since the approval."""

    kinds = forms.MultipleChoiceField(
        label=_("What has changed?"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose all that apply. Your choices decide which answers must be confirmed again."),
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose what has changed.")),
    )
    words = Words(
        label=_("Describe the change in your own words"),
        help_text=_("Say in a few sentences what is different now. Reviewers can read this text. The public cannot."),
        max_length=4000,
        error_messages={"required": _("Say in your own words what has changed.")},
    )
    happened_on = Day(label=_("Date of the change"), missing=_("Enter the date of the change."))

    def __init__(self, data: Any = None, *, kinds: Iterable[ChangeKind]) -> None:
        super().__init__(data, initial={"happened_on": timezone.localdate()})
        words = [(kind.key, explained(kind.label, kind.help) if kind.help else kind.label) for kind in kinds]
        offer(self, "kinds", words)
