"""Who may import whom: the table of the architecture, read from the source with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "assessments"
ALL = {
    "guideline", "scoring", "models", "access", "declaring", "workflow", "documents", "forms", "templatetags", "errors",
    "tasks", "views", "accounts", "evidence", "teamwork", "exchange", "starting", "origins", "desk",
    "core", "audit",
    "gates", "conformity", "reviewing", "staleness", "holding", "changing",
    "acting", "domain", "desk_rows", "reopening", "standing", "notifications", "sweeping",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "guideline": set(),
    "errors": set(),
    "scoring": {"guideline"},
    "origins": set(),
    "core": {"errors", "origins"},
    "models": {"guideline", "scoring", "origins", "core"},
    "access": {"core", "models", "errors"},
    "desk_rows": {"models", "access"},
    "tasks": set(),  # what a task needs it imports inside the function, since workflow starts it
    "reopening": {"guideline", "models"},
    "staleness": {"audit", "guideline", "models", "tasks"},
    "declaring": {
        "audit",
        "core",
        "guideline",
        "scoring",
        "models",
        "access",
        "errors",
        "reopening",
        "staleness",
        "domain",
    },
    "domain": {
        "notifications",
        "core",
        "guideline",
        "scoring",
        "models",
        "access",
        "errors",
        "tasks",
        "declaring",
        "teamwork",
        "acting",
        "starting",
        "audit",
        "desk",
        "reviewing",
        "staleness",
    },
    "acting": {
        "notifications",
        "core",
        "domain",
        "guideline",
        "models",
        "access",
        "errors",
        "tasks",
        "declaring",
        "reopening",
    },
    "reviewing": {"audit", "core", "guideline", "models", "access", "errors", "declaring", "domain"},
    "gates": {"domain", "guideline", "models"},
    "conformity": {"audit", "domain", "guideline", "models", "access", "errors"},
    "workflow": {
        "notifications",
        "core",
        "domain",
        "guideline",
        "scoring",
        "models",
        "access",
        "errors",
        "tasks",
        "declaring",
        "acting",
        "gates",
        "holding",
        "reviewing",
        "staleness",
    },
    "standing": {
        "notifications",
        "core",
        "domain",
        "guideline",
        "models",
        "access",
        "errors",
        "tasks",
        "declaring",
        "acting",
    },
    "notifications": {"core", "guideline", "models", "access", "tasks"},
    "sweeping": {
        "domain",
        "models",
        "tasks",
        "accounts",
        "audit",
        "core",
        "acting",
        "standing",
        "notifications",
        "staleness",
        "workflow",
    },
    "desk": {
        "notifications",
        "core",
        "domain",
        "guideline",
        "models",
        "access",
        "errors",
        "declaring",
        "starting",
        "standing",
    },
    "evidence": {"core", "domain", "guideline", "models", "access", "errors", "declaring", "staleness"},
    "teamwork": {"core", "guideline", "scoring", "models", "access", "errors", "tasks", "declaring", "notifications"},
    "holding": {
        "audit",
        "core",
        "domain",
        "guideline",
        "scoring",
        "models",
        "access",
        "errors",
        "declaring",
        "reviewing",
        "notifications",
    },
    "changing": {
        "audit",
        "core",
        "guideline",
        "models",
        "access",
        "errors",
        "declaring",
        "domain",
        "staleness",
        "starting",
        "workflow",
    },
    "exchange": {"core", "guideline", "models", "errors"},
    "audit": {"models", "access", "errors", "origins", "core"},
    "starting": {"audit", "core", "guideline", "scoring", "models", "access", "errors", "declaring", "exchange"},
    "documents": {"core", "errors", "guideline", "scoring", "models"},
    "forms": {"core", "guideline", "models", "access", "errors", "accounts"},
    "templatetags": {"guideline", "models"},
    "checks": {"core"},
    "accounts": {"models", "access", "errors", "origins", "core", "audit", "notifications", "tasks"},
    "apps": {"checks"},
    "views": ALL,
    "urls": {"core", "views"},
    "admin": ALL,
    "management": ALL,
    "migrations": {"models"},
}


def part_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the parts of the app that a file imports at its top level."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        for inner in ast.walk(node) if not isinstance(node, ast.FunctionDef | ast.ClassDef) else ():
            if isinstance(inner, ast.ImportFrom) and inner.module and inner.module.startswith("assessments"):
                names = inner.module.split(".")[1:]
                yield from [names[0]] if names else [alias.name for alias in inner.names]
            elif isinstance(inner, ast.Import):
                yield from (a.name.split(".")[1] for a in inner.names if a.name.startswith("assessments."))


SOURCES = sorted(p for p in APP.rglob("*.py") if p.name != "__init__.py" or p.parent != APP)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(APP)))
def test_a_part_imports_only_what_lies_below_it(path):
    part = part_of(path)
    assert set(imported(path)) - {part} <= MAY_IMPORT[part]


@pytest.mark.parametrize("path", sorted((APP / "views").glob("*.py")), ids=lambda p: p.name)
def test_views_reach_rows_through_access_alone(path):
    asked = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Attribute) and n.attr == "objects"]
    assert [node.lineno for node in asked] == []


def test_the_pure_parts_know_no_framework():
    for part in ("guideline", "scoring"):
        for path in (APP / part).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not [m for m in modules if m.split(".")[0] in ("django", "celery", "weasyprint")], path


def test_weasyprint_is_imported_in_one_place():
    users = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("weasyprint"))
        or (isinstance(node, ast.Import) and any(a.name.startswith("weasyprint") for a in node.names))
    }
    assert users == {"documents/engine.py", "checks.py"}
