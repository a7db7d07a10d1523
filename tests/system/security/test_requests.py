"""Requests that no browser sends: other methods, broken bodies, foreign forms; and pages that are only looked at."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.conf import settings
from django.template import Context, Template
from django.test import Client, override_settings
from django.urls import reverse

from assessments.templatetags import hk
from assessments.views.assessment import section_cache
from assessments.views.review import rows as review_rows
from tests.support.factories import undone
from tests.system.security import sitemap

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(37)]
METHODS = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO", "PROPFIND", "CONNECT"]


# --- methods ---------------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(7)
@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.READ), ids=lambda place: place.name)
def test_a_page_takes_the_methods_that_it_is_for_and_says_so_on_a_page_of_ours(place, site, browsers):
    client, url = browsers[place.role], place.url(site)
    for method in METHODS:
        response = client.generic(method, url, b"x=1", content_type="application/x-www-form-urlencoded")
        assert response.status_code == 405, method
        assert response["Allow"], method
    assert "Error 405" in response.content.decode()
    if place.name in sitemap.TAKES_FORMS | {"health", "verify_file"}:  # one takes a file and keeps nothing
        return
    with undone():
        refused = client.post(url, {"note": "x"})
    assert refused.status_code == 405
    assert "POST" not in refused["Allow"]


@pytest.mark.few_a_day(18)
@pytest.mark.parametrize("name", [*sitemap.ACCOUNT_PAGES, "admin:index", "admin:login", "admin_end_sessions"])
@pytest.mark.parametrize("role", ["anonymous", "staff"])
def test_pages_of_accounts_and_administration_take_no_other_method(name, role, browsers):
    for method in METHODS:
        assert browsers[role].generic(method, reverse(name)).status_code == 405


@pytest.mark.few_a_day(7)
@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.READ), ids=lambda place: place.name)
def test_head_is_answered_as_get_without_a_body(place, site, browsers):
    if place.name in sitemap.ONLY_POST:
        return
    with undone():
        head = browsers[place.role].head(place.url(site))
        got = browsers[place.role].get(place.url(site))
    assert head.status_code == got.status_code
    assert not sitemap.body_of(head)


# --- bodies ----------------------------------------------------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"
BODIES = {
    "utf-16": (b"a=1", f"{FORM}; charset=utf-16"),
    "utf-7": (b"a=+ADw-", f"{FORM}; charset=utf-7"),
    "no such charset": (b"a=1", f"{FORM}; charset=nonsense"),
    "rot13": (b"a=1", f"{FORM}; charset=rot13"),
    "not utf-8": (b"a=\xff\xfe&\xc3=1", FORM),
    "too many fields": (b"&".join(b"a%d=1" % n for n in range(5000)), FORM),
    "too long": (b"a=" + b"x" * (6 * 1024 * 1024), FORM),
    "json": (json.dumps({"a": [1] * 100}).encode(), "application/json"),
    "xml": (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "application/xml"),
    "no type": (b"a=1", ""),
    "type of many letters": (b"a=1", "x" * 4000),
    "multipart without a boundary": (b"a=1", "multipart/form-data"),
    "multipart with an odd boundary": (b"a=1", "multipart/form-data; boundary=\xff\xfe"),
    "multipart cut off": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
        "multipart/form-data; boundary=b",
    ),
    "multipart of headers": (
        b"--b\r\n" + b"X: y\r\n" * 500 + b'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "multipart of another charset": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n',
        "multipart/form-data; boundary=b; charset=utf-16",
    ),
    "base64 that is none": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "200 files": (
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f%d"; filename="x"\r\n\r\n1\r\n' % n for n in range(200)
        )
        + b"--b--\r\n",
        "multipart/form-data; boundary=b",
    ),
}


@pytest.mark.few_a_day(11)
@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=list(BODIES))
@pytest.mark.parametrize("checks", [False, True], ids=["token not asked", "token asked"])
def test_a_body_that_cannot_be_read_is_refused_on_a_page_of_ours(body, kind, checks, site):
    """Also where the address leads nowhere or the role is wrong: those pages show what was typed, if they can read it."""
    for role, url in (
        (None, reverse("account_login")),
        (None, reverse("start")),
        (None, "/nothing-is-here/"),
        ("owner", reverse("answer", args=site.places["draft, question"])),
        ("owner", reverse("answer", args=site.places["neighbour's draft, question"])),
        ("viewer", reverse("section", args=site.places["draft, section"])),
        ("owner", reverse("evidence_new")),
        ("owner", reverse("import")),
        ("owner", "/nothing-is-here/"),
    ):
        client = Client(raise_request_exception=False, enforce_csrf_checks=checks)
        if role:
            client.force_login({"owner": site.cast.owner, "viewer": site.cast.viewer}[role])
        with undone():
            response = client.generic("POST", url, body, content_type=kind)
        assert response.status_code < 500, url
        if response.status_code == 400 and response["Content-Type"].startswith(
            "text/html"
        ):  # allauth answers JSON with it
            assert "Error 400" in response.content.decode()


# --- forms of other sites --------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(5)
@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.FORMS_TAKEN), ids=lambda place: place.name)
def test_no_form_is_taken_without_the_token_of_its_page(place, site):
    """Without a token, with a wrong one, and with the right one from another origin."""
    for role in (place.role, "outsider", "anonymous"):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        person = sitemap.person(site, role)
        if person:
            client.force_login(person)
        token = token_of(client)
        for form, headers in (
            ({}, {}),
            ({"csrfmiddlewaretoken": "x" * 64}, {}),
            ({}, {"X-CSRFToken": "x" * 64}),
            (token, {"Origin": "https://evil.example"}),
            (token, {"Origin": "null"}),
            ({**token, "whose": "1:x:y"}, {"Origin": "https://evil.example"}),
        ):
            with undone():
                response = client.post(place.url(site), {**place.form(), **form}, headers=headers)
            assert response.status_code == 403, (role, form)


def token_of(client: Client) -> dict[str, str]:
    client.get(reverse("account_login"))
    cookie = client.cookies.get(settings.CSRF_COOKIE_NAME)
    return {"csrfmiddlewaretoken": cookie.value} if cookie else {}


def test_nobody_is_signed_in_from_another_site():
    client = Client(enforce_csrf_checks=True)
    form = {"login": "a@example.org", "password": "x" * 20}
    assert client.post(reverse("account_login"), form).status_code == 403
    form |= token_of(client)
    assert client.post(reverse("account_login"), form, headers={"Origin": "https://evil.example"}).status_code == 403


def test_what_stands_for_the_token_in_a_kept_part_is_no_word_that_people_can_write():
    """It was a fixed word: whoever was called by it was shown as the reader's own token."""
    places = (hk.CSRF_PLACE, hk.FILL_PLACE, review_rows.OPERATION, review_rows.SEEN, section_cache.OPERATION)
    assert all(len(place) >= 16 and int(place, 16) for place in places)
    assert len(set(places)) == 5
    part = Template("{% load hk %}{% keep name=name %}{{ name }} {{ csrf_token }}{% endkeep %}")
    drawn = part.render(Context({"name": "the-token-of-this-page", "csrf_token": "the real one"}))
    assert drawn == "the-token-of-this-page the real one"


# --- pages that are only looked at ------------------------------------------------------------------------------------------

READING_IS_NOTED = {
    "evidence_file",
    "review_evidence",
    "evidence_preview",
    "action_file",
}  # in the log, and nowhere else
OPENING_IS_KEPT = {"review_evidence", "evidence_preview"}  # a reviewer's approval rests on what they opened
NOTED = {"assessments_auditentry", "assessments_auditdetail", "assessments_audithead"}
OWN_TIME = {
    "django_session",
    "assessments_message",
    "cache",
}  # the inbox's lines that a page answers are read by opening it


def counted() -> dict[str, int]:
    return {model._meta.db_table: model._base_manager.count() for model in apps.get_models()}


@pytest.mark.few_a_day(7)
@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.READ), ids=lambda place: place.name)
def test_looking_at_a_page_changes_nothing(place, site, browsers):
    """No row more or less in any table; the statements that would change one are looked for in tests/system/test_access.py."""
    with undone():
        before = counted()
        for role in (place.role, "viewer", "anonymous"):
            for query in ("", "?as=csv", "?forget=1&confirm=all&take=1"):
                browsers[role].get(place.url(site) + query)
        after = counted()
    allowed = OWN_TIME | (NOTED if place.name in READING_IS_NOTED else set())
    if place.name in OPENING_IS_KEPT:
        allowed |= {"assessments_evidenceopening"}
    assert {table for table in before if before[table] != after[table]} <= allowed


@pytest.mark.parametrize("header", ["localhost", "testserver"])
def test_a_host_that_is_not_ours_is_refused_on_a_page_of_ours(header, site):
    client = Client(raise_request_exception=False)
    with override_settings(ALLOWED_HOSTS=["hkguide.example"]):
        response = client.get("/", headers={"Host": header})
    assert response.status_code == 400
    assert "Error 400" in response.content.decode()
