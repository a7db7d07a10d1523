"""kill -9 while answers are saved: whatever was told to be saved is there, nothing is there by half, the log is whole (70).

The processes write to a SQLite file of their own; a server that dies with PostgreSQL is PostgreSQL's own matter.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.run import ROOT

FAULTS = """
import json, sys
def faults():
    from assessments.audit import verify
    return [str(fault) for chain in verify.chains() for fault in verify.verify(chain, by=None).faults]
"""
SEED = """
from django.conf import settings
class Tables:  # without the steps that led to them: those take seconds
    def __contains__(self, app): return True
    def __getitem__(self, app): return None
settings.MIGRATION_MODULES = Tables()
import django; django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
from tests.support.factories import make_assessment, make_cast
call_command("load_guideline", stdout=sys.stderr)
call_command("log_key", "make", stdout=sys.stderr)
make_assessment(cast=make_cast(), filled=False)
print(json.dumps(faults()), flush=True)
"""
SAVES = """
import django; django.setup()
from assessments.models import Assessment
from tests.support.factories import owner_of, save
case = Assessment.objects.for_dashboard().get()
owner, turn = owner_of(case.use.system.organisation), int(sys.argv[1])
while True:
    turn += 1
    save(case, "use-register", {"choice": "partly", "text": f"Turn {turn}"}, by=owner)
    print(turn, flush=True)
"""
STANDS = """
import django; django.setup()
from django.db import connection
from assessments.models import Answer
with connection.cursor() as cursor:
    whole = cursor.execute("PRAGMA integrity_check").fetchall()
    foreign = cursor.execute("PRAGMA foreign_key_check").fetchall()
answer = Answer.objects.get(question__key="use-register")
saved = [revision.value["text"] for revision in answer.revisions.order_by("number")]
print(json.dumps({"whole": whole, "foreign": foreign, "saved": saved, "text": answer.text, "faults": faults()}))
"""


class Place:
    """A folder with a database, and processes of the product that use it."""

    def __init__(self, folder: Path) -> None:
        # The log rightly misses entries for members that a test made; None before there are any.
        self.faults: list[str] | None = None
        self.environment = {
            **os.environ,
            "HKGUIDE_VAR": str(folder),
            "HKGUIDE_SECRET_KEY": "only-for-tests-" * 4,
            "HKGUIDE_DATABASE_URL": "",
            "HKGUIDE_REDIS_URL": "",
            "HKGUIDE_DEBUG": "",
            "HKGUIDE_LOG_KEY_FILE": str(folder / "log-key.pem"),
            "DJANGO_SETTINGS_MODULE": "hkguide.settings",
        }

    def saves_until_killed(self, since: int, turns: int, after: float) -> list[int]:
        """Save from turn `since` on; kill the process `after` so many seconds behind the last of `turns`. What it told."""
        script = FAULTS + (SEED if self.faults is None else "") + SAVES
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(since)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        if self.faults is None:
            self.faults = json.loads(process.stdout.readline())
        told = [int(process.stdout.readline()) for _turn in range(turns)]
        time.sleep(after)
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().splitlines() if line.strip()]
        assert process.wait(timeout=10) == -signal.SIGKILL
        return told

    def stands(self) -> dict[str, Any]:
        asked = subprocess.run(
            [sys.executable, "-c", FAULTS + STANDS],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stderr[-3000:]
        found: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
        return found


def survives(folder: Path, kills: int, turns: int) -> None:
    place, chance = Place(folder), random.Random(70)
    told, since = list[int](), 0
    for _kill in range(kills):
        told += place.saves_until_killed(since, turns, chance.uniform(0, 0.03))
        since += 1000  # turns of one process are told from those of the next
    found = place.stands()
    assert found["whole"] == [["ok"]]
    assert found["foreign"] == []
    assert found["faults"] == place.faults
    assert len(told) >= kills * turns
    kept = [int(text.removeprefix("Turn ")) for text in found["saved"]]
    assert set(told) <= set(kept)  # nothing that was told is lost
    assert len(kept) - len(told) <= kills  # what was written and not told any more: one a kill at most
    assert len(kept) == len(set(kept))
    assert found["text"] == found["saved"][-1]  # the answer is its newest version


def test_a_process_killed_while_it_saves_loses_nothing_that_it_told(tmp_path: Path) -> None:
    survives(tmp_path, kills=1, turns=6)


@pytest.mark.long
def test_twenty_processes_killed_while_they_save_lose_nothing_that_they_told(tmp_path: Path) -> None:
    survives(tmp_path, kills=20, turns=5)
