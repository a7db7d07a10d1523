"""Wake a worker once the transaction is committed. Without a broker the row waits for the sweeping process."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError

FIRST, NEXT, LAST = 0, 3, 6  # priorities: with Redis and Valkey the lowest number goes first

log = logging.getLogger(__name__)


def after_commit(task: Any, *args: Any, priority: int = NEXT) -> None:
    """Send a task to Celery's workers after the commit, where there is a broker.

    Without one nothing is done: the row is the outbox, and the sweeping process looks for it twice a second. No task
    ever runs in the process of a request.
    """
    from django.db import transaction

    if not settings.JOBS_BY_CELERY:
        return

    def send() -> None:
        try:
            task.apply_async(args, priority=priority)
        except OperationalError:
            log.warning("%s%s waits for the sweeper: the broker cannot be reached", task.name, args)

    transaction.on_commit(send)
