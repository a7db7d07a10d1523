"""The request as views get it that are for people who are signed in, and how a page without a form says a refusal."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, QueryDict

from assessments.forms.base import Refusals, Refused, sentence_of
from assessments.models import User


class SignedIn(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to; a POST binds it even when it is empty."""
    return request.POST if request.method == "POST" else None


def refusals_as_messages(request: HttpRequest, say: Callable[[Refused], str] = sentence_of) -> Refusals:
    """Return the context manager that says what the domain refuses in a message of the next page."""
    return Refusals(lambda error: messages.error(request, say(error)))
