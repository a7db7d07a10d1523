"""The request as views behind `login_required` get it."""

from __future__ import annotations

from django.http import HttpRequest

from assessments.models import User


class SignedIn(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
