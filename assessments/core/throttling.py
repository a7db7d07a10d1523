"""Limits: how often a person, an address or an organisation may do what costs much or reaches other people.

`settings.LIMITS` has them all. Uses are counted in the cache that all processes share, in windows of the clock (of an
hour: from the full hour). Of the window before the part still counts that lies less than its length back, as if its uses
had been spread evenly: so nobody does twice as much around the full hour. Limits on a thing, and those that are counted in
steps, have windows of the clock alone. Where that cache does not answer nothing is refused: what people save never waits for it.
Sign-in has limits of its own, which allauth keeps.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.core.request_context import address_of

log = logging.getLogger(__name__)
_HERE: dict[str, int] = {}
"""What this process has not told yet of limits in steps, or has heard to be past its limit, by keys that name their window."""
MOST_HERE = 10_000


class TooOften(Exception):
    """Somebody has reached a limit; the page for it says until when. `wait`: in so many seconds it opens again."""

    def __init__(self, name: str, wait: int) -> None:
        self.name, self.wait = name, wait
        super().__init__(
            _("Try again at %(moment)s. There were too many attempts. Nothing was changed.") % {"moment": _moment(wait)}
        )


def _moment(wait: int) -> str:
    """Say when a limit opens again: the full minute after, with its day where that is not today."""
    now = timezone.localtime()
    then = now + timedelta(seconds=wait + 59)
    return date_format(then, "H:i" if then.date() == now.date() else "j F, H:i")


def spend(
    name: str,
    request: HttpRequest | None = None,
    *,
    organisation: int | None = None,
    thing: Any = None,
    step: int = 1,
) -> None:
    """Count one use of `name` by the sender of the request; raises TooOften past a limit.

    `organisation`: for which it is done, by its key. `thing`: what it is done to, for limits on that; no request has to
    stand behind it. `step`: of a page that costs less than its counting, each process tells the others of so many uses
    at once, so there may be a few more than the limit.
    """
    by = {"organisation": organisation, "thing": thing}
    for kind, (most, seconds) in settings.LIMITS[name].items():
        who = _sender(kind, request) if kind in ("person", "address") else by[kind]
        if who is None:
            continue
        in_steps = max(1, min(step, most // 6))
        wait = _use(f"{name}:{kind}:{who}", most, seconds, step=in_steps, slides=kind != "thing" and step == 1)
        if wait:
            log.warning("the limit “%s” for one %s has been reached", name, kind)
            raise TooOften(name, wait)


def _use(what: str, most: int, seconds: int, *, step: int, slides: bool) -> int:
    """Count one use; returns 0 where it is taken, else in how many seconds the next one would be."""
    now = _now()
    gone, window = now % seconds, int(now // seconds)
    used = _count(_key(what, window), seconds, most, step)
    if used > most:
        return math.ceil(seconds - gone) + slides
    before = min(most, _so_far(_key(what, window - 1))) if slides else 0
    if used + math.floor(before * (1 - gone / seconds)) <= most:
        return 0
    _take_back(_key(what, window))  # it was not done, so it keeps nobody waiting
    return math.floor(seconds * (1 - (most - used + 1) / before) - gone) + 1


def is_spent(name: str, thing: Any) -> bool:
    """Tell whether the limit of a thing is reached, without a use."""
    most, seconds = settings.LIMITS[name]["thing"]
    return _so_far(_key(f"{name}:thing:{thing}", int(_now() // seconds))) >= most


def _sender(kind: str, request: HttpRequest | None) -> Any:
    """Return the key of the person, or the address; None where nobody is signed in. Nobody is read where no limit asks."""
    if request is None:
        return None
    if kind == "address":
        return address_of(request) or None
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def limited[**P](
    name: str, *, files: bool = False, step: int = 1
) -> Callable[[Callable[P, HttpResponseBase]], Callable[P, HttpResponseBase]]:
    """Count each call of a view as one use of `name`; `files`: only those that bring a file; `step`: as of `spend`."""

    def decorate(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request: Any = args[0]
            if not files or request.FILES:
                spend(name, request, step=step)
            return view(*args, **kwargs)

        return counted

    return decorate


def _now() -> float:
    return time.time()


def _key(what: str, window: int) -> str:
    return f"limit:{hashlib.sha256(f'{what}:{window}'.encode()).hexdigest()}"


def _add(key: str, seconds: int, more: int) -> int:
    try:
        return int(cache.incr(key, more))
    except ValueError:  # the first of its window; the next window asks for it too
        return more if cache.add(key, more, timeout=2 * seconds) else int(cache.incr(key, more))


def _so_far(key: str) -> int:
    """Return how many there are under this key; none if the cache does not answer."""
    try:
        return int(cache.get(key, 0))
    except Exception:
        log.exception("limits on attempts: the cache does not respond, so no attempt is refused")
        return 0


def _take_back(key: str) -> None:
    try:
        cache.decr(key)
    except Exception:
        log.exception("limits: a refused attempt could not be taken off the count")


def _count(key: str, seconds: int, most: int, step: int) -> int:
    """Count one more under this key and return how many there are, as far as is known; none if the cache does not answer."""
    if step > 1:
        if len(_HERE) > MOST_HERE:
            _HERE.clear()
        _HERE[key] = here = _HERE.get(key, 0) + 1
        if here < step or here > most:
            return here
        _HERE[key] = 0
    try:
        found = _add(key, seconds, step)
    except Exception:
        log.exception("limits on attempts: the cache does not respond, so no attempt is refused")
        return 0
    if step > 1 and found > most:
        _HERE[key] = found
    return found
