"""The rooms of the house in their order, and the rules that keep it: who imports whom, how long a file and a function may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import APP, ROOT
from tests.support.rooms import PRODUCT, ROOMS, SOURCES, imported, module_of, room_of, tree_of

MOST_LINES, MOST_LINES_OF_A_FUNCTION, MOST_PARAMETERS = 500, 60, 7
TOO_LONG: dict[str, str] = {}
"""Files of more than MOST_LINES, each with its reason."""
TOO_MUCH: dict[str, str] = {}
"""Functions that are too long or take too many parameters, as `file:name`, each with its reason."""


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_a_room_imports_only_rooms_that_stand_before_it(path: Path) -> None:
    own = room_of(module_of(path))
    wrong = {
        f"line {line}: {name}"
        for line, name in imported(tree_of(path))
        if own and (room := room_of(name)) and room != own and ROOMS.index(room) > ROOMS.index(own)
    }
    assert wrong == set()


def test_the_order_finds_an_import_of_a_later_room_wherever_it_stands() -> None:
    source = """
from assessments.domain import review
if TYPE_CHECKING:
    from assessments.views.site import public
def late():
    import assessments.forms.fields
    return import_string("assessments.views.home.dashboard")
"""
    names = {name for _line, name in imported(ast.parse(source))}
    assert names == {"domain.review", "views.site.public", "forms.fields", "views.home.dashboard"}
    assert [room_of(name) for name in sorted(names)] == ["domain.review", "forms", "views.home", "views.site"]


def test_the_pure_rooms_know_no_framework() -> None:
    for room in ("guideline", "scoring"):
        for path in (APP / room).rglob("*.py"):
            assert not set(modules_in(path)) & {"django", "celery", "weasyprint"}, path


def modules_in(path: Path) -> Iterator[str]:
    """Yield the first part of each module that a file imports."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", sorted((APP / "domain").rglob("*.py")), ids=module_of)
def test_the_domain_knows_no_page(path: Path) -> None:
    names = {alias.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {node.module for node in ast.walk(tree_of(path)) if isinstance(node, ast.ImportFrom)}
    assert not {
        module
        for module in modules
        if module and module.startswith(("django.http", "django.forms", "django.shortcuts"))
    }
    assert "django.http" not in {f"{module}.{name}" for module in modules for name in names if module == "django"}


@pytest.mark.long
def test_addresses_of_messages_are_made_in_one_module() -> None:
    rooms = [*(APP / "domain").rglob("*.py"), *(APP / "notifications").rglob("*.py")]
    users = {
        str(path.relative_to(APP))
        for path in rooms
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom | ast.Import) and "reverse" in {alias.name for alias in node.names}
    }
    assert users == {"notifications/links.py"}


@pytest.mark.parametrize("path", sorted((APP / "views").rglob("*.py")), ids=module_of)
def test_views_reach_rows_through_finders_alone(path: Path) -> None:
    asked = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute) and node.attr == "objects"]
    assert [node.lineno for node in asked] == []


@pytest.mark.long
def test_weasyprint_is_imported_in_one_place() -> None:
    users = {str(path.relative_to(APP)) for path in SOURCES if "weasyprint" in modules_in(path)}
    assert users == {"documents/engine.py"}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {str(path.relative_to(ROOT)) for path in PRODUCT if len(path.read_text("utf-8").splitlines()) > MOST_LINES}
    assert long == set(TOO_LONG)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count what a caller may give: `self` and `cls` are given by Python."""
    given = [*node.args.posonlyargs, *node.args.args]
    own = bool(given) and given[0].arg in {"self", "cls"}
    return len(given) - own + len(node.args.kwonlyargs) + bool(node.args.vararg) + bool(node.args.kwarg)


@pytest.mark.long
def test_no_function_is_too_long_or_takes_too_much() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in PRODUCT
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION or parameters_of(node) > MOST_PARAMETERS
    }
    assert found == set(TOO_MUCH)


def test_no_file_is_named_by_a_number() -> None:
    assert [path for path in PRODUCT if any(letter.isdigit() for letter in path.stem)] == []
