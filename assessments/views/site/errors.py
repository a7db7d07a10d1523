"""Error pages in our own words; a failed CSRF check shows what was typed, so that nothing is lost.

None of them may count on a body that can be read: that it cannot be may be why the page is shown.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render

from assessments.views.site.expired_forms import keep_form, texts_of

SECRET_FIELDS = ("password", "csrfmiddlewaretoken", "whose")


type Answering = Callable[[HttpRequest], HttpResponseBase]
METHODS = ("GET", "HEAD", "POST")


def refuse_methods(get_response: Answering) -> Answering:
    """Middleware: no page takes another method than these; what refuses a method says so on a page of ours."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request) if request.method in METHODS else HttpResponseNotAllowed(METHODS)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            page = render(request, "405.html", status=405)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a colleague without the role; the exception's sentence says who may."""
    return render(request, "403.html", {"reason": str(exception), "texts": typed(request)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"texts": typed(request)}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def typed(request: HttpRequest) -> list[str]:
    """Return what was written in a form that is refused, to be copied from the page that says so; passwords excepted."""
    try:
        request.POST  # noqa: B018 (it is read here, and cannot always be)
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        return []
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
