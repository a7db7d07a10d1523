"""What the forms of the product share: layout, dates, lists that are narrowed, revisions, and refusals of the domain."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm

from assessments.core.errors import InvalidAnswer, NoRoom, WorkflowError
from assessments.forms.fields import Operation, Revision

Refused = WorkflowError | ValidationError
Say = Callable[[Any], str | list[str]]
"""Puts a refusal into words: one sentence, or several that are shown one below the other."""
Kinds = tuple[type[WorkflowError] | type[ValidationError], ...]
At = str | Mapping[type[WorkflowError], str | None]
"""The field at which an error is shown that names none: always the same one, or by the kind of the error."""
DOMAIN: Kinds = (WorkflowError, ValidationError)
NO_ROOM = "no_room"


def sentence_of(error: Refused) -> str:
    """Return what was refused as one sentence, without further reasons."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def with_reasons(error: Refused) -> list[str]:
    """Return what was refused, and one sentence for each further reason."""
    return [sentence_of(error), *getattr(error, "reasons", ())]


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


def need(form: BaseForm, **words: Any) -> None:
    """Set what fields say that are left empty, for a form whose fields somebody else made."""
    for name, said in words.items():
        form.fields[name].error_messages["required"] = said


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
    operation = Operation()

    def write_again(self, revision: int) -> None:
        """Let the next sending replace what somebody else saved, now that the page shows it."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("base")] = str(revision)
        data[self.add_prefix("operation")] = str(uuid.uuid4())
        self.data = data


class Refusals:
    """Context manager: catch what the domain refuses in the block, show it, and go on after the block.

    A block that gets to its end returns the answer itself, so what follows it is the page that is shown again. Rights are
    no refusal: NotPermitted passes, and the reader gets 403. A transaction that the domain opened is rolled back before.
    """

    def __init__(self, show: Callable[[Refused], None] | None = None, *, of: Kinds = DOMAIN) -> None:
        self._show, self._kinds = show, of
        self.error: Refused | None = None

    def __bool__(self) -> bool:
        return self.error is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, WorkflowError | ValidationError) or not isinstance(error, self._kinds):
            return False
        self.error = error
        if self._show is not None:
            self._show(error)
        return True

    def error_as[E: Refused](self, kind: type[E]) -> E | None:
        """Return what was refused where it is of this kind, with all that it carries."""
        return self.error if isinstance(self.error, kind) else None

    @property
    def words(self) -> str:
        """Return the sentence of what was refused; empty where nothing was."""
        return sentence_of(self.error) if self.error is not None else ""


def refusals(form: BaseForm | None = None, *, at: At = "", say: Say = sentence_of, of: Kinds = DOMAIN) -> Refusals:
    """Return the context manager that shows on a form what the domain refuses; what was typed stays in the form.

    A refusal is shown at the field that it names, else at the field `at`, else above the form. `at` by kind of error: the
    first kind that fits. `say`: the words of a WorkflowError. `of`: the kinds that are caught. Without a form a refusal is
    only kept, for the page to show.
    """
    return Refusals(None if form is None else partial(show_refusal, form, at=at, say=say), of=of)


def show_refusal(form: BaseForm, error: Refused, *, at: At = "", say: Say = sentence_of) -> None:
    """Put one refusal on a form, as `refusals` says."""
    form.is_valid()  # a form that nobody has looked at yet takes no error
    if isinstance(error, WorkflowError):
        said = say(error)
        code = NO_ROOM if isinstance(error, NoRoom) else None
        words = [ValidationError(one, code) for one in (said if isinstance(said, list) else [said])]
        form.add_error(_field_of(form, error) or _field_at(error, at), words)
    elif set(getattr(error, "error_dict", ())) <= {*form.fields, NON_FIELD_ERRORS}:
        form.add_error(None, error)
    else:
        form.add_error(None, error.messages)


def status_of(form: BaseForm | None) -> int:
    """Return the status of a page with this form: 507 without room for a file; 200, as everywhere, with faults."""
    if form is None or not form.is_bound:
        return 200
    return 507 if any(one.code == NO_ROOM for found in form.errors.as_data().values() for one in found) else 200


def _field_of(form: BaseForm, error: WorkflowError) -> str | None:
    """Return the field of the form that the error names; None where it names none that the form has."""
    if not isinstance(error, InvalidAnswer):
        return None
    if isinstance(form, PlainForm):
        return form.field_for(error.field)
    return error.field if error.field in form.fields else None


def _field_at(error: WorkflowError, at: At) -> str | None:
    if isinstance(at, str):
        return at or None
    return next((name for kind, name in at.items() if isinstance(error, kind)), None)
