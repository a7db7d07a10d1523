"""The two sites that stand side by side: the floor and the product, each with rows of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.run import ROOT, free_port

WORKERS = 2

APPLICATION = "tests.bench.wsgi:application"
MIGRATE = "from django.core.management import call_command as call\ncall({})\nprint('{{}}')\n"
SEED_FLOOR = """
import json
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from tests.bench.floor.models import Row
user = User.objects.create_user("bench")
Row.objects.bulk_create(Row(title=f"Row {n}", text="A text of the usual length for a row. " * 5) for n in range(1000))
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(json.dumps({"session": session.session_key}))
"""
SEED_PRODUCT = """
import json, sys
from tests.bench.seeding import seed
print(json.dumps(seed(int(sys.argv[1]), sys.argv[2])))
"""
GROW_PRODUCT = """
import json, sys
from tests.bench.seeding import grow
print(json.dumps(grow(int(sys.argv[1]))))
"""
DECIDE = """
import json, sys
from tests.bench.decisions import time_decisions
print(json.dumps(time_decisions(int(sys.argv[1]))))
"""


def python(code: str, environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    program = f"import django; django.setup()\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


@contextlib.contextmanager
def served(
    application: str, environment: dict[str, str], *, workers: int = WORKERS
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The port of a running server, and its workers."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(workers),
        "--log-level",
        "error",
    ]
    server = subprocess.Popen([*command, application], cwd=ROOT, env=environment)
    try:
        for _attempt in range(100):
            with contextlib.suppress(OSError):
                probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                probe.request("GET", "/health/")
                probe.getresponse().read()
                break
            time.sleep(0.1)
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        yield port, tuple(map(int, children.read_text().split())) if children.exists() else ()
    finally:
        server.terminate()
        server.wait(timeout=20)


def surroundings(folder: Path, settings: str, url: str | None) -> dict[str, str]:
    folder.mkdir()
    own = {
        "HKGUIDE_DATABASE_URL": url or "",
        "DJANGO_SETTINGS_MODULE": settings,
        "HKGUIDE_VAR": str(folder),
        "HKGUIDE_SECRET_KEY": "only-for-measuring-" * 4,
        "HKGUIDE_DEBUG": "",
        "HKGUIDE_SECOND_FACTOR": "0",  # its people have sessions alone
    }
    # What was compiled is kept, whatever the surroundings say: a site that is installed starts from compiled files.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | own
