"""The register of actions narrowed, an action planned, reported or declined, several dates, and a risk accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import FilterForm, PlainForm, offer
from assessments.forms.fields import Day, OneLine, Words
from assessments.models import ActionStatus, EffortChoices, RemediationAction, User

NOBODY, LEFT, MINE = "nobody", "left", "mine"
BY_PACKAGE = ("package", _("By package"))
SORTS = [
    ("due", _("Due first")),
    ("priority", _("Most urgent first")),
    ("owner", _("Owner, from A to Z")),
    ("system", _("System, from A to Z")),
    ("newest", _("Newest first")),
]
WHENS = [
    ("", _("Any day")),
    ("late", _("Late")),
    ("7", _("Within 7 days")),
    ("30", _("Within 30 days")),
    ("90", _("Within 90 days")),
]


class RegisterForm(FilterForm):
    """What the register shows and in which order."""

    q = OneLine(label=_("Search"), max_length=120, required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("Not closed")), *ActionStatus.choices, ("all", _("All"))], required=False
    )
    when = forms.ChoiceField(label=_("Due"), choices=WHENS, required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    system = forms.ChoiceField(label=_("AI system"), required=False)
    sort = forms.ChoiceField(label=_("Order"), choices=SORTS, required=False)

    def __init__(
        self,
        data: Any,
        *,
        priorities: Sequence[tuple[str, str]],
        owners: Iterable[User],
        systems: Iterable[tuple[str, str]],
        packages: bool = False,
    ) -> None:
        super().__init__(data)
        self.sorts = [BY_PACKAGE, *SORTS] if packages else SORTS
        self.sorts_first = self.sorts[0][0]
        people = [(str(user.pk), str(user)) for user in owners]
        whose = [(MINE, _("Mine")), (NOBODY, _("Nobody yet")), (LEFT, _("Somebody who left"))]
        held = [("blocking", _("Blocks a certificate")), ("condition", _("Condition of an approval"))]
        choices: dict[str, list[tuple[str, str | Promise]]] = {
            "priority": [("", _("All")), *held, *priorities],
            "sort": [*self.sorts],
            "owner": [("", _("All")), *whose, *people],
            "system": [("", _("All")), *systems],
        }
        for name, given in choices.items():
            offer(self, name, given)
        self.is_valid()


class PlanForm(PlainForm):
    """Who does an action, by when, and how much work it is."""

    owner = forms.ChoiceField(
        label=_("Owner"), required=False, help_text=_("An owner or contributor of your organisation. They are told.")
    )
    effort = forms.ChoiceField(label=_("Effort"), choices=EffortChoices.choices, widget=forms.RadioSelect)

    def __init__(
        self, data: Any = None, *, action: RemediationAction, people: Iterable[User], last: date | None
    ) -> None:
        initial = {"owner": str(action.owner_id or ""), "due": action.due, "effort": str(action.effort)}
        super().__init__(data, initial=initial)
        self.people = {str(user.pk): user for user in people}
        until = _("Not after %(day)s: the condition of the approval.")
        bound = until % {"day": date_format(last, "DATE_FORMAT")} if last else ""
        self.fields["due"] = Day(label=_("First step by"), last=last, help_text=bound)
        self.fields["full_due"] = Day(label=_("All done by"), last=last, help_text=bound)
        if action.full_due:
            self.initial["full_due"] = action.full_due
        else:
            self.fields["full_due"].required = False
            alone = _("Leave it empty where the first step is all of it.")
            self.fields["full_due"].help_text = f"{alone} {bound}".strip()
        self.order_fields(["owner", "due", "full_due", "effort"])
        people_with_keys = ((key, str(user)) for key, user in self.people.items())
        offer(self, "owner", [("", _("Nobody yet")), *people_with_keys])
        if action.owner_id and str(action.owner_id) not in self.people:  # who left is not given back by a save
            self.initial["owner"] = ""

    def owner_chosen(self) -> User | None:
        return self.people.get(self.cleaned_data["owner"])


class NoteForm(PlainForm):
    comment = Words(
        label=_("Add a note"),
        help_text=_("Colleagues read it, reviewers do not."),
        max_length=4000,
        error_messages={"required": _("Write what you want to note.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TakeFileForm(PlainForm):
    """The register as a file, changed by hand."""

    file = forms.FileField(
        label=_("The file of the register, changed"),
        help_text=_("Excel (XLSX) or CSV in UTF-8, at most 2,000 rows and 5 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        allow_empty_file=True,  # the reader says what is wrong with it, in our words
        error_messages={"required": _("Choose the file.")},
    )


class DatesForm(PlainForm):
    """One date for several actions."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        label = _("New due date") if data is not None else _("Change due date of selected")
        self.fields["due"] = Day(label=label, first=timezone.localdate())


class RiskForm(PlainForm):
    """Why a risk can be borne, until when, and when it is looked at again."""

    reason = Words(
        label=_("Why can this risk be borne, and what makes up for it?"),
        help_text=_("It stands in the list of actions and in the remediation plan, with your name."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why the risk can be borne, and what makes up for it.")},
    )

    def __init__(self, data: Any = None, *, last: date) -> None:
        super().__init__(data)
        first = timezone.localdate() + timedelta(days=1)
        self.fields["until"] = Day(
            label=_("Accepted until"),
            first=first,
            last=last,
            help_text=_("At most until %(day)s. The day after, the action is open again by itself.")
            % {"day": date_format(last, "DATE_FORMAT")},
        )
        self.fields["review"] = Day(
            label=_("Looked at again on"),
            first=first,
            last=last,
            help_text=_("You and the owner of the action are told then."),
        )


class StandingForm(PlainForm):
    """Why the standing of a certificate changes: a reason for everybody, and words that stay inside."""

    words = Words(
        label=_("For the record"),
        help_text=_("What is behind it. The public page does not show this."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why, for the record.")},
    )

    def __init__(self, data: Any = None, *, reasons: Iterable[tuple[str, Any]]) -> None:
        super().__init__(data)
        self.fields["reason"] = forms.ChoiceField(
            label=_("The reason that everybody reads"),
            choices=list(reasons),
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose the reason that the public page gives.")},
        )
        self.order_fields(["reason", "words"])
