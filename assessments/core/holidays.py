"""Hong Kong's general holidays: named data in fixtures/holidays.yaml, one list of days a year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from django.conf import settings

FILE = settings.BASE_DIR / "fixtures" / "holidays.yaml"


class FaultyHolidays(Exception):
    """Raised when the list of holidays cannot be read. The message names the file, the line and the key."""


@cache
def weekday_holidays(path: Path = FILE) -> tuple[date, ...]:
    """Return the general holidays that fall on a day from Monday to Friday, in order. The file is read once."""
    return tuple(day for days in _read(path).values() for day in days if day.weekday() < 5)


def listed_years(path: Path | None = None) -> tuple[int, ...]:
    """Return the years whose holidays are listed, in order."""
    return tuple(_read(path or FILE))


@cache
def _read(path: Path) -> dict[int, tuple[date, ...]]:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise FaultyHolidays(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FaultyHolidays(f"{path}: the file is not in UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FaultyHolidays(f"{path}:{line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise FaultyHolidays(f"{path}: {error}") from error
    if root is None:
        raise FaultyHolidays(f"{path}: the file lists no year")
    found: dict[int, tuple[date, ...]] = {}
    for key, value in _pairs(path, root, "the file"):
        if not (key.value.isdecimal() and len(key.value) == 4):
            raise _fault(path, key, "is not a year")
        year = int(key.value)
        if found and year <= max(found):
            raise _fault(path, key, f"comes after {max(found)}. List each year once, earliest year first")
        found[year] = _days(path, key.value, value)
    return found


def _days(path: Path, year: str, node: yaml.Node) -> tuple[date, ...]:
    """Read the days of one year: at least one, in order, and each of that year and with its name."""
    found: list[date] = []
    for key, name in _pairs(path, node, year):
        try:
            day = date.fromisoformat(key.value)
        except ValueError:
            raise _fault(path, key, f"is not a date. Write the date like this: {year}-12-25") from None
        if day.year != int(year):
            raise _fault(path, key, f"is not in the year {year}")
        if found and day <= found[-1]:
            raise _fault(path, key, f"comes after {found[-1]}. List each day once, earliest day first")
        if not (isinstance(name, yaml.ScalarNode) and name.value):
            raise _fault(path, key, "has no name")
        found.append(day)
    return tuple(found)


def _pairs(path: Path, node: yaml.Node, name: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Yield the keys and values of a mapping that has at least one."""
    line = node.start_mark.line + 1
    if not (isinstance(node, yaml.MappingNode) and node.value):
        raise FaultyHolidays(f"{path}:{line}: {name}: write at least one line of the form “key: value”")
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FaultyHolidays(f"{path}:{key.start_mark.line + 1}: {name}: a key must be a single word")
        yield key, value


def _fault(path: Path, key: yaml.ScalarNode, message: str) -> FaultyHolidays:
    return FaultyHolidays(f"{path}:{key.start_mark.line + 1}: {key.value} {message}")
