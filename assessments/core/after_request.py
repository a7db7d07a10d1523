"""Do what a request left for its end: after its transactions, with its response made."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

_LEFT: ContextVar[list[Callable[[], object]] | None] = ContextVar(
    "postponed until the end of the request", default=None
)


def leave(call: Callable[[], object]) -> bool:
    """Keep a call for the end of the request. False where there is no request, as in a command: nothing is kept."""
    left = _LEFT.get()
    if left is None:
        return False
    left.append(call)
    return True


def do_what_is_left(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: make the calls that the request left. A request that raised leaves nothing to do."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        left: list[Callable[[], object]] = []
        token = _LEFT.set(left)
        try:
            response = get_response(request)
        finally:
            _LEFT.reset(token)
        for call in left:
            call()
        return response

    return middleware
