"""A sign of life of the process that makes documents and sends emails, in the cache that all processes share.

A thread gives it, so that a document that takes long does not hold it up. Web workers read it, on other machines too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.db import close_old_connections, connections

KEY = "worker-heartbeat"
EVERY = 5.0  # seconds
SILENT_AFTER = 30.0  # seconds; a writer on SQLite may hold a beat up for twenty
KEPT = 24 * 3600

log = logging.getLogger(__name__)


def beat() -> None:
    """Write down that a worker is alive now."""
    cache.set(KEY, time.time(), KEPT)


def is_silent() -> bool:
    """Tell whether no worker has shown itself for a while. One query; True where the cache does not answer."""
    try:
        last = cache.get(KEY)
    except Exception:  # whatever the backend raises
        log.warning("the cache does not respond, so we cannot tell whether a worker is running", exc_info=True)
        return True
    return last is None or abs(time.time() - last) > SILENT_AFTER


@contextmanager
def beating() -> Iterator[None]:
    """Beat in a thread for as long as the block runs."""
    stop = start()
    try:
        yield
    finally:
        stop.set()


def start() -> threading.Event:
    """Start the thread that beats, and return the event that ends it."""
    stop = threading.Event()
    threading.Thread(target=_beat_until, args=(stop,), name="heartbeat", daemon=True).start()
    return stop


def _beat_until(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            close_old_connections()
            beat()
        except Exception:  # the next one may succeed
            log.warning("the heartbeat could not be written", exc_info=True)
        stop.wait(EVERY)
    connections.close_all()
