"""The sessions in which a person is signed in: listed for them, and ended by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction

from assessments.accounts import account_log
from assessments.audit.kinds import AuditKind
from assessments.core.request_context import family_of
from assessments.models import User


@dataclass(frozen=True, slots=True)
class Running:
    """One session as its person sees it."""

    pk: int
    browser: str
    address: str
    since: datetime
    is_here: bool


def sessions_of(user: User, here: str | None) -> list[Running]:
    """Return the sessions that still run, the newest first; `here`: the key of the one that asks."""
    rows = sorted(UserSession.objects.purge_and_list(user), key=lambda row: row.created_at, reverse=True)
    return [Running(row.pk, family_of(row.user_agent), row.ip, row.created_at, row.session_key == here) for row in rows]


@transaction.atomic
def end(user: User, chosen: Iterable[int], *, here: str | None) -> int:
    """End these sessions of a person, but never the one that asks; returns how many there were."""
    rows = list(UserSession.objects.filter(user=user, pk__in=list(chosen)).exclude(session_key=here))
    for row in rows:
        row.end()
    if rows:
        account_log.write(AuditKind.SESSIONS_ENDED, user, by=user, details={"count": len(rows)})
    return len(rows)
