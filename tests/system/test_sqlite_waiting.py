"""Who wants to write waits for whoever writes, and is told when that takes too long."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db.utils import ConnectionHandler, OperationalError

from hkguide import settings

pytestmark = pytest.mark.django_db  # of files of its own, on either database


@pytest.fixture
def open_one(tmp_path: Path):
    opened = []

    def connect(**options: object) -> Any:
        usual = settings.database("")
        wanted = {"NAME": tmp_path / "one.sqlite3", "OPTIONS": {**usual["OPTIONS"], **options}}
        one = ConnectionHandler({"default": {**usual, **wanted}})["default"]
        opened.append(one)
        one.inc_thread_sharing()
        one.ensure_connection()
        return one

    yield connect
    for one in opened:
        one.close()


def test_the_settings_take_it():
    assert settings.database("")["ENGINE"] == "django.db.backends.sqlite3"


def test_the_second_waits_until_the_first_has_written(open_one):
    first, second = open_one(), open_one()
    with first.cursor() as cursor:
        cursor.execute("CREATE TABLE told (who text)")
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    first.connection.execute("INSERT INTO told VALUES ('first')")

    def let_go() -> None:
        time.sleep(0.05)
        first.commit()

    other = threading.Thread(target=let_go)
    other.start()
    second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    other.join()
    assert second.connection.execute("SELECT who FROM told").fetchall() == [("first",)]
    assert second.connection.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
    second.rollback()


def test_it_gives_up_when_its_time_is_over(open_one):
    first, second = open_one(), open_one(timeout=0.05)
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with pytest.raises(OperationalError, match="locked"):
        second.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert second.connection.execute("PRAGMA busy_timeout").fetchone() == (50,)
    first.rollback()
