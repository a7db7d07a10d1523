"""Make one document at once where nothing else makes documents: in a child process, so that no web process does."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from assessments.core import heartbeat
from assessments.documents import jobs
from assessments.models import Document, DocumentState

AT_ONCE = 2  # children on this machine
STARTS_WITHIN = 20  # seconds, until a child that was started has claimed its document
PENDING_ALONE = timedelta(seconds=10)  # so long a document waits before anybody asks whether something makes documents
RUNNING_ALONE = timedelta(seconds=60)  # a long one takes less


def is_left_alone(document: Document) -> bool:
    """Tell whether a document waits and nothing is making documents. No query for one that has waited for seconds."""
    now = timezone.now()
    if document.state == DocumentState.RUNNING and document.lease_until is not None:
        waits = document.lease_until - jobs.LEASE < now - RUNNING_ALONE
    else:
        waits = document.state == DocumentState.PENDING and document.created_at < now - PENDING_ALONE
    return waits and heartbeat.is_silent() and cache.get(_key(document)) is None


def start(document: Document) -> bool:
    """Start a child process that makes a document, and return at once. False: as many as may be are at work.

    The child holds the lock of its place until it ends, however it ends. Two children for one document do no harm: the
    claim gives it to one of them.
    """
    folder = Path(settings.VAR) / "making"
    folder.mkdir(exist_ok=True)
    for number in range(AT_ONCE):
        with (folder / f"{number}.lock").open("w") as place:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            child = subprocess.Popen(  # noqa: S603 (this Python, and words of our own)
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "make_document", document.reference],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[place.fileno()],
            )
        threading.Thread(target=child.wait, daemon=True).start()  # else a zombie stays until the next child
        cache.set(_key(document), True, STARTS_WITHIN)
        return True
    return False


def _key(document: Document) -> str:
    return f"made-now:{document.reference}"
