"""What may stand in an address: each kind of part has its signs, so that nothing else reaches a view or a query."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import register_converter
from django.urls.converters import SlugConverter, StringConverter

from assessments.core.query_values import REFERENCE

type Answering = Callable[[HttpRequest], HttpResponseBase]


class ReferenceConverter(StringConverter):
    """The reference of an object, as models.base.new_reference makes it."""

    regex = REFERENCE


class NumberConverter(StringConverter):
    """The number of a certificate as it is printed: HKG-XXXX-XXXX-C."""

    regex = "HKG-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]"


class TokenConverter(StringConverter):
    """A secret of a link, as secrets.token_urlsafe makes it."""

    regex = "[A-Za-z0-9_-]{1,64}"


class KeyConverter(SlugConverter):
    """The key of something in the edition: a section, a question, a page of facts."""

    regex = "[-a-zA-Z0-9_]{1,120}"


def register() -> None:
    """Give the kinds their names in the map of the site."""
    for name, kind in (
        ("ref", ReferenceConverter),
        ("printed", NumberConverter),
        ("token", TokenConverter),
        ("key", KeyConverter),
    ):
        register_converter(kind, name)


def refuse_null(get_response: Answering) -> Answering:
    """Middleware: no address has the sign NUL, which PostgreSQL cannot even look for. 404 in a path, 400 in a query."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info:
            raise Http404
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("the query contains a NUL character")
        return get_response(request)

    return answer
