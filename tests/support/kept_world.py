"""The data that many modules begin with, made once in a run and written again for each module that asks for it.

To make the world of tests/support/world.py or the scene of tests/support/attacks.py takes three seconds, to write the rows
and files again a tenth of that. What is kept lies in a file, so that all workers of a run share it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection, transaction

from tests.support import attacks, world
from tests.support.shared import NUMBERS, find_shared, share

# Django's own, which are there before anything is made, with the same numbers in all workers of a run.
STAYS = {"django_content_type", "auth_permission", "django_site"}

type Rows = dict[str, Any]
"""By table: tuples on SQLite, PostgreSQL's own format of a copy there."""


@dataclass(frozen=True)
class Kept:
    """What was made, the rows and files of it, and the last number that the factories gave out meanwhile."""

    made: bytes
    rows: Rows
    files: dict[Path, bytes]
    number: int


@dataclass
class Run:
    """What this process keeps, and the rows with which it began."""

    kept: dict[str, Kept] = field(default_factory=dict)
    beginning: Rows = field(default_factory=dict)
    now: ClassVar[Run]


Run.now = Run()


def world_of_the_run() -> world.World:
    """Make the world, or write it again; call it in a transaction of its own."""
    return made_once(world.make_world)


def scene_of_the_run() -> attacks.Scene:
    """Make the scene of the attacks, or write it again; call it in a transaction of its own."""
    return made_once(attacks.make_scene)


def made_once[T](make: Callable[[], T]) -> T:
    """Make data, or write it again where a worker of this run has made it. What is returned is a copy for each caller."""
    name = f"{connection.vendor}-{make.__name__}"
    kept = Run.now.kept.get(name) or find_shared(name)
    if kept is None:
        root, before = Path(settings.MEDIA_ROOT), _files()
        made = make()
        files = {path: (root / path).read_bytes() for path in _files() - before}
        kept = Kept(pickle.dumps(made), {table: _rows(table) for table in _tables() - STAYS}, files, NUMBERS.last)
        share(name, kept)
    else:
        _write(kept.rows)
        for path, content in kept.files.items():
            target = Path(settings.MEDIA_ROOT) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        NUMBERS.last = max(NUMBERS.last, kept.number)
    Run.now.kept[name] = kept
    count_rows()
    copy: T = pickle.loads(kept.made)
    return copy


def note_beginning() -> None:
    """Note every row before the first test, so that `write_beginning` can write all of them again."""
    Run.now.beginning = {table: _rows(table) for table in _tables()}
    if connection.vendor == "sqlite":
        Run.now.beginning["sqlite_sequence"] = _rows("sqlite_sequence")


def write_beginning() -> None:
    """Write what was there before the first test, after a test that has emptied the database.

    Numbers of rows go on from there again: what the factories have kept is of the same place as before.
    """
    with transaction.atomic():
        _write(Run.now.beginning)
    ContentType.objects.clear_cache()
    for name in ("pages", "rows"):
        caches[name].clear()


def count_rows() -> None:
    """Have PostgreSQL count what was made: it knows nothing of rows that were never committed, and plans as for none.

    Our tables alone: those that all databases of the server share would stay locked to the end, and other workers wait.
    Foreign keys are looked at here: what still waits to be looked at would be looked at in each test again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            ours = connection.introspection.django_table_names(only_existing=True)
            cursor.execute("ANALYZE " + ", ".join(map(connection.ops.quote_name, ours)))
        connection.check_constraints()


def _tables() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor)) - {"django_migrations"}


def _rows(table: str) -> Any:
    """Return the rows of a table as the database stores them."""
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY (SELECT * FROM {name} ORDER BY 1) TO STDOUT") as copied:
                return b"".join(copied)
        described = connection.introspection.get_table_description(cursor, table)
        # Behind a plus no column has a type that Python would turn its values into.
        columns = ", ".join("+" + connection.ops.quote_name(column.name) for column in described)
        cursor.execute(f"SELECT {columns} FROM {name}")
        return list(cursor.fetchall())


def _write(kept: Rows) -> None:
    """Put every table into the state in which it was kept; foreign keys are looked at when the transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _write_on_postgresql(cursor, kept)
            return
        for table, rows in kept.items():
            name = connection.ops.quote_name(table)
            cursor.execute(f"DELETE FROM {name}")
            if rows:
                cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)


def _write_on_postgresql(cursor: Any, kept: Rows) -> None:
    """Write the rows of each table without its triggers; no number that a row has is given out again."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    for table, rows in kept.items():
        name = connection.ops.quote_name(table)
        cursor.execute(f"DELETE FROM {name}")
        if rows:
            with cursor.copy(f"COPY {name} FROM STDIN") as copied:
                copied.write(rows)
    cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    for table, rows in kept.items():
        for sequence in connection.introspection.get_sequences(cursor, table) if rows else []:
            greatest = f"SELECT max({connection.ops.quote_name(sequence['column'])}) FROM"
            cursor.execute(
                f"SELECT setval(%s, GREATEST(nextval(%s), ({greatest} {connection.ops.quote_name(table)})))",
                [sequence["name"]] * 2,
            )


def _files() -> set[Path]:
    """What is in the folder of files, by its path there."""
    root = Path(settings.MEDIA_ROOT)
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
