"""Run the suite as `make test` does: everything on SQLite, then what touches the database on PostgreSQL.

Starts what it needs on loopback, on ports of its own, and ends it: PostgreSQL (as user postgres when root) and Valkey.
What is not installed is skipped, and the summary names it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What each run selects, by markers alone: a test that moves to another file or folder keeps its runs. pyproject.toml says
# what each marker means. Where PostgreSQL is not installed, SQLite's run takes `postgresql_alone` too.
SQLITE_DAILY = "not guards and not long and not postgresql_alone"
SQLITE_DAILY_WITHOUT_POSTGRESQL = "not guards and not long"
SQLITE_LONG = "not guards or long"
POSTGRESQL_DAILY = "database and not browser and not guards and not long and not sqlite_alone"
# Of tests that only one database takes each day, PostgreSQL takes each in the long run, of long tables the rows of the day.
POSTGRESQL_LONG = "database and not browser and not guards and (not sqlite_alone or not long)"
GUARDS = "guards"


def selects(expression: str, markers: Collection[str]) -> bool:
    """Tell whether pytest takes a test with these markers when it is given the expression with `-m`."""
    return bool(eval(re.sub(r"\b(?!(?:and|or|not)\b)(\w+)", lambda word: str(word[1] in markers), expression)))


# Chromium without a window, where the system has it as a package of its own, draws the same pages for two thirds of the work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The browser on this machine, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def nginx() -> str | None:
    """The proxy on this machine, or None; packages put it where only root's path leads."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_bin() -> Path | None:
    """The newest packaged version's folder of programs, or that of an initdb on the path."""
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0
    )
    if packaged:
        return packaged[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found and shutil.which("pg_ctl") else None


@contextlib.contextmanager
def postgres() -> Iterator[str | None]:
    """Start a throwaway cluster; yields its URL, or None where PostgreSQL is not installed."""
    programs = postgres_bin()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="hkguide-pg-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # the server refuses root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    port, data = free_port(), folder / "data"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, "env": environment}
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", "hkguide", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True,
        **quiet,
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c synchronous_commit=off -c jit=off"
    options += " -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
    subprocess.run(
        [*as_user, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"],
        check=True,
        **quiet,
    )
    try:
        subprocess.run(
            [*as_user, programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "hkguide", "hkguide"],
            check=True,
            **quiet,
        )
        yield f"postgresql://hkguide@127.0.0.1:{port}/hkguide"
    finally:
        subprocess.run([*as_user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def migrated(environment: dict[str, str]) -> Iterator[tuple[str | None, bool]]:
    """PostgreSQL's URL, and whether its tables were made by the migrations: each worker's own database is then a copy."""
    with postgres() as url:
        if url is None:
            yield None, False
            return
        own = {**os.environ, **environment, "HKGUIDE_DATABASE_URL": url}
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        yield url, subprocess.run(command, cwd=ROOT, env=own, check=False).returncode == 0


@contextlib.contextmanager
def valkey() -> Iterator[str | None]:
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )
    try:
        for _attempt in range(50):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
                break
            time.sleep(0.1)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=10)


# One more than there are cores: a worker with a browser waits for it about a quarter of its time.
WORKERS = max(2, min(4, os.cpu_count() or 2)) + 1


def pytest(*arguments: str, after: Future[int] | None = None, **environment: str) -> int:
    """Run these tests; what they say waits for the run before them, where that is not over."""
    # In the order of the marker `slow_first`: a file that takes minutes and is begun last leaves the other workers idle.
    spread = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *spread, *arguments]
    # What was compiled is kept, whatever the surroundings say: the second run and every command in a test begins sooner.
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if after is None:
        return subprocess.run(command, cwd=ROOT, env=own | environment, check=False).returncode
    with subprocess.Popen(command, cwd=ROOT, env=own | environment, stdout=subprocess.PIPE) as running:
        assert running.stdout
        kept = b""
        while said := os.read(running.stdout.fileno(), 65536):
            kept += said
            if after.done():
                sys.stdout.buffer.write(kept)
                sys.stdout.flush()
                kept = b""
        after.exception()  # waits for it
        sys.stdout.buffer.write(kept)
        sys.stdout.flush()
    return running.returncode


def until_half_is_idle(run: Future[int], idle: Path) -> None:
    """Wait until half the workers of a run have nothing left to do; conftest writes a sign into the file for each."""
    while not run.done() and (not idle.exists() or idle.stat().st_size < WORKERS // 2):
        time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="also run the tests marked long")
    parser.add_argument("--guards", action="store_true", help="run the tests of the tests alone, on SQLite")
    options = parser.parse_args()
    started = time.monotonic()
    skipped = [
        f"{what} is not installed: {then}"
        for what, there, then in (
            ("PostgreSQL", postgres_bin(), "the database tests ran on SQLite alone"),
            ("Valkey", shutil.which("valkey-server") or shutil.which("redis-server"), "the worker tests did not run"),
            ("Chromium", chromium(), "the browser tests did not run"),
            ("nginx", nginx(), "the tests behind a proxy did not run"),
        )
        if not there
    ]
    codes: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="hkguide-var-") as var, valkey() as broker, contextlib.ExitStack() as stack:
        common = {"HKGUIDE_VAR": var, "HKGUIDE_DEBUG": "", "HKGUIDE_SECRET_KEY": "only-for-tests-" * 4}
        if broker:
            common["HKGUIDE_TEST_REDIS_URL"] = broker
        if options.guards:
            # All of them are in one file, and each is found alone: the workers share the file.
            return pytest("-m", GUARDS, "--no-migrations", "--dist", "load", **common)
        daily = SQLITE_DAILY if postgres_bin() else SQLITE_DAILY_WITHOUT_POSTGRESQL
        marks = SQLITE_LONG if options.long else daily
        with ThreadPoolExecutor(max_workers=2) as beside:
            other = beside.submit(stack.enter_context, migrated(dict(common)))
            print("== SQLite, then what touches the database on PostgreSQL", flush=True)
            # The tables are made from the models: PostgreSQL's run makes them by the migrations, and a long test compares.
            idle = Path(var) / "idle"
            second = POSTGRESQL_LONG if options.long else POSTGRESQL_DAILY
            common |= {"HKGUIDE_TEST_SECOND": second, "HKGUIDE_TEST_SECOND_FILES": str(Path(var) / "files")}
            sqlite = beside.submit(pytest, "-m", marks, "--no-migrations", HKGUIDE_TEST_IDLE=str(idle), **common)
            until_half_is_idle(sqlite, idle)
            url, made = other.result()
            if url:  # its workers start while the last tests on SQLite end
                marks = second
                if made:  # else the tests' own migrating says what is wrong
                    common["HKGUIDE_TEST_TEMPLATE"] = url.rpartition("/")[2]
                common["HKGUIDE_DATABASE_URL"] = url
                codes["PostgreSQL"] = pytest("-m", marks, after=sqlite, **common)
            codes["SQLite"] = sqlite.result()
    for line in skipped:
        print(f"SKIPPED  {line}")
    verdict = ", ".join(f"{name} {'passed' if code == 0 else f'FAILED ({code})'}" for name, code in codes.items())
    print(f"== {verdict} in {time.monotonic() - started:.0f} s")
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main())
