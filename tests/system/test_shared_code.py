"""No test imports another: what several tests share is in a module that holds no tests, and moves on its own."""

from __future__ import annotations

import ast
import re

import pytest

from tests.run import ROOT

TESTS = ROOT / "tests"


def imported_tests(text: str) -> set[str]:
    """Return the test modules that a source imports. Programs inside of strings count too: tests start them."""
    tree = ast.parse(text)
    sources = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    found = set(re.findall(r"\b(?:from|import) (tests(?:\.\w+)*\.test_\w+)", "\n".join(sources)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        else:
            continue
        found |= {name for name in names if name.startswith(("tests", ".")) and is_test(name)}
    return found


def is_test(name: str) -> bool:
    return any(part.startswith("test_") for part in name.split("."))


@pytest.mark.long
def test_no_test_and_no_helper_imports_a_test() -> None:
    found = {
        str(path.relative_to(TESTS)): imported
        for path in sorted(TESTS.rglob("*.py"))
        if (imported := imported_tests(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from tests.HERE import a", True),
        ("from tests import HERE", True),
        ("from tests.domain import (\n    helper,\n    HERE,\n)", True),
        ("from . import HERE", True),
        ("import tests.domain.HERE", True),
        ("def f():\n    from tests.HERE import a", True),
        ("SEED = 'from tests.HERE import a'", True),
        ("from tests.support.factories import make_cast", False),
        ("from django.test.utils import override_settings", False),
    ],
)
def test_an_imported_test_is_found(text: str, found: bool) -> None:
    assert bool(imported_tests(text.replace("HERE", "test_one"))) is found
