"""Which tests each run takes: by markers, never by the name of a file, and no test is forgotten."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import run
from tests.conftest import COLLECTED, note_files_of_the_second_run, pytest_ignore_collect, rows_for_the_long_run

TESTS = run.ROOT / "tests"
TEST_FILES = sorted(TESTS.rglob("test_*.py"))
SELECTING = [TESTS / "run.py", TESTS / "support" / "mutants.py", *sorted(TESTS.rglob("conftest.py"))]
DAILY = (run.SQLITE_DAILY, run.POSTGRESQL_DAILY)
EXPRESSIONS = (*DAILY, run.SQLITE_DAILY_WITHOUT_POSTGRESQL, run.SQLITE_LONG, run.POSTGRESQL_LONG, run.GUARDS)


def words_of(expression: str) -> set[str]:
    return set(re.findall(r"\w+", expression)) - {"and", "or", "not"}


def is_forgotten(markers: frozenset[str]) -> bool:
    """Whether no daily run takes a test with these markers, though it is neither long nor a test of the tests."""
    return not markers & {"long", "guards"} and not any(run.selects(expression, markers) for expression in DAILY)


@pytest.mark.parametrize("path", SELECTING, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_file_name_of_a_test_stands_where_tests_are_selected(path: Path) -> None:
    words = set(re.findall(r"\w+", path.read_text("utf-8")))
    assert words & {file.stem for file in TEST_FILES} == set()


def test_each_expression_uses_registered_markers_alone(request: pytest.FixtureRequest) -> None:
    registered = {re.split(r"[:(]", line)[0] for line in request.config.getini("markers")}
    for expression in EXPRESSIONS:
        assert words_of(expression) <= registered, expression


def test_each_test_is_in_a_daily_run(request: pytest.FixtureRequest) -> None:
    """In a run of the whole suite this is asked of each test; in a run of some files, of theirs."""
    found = request.config.stash[COLLECTED]
    assert request.node.nodeid in found
    assert [name for name, markers in found.items() if is_forgotten(markers)] == []


@pytest.mark.parametrize(
    ("markers", "forgotten"),
    [
        ({"database"}, False),
        ({"database", "sqlite_alone"}, False),
        ({"database", "postgresql_alone"}, False),
        ({"database", "postgresql_alone", "long"}, False),
        ({"database", "sqlite_alone", "postgresql_alone"}, True),
        ({"database", "browser", "postgresql_alone"}, True),
        ({"postgresql_alone"}, True),
    ],
)
def test_a_test_that_no_daily_run_takes_is_found(markers: set[str], forgotten: bool) -> None:
    assert is_forgotten(frozenset(markers)) is forgotten


FOUND = [
    (TESTS / "models" / "test_rows.py", frozenset({"database"})),
    (TESTS / "models" / "test_rows.py", frozenset({"database", "sqlite_alone"})),
    (TESTS / "views" / "test_page.py", frozenset({"database", "sqlite_alone"})),
    (TESTS / "views" / "test_page.py", frozenset({"database", "browser"})),
    (TESTS / "scoring" / "test_rules.py", frozenset()),
]


@pytest.mark.parametrize("expression", [run.POSTGRESQL_DAILY, run.POSTGRESQL_LONG])
def test_second_run_leaves_unread_each_file_of_which_it_takes_no_test(
    expression: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def left_unread(markers: str) -> set[str]:
        config: Any = SimpleNamespace(option=SimpleNamespace(markexpr=markers))
        paths = [*dict(FOUND), TESTS / "conftest.py", TESTS / "support" / "world.py", TESTS / "views"]
        return {path.name for path in paths if pytest_ignore_collect(path, config)}

    monkeypatch.setenv("HKGUIDE_TEST_SECOND", expression)
    monkeypatch.setenv("HKGUIDE_TEST_SECOND_FILES", str(tmp_path / "files"))
    assert left_unread(expression) == set()  # nothing was written down
    note_files_of_the_second_run(FOUND)
    unread = {"test_rules.py"} if expression == run.POSTGRESQL_LONG else {"test_rules.py", "test_page.py"}
    assert left_unread(expression) == unread
    assert left_unread(run.SQLITE_DAILY) == set()


def rows_of_a_table(name: str, number: int, *markers: pytest.Mark) -> list[Any]:
    """Rows of a parametrized test, as far as the choice among them looks at them."""
    own = {mark.name: mark for mark in markers}
    return [SimpleNamespace(nodeid=f"test_x.py::{name}[{row}]", get_closest_marker=own.get) for row in range(number)]


@pytest.mark.parametrize(
    ("few", "daily"), [(1, [0]), (3, [0, 3, 6]), (4, [0, 2, 5, 7]), (10, list(range(10))), (99, list(range(10)))]
)
def test_of_a_table_with_a_few_rows_a_day_these_are_daily(few: int, daily: list[int]) -> None:
    table = rows_of_a_table("test_table", 10, pytest.mark.few_a_day(few).mark)
    left = rows_for_the_long_run([*rows_of_a_table("test_whole_table", 5), *table])
    assert [place for place, row in enumerate(table) if row not in left] == daily
    assert len(left) == 10 - len(daily)


def test_each_table_is_counted_by_itself_and_rows_that_are_long_anyway_do_not_count() -> None:
    few = pytest.mark.few_a_day(1).mark
    first, second = rows_of_a_table("test_first", 2, few), rows_of_a_table("test_second", 2, few)
    long = rows_of_a_table("test_first", 2, few, pytest.mark.long.mark)
    assert rows_for_the_long_run([*long, *first, *second]) == [first[1], second[1]]


def is_without_daily_tests(found: dict[str, frozenset[str]]) -> set[str]:
    """The files with long tests of which no daily run takes a test."""
    files: dict[str, list[bool]] = {}
    for name, markers in found.items():
        files.setdefault(name.partition("::")[0], []).append("long" in markers)
    return {file for file, long in files.items() if all(long)}


def test_a_file_with_long_tests_has_daily_ones_or_names_their_sibling(request: pytest.FixtureRequest) -> None:
    """In a run of the whole suite this is asked of each file; in a run of some files, of theirs."""
    without = is_without_daily_tests(request.config.stash[COLLECTED])
    assert [file for file in without if "daily" not in (run.ROOT / file).read_text("utf-8").lower()] == []


def test_a_file_of_which_no_daily_run_takes_a_test_is_found() -> None:
    long, daily = frozenset({"long"}), frozenset({"database"})
    found = {"a.py::one": long, "a.py::two": daily, "b.py::one[x]": long, "b.py::one[y]": long, "c.py::one": daily}
    assert is_without_daily_tests(found) == {"b.py"}
