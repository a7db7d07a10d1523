"""Queries that are built and compiled once, and asked again with other values.

Of a short query most time goes into building it: Django arranges the same SELECT anew for each request. A page that is
opened or saved all day keeps its few queries here. What is asked is an ordinary queryset with `Given` in the place of
each value that changes, so that a condition, such as a door of `access`, is still written in one place; the rows come
back as that queryset would bring them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import FETCH_ONE, BigIntegerField, Expression, Field, Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.transaction import TransactionManagementError


class Given(Expression):
    """The place of a value that is named when the query is asked. `field`: how the database is given it."""

    def __init__(self, name: str, field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=field or BigIntegerField())
        self.name, self.kind = name, field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value_of(self, given: dict[str, Any], connection: Any) -> Any:
        value = given[self.name]
        return self.kind.get_db_prep_value(value, connection) if self.kind else value


@cache
def _ready() -> Any:
    """SQLite's cursor, but that it writes a statement the way SQLite does once only: they are thousands of signs long."""
    from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX, SQLiteCursorWrapper

    @lru_cache(maxsize=512)
    def written(query: str) -> str:
        return str(FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))

    class Ready(SQLiteCursorWrapper):
        def convert_query(self, query: str, *, param_names: Any = None) -> Any:
            return written(query)

    return Ready


@cache
def _binding() -> Any:
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor


def _bound(connection: Any) -> Any:
    """A cursor for a statement that stays the same.

    PostgreSQL is sent the values beside the statement, so that it plans it once a connection too: its planning takes
    longer than the query, half of a save. Other queries stay as Django sends them.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = connection.connection
    if connection.vendor == "sqlite":
        cursor = raw.cursor(factory=_ready())
        return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
    if connection.vendor != "postgresql":
        return connection.cursor()
    usual, raw.cursor_factory = raw.cursor_factory, _binding()
    try:
        return connection.cursor()
    finally:
        raw.cursor_factory = usual


class _Asked:
    """What stands in the place of the queryset's own query while its rows are read: the same, compiled already."""

    __slots__ = ("compiler", "query")

    def __init__(self, query: Any, compiler: Any) -> None:
        self.query, self.compiler = query, compiler

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        return self.compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self.query, name)


class _Shape:
    """How a row becomes an object with those read along: as Django makes it, but that no field is set one by one.

    Half of the time of reading a row with its relations goes into the constructors of its models, which do nothing.
    """

    __slots__ = ("along", "end", "key", "local", "model", "names", "remote", "start")

    def __init__(self, info: dict[str, Any], select: Any) -> None:
        self.model = info["model"]
        self.start, self.end = info["select_fields"][0], info["select_fields"][-1] + 1
        self.names = tuple(column.target.attname for column, _sql, _alias in select[self.start : self.end])
        self.key = self.start + self.names.index(self.model._meta.pk.attname)
        self.local: Any = info.get("local_setter")
        self.remote: Any = info.get("remote_setter")
        self.along = tuple(_Shape(one, select) for one in info.get("related_klass_infos", ()))

    @classmethod
    def of(cls, rows: Any, compiler: Any) -> _Shape | None:
        """None where rows have to become something else, or a model's constructor has something to do."""
        if (
            rows._iterable_class is not ModelIterable
            or rows._known_related_objects
            or rows._fetch_mode is not FETCH_ONE
        ):
            return None
        return cls(compiler.klass_info, compiler.select) if _is_plain(compiler.klass_info) else None

    def make(self, row: Sequence[Any], alias: str) -> Any:
        if row[self.key] is None:
            return None
        found = self.model.__new__(self.model)
        found.__dict__.update(zip(self.names, row[self.start : self.end], strict=True))
        found._state = state = ModelState()
        state.adding, state.db = False, alias
        for one in self.along:
            other = one.make(row, alias)
            one.local(found, other)
            if other is not None:
                one.remote(other, found)
        return found


def _is_plain(info: dict[str, Any]) -> bool:
    model = info["model"]
    constructed = model.__init__ is not Model.__init__ or model.from_db.__func__ is not vars(Model)["from_db"].__func__
    heard = pre_init.has_listeners(model) or post_init.has_listeners(model)
    plain = not (constructed or heard or info.get("from_parent"))
    return plain and all(_is_plain(one) for one in info.get("related_klass_infos", ()))


class _Compiled:
    """A query as one connection is asked it."""

    def __init__(self, rows: Any, connection: Any) -> None:
        self.connection, self.locks = connection, rows.query.select_for_update
        self.compiler = rows.query.get_compiler(connection=connection)
        self.compiler.using = connection.alias
        self.sql, self.params = self.compiler.as_sql()
        columns = [column for column, _sql, _alias in self.compiler.select[: self.compiler.col_count]]
        converters = self.compiler.get_converters(columns)
        self.compiler.get_converters = lambda _columns: converters
        self.compiler.execute_sql = self.execute
        self.converters = tuple((at, functions, column) for at, (functions, column) in converters.items())
        self.annotations = tuple((self.compiler.annotation_col_map or {}).items())
        self.shape = _Shape.of(rows, self.compiler)
        rows._query = _Asked(rows.query, self.compiler)
        self.rows = rows

    def ask(self, given: dict[str, Any]) -> list[Any]:
        if self.locks and self.connection.get_autocommit():
            raise TransactionManagementError("A row is locked inside of a transaction only.")
        params = tuple(
            param.value_of(given, self.connection) if isinstance(param, Given) else param for param in self.params
        )
        self.bound = params
        if self.shape is None:
            return list(self.rows._iterable_class(self.rows))
        (rows,) = self.execute()
        return [self.made(self.shape, list(row)) for row in rows]

    def made(self, shape: _Shape, row: list[Any]) -> Any:
        for at, functions, column in self.converters:
            value = row[at]
            for function in functions:
                value = function(value, column, self.connection)
            row[at] = value
        found = shape.make(row, self.connection.alias)
        for name, at in self.annotations:
            setattr(found, name, row[at])
        return found

    def execute(self, *args: Any, **kwargs: Any) -> list[list[Any]]:
        """What the queryset reads its rows from: all of them at once."""
        with _bound(self.connection) as cursor:
            cursor.execute(self.sql, self.bound)
            rows = cursor.fetchall()
        # What a query orders by may stand behind what it asks for.
        return [[row[: self.compiler.col_count] for row in rows] if self.compiler.has_extra_select else rows]


class Prepared[Row]:
    """A query that is compiled once for each connection. `build` makes the queryset; it must not slice by a value.

    Not for prefetches: those are queries of their own.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Row]]) -> None:
        self.build = build
        self.compiled: WeakKeyDictionary[Any, _Compiled] = WeakKeyDictionary()

    def all(self, **given: Any) -> list[Row]:
        """The rows for these values, one query; KeyError names a value that is missing."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        compiled = self.compiled.get(connection)
        if compiled is None:
            rows: Any = self.build()
            assert not rows._prefetch_related_lookups
            compiled = self.compiled[connection] = _Compiled(rows, connection)
        return compiled.ask(given)

    def first(self, **given: Any) -> Row | None:
        """The first row, None where there is none; all rows are read, so ask for what is unique."""
        return next(iter(self.all(**given)), None)


class _Write(ABC):
    """A statement that writes, compiled once for each connection."""

    def __init__(self) -> None:
        self.compiled: WeakKeyDictionary[Any, tuple[str, Sequence[Any]]] = WeakKeyDictionary()

    @abstractmethod
    def compile(self, connection: Any) -> tuple[str, Sequence[Any]]:
        """The statement and its parameters, `Given` among them."""

    def write(self, **given: Any) -> int:
        """Write these values, all that the statement names; returns how many rows. KeyError for one that is missing."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        compiled = self.compiled.get(connection)
        if compiled is None:
            compiled = self.compiled[connection] = self.compile(connection)
        sql, params = compiled
        bound = tuple(param.value_of(given, connection) if isinstance(param, Given) else param for param in params)
        with _bound(connection) as cursor:
            cursor.execute(sql, bound)
            return int(cursor.rowcount)


class PreparedUpdate(_Write):
    """Set columns of the rows that `build` makes, `Given` in its conditions. Nothing is set that is not named."""

    def __init__(self, build: Callable[[], QuerySet[Any]], fields: Sequence[str]) -> None:
        super().__init__()
        self.build, self.fields = build, fields

    def compile(self, connection: Any) -> tuple[str, Sequence[Any]]:
        rows: Any = self.build()
        query = rows.query.chain(UpdateQuery)
        query.add_update_values({name: Given(name, rows.model._meta.get_field(name)) for name in self.fields})
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, params


class PreparedInsert(_Write):
    """Add a row of a model by the values of its columns, each named as its field; its key is the database's to give."""

    def __init__(self, model: Callable[[], type[Model]]) -> None:
        super().__init__()
        self.model = model

    def compile(self, connection: Any) -> tuple[str, Sequence[Any]]:
        model: Any = self.model()
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        row = model()
        for field in fields:
            row.__dict__[field.attname] = Given(field.name, field)
        query = InsertQuery(model)
        query.insert_values(fields, [row], raw=True)
        ((sql, params),) = query.get_compiler(connection=connection).as_sql()
        return sql, params
