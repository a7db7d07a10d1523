"""Evidence is shown in a page: honest files of each kind, and hostile ones as text or refused with a sentence."""

from __future__ import annotations

import hashlib
import io
import time
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from assessments.access import finders
from assessments.core import sandbox, stored_files
from assessments.core.errors import NotPermitted
from assessments.core.preview_readers import MOST_TEXT
from assessments.domain.evidence import library, previews
from assessments.domain.evidence.previews import NoSuchPage, NotShown
from assessments.domain.review import interests, seat_taking
from assessments.domain.submission import submit
from assessments.models import EvidenceUse, EvidenceVersion, Route, State, Submission
from tests.domain.evidence import made_files
from tests.domain.evidence.made_files import DOCX, XLSX
from tests.support.acting import CONDITION, action_on, make_conditioned
from tests.support.daily import mostly_long
from tests.support.factories import make_assessment, make_evidence

pytestmark = pytest.mark.sqlite_alone

QUESTION = "use-register"


def stored(content: bytes, media_type: str) -> EvidenceVersion:
    """A version with this content as it lies in the store, whatever its upload would have said of it."""
    key = default_storage.save("evidence/preview", ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    return EvidenceVersion(pk=1, number=1, storage_key=key, media_type=media_type, size=len(content), sha256=digest)


def opened(drawn: tuple[str, bytes]) -> Any:
    return Image.open(io.BytesIO(drawn[1]))


# --- honest files -----------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("kind", mostly_long(["PNG", "JPEG", "WEBP", "GIF"], 4))
def test_a_picture_is_drawn_anew_and_never_larger_than_the_page_needs(kind: str) -> None:
    version = stored(made_files.picture(kind, (2400, 1200)), f"image/{kind.lower()}")
    shown = previews.look(version)
    assert (shown.kind, shown.words, shown.width, shown.height) == ("picture", "2400 × 1200 pixels", 1600, 800)
    drawn = previews.draw(version)
    assert drawn[0] == ("image/jpeg" if kind == "JPEG" else "image/png")
    assert opened(drawn).size == (1600, 800)


def test_what_a_picture_holds_beside_its_pixels_is_not_sent() -> None:
    written = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at the clinic"
    Image.new("RGB", (40, 20)).save(written, "JPEG", exif=exif)
    version = stored(written.getvalue(), "image/jpeg")
    assert b"taken at the clinic" in written.getvalue()
    assert b"taken at the clinic" not in previews.draw(version)[1]


@pytest.mark.long
def test_a_pdf_is_shown_page_by_page_with_its_text() -> None:
    version = stored(made_files.pdf("Duty rules", "Who watches"), "application/pdf")
    first, second = previews.look(version), previews.look(version, 2)
    assert (first.kind, first.number, first.pages, first.text) == ("page", 1, 2, "Duty rules")
    assert (first.before, first.after) == (None, 2)
    assert (second.text, second.before, second.after) == ("Who watches", 1, None)
    drawn = opened(previews.draw(version, 2)).convert("L")
    assert (drawn.width, drawn.getextrema()) == (1000, (0, 255))
    for number in (0, 3):
        with pytest.raises(NoSuchPage):
            previews.look(version, number)


@pytest.mark.long
def test_a_text_is_shown_from_its_beginning_with_its_length() -> None:
    version = stored("第一行\n".encode() * 10_000, "text/plain")
    shown = previews.look(version)
    assert (shown.kind, len(shown.text)) == ("text", MOST_TEXT)
    assert shown.words == "10000 lines. The first 20000 of 40000 characters are shown."
    assert previews.look(stored("中文".encode("big5"), "text/plain")).text == "中文"
    assert previews.look(stored("中文".encode("utf-16"), "text/markdown")).text == "中文"


def test_a_csv_file_is_a_table_of_its_first_rows_and_columns() -> None:
    rows = "\n".join(",".join(f"{row}.{column}" for column in range(30)) for row in range(80))
    shown = previews.look(stored(rows.encode(), "text/csv"))
    assert (shown.kind, len(shown.lines), shown.columns[-1]) == ("table", 50, "T")
    assert shown.lines[1] == (2, [f"1.{column}" for column in range(20)])
    assert shown.words == "80 rows, 30 columns. The first 50 rows and 20 columns are shown."
    assert previews.look(stored(b"a,b\n\n1,2\n", "text/csv")).words == "2 rows, 2 columns."
    assert previews.look(stored(b"", "text/csv")).words == "The table is empty."


def test_a_csv_file_in_another_encoding_is_shown_as_text() -> None:
    shown = previews.look(stored("月,宗數\n五月,3\n".encode("big5"), "text/csv"))
    assert (shown.kind, shown.text) == ("text", "月,宗數\n五月,3\n")


def test_each_sheet_of_a_workbook_is_a_table() -> None:
    version = stored(
        made_files.workbook(Takeovers=[["Month", "Cars"], ["May", "68"]], Notes=[["Who"], ["Elaine"]]), XLSX
    )
    first, second = previews.look(version), previews.look(version, 2)
    assert first.sheets == second.sheets == ["Takeovers", "Notes"]
    assert first.lines == [(1, ["Month", "Cars"]), (2, ["May", "68"])]
    assert second.lines == [(1, ["Who"]), (2, ["Elaine"])]
    with pytest.raises(NoSuchPage):
        previews.look(version, 3)


@pytest.mark.parametrize("number", [1, 26, 27, 52, 53, 703])
def test_columns_are_named_as_spreadsheets_name_them(number: int) -> None:
    assert previews.column_name(number) == {1: "A", 26: "Z", 27: "AA", 52: "AZ", 53: "BA", 703: "AAA"}[number]


# --- hostile files ----------------------------------------------------------------------------------------------------

REFUSED = {
    "a PDF bomb": (made_files.pdf_bomb, "application/pdf", "takes too much time or memory"),
    "a PDF of nothing": (lambda: b"%PDF-1.7\nnothing", "application/pdf", "damaged"),
    "a huge picture": (made_files.huge_picture, "image/png", "60000 × 60000 pixels"),
    "a page named as a picture": (lambda: b"\x89PNG\r\n\x1a\n" + made_files.PAGE_AS_TEXT, "image/png", "damaged"),
    "a drawing with a script": (lambda: made_files.SVG, "image/png", "damaged"),
    "a drawing as its own kind": (lambda: made_files.SVG, "image/svg+xml", "Files of this type cannot be shown"),
    "a page as its own kind": (lambda: made_files.PAGE_AS_TEXT, "text/html", "Files of this type cannot be shown"),
    "a zip bomb": (made_files.zip_bomb, XLSX, "too large"),
    "a workbook of nothing": (lambda: b"PK\3\4nothing", XLSX, "damaged"),
    "an office text": (lambda: b"PK\3\4", DOCX, "Files of this type cannot be shown"),
    "bytes named as a text": (lambda: b"\xff\x00\x80\x81" * 9, "text/plain", "damaged"),
}
# One of each sentence; the bombs, which take seconds, are two of one kind.
EACH_DAY = [
    "a PDF bomb",
    "a huge picture",
    "a drawing with a script",
    "a page as its own kind",
    "a workbook of nothing",
]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("name", mostly_long(REFUSED, EACH_DAY))
def test_a_hostile_file_is_refused_with_a_sentence_and_soon(name: str) -> None:
    make, media_type, words = REFUSED[name]
    version = stored(make(), media_type)
    began = time.monotonic()
    with pytest.raises(NotShown, match=words):
        previews.look(version)
    with pytest.raises((NotShown, NoSuchPage)):
        previews.draw(version)
    assert time.monotonic() - began < 2 * sandbox.CAREFUL.clock


@pytest.mark.long
def test_a_page_of_enormous_size_is_drawn_as_small_as_any() -> None:
    version = stored(made_files.pdf("Plan", box="0 0 200000 100000"), "application/pdf")
    drawn = opened(previews.draw(version))
    assert max(drawn.size) <= 1600


@pytest.mark.long
def test_markup_in_a_text_or_a_table_comes_as_the_signs_that_it_is() -> None:
    assert "<script>" in previews.look(stored(made_files.PAGE_AS_TEXT, "text/plain")).text
    shown = previews.look(stored(made_files.FORMULA_TABLE, "text/csv"))
    assert shown.lines[2] == (3, ["June", "<script>window.__ran = 1</script>"])
    turned = previews.look(stored("pay \u202e001\u202c dollars\x00\u200b".encode(), "text/plain"))
    assert turned.text == "pay 001 dollars"


def test_what_is_no_file_here_is_not_shown() -> None:
    with pytest.raises(NotShown, match="This evidence is a link"):
        previews.look(EvidenceVersion(link="https://example.org/plan", media_type=""))
    with pytest.raises(NoSuchPage):
        previews.draw(stored(b"text", "text/plain"))


def test_a_file_that_was_changed_in_the_store_is_not_shown() -> None:
    version = stored(made_files.picture(), "image/png")
    version.sha256 = "0" * 64
    with pytest.raises(stored_files.NotAsStored):
        previews.look(version)


def test_a_reader_that_finds_no_place_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_given: Any, **_options: Any) -> None:
        raise sandbox.Busy

    monkeypatch.setattr(sandbox, "run", busy)
    with pytest.raises(NotShown, match="Try again") as refused:
        previews.look(stored(b"text", "text/plain"))
    assert refused.value.busy


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.django_db
def test_a_piece_opens_for_a_reviewer_only_behind_the_gate_of_its_case(cast: Any) -> None:
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece, other = make_evidence(cast.organisation), make_evidence(cast.organisation)
    library.attach(piece, assessment, QUESTION, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    with pytest.raises(NotPermitted, match="Declare your interests"):
        previews.find(submission, piece.reference, 1, by=cast.independent)
    seat_taking.take(submission, by=cast.independent)
    found = previews.find(submission, piece.reference, 1, by=cast.independent)
    assert found is not None
    assert found.evidence == piece
    assert previews.find(submission, other.reference, 1, by=cast.independent) is None
    assert previews.find(submission, piece.reference, 2, by=cast.independent) is None
    interests.decline(submission, by=cast.second_independent, words="My sister works there.")
    with pytest.raises(NotPermitted):
        previews.find(submission, piece.reference, 1, by=cast.second_independent)


@pytest.mark.long
@pytest.mark.django_db
def test_a_piece_on_an_action_of_the_use_belongs_to_its_case(cast: Any) -> None:
    action = action_on(make_conditioned(cast), CONDITION)
    submission = Submission.objects.get(assessment__use=action.use)
    piece = make_evidence(cast.organisation)
    assert finders.submitted_version(submission, piece.reference, 1) is None
    EvidenceUse.objects.create(evidence=piece, action=action, version=1, by=cast.owner)
    assert finders.submitted_version(submission, piece.reference, 1) is not None
    assert finders.submitted_version(submission, piece.reference, 2) is None


@pytest.mark.django_db
def test_a_ticket_holds_for_one_reader_one_file_and_one_hour(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    version, another = EvidenceVersion(pk=7), EvidenceVersion(pk=8)
    ticket = previews.ticket_for(version, cast.independent)
    assert previews.is_ticket_for(ticket, version, cast.independent)
    for given, of, user in (
        (ticket, another, cast.independent),
        (ticket, version, cast.second_independent),
        (f"{ticket}x", version, cast.independent),
        ("", version, cast.independent),
    ):
        assert not previews.is_ticket_for(given, of, user)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + previews.TICKET_SECONDS + 1)
    assert not previews.is_ticket_for(ticket, version, cast.independent)
