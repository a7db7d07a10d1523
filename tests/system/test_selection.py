"""Which tests each run takes: by markers, never by the name of a file, and no test is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import run
from tests.conftest import COLLECTED, WHOLE_FILE_ON_SQLITE

TESTS = run.ROOT / "tests"
TEST_FILES = sorted(TESTS.rglob("test_*.py"))
SELECTING = [TESTS / "run.py", TESTS / "support" / "mutants.py", *sorted(TESTS.rglob("conftest.py"))]
DAILY = (run.SQLITE_DAILY, run.POSTGRESQL_DAILY)
EXPRESSIONS = (*DAILY, run.SQLITE_DAILY_WITHOUT_POSTGRESQL, run.SQLITE_LONG, run.POSTGRESQL_LONG, run.GUARDS)


def words_of(expression: str) -> set[str]:
    return set(re.findall(r"\w+", expression)) - {"and", "or", "not"}


def selects(expression: str, markers: frozenset[str]) -> bool:
    """Whether pytest takes a test with these markers when it is given the expression with `-m`."""
    return bool(eval(expression, {name: name in markers for name in words_of(expression)}))


def is_forgotten(markers: frozenset[str]) -> bool:
    """Whether no daily run takes a test with these markers, though it is neither long nor a test of the tests."""
    return not markers & {"long", "guards"} and not any(selects(expression, markers) for expression in DAILY)


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


@pytest.mark.parametrize(
    ("text", "left_unread"),
    [
        ("pytestmark = pytest.mark.sqlite_alone\n", True),
        ("pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(3)]\n", True),
        ("pytestmark = [\n    pytest.mark.django_db,\n    pytest.mark.sqlite_alone,\n]\n", True),
        ("pytestmark = pytest.mark.django_db\n\n\n@pytest.mark.sqlite_alone\ndef test_it(): ...\n", False),
        ("pytestmark = [\n    pytest.mark.django_db,\n]\n\n\n@pytest.mark.sqlite_alone\ndef test_it(): ...\n", False),
    ],
    ids=["one marker", "a list", "a long list", "one test", "one test after a long list"],
)
def test_a_file_is_left_unread_only_when_its_marker_covers_all_of_it(text: str, left_unread: bool) -> None:
    assert bool(WHOLE_FILE_ON_SQLITE.search(text)) is left_unread
