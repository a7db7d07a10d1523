"""The list of Hong Kong's general holidays: what it holds, how its faults read, and the warning when a year is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import pytest

from assessments import checks
from assessments.core import holidays
from assessments.core.holidays import FaultyHolidays, listed_years, weekday_holidays

BEFORE_THE_MOVE = {
    2026: "01-01 02-17 02-18 02-19 04-03 04-06 04-07 05-01 05-25 06-19 07-01 10-01 10-19 12-25",
    2027: "01-01 02-08 02-09 03-26 03-29 04-05 05-13 06-09 07-01 09-16 10-01 10-08 12-27",
}


def test_the_shipped_list_has_the_weekdays_of_2026_and_2027():
    expected = [date.fromisoformat(f"{year}-{day}") for year, days in BEFORE_THE_MOVE.items() for day in days.split()]
    assert [day for day in weekday_holidays() if day.year in BEFORE_THE_MOVE] == expected
    assert listed_years()[:2] == (2026, 2027)


def test_a_holiday_on_a_weekend_is_listed_and_is_no_weekday_holiday(tmp_path):
    path = tmp_path / "holidays.yaml"
    path.write_text("2026:\n  2026-09-26: A Saturday\n  2026-10-01: National Day\n")
    assert weekday_holidays(path) == (date(2026, 10, 1),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "{path}: the file lists no year"),
        ("2026:\n  - 2026-10-01\n", "{path}:2: 2026: write at least one line of the form “key: value”"),
        ("2026:\n", "{path}:1: 2026: write at least one line of the form “key: value”"),
        ("next:\n  2026-10-01: National Day\n", "{path}:1: next is not a year"),
        (
            "2026:\n  2026-10-32: National Day\n",
            "{path}:2: 2026-10-32 is not a date. Write the date like this: 2026-12-25",
        ),
        ("2026:\n  2026-10-01:\n", "{path}:2: 2026-10-01 has no name"),
        ("2026:\n  2027-10-01: National Day\n", "{path}:2: 2027-10-01 is not in the year 2026"),
        (
            "2026:\n  2026-10-01: National Day\n  2026-07-01: Establishment Day\n",
            "{path}:3: 2026-07-01 comes after 2026-10-01. List each day once, earliest day first",
        ),
        (
            "2026:\n  2026-10-01: National Day\n2026:\n  2026-10-01: National Day\n",
            "{path}:3: 2026 comes after 2026. List each year once, earliest year first",
        ),
        ("2026:\n  ? [a, b]\n  : National Day\n", "{path}:2: 2026: a key must be a single word"),
        ("2026: {\n", "{path}:2: expected the node content, but found '<stream end>'"),
        ("2026:\n  2026-10-01: \x07\n", "{path}: unacceptable character #x0007: special characters are not allowed"),
    ],
)
def test_a_fault_names_the_file_the_line_and_the_key(text, said, tmp_path):
    path = tmp_path / "holidays.yaml"
    path.write_text(text)
    with pytest.raises(FaultyHolidays) as raised:
        weekday_holidays(path)
    assert str(raised.value).splitlines()[0] == said.format(path=path)


def test_a_file_that_is_missing_or_not_in_utf_8_names_itself(tmp_path):
    path = tmp_path / "holidays.yaml"
    with pytest.raises(FaultyHolidays, match=f"{path}: No such file"):
        weekday_holidays(path)
    path.write_bytes(b"2026:\n  2026-10-01: \xff\n")
    with pytest.raises(FaultyHolidays, match=f"{path}: the file is not in UTF-8"):
        weekday_holidays(path)


# --- the check -------------------------------------------------------------------------------------------------------------


def found_on(year: int) -> list[tuple[str, str]]:
    """The messages of the check on New Year's Day in Hong Kong, which begins in the year before by UTC."""
    with mock.patch("django.utils.timezone.now", return_value=datetime(year - 1, 12, 31, 17, tzinfo=UTC)):
        return [(str(one.id), str(one.msg)) for one in checks.holidays_are_listed(None)]


def test_the_check_warns_when_next_year_is_missing():
    last = listed_years()[-1]
    said = "The general holidays of {} are missing, so they count as working days."
    assert found_on(last - 1) == []
    assert found_on(last) == [("hkguide.W004", said.format(last + 1))]
    assert found_on(last + 1) == [("hkguide.W004", said.format(year)) for year in (last + 1, last + 2)]


def test_the_check_names_a_faulty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "holidays.yaml"
    path.write_text("2026:\n  2026-10-32: National Day\n")
    fault = FaultyHolidays(f"{path}:2: 2026-10-32 is not a date. Write the date like this: 2026-12-25")
    monkeypatch.setattr(holidays, "FILE", path)
    (error,) = checks.holidays_are_listed(None)
    assert (error.id, error.msg) == ("hkguide.E005", str(fault))
