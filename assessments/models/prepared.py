"""Queries that are built and compiled once, and asked again with other values.

Of a short query most time goes into building it: Django arranges the same SELECT anew for each request. A page that is
opened or saved all day keeps its few queries here. What is asked is an ordinary queryset with `Given` in the place of
each value that changes, so that a condition, such as a door of `access`, is still written in one place; the rows come
back as that queryset would bring them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, Expression, Field, QuerySet
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


class _Asked:
    """What stands in the place of the queryset's own query while its rows are read: the same, compiled already."""

    __slots__ = ("compiler", "query")

    def __init__(self, query: Any, compiler: Any) -> None:
        self.query, self.compiler = query, compiler

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        return self.compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self.query, name)


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
        rows._query = _Asked(rows.query, self.compiler)
        self.rows = rows

    def ask(self, given: dict[str, Any]) -> list[Any]:
        if self.locks and self.connection.get_autocommit():
            raise TransactionManagementError("A row is locked inside of a transaction only.")
        params = tuple(
            param.value_of(given, self.connection) if isinstance(param, Given) else param for param in self.params
        )
        self.compiler.as_sql = lambda *_args, **_kwargs: (self.sql, params)
        return list(self.rows._iterable_class(self.rows))


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
