"""Sessions in the database that know when they end, and whose they are: two queries of every page, kept prepared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from assessments.models import User
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


_USER: Prepared[User] = Prepared(lambda: User.objects.filter(pk=Given("pk")))


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in as allauth does."""

    def get_user(self, user_id: Any) -> User | None:
        """Whose session it is; None where the account is gone or closed."""
        user = _USER.first(pk=user_id)
        return user if user and self.user_can_authenticate(user) else None
