"""Browsers that a person has signed in from before: each has a limit of its own, so that strangers lock nobody out.

A signed cookie says so. It holds for as long as the password and the address stay what they are, and is not given on a
computer that is shared.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from assessments.models import User

SALT = "assessments.accounts.devices"
SHARED_KEY = "shared_computer"  # of the session: nothing that is typed may stay in this browser
MOST_PEOPLE = 5  # who share one browser; the one who came first is forgotten


def known(request: HttpRequest, email: str) -> str:
    """Name the known browser, or the running session, from which the person of this address comes; empty for any other.

    One query where the browser has the cookie, none otherwise.
    """
    user: Any = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.email.lower() == email.lower():
        return f"session:{request.session.session_key}"
    people = _read(request)
    found = get_user_model().objects.filter(email__iexact=email).first() if people and email else None
    if found is None or str(found.pk) not in people:
        return ""
    device, proof = people[str(found.pk)]
    return f"device:{found.pk}:{device}" if constant_time_compare(proof, _proof(found, device)) else ""


def remember(request: HttpRequest, user: User) -> None:
    """Let this browser be known as the person's, from the end of this request on."""
    request.known_device_of = user  # type: ignore[attr-defined]


def remember_device(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: give the cookie to a browser in which somebody has just signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "known_device_of", None)
        if user is not None and not request.session.get(SHARED_KEY):
            _give(request, response, user)
        return response

    return middleware


def _give(request: HttpRequest, response: HttpResponse, user: User) -> None:
    people = _read(request)
    device = (people.pop(str(user.pk), None) or [secrets.token_urlsafe(12)])[0]
    people[str(user.pk)] = [device, _proof(user, device)]
    kept = dict(list(people.items())[-MOST_PEOPLE:])
    response.set_cookie(
        settings.KNOWN_DEVICE_COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=settings.KNOWN_DEVICE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, list[str]]:
    try:
        people: dict[str, list[str]] = signing.loads(
            request.COOKIES.get(settings.KNOWN_DEVICE_COOKIE, ""), salt=SALT, max_age=settings.KNOWN_DEVICE_SECONDS
        )
    except signing.BadSignature:
        return {}
    return people


def _proof(user: Any, device: str) -> str:
    """Return a text that changes with password and address: a browser that was known before them is unknown afterwards."""
    return salted_hmac(SALT, f"{device}:{user.get_session_auth_hash()}", algorithm="sha256").hexdigest()
