"""Who gets what somebody who leaves still has: one person for everything, or one for each thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm

EVERYTHING = "everything"


class LeavingForm(PlainForm):
    """`work`: what can be handed over, each with the people who may get it."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, work: Sequence[Any]) -> None:
        super().__init__(data)
        self.work = work
        people = {user.pk: user for one in work for user in one.to}
        if people:
            self.fields[EVERYTHING] = forms.TypedChoiceField(
                label=_("Who takes over this person’s work?"),
                help_text=_("You can choose a different person for any item below."),
                choices=[("", _("Choose a person")), *((pk, str(user)) for pk, user in people.items())],
                coerce=int,
                empty_value=None,
                required=False,
            )
        for one in work:
            self.fields[one.key] = forms.TypedChoiceField(
                label=one.title,
                choices=[("", _("Same person as chosen above")), *((user.pk, str(user)) for user in one.to)],
                coerce=int,
                empty_value=None,
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        everything = data.get(EVERYTHING)
        for one in self.work:
            data[one.key] = data.get(one.key) or everything
            if one.key in self.errors:
                continue
            if data[one.key] is None:
                self.add_error(one.key, _("Choose who takes over this item."))
            elif data[one.key] not in {user.pk for user in one.to}:
                self.add_error(one.key, _("Choose somebody else. The person you chose cannot take over this item."))
        return data
