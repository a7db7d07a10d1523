"""The fields of a page's form, filled in so that the form is right: what a test posts that asks what comes after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone


def filled(form: Any) -> dict[str, Any]:
    """Return what to post for the form of a page: hidden fields as shown, boxes ticked, the first choice, and words.

    A statement is signed for what its page shows, which its `digest` names.
    """
    return {form.add_prefix(name): _value(form, name, field) for name, field in form.fields.items()}


def _value(form: Any, name: str, field: Any) -> Any:
    shown = form.digest if name == "seen" else form[name].value()
    if field.widget.is_hidden or shown:
        return shown or ""
    if isinstance(field, forms.ChoiceField):
        return next((str(key) for key, _word in field.choices if key), "")
    if isinstance(field, forms.BooleanField):
        return "on"
    if isinstance(field, forms.DateField):
        return (timezone.localdate() + timedelta(days=1)).isoformat()
    return "Read and found in order."
