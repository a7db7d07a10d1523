"""Wake a worker once the transaction is committed. Without a broker the row waits for the sweeping process."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

FIRST, NEXT, LAST = 0, 3, 6  # priorities: with Redis and Valkey the lowest number goes first

log = logging.getLogger(__name__)


def after_commit(task: str, *args: Any, priority: int = NEXT) -> None:
    """Send a task, by its name, to Celery's workers after the commit, where there is a broker.

    Without one nothing is done: the row is the outbox, and the sweeping process looks for it twice a second. No task
    ever runs in the process of a request.
    """
    from django.db import transaction

    if not settings.JOBS_BY_CELERY:
        return

    # Imported when there is a broker: Celery takes each command a tenth of a second.
    from kombu.exceptions import OperationalError

    from hkguide.celery import app

    def send() -> None:
        try:
            app.signature(task, args).apply_async(priority=priority)
        except OperationalError:
            log.warning("the broker cannot be reached, so %s%s waits for the sweeping process", task, args)

    transaction.on_commit(send)
