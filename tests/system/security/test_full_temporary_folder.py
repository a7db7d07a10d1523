"""The folder of temporary files is full: a page says so with 507, shows what was typed, and nothing is kept (check 72)."""

from __future__ import annotations

import tempfile
from typing import Any

import pytest
from django.core.files import temp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments.models import Evidence, ImportDraft
from tests.support.factories import Cast, make_use

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
LARGE = b"a line of a log\n" * 250_000  # 4 MB: too much to be held in memory while it arrives
TITLE = "Minutes of the meeting in May"
SAID = "The server has no space for this file at the moment."


class Full:
    """Opens /dev/full in the place of a temporary file: what is written there finds no space left on the device."""

    def __init__(self, *_arguments: Any, **_more: Any) -> None:
        self.file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
        self.name = "/nowhere/upload"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> Any:
        return self.file

    def __exit__(self, *_error: Any) -> None:
        self.file.close()


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temp, "NamedTemporaryFile", Full)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)


@pytest.fixture
def owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def evidence_form(content: bytes) -> dict[str, Any]:
    file = SimpleUploadedFile("log.txt", content)
    return {"title": TITLE, "proves": "All.", "confidentiality": "internal", "whole": "1", "file": file}


@pytest.mark.parametrize("content", [LARGE, b"an entry"], ids=["while it arrives", "while it is read"])
def test_evidence_is_refused_at_its_field_and_the_rest_stays(owner: Client, full: None, content: bytes) -> None:
    page = owner.post(reverse("evidence_new"), evidence_form(content))
    assert page.status_code == 507
    assert SAID in str(page.context["form"].errors["file"])
    assert page.context["form"]["title"].value() == TITLE
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("content", [LARGE, b"system,use\n"], ids=["while it arrives", "while it is read"])
def test_tables_and_cards_are_refused_at_their_field(owner: Client, cast: Cast, full: None, content: bytes) -> None:
    use = make_use(organisation=cast.organisation, declared=False)
    for url, name, more in (
        (reverse("import"), "inventory.csv", {}),
        (reverse("actions_import"), "actions.csv", {}),
        (reverse("model_card", args=[use.reference]), "README.md", {"read": "1"}),
    ):
        page = owner.post(url, {"file": SimpleUploadedFile(name, content), **more})
        assert page.status_code == 507, url
        assert SAID in str(page.context["form"].errors["file"])
    assert not ImportDraft.objects.exists()


def test_without_a_folder_for_temporary_files_it_is_the_same(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_arguments: Any, **_more: Any) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(temp, "NamedTemporaryFile", nowhere)
    page = owner.post(reverse("evidence_new"), evidence_form(LARGE))
    assert page.status_code == 507
    assert page.context["form"]["title"].value() == TITLE


def test_the_form_of_a_large_file_reaches_its_checks_before_its_content_is_read(full: None, cast: Cast) -> None:
    """The token of the form stands in the same request: it is checked as always."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.owner)
    assert strict.post(reverse("evidence_new"), evidence_form(LARGE)).status_code == 403


def test_there_is_room_again_afterwards(owner: Client) -> None:
    assert owner.post(reverse("evidence_new"), evidence_form(LARGE)).status_code == 302
    assert Evidence.objects.get().title == TITLE
