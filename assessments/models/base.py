"""What several models share: references for URLs, frozen rows, canonical JSON."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.db import connection, models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look alike


def new_reference() -> str:
    """Make the opaque reference of an object's URL: 12 characters, about 59 bits."""
    return get_random_string(12, ALPHABET)


HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
NOT_CHINESE = _("Enter Chinese characters, or leave this empty.")


def has_chinese(text: str) -> bool:
    """Tell whether a text has a Chinese character; names may have Latin letters beside them."""
    return HAN.search(text) is not None


class Referenced(models.Model):
    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)

    class Meta:
        abstract = True


class FrozenRow(Exception):
    """Raised when code tries to change or delete an immutable row."""


class FrozenQuerySet[M: models.Model](models.QuerySet[M]):
    def bulk_create(self, objs: Any, *args: Any, update_conflicts: bool = False, **kwargs: Any) -> list[M]:
        if update_conflicts or len(args) > 2:  # by place too: it is the third
            raise FrozenRow(f"{self.model.__name__} rows are never changed.")
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> NoReturn:
        raise FrozenRow(f"{self.model.__name__} rows are never changed.")

    def delete(self) -> NoReturn:
        raise FrozenRow(f"{self.model.__name__} rows are never deleted.")

    def blank(self, **empty: Any) -> int:
        """Empty columns for good, as the deletion of an organisation does and nothing else; returns how many rows.

        PostgreSQL lets it, of the columns that migration 0021 names, while the transaction says that it erases.
        """
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT set_config('hkguide.erasing', 'organisation', true)")
            count = super().update(**empty)
            if connection.vendor == "postgresql":
                cursor.execute("SELECT set_config('hkguide.erasing', '', true)")
        return count


class Frozen(models.Model):
    """INSERT only. On PostgreSQL a trigger refuses what raw SQL would try (migration 0002)."""

    objects: ClassVar[Any] = FrozenQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise FrozenRow(f"{type(self).__name__} rows are never changed.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        raise FrozenRow(f"{type(self).__name__} rows are never deleted.")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, Collection):
        return [_plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def canonical_json(value: Any) -> str:
    """Write a value as canonical JSON: sorted keys, NFC, no floats (TypeError), decimals and dates as strings."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
