"""What the factories make, written again instead of made anew; a module that says `KEEPS = False` has all of it made.

To sign, submit and take a case costs a test up to a fifth of a second, and hundreds of tests begin with the same one.
A call is made twice as it always was. The second time, the rows that it adds or changes are noted; from the third time
on they are written, by the other workers of the run too. That is done only where it comes to the same: on SQLite, from the
same rows, with the same arguments, on the same day by the true clock, and where the test has put nothing in the place of a
function or a setting.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, ClassVar

import pytest
from django.conf import UserSettingsHolder, settings
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import get_language

from tests.support.shared import NUMBERS, find_shared, share

MOST_KEPT = 200  # half a megabyte each
TRUE_CLOCK = timezone.now
UNKEPT = (pickle.PicklingError, TypeError, AttributeError)  # what pickle says of a thing that it cannot keep
HARMLESS = {"MEDIA_ROOT", "MIGRATION_MODULES", "default_settings", "_deleted"}
STAYS = {"django_migrations", "django_content_type", "auth_permission", "django_site"}

type Rows = dict[str, dict[int, tuple[Any, ...]]]
"""By table and rowid."""


@dataclass(frozen=True)
class Kept:
    """What one call has added to the database, or changed there, what it returned, and what it left for the commit."""

    written: Rows
    gone: dict[str, list[int]]
    result: bytes
    afterwards: list[tuple[Callable[[], Any], bool]]
    number: int  # the last that the factories had given out


class Here:
    """Which calls have made what the database holds, as long as nothing else has written to it."""

    item: ClassVar[pytest.Item | None] = None
    calls: ClassVar[tuple[Any, ...] | None] = None
    changes: ClassVar[int] = -1  # that SQLite had counted after them; it goes on counting when they are taken back
    numbers: ClassVar[tuple[Any, ...]] = ()  # that it had given to rows; they go back then
    inside: ClassVar[bool] = False
    own: ClassVar[str] = ""  # the module, where its tests begin with rows of their own
    seen: ClassVar[set[Any]] = set()
    kept: ClassVar[dict[Any, Kept]] = {}

    @classmethod
    def begin(cls, item: pytest.Item) -> None:
        """A test begins: what the database holds now, it holds for each test of the module."""
        keeps = getattr(getattr(item, "module", None), "KEEPS", True) and connection.vendor == "sqlite"
        cls.item = item if keeps and connection.connection is not None else None
        if cls.item is not None:
            cls.calls, cls.changes = None, connection.connection.total_changes


def kept[**P, R](make: Callable[P, R]) -> Callable[P, R]:
    """Write what a function makes in the database, where it has been made before in the same place. It makes no files."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        key = None if Here.inside else _key(make, args, kwargs)
        if key is None:
            return make(*args, **kwargs)
        if _is_kept(key):
            result = _write(Here.kept[key])
            for name in ("pages", "rows"):  # what was drawn of the very same rows, for another test
                caches[name].clear()
        elif key in Here.seen:
            before, mails, afterwards = _rows(), len(mail.outbox), len(connection.run_on_commit)
            result = _make(make, args, kwargs)
            if len(mail.outbox) == mails:
                with suppress(*UNKEPT):
                    _keep(key, before, result, connection.run_on_commit[afterwards:])
        else:
            result = _make(make, args, kwargs)
            Here.seen.add(key)
        Here.calls, Here.changes, Here.numbers = key, connection.connection.total_changes, _numbers()
        return result

    return made


def _is_kept(key: Any) -> bool:
    """Tell whether this worker has kept a call, or another one that began with the same rows."""
    if key not in Here.kept and not Here.own and (shared := find_shared(f"call {key!r}")):
        _remember(key, shared)
    return key in Here.kept


def _remember(key: Any, kept: Kept) -> None:
    if len(Here.kept) == MOST_KEPT:
        del Here.kept[next(iter(Here.kept))]  # of a file of tests that is probably done
    Here.kept[key] = kept


def _make[R](make: Callable[..., R], args: Any, kwargs: Any) -> R:
    Here.inside = True
    try:
        return make(*args, **kwargs)
    finally:
        Here.inside = False


def _key(make: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The place and the call, or None where nothing may be written in its stead."""
    item = Here.item
    if item is None or not connection.in_atomic_block or connection.connection is None or not _as_ever(item):
        return None
    numbers = _numbers()
    if connection.connection.total_changes != Here.changes or (Here.calls is not None and numbers != Here.numbers):
        Here.item = None  # something else was written, or taken back: to the end of the test, everything is made
        return None
    try:
        call = pickle.dumps((make.__module__, make.__qualname__, _plain(args), _plain(sorted(kwargs.items()))))
    except UNKEPT:
        return None
    module: Any = item.module  # type: ignore[attr-defined]
    Here.own = module.__name__ if hasattr(module, "once_for_all") else ""
    return (Here.calls or (Here.own, timezone.localdate(), get_language(), numbers), call)


def _as_ever(item: pytest.Item) -> bool:
    """Clock, settings and functions are those that every test finds."""
    patch = item.funcargs.get("monkeypatch")  # type: ignore[attr-defined]
    if timezone.now is not TRUE_CLOCK or (patch is not None and (patch._setattr or patch._setitem)):
        return False
    holder: Any = settings._wrapped
    while isinstance(holder, UserSettingsHolder):
        if not HARMLESS.issuperset(vars(holder)):
            return False
        holder = holder.default_settings
    return True


def _plain(value: Any) -> Any:
    """An argument as it can be compared: a row by its key."""
    if isinstance(value, Model):
        return (value._meta.label, value.pk)
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__qualname__, [_plain(getattr(value, field.name)) for field in fields(value)])
    if isinstance(value, Mapping):
        return [(_plain(key), _plain(inner)) for key, inner in value.items()]
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Iterator):
        raise TypeError("to look at it would use it up")
    return value


def _numbers() -> tuple[Any, ...]:
    """The last number that each table has given to a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
        return tuple(cursor.fetchall())


def _rows() -> Rows:
    """Each row of each table as SQLite stores it: behind a plus no column has a type that Python would turn it into."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table, columns in _columns().items():
            wanted = ", ".join(["rowid", *("+" + column for column in columns)])
            cursor.execute(f"SELECT {wanted} FROM {connection.ops.quote_name(table)}")
            found[table] = {row[0]: row[1:] for row in cursor.fetchall()}
    return found


class Tables:
    columns: ClassVar[dict[str, list[str]]] = {}


def _columns() -> dict[str, list[str]]:
    """Every table that a test may write to with its columns; the numbers that SQLite gave out come last."""
    if not Tables.columns:
        quote = connection.ops.quote_name
        with connection.cursor() as cursor:
            for table in sorted(set(connection.introspection.table_names(cursor)) - STAYS):
                described = connection.introspection.get_table_description(cursor, table)
                Tables.columns[table] = [quote(column.name) for column in described]
        Tables.columns["sqlite_sequence"] = ["name", "seq"]
    return Tables.columns


def _keep(key: Any, before: Rows, result: Any, afterwards: Sequence[Any]) -> None:
    after = _rows()
    written = {
        table: {rowid: row for rowid, row in rows.items() if before[table].get(rowid) != row}
        for table, rows in after.items()
    }
    gone = {table: [rowid for rowid in rows if rowid not in after[table]] for table, rows in before.items()}
    kept = Kept(
        {table: rows for table, rows in written.items() if rows},
        {table: rowids for table, rowids in gone.items() if rowids},
        pickle.dumps(result),
        [(function, robust) for _savepoints, function, robust in afterwards],
        NUMBERS.last,
    )
    _remember(key, kept)
    if not Here.own:
        share(f"call {key!r}", kept)


def _write(kept: Kept) -> Any:
    """Write the rows; foreign keys are looked at when the transaction ends."""
    with connection.cursor() as cursor:
        for table, rowids in kept.gone.items():
            name = connection.ops.quote_name(table)
            cursor.executemany(f"DELETE FROM {name} WHERE rowid = %s", [(rowid,) for rowid in rowids])
        for table, rows in kept.written.items():
            columns = ["rowid", *_columns()[table]]
            places = ", ".join(["%s"] * len(columns))
            name = connection.ops.quote_name(table)
            cursor.executemany(
                f"INSERT OR REPLACE INTO {name} ({', '.join(columns)}) VALUES ({places})",
                [(rowid, *row) for rowid, row in rows.items()],
            )
    NUMBERS.last = max(NUMBERS.last, kept.number)
    for function, robust in kept.afterwards:
        connection.on_commit(function, robust)
    return pickle.loads(kept.result)
