"""Error pages in our own words; a failed CSRF check shows what was typed, so that nothing is lost."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token

from assessments.views.held import keep_form, texts_of

SECRET_FIELDS = ("password", "csrfmiddlewaretoken", "whose")


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a colleague without the role; the exception's sentence says who may."""
    return render(request, "403.html", {"reason": str(exception), "texts": typed(request)}, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"texts": typed(request)}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def typed(request: HttpRequest) -> list[str]:
    """What was written in a form that is refused, to be copied from the page that says so; passwords excepted."""
    if any("password" in name for name in request.POST):
        return []
    return texts_of(request.POST)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form is out of date. One that names its reader is kept, of others the text is shown to be copied."""
    kept = None if getattr(request, "htmx", False) else keep_form(request)
    if kept is not None:
        return kept
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(secret in name for secret in SECRET_FIELDS)
        for value in values
        if value.strip()
    ]
    return render(request, "csrf_failure.html", {"fields": fields}, status=403)
