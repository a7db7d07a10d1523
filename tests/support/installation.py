"""An installation in a folder of its own, with its SQLite file and processes that use it as separate machines would.

Its processes know nothing of the tests: they run with the settings of the product alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socketserver
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT

# The tables are made from the models: that the migrations make the same ones is another test's, and they take ten seconds.
SEED = """
import django; from django.apps import apps; from django.conf import settings; django.setup()
from django.core.management import call_command
settings.MIGRATION_MODULES = {{app.label: None for app in apps.get_app_configs()}}
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("load_guideline", verbosity=0)
from assessments.core import proof
from assessments.models import Document, Message
from tests.support.factories import make_assessment, make_message, make_user, owner_of
with proof.of_command("the test"):
    for _n in range({certificates}):
        make_assessment("certified", "low")
Message.objects.all().delete()
for n in range({mails}):
    make_message(make_user(), f"Question {{n}}")
{more}
print(Document.objects.count(), Message.objects.count())
"""


class Installation:
    def __init__(self, folder: Path, broker: str = "", **environment: str) -> None:
        self.folder, self.database = folder, folder / "hkguide.sqlite3"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HKGUIDE_")}
        self.environment = {
            **kept,
            "HKGUIDE_VAR": str(folder),
            "HKGUIDE_SECRET_KEY": "only-for-tests-" * 4,
            "HKGUIDE_SECOND_FACTOR": "0",
            "HKGUIDE_REDIS_URL": broker,
            "DJANGO_SETTINGS_MODULE": "hkguide.settings",
            **environment,
        }

    def seed(self, *, certificates: int, mails: int, more: str = "") -> str:
        """Make certified assessments, each with a certificate and a plan to make, and mails to as many people."""
        return self.run("-c", SEED.format(certificates=certificates, mails=mails, more=more)).splitlines()[-1]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process in a group of its own, which is killed at the end. What it says is in `said`."""
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            kill(process)

    def sweeper(self) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        return self.running("manage.py", "sweep", "--every", "60")

    def worker(self) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        return self.running("-m", "celery", "-A", "hkguide", "worker", "--concurrency", "1", "--loglevel", "WARNING")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()

    def documents(self) -> tuple[int, int, int]:
        """How many are ready, how many there are, how many different files they have."""
        rows = self.rows("SELECT state, sha256 FROM assessments_document")
        ready = sum(state == "ready" and bool(sha256) for state, sha256 in rows)
        return ready, len(rows), len({sha256 for _state, sha256 in rows if sha256})

    def files(self) -> int:
        return sum(path.is_file() for path in (self.folder / "media" / "documents").rglob("*"))

    def sealed(self) -> int:
        """How many sealed emails are not deleted yet."""
        return len(self.rows("SELECT 1 FROM assessments_sealedemail"))

    def mailed(self) -> int:
        return len(self.rows("SELECT 1 FROM assessments_message WHERE mailed_at IS NOT NULL"))


def wait_until(is_so: Callable[[], object], seconds: float) -> float:
    """Wait until it is so, at most so many seconds; returns how long it took. The caller asserts what it waited for."""
    start = time.monotonic()
    while not is_so() and time.monotonic() - start < seconds:
        time.sleep(0.05)
    return time.monotonic() - start


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children as `kill -9` does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it has accepted.

    It says so after some seconds, and of the mail number `silent_at` never: its sender has to be killed.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self, answers_after: float = 0.0, silent_at: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers_after, self.silent_at = answers_after, silent_at
        self.accepted: list[tuple[str, str]] = []  # recipient and subject
        self.connections = 0

    @property
    def environment(self) -> dict[str, str]:
        port = str(self.server_address[1])
        return {"HKGUIDE_MAIL_HOST": "127.0.0.1", "HKGUIDE_MAIL_PORT": port, "HKGUIDE_MAIL_TLS": "0"}

    def twice(self) -> list[tuple[str, str]]:
        return [mail for mail, times in Counter(self.accepted).items() if times > 1]

    @contextlib.contextmanager
    def serving(self) -> Iterator[MailServer]:
        with self:
            threading.Thread(target=self.serve_forever, daemon=True).start()
            yield self
            self.shutdown()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.connections += 1
        with contextlib.suppress(OSError):
            self.say("220 ready")
            while line := self.rfile.readline():
                match line[:4].upper().strip():
                    case b"DATA":
                        self.say("354 go on")
                        self.keep()
                        self.say("250 accepted")
                    case b"QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 well")

    def keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise OSError("the sender is gone")
            lines.append(line)
        mail = message_from_bytes(b"".join(lines))
        self.server.accepted.append((str(mail["To"]), str(mail["Subject"])))
        if len(self.server.accepted) == self.server.silent_at:
            self.rfile.readline()
            raise OSError("the sender is gone")
        time.sleep(self.server.answers_after)

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
