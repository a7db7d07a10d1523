"""The changes that people make to the plan: an action added, edited, split, merged, marked as not relevant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, offer
from assessments.forms.fields import Day, OneLine, Words
from assessments.guideline.edition import Edition
from assessments.models import DeclaredUse, EffortChoices, RemediationAction, User

PARTS = 4  # offered on the page; a part can be split again
TITLE = 200
Choices = list[tuple[str, str | Promise]]


def _title(label: Any, help_text: Any = "", *, required: bool = True) -> OneLine:
    return OneLine(
        label=label,
        help_text=help_text,
        max_length=TITLE,
        required=required,
        error_messages={"required": _("Say what is to be done.")},
    )


def _people(people: Iterable[User]) -> Choices:
    return [("", _("Nobody yet")), *((str(user.pk), str(user)) for user in people)]


class AddForm(PlainForm):
    """An action that no question brought."""

    use = forms.ChoiceField(label=_("Use"), error_messages={"required": _("Choose the use.")})
    title = _title(_("What is to be done?"), _("A task, such as “Tell patients that AI sorts their requests”."))
    why = Words(
        label=_("Why is it needed?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why it is needed.")},
    )
    steps = Words(
        label=_("Steps"),
        help_text=_("One step a line. The first line is the first step."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    clause = forms.ChoiceField(label=_("Clause of the Guideline"), required=False)
    package = forms.ChoiceField(label=_("Package"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    effort = forms.ChoiceField(label=_("Effort"), choices=EffortChoices.choices, widget=forms.RadioSelect, initial="M")

    def __init__(
        self,
        data: Any = None,
        *,
        uses: Sequence[DeclaredUse],
        people: Iterable[User],
        edition: Edition,
        use: str = "",
    ) -> None:
        super().__init__(data, initial={"use": use or (uses[0].reference if len(uses) == 1 else "")})
        self.uses = {one.reference: one for one in uses}
        self.people = {str(user.pk): user for user in people}
        chosen: Choices = [] if len(uses) == 1 else [("", _("Choose"))]
        choices: dict[str, Choices] = {
            "use": [*chosen, *((one.reference, f"{one.title}, {one.system.name}") for one in uses)],
            "clause": [("", _("None")), *((key, edition.cited(key)) for key in edition.clauses)],
            "package": [("", _("None")), *((one.key, one.title) for one in edition.packages)],
            "owner": _people(self.people.values()),
        }
        for name, given in choices.items():
            offer(self, name, given)
        self.fields["due"] = Day(label=_("Due on"), first=timezone.localdate())
        if not edition.packages:
            del self.fields["package"]
        self.order_fields(["use", "title", "why", "steps", "clause", "package", "owner", "due", "effort"])

    def given(self) -> dict[str, Any]:
        """What was entered, as `own_actions.add` takes it."""
        found = dict(self.cleaned_data)
        found.pop("use")
        return found | {"owner": self.people.get(found["owner"])}


class EditForm(PlainForm):
    """Title and steps of an action in one's own words."""

    title = _title(_("What is to be done?"))
    steps = Words(
        label=_("Steps"),
        help_text=_("One step a line. The first line is the first step. Leave it empty for the original steps."),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, data: Any = None, *, action: RemediationAction, steps: Sequence[str]) -> None:
        super().__init__(data, initial={"title": action.title, "steps": action.steps or "\n".join(steps)})


class SplitForm(PlainForm):
    """The parts of an action: what, who, and by when."""

    def __init__(self, data: Any = None, *, action: RemediationAction, people: Iterable[User]) -> None:
        super().__init__(data)
        self.people = {str(user.pk): user for user in people}
        for place in range(1, PARTS + 1):
            self.fields[f"title-{place}"] = _title(
                _("Part %(n)s") % {"n": place} if place > 1 else _("Part 1, under the present number"),
                required=place <= 2,
            )
            owner = forms.ChoiceField(
                label=_("Owner of part %(n)s") % {"n": place}, required=False, choices=_people(self.people.values())
            )
            due = Day(label=_("Part %(n)s is due on") % {"n": place}, first=timezone.localdate(), required=False)
            self.fields[f"owner-{place}"], self.fields[f"due-{place}"] = owner, due
        self.initial = {
            "title-1": action.title,
            "owner-1": str(action.owner_id) if str(action.owner_id) in self.people else "",
            **{f"due-{place}": action.last_due for place in range(1, PARTS + 1)},
        }

    def parts(self) -> list[tuple[Any, int]]:
        """Return the fields of each part with its place, for a page."""
        return [
            ([self[f"{name}-{place}"] for name in ("title", "owner", "due")], place) for place in range(1, PARTS + 1)
        ]

    def given(self) -> list[tuple[str, User | None, date | None]]:
        """Return title, owner and date of each part that was named."""
        found = self.cleaned_data
        return [
            (
                found[f"title-{place}"],
                self.people.get(found[f"owner-{place}"]),
                found[f"due-{place}"],
            )
            for place in range(1, PARTS + 1)
            if found[f"title-{place}"].strip()
        ]


class MergeForm(PlainForm):
    """Several actions as one: which number stays, and under what title."""

    into = forms.ChoiceField(
        label=_("Which action stays?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the action that stays.")},
    )
    title = _title(
        _("What is to be done?"), _("Leave it empty for the title of the action that stays."), required=False
    )

    def __init__(self, data: Any = None, *, actions: Sequence[RemediationAction]) -> None:
        super().__init__(data, initial={"into": str(actions[0].number) if actions else ""})
        offer(self, "into", [(str(one.number), f"{one.number}. {one.title}") for one in actions])


class NotRelevantForm(PlainForm):
    """Why an action is not relevant."""

    reason = Words(
        label=_("Why is this action not relevant?"),
        help_text=_("A reviewer reads this, and may open the action again."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why the action is not relevant.")},
    )


class RefuseForm(PlainForm):
    """Why an action is relevant after all, in the words of who reviews."""

    because = Words(
        label=_("Why is this action relevant?"),
        help_text=_("The organisation reads this. The action is open again."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the action is relevant.")},
    )
