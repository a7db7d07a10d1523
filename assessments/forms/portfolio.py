"""Narrowing and ordering the portfolio, and keeping a filter under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
    ("changed", _("Last changed first")),
    ("date", _("Next date first")),
    ("tier", _("Gravest tier first")),
    ("progress", _("Least answered first")),
    ("system", _("By system")),
    ("use", _("By name of the use")),
]


class PortfolioForm(forms.Form):
    """What the portfolio shows and in which order. A value that is no choice is left out, as if nothing was asked."""

    q = OneLine(label=_("Search"), max_length=120, required=False)
    tier = forms.ChoiceField(
        label=_("Tier"), choices=[("", _("All")), *TierChoices.choices, (NONE, _("No tier yet"))], required=False
    )
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All")), *State.choices, (NONE, _("Not started"))], required=False
    )
    part = forms.ChoiceField(label=_("Our part"), choices=[("", _("All")), *PARTS], required=False)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    standing = forms.ChoiceField(
        label=_("In use"),
        choices=[("", _("In use")), ("retired", _("Retired")), ("all", pgettext_lazy("both", "Both"))],
        required=False,
    )
    sort = forms.ChoiceField(label=_("Order"), choices=SORTS, required=False)

    def __init__(self, data: Any, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(data)
        if len(organisations) > 1:
            names = [(one.reference, one.name_en) for one in organisations]
            self.fields["organisation"].choices = [("", _("All")), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["organisation"]
        self.is_valid()

    def chosen(self) -> dict[str, str]:
        """What was chosen, without what says nothing."""
        found = {name: self.cleaned_data.get(name, "") for name in self.fields}
        if found["sort"] == SORTS[0][0]:
            found["sort"] = ""
        return {name: value for name, value in found.items() if value}

    def query(self) -> str:
        """The choice as an address has it; the same choice is always written the same way."""
        return urlencode(self.chosen())


class KeepFilterForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = SavedFilter
        fields = ("name",)
        field_classes: ClassVar = {"name": OneLine}
        error_messages = {"name": {"required": _("Give the filter a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("name")
