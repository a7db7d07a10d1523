"""Working days in Hong Kong."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta

from assessments.core.holidays import weekday_holidays

# --- working days ----------------------------------------------------------------------------------------------------


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in weekday_holidays()


def working_days(since: date, until: date) -> int:
    """Count the working days in Hong Kong after `since`, up to and with `until`."""
    if until <= since:
        return 0
    weeks, rest = divmod((until - since).days, 7)
    weekdays = weeks * 5 + sum((since + timedelta(days=n)).weekday() < 5 for n in range(1, rest + 1))
    days_off = weekday_holidays()
    return weekdays - (bisect_right(days_off, until) - bisect_right(days_off, since))


def working_days_later(day: date, n: int) -> date:
    """Return the working day that lies so many after `day`."""
    while n:
        day += timedelta(days=1)
        n -= is_working_day(day)
    while not is_working_day(day):  # only where `day` itself was none
        day += timedelta(days=1)
    return day
