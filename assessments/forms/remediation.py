"""Forms of remediation: the register narrowed, an action added, edited, split, merged, planned, its dates and its risk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessments.domain.remediation.own_actions import NewAction
from assessments.forms.base import FilterForm, PlainForm, offer
from assessments.forms.fields import Day, OneLine, Words
from assessments.guideline.edition import Edition
from assessments.models import ActionStatus, DeclaredUse, EffortChoices, RemediationAction, User

PARTS = 4  # offered on the page; a part can be split again
TITLE = 200
Choices = list[tuple[str, str | Promise]]


def _title(label: Any, help_text: Any = "", *, required: bool = True) -> OneLine:
    return OneLine(
        label=label,
        help_text=help_text,
        max_length=TITLE,
        required=required,
        error_messages={"required": _("Say what needs to be done.")},
    )


def _people(people: Iterable[User]) -> Choices:
    return [("", _("No owner yet")), *((str(user.pk), str(user)) for user in people)]


class AddForm(PlainForm):
    """An action that no question brought."""

    use = forms.ChoiceField(label=_("Use"), error_messages={"required": _("Choose the use.")})
    title = _title(
        _("What needs to be done?"), _("Write a task, such as “Tell patients that AI sorts their requests”.")
    )
    why = Words(
        label=_("Why is this action needed?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why this action is needed.")},
    )
    steps = Words(
        label=_("Steps"),
        help_text=_("Write one step per line. The first line is the first step."),
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
        chosen: Choices = [] if len(uses) == 1 else [("", _("Choose a use"))]
        choices: dict[str, Choices] = {
            "use": [*chosen, *((one.reference, f"{one.title}, {one.system.name}") for one in uses)],
            "clause": [("", _("No clause")), *((key, edition.cited(key)) for key in edition.clauses)],
            "package": [("", _("No package")), *((one.key, one.title) for one in edition.packages)],
            "owner": _people(self.people.values()),
        }
        for name, given in choices.items():
            offer(self, name, given)
        self.fields["due"] = Day(label=_("Due on"), first=timezone.localdate())
        if not edition.packages:
            del self.fields["package"]
        self.order_fields(["use", "title", "why", "steps", "clause", "package", "owner", "due", "effort"])

    def given(self) -> NewAction:
        """Return what was entered, as `own_actions.add` takes it."""
        found = dict(self.cleaned_data)
        found.pop("use")
        return NewAction(**found | {"owner": self.people.get(found["owner"])})


class EditForm(PlainForm):
    """Title and steps of an action in one's own words."""

    title = _title(_("What needs to be done?"))
    steps = Words(
        label=_("Steps"),
        help_text=_(
            "Write one step per line. The first line is the first step. Leave this field empty to "
            "use the original steps."
        ),
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
                _("Part %(n)s") % {"n": place} if place > 1 else _("Part 1 (keeps the number of the action)"),
                required=place <= 2,
            )
            owner = forms.ChoiceField(
                label=_("Owner of part %(n)s") % {"n": place}, required=False, choices=_people(self.people.values())
            )
            due = Day(label=_("Due date of part %(n)s") % {"n": place}, first=timezone.localdate(), required=False)
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
        label=_("Which action do you want to keep?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the action that you want to keep.")},
    )
    title = _title(
        _("What needs to be done?"),
        _("Leave this field empty to use the title of the action that you keep."),
        required=False,
    )

    def __init__(self, data: Any = None, *, actions: Sequence[RemediationAction]) -> None:
        super().__init__(data, initial={"into": str(actions[0].number) if actions else ""})
        offer(self, "into", [(str(one.number), f"{one.number}. {one.title}") for one in actions])


class NotRelevantForm(PlainForm):
    """Why an action is not relevant."""

    reason = Words(
        label=_("Why is this action not relevant?"),
        help_text=_("A reviewer reads this text and can reopen the action."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why the action is not relevant.")},
    )


class RefuseForm(PlainForm):
    """Why an action is relevant after all, in the words of who reviews."""

    because = Words(
        label=_("Why is this action relevant?"),
        help_text=_(
            "The organisation can read this text. If you reject the organisation’s reason, the action reopens."
        ),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the action is relevant.")},
    )


NOBODY, LEFT, MINE = "nobody", "left", "mine"
BY_PACKAGE = ("package", _("Package"))

SORTS = [
    ("due", _("Earliest due date first")),
    ("priority", _("Most urgent first")),
    ("owner", _("Owner (A to Z)")),
    ("system", _("System (A to Z)")),
    ("newest", _("Newest first")),
]

WHENS = [
    ("", _("Any date")),
    ("late", _("Late")),
    ("7", _("Due within 7 days, or late")),
    ("30", _("Due within 30 days, or late")),
    ("90", _("Due within 90 days, or late")),
]


class RegisterForm(FilterForm):
    """What the register shows and in which order."""

    q = OneLine(label=_("Search"), max_length=120, required=False)
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[("", _("Not closed")), *ActionStatus.choices, ("all", _("All statuses"))],
        required=False,
    )
    when = forms.ChoiceField(label=_("Due"), choices=WHENS, required=False)
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    system = forms.ChoiceField(label=_("AI system"), required=False)
    sort = forms.ChoiceField(label=_("Sort by"), choices=SORTS, required=False)

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
        whose = [(MINE, _("Me")), (NOBODY, _("No owner yet")), (LEFT, _("The owner has left"))]
        held = [("blocking", _("Blocks a certificate")), ("condition", _("Condition of a certificate"))]
        choices: dict[str, list[tuple[str, str | Promise]]] = {
            "priority": [("", _("All priorities")), *held, *priorities],
            "sort": [*self.sorts],
            "owner": [("", _("All owners")), *whose, *people],
            "system": [("", _("All AI systems")), *systems],
        }
        for name, given in choices.items():
            offer(self, name, given)
        self.is_valid()


class PlanForm(PlainForm):
    """Who does an action, by when, and how much work it is."""

    owner = forms.ChoiceField(
        label=_("Owner"),
        required=False,
        help_text=_("Choose an owner or contributor of your organisation. We notify the person you choose."),
    )
    effort = forms.ChoiceField(label=_("Effort"), choices=EffortChoices.choices, widget=forms.RadioSelect)

    def __init__(
        self, data: Any = None, *, action: RemediationAction, people: Iterable[User], last: date | None
    ) -> None:
        initial = {"owner": str(action.owner_id or ""), "due": action.due, "effort": str(action.effort)}
        super().__init__(data, initial=initial)
        self.people = {str(user.pk): user for user in people}
        until = _("The latest date allowed is %(day)s, because this action is a condition of the certificate.")
        bound = until % {"day": date_format(last, "DATE_FORMAT")} if last else ""
        self.fields["due"] = Day(label=_("First step by"), last=last, help_text=bound)
        self.fields["full_due"] = Day(label=_("All done by"), last=last, help_text=bound)
        if action.full_due:
            self.initial["full_due"] = action.full_due
        else:
            self.fields["full_due"].required = False
            alone = _("Leave this field empty if the action has only one step.")
            self.fields["full_due"].help_text = f"{alone} {bound}".strip()
        self.order_fields(["owner", "due", "full_due", "effort"])
        people_with_keys = ((key, str(user)) for key, user in self.people.items())
        offer(self, "owner", [("", _("No owner yet")), *people_with_keys])
        if action.owner_id and str(action.owner_id) not in self.people:  # who left is not given back by a save
            self.initial["owner"] = ""

    def owner_chosen(self) -> User | None:
        return self.people.get(self.cleaned_data["owner"])


class NoteForm(PlainForm):
    comment = Words(
        label=_("Add a note"),
        help_text=_("Your colleagues can read this note. Reviewers cannot."),
        max_length=4000,
        error_messages={"required": _("Enter your note.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TakeFileForm(PlainForm):
    """The register as a file, changed by hand."""

    file = forms.FileField(
        label=_("Exported list of actions, with your changes"),
        help_text=_("Excel (XLSX) or CSV in UTF-8, at most 2,000 rows and 5 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        allow_empty_file=True,  # the reader says what is wrong with it, in our words
        error_messages={"required": _("Choose the file that you want to import.")},
    )


class DatesForm(PlainForm):
    """One date for several actions."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        label = _("New due date") if data is not None else _("New due date for the selected actions")
        self.fields["due"] = Day(label=label, first=timezone.localdate())


class RiskForm(PlainForm):
    """Why a risk can be borne, until when, and when it is looked at again."""

    reason = Words(
        label=_("Why is this risk acceptable, and what reduces it in the meantime?"),
        help_text=_("The list of actions and the remediation plan show this text with your name."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why the risk is acceptable, and what reduces it in the meantime.")},
    )

    def __init__(self, data: Any = None, *, last: date) -> None:
        super().__init__(data)
        first = timezone.localdate() + timedelta(days=1)
        self.fields["until"] = Day(
            label=_("Risk accepted until"),
            first=first,
            last=last,
            help_text=_(
                "The latest date allowed is %(day)s. The action reopens automatically on the day after the date "
                "that you enter."
            )
            % {"day": date_format(last, "DATE_FORMAT")},
        )
        self.fields["review"] = Day(
            label=_("Date for reviewing the risk"),
            first=first,
            last=last,
            help_text=_("On that day, we remind you and the owner of the action."),
        )
