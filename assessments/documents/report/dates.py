"""Dates and times as documents write them."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import ngettext


def day(value: date) -> str:
    """Write a date as Hong Kong does in English, unbroken: 14 October 2026."""
    return f"{value.day}\u00a0{value:%B}\u00a0{value.year}"


def short_date(value: date) -> str:
    """Write a date for a narrow column, unbroken: 14 Oct 2026."""
    return f"{value.day}\u00a0{value:%b}\u00a0{value.year}"


def after_signing(days: int) -> str:
    """Write the date of a draft's action: 14 days after signing."""
    return ngettext("%(n)s day after signing", "%(n)s days after signing", days) % {"n": days}


def moment(value: str | datetime) -> datetime:
    """Read a time of a snapshot, in the time zone of Hong Kong."""
    return timezone.localtime(datetime.fromisoformat(value) if isinstance(value, str) else value)
