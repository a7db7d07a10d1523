"""Sessions in the database that know when they end, and whose they are: two queries a page.

A session ends when no page was opened for a while (SESSION_COOKIE_AGE), and in any case at a time that is counted from
the sign-in (SESSION_LONGEST).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import transaction
from django.db.models import CharField, DateTimeField, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from assessments.accounts import factors
from assessments.models import Membership, User
from assessments.models.prepared import Placeholder, Prepared

SIGNED_IN_AT = "signed_in_at"  # of the session: seconds, when its person signed in
FIRST_KEY = "first_key"  # of the session: its key at the sign-in, where it has another one since
WRITTEN_EVERY = timedelta(minutes=10)  # so often at most a page that only reads writes its session


def _session() -> Any:
    rows = DatabaseStore.get_model_class().objects
    return rows.filter(session_key=Placeholder("key", CharField()), expire_date__gt=Placeholder("now", DateTimeField()))


_SESSION = Prepared(_session)  # every page asks it


class SessionStore(DatabaseStore):
    ends: datetime | None = None  # when the row expires; None where there is no row

    def load(self) -> dict[str, Any]:
        """Read the session with the time at which it ends; one query, two where there is no such session."""
        row: Any = _SESSION.first(key=self.session_key, now=timezone.now())
        self.ends = row.expire_date if row else None
        found: dict[str, Any] = self.decode(row.session_data) if row else super().load()  # which forgets the key too
        return found

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        self.ends = row.expire_date
        return row

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return when it ends if nothing more is done: at most the longest time after the sign-in."""
        expires: datetime = super().get_expiry_date(**kwargs)
        signed_in_at = self.get(SIGNED_IN_AT)
        if signed_in_at is None:
            return expires
        return min(expires, datetime.fromtimestamp(signed_in_at + settings.SESSION_LONGEST, UTC))


def first_key(session: Any) -> str:
    """By which pages of a session are known, however often its key has changed since; empty where there is no session."""
    return str(session.get(FIRST_KEY) or session.session_key or "")


def change_key(request: HttpRequest) -> None:
    """Give the session another key at the end of this request, unless it fails: then nothing of it is kept."""
    request.changes_key = True  # type: ignore[attr-defined]


@transaction.atomic
def _change_key(session: Any) -> None:
    from allauth.usersessions.models import UserSession  # the models are loaded after this module

    before = session.session_key
    session.setdefault(FIRST_KEY, before)
    session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=session.session_key)


def keep_while_used(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a page that somebody signed in opens begins the time of the session anew. A fresh proof changes its key."""

    def middleware(request: HttpRequest) -> HttpResponse:
        session: Any = request.session
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in session and session.ends:
            later = session.get_expiry_date()
            if later - session.ends > WRITTEN_EVERY:
                session.modified, session.ends = True, later
        response = get_response(request)
        if getattr(request, "changes_key", False) and response.status_code < 500 and session.session_key:
            _change_key(session)
        return response

    return middleware


def _person() -> Any:
    """A person with what `enrolment` has to know of every request."""
    asking = Membership.objects.filter(user=OuterRef("pk"), left_at=None, organisation__requires_second_factor=True)
    people = User.objects.annotate(has_factor=factors.held_by("pk"), asked_for_factor=Exists(asking))
    return people.filter(pk=Placeholder("pk"))


_PERSON = Prepared(_person)


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in as allauth does."""

    def get_user(self, user_id: Any) -> User | None:
        """Whose session it is; None where the account is gone or closed."""
        user: User | None = _PERSON.first(pk=user_id)
        return user if user and self.user_can_authenticate(user) else None
