"""Narrowing and ordering the portfolio, and keeping a filter under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.forms.base import FilterForm, LaidOut, offer
from assessments.forms.fields import OneLine
from assessments.models import Organisation, SavedFilter, State
from assessments.models.systems import TierChoices

NONE = "none"
PARTS = [
    ("developer", _("Technology Developer")),
    ("provider", _("Service Provider")),
    ("user", _("Service User")),
]
SORTS = [
    ("changed", _("Latest change first")),
    ("date", _("Earliest next date first")),
    ("tier", _("Highest tier first")),
    ("progress", _("Least complete assessment first")),
    ("system", _("Name of the system")),
    ("use", _("Name of the use")),
]


class PortfolioForm(FilterForm):
    """What the portfolio shows and in which order."""

    sorts_first = SORTS[0][0]

    q = OneLine(label=_("Search"), max_length=120, required=False)
    tier = forms.ChoiceField(
        label=_("Tier"), choices=[("", _("All")), *TierChoices.choices, (NONE, _("No tier yet"))], required=False
    )
    state = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *State.choices, (NONE, _("Not started"))], required=False
    )
    part = forms.ChoiceField(label=_("Your organisation's part"), choices=[("", _("All")), *PARTS], required=False)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    standing = forms.ChoiceField(
        label=pgettext_lazy("which uses a list contains", "Show"),
        choices=[("", _("In use")), ("retired", _("Retired")), ("all", pgettext_lazy("both", "Both"))],
        required=False,
    )
    sort = forms.ChoiceField(label=pgettext_lazy("of a list", "Sort by"), choices=SORTS, required=False)

    def __init__(self, data: Any, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(data)
        if len(organisations) > 1:
            names = [(one.reference, one.name_en) for one in organisations]
            offer(self, "organisation", [("", _("All")), *names])
        else:
            del self.fields["organisation"]
        self.is_valid()


class KeepFilterForm(LaidOut, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = SavedFilter
        fields = ("name",)
        field_classes: ClassVar = {"name": OneLine}
        error_messages = {"name": {"required": _("Enter a name for the filter.")}}
