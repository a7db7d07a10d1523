"""Files that are made to cost much are refused in a second, with words at their field (findings F2; checks 81 to 84)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from assessments.core import sandbox
from assessments.exchange import inventory, model_card, tables
from assessments.models import ImportDraft
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_use
from tests.system.security.costly_files import BOOKS, CARDS, HEAD, HEADINGS, PARTS, TABLES
from tests.system.security.costs import in_a_second

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

TOO_LARGE = "becomes far too large when it is opened"


# --- model cards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", mostly_long(CARDS, 3))
def test_a_model_card_made_to_cost_much_is_answered_in_a_second(client: Client, cast: Cast, name: str) -> None:
    text, words = CARDS[name]
    assert len(text) <= model_card.MAX_BYTES
    use = make_use(organisation=cast.organisation, declared=False)
    client.force_login(cast.contributor)
    here = reverse("model_card", args=[use.reference])
    client.get(here)
    with in_a_second():
        response = client.post(here, {"read": "1", "file": SimpleUploadedFile("README.md", text.encode())})
    if words:
        assert response.status_code == 200
        assert words in str(response.context["form"].errors["file"])
    else:
        assert response.status_code == 302  # a suggestion of which the first words are shown


# --- workbooks --------------------------------------------------------------------------------------------------------


def chosen(client: Client, data: bytes, name: str = "inventory.xlsx") -> Any:
    return client.post(reverse("import"), {"file": SimpleUploadedFile(name, data)})


@pytest.fixture
def owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    client.get(reverse("import"))
    return client


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("name", mostly_long(BOOKS, 3))
def test_a_workbook_made_to_cost_much_is_refused_in_a_second(owner: Client, name: str) -> None:
    data = BOOKS[name]()
    assert len(data) < tables.MAX_BYTES
    with in_a_second():
        response = chosen(owner, data)
    assert response.status_code == 200
    assert TOO_LARGE in str(response.context["form"].errors["file"])


def table_of(rows: int, columns: int, text: str) -> bytes:
    book = Workbook()
    book.active.append(HEADINGS)
    for _row in range(rows):
        book.active.append([text] * columns)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("text", ["a" + " " * 3990 + "b", "a" + "\n " * 1990 + "b"], ids=["spaces", "lines"])
def test_cells_of_thousands_of_spaces_are_checked_in_a_second(owner: Client, text: str) -> None:
    data = table_of(120, 1, text)
    with in_a_second():
        response = chosen(owner, data)
    assert response.status_code == 302
    assert len(inventory.faulty_rows(ImportDraft.objects.get().rows)) == 120


def test_a_full_table_of_such_cells_is_refused_in_a_second(owner: Client) -> None:
    data = table_of(2000, len(HEADINGS), "a" + " " * 3990 + "b")
    with in_a_second():
        response = chosen(owner, data)
    assert TOO_LARGE in str(response.context["form"].errors["file"])


def entities(inner: str) -> bytes:
    return f"<!DOCTYPE a [{inner}]><worksheet><sheetData><row><c><v>&x;</v></c></row></sheetData></worksheet>".encode()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12)) + '<!ENTITY x "&l11;">'
HARMFUL = {
    "entities of entities": {"xl/worksheets/sheet1.xml": entities(LAUGHS)},
    "a file of the server": {"xl/worksheets/sheet1.xml": entities('<!ENTITY x SYSTEM "file:///etc/passwd">')},
    "no XML": {"xl/workbook.xml": b"\x00\x01"},
    "a sheet that is not there": {"xl/_rels/workbook.xml.rels": b"<Relationships/>"},
    "an unknown encoding": {"xl/workbook.xml": b'<?xml version="1.0" encoding="x-none"?><workbook/>'},
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_workbook_with_harmful_xml_is_refused_as_unreadable(owner: Client, name: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for part, text in {**PARTS, **HARMFUL[name]}.items():
            packed.writestr(part, text)
    with in_a_second():
        response = chosen(owner, stream.getvalue())
    assert "Save the workbook again" in str(response.context["form"].errors["file"])


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", mostly_long(TABLES, 3))
def test_a_csv_file_made_to_cost_much_is_answered_in_a_second(owner: Client, name: str) -> None:
    data, words = TABLES[name]
    with in_a_second():
        response = chosen(owner, data, "inventory.csv")
    if response.status_code == 302:
        assert inventory.good_rows(ImportDraft.objects.get().rows) == []
        return
    assert any(word in str(response.context["form"].errors["file"]) for word in words.split("|"))


# --- what the sandbox stops -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["time", "memory", "fault"])
def test_a_reader_that_was_stopped_is_told_at_the_field(
    client: Client, cast: Cast, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_arguments: Any, **_options: Any) -> None:
        raise sandbox.Stopped(reason)

    monkeypatch.setattr(sandbox, "run", stopped)
    client.force_login(cast.owner)
    said = chosen(client, HEAD, "inventory.csv").context["form"].errors["file"]
    assert "Reading this file takes too much time or memory." in str(said)
    use = make_use(organisation=cast.organisation, declared=False)
    posted = {"read": "1", "file": SimpleUploadedFile("README.md", b"---\nlicense: mit\n---\n")}
    page = client.post(reverse("model_card", args=[use.reference]), posted)
    assert (
        "Shorten the model card to its header and sections, then try again. Reading this file takes too long."
        in str(page.context["form"].errors["file"])
    )
    posted = {"title": "Log", "proves": "All.", "confidentiality": "internal", "whole": "1"}
    page = client.post(reverse("evidence_new"), posted | {"file": SimpleUploadedFile("log.txt", b"an entry")})
    assert "This file was not accepted, because checking it takes too much time or memory." in str(
        page.context["form"].errors["file"]
    )
    assert page.context["form"]["title"].value() == "Log"


def test_a_file_that_finds_all_readers_busy_is_told_at_its_field_and_nothing_else_is_lost(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: Any, **_options: Any) -> None:
        raise sandbox.Busy

    monkeypatch.setattr(sandbox, "run", busy)
    client.force_login(cast.owner)
    words = "The server is reading too many other files at the moment."
    assert words in str(chosen(client, HEAD, "inventory.csv").context["form"].errors["file"])
    use = make_use(organisation=cast.organisation, declared=False)
    posted = {"read": "1", "file": SimpleUploadedFile("README.md", b"---\nlicense: mit\n---\n")}
    page = client.post(reverse("model_card", args=[use.reference]), posted)
    assert words in str(page.context["form"].errors["file"])
    posted = {"title": "Log", "proves": "All.", "confidentiality": "internal", "whole": "1"}
    page = client.post(reverse("evidence_new"), posted | {"file": SimpleUploadedFile("log.txt", b"an entry")})
    assert words in str(page.context["form"].errors["file"])
    assert page.context["form"]["title"].value() == "Log"
