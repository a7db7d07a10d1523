"""Turns to write where the database is SQLite, which lets one connection write at a time.

A save writes for about one millisecond. SQLite lets a writer that finds the database locked sleep 1, 2, 5, 10 milliseconds
and longer before it looks again, so eight people who save at once wait for far longer than the others write. Here they look
again after half a millisecond: a third more saves a second, and the slowest twentieth in two thirds of the time
(docs/performance.md).
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from django.conf import settings
from django.db import connection

AGAIN_AFTER = 0.0005  # seconds
PATIENCE = 20.0  # seconds; as long as SQLite itself waits for its lock (`timeout` in the settings)


@contextmanager
def write_turn() -> Iterator[None]:
    """Wait for the turn to write, and keep it until the block ends. Put it around a transaction, not inside.

    After `PATIENCE` the block runs without a turn, and the database decides alone. PostgreSQL needs no turns, and inside a
    transaction it is too late for one: there the block just runs.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with (settings.VAR / "write-turn").open(
        "ab"
    ) as turn:  # closing it ends the turn, and so does the end of the process
        given_up_at = time.monotonic() + PATIENCE
        while not _take(turn) and time.monotonic() < given_up_at:
            time.sleep(AGAIN_AFTER)
        yield


def _take(turn: BinaryIO) -> bool:
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
