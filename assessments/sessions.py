"""Sessions in the database that know when they end, so that a page can say so without a query of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from assessments.models.prepared import Given, Prepared


def _running() -> Any:
    rows = DatabaseStore.get_model_class().objects  # known once the apps are loaded
    return rows.filter(session_key=Given("key", CharField()), expire_date__gt=Given("now", DateTimeField()))


_RUNNING: Prepared[Any] = Prepared(_running)


class SessionStore(DatabaseStore):
    ends: datetime | None = None

    def _get_session_from_db(self) -> Any:
        row = _RUNNING.first(key=self.session_key, now=timezone.now())
        self.ends = row.expire_date if row else None
        if row is None:
            self._session_key = None
        return row

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        self.ends = row.expire_date
        return row
