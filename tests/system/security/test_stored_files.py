"""A full disk, quotas, orphaned files, and stored files that were changed (F10, F15; checks 23, 24, 68, 69, 72 to 76)."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import scheduled
from assessments.core import stored_files
from assessments.core.errors import InvalidAnswer
from assessments.documents import jobs
from assessments.domain import storage
from assessments.domain.evidence import files, library
from assessments.models import AuditEntry, Document, Evidence, EvidenceVersion, State, StepRun
from assessments.models.documents import DocumentState
from tests.support.factories import Cast, make_assessment, make_evidence, make_organisation, save

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

TITLE = "Minutes of the meeting in May"
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def storage_of_its_own(own_folder: None, settings: Any, tmp_path: Path) -> None:
    """Each test begins with an empty storage, so that it can say what is in it."""
    settings.MEDIA_ROOT = tmp_path


def stored() -> set[str]:
    root = Path(default_storage.path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def filled_in(content: bytes = b"an entry", name: str = "log.txt", **fields: str) -> dict[str, Any]:
    file = SimpleUploadedFile(name, content)
    return {
        "title": TITLE,
        "proves": "Who decided.",
        "confidentiality": "internal",
        "whole": "1",
        "file": file,
        **fields,
    }


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def ready(cast: Cast) -> Document:
    """The plan of a submission, made and stored."""
    make_assessment(State.IN_REVIEW, "limited", cast=cast)
    document = Document.objects.get()
    jobs.make(document.pk)
    document.refresh_from_db()
    assert document.state == DocumentState.READY
    return document


# --- a full disk (F15, checks 72 and 73) ------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing stops after the first part of a file, as on a disk that is full."""

    def chunks(file: File, _size: int | None = None) -> Iterator[bytes]:
        file.seek(0)
        yield file.read(3)
        raise OSError(errno.ENOSPC, "No space left on device")

    for kind in (File, ContentFile, InMemoryUploadedFile):
        monkeypatch.setattr(kind, "chunks", chunks, raising=False)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_said_with_507_and_leaves_no_part_of_the_file(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in())
    assert response.status_code == 507
    assert "The server has no space for this file at the moment." in str(response.context["form"].errors["file"])
    assert TITLE in text_of(response)
    assert stored() == set()
    assert not Evidence.objects.exists()


@pytest.mark.long
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_an_answer_and_what_was_typed_below_it(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    save(assessment, "use-register", {"choice": "in_place"}, by=cast.owner)
    client.force_login(cast.owner)
    here = reverse("answer_evidence", args=[assessment.reference, "use-register"])
    for headers in ({}, {"HX-Request": "true"}):
        response = client.post(here, filled_in(), headers=headers)
        assert response.status_code == 507
        assert TITLE in text_of(response)
        assert "no space for this file" in text_of(response)
    assert stored() == set()


@pytest.mark.long
def test_a_newer_version_on_a_full_disk_leaves_the_older_one(
    client: Client, cast: Cast, request: pytest.FixtureRequest
) -> None:
    piece = make_evidence(cast.organisation, by=cast.owner, content=b"the first")
    before = stored()
    request.getfixturevalue("full_disk")
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_replace", args=[piece.reference]), filled_in(b"the second"))
    assert response.status_code == 507
    assert stored() == before
    assert piece.versions.count() == 1


def test_an_upload_that_would_leave_less_than_the_reserve_is_refused_before_it_is_written(
    client: Client, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = settings.DISK_RESERVE_BYTES + 5
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**12, 10**12 - free, free))
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(b"123456"))
    assert response.status_code == 507
    assert stored() == set()
    assert client.post(reverse("evidence_new"), filled_in(b"12345")).status_code == 302


def test_a_document_on_a_full_disk_leaves_no_part_and_waits_for_the_sweeper(
    cast: Cast, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_assessment(State.IN_REVIEW, "limited", cast=cast)
    document = Document.objects.get()
    request.getfixturevalue("full_disk")
    jobs.make(document.pk)
    monkeypatch.undo()
    document.refresh_from_db()
    assert (document.state, document.error) == (
        DocumentState.PENDING,
        "The server has no space for the file at the moment.",
    )
    assert stored() == set()
    jobs.make(document.pk)
    document.refresh_from_db()
    assert stored() == {document.file.name}


# --- quotas (F15) -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_organisation_keeps_no_more_evidence_than_its_quota(client: Client, cast: Cast, settings: Any) -> None:
    settings.EVIDENCE_QUOTA_BYTES = 2 * MB
    make_evidence(cast.organisation, by=cast.owner, content=b"a" * MB)
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(b"b" * (MB + 1)))
    said = str(response.context["form"].errors["file"])
    assert "Your organisation can store at most 2 MB of evidence. Space left: 1 MB." in said
    assert TITLE in text_of(response)
    assert len(stored()) == 1
    assert client.post(reverse("evidence_new"), filled_in(b"b" * MB)).status_code == 302
    assert client.post(reverse("evidence_new"), filled_in(link="https://example.org/a", file="")).status_code == 302


@pytest.mark.long
def test_the_quota_counts_all_versions_withdrawn_evidence_and_no_neighbour(cast: Cast, settings: Any) -> None:
    settings.EVIDENCE_QUOTA_BYTES = 10
    neighbour = make_organisation()
    piece = make_evidence(cast.organisation, by=cast.owner, content=b"12345")
    library.add_version(piece, by=cast.owner, file=SimpleUploadedFile("log.txt", b"6789"))
    library.withdraw(piece, by=cast.owner)
    with pytest.raises(InvalidAnswer, match="Space left: 0 MB"):
        make_evidence(cast.organisation, by=cast.owner, content=b"ab")
    make_evidence(neighbour, by=neighbour.memberships.get().user, content=b"0123456789")
    make_evidence(cast.organisation, by=cast.owner, content=b"a")
    assert len(stored()) == 4


def test_uploads_at_once_share_the_quota(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both found room before they stored their file; the second finds none when it writes its row."""
    settings.EVIDENCE_QUOTA_BYTES = 10
    keep = files.keep

    def keep_while_another_comes(upload: Any) -> Any:
        monkeypatch.setattr(files, "keep", keep)
        make_evidence(cast.organisation, by=cast.contributor, content=b"the other")
        return keep(upload)

    monkeypatch.setattr(files, "keep", keep_while_another_comes)
    with pytest.raises(InvalidAnswer, match="can store at most"):
        make_evidence(cast.organisation, by=cast.owner, content=b"this one")
    assert EvidenceVersion.objects.count() == len(stored()) == 1


@pytest.mark.parametrize(
    ("used", "shown"), [(79, ""), (80, "uses 1 of 1 MB for evidence (80 %)"), (100, "You cannot add more files")]
)
def test_the_library_shows_the_quota_before_it_is_used_up(
    client: Client, cast: Cast, settings: Any, used: int, shown: str
) -> None:
    settings.EVIDENCE_QUOTA_BYTES = MB
    make_evidence(cast.organisation, by=cast.owner, content=b"a" * (MB * used // 100 + (used == 80)))
    client.force_login(cast.contributor)
    page = text_of(client.get(reverse("evidence")))
    assert ("<progress" in page) == bool(shown)
    assert shown in page


# --- files that no row names (F15) ------------------------------------------------------------------------------------


def orphan(name: str, *, days: float) -> None:
    default_storage.save(name, SimpleUploadedFile("x", b"part of a file"))
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(default_storage.path(name), (then, then))


@pytest.mark.long
def test_the_sweeper_deletes_files_that_no_row_has_named_for_a_day(cast: Cast, ready: Document) -> None:
    piece = make_evidence(cast.organisation, by=cast.owner)
    library.withdraw(piece, by=cast.owner)
    kept = stored()
    for name in kept:
        os.utime(default_storage.path(name), (0, 0))
    orphan("evidence/old", days=1.1)
    orphan("documents/2026/05/old.pdf", days=40)
    orphan("evidence/young", days=0.9)
    orphan("elsewhere/old", days=40)
    assert storage.sweep_orphans() == 2
    assert stored() == kept | {"evidence/young", "elsewhere/old"}
    assert storage.sweep_orphans() == 0


def test_orphans_are_swept_once_a_day_and_outside_a_transaction(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    step = next(step for step in scheduled.STEPS if step.do is storage.sweep_orphans)
    assert step.from_hour is not None
    assert not step.atomic
    orphan("evidence/old", days=2)
    StepRun.objects.create(name=step.name, day=timezone.localdate() - timedelta(days=1))
    night = timezone.localtime().replace(hour=step.from_hour)
    monkeypatch.setattr(scheduled.timezone, "localtime", lambda: night)
    assert scheduled.sweep((step,)) == 1
    orphan("evidence/old", days=2)
    assert scheduled.sweep((step,)) == 0


# --- files that were changed (F10, checks 74 and 75) ------------------------------------------------------------------

DAMAGE = {
    "missing": lambda path: path.unlink(),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-2]),
    "replaced": lambda path: path.write_bytes(b"%PDF-1.7 FORGED CERTIFICATE"),
    "replaced by as many bytes": lambda path: path.write_bytes(b"x" * path.stat().st_size),
}


def damage(name: str, how: str) -> str:
    """Damage a stored file; returns what the page says of it."""
    DAMAGE[how](Path(default_storage.path(name)))
    if how == "missing":
        return "The stored file is missing"
    return "The stored file was changed"


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_document_that_was_changed_is_not_sent(
    client: Client, cast: Cast, ready: Document, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(cast.owner)
    assert client.get(ready.get_absolute_url()).status_code == 200
    said = damage(ready.file.name, how)
    with caplog.at_level(logging.ERROR):
        response = client.get(ready.get_absolute_url())
    assert response.status_code == 503
    assert said in text_of(response)
    assert ready.sha256 in text_of(response)
    assert "FORGED" not in text_of(response)
    assert f"stored file {ready.file.name} is {'missing' if how == 'missing' else 'changed'}" in caplog.text


@pytest.mark.parametrize("how", DAMAGE)
def test_evidence_that_was_changed_is_not_sent_and_not_logged_as_read(
    client: Client, cast: Cast, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    piece = make_evidence(cast.organisation, by=cast.owner, title=TITLE, confidentiality="confidential")
    here = reverse("evidence_file", args=[piece.reference, 1])
    client.force_login(cast.owner)
    assert client.get(here).status_code == 200
    version = piece.versions.get()
    said = damage(version.storage_key, how)
    with caplog.at_level(logging.ERROR):
        response = client.get(here)
    assert response.status_code == 503
    assert said in text_of(response)
    assert f"{piece.reference}/1" in text_of(response)
    assert version.sha256 in text_of(response)
    assert caplog.records[0].levelname == "ERROR"
    assert AuditEntry.objects.filter(kind="evidence_read").count() == 1


def test_a_file_above_25_mb_is_compared_by_its_size(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_files, "LARGEST_CHECKED", 5)
    piece = make_evidence(cast.organisation, by=cast.owner, content=b"123456")
    client.force_login(cast.owner)
    here = reverse("evidence_file", args=[piece.reference, 1])
    Path(default_storage.path(piece.versions.get().storage_key)).write_bytes(b"abcdef")
    assert client.get(here).status_code == 200
    Path(default_storage.path(piece.versions.get().storage_key)).write_bytes(b"abcde")
    assert client.get(here).status_code == 503


def verified() -> str:
    said = StringIO()
    try:
        call_command("verify_files", stdout=said)
    except CommandError as error:
        return f"{said.getvalue()}{error}"
    return said.getvalue()


@pytest.mark.long
def test_verify_files_names_each_file_that_is_missing_or_was_changed(cast: Cast, ready: Document) -> None:
    pieces = [make_evidence(cast.organisation, by=cast.owner, content=b"entry %d" % n) for n in range(3)]
    make_evidence(cast.organisation, by=cast.owner, link="https://example.org/a", content=None)
    size = ready.size + 3 * len(b"entry 0")
    assert verified() == verified() == f"4 files with {size} bytes were read: no file is missing or changed\n"
    keys = [piece.versions.get().storage_key for piece in pieces]
    damage(keys[0], "missing")
    damage(keys[2], "replaced by as many bytes")
    damage(ready.file.name, "truncated")
    said = verified()
    assert verified() == said
    assert f"missing: evidence {pieces[0].reference}, version 1: {keys[0]}" in said
    assert f"changed: evidence {pieces[2].reference}, version 1: {keys[2]}" in said
    assert f"changed: document {ready.reference} (plan): {ready.file.name}" in said
    assert said.endswith(f"4 files with {size} bytes were read: 1 missing, 2 changed, listed above")
    assert said.count("\n") == 3


# --- how files are served (checks 23 and 24) --------------------------------------------------------------------------


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("page.html", b"<html><script>alert(1)</script></html>"),
        ("page.txt", b"<script>alert(1)</script>"),
        ("page.html.txt", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("polyglot.gif.html", b"GIF89a<script>alert(1)</script>"),
        ("picture.png", b"GIF89a<script>alert(1)</script>"),
        ("script.pdf", b"#!/bin/sh\necho hello"),
        ("tool.exe", b"MZ\x90\x00"),
        ("text\x00.txt.exe", b"MZ\x90\x00"),
        ("..\\..\\x.php", b"<?php echo 1;"),
    ],
)
def test_what_a_browser_could_run_is_not_taken(client: Client, cast: Cast, name: str, content: bytes) -> None:
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(content, name))
    assert "file" in response.context["form"].errors
    assert stored() == set()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("both.gif", b"GIF89a<script>alert(1)</script>", "image/gif"),
        ("both.pdf", b"%PDF-1.7 <script>alert(1)</script>", "application/pdf"),
        ("inv\u202egnp.txt", b"an entry", "text/plain"),
        ("note.md", b"# <b>note</b>", "text/markdown"),
    ],
)
def test_a_file_is_sent_so_that_no_browser_runs_it(
    client: Client, cast: Cast, name: str, content: bytes, media_type: str
) -> None:
    client.force_login(cast.owner)
    assert client.post(reverse("evidence_new"), filled_in(content, name)).status_code == 302
    piece = Evidence.objects.get()
    response = client.get(reverse("evidence_file", args=[piece.reference, 1]))
    assert b"".join(response) == content
    assert response["Content-Type"] == media_type
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert "\u202e" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
