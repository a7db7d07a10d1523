"""Read files that come from people in a child process, so that no file can take the memory or the time of the site.

A reader is a function of a file (opened for reading bytes) and of plain options. It returns what JSON can hold, or raises
`Refused`. It imports nothing of Django. The child has a limit of memory, of processor time and of time on the clock,
no environment (so none of the settings' secrets), and nothing open but the file. At most `settings.READERS` children run
at once on a machine, in whatever process they were started.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from assessments.core import stored_files
from assessments.core.sandboxed import MOST_OUTPUT, Refused

__all__ = ["CAREFUL", "PATIENT", "Busy", "Limits", "Refused", "Stopped", "run"]

ROOT = Path(__file__).resolve().parents[2]
START = "import sys; sys.path.insert(0, sys.argv[1]); from assessments.core.sandboxed import main; main(*sys.argv[2:])"
CHUNK = 256 * 1024
WAIT = 5.0  # seconds, until a file is sent back because others are being read
LOOK_EVERY = 0.05
OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)  # how a library ends that gets no more (PDFium)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader may use: bytes of memory, seconds of the processor, seconds on the clock."""

    memory: int = 256 * 1024 * 1024
    processor: int = 3
    clock: int = 10


CAREFUL = Limits()
PATIENT = Limits(processor=10, clock=25)
"""For evidence: an office file of 25 MB is unpacked to its end to count what is in it."""


class Stopped(Exception):
    """The child came to a limit, or failed in a way that no reader should. `reason`: time, memory or fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Busy(Exception):
    """As many files are being read as may be; str(error) says what to do."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Wait a moment, then choose the file again and send it. The server is reading too many other files"
                " at the moment. Your other entries are not lost."
            )
        )


def run(reader: str, source: bytes | IO[bytes] | Path, limits: Limits = CAREFUL, **options: Any) -> Any:
    """Call `reader` ("module:function") on a file in a child process, and return what it found.

    `source`: the bytes of the file, an open file (read from its start), or the path of one. Raises what the reader
    refuses, as Refused, Stopped where it came to a limit, Busy where others are read for longer than is worth waiting, and
    NoRoom where the disk of temporary files is full.
    """
    try:
        return _run(reader, source, limits, options)
    except OSError as error:
        if error.errno in stored_files.FULL:
            log.error("not enough disk space to read a file: %s", error)
            raise stored_files.no_room() from error
        raise


def _run(reader: str, source: bytes | IO[bytes] | Path, limits: Limits, options: dict[str, Any]) -> Any:
    asked = [reader, str(limits.memory), str(limits.processor), json.dumps(options)]
    with _turn(), _as_input(source) as given, tempfile.TemporaryFile() as output:
        child = subprocess.Popen(  # noqa: S603 (this Python, and words of our own)
            [sys.executable, "-I", "-c", START, str(ROOT), *asked],
            stdin=given,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
        )
        try:
            code = child.wait(limits.clock)
        except subprocess.TimeoutExpired:
            raise Stopped("time") from None
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            raise Stopped("time")
        if code in OUT_OF_MEMORY:
            raise Stopped("memory")
        said = _said(output)
    if "found" in said:
        return said["found"]
    if "refused" in said:
        raise Refused(said["refused"], **said["params"])
    if said.get("stopped"):
        raise Stopped(said["stopped"])
    log.error("%s failed (exit status %s): %s", reader, code, said.get("failed", "no answer"))
    raise Stopped("fault")


@contextmanager
def _turn() -> Iterator[None]:
    """Hold one of the places for a child: a file that is locked, which the system lets go of if this process dies."""
    folder = settings.VAR / "readers"
    folder.mkdir(exist_ok=True)
    until = time.monotonic() + WAIT
    while True:
        for number in range(settings.READERS):
            place = (folder / f"{number}.lock").open("w")
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                place.close()
                continue
            with place:
                yield
            return
        if time.monotonic() > until:
            log.warning("%s files are being read already, so another file was refused", settings.READERS)
            raise Busy
        time.sleep(LOOK_EVERY)


def _said(output: IO[bytes]) -> dict[str, Any]:
    """Return what the child wrote; empty where it is no answer."""
    if os.fstat(output.fileno()).st_size >= MOST_OUTPUT:
        return {"stopped": "memory"}
    output.seek(0)
    try:
        said = json.load(output)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@contextmanager
def _as_input(source: bytes | IO[bytes] | Path) -> Iterator[IO[bytes]]:
    """The file as one that the child may read and search, with a place in it that nobody else moves."""
    if isinstance(source, Path):
        with source.open("rb") as given:
            yield given
        return
    with tempfile.TemporaryFile() as copy:
        if isinstance(source, bytes):
            copy.write(source)
        else:
            source.seek(0)
            while chunk := source.read(CHUNK):
                copy.write(chunk)
            source.seek(0)
        copy.seek(0)
        yield copy
