"""What colleagues write to each other, and whom they ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import normalize_newlines
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm
from assessments.forms.fields import Day, Words
from assessments.models import Assignment, Membership, User


def due_field(label: Any) -> forms.DateField:
    return Day(label=label, required=False)


def note_field() -> forms.CharField:
    return Words(
        label=_("What do you want to know?"),
        max_length=400,
        required=False,
        help_text=_("Your question is shown in the email and on the request page."),
    )


class PeopleField(forms.TypedChoiceField):
    """One of the colleagues given, by name and role; `members` are read once, however often the field is drawn."""

    def __init__(self, members: Iterable[Membership], *, empty: Any, **kwargs: Any) -> None:
        people = {str(member.pk): member for member in members}
        choices = [("", empty), *((key, f"{who.user} ({who.get_role_display()})") for key, who in people.items())]
        super().__init__(choices=choices, coerce=people.__getitem__, empty_value=None, **kwargs)


class CommentForm(PlainForm):
    """One remark, and a colleague who is told of it beside those whom it names."""

    text = Words(
        max_length=4000,
        help_text=_(
            "Colleagues can read your comment. Reviewers cannot. To notify a colleague, write @ and the "
            "colleague's name."
        ),
        error_messages={"required": _("Write a comment.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, members: Iterable[Membership], place: str, label: Any
    ) -> None:
        super().__init__(data, auto_id=f"{place}--%s")
        self.fields["text"].label = label
        self.fields["to"] = PeopleField(
            members, empty=_("Notify only people named in the text"), label=_("Notify a colleague"), required=False
        )

    def clean_text(self) -> str:
        return normalize_newlines(self.cleaned_data["text"])


class AskForm(PlainForm):
    """A colleague, or the mail address of one who is not here yet; when, and what one wants to know."""

    email = forms.EmailField(
        label=_("Or invite somebody by email"),
        max_length=254,
        required=False,
        help_text=_("The person you invite joins as a contributor and sees only this question."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, members: Iterable[Membership], by: User, may_invite: bool
    ) -> None:
        super().__init__(data)
        self.members = list(members)
        self.fields["member"] = PeopleField(
            [member for member in self.members if member.user_id != by.pk],
            empty=_("Choose a person"),
            label=_("Who can answer this question?"),
            required=not may_invite,
            error_messages={"required": _("Choose a person to ask.")},
        )
        if may_invite:  # one of the two, so neither is called optional
            self.fields["member"].goes_with, self.fields["email"].goes_with = "email", "member"  # type: ignore[attr-defined]
        self.fields["due"] = due_field(_("Date by which you need an answer"))
        self.fields["note"] = note_field()
        self.order_fields(["member", "email", "due", "note"])
        self.fields["member"].help_text = _("Owners and contributors of your organisation.")
        if not may_invite:
            del self.fields["email"]

    def clean_due(self) -> date | None:
        return not_past(self.cleaned_data["due"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        member, email = data.get("member"), data.get("email")
        if member and email:
            self.add_error("email", _("Choose a colleague or enter an email address, not both."))
        elif not member and not email and not self.errors:
            self.add_error("member", _("Choose a person, or invite one by email."))
        elif email:  # of somebody who is a member already
            data["member"] = next((m for m in self.members if m.user.email.lower() == email.lower()), None)
        return data


class AskedForm(PlainForm):
    """The date and the note of a request."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, asked: Assignment) -> None:
        super().__init__(data, initial={"due": asked.due, "note": asked.note})
        self.due_before = asked.due
        self.fields["due"] = due_field(_("Date by which you need an answer"))
        self.fields["note"] = note_field()

    def clean_due(self) -> date | None:
        due: date | None = self.cleaned_data["due"]
        return due if due == self.due_before else not_past(due)


def not_past(due: date | None) -> date | None:
    if due is not None and due < timezone.localdate():
        raise forms.ValidationError(_("Choose today or a later day."))
    return due
