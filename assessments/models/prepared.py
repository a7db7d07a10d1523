"""Queries that are compiled once for each connection and asked again with other values.

This is the only module that uses a private interface of Django, its SQL compiler. Without it processor time goes up: to
open an assessment from 2.1 to 9.3 x F1, a section from 2.1 to 6.5 x F3, a save from 1.8 to 5.3 x F2 (docs/performance.md).
In the place of each value that changes stands `Placeholder`; all else is an ordinary queryset, whose rows Django itself makes.
tests/models/test_prepared.py fails when a name that is used here changes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, Expression, Field, Model, QuerySet
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.transaction import TransactionManagementError


class Placeholder(Expression):
    """The place of a value that is named when the query is asked. `field`: how the database is given it."""

    def __init__(self, name: str, field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=field or BigIntegerField())
        self.name, self.kind = name, field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value_of(self, given: dict[str, Any], connection: Any) -> Any:
        value = given[self.name]
        return self.kind.get_db_prep_value(value, connection) if self.kind else value


class _Compiled:
    """A query as one connection is asked it."""

    def __init__(self, rows: Any, connection: Any) -> None:
        self.rows, self.connection, self.locks = rows, connection, rows.query.select_for_update
        self.compiler = compiler = rows.query.get_compiler(connection=connection)
        compiler.using = connection.alias
        self.sql, self.params = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select[: compiler.col_count]]
        converters = compiler.get_converters(columns)
        compiler.get_converters = lambda _columns: converters
        compiler.execute_sql = self.execute
        rows.query.get_compiler = lambda *args, **kwargs: compiler

    def ask(self, given: dict[str, Any]) -> list[Any]:
        if self.locks and self.connection.get_autocommit():
            raise TransactionManagementError("A row can be locked only inside a transaction.")
        self.bound = tuple(
            param.value_of(given, self.connection) if isinstance(param, Placeholder) else param for param in self.params
        )
        return list(self.rows._iterable_class(self.rows))

    def execute(self, *args: Any, **kwargs: Any) -> list[list[Any]]:
        """What the queryset reads its rows from: all of them at once."""
        with self.connection.cursor() as cursor:
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
        """The statement and its parameters, `Placeholder` among them."""

    def write(self, **given: Any) -> int:
        """Write these values, all that the statement names; returns how many rows. KeyError for one that is missing."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        compiled = self.compiled.get(connection)
        if compiled is None:
            compiled = self.compiled[connection] = self.compile(connection)
        sql, params = compiled
        bound = tuple(
            param.value_of(given, connection) if isinstance(param, Placeholder) else param for param in params
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, bound)
            return int(cursor.rowcount)


class PreparedUpdate(_Write):
    """Set columns of the rows that `build` makes, `Placeholder` in its conditions. Nothing is set that is not named."""

    def __init__(self, build: Callable[[], QuerySet[Any]], fields: Sequence[str]) -> None:
        super().__init__()
        self.build, self.fields = build, fields

    def compile(self, connection: Any) -> tuple[str, Sequence[Any]]:
        rows: Any = self.build()
        query = rows.query.chain(UpdateQuery)
        query.add_update_values({name: Placeholder(name, rows.model._meta.get_field(name)) for name in self.fields})
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
            row.__dict__[field.attname] = Placeholder(field.name, field)
        query = InsertQuery(model)
        query.insert_values(fields, [row], raw=True)
        ((sql, params),) = query.get_compiler(connection=connection).as_sql()
        return sql, params
