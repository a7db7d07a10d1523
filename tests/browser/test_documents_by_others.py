"""A document that another process makes, in a real browser: its link appears by itself, or somebody has it made."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.run import free_port
from tests.support.browser import Watch, new_page, sign_in
from tests.support.installation import Installation, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.slow_first(15)]  # the browser wants a database

LONG = 60_000  # milliseconds, on a busy machine
MORE = """
draft = make_assessment("draft", "low")
from django.test import Client
from tests.support.factories import proved
client = proved(Client(), owner_of(draft.organisation))
from django.conf import settings
print(draft.reference, client.cookies[settings.SESSION_COOKIE_NAME].value)
"""


@contextmanager
def served(installation: Installation, port: int) -> Iterator[None]:
    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
        return False

    server = ("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4", "hkguide.wsgi")
    with installation.running(*server):
        wait_until(answers, 60)
        yield


@pytest.mark.long  # daily tests/documents has it made and asks how it stands, and tests/system starts a sweeper
def test_the_link_appears_by_itself_and_without_a_sweeper_somebody_has_it_made(
    tmp_path: Path, chromium: Browser
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    installation = Installation(tmp_path, HKGUIDE_PUBLIC_URL=address)
    said = installation.seed(certificates=0, mails=0, more=MORE)
    assert said == "0 0"
    ((reference,),) = installation.rows("SELECT reference FROM assessments_assessment")
    ((session,),) = installation.rows("SELECT session_key FROM django_session")
    with served(installation, port), new_page(chromium) as page:
        page.set_default_timeout(LONG)
        watch = Watch(page)
        sign_in(page, address, session)
        page.goto(f"{address}/assessments/{reference}/self-certify/")
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
        with page.expect_navigation():
            page.locator("main button.btn-primary").click()
        main = page.get_by_role("main")
        expect(main.get_by_text("Being created")).to_have_count(2)
        assert main.get_by_role("link", name="Remediation plan", exact=True).count() == 0
        with closing(sqlite3.connect(installation.database)) as connection, connection:
            connection.execute("UPDATE assessments_document SET created_at = datetime('now', '-1 minute')")
        expect(main.get_by_text("The service that creates documents is not running.")).to_have_count(2, timeout=LONG)
        assert watch.faults() == []

        with page.expect_navigation():
            main.get_by_role("link", name="Being created Remediation plan").click()
        with page.expect_navigation():
            main.get_by_role("button", name="Create the document now").click()
        expect(main.get_by_role("link", name="Download the PDF")).to_be_visible(timeout=LONG)
        assert installation.documents()[0] == 1
        assert watch.faults() == []

        page.goto(f"{address}/assessments/{reference}/")
        expect(main.get_by_role("link", name="Remediation plan", exact=True)).to_be_visible()
        with installation.sweeper():
            link = main.get_by_role("link", name="Certificate", exact=True)
            expect(link).to_be_visible(timeout=LONG)
        with page.expect_download() as download:
            link.click()
        assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
        assert watch.faults() == []
