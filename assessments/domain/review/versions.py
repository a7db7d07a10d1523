"""Save a judgement so that every version is kept and a stale save overwrites nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from assessments.models import RevisionOutcome, User
from assessments.models.revisions import keep_revision


def save_version(
    row: Any, fields: Mapping[str, Any], *, by: User, base: int | None, operation: uuid.UUID | None
) -> bool:
    """Make `fields` the current version. Return False where there is a newer one, and keep these beside it.

    `base` is the revision that the page showed (0: none, None: any). A repeated operation changes nothing. Call it
    inside `atomic`, with the assessment locked.
    """
    if row.pk and row.record() == dict(fields):
        return True
    number = 1
    if row.pk:
        number = max(row.revision, row.revisions.aggregate(n=Max("number"))["n"] or 0) + 1
        known = row.revisions.filter(operation=operation).first() if operation else None
        if known is not None and known.number != row.revision:
            return False
        if known is not None:
            base, operation = row.revision, None  # the same page goes on from what it saved
        if base is not None and base != row.revision:
            keep_revision(row, number, operation or uuid.uuid4(), base, dict(fields), by, RevisionOutcome.CONFLICT)
            return False
    for name, value in fields.items():
        setattr(row, name, value)
    base, row.by, row.revision = row.revision, by, number
    if hasattr(row, "carried_from"):
        row.carried_from = None
    row.save()
    keep_revision(row, number, operation or uuid.uuid4(), base, dict(fields), by, RevisionOutcome.CURRENT)
    return True
