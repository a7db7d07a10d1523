"""What people type is words in a PDF: it fetches nothing, embeds nothing and runs nothing (check 28)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.request import urlopen

import pytest
from pypdf import PdfReader

from assessments.documents import jobs
from assessments.models import AISystem, DeclaredUse, Document, Organisation, State
from assessments.models.documents import DocumentState
from tests.support.factories import Cast, bring_to, fill, make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


class Listener(BaseHTTPRequestHandler):
    """Notes whoever comes."""

    came: list[str]

    def do_GET(self) -> None:
        self.came.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine, and who came to it."""
    came: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Listener,), {"came": came}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    server.server_close()


def harmful(address: str) -> list[str]:
    """One text for each way in which HTML, SVG and CSS fetch or embed something."""
    return [
        f'<img src="{address}/img"><object data="{address}/object"></object>',
        f'<link rel="attachment" href="file:///etc/passwd"><link rel="stylesheet" href="{address}/css">',
        f"<style>@import url({address}/import); * {{ background: url({address}/css2) }}</style>",
        f'<svg><image href="{address}/svg"/></svg><iframe src="file:///etc/passwd"></iframe>',
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;<a rel="attachment" href="{address}/a">x</a>',
    ]


@pytest.mark.long
def test_names_and_answers_of_markup_print_as_words_and_fetch_nothing(
    cast: Cast, listener: tuple[str, list[str]]
) -> None:
    address, came = listener
    texts = harmful(address)
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en=texts[0], name_zh=texts[1][:100])
    AISystem.objects.update(name=texts[2])
    case = make_assessment(State.DRAFT, "low", cast=cast, filled=False)
    DeclaredUse.objects.filter(pk=case.use_id).update(title=texts[3], scope_en=texts[4], purpose=texts[1])
    AISystem.objects.filter(pk=case.use.system_id).update(name=texts[2])
    fill(case, by=cast.owner, answers={"use-register": {"choice": "in_place", "text": " ".join(texts)}})
    bring_to(case, State.CERTIFIED, tier="low", by=cast.owner, route="independent")
    waiting = Document.objects.exclude(state=DocumentState.READY)
    assert {"certificate", "plan"} <= set(waiting.values_list("kind", flat=True))
    for pk in waiting.values_list("pk", flat=True):
        jobs.make(pk)
    for document in Document.objects.all():
        assert document.state == DocumentState.READY, (document.kind, document.error)
        with document.file.open() as file:
            reader = PdfReader(BytesIO(file.read()))
        assert set(reader.attachments) <= {"report.json"}, document.kind
        assert "/OpenAction" not in reader.root_object
        assert "root:" not in "".join(page.extract_text() for page in reader.pages)
    assert came == []


def test_the_listener_hears_whoever_comes(listener: tuple[str, list[str]]) -> None:
    """Without this the test above could pass because nothing is heard."""
    address, came = listener
    with urlopen(f"{address}/img") as answer:
        assert answer.status == 200
    assert came == ["/img"]
