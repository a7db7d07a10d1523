"""Pages that wait for a document: being made, then the link; where nothing makes documents, a button that has it made."""

from __future__ import annotations

import fcntl
import html
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.core import heartbeat
from assessments.documents import jobs, make_now
from assessments.models import Document
from assessments.views.site import document_progress
from tests.support.factories import Cast, make_assessment
from tests.support.installation import Installation, wait_until
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
BEING_MADE, NOTHING, LINK = (
    "The document is being created",
    "The service that creates documents is not running",
    "Download the PDF",
)


@pytest.fixture
def plan(cast: Cast, client: Client) -> Document:
    """A document that has waited for a minute, and its owner signed in."""
    plan = make_assessment("certified", "low", cast=cast).current_submission.documents.get()
    Document.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    plan.refresh_from_db()
    client.force_login(cast.owner)
    return plan


@pytest.fixture
def alive() -> None:
    heartbeat.beat()


def page_of(client: Client, document: Document) -> str:
    return markup_of(client.get(document.get_absolute_url()))


def polled(page: str) -> str:
    found = re.search(r'hx-get="([^"]+)" hx-trigger="every 1s"', page)
    return html.unescape(found.group(1)) if found else ""


@pytest.mark.long
def test_the_page_asks_again_and_shows_the_link_once(client: Client, plan: Document, alive: None) -> None:
    page = page_of(client, plan)
    assert BEING_MADE in page
    address = polled(page)
    assert client.get(address).status_code == 204  # nothing new: nothing is read aloud
    jobs.make(plan.pk)
    part = markup_of(client.get(address))
    assert LINK in part
    assert f'href="{plan.get_absolute_url()}"' in part
    assert "hx-get" not in part
    assert "<html" not in part


@pytest.mark.long
def test_the_page_shows_a_failure_by_itself(client: Client, plan: Document, alive: None) -> None:
    address = polled(page_of(client, plan))
    Document.objects.filter(pk=plan.pk).update(state="failed", error="No room.")
    part = client.get(address).content.decode()
    assert "could not be created" in part
    assert "No room." in part
    assert "csrfmiddlewaretoken" in part
    assert "hx-get" not in part


@pytest.mark.long
def test_the_list_of_an_assessment_shows_the_link_by_itself(client: Client, cast: Cast, alive: None) -> None:
    assessment = make_assessment("certified", "low", cast=cast)
    client.force_login(cast.owner)
    page = markup_of(client.get(reverse("assessment", args=[assessment.reference])))
    plan = assessment.current_submission.documents.get()
    address = next(html.unescape(one) for one in re.findall(r'hx-get="([^"]+)"', page) if plan.reference in one)
    assert client.get(address).status_code == 204
    jobs.make(plan.pk)
    part = markup_of(client.get(address))
    assert f'<a href="{plan.get_absolute_url()}">Remediation plan</a>' in part
    assert "hx-get" not in part


def test_a_page_that_stays_open_asks_no_more_after_a_while(client: Client, plan: Document, alive: None) -> None:
    address = polled(page_of(client, plan))
    opened = time.time() - document_progress.ASKED_FOR - 1
    part = client.get(re.sub("since=[0-9]+", f"since={int(opened)}", address)).content.decode()
    assert "The document is taking longer than usual" in part
    assert "hx-get" not in part


@pytest.mark.parametrize("since", ["", "soon", "-1", "9" * 400])
def test_a_made_up_time_is_no_fault(client: Client, plan: Document, since: str) -> None:
    address = reverse("document_state", args=[plan.reference])
    assert client.get(address, {"shown": "?", "since": since}).status_code == 200


def test_the_page_says_that_nothing_makes_documents_until_something_does(client: Client, plan: Document) -> None:
    page = page_of(client, plan)
    assert NOTHING in page
    assert "Create the document now" in page
    heartbeat.beat()
    assert BEING_MADE in client.get(polled(page)).content.decode()
    cache.set(heartbeat.KEY, time.time() - heartbeat.SILENT_AFTER - 1)
    assert NOTHING in page_of(client, plan)


def test_a_new_document_is_being_made_before_anybody_asks_by_whom(client: Client, plan: Document) -> None:
    Document.objects.update(created_at=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert BEING_MADE in page_of(client, plan)
    assert not any(heartbeat.KEY in query["sql"] for query in queries)


@pytest.mark.parametrize(("seconds", "alone"), [(5, False), (120, True)])
def test_what_a_process_has_in_hand_is_left_to_it_for_a_minute(plan: Document, seconds: int, alone: bool) -> None:
    plan.state, plan.lease_until = "running", timezone.now() - timedelta(seconds=seconds) + jobs.LEASE
    assert make_now.is_left_alone(plan) is alone


class Child:
    """What would be a process."""

    started: list[list[str]]

    def __init__(self, command: list[str], **_options: Any) -> None:
        self.started.append(command)

    def wait(self) -> None: ...


@pytest.fixture
def children(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    settings.VAR = tmp_path
    Child.started = []
    monkeypatch.setattr(make_now.subprocess, "Popen", Child)
    return Child.started


def test_the_button_starts_one_child_and_the_page_waits_for_it(
    client: Client, plan: Document, children: list[list[str]]
) -> None:
    for _press in range(2):
        assert client.post(plan.get_absolute_url()).status_code == 302
    assert [command[-2:] for command in children] == [["make_document", plan.reference]]
    assert BEING_MADE in page_of(client, plan)


def test_while_something_makes_documents_the_button_starts_nothing(
    client: Client, plan: Document, alive: None, children: list[list[str]]
) -> None:
    assert client.post(plan.get_absolute_url()).status_code == 302
    assert children == []


def test_no_more_children_work_than_there_are_places(
    client: Client, plan: Document, children: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "making").mkdir()
    places = [(tmp_path / "making" / f"{n}.lock").open("w") for n in range(make_now.AT_ONCE)]
    for place in places:
        fcntl.flock(place, fcntl.LOCK_EX)
    page = client.post(plan.get_absolute_url(), follow=True).content.decode()
    assert "Other documents are being created" in page
    assert children == []
    places.pop().close()
    client.post(plan.get_absolute_url())
    assert len(children) == 1


def test_nobody_starts_a_child_for_a_document_that_they_may_not_see(
    client: Client, cast: Cast, plan: Document, children: list[list[str]]
) -> None:
    client.force_login(cast.outsider)
    assert client.post(plan.get_absolute_url()).status_code == 404
    assert children == []


@pytest.mark.long
def test_the_command_makes_a_document_and_names_one_that_is_not_there(plan: Document, capsys: Any) -> None:
    call_command("make_document", plan.reference)
    assert capsys.readouterr().out == f"{plan.reference}: ready\n"
    with pytest.raises(CommandError, match="no document nowhere"):
        call_command("make_document", "nowhere")


@pytest.mark.long
def test_a_real_child_makes_the_document_and_leaves_its_place(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    installation.seed(certificates=1, mails=0)
    start = """
import django; django.setup(); import time
from assessments.documents import make_now
from assessments.models import Document
begun = time.monotonic()
assert make_now.start(Document.objects.get(kind="certificate"))
assert time.monotonic() - begun < 1, "the request waited"
"""
    installation.run("-c", start)
    wait_until(lambda: installation.documents()[0] == 1, 30)
    assert installation.documents() == (1, 2, 1)
    place = tmp_path / "making" / "0.lock"

    def is_free() -> bool:
        with place.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    wait_until(is_free, 10)
    assert is_free()
