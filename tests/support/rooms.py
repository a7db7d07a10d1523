"""The rooms of the house in their order, and which file and which import belongs to which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import APP, ROOT

ROOMS = ["guideline", "scoring", "core", "models", "templatetags", "access", "audit", "notifications", "documents", "domain.storage", "domain.portfolio", "domain.workflow", "domain.remediation", "domain.certificates", "domain.facts", "domain.answering", "domain.evidence", "domain.review", "domain.submission", "exchange", "domain.register", "accounts", "scheduled", "scheduled_tasks", "worker", "forms", "views.wording", "views.site", "views.assessment", "views.facts", "views.evidence", "views.remediation", "views.review", "views.certificates", "views.audit", "views.register", "views.home", "management", "urls"]  # fmt: skip
"""A room imports only rooms that stand before it. What is in no room here is exempt: admin, apps, checks, migrations."""

EXEMPT = {"admin", "apps", "checks", "migrations", ""}
SOURCES = sorted(path for path in APP.rglob("*.py") if "migrations" not in path.parts)
PRODUCT = [*SOURCES, *sorted((ROOT / "hkguide").rglob("*.py")), ROOT / "manage.py"]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def module_of(path: Path) -> str:
    """Return the dotted name of a file inside of the app: `domain.review.seats`."""
    return ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def room_of(module: str) -> str:
    """Return the room of a dotted name inside of the app; empty for what is exempt."""
    parts = module.split(".")
    for room in (".".join(parts[:2]), parts[0]):
        if room in ROOMS:
            return room
    assert parts[0] in EXEMPT or module in {"domain", "views"}, f"{module} is in no room: add it to the list"
    return ""


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name (inside of the app) of every import: at the top, in functions, for types, by a string."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "assessments":
                for alias in node.names:
                    yield node.lineno, f"{module}.{alias.name}".removeprefix("assessments.")
            case ast.Import():
                for alias in node.names:
                    if alias.name.split(".")[0] == "assessments":
                        yield node.lineno, alias.name.removeprefix("assessments").removeprefix(".")
            case ast.Constant(value=str(text)) if (
                text.startswith("assessments.") and text.replace(".", "").isidentifier()
            ):
                if (APP / text.split(".")[1]).exists() or (APP / f"{text.split('.')[1]}.py").exists():
                    yield node.lineno, text.removeprefix("assessments.")
