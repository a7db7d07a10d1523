"""Versions of answers and facts: each save is kept, a stale one too."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.base import Frozen
from assessments.models.people import User


def keep_revision(row: Any, number: int, operation: uuid.UUID, base: int, value: Any, by: User, outcome: str) -> None:
    """Store a version of a row. `base`: the version that the page showed; `operation`: the id of the attempt to save."""
    row.revisions.create(number=number, operation=operation, base=base, value=value, by=by, outcome=outcome)


class RevisionOutcome(models.TextChoices):
    CURRENT = "current", _("current")
    CONFLICT = "conflict", _("kept alongside a newer version")
    SUGGESTION = "suggestion", _("suggestion")
    RESTORED = "restored", _("restored")
    CARRIED = "carried", _("carried over")
    TAKEN_OVER = "taken_over", _("adopted from a colleague")


class Revision(Frozen):
    """One saved version of a fact or an answer; a stale save is kept too, so both texts are recoverable."""

    number = models.PositiveIntegerField()
    operation = models.UUIDField(unique=True)
    base = models.PositiveIntegerField()
    value = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=12, choices=RevisionOutcome, default=RevisionOutcome.CURRENT)

    class Meta:
        abstract = True
