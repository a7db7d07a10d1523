"""What the forms share: one layout, lists that are narrowed, and revisions."""

from __future__ import annotations

import ast
import uuid
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from assessments.forms.base import FilterForm, PlainForm, RevisionForm, offer
from assessments.forms.fields import Day
from tests.support.paths import APP
from tests.support.rooms import tree_of

FORMS = APP / "forms"


class Late(PlainForm):
    """A form that adds a field as it is made, before the one that it declares."""

    last = forms.CharField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first"] = forms.ChoiceField()
        offer(self, "first", (pair for pair in [("a", "A")]))
        self.order_fields(["first", "last"])


class Narrowed(FilterForm):
    sorts_first = "new"

    q = forms.CharField(required=False)
    tier = forms.ChoiceField(choices=[("", "All"), ("high", "High")], required=False)
    since = forms.DateField(required=False)
    sort = forms.ChoiceField(choices=[("new", "Newest"), ("old", "Oldest")], required=False)


def test_helper_draws_all_fields_in_their_order_without_form_tag_or_token() -> None:
    helper = Late().helper
    assert list(helper.layout.fields) == ["first", "last"]
    assert (helper.form_tag, helper.disable_csrf) == (False, True)


def test_offered_choices_outlive_the_iterable() -> None:
    form = Late({"first": "a", "last": "x"})
    assert form.is_valid(), form.errors
    assert Late({"first": "b", "last": "x"}).errors.keys() == {"first"}


def test_filter_leaves_out_what_is_empty_no_choice_or_the_first_order() -> None:
    form = Narrowed({"q": "chat bot", "tier": "none", "since": "2026-11-20", "sort": "new"})
    assert form.chosen() == {"q": "chat bot", "since": date(2026, 11, 20)}
    assert form.query() == "q=chat+bot&since=2026-11-20"
    assert Narrowed({"tier": "high", "sort": "old"}).query() == "tier=high&sort=old"


def test_filter_reads_the_same_choice_from_its_own_address() -> None:
    form = Narrowed({"q": "a&b=c", "tier": "high", "since": "2026-11-20", "sort": "old"})
    assert Narrowed(QueryDict(form.query())).chosen() == form.chosen()


def test_write_again_replaces_revision_and_operation_and_keeps_what_was_typed() -> None:
    class Words(RevisionForm):
        words = forms.CharField()

    before = str(uuid.uuid4())
    sent = QueryDict(f"p-base=3&p-operation={before}&p-words=Mine")
    form = Words(sent, prefix="p")
    form.write_again(7)
    assert (form["base"].value(), form["words"].value()) == ("7", "Mine")
    assert form["operation"].value() != before
    assert sent["p-base"] == "3"


def test_day_offers_its_bounds_and_says_its_own_words() -> None:
    day = Day(first=date(2026, 12, 1), last=date(2026, 12, 31), missing="Which day?")
    assert day.widget.attrs == {"class": "hk-narrow", "min": "2026-12-01", "max": "2026-12-31"}
    assert (day.widget.input_type, Day(css="").widget.attrs) == ("date", {})
    assert day.error_messages["required"] == "Which day?"


def test_crispy_helpers_are_made_in_the_base_alone() -> None:
    found = {
        path.name
        for path in FORMS.glob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and node.id == "FormHelper"
    }
    assert found == {"base.py"}
