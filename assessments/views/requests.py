"""The request as views get it that are for people who are signed in."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from assessments.models import User


class SignedIn(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to; a POST binds it even when it is empty."""
    return request.POST if request.method == "POST" else None
