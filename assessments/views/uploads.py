"""A file that is read and not kept: what is said where it is not taken."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from assessments.errors import NoRoom, WorkflowError


def refuse_file(form: forms.Form, error: WorkflowError) -> int:
    """Say at the field why a file is not taken; returns the status of the page, 507 where the server had no room for it."""
    if isinstance(error, NoRoom):
        words = _(
            "The server has no room for this file at the moment. Nothing was changed. Choose the file again later."
        )
        form.add_error("file", words)
        return 507
    form.add_error("file", str(error))
    return 200
