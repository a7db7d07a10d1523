"""Which rows of a table are daily."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.daily import first_of_each, mostly_long


def daily(rows: list[Any]) -> list[Any]:
    return [row for row in rows if not (isinstance(row, type(pytest.param())) and row.marks)]


def test_every_third_row_from_the_first_is_daily_and_no_row_is_lost() -> None:
    rows = mostly_long("abcdefg", 3)
    assert daily(rows) == ["a", "d", "g"]
    assert [row if isinstance(row, str) else row.values[0] for row in rows] == list("abcdefg")


def test_the_named_rows_are_daily_and_the_others_keep_their_values_ids_and_marks() -> None:
    marked = pytest.param("c", 3, id="third", marks=pytest.mark.browser)
    rows = mostly_long([("a", 1), ("b", 2), marked], [("b", 2)])
    assert daily(rows) == [("b", 2)]
    assert (rows[0].values, [mark.name for mark in rows[0].marks]) == (("a", 1), ["long"])
    assert (rows[2].values, rows[2].id) == (("c", 3), "third")
    assert [mark.name for mark in rows[2].marks] == ["browser", "long"]


@pytest.mark.parametrize("keep", [[], ["z"]], ids=["none", "a row that is not there"])
def test_what_is_kept_is_in_the_table(keep: list[str]) -> None:
    with pytest.raises(AssertionError):
        mostly_long("abc", keep)


def test_the_first_of_each_kind_is_found() -> None:
    assert first_of_each(["ant", "bee", "asp", "bat", "cow"], lambda word: word[0]) == ["ant", "bee", "cow"]
