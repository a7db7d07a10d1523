"""No sentence decides anything: it reads differently in each language. Codes are compared, never translated text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.paths import APP

TRANSLATES = {
    "_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext",
    "npgettext_lazy",
}  # fmt: skip
LOOKS_UP = {"count", "endswith", "find", "get", "index", "partition", "pop", "removeprefix", "startswith"}


class Sentences:
    """Tells which expressions of one function are translated text, or hold it."""

    def __init__(self, function: ast.AST) -> None:
        self.names: set[str] = set()
        nodes = list(ast.walk(function))
        before = -1
        while len(self.names) > before:  # a name may come from a name
            before = len(self.names)
            for node in nodes:
                if isinstance(node, ast.Assign) and self.holds(node.value):
                    self.names |= {one.id for one in node.targets if isinstance(one, ast.Name)}
                elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                    if isinstance(node.target, ast.Name) and self.holds(node.value):
                        self.names.add(node.target.id)
                elif isinstance(node, ast.For | ast.comprehension) and self.holds(node.iter):
                    self.names |= {node.target.id} if isinstance(node.target, ast.Name) else set()

    def holds(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in TRANSLATES:
                return True
            case ast.Call(func=ast.Name(id="str"), args=[one]):
                return self.holds(one)
            case ast.Name(id=name):
                return name in self.names
            case ast.BinOp(left=left, op=ast.Mod()):
                return self.holds(left)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.holds(left) or self.holds(right)
            case ast.IfExp(body=body, orelse=orelse):
                return self.holds(body) or self.holds(orelse)
            case ast.List(elts=elts) | ast.Set(elts=elts):
                return any(self.holds(one) for one in elts)
            case ast.ListComp(elt=elt) | ast.SetComp(elt=elt) | ast.GeneratorExp(elt=elt):
                return self.holds(elt)
            case ast.JoinedStr(values=values):
                return any(isinstance(one, ast.FormattedValue) and self.holds(one.value) for one in values)
        return False


def compared(source: str) -> Iterator[str]:
    """Yield each place of a module where a translated sentence is compared, looked up or used as a key."""
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        said = Sentences(function)
        for node in ast.walk(function):
            sides: list[ast.expr] = []
            match node:
                case ast.Compare(left=left, ops=ops, comparators=others):
                    by_value = [not isinstance(one, ast.Is | ast.IsNot) for one in ops]
                    sides = [left, *others] if any(by_value) else []
                case ast.Subscript(slice=key):
                    sides = [key]
                case ast.Dict(keys=keys):
                    sides = [key for key in keys if key is not None]
                case ast.DictComp(key=key):
                    sides = [key]
                case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]) if name in LOOKS_UP:
                    sides = [first]
            if any(said.holds(side) for side in sides):
                yield f"{node.lineno}: {ast.unparse(node)}"


@pytest.mark.long
def test_product_compares_no_translated_sentence() -> None:
    sources = [path for path in APP.rglob("*.py") if "migrations" not in path.parts]
    assert len(sources) > 300
    found = {str(path.relative_to(APP)): list(compared(path.read_text())) for path in sources}
    assert {path: places for path, places in found.items() if places} == {}


@pytest.mark.parametrize(
    "line",
    [
        'links[_("%(n)s are left.") % {"n": n}] = "/left/"',
        'words = _("One is left.")\n    links[words] = "/left/"',
        'links = {_("One is left."): "/left/"}',
        'return links.get(_("One is left."))',
        'return text == _("One is left.")',
        'later = [ngettext("One is left.", "%(n)s are left.", n)]\n    return text in later',
        'words = ""\n    if n:\n        words = _("One is left.")\n    return words == text',
        'return [one for one in [_("One is left.")] if one != text]',
        'return text.startswith(str(_("One is left.")))',
    ],
)
def test_compared_sentence_in_whatever_form_is_found(line: str) -> None:
    assert list(compared(f"def view(links, text, n):\n    {line}\n")) != []


def test_sentence_that_is_only_shown_is_not_found() -> None:
    shown = (
        'words = _("One is left.")\n    said = words if n == 1 else _("None")\n    return said, links.get("n", words)'
    )
    assert list(compared(f"def view(links, n):\n    {shown}\n")) == []
