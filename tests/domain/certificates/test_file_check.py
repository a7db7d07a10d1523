"""Checking a PDF: its sum says whether it is ours, the number in it which certificate a changed one was made from."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assessments.domain.certificates import file_check, standing
from assessments.domain.certificates.file_check import Answer
from assessments.models import Document
from tests.domain.certificates.files import check_of, issued, saved_again

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(34)]
URL = "verify_file"


def answer(pdf):
    return file_check.check(file_check.read_file([pdf]))


@pytest.mark.long
def test_the_file_that_we_issued_is_an_exact_copy(cast):
    certificate, pdf = issued(cast)
    found = answer(pdf)
    assert (found.answer, found.certificate, found.is_notice) == (Answer.EXACT, certificate, False)


@pytest.mark.long
def test_a_status_notice_is_an_exact_copy_too(cast):
    certificate, pdf = issued(cast, "status_notice")
    found = answer(pdf)
    assert (found.answer, found.certificate, found.is_notice) == (Answer.EXACT, certificate, True)


@pytest.mark.long
def test_a_file_saved_again_or_cut_into_is_altered(cast):
    certificate, pdf = issued(cast)
    for changed in (saved_again(pdf), pdf.replace(b"%%EOF", b"% a word\n%%EOF")):
        found = answer(changed)
        assert (found.answer, found.certificate) == (Answer.ALTERED, certificate)
        assert found.issued == hashlib.sha256(pdf).hexdigest() != found.read.sha256


@pytest.mark.long
def test_a_number_that_we_did_not_give_is_not_ours(cast):
    _certificate, pdf = issued(cast)
    number = re.search(rb"HKG-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", pdf)[0]
    strange = pdf.replace(number, b"HKG-AAAA-AAAA-" + check_of("AAAAAAAA").encode())
    found = answer(strange)
    assert (found.answer, found.certificate) == (Answer.NOT_OURS, None)
    assert found.number.startswith("HKG-AAAA-AAAA-")


@pytest.mark.parametrize("given", [b"", b"no PDF at all", b"%PDF-1.7 HKG-AAAA-AAAA-", b"HKG-0000-0000-9"])
def test_a_file_without_a_number_of_right_form_is_not_recognised(cast, given):
    assert answer(given).answer == Answer.NOT_RECOGNISED


@pytest.mark.parametrize("kind", ["plan", "decision_letter"])
def test_no_document_that_is_confidential_is_confirmed(cast, kind):
    _certificate, pdf = issued(cast, kind)
    assert answer(pdf).answer != Answer.EXACT


def test_a_file_larger_than_any_of_ours_is_not_read():
    assert file_check.read_file([b"x" * file_check.MOST_BYTES, b"x"]) is None


def test_a_sum_that_is_none_is_not_compared():
    assert file_check.read_given("f" * 63, ()) is None
    assert file_check.read_given("F" * 64, ()) is None


# --- the page -----------------------------------------------------------------------------------------------------------------


def words(response):
    page = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def upload(client, pdf):
    return client.post(reverse(URL), {"file": SimpleUploadedFile("copy.pdf", pdf, "application/pdf")})


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("way", ["sum", "upload"])
def test_the_page_gives_each_of_the_five_answers(client, cast, way):
    certificate, pdf = issued(cast)
    for given, heading, also in (
        (pdf, "This is the file that we issued", "the certificate is valid today"),
        (saved_again(pdf), "This file differs from the one that we issued", "Do not rely on the file."),
        (
            b"HKG-AAAA-AAAA-" + check_of("AAAAAAAA").encode(),
            "We did not issue this file",
            "We did not issue the certificate number in this file.",
        ),
        (b"nothing", "We do not recognise this file", "Type the number that is printed on the certificate."),
    ):
        read = file_check.read_file([given])
        query = {"sha256": read.sha256, "number": read.numbers}
        response = upload(client, given) if way == "upload" else client.get(reverse(URL), query)
        said = words(response)
        assert response.status_code == 200
        assert heading in said
        assert also in said
        assert (certificate.number in said) == (
            heading in ("This is the file that we issued", "This file differs from the one that we issued")
        )
        assert ("We have deleted your file" in response.content.decode()) == (way == "upload")
    assert "We could not check this file" in words(client.get(reverse(URL), {"unread": "1"}))
    assert "We could not check this file" in words(client.get(reverse(URL), {"sha256": "none"}))


def test_a_paper_that_is_no_certificate_is_not_called_a_file_that_we_never_issued(client, cast):
    paper = words(upload(client, b"%PDF-1.7 a board paper that this service made"))
    assert "This file is not one of our certificates or status notices" in paper
    assert "no file that we issued" not in paper


@pytest.mark.parametrize("way", ["sum", "upload"])
def test_a_file_that_is_no_pdf_is_told_so_and_nothing_is_said_to_be_sent_that_is_not_there(client, cast, way):
    given = b"Minutes of 3 May"
    query = {"sha256": file_check.read_file([given]).sha256, "pdf": "no"}
    said = words(upload(client, given) if way == "upload" else client.get(reverse(URL), query))
    assert "This file is not a PDF." in said
    assert "We cannot read the number in a scanned copy" not in said
    assert ("It found no certificate number." in said) == (way == "sum")
    assert "only these results" not in said


@pytest.mark.long
def test_an_exact_copy_of_a_suspended_certificate_says_that_it_does_not_stand(client, cast):
    certificate, pdf = issued(cast)
    standing.suspend(certificate, by=cast.independent, reason="complaint", words="Seen.")
    said = words(upload(client, pdf))
    assert "Exact copy" in said
    assert "an unchanged copy of our certificate, but the certificate is not valid today" in said
    assert "Suspended" in said


@pytest.mark.long
def test_the_upload_is_kept_nowhere(client, cast, settings, tmp_path):
    _certificate, pdf = issued(cast)
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT = str(tmp_path)
    before = Document.objects.count()
    upload(client, pdf + b" " * 3_000_000)  # so large that it goes through a temporary file
    assert list(tmp_path.rglob("*")) == []
    assert Document.objects.count() == before


def test_a_missing_and_a_huge_file_are_told_at_the_field(client):
    assert "Choose the PDF file that you want to check." in words(client.post(reverse(URL)))
    assert "Choose a file of at most 10 MB." in words(upload(client, b"x" * (file_check.MOST_BYTES + 1)))


@pytest.mark.long
def test_the_page_says_before_what_becomes_of_the_file_and_costs_few_queries(
    client, cast, django_assert_max_num_queries
):
    said = words(client.get(reverse(URL)))
    assert "delete the file at once" in said
    _certificate, pdf = issued(cast)
    client.get(reverse(URL), {"sha256": "0" * 64})
    with django_assert_max_num_queries(15):
        upload(client, saved_again(pdf))


def test_checks_of_files_count_with_those_of_numbers(client, monkeypatch):
    monkeypatch.setitem(settings.LIMITS, "verification", {"address": (2, 60)})
    statuses = [client.get(reverse(URL), {"sha256": "0" * 64}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
