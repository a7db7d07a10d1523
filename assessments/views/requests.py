"""The request as views get it that are for people who are signed in, and how a form says what was refused."""

from __future__ import annotations

from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from assessments.errors import InvalidAnswer, WorkflowError
from assessments.models import User


class SignedIn(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to; a POST binds it even when it is empty."""
    return request.POST if request.method == "POST" else None


def add_error(form: BaseForm, error: WorkflowError) -> None:
    """Show a refusal at its field, where the form has it."""
    form.add_error(error.field if isinstance(error, InvalidAnswer) and error.field in form.fields else None, str(error))
