"""Documents made by a real Celery worker over Valkey, and taken up again when a worker was killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.paths import ROOT

BROKER = os.environ.get("HKGUIDE_TEST_REDIS_URL", "")
pytestmark = [
    pytest.mark.skipif(not BROKER, reason="Valkey is not running: start the suite with `make test`"),
    pytest.mark.slow_first(16),
]

# The tables are made from the models: that the migrations make the same ones is another test's, and they take ten seconds.
SEED = """
import django; from django.apps import apps; from django.conf import settings; django.setup()
from django.core.management import call_command
settings.MIGRATION_MODULES = {{app.label: None for app in apps.get_app_configs()}}
call_command("migrate", run_syncdb=True, verbosity=0)
from assessments.core import proof
from tests.support.factories import make_assessment
from assessments.models import Document
call_command("load_guideline", verbosity=0)
with proof.of_command("the test"):
    for _n in range({n}):
        make_assessment("certified", "low")
print(Document.objects.count())
"""


class Installation:
    """A folder with its own SQLite file, and processes that use it as separate machines would."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "hkguide.sqlite3"
        self.environment = {
            **os.environ,
            "HKGUIDE_VAR": str(folder),
            "HKGUIDE_SECRET_KEY": "only-for-tests-" * 4,
            "HKGUIDE_REDIS_URL": BROKER.rsplit("/", 1)[0] + "/3",
            "HKGUIDE_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "hkguide.settings",
        }

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    @contextlib.contextmanager
    def worker(self):
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "hkguide", "worker", "--concurrency", "1", "--loglevel", "WARNING"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)

    def wait_until_ready(self, seconds: float) -> tuple[int, int, int]:
        end = time.monotonic() + seconds
        while True:
            with contextlib.closing(sqlite3.connect(self.database)) as connection:
                rows = connection.execute("SELECT state, sha256 FROM assessments_document").fetchall()
            ready = sum(state == "ready" and bool(sha256) for state, sha256 in rows)
            if ready == len(rows) or time.monotonic() > end:
                return ready, len(rows), len({sha256 for _state, sha256 in rows if sha256})
            time.sleep(0.1)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_a_worker_makes_what_a_move_asked_for(installation):
    assert installation.run("-c", SEED.format(n=1)).splitlines()[-1] == "2"
    with installation.worker():
        assert installation.wait_until_ready(60) == (2, 2, 2)


@pytest.mark.long
def test_a_killed_worker_loses_no_document(installation):
    """kill -9 in the middle of the work; a second worker and the sweeper finish it, none made twice."""
    assert installation.run("-c", SEED.format(n=4)).splitlines()[-1] == "8"
    with installation.worker() as process:
        time.sleep(5)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    # What the dead worker held is free again when its lease is over; the test does not wait five minutes for that.
    installation.run(
        "-c",
        "import django; django.setup(); from assessments.models import Document; from django.utils import timezone; "
        "Document.objects.filter(state='running').update(lease_until=timezone.now())",
    )
    installation.run(
        "-c",
        "import django; django.setup(); from assessments.models import Document; from datetime import timedelta; "
        "from django.utils import timezone; "
        "Document.objects.update(created_at=timezone.now() - timedelta(minutes=2))",
    )
    with installation.worker():
        installation.run("manage.py", "sweep")
        assert installation.wait_until_ready(120) == (8, 8, 8)
