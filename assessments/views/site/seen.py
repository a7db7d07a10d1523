"""Marks messages as read once the page is opened to which they lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.http import HttpRequest

from assessments.access import finders
from assessments.notifications.inbox import mark_seen, messages_for, unread_at


class WithMarks(Protocol):
    """A case that knows what hangs on its questions; under the empty key, on the case itself."""

    @property
    def marks(self) -> Mapping[str, finders.Marks]: ...


def seen(request: HttpRequest, case: WithMarks | None = None) -> None:
    """Mark as read whatever led to this page: one query, and a second only where something was unread.

    With `case` its marks, which its pages read anyhow, tell whether there is anything to ask for.
    """
    user: Any = request.user
    if request.method != "GET" or (case and not case.marks.get("", finders.NO_MARKS).news):
        return
    found = unread_at(user, request.path)
    if found:
        mark_seen(messages_for(user).filter(pk__in=found))
