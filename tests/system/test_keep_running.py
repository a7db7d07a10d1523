"""deploy/keep-running: the loop by which `make demo` and `make run` keep the sweeper alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installation import kill, wait_until
from tests.support.paths import ROOT

LOOP = ROOT / "deploy" / "keep-running"
CHILD = "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'a'), flush=True); time.sleep(600)"


@contextmanager
def looping(folder: Path, *before: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    pids = folder / "pids"
    command = [*before, str(LOOP), sys.executable, "-c", CHILD, str(pids)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: read(pids), 20)
        yield process, pids
    finally:
        kill(process)


def read(pids: Path) -> list[int]:
    return [int(line) for line in pids.read_text().split()] if pids.exists() else []


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.long
def test_what_dies_is_started_again_at_most_once_a_second(tmp_path: Path) -> None:
    with looping(tmp_path) as (_process, pids):
        for n in (1, 2):
            start = time.monotonic()
            os.kill(read(pids)[-1], signal.SIGKILL)
            wait_until(lambda n=n: len(read(pids)) > n, 20)
            assert len(read(pids)) == n + 1
            assert time.monotonic() - start >= 1


def test_its_end_is_the_end_of_the_command(tmp_path: Path) -> None:
    with looping(tmp_path) as (process, pids):
        (child,) = read(pids)
        process.terminate()
        assert process.wait(20) == 0
        assert not lives(child)


@pytest.mark.long
def test_it_starts_nothing_for_a_site_that_is_gone(tmp_path: Path) -> None:
    with looping(tmp_path, "bash", "-c", '"$@" & wait', "bash") as (parent, pids):
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(20)
        os.kill(read(pids)[0], signal.SIGKILL)
        time.sleep(2.5)
        assert len(read(pids)) == 1
