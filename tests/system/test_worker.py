"""Documents and mails by processes of their own: the sweeper beside the site, Celery workers over Valkey, both killed."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from assessments.core import heartbeat
from tests.support.installation import Installation, MailServer, kill, wait_until

BROKER = os.environ.get("HKGUIDE_TEST_REDIS_URL", "")
needs_broker = pytest.mark.skipif(not BROKER, reason="Valkey is not running: start the suite with `make test`")
pytestmark = pytest.mark.slow_first(10)

BOTH = [pytest.param("sweeper", id="sweeper"), pytest.param("worker", id="Celery", marks=needs_broker)]
SILENT = "import django; django.setup(); from assessments.core import heartbeat; print(heartbeat.is_silent())"
# On an idle machine what was left is made in less than 10 seconds. A lease ends after 300, a sweep comes every 60.
SOON = 40


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def over_broker(kind: str) -> str:
    return BROKER.rsplit("/", 1)[0] + "/3" if kind == "worker" else ""


def test_the_sweeper_makes_documents_sends_mails_and_shows_that_it_is_alive(installation: Installation) -> None:
    assert installation.seed(certificates=1, mails=1) == "2 1"
    with installation.sweeper() as process:
        wait_until(lambda: installation.documents()[0] == 2 and installation.mailed() == 1, 60)
        assert (installation.documents(), installation.mailed()) == ((2, 2, 2), 1)
        (mail,) = (installation.folder / "mail").iterdir()
        assert "Subject: Somebody wrote" in mail.read_text("utf-8")
        assert time.time() - seen(installation) < heartbeat.SILENT_AFTER
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0


SEALED = """
from datetime import timedelta
from django.core.mail import EmailMessage
from django.utils import timezone
from assessments.core import heartbeat
from assessments.notifications import sealed_mail
heartbeat.beat()
for n in range({count}):
    email = EmailMessage("Come in", f"Your code: CODE-{{n}}", None, [f"person{{n}}@example.org"])
    sealed_mail.keep(email, timezone.now() + timedelta(hours=1))
"""


@pytest.mark.long
def test_a_sealed_email_is_sent_and_deleted_and_nothing_of_it_stays_in_any_file(installation: Installation) -> None:
    installation.seed(certificates=0, mails=0, more=SEALED.format(count=1))
    assert installation.sealed() == 1
    for path in installation.folder.glob("hkguide.sqlite3*"):
        assert b"CODE-0" not in path.read_bytes()
    with installation.sweeper():
        wait_until(lambda: installation.sealed() == 0, 60)
        assert installation.sealed() == 0
        (mail,) = (installation.folder / "mail").iterdir()
        assert "CODE-0" in mail.read_text("utf-8")
    for path in [*installation.folder.glob("hkguide.sqlite3*"), installation.folder / "said"]:
        assert b"CODE-0" not in path.read_bytes()


def seen(installation: Installation) -> float:
    """When the worker last showed itself, in seconds."""
    key = f":1:{heartbeat.KEY}"
    (value,) = next(iter(installation.rows(f"SELECT value FROM cache WHERE cache_key = '{key}'")))
    return float(pickle.loads(b64decode(value)))


@pytest.mark.long
def test_a_second_sweeper_waits_and_takes_over_when_the_first_dies(installation: Installation) -> None:
    installation.seed(certificates=0, mails=1)
    said = installation.folder / "said"
    with installation.sweeper() as first:
        wait_until(lambda: installation.mailed() == 1, 60)
        with installation.sweeper() as second:
            wait_until(lambda: "Another sweeper" in said.read_text("utf-8"), 60)
            assert f"(process {first.pid}). This sweeper waits" in said.read_text("utf-8")
            kill(first)
            lock = installation.folder / "sweeper.lock"
            wait_until(lambda: lock.read_text("utf-8") == str(second.pid), 10)
            assert lock.read_text("utf-8") == str(second.pid)


@pytest.mark.long  # daily the sweeper of the first test is stopped when it has nothing in hand
def test_a_sweeper_that_is_stopped_sends_the_mail_in_hand_and_breaks_a_document_off(tmp_path: Path) -> None:
    with MailServer(answers_after=2).serving() as server:
        installation = Installation(tmp_path, **server.environment)
        installation.seed(certificates=2, mails=2)
        with installation.sweeper() as process:
            wait_until(lambda: server.accepted, 60)
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(30) == 0
        assert (len(server.accepted), installation.mailed()) == (1, 1)
        assert installation.rows("SELECT 1 FROM assessments_message WHERE sending_at IS NOT NULL") == []
        with installation.sweeper():
            wait_until(lambda: installation.documents()[0] == 4 and installation.mailed() == 2, SOON)
            assert (installation.documents(), installation.mailed()) == ((4, 4, 4), 2)
        assert server.twice() == []


@pytest.mark.long
@needs_broker
def test_a_celery_worker_makes_what_a_move_asked_for(tmp_path: Path) -> None:
    installation = Installation(tmp_path, over_broker("worker"))
    assert installation.seed(certificates=1, mails=1) == "2 1"
    with installation.worker():
        wait_until(lambda: installation.documents()[0] == 2 and installation.mailed() == 1, 60)
        assert (installation.documents(), installation.mailed()) == ((2, 2, 2), 1)
        assert installation.run("-c", SILENT) == "False"


@pytest.mark.long
@pytest.mark.parametrize("kind", BOTH)
def test_a_killed_worker_loses_no_document_and_sends_no_mail_twice(kind: str, tmp_path: Path) -> None:
    """kill -9 in the middle of ten documents and ten mails; the next one finishes them soon, with no wait for a lease.

    The server has accepted the fourth mail and has not said so. So it is not sent again.
    """
    with MailServer(silent_at=4).serving() as server:
        installation = Installation(tmp_path, over_broker(kind), **server.environment)
        assert installation.seed(certificates=5, mails=10) == "10 10"
        start: Callable[[], contextlib.AbstractContextManager[subprocess.Popen[bytes]]] = getattr(installation, kind)
        with start() as process:
            wait_until(lambda: installation.documents()[0] > 0 and len(server.accepted) == 4, 90)
            kill(process)
        ready, mailed = installation.documents()[0], installation.mailed()
        assert 0 < ready < 10
        assert (mailed, len(server.accepted)) == (3, 4)
        with start():
            took = wait_until(lambda: installation.documents()[0] == 10 and installation.mailed() == 9, SOON)
            print(f"{kind}: {ready} documents and {mailed} mails before, the rest after {took:.1f} s")
            assert installation.documents() == (10, 10, 10)
            assert installation.mailed() == 9
    assert server.twice() == []
    assert len(server.accepted) == 10
    # Nobody knows whether the fourth arrived.
    assert len(installation.rows("SELECT 1 FROM assessments_message WHERE mailed_at IS NULL")) == 1
    ((attempts,),) = installation.rows("SELECT sum(attempts) FROM assessments_document")
    assert attempts <= 11  # only what was in hand was begun twice
    assert installation.files() <= 11  # a file that was stored when its process died is deleted by a sweep at night


@pytest.mark.long
@pytest.mark.parametrize("kind", BOTH)
def test_a_killed_worker_loses_no_sealed_email_but_the_one_in_hand_and_sends_none_twice(
    kind: str, tmp_path: Path
) -> None:
    """The server has accepted the fourth and has not said so, when the worker is killed."""
    with MailServer(silent_at=4).serving() as server:
        installation = Installation(tmp_path, over_broker(kind), **server.environment)
        installation.seed(certificates=0, mails=0, more=SEALED.format(count=10))
        start: Callable[[], contextlib.AbstractContextManager[subprocess.Popen[bytes]]] = getattr(installation, kind)
        with start() as process:
            wait_until(lambda: len(server.accepted) == 4, 90)
            kill(process)
        assert (installation.sealed(), len(server.accepted)) == (7, 4)
        with start():
            wait_until(lambda: installation.sealed() == 1, SOON)
            assert (installation.sealed(), len(server.accepted)) == (1, 10)
    assert server.twice() == []
    assert len(installation.rows("SELECT 1 FROM assessments_sealedemail WHERE sending_at IS NULL")) == 0
