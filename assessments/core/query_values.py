"""What an address or a form says in plain text, read in one way: whole numbers, days, moments, places in a list.

Text from outside may be as long as it likes and need not be what it should be. What cannot be read is None, so that
each caller says what then counts; what lies beyond what a database keeps is brought back to the last that it does.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils import timezone

REFERENCE = "[a-z2-9]{12}"  # as models.base.new_reference makes it
MOST_DIGITS = 18  # more than this a column of eight bytes may not hold
MOST_COUNT = 2**31 - 1  # what a column of four bytes holds: revisions, versions, counts
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def whole_number(text: object, *, most: int | None = None) -> int | None:
    """Return the number that digits write; None for anything else and for more digits than a key has. Never above `most`."""
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        return None
    number = int(text)
    return number if most is None else min(number, most)


def key(text: object) -> int:
    """Return the key of a row; 0, which no row has, where the text is none."""
    return whole_number(text) or 0


def count(text: object) -> int | None:
    """Return a revision, version or place, as a column for such numbers can hold it."""
    return whole_number(text, most=MOST_COUNT)


def reference(text: object) -> str:
    """Return the reference of an object; empty, which no object has, where the text is none."""
    return text if isinstance(text, str) and re.fullmatch(REFERENCE, text) else ""


def within(day: date) -> date:
    """Return the same day, or the nearest at which neither a day more nor another time zone leaves the calendar."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def one_line(text: object, most: int = 0) -> str:
    """Return the text without line breaks: white space of every kind becomes one space. So it may stand in a mail's subject.

    `most`: of so many signs, with an ellipsis for the rest.
    """
    line = " ".join(str(text).split())
    return f"{line[: most - 1].rstrip()}…" if most and len(line) > most else line


# --- the places of lists that are shown page by page: ValueError where a text is none ----------------------------------


def place_number(text: str) -> int:
    number = whole_number(text.removeprefix("-"))
    if number is None:
        raise ValueError("not a number that a database can store")
    return -number if text.startswith("-") else number


def place_word(text: str) -> str:
    if "\x00" in text:
        raise ValueError("PostgreSQL cannot store this character")
    return text


def place_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if timezone.is_naive(moment) or within(moment.date()) != moment.date():
        raise ValueError("not a valid date and time")
    return moment
