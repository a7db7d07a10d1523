"""Where an act comes from: the address and browser of a request, or the name of a command or job.

The log keeps it with each entry. It is held in a context variable, so that functions of the domain need no request:
the middleware sets it for each request, `manage.py` for a command, the Celery application for a job.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

# The first that stands in the header names the family: most browsers also call themselves those that came before them.
FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("MicroMessenger/", "WeChat"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Of a request its address and the family of its browser, else the command or job; empty parts are not known."""

    address: str = ""
    agent: str = ""
    system: str = ""

    def record(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}


NOWHERE = Origin()
_ORIGIN: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    return _ORIGIN.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Let what happens inside be recorded as coming from `origin`."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def note_origin(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: what a request changes is recorded as coming from its address and browser."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        agent = family_of(request.headers.get("User-Agent", ""))
        with coming_from(Origin(address=address_of(request), agent=agent)):
            return get_response(request)

    return middleware


def address_of(request: HttpRequest) -> str:
    """Return the address that a request came from; empty where it is none.

    Behind a proxy it is the last one of `X-Forwarded-For`, which the proxy itself wrote: all before it is what the
    sender claims.
    """
    said = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        said = request.headers.get("X-Forwarded-For", said).rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(said.strip()))
    except ValueError:
        return ""


def family_of(agent: str) -> str:
    """Return the family of a browser and its system, *Firefox on Windows*: no version, which would tell people apart."""
    family = next((name for sign, name in FAMILIES if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if not family:
        product = re.match(r"[A-Za-z][\w.-]{0,30}", agent)
        family = product[0] if product else ""
    return f"{family} on {system}" if family and system else family
