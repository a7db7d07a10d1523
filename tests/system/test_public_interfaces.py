"""The product uses Django by its public interface, but for one short module: private names break with minor releases.

Private are underscore names of Django (but `_meta` and `_state.adding`), `django.db.models.sql`, `django.db.backends`,
compilers and `ModelState`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeGuard

import django
import pytest

from tests.support.daily import mostly_long
from tests.support.paths import ROOT
from tests.support.rooms import tree_of

PRODUCT = sorted([*ROOT.glob("assessments/**/*.py"), *ROOT.glob("hkguide/**/*.py"), ROOT / "manage.py"])
PRIVATE_MODULES = ("django.db.models.sql", "django.db.backends")
PRIVATE_NAMES = {
    *("ModelState", "ModelIterable", "SQLCompiler", "get_compiler", "sql_with_params", "klass_info", "execute_sql"),
    *("add_update_values", "insert_values", "get_converters", "make_cursor", "make_debug_cursor", "create_cursor"),
    "close_if_health_check_failed",
}
ALLOWED_NAMES = {"_meta", "_state"}
OF_A_NAMEDTUPLE = {"_replace", "_asdict", "_fields", "_make"}
EXCEPTIONS = {
    ("assessments/migrations/0023_own_marks.py", "_base_manager"),  # a migration stays as it was published
    ("hkguide/settings.py", "django.db.backends.sqlite3"),  # the setting ENGINE names a database in this way
    ("hkguide/settings.py", "django.db.backends.postgresql"),
}


PREPARED = "assessments/models/prepared.py"
COMPILER = {  # what the module of prepared queries uses of Django's compiler
    *("query.get_compiler", "get_compiler", "query.select_for_update", "get_converters", "execute_sql"),
    *("_iterable_class", "_prefetch_related_lookups", "django.db.models.sql", "query.chain"),
    *("add_update_values", "insert_values"),
}
PREPARES = {  # the modules with queries that plain querysets make too slow: docs/performance.md
    *("access/finders/actions", "access/finders/assessments", "access/finders/cases", "access/finders/evidence"),
    *("access/finders/register", "access/roles", "access/separation", "accounts/sessions", "domain/answering/answers"),
    *("domain/answering/reuse", "domain/portfolio", "domain/review/own_work", "domain/review/queries"),
    *("domain/review/queue", "domain/review/queue_rows", "models/assessments", "models/systems", "notifications/inbox"),
    "views/home/portfolio",
}


@pytest.mark.long
def test_no_private_name_of_django_is_used() -> None:
    own = own_attributes(PRODUCT)
    found = {(str(path.relative_to(ROOT)), name) for path in PRODUCT for name in private_names(tree_of(path), own)}
    assert found == EXCEPTIONS | {(PREPARED, name) for name in COMPILER}


def test_the_module_of_prepared_queries_is_short_and_has_no_new_users() -> None:
    assert len((ROOT / PREPARED).read_text("utf-8").splitlines()) <= 150
    found = set()
    for path in PRODUCT:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module == "assessments.models.prepared":
                found.add(str(path.relative_to(ROOT / "assessments").with_suffix("")))
    assert found == PREPARES


@pytest.mark.long
def test_no_private_method_of_django_is_overridden_or_called_by_a_class() -> None:
    found = set()
    for path in PRODUCT:
        module = None
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef) and node.bases and path.name != "manage.py":
                module = module or import_module(dotted(path))
                kind = getattr(module, node.name, None)
                if isinstance(kind, type):
                    found |= {(kind.__qualname__, name) for name in inherited_names(node, kind)}
    assert found == set()


PLANTED = [
    ("from django.db.models.sql import UpdateQuery", "django.db.models.sql"),
    ("import django.db.backends.sqlite3.base", "django.db.backends.sqlite3.base"),
    ("from django.db.backends.sqlite3 import base", "django.db.backends.sqlite3"),
    ("from django.db import backends", "django.db.backends"),
    ("load('django.db.backends.postgresql.base')", "django.db.backends.postgresql.base"),
    ("from django.utils.functional import _StrPromise", "_StrPromise"),
    ("from django.db.models.base import ModelState", "ModelState"),
    ("rows._fetch_all()", "_fetch_all"),
    ("getattr(rows, '_iterable_class')", "_iterable_class"),
    ("rows.query.get_compiler(using)", "get_compiler"),
    ("rows.query.where", "query.where"),
    ("model._default_manager.all()", "_default_manager"),
    ("row._state.fields_cache", "_state.fields_cache"),
    ("row._state", "_state"),
]


# To know every underscore name of Django takes four seconds: those rows wait for the long run.
@pytest.mark.parametrize(
    ("code", "name"), mostly_long(PLANTED, [row for row in PLANTED if not row[1].startswith("_") or "_state" in row[1]])
)
def test_a_planted_private_name_is_found(code: str, name: str) -> None:
    assert name in set(private_names(ast.parse(code), set()))


PUBLIC = [
    "row._meta.pk",
    "row._state.adding",
    "self._own",
    "lines._replace(a=1)",
    "parts.query",
    "rows.filter(pk=1)",
    "from django.db import connection, models",
]


@pytest.mark.parametrize("code", PUBLIC)
def test_a_public_name_is_not_taken_for_a_private_one(code: str) -> None:
    assert list(private_names(ast.parse(code), {"_own"})) == []


def test_an_overridden_private_method_is_found() -> None:
    from django.contrib.sessions.backends.db import SessionStore

    code = "class Store(SessionStore):\n    def _get_session_from_db(self): return self._session_key"
    store = type("Store", (SessionStore,), {})
    (node,) = ast.parse(code).body
    assert isinstance(node, ast.ClassDef)
    assert inherited_names(node, store) == {"_get_session_from_db", "_session_key"}


# --- how private names are found -------------------------------------------------------------------------------------------


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_private_module(name: str) -> bool:
    if not name.startswith("django."):
        return False
    inside = any(name == one or name.startswith(f"{one}.") for one in PRIVATE_MODULES)
    return inside or any(part.startswith("_") for part in name.split("."))


def private_names(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """Name each private module or name of Django that a module uses. `own`: the attributes that the product defines."""
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_private_module(alias.name))
        elif isinstance(node, ast.ImportFrom):
            yield from of_import(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_private_module(node.value):
            yield node.value
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_looked_up(node, parents):
            yield from (name for name in [node.value] if is_of_django(name, own))
        elif isinstance(node, ast.Attribute):
            yield from of_attribute(node, parents, own)


def of_import(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    if is_private_module(module):
        yield module
    if module.split(".")[0] != "django" or is_private_module(module):
        return
    for alias in node.names:
        whole = f"{module}.{alias.name}"
        if alias.name in PRIVATE_NAMES or alias.name.startswith("_"):
            yield alias.name
        elif is_private_module(whole):
            yield whole


def of_attribute(node: ast.Attribute, parents: dict[ast.AST, ast.AST], own: set[str]) -> Iterator[str]:
    above = parents.get(node)
    if node.attr in PRIVATE_NAMES:
        yield node.attr
    elif node.attr == "_state":
        further = above.attr if isinstance(above, ast.Attribute) else ""
        if further != "adding":
            yield f"_state.{further}" if further else "_state"
    elif node.attr == "query" and isinstance(above, ast.Attribute):
        yield f"query.{above.attr}"
    elif is_of_django(node.attr, own):
        yield node.attr


def is_looked_up(node: ast.Constant, parents: dict[ast.AST, ast.AST]) -> bool:
    above = parents.get(node)
    called = getattr(above.func, "id", getattr(above.func, "attr", "")) if isinstance(above, ast.Call) else ""
    return called in ("getattr", "setattr", "delattr", "hasattr", "attrgetter", "methodcaller")


def is_of_django(name: str, own: set[str]) -> bool:
    return name in names_in_django() and name not in own | ALLOWED_NAMES | OF_A_NAMEDTUPLE


@cache
def names_in_django() -> frozenset[str]:
    """Every attribute with one underscore in front that Django's source defines."""
    return frozenset(own_attributes(Path(django.__file__).parent.glob("**/*.py")))


def own_attributes(paths: Iterable[Path]) -> set[str]:
    """The attributes with an underscore in front that these files define: by methods, in classes and on objects."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def inherited_names(node: ast.ClassDef, kind: type[Any]) -> set[str]:
    """The private names of Django's classes that a class of ours defines anew or uses on itself."""
    named = {one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    named |= {one.attr for one in ast.walk(node) if is_attribute_of_itself(one)}
    private = {name for name in named if name.startswith("_") and not name.startswith("__")} - ALLOWED_NAMES
    theirs: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.startswith("django."):
            theirs |= defined_by(base)
    return private & theirs


def is_itself(node: ast.AST) -> bool:
    """Tell whether an expression is `self`, `cls` or `super()`."""
    name = getattr(getattr(node, "func", node), "id", "")
    return name == "super" if isinstance(node, ast.Call) else name in ("self", "cls")


@cache
def defined_by(base: type[Any]) -> frozenset[str]:
    found = set(vars(base))
    try:
        source = ast.parse(textwrap.dedent(inspect.getsource(base)))
    except OSError:  # a manager that Django makes of a queryset at run time
        return frozenset(found)
    return frozenset(found | {node.attr for node in ast.walk(source) if is_attribute_of_itself(node)})


def is_attribute_of_itself(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and is_itself(node.value)
