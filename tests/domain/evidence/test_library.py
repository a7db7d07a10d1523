"""The evidence library: what is taken and what is refused, who reads it, what leans on it, what a submission names."""

from __future__ import annotations

import codecs
import hashlib
import io
import socketserver
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from assessments.access import finders, separation
from assessments.core import archives, file_types, sandbox
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.documents import jobs
from assessments.domain.answering import assignments
from assessments.domain.evidence import files, library
from assessments.domain.evidence.uploads import BoundedUpload
from assessments.domain.review import approval, interests, seat_taking
from assessments.domain.submission import submit
from assessments.models import (
    Assessment,
    AuditEntry,
    Certificate,
    Confidentiality,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Membership,
    Scan,
    State,
    Submission,
    snapshots,
)
from assessments.models.assessments import Route
from assessments.models.snapshots import build_snapshot
from hkguide import settings as knobs
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import (
    Cast,
    anew,
    make_assessment,
    make_cast,
    make_evidence,
    make_member,
    make_organisation,
    mark_all,
    save,
)
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(19)]

QUESTION, SECTION = "use-register", "governance"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
WORD = (
    '<Types><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these parts."""
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return box.getvalue()


def word_file(**more: bytes) -> bytes:
    return packed({"[Content_Types].xml": WORD.encode(), "word/document.xml": b"<w/>", **more})


def uploaded(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def refusal(name: str, content: bytes) -> str:
    """The sentence with which a file is refused; nothing of it stays in the storage."""
    before = stored_files()
    with pytest.raises(InvalidAnswer) as refused:
        files.keep(uploaded(name, content))
    assert refused.value.field == "file"
    assert stored_files() == before
    return str(refused.value)


def stored_files() -> set[str]:
    return set(default_storage.listdir("evidence")[1]) if default_storage.exists("evidence") else set()


@pytest.fixture(autouse=True)
def storage_of_its_own(own_folder: None, settings: Any, tmp_path: Any) -> None:
    """Each test begins with an empty storage, so that it can say what lies in it."""
    settings.MEDIA_ROOT = tmp_path


def once_for_all(cast: Cast) -> Assessment:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    save(assessment, QUESTION, {"choice": "in_place"}, by=cast.owner)
    return assessment


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


@pytest.fixture
def piece(cast: Cast) -> Evidence:
    return make_evidence(cast.organisation, by=cast.owner, title="Access log", content=b"Entry of today")


def page_of(assessment: Assessment, question: str = QUESTION) -> str:
    return reverse("answer_evidence", args=[assessment.reference, question])


def filled_in(**fields: Any) -> dict[str, Any]:
    """What the form of a new piece posts."""
    return {
        "title": "Contract",
        "proves": "Who answers for the model.",
        "confidentiality": "internal",
        "whole": "1",
    } | fields


def audited(kind: str) -> int:
    return AuditEntry.objects.filter(kind=kind).count()


# --- where files lie -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_another_storage_is_a_setting(client, cast, settings, piece):
    """Nothing asks for a path or an address of the file, so that any storage of Django's does."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    elsewhere = make_evidence(cast.organisation, by=cast.owner, content=b"kept elsewhere")
    client.force_login(cast.viewer)
    response = client.get(reverse("evidence_file", args=[elsewhere.reference, 1]))
    assert b"".join(response) == b"kept elsewhere"


@pytest.mark.parametrize(("value", "read"), [("", {}), ('{"bucket_name": "evidence"}', {"bucket_name": "evidence"})])
def test_the_options_of_a_storage_are_read_from_json(value, read, monkeypatch):
    monkeypatch.setenv("HKGUIDE_STORAGE_OPTIONS", value)
    assert knobs.env_options("STORAGE_OPTIONS") == read


@pytest.mark.parametrize("value", ["bucket", "[1]", '"x"'])
def test_options_that_cannot_be_read_stop_the_start(value, monkeypatch):
    monkeypatch.setenv("HKGUIDE_STORAGE_OPTIONS", value)
    with pytest.raises(ImproperlyConfigured, match="HKGUIDE_STORAGE_OPTIONS"):
        knobs.env_options("STORAGE_OPTIONS")


# --- what a file is ----------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(4)
@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("report.pdf", PDF, "application/pdf"),
        ("screen.png", PNG, "image/png"),
        ("photo.JPG", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 40, "image/jpeg"),
        ("picture.webp", b"RIFF\x20\0\0\0WEBPVP8 " + b"\0" * 40, "image/webp"),
        ("moving.gif", b"GIF89a" + b"\0" * 40, "image/gif"),
        ("policy.docx", word_file(), f"{file_types.OFFICE}wordprocessingml.document"),
        ("notes.odt", packed({"mimetype": b"application/vnd.oasis.opendocument.text"}), "application/vnd.oasis.opendocument.text"),
        ("log.csv", "時間,誰\n09:00,梁思敏\n".encode(), "text/csv"),
        ("log.csv", "時間,誰\n".encode("big5hkscs"), "text/csv"),
        ("readme.md", b"# Register\n", "text/markdown"),
        ("note.txt", codecs.BOM_UTF16_LE + "登記冊".encode("utf-16-le"), "text/plain"),
        ("screenshot", PNG, "image/png"),
    ],
)  # fmt: skip
def test_what_a_file_is_is_found_in_its_content(name, content, media_type):
    kept = files.keep(uploaded(name, content))
    assert (kept.media_type, kept.size) == (media_type, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    with default_storage.open(kept.storage_key) as stored:
        assert stored.read() == content
    assert name.split(".")[0] not in kept.storage_key


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tool.exe", b"MZ\x90\0" + b"\0" * 100),
        ("page.html", b"<!doctype html><html></html>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        ("letter.rtf", b"{\\rtf1 hello}"),
    ],
)
def test_a_kind_that_is_not_taken_is_refused_with_the_kinds_that_are(name, content):
    assert refusal(name, content).startswith("Choose a file of one of these types: csv, docx, gif,")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "report.pdf",
            PNG,
            "Save the file again with the correct file extension. Its name ends in “.pdf”, but its content is of"
            " another type: PNG image.",
        ),
        (
            "report.xlsx",
            word_file(),
            "Save the file again with the correct file extension. Its name ends in “.xlsx”, but its content is of"
            " another type: Word.",
        ),
    ],
)
def test_one_kind_under_the_name_of_another_is_refused(name, content, said):
    assert refusal(name, content) == said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"MZ\x90\0" + b"\0" * 100),
        ("notes.txt", b"<html><script>alert(1)</script></html>"),
        ("notes.md", b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>"),
        ("log.csv", b"a,b\n\x00\x01\x02"),
    ],
)
def test_something_not_taken_under_the_name_of_something_taken_is_refused(name, content):
    assert "not accepted" in refusal(name, content)


@pytest.mark.parametrize(
    "parts",
    [
        {"readme.txt": b"an archive like any other"},
        {"[Content_Types].xml": WORD.encode(), "word/vbaProject.bin": b"a macro"},
        {"[Content_Types].xml": WORD.replace("document.main", "document.macroEnabled.main").encode()},
    ],
    ids=["a zip", "macros inside", "a kind with macros"],
)
def test_archives_and_macros_are_refused(parts):
    assert "ZIP files and other archives, Office files with macros" in refusal("policy.docx", packed(parts))


def test_an_empty_file_is_refused():
    assert refusal("report.pdf", b"") == "Choose another file. This file is empty."


def test_a_file_above_the_limit_is_refused_and_one_at_the_limit_taken(settings):
    settings.EVIDENCE_MAX_BYTES = 2 * 1024**2
    assert files.keep(uploaded("note.txt", b"a" * settings.EVIDENCE_MAX_BYTES)).size == settings.EVIDENCE_MAX_BYTES
    said = refusal("note.txt", b"a" * (settings.EVIDENCE_MAX_BYTES + 1))
    assert said == "Make the file smaller, or enter a link instead. The file is larger than 2 MB."


# --- bombs -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_office_file_that_says_how_large_it_gets_is_refused_before_it_is_unpacked(monkeypatch):
    bomb = word_file(**{"word/a.xml": b"\0" * 40_000_000})
    assert "becomes far too large when it is opened" in refusal("policy.docx", bomb)
    monkeypatch.setattr(archives, "unpack", lambda *_arguments: pytest.fail("was unpacked"))
    with pytest.raises(sandbox.Refused, match="bomb"):
        file_types.find(io.BytesIO(bomb), ending="docx", most=200_000_000)


def lying(content: bytes, promised: int) -> bytes:
    """The archive, whose headers promise so many bytes for its last part; the checksum stays as it is."""
    box = zipfile.ZipFile(io.BytesIO(content))
    part = box.infolist()[-1]
    patched = bytearray(content)
    struct.pack_into("<L", patched, part.header_offset + 22, promised)
    entry = content.rindex(b"PK\1\2")
    struct.pack_into("<L", patched, entry + 24, promised)
    return bytes(patched)


@pytest.mark.long
def test_an_office_file_whose_headers_lie_about_its_size_is_refused():
    bomb = lying(word_file(**{"word/a.xml": b"\0" * 40_000_000}), 20)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert sum(part.file_size for part in archive.infolist()) < 1000  # what it promises
    assert "becomes far too large when it is opened" in refusal("policy.docx", bomb)


@pytest.mark.long
def test_unpacking_stops_as_soon_as_it_is_too_much():
    """Nothing is written out first and counted after: a small piece at a time, and no more of the packed bytes than that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(packer.compress(b"\0" * 2**20) for _n in range(100)) + packer.flush()
    bomb = lying(word_file(**{"word/a.xml": b"x" * 100}), 100)
    start = bomb.index(b"word/a.xml") - 30
    part = zipfile.ZipInfo("word/a.xml")
    part.header_offset, part.compress_size, part.compress_type = start, len(data), zipfile.ZIP_DEFLATED
    content = io.BytesIO(bomb[:start] + bomb[start : start + 40] + data)
    counted = 0
    for length in archives.unpack(content, part):
        assert length <= archives.CHUNK
        counted += length
        if counted > 10_000_000:
            break
    assert content.tell() <= start + 40 + archives.CHUNK < start + len(data)


def test_an_office_file_of_very_many_parts_is_refused():
    parts = {f"word/{n}.xml": b"" for n in range(archives.MOST_PARTS + 1)}
    assert "becomes far too large when it is opened" in refusal("policy.docx", word_file(**parts))


@pytest.mark.parametrize("cut", [30, 200, -10])
def test_a_damaged_office_file_is_refused(cut):
    assert "damaged" in refusal("policy.docx", word_file()[:cut])


def test_parts_that_lie_on_top_of_each_other_are_refused():
    """A directory that names one packed part a hundred times would unpack it a hundred times."""
    content = word_file(**{"word/a.xml": bytes(range(256)) * 40})
    at, end = content.rindex(b"PK\1\2"), content.index(b"PK\5\6")
    entry, directory = content[at:end], content[content.index(b"PK\1\2") : end]
    again = directory + entry * 100
    tail = bytearray(content[end:])
    struct.pack_into("<HHL", tail, 8, 103, 103, len(again))
    assert "damaged" in refusal("policy.docx", content[: content.index(b"PK\1\2")] + again + bytes(tail))


def test_a_password_keeps_an_office_file_out():
    content = bytearray(word_file())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        struct.pack_into("<H", content, content.index(mark) + offset, 1)
    assert "locked with a password" in refusal("policy.docx", bytes(content))


# --- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\olivia\\log.txt", "log.txt"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("inv\u202eoice.txt", "invoice.txt"),
        ("two\r\nlines.txt", "twolines.txt"),
        ("名" * 300 + ".txt", "名" * 251 + ".txt"),
    ],
)
def test_a_name_keeps_no_folders_and_nothing_invisible(given, kept):
    assert files.clean_name(given) == kept


def test_a_name_with_folders_is_stored_without_them(client, cast):
    client.force_login(cast.owner)
    body = filled_in(file=uploaded("log.txt", b"one entry"))
    body["file"].name = "log.txt"
    body["file"]._name = "../../../outside/log.txt"
    client.post(reverse("evidence_new"), body)
    version = EvidenceVersion.objects.get()
    assert version.file_name == "log.txt"
    assert default_storage.path(version.storage_key).startswith(str(default_storage.path("evidence")))


def test_a_name_of_255_chinese_signs_is_kept_and_given_back(client, cast):
    client.force_login(cast.owner)
    name = "證" * 251 + ".txt"
    assert len(name) == 255
    client.post(reverse("evidence_new"), filled_in(file=uploaded(name, b"one entry")))
    version = EvidenceVersion.objects.get()
    assert version.file_name == name
    response = client.get(reverse("evidence_file", args=[version.evidence.reference, 1]))
    assert response["Content-Disposition"] == f"attachment; filename*=utf-8''{quote(name)}"
    assert b"".join(response) == b"one entry"


# --- the way up --------------------------------------------------------------------------------------------------------


def test_what_lies_beyond_the_limit_is_not_even_kept_for_the_time_of_the_request(settings):
    settings.EVIDENCE_MAX_BYTES = 100
    handler = BoundedUpload()
    handler.new_file("file", "log.txt", "text/plain", 10**12)
    let_through = [handler.receive_data_chunk(b"x" * 64, 64 * n) for n in range(1000)]
    assert sum(len(chunk) for chunk in let_through if chunk) == 128  # one chunk too many: its size gives it away


def test_an_upload_far_above_the_limit_says_so_at_its_field(client, cast, settings):
    settings.EVIDENCE_MAX_BYTES = 1024**2
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(file=uploaded("log.txt", b"x" * 3 * 1024**2)))
    said = "Make the file smaller, or enter a link instead. The file is larger than 1 MB."
    assert response.context["form"].errors == {"file": [said]}
    assert response.context["form"]["proves"].value() == "Who answers for the model."
    assert EvidenceVersion.objects.count() == 0


def multipart(fields: dict[str, str], content: bytes) -> bytes:
    """The body that a browser sends, the file before the field that ends the form."""
    lines = [
        f'--edge\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in fields.items()
        if k != "whole"
    ]
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="log.txt"\r\nContent-Type: text/plain\r\n\r\n'
    )
    end = b'\r\n--edge\r\nContent-Disposition: form-data; name="whole"\r\n\r\n1\r\n--edge--\r\n'
    return b"".join(lines) + head + content + end


@pytest.mark.parametrize("arrived", [1.0, 0.9, 0.5, 0.2])
def test_an_upload_that_was_cut_off_is_not_taken_for_a_whole_one(arrived, client, cast):
    client.force_login(cast.owner)
    body = multipart(filled_in(), b"an entry\n" * 1000)
    sent = body[: int(len(body) * arrived)]
    response = client.post(reverse("evidence_new"), sent, content_type="multipart/form-data; boundary=edge")
    if arrived == 1:
        assert response.status_code == 302
        return
    assert "The upload was interrupted, and nothing was stored." in response.content.decode()
    assert (Evidence.objects.count(), stored_files()) == (0, set())


@pytest.mark.long
def test_a_cut_off_upload_can_be_tried_again_without_making_a_second_piece(client, cast, draft):
    """The reply was lost, not the upload: sent again it is the same piece, attached once."""
    client.force_login(cast.contributor)
    for _time in range(2):
        body = filled_in(file=uploaded("log.txt", b"one entry"))
        response = client.post(page_of(draft), body, headers={"HX-Request": "true"})
        assert response.status_code == 200
    assert (Evidence.objects.count(), EvidenceVersion.objects.count(), EvidenceUse.objects.count()) == (1, 1, 1)
    assert len(stored_files()) == 1


def test_a_large_file_lies_in_a_temporary_one_and_is_read_in_pieces(monkeypatch):
    """Memory: nothing reads more than a chunk at a time."""
    upload = TemporaryUploadedFile("log.txt", "text/plain", 0, None)
    for _n in range(80):
        upload.write(b"an entry\n" * 8192)
    upload.size = upload.file.tell()
    asked = []
    read = upload.file.read
    monkeypatch.setattr(upload.file, "read", lambda size=-1: asked.append(size) or read(size))
    kept = files.keep(upload)
    assert kept.size == upload.size > 5_000_000
    assert asked
    assert all(0 < size <= files.CHUNK for size in asked)


# --- the scanner -------------------------------------------------------------------------------------------------------


class StandIn(socketserver.BaseRequestHandler):
    """clamd in twenty lines: it takes INSTREAM and knows one virus."""

    def handle(self) -> None:
        assert self.exactly(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!L", self.exactly(4))[0]:
            content += self.exactly(length)
        found = b"Eicar-Test-Signature FOUND" if EICAR in content else b"OK"
        self.request.sendall(getattr(self.server, "says", None) or b"stream: " + found + b"\0")

    def exactly(self, length: int) -> bytes:
        got = b""
        while len(got) < length:
            got += self.request.recv(length - len(got))
        return got


@pytest.fixture
def clamd(settings: Any) -> Iterator[socketserver.TCPServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), StandIn) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings.CLAMD = server.server_address
        yield server
        server.shutdown()


def test_a_clean_file_is_scanned_and_says_so(clamd):
    assert files.keep(uploaded("log.txt", b"an entry\n" * 20_000)).scan == Scan.CLEAN


def test_without_a_scanner_a_file_says_that_it_was_not_scanned(settings):
    assert settings.CLAMD is None
    assert files.keep(uploaded("log.txt", b"an entry")).scan == Scan.NOT_SCANNED


def test_an_infected_file_is_refused_with_the_name_of_what_was_found(clamd, client, cast):
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(file=uploaded("log.txt", EICAR)))
    said = (
        "Choose another file. The virus scanner found “Eicar-Test-Signature” in this file, so the file was not stored."
    )
    assert response.context["form"].errors == {"file": [said]}
    assert (Evidence.objects.count(), stored_files()) == (0, set())


@pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: OK but\0"])
def test_an_answer_of_the_scanner_that_says_neither_is_not_taken_for_clean(says, clamd):
    clamd.says = says or b"\0"
    assert "the virus scanner is not responding" in refusal("log.txt", b"an entry")


def test_while_the_scanner_is_away_nothing_is_taken(settings):
    with socketserver.TCPServer(("127.0.0.1", 0), StandIn) as server:
        settings.CLAMD = server.server_address
    assert (
        refusal("log.txt", b"an entry")
        == "Try again later. The file was not accepted, because the virus scanner is not responding."
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [("", None), ("scanner:3310", ("scanner", 3310)), ("[::1]:3310", ("::1", 3310))],
)
def test_the_scanner_is_named_by_host_and_port(value, read, monkeypatch):
    monkeypatch.setenv("HKGUIDE_CLAMD", value)
    assert knobs.env_address("CLAMD") == read


@pytest.mark.parametrize("value", ["scanner", "scanner:", ":3310", "scanner:port"])
def test_a_scanner_that_cannot_be_read_stops_the_start(value, monkeypatch):
    monkeypatch.setenv("HKGUIDE_CLAMD", value)
    with pytest.raises(ImproperlyConfigured, match="HKGUIDE_CLAMD"):
        knobs.env_address("CLAMD")


# --- the library -------------------------------------------------------------------------------------------------------


def test_a_piece_is_put_into_the_library_with_its_file(client, cast):
    client.force_login(cast.contributor)
    body = filled_in(file=uploaded("contract.pdf", PDF), period_from="2026-01-01", expires_on="2099-12-31")
    response = client.post(reverse("evidence_new"), body)
    made = Evidence.objects.get()
    assert response["Location"] == made.get_absolute_url()
    assert (made.owner, made.organisation, made.version) == (cast.contributor, cast.organisation, 1)
    version = made.versions.get()
    assert (version.file_name, version.sha256) == ("contract.pdf", hashlib.sha256(PDF).hexdigest())
    assert audited("evidence_added") == 1
    content = client.get(made.get_absolute_url()).content.decode()
    assert version.sha256 in content
    assert "Not checked for malware" in content


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({}, "file", "Choose a file or enter a link."),
        ({"link": "https://example.org", "file": True}, "link", "Choose a file or enter a link, not both."),
        ({"link": "javascript:alert(1)"}, "link", "Enter an address that begins with https:// or http://."),
        ({"link": "ftp://example.org/x"}, "link", "Enter an address that begins with https:// or http://."),
        (
            {"confidentiality": "on_request"},
            "held_by",
            "Enter the name of a contact person or department, and how to contact them.",
        ),
        (
            {"confidentiality": "on_request", "held_by": "Secretary", "file": True},
            "confidentiality",
            "Remove the file and the link. Evidence marked “Shown on request only” cannot have a file or link here.",
        ),
        (
            {"link": "https://example.org", "period_from": "2026-03-01", "period_to": "2026-02-01"},
            "period_to",
            "Choose a later end date. The period ends before it begins.",
        ),
        (
            {"link": "https://example.org", "expires_on": "2020-01-01"},
            "expires_on",
            "Choose today or a later day. Evidence cannot expire on a day in the past.",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said_once_at_its_field(given, field, said, client, cast):
    client.force_login(cast.owner)
    if given.get("file"):
        given = {**given, "file": uploaded("log.txt", b"an entry")}
    response = client.post(reverse("evidence_new"), filled_in(**given))
    assert response.context["form"].errors[field] == [said]
    assert (Evidence.objects.count(), stored_files()) == (0, set())


def test_a_form_with_another_mistake_says_that_its_file_has_to_be_chosen_again(client, cast):
    client.force_login(cast.owner)
    response = client.post(reverse("evidence_new"), filled_in(title="", file=uploaded("log.txt", b"an entry")))
    assert set(response.context["form"].errors) == {"title", "file"}
    assert "Your browser did not keep it" in response.context["form"].errors["file"][0]


def test_what_is_shown_on_request_only_needs_no_file_and_says_who_has_it(client, cast):
    client.force_login(cast.owner)
    body = filled_in(confidentiality="on_request", held_by="The company secretary, 2345 6789")
    client.post(reverse("evidence_new"), body)
    made = Evidence.objects.get()
    assert (made.version, made.versions.count()) == (0, 0)
    assert "The company secretary, 2345 6789" in client.get(made.get_absolute_url()).content.decode()


def test_same_file_given_again_is_refused(cast, piece):
    with pytest.raises(InvalidAnswer, match=r"Use “Access log” instead\. This file is already in the library\."):
        make_evidence(cast.organisation, by=cast.contributor, content=b"Entry of today")
    assert len(stored_files()) == 1


def test_what_somebody_may_not_see_is_not_given_away_by_sending_the_same_file(cast, piece):
    made = make_evidence(cast.organisation, by=cast.assigned, content=b"Entry of today")
    assert made != piece


def test_rows_that_cannot_be_written_leave_no_file_behind(cast):
    with pytest.raises(Exception, match=r"too long|at most 160"):
        make_evidence(cast.organisation, by=cast.owner, title="x" * 161)
    assert (Evidence.objects.count(), stored_files()) == (0, set())


def test_the_empty_library_says_what_the_questions_usually_ask_for(client, cast, edition):
    client.force_login(cast.owner)
    content = client.get(reverse("evidence")).content.decode()
    assert "The library has no evidence yet" in content
    first = edition.sections[0]
    assert first.title in content
    assert first.questions[0].good_evidence[0].replace("'", "&#x27;") in content


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("query", "shown"),
    mostly_long(
        [
            ("", {"Audit report", "Old log", "New log"}),
            ("q=AUDIT", {"Audit report"}),
            ("q=figures of may", {"New log"}),  # in what it proves
            ("q=access+log.txt", {"Old log", "New log"}),  # in the file's name
            ("show=expired", {"Old log"}),
            ("show=soon", {"New log"}),
            ("show=unused", {"Audit report", "New log"}),
            ("show=mine", {"Audit report"}),
            ("show=withdrawn", {"Taken back"}),
            ("show=soon&q=audit", set()),
        ],
        3,
    ),
)
def test_the_library_is_searched_and_narrowed(query, shown, client, cast, draft):
    today = timezone.localdate()
    home = cast.organisation
    make_evidence(home, by=cast.contributor, title="Audit report", link="https://example.org/a")
    old = make_evidence(home, by=cast.owner, title="Old log", expires_on=today)
    library.attach(old, draft, QUESTION, by=cast.owner)
    Evidence.objects.filter(pk=old.pk).update(expires_on=today - timedelta(days=1))
    make_evidence(home, title="New log", proves="The figures of May.", expires_on=today + timedelta(days=30))
    library.withdraw(make_evidence(home, title="Taken back"), by=cast.owner)
    client.force_login(cast.contributor)
    page = client.get(f"{reverse('evidence')}?{query}").context["page"]
    assert {found.title for found in page} == shown


# --- versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_newer_version_leaves_the_older_one_as_it_was(client, cast, piece):
    client.force_login(cast.contributor)
    body = {"file": uploaded("log 2.txt", b"Entry of tomorrow"), "expires_on": "2099-01-01", "whole": "1"}
    client.post(reverse("evidence_replace", args=[piece.reference]), body)
    piece.refresh_from_db()
    assert (piece.version, str(piece.expires_on)) == (2, "2099-01-01")
    assert list(piece.versions.order_by("number").values_list("file_name", flat=True)) == [
        "access log.txt",
        "log 2.txt",
    ]
    for number, content in ((1, b"Entry of today"), (2, b"Entry of tomorrow")):
        response = client.get(reverse("evidence_file", args=[piece.reference, number]))
        assert b"".join(response) == content
    assert audited("evidence_replaced") == 1


def test_the_same_file_is_no_newer_version(cast, piece):
    with pytest.raises(InvalidAnswer, match="already the current version"):
        library.add_version(piece, by=cast.owner, file=uploaded("log.txt", b"Entry of today"))


def test_a_piece_on_request_that_gets_a_file_becomes_confidential(cast):
    made = make_evidence(cast.organisation, by=cast.owner, confidentiality="on_request", held_by="Secretary")
    library.add_version(made, by=cast.owner, file=uploaded("log.txt", b"an entry"))
    made.refresh_from_db()
    assert (made.version, made.confidentiality, made.held_by) == (1, Confidentiality.CONFIDENTIAL, "")


def test_a_change_of_details_is_audited_and_hands_the_piece_over(client, cast, piece):
    client.force_login(cast.owner)
    body = {"title": "Log", "proves": "All.", "confidentiality": "confidential", "owner": cast.contributor.pk}
    client.post(reverse("evidence_edit", args=[piece.reference]), body)
    piece.refresh_from_db()
    assert (piece.title, piece.confidentiality, piece.owner) == ("Log", "confidential", cast.contributor)
    entry = AuditEntry.objects.get(kind="evidence_changed")
    assert "Access log" in entry.detail.detail


@pytest.mark.parametrize("who", ["viewer", "outsider", "reviewer"])
def test_a_piece_is_owned_by_somebody_who_may_renew_it(who, client, cast, piece):
    client.force_login(cast.owner)
    body = {"title": "Log", "proves": "All.", "confidentiality": "internal", "owner": getattr(cast, who).pk}
    response = client.post(reverse("evidence_edit", args=[piece.reference]), body)
    assert "owner" in response.context["form"].errors
    with pytest.raises(InvalidAnswer, match="owner or contributor"):
        library.update(piece, by=cast.owner, owner=getattr(cast, who))


def test_a_withdrawn_piece_takes_nothing_more(cast, draft, piece):
    library.withdraw(piece, by=cast.owner)
    for act in (
        lambda: library.attach(piece, draft, QUESTION, by=cast.owner),
        lambda: library.add_version(piece, by=cast.owner, link="https://example.org"),
        lambda: library.update(piece, by=cast.owner, title="Again"),
        lambda: library.withdraw(piece, by=cast.owner),
    ):
        with pytest.raises(WorkflowError, match="withdrawn"):
            act()
    assert EvidenceVersion.objects.count() == 1


def test_two_replacements_of_one_file_get_two_version_numbers(cast, piece):
    stale = Evidence.objects.get(pk=piece.pk)
    library.add_version(piece, by=cast.owner, link="https://example.org/2")
    library.add_version(stale, by=cast.contributor, link="https://example.org/3")
    assert list(piece.versions.order_by("number").values_list("number", flat=True)) == [1, 2, 3]


# --- who may what ------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("who", "may"),
    [("owner", True), ("contributor", True), ("viewer", False), ("assigned", False), ("reviewer", False), ("outsider", False)],
)  # fmt: skip
def test_who_may_change_a_piece(who, may, cast, piece):
    acts = [
        lambda by: library.update(piece, by=by, title="Other"),
        lambda by: library.add_version(piece, by=by, link="https://example.org"),
        lambda by: library.withdraw(piece, by=by),
    ]
    for act in acts:
        if may:
            act(getattr(cast, who))
        else:
            with pytest.raises(NotPermitted):
                act(getattr(cast, who))


@pytest.mark.long
def test_who_sees_only_what_is_assigned_finds_their_own_and_what_their_questions_lean_on(cast, draft, piece):
    save(draft, "acceptable-use", {"choice": "unknown"}, by=cast.owner)
    elsewhere = make_evidence(cast.organisation, by=cast.owner)
    library.attach(piece, draft, QUESTION, by=cast.owner)
    library.attach(elsewhere, draft, "acceptable-use", by=cast.owner)
    own = make_evidence(cast.organisation, by=cast.assigned)
    assert set(finders.evidence_for(cast.assigned)) == {own}
    assignments.assign_section(draft, SECTION, Membership.objects.get(user=cast.assigned), by=cast.owner)
    assert set(finders.evidence_for(cast.assigned)) == {own, piece}
    assert set(finders.evidence_for(cast.viewer)) == {own, piece, elsewhere}


def test_who_has_left_finds_nothing_not_even_their_own(cast, piece):
    Membership.objects.filter(user=cast.owner).update(left_at=timezone.now())
    assert not finders.evidence_for(cast.owner).exists()


@pytest.mark.long
def test_a_foreign_piece_cannot_be_attached_by_its_id(client, cast, draft):
    foreign = make_evidence()
    client.force_login(cast.owner)
    for act in ("attach", "detach", "confirm"):
        assert client.post(page_of(draft), {act: foreign.reference}).status_code == 404
    with pytest.raises(NotPermitted):
        library.attach(foreign, draft, QUESTION, by=cast.owner)
    assert EvidenceUse.objects.count() == 0


@pytest.mark.long
def test_a_foreign_file_is_not_there(client, cast):
    foreign = make_evidence()
    client.force_login(cast.owner)
    assert client.get(reverse("evidence_file", args=[foreign.reference, 1])).status_code == 404


def test_somebody_of_two_organisations_does_not_carry_a_piece_from_one_to_the_other(client, cast, draft):
    other = make_evidence()
    Membership.objects.create(user=cast.owner, organisation=other.organisation, role="owner")
    client.force_login(cast.owner)
    assert client.get(other.get_absolute_url()).status_code == 200
    assert client.post(page_of(draft), {"attach": other.reference}).status_code == 404


# --- reading -----------------------------------------------------------------------------------------------------------


def test_a_file_leaves_as_a_download_that_no_browser_runs(client, cast, piece):
    client.force_login(cast.viewer)
    response = client.get(reverse("evidence_file", args=[piece.reference, 1]))
    assert response["Content-Disposition"] == 'attachment; filename="access log.txt"'
    assert response["Content-Type"] == "text/plain"
    assert response["Content-Length"] == "14"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]


def test_no_address_serves_the_storage_itself(client, cast, piece, settings):
    client.force_login(cast.owner)
    key = piece.versions.get().storage_key
    assert client.get(f"{settings.MEDIA_URL}{key}").status_code == 404


def test_evidence_link_redirects_without_a_referrer(client, cast):
    made = make_evidence(cast.organisation, by=cast.owner, link="https://example.org/report")
    client.force_login(cast.viewer)
    response = client.get(reverse("evidence_file", args=[made.reference, 1]))
    assert (response.status_code, response["Location"]) == (302, "https://example.org/report")
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("confidentiality", "entries"), [("internal", 0), ("confidential", 1)])
def test_each_reading_of_a_confidential_piece_is_logged(confidentiality, entries, client, cast):
    made = make_evidence(cast.organisation, by=cast.owner, confidentiality=confidentiality)
    client.force_login(cast.viewer)
    address = reverse("evidence_file", args=[made.reference, 1])
    assert client.head(address).status_code == 200
    assert client.get(address).status_code == 200
    found = AuditEntry.objects.filter(kind="evidence_read")
    assert [(entry.actor, entry.object) for entry in found] == [
        (cast.viewer.pk, f"evidence:{made.reference}")
    ] * entries


@pytest.mark.long
def test_a_file_that_the_storage_has_lost_is_said_to_be_missing_and_not_logged_as_read(client, cast):
    made = make_evidence(cast.organisation, by=cast.owner, confidentiality="confidential")
    default_storage.delete(made.versions.get().storage_key)
    client.force_login(cast.owner)
    response = client.get(reverse("evidence_file", args=[made.reference, 1]))
    assert response.status_code == 503
    assert "The stored file is missing" in response.content.decode()
    assert audited("evidence_read") == 0


# --- what answers lean on ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_one_piece_is_attached_to_answers_of_several_systems(client, cast, draft, piece):
    other = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    save(other, QUESTION, {"choice": "in_place"}, by=cast.owner)
    client.force_login(cast.contributor)
    for assessment in (draft, other, other):
        client.post(page_of(assessment), {"attach": piece.reference})
    assert EvidenceUse.objects.count() == 2
    assert audited("evidence_attached") == 2
    content = client.get(piece.get_absolute_url()).content.decode()
    assert draft.use.system.name in content
    assert other.use.system.name in content


def test_a_detached_piece_stays_in_the_library(client, cast, draft, piece):
    library.attach(piece, draft, QUESTION, by=cast.owner)
    client.force_login(cast.contributor)
    client.post(page_of(draft), {"detach": piece.reference})
    assert EvidenceUse.objects.count() == 0
    assert list(finders.evidence_for(cast.contributor).in_use()) == [piece]
    assert audited("evidence_detached") == 1


def test_evidence_hangs_on_an_answer_so_the_question_is_answered_first(client, cast, draft, piece):
    client.force_login(cast.owner)
    address = page_of(draft, "accountable-owner")
    assert "Answer the question first" in client.get(address).content.decode()
    response = client.post(address, {"attach": piece.reference})
    assert (response.status_code, EvidenceUse.objects.count()) == (200, 0)
    response = client.post(address, filled_in(file=uploaded("log.txt", b"new")), headers={"HX-Request": "true"})
    assert "Answer the question first" in response.content.decode()
    assert len(stored_files()) == 1


@pytest.mark.long
def test_a_locked_assessment_takes_and_gives_no_evidence(client, cast, draft, piece):
    library.attach(piece, draft, QUESTION, by=cast.owner)
    client.force_login(cast.owner)
    for state in set(State) - {State.DRAFT, State.RETURNED}:
        Assessment.objects.filter(pk=draft.pk).update(state=state)
        for act in (library.attach, library.detach, library.confirm_again):
            with pytest.raises(Locked):
                act(piece, draft, QUESTION, by=cast.owner)
    assert client.post(page_of(draft), {"detach": piece.reference}).status_code == 200
    assert EvidenceUse.objects.count() == 1
    assert 'name="detach"' not in markup_of(client.get(page_of(draft)))


def test_what_was_typed_while_the_lock_fell_stays_on_the_page(client, cast, draft):
    client.force_login(cast.owner)
    Assessment.objects.filter(pk=draft.pk).update(state=State.SUBMITTED)
    for script in ({}, {"HX-Request": "true"}):
        response = client.post(page_of(draft), filled_in(file=uploaded("log.txt", b"one entry")), headers=script)
        assert "locked" in response.content.decode()
        assert "Who answers for the model." in response.content.decode()
    assert (Evidence.objects.count(), stored_files()) == (0, set())


@pytest.mark.long
def test_of_a_returned_assessment_only_what_was_marked_takes_evidence(cast, piece):
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    library.attach(piece, returned, QUESTION, by=cast.owner)
    with pytest.raises(Locked, match="marked"):
        library.attach(piece, returned, "accountable-owner", by=cast.owner)


@pytest.mark.long
def test_evidence_attached_to_a_returned_answer_counts_as_dealt_with(client, cast, piece):
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    client.force_login(cast.owner)
    address = reverse("returned", args=[returned.reference])
    assert client.get(address).context["dealt"] == 0
    library.attach(piece, returned, QUESTION, by=cast.owner)
    assert client.get(address).context["dealt"] == 1


def test_who_is_not_asked_a_question_attaches_nothing_to_it(cast, draft, piece):
    with pytest.raises(NotPermitted):
        library.attach(piece, draft, QUESTION, by=cast.assigned)


def strip_on_page(client: Client, assessment: Assessment) -> str:
    """The strip under the question, on the page of its section."""
    content = markup_of(client.get(reverse("section", args=[assessment.reference, SECTION])))
    start = content.index(f'id="q-{QUESTION}--evidence"')
    return content[start : content.index("hk-answer-foot", start)]


@pytest.mark.long
def test_the_strip_counts_the_pieces_and_leads_on_without_a_script(client, cast, draft, piece):
    client.force_login(cast.contributor)
    assert "Evidence: none yet" in strip_on_page(client, draft)
    library.attach(piece, draft, QUESTION, by=cast.owner)
    strip = strip_on_page(client, draft)
    assert "Evidence: 1 item<" in strip
    assert f'href="{page_of(draft)}"' in strip
    assert "look again" not in strip


@pytest.mark.long
def test_a_replaced_piece_asks_to_be_looked_at_until_somebody_has(client, cast, draft, piece):
    library.attach(piece, draft, QUESTION, by=cast.owner)
    library.add_version(piece, by=cast.owner, link="https://example.org/2")
    client.force_login(cast.contributor)
    assert "replaced since it was attached, so check it again" in strip_on_page(client, draft)
    assert "Confirm that this evidence still supports the answer" in strip_on_page(client, draft)
    client.post(page_of(draft), {"confirm": piece.reference})
    assert "look again" not in strip_on_page(client, draft)
    use = EvidenceUse.objects.get()
    assert (use.version, use.by) == (2, cast.owner)  # who attached it stays in the delivery team
    assert audited("evidence_confirmed") == 1


@pytest.mark.long
def test_an_expired_piece_says_so_until_somebody_has_looked(client, cast, draft, piece):
    today = timezone.localdate()
    library.attach(piece, draft, QUESTION, by=cast.owner)
    EvidenceUse.objects.update(at=timezone.now() - timedelta(days=9))
    client.force_login(cast.contributor)
    for expires_on, flagged in ((today, False), (today - timedelta(days=1), True)):
        Evidence.objects.update(expires_on=expires_on)
        assert ("Confirm that this evidence still supports the answer" in strip_on_page(client, draft)) == flagged
    assert "hk-evidence-warning" in strip_on_page(client, draft)
    client.post(page_of(draft), {"confirm": piece.reference})
    strip = strip_on_page(client, draft)
    assert "hk-evidence-warning" not in strip
    assert "expired on" in strip  # it still has, and that stays in sight


@pytest.mark.long
def test_a_script_gets_the_strip_alone_and_the_reason_for_a_refusal(client, cast, draft, piece):
    client.force_login(cast.owner)
    script = {"HX-Request": "true"}
    opened = markup_of(client.get(page_of(draft), headers=script))
    assert opened.lstrip().startswith(f'<div class="hk-evidence" id="q-{QUESTION}--evidence"')
    assert "data-evidence-panel" in opened
    assert "data-evidence-panel" not in markup_of(client.get(f"{page_of(draft)}?closed=1", headers=script))
    attached = client.post(page_of(draft), {"attach": piece.reference}, headers=script)
    assert "Attached: Access log." in markup_of(attached)
    refused = client.post(page_of(draft), filled_in(file=uploaded("x.exe", b"MZ\x90\0")), headers=script)
    assert refused.status_code == 200
    assert "Choose a file of one of these types" in markup_of(refused)
    assert "Who answers for the model." in markup_of(refused)


def test_the_controls_of_an_open_strip_have_no_names_that_the_page_around_it_would_send(client, cast, draft):
    client.force_login(cast.owner)
    opened = markup_of(client.get(page_of(draft), headers={"HX-Request": "true"}))
    assert " name=" not in opened
    assert "<form" not in opened


@pytest.mark.long
def test_the_owner_of_a_piece_that_runs_out_is_told_on_the_dashboard(client, cast):
    today = timezone.localdate()
    for days, title in ((30, "Soon"), (31, "Later")):
        make_evidence(cast.organisation, by=cast.contributor, title=title, expires_on=today + timedelta(days=days))
    client.force_login(cast.contributor)
    answering = "Booking and urgency sorting"
    titles = [need.title for need in client.get(reverse("dashboard")).context["needs"]]
    assert titles == ["Renew the evidence “Soon”", answering]
    client.force_login(cast.owner)
    assert [need.title for need in client.get(reverse("dashboard")).context["needs"]] == [answering]


# --- what a submission names ---------------------------------------------------------------------------------------------


def submitted(cast: Cast, piece: Evidence, **more: Any) -> Submission:
    """A submission to the reviewing body whose first answer leans on the piece."""
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, **more)
    library.attach(piece, assessment, QUESTION, by=cast.contributor)
    for gate in ("tier-limited-transparency", "tier-limited-opt-out"):  # no approval without it
        library.attach(piece, assessment, gate, by=cast.contributor)
    return submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)


@pytest.mark.long
def test_a_submission_freezes_what_its_answers_lean_on(cast, piece):
    submission = submitted(cast, piece)
    (named,) = submission.content()["answers"][QUESTION]["evidence"]
    assert {key: named[key] for key in ("title", "proves", "version", "sha256", "on_request")} == {
        "title": "Access log",
        "proves": "Who opened which record, and when.",
        "version": 1,
        "sha256": hashlib.sha256(b"Entry of today").hexdigest(),
        "on_request": False,
    }
    library.update(piece, by=cast.owner, title="Another title")
    library.add_version(piece, by=cast.owner, link="https://example.org/2")
    library.withdraw(piece, by=cast.owner)
    assert Submission.objects.get(pk=submission.pk).content()["answers"][QUESTION]["evidence"] == [named]


@pytest.mark.long
def test_what_is_on_request_is_named_with_who_shows_it_and_what_was_withdrawn_is_not(cast, draft, piece):
    spoken = make_evidence(cast.organisation, by=cast.owner, confidentiality="on_request", held_by="The secretary")
    for one in (piece, spoken):
        library.attach(one, draft, QUESTION, by=cast.owner)
    library.withdraw(piece, by=cast.owner)
    (named,) = build_snapshot(draft, final=False)["answers"][QUESTION]["evidence"]
    assert (named["on_request"], named["held_by"], named["version"], named["sha256"]) == (True, "The secretary", 0, "")


@pytest.mark.long
def test_a_reviewer_reads_exactly_the_versions_that_the_submission_names(client, cast, piece):
    submission = submitted(cast, piece)
    other = make_evidence(cast.organisation, by=cast.owner)
    library.add_version(piece, by=cast.owner, link="https://example.org/2")
    for reviewer in (cast.independent, cast.reviewer):
        client.force_login(reviewer)
        interests.declare_none(submission, by=reviewer)
        response = client.get(reverse("review_evidence", args=[submission.reference, piece.reference, 1]))
        assert b"".join(response) == b"Entry of today"
        for reference, number in ((piece.reference, 2), (other.reference, 1)):
            address = reverse("review_evidence", args=[submission.reference, reference, number])
            assert client.get(address).status_code == 404
        assert client.get(piece.get_absolute_url()).status_code == 404
        assert client.get(reverse("evidence_file", args=[piece.reference, 1])).status_code == 404


@pytest.mark.long
def test_a_reviewer_still_reads_what_was_withdrawn_and_the_log_says_so(client, cast):
    made = make_evidence(cast.organisation, by=cast.owner, confidentiality="confidential")
    submission = submitted(cast, made)
    library.withdraw(made, by=cast.owner)
    client.force_login(cast.independent)
    interests.declare_none(submission, by=cast.independent)
    address = reverse("review_evidence", args=[submission.reference, made.reference, 1])
    assert client.get(address).status_code == 200
    assert AuditEntry.objects.get(kind="evidence_read").actor == cast.independent.pk


def test_the_reviewer_sees_the_evidence_beside_the_answer(client, cast, piece):
    submission = submitted(cast, piece)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    address = reverse("review_section", args=[submission.reference, SECTION])
    content = client.get(address).content.decode()
    assert "Access log" in content
    assert reverse("review_evidence", args=[submission.reference, piece.reference, 1]) in content


@pytest.mark.long
def test_submissions_older_than_the_library_are_still_read(client, cast, piece, monkeypatch):
    submission = submitted(cast, piece)
    seat_taking.take(submission, by=cast.independent)
    content = submission.content()
    for answer in content["answers"].values():
        del answer["evidence"]
    monkeypatch.setattr(Submission, "content", lambda _submission: content)
    client.force_login(cast.independent)
    assert client.get(reverse("review_section", args=[submission.reference, SECTION])).status_code == 200
    address = reverse("review_evidence", args=[submission.reference, piece.reference, 1])
    assert client.get(address).status_code == 404
    assert jobs.submission_report(submission).answers[0].evidence == ()


@pytest.mark.long
def test_new_evidence_makes_an_answer_changed_since_the_last_round(cast, piece):
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    before = returned.current_submission.content()
    library.attach(piece, returned, QUESTION, by=cast.owner)
    after = submit.submit(returned, by=cast.owner, route=Route.INDEPENDENT).content()
    assert snapshots.changed_targets(before, after) == {f"q:{QUESTION}"}


def test_whoever_attached_or_gave_evidence_belongs_to_the_delivery_team(cast, draft):
    given = make_evidence(cast.organisation, by=cast.assigned)
    assert not {cast.contributor.pk, cast.assigned.pk} & separation.delivery_team(draft)
    library.attach(given, draft, QUESTION, by=cast.contributor)
    assert {cast.contributor.pk, cast.assigned.pk} <= separation.delivery_team(draft)


@pytest.mark.long
def test_the_report_names_the_evidence_and_the_certificate_does_not(client, cast):
    sentinel = make_evidence(
        cast.organisation, by=cast.owner, title="SENTINEL TITLE", proves="SENTINEL PROOF", content=b"SENTINEL"
    )
    submission = submitted(cast, sentinel)
    line = next(a for a in jobs.submission_report(submission).answers if a.key == QUESTION)
    assert [(e.title, e.proves, e.version) for e in line.evidence] == [("SENTINEL TITLE", "SENTINEL PROOF", 1)]
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    certificate = Certificate.objects.get()
    assert "SENTINEL" in submission.snapshot
    assert "SENTINEL" not in certificate.public_record
    page = client.get(reverse("verify", args=[certificate.number]))
    assert page.status_code == 200
    assert "SENTINEL" not in page.content.decode()


# --- what pages cost ---------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("name", ["evidence", "evidence_piece", "answer_evidence", "section", "dashboard"])
def test_a_page_costs_as_much_for_forty_pieces_as_for_one(name, client, cast, draft):
    client.force_login(cast.contributor)
    first = make_evidence(cast.organisation, by=cast.contributor, link="https://example.org/0")
    library.attach(first, draft, QUESTION, by=cast.contributor)
    Evidence.objects.update(expires_on=timezone.localdate())
    places = {"evidence_piece": [first.reference], "answer_evidence": [draft.reference, QUESTION]}
    address = reverse(name, args=places.get(name, [draft.reference, SECTION] if name == "section" else []))
    few = cost(client, address)
    for n in range(40):
        more = Evidence.objects.create(
            organisation=cast.organisation, owner=cast.contributor, title=f"Log {n}", proves="All.", version=1,
            expires_on=timezone.localdate(),
        )  # fmt: skip
        EvidenceVersion.objects.create(evidence=more, number=1, link="https://example.org", by=cast.owner)
        EvidenceVersion.objects.create(evidence=first, number=n + 2, link="https://example.org", by=cast.owner)
        if n % 2:
            EvidenceUse.objects.create(
                evidence=more, answer=draft.answers.get(question__key=QUESTION), version=1, by=cast.owner
            )
    many = cost(client, address)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= (15 if name != "section" else 12)


def cost(client: Client, address: str) -> list[str]:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return [query["sql"][:150] for query in queries.captured_queries]


# --- in the browser ------------------------------------------------------------------------------------------------------

GIVE = """
  ([kind, target, name]) => {
    const carried = new DataTransfer();
    carried.items.add(new File(["an entry of the log\\n".repeat(9)], name, { type: "text/plain" }));
    const event = kind === "drop"
      ? new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried })
      : new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: carried });
    document.querySelector(target).dispatchEvent(event);
    return event.defaultPrevented;
  }
"""


@pytest.mark.long
@pytest.mark.browser
def test_a_dropped_file_survives_an_interrupted_upload_and_touches_no_answer(
    chromium, live_server, published, settings
):
    cast = make_cast()
    draft = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    save(draft, QUESTION, {"choice": "in_place"}, by=cast.owner)
    section = live_server.url + reverse("section", args=[draft.reference, SECTION])
    strip, row = f"#q-{QUESTION}--evidence", f"#q-{QUESTION}"
    with browser.new_page(chromium) as page:
        watch = browser.Watch(page)
        browser.sign_in(page, live_server.url, browser.session_of(cast.contributor))
        page.goto(section)
        posted: list[str] = []
        page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)

        assert page.evaluate(GIVE, ["drop", strip, "access log.txt"])
        panel = page.locator(f"{strip} [data-evidence-panel]")
        expect(panel.get_by_text("access log.txt")).to_be_visible()
        expect(panel.get_by_label("Title")).to_have_value("access log")
        panel.get_by_label("What does the evidence prove?").fill("Who opened which record.")
        assert browser.axe_faults(page) == []

        page.route("**/evidence/", lambda route: route.abort("connectionreset"))
        panel.get_by_role("button", name="Upload and attach").click()
        expect(panel.get_by_text("The upload was interrupted, and nothing was stored.")).to_be_visible()
        assert "ERR_CONNECTION_RESET" in watch.said.pop()
        page.unroute("**/evidence/")
        panel.get_by_role("button", name="Try again").click()
        expect(page.locator(strip).get_by_text("Attached: access log.")).to_be_visible()
        assert EvidenceUse.objects.get().evidence.proves == "Who opened which record."

        assert page.evaluate(GIVE, ["paste", f"{row} textarea", "page.html"])
        panel.get_by_label("What does the evidence prove?").fill("Nothing.")
        panel.get_by_role("button", name="Upload and attach").click()
        expect(panel.get_by_text("Choose a file of one of these types")).to_be_visible()
        expect(panel.get_by_label("What does the evidence prove?")).to_have_value("Nothing.")

        watch.expected.add(507)
        settings.DISK_RESERVE_BYTES = 10**18
        panel.locator("input[type=file]").set_input_files({"name": "log.txt", "mimeType": "text/plain", "buffer": b"a"})
        panel.get_by_role("button", name="Upload and attach").click()
        expect(panel.get_by_text("The server has no space for this file at the moment.")).to_be_visible()
        expect(panel.get_by_label("What does the evidence prove?")).to_have_value("Nothing.")
        page.locator(strip).get_by_role("button", name="Detach").click()
        expect(page.locator(strip).get_by_text("Evidence: none yet")).to_be_visible()
        assert browser.too_wide(page) == ""
        assert {address.split("/answers/")[-1] for address in posted} == {f"{QUESTION}/evidence/"}
        assert watch.faults() == []


def test_an_empty_library_names_what_the_questions_of_this_organisation_ask_for(client, cast):
    new = make_member("owner", make_organisation("Beginners Limited"), "Nina New").user
    client.force_login(new)
    assert client.get(reverse("evidence")).context["kinds"] == []
    assessment = make_assessment(State.DRAFT, "low", cast=cast, filled=False)
    client.force_login(cast.owner)
    edition = assessment.compiled()
    asked = {question.section for question in assessment.declared().questions(edition)}
    titles = [title for title, _kinds in client.get(reverse("evidence")).context["kinds"]]
    assert titles
    assert set(titles) <= {edition.section_of[key].title for key in asked}
    assert len(titles) < len(edition.sections)
