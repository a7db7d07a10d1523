"""Each of the 96 checks of the security test is held by tests that are there; tests/data/security-checks.yaml names them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import Any

import pytest
import yaml

from tests.run import ROOT

CHECKS: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests/data/security-checks.yaml").read_text("utf-8"))["checks"]
# Checks of which a named test is not in the tree yet. This only ever gets shorter: a number whose tests are all there has
# to be taken out.
WAITING: set[int] = set()


@cache
def found_in(path: str) -> dict[str, bool]:
    """The tests of a file, and whether each is read in the long run alone. Empty where there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return {}
    tree = ast.parse(file.read_text("utf-8"))
    marks = [
        ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)
    ]
    everywhere = any("mark.long" in mark for mark in marks)
    return {
        node.name: everywhere or any(ast.unparse(each).startswith("pytest.mark.long") for each in node.decorator_list)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named(check: dict[str, Any]) -> list[tuple[str, str]]:
    """File and function of each test of a check."""
    full = (
        name.replace("S/", "tests/system/security/", 1) if name.startswith("S/") else name for name in check["tests"]
    )
    return [(path, function) for path, _, function in (name.partition("::") for name in full)]


def missing(check: dict[str, Any]) -> list[str]:
    return [f"{path}::{function}" for path, function in named(check) if function not in found_in(path)]


def test_all_checks_are_there_once_each_with_words_and_tests() -> None:
    assert [check["number"] for check in CHECKS] == list(range(1, 97))
    assert len({check["what"] for check in CHECKS}) == 96
    for check in CHECKS:
        assert str(check["found"]).split()[0] in {"held", "partly", "failed", "not"}, check["number"]
        assert check["tests"], check["number"]
        assert len(set(check["tests"])) == len(check["tests"]), check["number"]


def test_all_findings_are_held_by_a_test() -> None:
    words = " ".join(str(check["found"]) for check in CHECKS).replace(",", " ").split()
    assert {word for word in words if word[0] == "F"} == {f"F{n}" for n in range(1, 33)} - {"F16"}
    # F16, what accounts leave in the log, has no row of its own.
    assert "test_signing_in_and_out_stand_in_the_log_with_the_place" in found_in(
        "tests/system/security/test_account_log.py"
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check["number"]))
def test_the_tests_of_a_check_are_there_and_one_of_them_is_read_daily(check: dict[str, Any]) -> None:
    if check["number"] in WAITING:
        assert missing(check), f"All tests of {check['number']} are there: take it out of WAITING"
        return
    assert missing(check) == []
    assert not all(found_in(path)[function] for path, function in named(check))


def test_a_test_that_is_not_there_would_be_missed() -> None:
    here = "tests/system/security/test_every_check.py"
    assert missing({"tests": [f"{here}::test_all_checks_are_there_once_each_with_words_and_tests"]}) == []
    assert missing({"tests": [f"{here}::test_of_nothing", "tests/test_nowhere.py::test_x"]}) != []


# --- what the documents name ---------------------------------------------------------------------------------------------------

DOCUMENTS = ("SECURITY.md", "docs/threat-model.md", "docs/asvs.md", "docs/security-scans.md")
# Files that these name and that are not in the tree yet; it only ever gets shorter, as WAITING does.
STILL_TO_COME: set[str] = set()


def is_there(name: str) -> bool:
    """A test by its stem, a module below assessments/, or a file by its path from the top."""
    if name.startswith("test_"):
        return any((ROOT / "tests").rglob(f"{name}.py"))
    return any((ROOT / room / name).exists() for room in ("assessments", "docs", "."))


def test_what_the_documents_name_is_there() -> None:
    named_there = {
        name
        for document in DOCUMENTS
        for name in re.findall(r"`(test_\w+|[\w/.-]+\.(?:py|md|conf|txt|toml))`", (ROOT / document).read_text("utf-8"))
    } - {"/.well-known/security.txt"}
    assert len(named_there) > 80
    assert {name for name in named_there if not is_there(name)} == STILL_TO_COME


def test_the_table_of_asvs_has_each_requirement_once() -> None:
    """How many of levels 1 and 2 each chapter has in the released text; 10 and 17 are left out as a whole."""
    have = [
        number
        for numbers in re.findall(
            r"^\| ([\d., ]+) \| [12] \|", (ROOT / "docs/asvs.md").read_text("utf-8"), re.MULTILINE
        )
        for number in numbers.split(", ")
    ]
    assert len(set(have)) == len(have)
    chapters = Counter(number.split(".")[0] for number in have)
    counts = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16}
    assert {int(chapter): count for chapter, count in chapters.items()} == counts
