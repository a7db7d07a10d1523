"""Which tests each run takes: by markers, never by the name of a file, and no test is forgotten."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import run
from tests.conftest import COLLECTED, note_files_of_the_second_run, pytest_ignore_collect

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
