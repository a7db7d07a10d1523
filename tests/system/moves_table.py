"""The life of an assessment as docs/architecture.md shows it, drawn from the code.

`HKGUIDE_DEBUG=1 .venv/bin/python -m tests.system.moves_table` writes the table anew into the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.run import ROOT

PAGE = ROOT / "docs" / "architecture.md"
TABLE = re.compile(r"(?<=<!-- moves -->\n).*?(?=<!-- /moves -->)", re.DOTALL)
MOVING = {"move", "_move"}
"""The function that makes a move; its second argument is the new state."""


def targets_of(call: ast.Call) -> Iterator[str]:
    """Yield the names of the states to which a call may move an assessment."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in MOVING or len(call.args) != 2:
        return
    for node in ast.walk(call.args[1]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "State":
            yield node.attr


def movers(folder: Path) -> dict[str, set[str]]:
    """Return for each state the names of the functions below a folder that move an assessment to it."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    for state in targets_of(node):
                        found.setdefault(state, set()).add(function.name)
    return found


def moves_table() -> str:
    """Draw the table in Markdown: one row for each state, with the states that may follow and what leads to it."""
    from assessments.domain.workflow import MOVES
    from assessments.models import State

    by = movers(ROOT / "assessments")
    lines = ["| state | pages say | may go on to | reached by |", "|---|---|---|---|"]
    for state in State:
        following = ", ".join(f"`{other}`" for other in State if other in MOVES[state]) or "nothing: it is final"
        functions = ", ".join(f"`{name}`" for name in sorted(by.get(state.name, ())))
        lines.append(f"| `{state}` | {state.label} | {following} | {functions} |")
    return "\n".join(lines) + "\n"


def written_table() -> str:
    """Return the table as the page has it."""
    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found is not None, "docs/architecture.md has no <!-- moves --> … <!-- /moves -->"
    return found[0]


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
    django.setup()
    table = moves_table()
    PAGE.write_text(TABLE.sub(lambda _found: table, PAGE.read_text("utf-8")), "utf-8")
