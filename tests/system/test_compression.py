"""Pages are sent compressed, all else and pages with a secret are not; the length of a page gives no token away."""

from __future__ import annotations

import gzip
import re
from smtplib import SMTPException

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import reverse

from assessments.core.compression import CompressPages, shows_secret
from assessments.models import State
from tests.support.factories import make_assessment, make_cast
from tests.support.page_text import compact
from tests.system.security.factors import confirmed_by_code, signed_in_with_app, with_app

pytestmark = pytest.mark.sqlite_alone

LONG = "<p>word</p>" * 200


def sent(response: HttpResponseBase, accepts: str = "gzip, deflate, br") -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts} if accepts else {})
    return CompressPages(lambda _request: response)(request)


def test_a_page_is_compressed_for_a_browser_that_takes_it() -> None:
    page = sent(HttpResponse(LONG, headers={"ETag": '"one"'}))
    assert isinstance(page, HttpResponse)
    assert gzip.decompress(page.content).decode() == LONG
    assert (page["Content-Encoding"], page["Vary"], page["ETag"]) == ("gzip", "Accept-Encoding", 'W/"one"')
    assert int(page["Content-Length"]) == len(page.content) < len(LONG) / 5


def test_a_page_is_sent_as_it_is_to_a_browser_that_takes_no_gzip() -> None:
    page = sent(HttpResponse(LONG), accepts="")
    assert isinstance(page, HttpResponse)
    assert page.content.decode() == LONG
    assert ("Content-Encoding" in page, page["Vary"]) == (False, "Accept-Encoding")


@pytest.mark.parametrize("kind", ["application/pdf", "text/csv", "application/json", "text/plain; charset=utf-8"])
def test_a_file_is_never_compressed(kind: str) -> None:
    file = sent(HttpResponse(LONG, content_type=kind))
    assert isinstance(file, HttpResponse)
    assert (file.content.decode(), "Content-Encoding" in file, "Vary" in file) == (LONG, False, False)


def test_an_answer_in_pieces_is_never_compressed() -> None:
    for response in (StreamingHttpResponse([LONG]), FileResponse([LONG.encode()], content_type="text/html")):
        assert "Content-Encoding" not in sent(response)


def test_a_page_with_a_secret_is_never_compressed() -> None:
    request = RequestFactory().get("/")
    page = sent(shows_secret(lambda _request: HttpResponse(LONG))(request))
    assert isinstance(page, HttpResponse)
    assert (page.content.decode(), page["Cache-Control"]) == (LONG, "no-transform")


def test_two_pages_of_the_same_words_differ_in_length() -> None:
    """Django adds up to a hundred bytes: a difference of a few says nothing about a guess."""
    lengths = set()
    for _number in range(40):
        page = sent(HttpResponse(LONG))
        assert isinstance(page, HttpResponse)
        lengths.add(len(page.content))
    assert len(lengths) > 10


@pytest.mark.django_db
def test_each_page_masks_the_token_of_its_forms_anew() -> None:
    cast = make_cast()
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    client = Client(enforce_csrf_checks=True, headers={"Accept-Encoding": "gzip"})
    client.force_login(cast.owner)
    tokens = set()
    for _number in range(3):
        response = client.get(reverse("assessment", args=[draft.reference]))
        assert response["Content-Encoding"] == "gzip"
        assert "no-store" in response["Cache-Control"]
        page = compact(gzip.decompress(response.content).decode())
        tokens |= set(re.findall(r'"X-CSRFToken": "(\w+)"', page))
    assert len(tokens) == 3
    secret = client.cookies["csrftoken"].value
    assert not any(secret in token for token in tokens)


@pytest.mark.django_db
def test_recovery_codes_and_the_key_of_an_app_are_never_compressed(settings) -> None:
    settings.SECOND_FACTOR = True
    cast = make_cast()
    secret = with_app(cast.owner)
    client = confirmed_by_code(signed_in_with_app(cast.owner, secret), secret)
    taken = {"Accept-Encoding": "gzip"}
    for response in (
        client.get(reverse("mfa_view_recovery_codes"), headers=taken),
        client.post(reverse("recovery_codes_kept"), {}, headers=taken),
    ):
        assert (response.status_code, response.get("Content-Encoding")) == (200, None)
        assert "no-transform" in response["Cache-Control"]
    client.post(reverse("recovery_codes_kept"), {"kept": "on"})
    other = Client(headers=taken)
    other.force_login(cast.contributor)
    page = other.get(reverse("mfa_activate_totp"))
    assert "no-transform" in page["Cache-Control"]
    assert page.get("Content-Encoding") is None


@pytest.mark.django_db
def test_a_link_of_an_invitation_that_could_not_be_mailed_is_never_compressed(monkeypatch) -> None:
    def refused(*_args: object, **_more: object) -> None:
        raise SMTPException("no route")

    cast = make_cast()
    monkeypatch.setattr("assessments.notifications.mail.hand_over", refused)
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(cast.owner)
    fields = {"email": "new@example.org", "access": "contributor"}
    page = client.post(reverse("people", args=[cast.organisation.reference]), fields)
    assert page.status_code == 200
    assert "/invitations/" in page.content.decode()
    assert "no-transform" in page["Cache-Control"]
