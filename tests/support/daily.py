"""Which rows of a long table a test takes each day. `make test-long` takes all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import Any

import pytest


def mostly_long(rows: Iterable[Any], keep: int | Collection[Any]) -> list[Any]:
    """Return the rows of a parametrized test, with those that are not kept for each day marked `long`.

    A row is a value, a tuple of values, or what `pytest.param` gives. `keep` is a number, for the first row and every so
    many after it, or the kept rows themselves. The choice depends on the table alone: each day meets the same rows, the
    small sibling of the whole table. One row a kind fails when what the rows share breaks, and that is what changes from
    day to day; what one row alone can find waits for the long run.
    """
    found = list(rows)
    kept = found[::keep] if isinstance(keep, int) else list(keep)
    assert kept
    assert all(row in found for row in kept), [row for row in kept if row not in found]
    return [row if row in kept else as_long(row) for row in found]


def first_of_each(rows: Iterable[Any], kind: Callable[[Any], Hashable]) -> list[Any]:
    """Return the first row of each kind, in the order of the table."""
    firsts: dict[Hashable, Any] = {}
    for row in rows:
        firsts.setdefault(kind(row), row)
    return list(firsts.values())


def as_long(row: Any) -> Any:
    """Return a row that only the long run takes."""
    if isinstance(row, type(pytest.param())):
        return pytest.param(*row.values, id=row.id, marks=[*row.marks, pytest.mark.long])
    return pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.long)
