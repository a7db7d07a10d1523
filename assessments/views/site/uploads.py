"""A file that is read and not kept: what is said where it is not taken."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from assessments.core.errors import NoRoom
from assessments.forms.base import Refusals, Refused, refusals, sentence_of


def file_refusals(form: forms.Form) -> Refusals:
    """Return the context manager that says at the field why a file is not taken. The page answers `status_of(form)`."""
    return refusals(form, at="file", say=_said)


def _said(error: Refused) -> str:
    if isinstance(error, NoRoom):
        return _(
            "Choose the file again later. The server has no space for this file at the moment. Nothing was changed."
        )
    return sentence_of(error)
