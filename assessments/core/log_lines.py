"""Lines of the process's log: those about a request end with the number of its person, so that refusals can be counted.

The number is that of the account, never its address or name: the log of a process is read by more people than the audit log.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings


class LineFormatter(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        person = _person(getattr(record, "request", None))
        return f"{super().formatMessage(record)}{f' [person {person}]' if person else ''}"


def _person(request: Any) -> int | None:
    """Return the key of the person who sent a request; None where that is nobody, or cannot be found out just now."""
    if settings.SESSION_COOKIE_NAME not in getattr(request, "COOKIES", {}):
        return None
    try:
        found: int | None = request.user.pk
    except Exception:  # the line matters more: the database may be what failed
        return None
    return found
