"""Files that people send are read in a child process with limits."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from assessments.core import sandbox
from assessments.core.sandbox import Busy, Limits, Refused, Stopped, run
from tests.support.daily import mostly_long

READERS = "tests.core.readers"
PIPES: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}


@pytest.mark.parametrize("kind", ["bytes", "open file", "path"])
def test_a_reader_gets_the_file_and_gives_back_plain_data(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    stream = io.BytesIO(b"12345")
    stream.seek(3)
    source = {"bytes": b"12345", "open file": stream, "path": path}[kind]
    assert run(f"{READERS}:length", source, times=3) == 15


def test_what_a_reader_refuses_comes_with_its_code_and_its_words() -> None:
    with pytest.raises(Refused) as refused:
        run(f"{READERS}:refuse", "中文".encode())
    assert (refused.value.code, refused.value.params) == ("too_long", {"words": "中文"})


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("reader", "reason"),
    mostly_long(
        [
            ("take_memory", "memory"),
            ("work_on", "time"),
            ("wait", "time"),
            ("write_much", "memory"),
            ("abort", "memory"),
        ],
        [("take_memory", "memory"), ("wait", "time")],
    ),
)
def test_a_reader_that_comes_to_a_limit_is_stopped(reader: str, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(Stopped) as stopped:
        run(f"{READERS}:{reader}", b"", Limits(processor=1, clock=2))
    assert stopped.value.reason == reason
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("reader", ["end", "fail", "missing"])
def test_a_reader_that_fails_is_logged_and_gives_nothing(reader: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(Stopped, match="fault"):
        run(f"{READERS}:{reader}", b"")
    assert f"{READERS}:{reader} failed" in caplog.text


def test_the_child_gets_no_secret_no_other_file_and_no_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HKGUIDE_SECRET_KEY", "a secret")
    found = run(f"{READERS}:surroundings", b"")
    assert "a secret" not in str(found["environment"])
    assert found["files"] == [0, 1, 2]
    assert found["django"] is False


# --- how many at once -------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_places(settings: Any, tmp_path: Path) -> Any:
    settings.VAR, settings.READERS = tmp_path, 2
    return settings


@pytest.mark.long
def test_no_more_children_run_at_once_than_there_are_places(two_places: Any) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _n: run(f"{READERS}:times", b""), range(6)))
    most = max(sum(began <= moment < ended for began, ended in found) for moment, _ended in found)
    assert most == 2


@pytest.mark.long
def test_one_that_waited_too_long_is_told_and_finds_a_place_later(
    two_places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places are held by another process, which is killed then."""
    monkeypatch.setattr(sandbox, "WAIT", 0.2)
    run(f"{READERS}:length", b"")
    hold = "import fcntl, sys; held = [open(name, 'w') for name in sys.argv[1:]]; [fcntl.flock(h, fcntl.LOCK_EX) for h in held]"
    names = [str(two_places.VAR / "readers" / f"{n}.lock") for n in range(2)]
    other = subprocess.Popen([sys.executable, "-c", f"{hold}; print('held', flush=True); input()", *names], **PIPES)
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match="Wait a moment, then choose the file again"):
            run(f"{READERS}:length", b"")
    finally:
        other.kill()
        other.wait()
    assert run(f"{READERS}:length", b"12345") == 5


@pytest.mark.parametrize("reader", mostly_long(["end", "wait", "refuse"], ["end"]))
def test_a_child_that_ends_badly_gives_its_place_back(
    reader: str, two_places: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "WAIT", 0.2)
    two_places.READERS = 1
    for _n in range(2):
        with pytest.raises((Stopped, Refused)):
            run(f"{READERS}:{reader}", b"", Limits(clock=1))
    assert run(f"{READERS}:length", b"12345") == 5


@pytest.mark.parametrize("reader", ["core.spreadsheets", "core.file_types", "exchange.card_text"])
def test_no_reader_of_the_product_imports_django(reader: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(sandbox.ROOT)!r}); import assessments.{reader}; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-I", "-c", code]).returncode == 0
