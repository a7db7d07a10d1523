"""The worker of the one-machine set-up: the process that sweeps beside the site makes documents and sends emails.

`work` runs until the process is stopped. It looks for documents twice a second, for emails in a thread of its own, so
that neither waits for the other, and does the steps of `scheduled` every so many seconds. Where there is a broker,
Celery workers make documents and send emails, and only the steps are done here.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import close_old_connections, connections

from assessments import scheduled
from assessments.core import heartbeat
from assessments.documents import queue
from assessments.notifications import mail, sealed_mail

LOOK_EVERY = 0.5  # seconds
AFTER_A_FAULT = 5.0  # seconds, until a look that failed is tried again
PATIENCE = 25.0  # seconds, which a stopping process gives the email that it has in hand; SMTP waits for 20

log = logging.getLogger(__name__)


class Stop(threading.Event):
    """Set when the process is to end. A document in hand is broken off then; an email or a step is not."""

    may_break_off = True
    asked = False  # by a signal, whose handler may take no lock of an event

    def on_signals(self) -> None:
        """Let SIGTERM and Ctrl+C ask for the end."""
        signal.signal(signal.SIGTERM, self._ask)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as in the background of a shell
            signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _signal: int, _frame: Any) -> None:
        self.asked = True
        if self.may_break_off:
            raise KeyboardInterrupt

    def is_set(self) -> bool:
        return self.asked or super().is_set()


def work(every: float) -> None:
    """Work until the process is stopped.

    It then sends the email that it has in hand and ends its step. A document is broken off: the next process makes it.
    """
    stop = Stop()
    stop.on_signals()
    with suppress(KeyboardInterrupt):
        if settings.JOBS_BY_CELERY:
            _sweep_until(stop, every, look=lambda: False)
            return
        with heartbeat.beating(), _sending_until(stop):
            _sweep_until(stop, every, look=queue.make_next)


def work_once() -> int:
    """Do every step that is due, then make and send what waits; returns how many things were taken up."""
    done = scheduled.sweep()
    if not settings.JOBS_BY_CELERY:
        while queue.make_next():
            done += 1
        done += _senders()()
    return done


def _sweep_until(stop: Stop, every: float, *, look: Callable[[], Any]) -> None:
    sweep_at = 0.0
    while not stop.is_set():
        close_old_connections()
        if time.monotonic() >= sweep_at:
            stop.may_break_off = False  # an email that is broken off may be lost
            scheduled.sweep()
            stop.may_break_off = True
            sweep_at = time.monotonic() + every
        if not stop.is_set():
            _look(stop, look)


@contextmanager
def _sending_until(stop: Stop) -> Iterator[None]:
    """Send new emails in a thread, and let it finish the one that it has in hand at the end."""
    send_new = _senders(stop.is_set)

    def send() -> None:
        while not stop.is_set():
            close_old_connections()
            _look(stop, send_new)
        connections.close_all()

    thread = threading.Thread(target=send, name="mails", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.may_break_off = False
        stop.set()
        thread.join(PATIENCE)


def _senders(is_over: Callable[[], bool] = lambda: False) -> Callable[[], int]:
    """Return what sends new emails and says how many waited. Somebody waits before a page for a sealed one: it goes first."""
    sealed, lines = sealed_mail.Sender(), mail.Sender()
    return lambda: sealed.send_new(is_over) + lines.send_new(lambda: is_over() or sealed.new().exists())


def _look(stop: threading.Event, look: Callable[[], Any]) -> None:
    """Look for work, and wait a little where there was none. A fault, such as a database that is away, ends nothing."""
    try:
        found = look()
    except Exception:
        log.exception("the worker")
        stop.wait(AFTER_A_FAULT)
        return
    if not found:
        stop.wait(LOOK_EVERY)


def begin_with_celery() -> None:
    """Begin a Celery worker: show that it is alive, and take up at once what a dead one left, in hand or in its queue."""
    heartbeat.start()
    try:
        queue.take_back()
        queue.wake_workers(at_once=True)
        sealed_mail.wake_workers(at_once=True)
        mail.wake_workers(at_once=True)
    except Exception:  # the sweep of the minute does the same
        log.exception("the unfinished work of earlier processes could not be continued")
    connections.close_all()  # children that are forked later open their own


# --- one at a time -------------------------------------------------------------------------------------------------------


@contextmanager
def alone(say: Callable[[str], Any]) -> Iterator[None]:
    """Hold the lock of the sweeping process in `VAR`. A second one says that it waits, and takes over when the first ends.

    The system lets go of the lock when the process dies, however it dies.
    """
    with (Path(settings.VAR) / "sweeper.lock").open("a+") as lock:
        if not _locked(lock):
            lock.seek(0)
            say(
                f"Another sweeper already works on {settings.VAR} (process {lock.read().strip()}). This sweeper "
                f"waits until the other one ends."
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
