"""One file writes the rows of messages, one enum has their kinds, and each kind has its words in one function."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from assessments.models import Message
from assessments.notifications import texts
from assessments.notifications.kinds import NEWS, MessageKind
from tests.support.paths import APP
from tests.support.rooms import tree_of

INBOX = "notifications/inbox.py"


def name_of(node: ast.expr) -> str:
    """The last word of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def rows_touched(tree: ast.AST) -> Iterator[int]:
    """The lines with `Message.objects` or another manager of it, and with `Message(...)`."""
    for node in ast.walk(tree):
        manager = isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}
        if manager and name_of(node.value) == "Message":
            yield node.lineno
        if isinstance(node, ast.Call) and name_of(node.func) == "Message":
            yield node.lineno


@pytest.mark.parametrize(
    "source",
    [
        "Message.objects.all()",
        "models.Message.objects.create()",
        "Message(kind='x').save()",
        "Message._default_manager.all()",
    ],
)
def test_a_file_that_touches_rows_of_messages_is_found(source):
    assert list(rows_touched(ast.parse(source))) == [1]


@pytest.mark.long
def test_one_file_touches_the_rows_of_messages():
    found = {
        str(path.relative_to(APP))
        for path in APP.rglob("*.py")
        if "migrations" not in path.parts and any(rows_touched(tree_of(path)))
    }
    assert found == {INBOX}


@pytest.mark.long
def test_messages_are_imported_under_their_own_name():
    """So the search above sees them: no file gives the model another name."""
    for path in APP.rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom):
                assert not [one for one in node.names if one.name == "Message" and one.asname], path


def test_every_kind_has_a_text_and_every_text_a_kind():
    named = Counter[str]()
    for path in (APP / "notifications" / "texts").glob("*.py"):
        for node in ast.walk(tree_of(path)):
            for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                assert isinstance(mark, ast.Call)
                assert name_of(mark.func) == "text_of"
                named[name_of(mark.args[0])] += 1
    assert named == Counter(kind.name for kind in MessageKind)
    assert set(texts.TEXTS) == set(MessageKind)


@pytest.mark.parametrize("kind", MessageKind)
def test_the_text_of_a_kind_is_the_function_with_its_name(kind):
    assert texts.TEXTS[kind].__name__ == kind.value


def test_every_kind_fits_its_column():
    longest = Message._meta.get_field("kind").max_length
    assert [kind for kind in MessageKind if len(kind) > longest] == []


def test_the_news_are_kinds():
    assert set(MessageKind) > NEWS


def sentences(tree: ast.AST) -> Iterator[int]:
    """The lines that pass a subject or a text to `notify`, instead of a context."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in {"notify", "_notify", "notify_of"}:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and name_of(inner.func) in {"_", "gettext", "ngettext"}:
                    yield inner.lineno


@pytest.mark.long
def test_callers_of_notify_bring_values_and_no_sentences():
    found = [f"{path.relative_to(APP)}:{line}" for path in APP.rglob("*.py") for line in sentences(tree_of(path))]
    assert found == []
