"""What the forms of the product share: layout, dates, lists that are narrowed, and revisions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.forms import BaseForm

from assessments.forms.fields import Revision


def layout_helper(*fields: Any) -> FormHelper:
    """Return the crispy helper that draws these fields alone: the page has the <form> tag and the CSRF token."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*fields)
    return helper


def offer(form: BaseForm, name: str, choices: Iterable[Any]) -> None:
    """Set the choices of a field that are known only when the page is made."""
    field: Any = form.fields[name]
    field.choices = list(choices)


class LaidOut:
    """Mixin: `helper` draws all fields in their order; a form that adds fields as it is made needs no second layout."""

    fields: dict[str, forms.Field]

    @cached_property
    def helper(self) -> FormHelper:
        return layout_helper(*self.fields)


class PlainForm(LaidOut, forms.Form):
    """A form of the product: its fields in their order, no <form> tag, no colon behind the labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def field_for(self, name: str) -> str | None:
        """Return the field that shows what the domain refuses about `name`; None: it is shown above the form."""
        return name if name in self.fields else None


class FilterForm(forms.Form):
    """What a list shows. A value that is no choice is left out, as if nothing was asked.

    `sorts_first`: the order that a list has by itself, so that an address does not name it.
    """

    sorts_first = ""

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, without what says nothing."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        if self.sorts_first and found["sort"] == self.sorts_first:
            found["sort"] = ""
        return {name: value for name, value in found.items() if value}

    def query(self) -> str:
        """Return the choice as an address has it; the same choice is always written the same way."""
        chosen = self.chosen().items()
        return urlencode({name: one.isoformat() if isinstance(one, date) else one for name, one in chosen})


class RevisionForm(PlainForm):
    """A form that saves one row against the revision that the page showed. `operation` names the save: sent twice, it
    is done once."""

    base = Revision()
    operation = forms.UUIDField(widget=forms.HiddenInput)

    def write_again(self, revision: int) -> None:
        """Let the next sending replace what somebody else saved, now that the page shows it."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("base")] = str(revision)
        data[self.add_prefix("operation")] = str(uuid.uuid4())
        self.data = data
