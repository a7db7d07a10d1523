"""Adding a second factor: who is asked to, on which pages, and the way back to the page that asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.core.internal.httpkit import add_query_params
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from assessments.accounts.open_pages import OPEN_TO_ALL
from assessments.models import User

WANTED_KEY = "factor_wanted_for"
REVIEWS = ("/reviews/", "/appeals/")
"""Where reviewers work: nothing of it opens without a second factor."""
ALWAYS_OPEN = ("/accounts/", "/account/settings/", *OPEN_TO_ALL)


def factors_of(user: User) -> list[Authenticator]:
    """Return the passkeys and the app of an account; recovery codes are no factor of their own."""
    rows = Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(rows.order_by("created_at"))


def remember(request: HttpRequest) -> None:
    """Keep the page that demanded a second factor, if its address is one of ours."""
    url = request.GET.get("next", "")
    if url and url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        request.session[WANTED_KEY] = url


def wanted(request: HttpRequest) -> str:
    return str(request.session.get(WANTED_KEY, ""))


def done(request: HttpRequest) -> str:
    """Return the page to go back to, and forget it."""
    return str(request.session.pop(WANTED_KEY, ""))


def ask(request: HttpRequest) -> HttpResponse:
    """Lead to the page of second factors, and back to this one afterwards."""
    back = request.get_full_path() if request.method in ("GET", "HEAD") else request.headers.get("Referer", "")
    if request.method not in ("GET", "HEAD") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = request.path
    url = add_query_params(reverse("mfa_index"), {"next": back})
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def lacks_factor(user: Any) -> bool:
    """Tell whether the person of a session may not decide for want of a second factor (no query)."""
    return not user.has_factor and not user.is_exempt_from_factor and (settings.SECOND_FACTOR or user.asked_for_factor)


def demand_factor(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: reviewers open no review, and members of an organisation that asks for it nothing, without one.

    What it needs to know comes with the person of the session (`sessions.Backend`), so no page asks a query for it.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user: Any = request.user
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not user.is_authenticated:
            return get_response(request)
        if not user.has_factor and not user.is_exempt_from_factor and _is_asked(request, user):
            return ask(request)
        return get_response(request)

    return middleware


def _is_asked(request: HttpRequest, user: Any) -> bool:
    path = request.path_info
    # Looked up last: for most people nothing asks, and their addresses are looked up once a request, by Django.
    asks = user.asked_for_factor or (settings.SECOND_FACTOR and path.startswith(REVIEWS))
    return bool(asks) and path != "/" and not path.startswith(ALWAYS_OPEN) and _leads_somewhere(path)


def _leads_somewhere(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
