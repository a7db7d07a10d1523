"""Savers on SQLite take turns; nobody waits for ever, and where no turn is needed none is taken."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from assessments.core import write_turn as turns
from assessments.core.write_turn import write_turn

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite needs turns")


@pytest.fixture(autouse=True)
def place(settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    return tmp_path / "write-turn"


@pytest.mark.django_db(transaction=True)
@on_sqlite
def test_a_second_saver_waits_until_the_first_has_written() -> None:
    order: list[str] = []
    inside, done = threading.Event(), threading.Event()

    def first() -> None:
        with write_turn():
            inside.set()
            done.wait(5)
            order.append("first")
        connection.close()

    def second() -> None:
        inside.wait(5)
        with write_turn():
            order.append("second")
        connection.close()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    inside.wait(5)
    time.sleep(0.05)
    waited = list(order)
    done.set()
    for thread in threads:
        thread.join(5)
    assert waited == []
    assert order == ["first", "second"]


@pytest.mark.django_db(transaction=True)
@on_sqlite
def test_a_saver_whose_patience_ends_goes_on_without_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped in the middle of its turn does not stop the others."""
    monkeypatch.setattr(turns, "PATIENCE", 0.02)
    with write_turn():
        started = time.monotonic()
        with write_turn():
            took = time.monotonic() - started
    assert 0.02 <= took < 2


@pytest.mark.django_db(transaction=True)
@on_sqlite
def test_a_turn_ends_with_an_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 5)
    with pytest.raises(ValueError, match="wrong"), write_turn():
        raise ValueError("wrong")
    started = time.monotonic()
    with write_turn():
        assert time.monotonic() - started < 1
    assert place.exists()


@pytest.mark.django_db(transaction=True)
def test_no_turn_is_taken_inside_a_transaction_nor_on_postgresql(place: Path) -> None:
    with transaction.atomic(), write_turn():
        assert not place.exists()
    with write_turn():
        assert place.exists() == (connection.vendor == "sqlite")
