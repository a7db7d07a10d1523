"""Readers that misbehave, for the tests of the sandbox. They run in its child process."""

from __future__ import annotations

import os
import sys
import time
from typing import IO

from assessments.core.sandboxed import Refused


def length(content: IO[bytes], *, times: int = 1) -> int:
    return len(content.read()) * times


def refuse(content: IO[bytes]) -> None:
    raise Refused("too_long", words=content.read().decode())


def take_memory(_content: IO[bytes]) -> int:
    return len(bytearray(1024**3))


def work_on(_content: IO[bytes]) -> None:
    while True:
        pass


def wait(_content: IO[bytes]) -> None:
    time.sleep(60)


def times(_content: IO[bytes]) -> list[float]:
    """When it began and ended; the clock is that of the machine."""
    began = time.monotonic()
    time.sleep(0.3)
    return [began, time.monotonic()]


def end(_content: IO[bytes]) -> None:
    os._exit(3)


def abort(_content: IO[bytes]) -> None:
    """End as a library does that gets no more memory."""
    os.abort()


def fail(_content: IO[bytes]) -> None:
    raise KeyError("a fault of the reader")


def write_much(_content: IO[bytes]) -> str:
    return "x" * 40 * 1024**2


def surroundings(_content: IO[bytes]) -> dict[str, object]:
    """The environment, the numbers of open files, and whether Django was imported."""
    opened = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        opened.append(number)
    return {"environment": dict(os.environ), "files": opened, "django": "django" in sys.modules}
