"""429: a limit is reached. The page says so in a sentence and when to try again, and shows what was typed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assessments.core.throttling import TooOften
from assessments.views.site.expired_forms import texts_of

type Answering = Callable[[HttpRequest], HttpResponse]


class RefuseTooOften:
    """Middleware: answer with this page where a view raises TooOften."""

    def __init__(self, get_response: Answering) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_often(request, exception) if isinstance(exception, TooOften) else None


def too_often(request: HttpRequest, error: TooOften) -> HttpResponse:
    """The page; a script gets its sentence alone, to be shown above the page that still has what was typed."""
    if getattr(request, "htmx", False):
        response = HttpResponse(str(error), status=429, content_type="text/plain; charset=utf-8")
    else:
        context = {"why": error, "texts": typed(request)}
        response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(error.wait)
    response["Cache-Control"] = "no-store"
    return response


def typed(request: HttpRequest) -> list[str]:
    """Return what was written, mail addresses too, in the order of the form."""
    if any("password" in name for name in request.POST):
        return []
    return texts_of(request.POST, addresses=True)
