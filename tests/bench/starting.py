"""What the product costs before it answers: tables on an empty database, `manage.py check`, the first response."""

from __future__ import annotations

import http.client
import resource
import statistics
import time
from collections.abc import Callable

from tests.bench.sites import APPLICATION, MIGRATE, python, served

TIMES = 5
CHECK = "from django.core.management import call_command as call\ncall('check', verbosity=0)\nprint('{}')\n"


def say_migrate(whole: dict[str, str]) -> None:
    """Make the tables of the product in its empty database, and say how long it took."""
    spent, busy = timed(lambda: python(MIGRATE.format("'migrate', verbosity=0"), whole))
    python(MIGRATE.format("'createcachetable'"), whole)
    met = "met" if spent <= 5 else "NOT MET"
    print(f"goal 11 migrate an empty database {spent:5.1f} s, processor {busy:.1f} s (goal 5): {met}")


def say_start(bare: dict[str, str], whole: dict[str, str]) -> None:
    """Compare `check`, and the time from the start of a server to its first page, with the bare project."""
    say("check", 3.5, lambda: python(CHECK, bare), lambda: python(CHECK, whole))
    say("start to first response", 1.6, lambda: first_page(bare, "/page/"), lambda: first_page(whole, "/"))


def say(what: str, goal: float, floor: Callable[[], object], product: Callable[[], object]) -> None:
    spent: dict[str, list[tuple[float, float]]] = {"floor": [], "product": []}
    for _time in range(TIMES):
        for name, do in (("floor", floor), ("product", product)):
            spent[name].append(timed(do))
    (floor_clock, floor_busy), (clock, busy) = (
        [statistics.median(column) for column in zip(*spent[name], strict=True)] for name in ("floor", "product")
    )
    ratio = clock / floor_clock
    print(
        f"goal 11 {what:24} {clock:6.2f} s  = {ratio:4.1f} x bare Django (goal {goal}, processor {busy / floor_busy:.1f} x): "
        f"{'met' if ratio <= goal else 'NOT MET'}"
    )


def first_page(environment: dict[str, str], path: str) -> None:
    """Start a server, ask it for one page, and end it."""
    with served(APPLICATION, environment) as (port, _workers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        connection.getresponse().read()
        connection.close()


def timed(do: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time in the processes that it started."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    do()
    spent, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
