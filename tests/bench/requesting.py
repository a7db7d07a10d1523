"""A client that costs little, and kinds of requests that take turns."""

from __future__ import annotations

import contextlib
import http.client
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.bench.sites import WORKERS

ROUNDS, REPEATS = 5, 12
WARM, MOST_WARM = 6, 120
"""Each worker answers each kind of request so often before one is counted; at most so many are sent for that."""


@dataclass
class Reply:
    status: int
    seconds: float
    size: int
    queries: int
    writes: int
    worker: int  # process that answered
    busy: float = 0.0  # seconds of processor time in the server


@dataclass
class Client:
    port: int
    cookies: str
    token: str
    workers: tuple[int, ...] = ()
    compressed: bool = False  # asks for it as a browser does; `size` is what goes over the wire
    watched: bool = True  # each request by itself; not under load, where requests overlap

    def busy(self) -> float:
        """Seconds for which the server's workers have run; 0 where the kernel does not tell."""
        nanoseconds = 0
        for pid in self.workers:
            with contextlib.suppress(OSError):
                nanoseconds += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def memory(self) -> float:
        """Megabytes that the largest of the server's workers holds; 0 where the kernel does not tell."""
        kilobytes = [0]
        for pid in self.workers:
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                kilobytes += [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
        return max(kilobytes) / 1024

    def send(self, method: str, path: str, form: dict[str, Any] | None = None, *, htmx: bool = False) -> Reply:
        headers = {"Cookie": self.cookies, "X-CSRFToken": self.token}
        if htmx:
            headers["HX-Request"] = "true"
        if self.compressed:
            headers["Accept-Encoding"] = "gzip"
        body = urlencode(form, doseq=True) if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        before = self.busy() if self.watched else 0.0
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        seconds = time.perf_counter() - started
        connection.close()
        counts = [int(response.headers.get(name, 0)) for name in ("X-Queries", "X-Writes", "X-Worker")]
        return Reply(
            response.status, seconds, len(content), *counts, busy=self.busy() - before if self.watched else 0.0
        )


@dataclass
class Measured:
    """One kind of request: how to send it, and what came of it."""

    name: str
    send: Callable[[], Reply]
    replies: list[Reply] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return statistics.median(reply.seconds for reply in self.replies)

    @property
    def busy(self) -> float:
        return statistics.median(reply.busy for reply in self.replies)

    @property
    def queries(self) -> int:
        return max(reply.queries for reply in self.replies)

    @property
    def writes(self) -> int:
        return max(reply.writes for reply in self.replies)

    @property
    def size(self) -> int:
        return max(reply.size for reply in self.replies)


def take_turns(kinds: list[Measured]) -> None:
    """Send each kind in turn, round after round; the first ones warm up every worker and are not counted."""
    for kind in kinds:
        warm(kind)
    for _round in range(ROUNDS):
        for kind in kinds:
            checked(kind)
        for _repeat in range(REPEATS):
            for kind in kinds:
                kind.replies.append(checked(kind))


def warm(kind: Measured) -> None:
    """Repeat a request until every worker has answered it often enough: which one takes the next is left to chance."""
    answered: Counter[int] = Counter()
    while len(answered) < WORKERS or min(answered.values()) < WARM:
        answered[checked(kind).worker] += 1
        if answered.total() == MOST_WARM:
            print(
                f"{kind.name}: of {MOST_WARM} requests the workers answered {sorted(answered.values())}: one may be cold"
            )
            return


def checked(kind: Measured) -> Reply:
    reply = kind.send()
    if reply.status != 200:
        raise SystemExit(f"{kind.name}: status {reply.status}")
    return reply


def under_load(senders: list[Callable[[], Reply]], seconds: float) -> tuple[float, float, int]:
    """Requests a second, the 95th percentile in seconds, and errors, with one thread a sender."""
    times: list[float] = []
    errors = [0]
    stop = time.perf_counter() + seconds

    def work(send: Callable[[], Reply]) -> None:
        while time.perf_counter() < stop:
            reply = send()
            if reply.status == 200:
                times.append(reply.seconds)
            else:
                errors[0] += 1

    with ThreadPoolExecutor(len(senders)) as threads:
        for done in [threads.submit(work, send) for send in senders]:
            done.result()  # raises what the sender raised: a sender that gave up would make the rate of the others look like all
    times.sort()
    return len(times) / seconds, times[int(len(times) * 0.95)], errors[0]
