"""Passwords that `manage.py set_up` printed: other people may have read them, so their person chooses another one first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import add_query_params
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from assessments.accounts.open_pages import OPEN_TO_ALL
from assessments.models import User

OPEN = ("/accounts/password/", "/accounts/logout/", *OPEN_TO_ALL)
"""What opens before: the way to another password, signing out, and what is public."""


def demand_change(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: lead to the page for another password, and from there to the page that was asked for."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not user.is_authenticated:
            return get_response(request)
        if not user.password_is_initial or request.path_info.startswith(OPEN):
            return get_response(request)
        page = reverse("account_change_password")
        if request.method in ("GET", "HEAD"):
            page = add_query_params(page, {"next": request.get_full_path()})
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": page})
        return redirect(page)

    return middleware


def note_change(user: User) -> None:
    """Record that the person has chosen the password of the account."""
    if user.password_is_initial:
        user.password_is_initial = False
        user.save(update_fields=["password_is_initial"])
