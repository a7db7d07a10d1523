"""Views catch what the domain refuses by `refusals` and `refusals_as_messages`; each handler of its own has its reason."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.support.daily import mostly_long
from tests.support.paths import APP
from tests.support.rooms import tree_of

FIRST = {"WorkflowError", "PermissionDenied", "ValidationError"}
EVERYTHING = {"Exception", "BaseException", ""}
HANDLERS = {  # function: what it catches
    "answer_at_once: NotPermitted": "a stranger is told that there is no such assessment",
    "assign: WorkflowError": "on a GET the page itself is refused, with 403",
    "draft: Locked": "a script asks, and gets a sentence with 409",
    "fill_page: NotPermitted": "what was typed is handed back with 403",
    "keep_answer: Conflict": "the page shows both versions of the answer",
    "keep_answer: InvalidAnswer": "the same call also answers in a state of the row, below",
    "keep_answer: Locked": "it is said beside the answer",
    "keep_answer: WouldHide": "the page asks whether the answers may be hidden",
    "keep_form: NotHeld": "a form that is not kept is said to be so, with 413",
    "_left_seat: NotPermitted, SeparationOfDuties": "a seat that one may not take is not offered",
    "_locked: Locked": "it asks which facts are open, and nothing was sent",
    "may_write: NotPermitted": "it asks whether somebody may write, and nothing was sent",
    "save_page: NotPermitted": "what was typed is handed back with 403",
}
TWICE = {"keep_answer: Conflict"}  # tried again where the row is one's own longer text


def kinds_of_refusals() -> set[str]:
    """Return the names of all exceptions with which the product refuses something."""
    found = set(FIRST)
    classes = [
        (node.name, {ast.unparse(base).split(".")[-1] for base in node.bases})
        for path in APP.rglob("*.py")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    ]
    before = 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, bases in classes if bases & found}
    return found


def handlers(source: str, kinds: set[str]) -> Iterator[str]:
    """Yield each handler of a refusal in a module, by the innermost function around it and what it catches."""

    def walk(node: ast.AST, function: str) -> Iterator[str]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {ast.unparse(one).split(".")[-1] if one else "" for one in caught}
            if refusals := sorted(names & (kinds | EVERYTHING)):
                yield f"{function}: {', '.join(refusals)}"
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function)

    yield from walk(ast.parse(source), "")


@pytest.mark.long
def test_views_handle_a_refusal_themselves_only_for_a_reason() -> None:
    kinds = kinds_of_refusals()
    assert {"InvalidAnswer", "Locked", "NotPermitted", "CannotInvite", "NotHeld"} <= kinds
    sources = list((APP / "views").rglob("*.py"))
    assert len(sources) > 70
    found = Counter(one for path in sources for one in handlers(path.read_text(), kinds))
    assert found == Counter({name: 2 if name in TWICE else 1 for name in HANDLERS})


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "caught",
    mostly_long(
        ["WorkflowError as error", "errors.Locked", "(ValueError, InvalidAnswer)", "NotPermitted", "Exception", ""], 3
    ),
)
def test_handler_in_whatever_form_is_found(caught: str) -> None:
    source = (
        f"def view():\n    def do():\n        try:\n            act()\n        except {caught}:\n            pass\n"
    )
    assert [one.split(":")[0] for one in handlers(source, kinds_of_refusals())] == ["do"]


@pytest.mark.long
def test_handler_of_another_fault_is_not_found() -> None:
    source = "def view():\n    try:\n        act()\n    except (OSError, BadSignature):\n        pass\n"
    assert list(handlers(source, kinds_of_refusals())) == []
