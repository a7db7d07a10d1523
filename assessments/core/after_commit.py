"""Wake a worker once the transaction stands; without a broker the row waits for the sweeping process."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def after_commit(task: Any, *args: Any) -> None:
    """Wake a worker once the transaction stands; without a broker the sweeper will find the row."""
    from django.db import transaction

    def send() -> None:
        try:
            task.delay(*args)
        except OperationalError:
            log.warning("%s%s waits for the sweeper: the broker cannot be reached", task.name, args)

    transaction.on_commit(send)
