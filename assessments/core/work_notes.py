"""Notes of the work that each process of this machine has in hand, so that another one can tell what a dead one left.

Each process keeps one file in `VAR/work` and holds an exclusive lock on it. The system lets go of the lock when the
process dies, however it dies. So a note whose lock is free is of a dead process, and nobody waits for a lease.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings


class _Note:
    """The note of this process. A forked child begins one of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process = 0
        self.folder: Path | None = None
        self.file: IO[str] | None = None
        self.in_hand: dict[str, Mapping[str, Any]] = {}

    def write(self, change: Mapping[str, Mapping[str, Any] | None]) -> None:
        with self.lock:
            if self.process != os.getpid() or self.folder != _folder():
                self._begin()
            for key, work in change.items():
                if work is None:
                    self.in_hand.pop(key, None)
                else:
                    self.in_hand[key] = work
            assert self.file is not None
            self.file.seek(0)
            self.file.truncate()
            json.dump(list(self.in_hand.values()), self.file)
            self.file.flush()

    def _begin(self) -> None:
        folder = _folder()
        folder.mkdir(exist_ok=True)
        new = folder / f"{uuid.uuid4().hex}.new"
        self.file = new.open("w+")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        new.rename(new.with_suffix(".json"))  # only now others see it: it is never there without its lock
        self.process, self.folder, self.in_hand = os.getpid(), folder, {}


_NOTE = _Note()


def _folder() -> Path:
    return Path(settings.VAR) / "work"


@contextmanager
def in_hand(**work: Any) -> Iterator[None]:
    """Note a piece of work while it is done. The note is written before the block begins.

    It stays where the process is being stopped (KeyboardInterrupt, SystemExit): the next one takes the work back.
    """
    key = uuid.uuid4().hex
    _NOTE.write({key: work})
    try:
        yield
    except Exception:
        _NOTE.write({key: None})
        raise
    _NOTE.write({key: None})


def left_by_the_dead() -> Iterator[list[dict[str, Any]]]:
    """Yield what each dead process of this machine had in hand. Its note is deleted once the caller has dealt with it."""
    for path in sorted(_folder().glob("*.json")):
        try:
            note = path.open("r+")
        except FileNotFoundError:
            continue
        with note:
            try:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # its process lives
            yield _read(note)
            path.unlink(missing_ok=True)


def _read(note: IO[str]) -> list[dict[str, Any]]:
    try:
        found = json.load(note)
    except ValueError:
        return []  # it died while it wrote: the lease of its work runs out
    return [work for work in found if isinstance(work, dict)] if isinstance(found, list) else []
