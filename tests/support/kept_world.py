"""The data of tests/support/world.py, made once in a run and written again for each module that asks for it.

To make it takes two and a half seconds, to write its rows and files again a tenth of that. SQLite's rows alone are kept:
the few modules that ask for it on PostgreSQL make it anew.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import connection

from tests.support.world import World, make_world

# Django's own, which are there before anything is made, and which nothing of ours points at.
STAYS = {"django_migrations", "django_content_type", "auth_permission", "django_site", "sqlite_sequence"}


@dataclass(frozen=True)
class Kept:
    world: bytes
    rows: dict[str, list[tuple[object, ...]]]
    files: dict[Path, bytes]
    now: ClassVar[Kept | None] = None


def world_of_the_run() -> World:
    """Make the world, or write it again where this process has made it; call it in a transaction of its own."""
    if connection.vendor != "sqlite":
        world = make_world()
        count_rows()
        return world
    if Kept.now is None:
        root, before = Path(settings.MEDIA_ROOT), _files()
        world = make_world()
        made = {path: (root / path).read_bytes() for path in _files() - before}
        Kept.now = Kept(pickle.dumps(world), {table: _rows(table) for table in _tables()}, made)
    else:
        _write(Kept.now)
    kept: World = pickle.loads(Kept.now.world)  # each module has its own: what a test changes of it is nobody else's
    return kept


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


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        return sorted(set(connection.introspection.table_names(cursor)) - STAYS)


def _rows(table: str) -> list[tuple[object, ...]]:
    """Each row as SQLite stores it: behind a plus no column has a type that Python would turn it into."""
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
        columns = ", ".join("+" + connection.ops.quote_name(column.name) for column in described)
        cursor.execute(f"SELECT {columns} FROM {connection.ops.quote_name(table)}")
        return list(cursor.fetchall())


def _write(kept: Kept) -> None:
    """Put every table into the state in which it was kept; foreign keys are looked at when the transaction ends."""
    with connection.cursor() as cursor:
        for table, rows in kept.rows.items():
            name = connection.ops.quote_name(table)
            cursor.execute(f"DELETE FROM {name}")
            if rows:
                cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
    for path, content in kept.files.items():
        target = Path(settings.MEDIA_ROOT) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _files() -> set[Path]:
    """What is in the folder of files, by its path there."""
    root = Path(settings.MEDIA_ROOT)
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
