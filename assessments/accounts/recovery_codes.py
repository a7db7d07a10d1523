"""Recovery codes: shown until their person says that they are kept, and never again."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from assessments.models import User

KEPT_AT = "kept_at"


def _row(user: User) -> Authenticator | None:
    found: Authenticator | None = Authenticator.objects.filter(
        user=user, type=Authenticator.Type.RECOVERY_CODES
    ).first()
    return found


def left_of(user: User) -> tuple[int, bool]:
    """Return how many codes are not used yet, and whether their person has kept them."""
    row = _row(user)
    return (len(row.wrap().get_unused_codes()), KEPT_AT in row.data) if row else (0, False)


def to_show(user: User) -> list[str]:
    """Return the codes, as long as nobody has said that they are kept; nothing afterwards."""
    row = _row(user)
    return list(row.wrap().get_unused_codes()) if row and KEPT_AT not in row.data else []


@transaction.atomic
def keep(user: User) -> None:
    """Record that the person has kept the codes: they are shown no more."""
    row: Any = (
        Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    )
    if row is not None:
        row.data[KEPT_AT] = int(time.time())
        row.save(update_fields=["data"])
