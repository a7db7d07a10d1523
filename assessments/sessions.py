"""Sessions in the database that know when they end, so that a page can say so without a query of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    ends: datetime | None = None

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]  # the stubs leave it out
        self.ends = row.expire_date if row else None
        return row

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        self.ends = row.expire_date
        return row
