"""The headers of every class of response: pages, redirects, refusals, failures, files; with http and as with https."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse

from assessments.core.security_headers import UNUSED
from assessments.views.site import public
from tests.run import ROOT
from tests.support.factories import undone
from tests.support.world import World
from tests.system.security import sitemap
from tests.system.security.sitemap import clients_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

POLICY = {
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
FILE_POLICY = {"sandbox", "default-src 'none'"}
Asked = Callable[[World, dict[str, Client]], HttpResponse]


def breaks(*_args: Any, **_more: Any) -> None:
    raise OperationalError("for this test")


def of(browsers: dict[str, Client], role: str) -> Client:
    """Somebody who is not signed in comes for the first time: without a cookie."""
    return Client(raise_request_exception=False) if role == "anonymous" else browsers[role]


def page(role: str, name: str, what: str = "", query: str = "", **more: Any) -> Asked:
    return lambda site, browsers: of(browsers, role).get(reverse(name, args=site.places[what]) + query, **more)


def path(role: str, url: str, **more: Any) -> Asked:
    return lambda site, browsers: of(browsers, role).get(url, **more)


def form(role: str, name: str, what: str = "", **fields: Any) -> Asked:
    return lambda site, browsers: browsers[role].post(reverse(name, args=site.places[what]), fields)


# What comes back, its status, and whether everybody may keep it.
RESPONSES: dict[str, tuple[Asked, int, bool]] = {
    "private page": (page("owner", "dashboard"), 200, False),
    "private page of a review": (page("independent", "review_section", "submission in review, section"), 200, False),
    "private part": (
        page("owner", "comments", "draft, question", headers={"HX-Request": "true"}), 200, False
    ),
    "private data": (page("owner", "document_state", "plan that is being made"), 200, False),
    "public page with a form": (page("anonymous", "start"), 200, False),  # its token comes with a cookie
    "public page": (page("anonymous", "method"), 200, True),
    "public page, signed in": (page("owner", "start"), 200, False),
    "clauses": (page("anonymous", "clauses"), 200, True),
    "verify": (page("anonymous", "verify", "certificate"), 200, False),
    "sign-in": (page("anonymous", "account_login"), 200, False),
    "health": (page("anonymous", "health"), 200, False),
    "security.txt": (page("anonymous", "security_txt"), 200, True),
    "invitation": (page("anonymous", "invitation", "invitation"), 200, False),
    "redirect": (page("owner", "next", "draft"), 302, False),
    "redirect to the sign-in": (page("anonymous", "dashboard"), 302, False),
    "redirect of a public page": (page("anonymous", "verify", "certificate, typed carelessly"), 302, False),
    "redirect for a slash": (path("owner", "/home"), 301, False),
    "signed out, script": (
        lambda site, browsers: browsers["anonymous"].post(reverse("dashboard"), headers={"HX-Request": "true"}), 401, False
    ),
    "no right": (page("viewer", "sign", "ready draft"), 403, False),
    "no token": (
        lambda site, browsers: Client(enforce_csrf_checks=True).post(reverse("account_login")), 403, False
    ),
    "not there": (path("owner", "/nothing/"), 404, False),
    "not there, nobody signed in": (path("anonymous", "/nothing/"), 404, False),
    "not theirs": (page("owner", "assessment", "neighbour's draft"), 404, False),
    "no such static file": (path("owner", "/static/nothing.css"), 404, False),
    "other method": (lambda site, browsers: browsers["owner"].put(reverse("dashboard")), 405, False),
    "bad query": (page("owner", "dashboard", query="?q=%00"), 400, False),
    "bad path": (path("owner", "/systems/%00/"), 404, False),
    "bad body": (
        lambda site, browsers: browsers["owner"].generic(
            "POST", reverse("dashboard"), b"a=1", content_type="application/x-www-form-urlencoded; charset=utf-16"
        ), 400, False,
    ),
    "foreign host": (path("owner", "/home/", headers={"Host": "evil.example"}), 400, False),
    "form to put right": (form("owner", "action_new"), 200, False),
    "static file": (path("anonymous", "/static/css/tokens.css"), 200, True),
    "static file, signed in": (path("owner", "/static/js/hkguide.js"), 200, True),
    "evidence": (page("owner", "evidence_file", "first version"), 200, False),
    "document": (page("owner", "document", "certificate as PDF"), 200, False),
    "export": (page("owner", "actions_export"), 200, False),
    "log as a file": (page("owner", "organisation_log", "organisation", "?as=csv"), 200, False),
    "administration": (page("staff", "admin:index"), 200, False),
}  # fmt: skip
BROKEN = {
    "failure of a public page": (page("anonymous", "verify_form"), "NumberForm", 500),
    "failure of a public page, signed in": (page("owner", "verify_form"), "NumberForm", 500),
    "database away": (page("anonymous", "health"), "connection", 503),
    "certificate cannot be looked up": (page("owner", "verify", "certificate"), "finders", 503),
}


class Away:
    """Something that fails with whatever is asked of it."""

    cursor = public_certificate = staticmethod(breaks)


def check(response: HttpResponse, *, kept: bool) -> None:
    head = response.headers
    policy = {part.strip() for part in head["Content-Security-Policy"].split(";")}
    assert policy in (POLICY, FILE_POLICY), policy
    assert "unsafe" not in head["Content-Security-Policy"]
    assert head["X-Content-Type-Options"] == "nosniff"
    assert head["X-Frame-Options"] == "DENY"
    assert head["Referrer-Policy"] == "same-origin"
    assert head["Cross-Origin-Opener-Policy"] == "same-origin"
    assert head["Cross-Origin-Resource-Policy"] == "same-origin"
    assert all(f"{name}=()" in head["Permissions-Policy"] for name in UNUSED)
    assert "*" not in head["Permissions-Policy"]
    assert head.get("Access-Control-Allow-Origin") in (None, "*" if kept else None)
    words = head.get("Cache-Control", "")
    assert ("no-store" in words) != kept, words
    if not kept:
        assert "public" not in words
    assert "Server" not in head
    assert "X-Powered-By" not in head


@pytest.mark.parametrize(("asked", "status", "kept"), RESPONSES.values(), ids=list(RESPONSES))
def test_every_class_of_response_has_its_headers(asked, status, kept, site, browsers):
    with undone(), override_settings(ALLOWED_HOSTS=["testserver"]):
        response = asked(site, browsers)
    assert response.status_code == status
    check(response, kept=kept)


@pytest.mark.parametrize(("asked", "name", "status"), BROKEN.values(), ids=list(BROKEN))
def test_a_failure_has_them_too(asked, name, status, site, browsers, monkeypatch):
    monkeypatch.setattr(public, name, breaks if name == "NumberForm" else Away())
    with undone():
        response = asked(site, browsers)
    assert response.status_code == status
    check(response, kept=False)
    assert b"Traceback" not in response.content
    assert b"OperationalError" not in response.content


@pytest.mark.few_a_day(7)
@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.READ), ids=lambda place: place.name)
def test_nothing_that_somebody_signed_in_is_shown_is_kept(place, site, browsers):
    for role in (place.role, "outsider"):
        if role == "anonymous":
            continue
        with undone():
            response = browsers[role].get(place.url(site))
        assert "no-store" in response.headers["Cache-Control"], role


def test_a_page_drawn_for_a_session_is_not_kept_when_the_session_is_over(site):
    """The cookie alone decides: whether its session is still good is not asked of the database for this."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert "no-store" in client.get(reverse("start")).headers["Cache-Control"]


# --- static files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "/static/../hkguide/settings.py",
        "/static/%2e%2e/hkguide/settings.py",
        "/static/..%2f..%2fhkguide/settings.py",
        "/static/css/..%5c..%5chkguide%5csettings.py",
        "/static//etc/passwd",
        "/static/",
        "/media/",
        "/media/evidence/",
        "/static/css/",
        "/.git/config",
        "/var/hkguide.sqlite3",
    ],
)
def test_no_file_of_another_folder_is_served(url, browsers):
    for role in ("anonymous", "owner"):
        assert browsers[role].get(url).status_code == 404


# --- as with https ---------------------------------------------------------------------------------------------------------


def with_settings(folder: Path, names: list[str], **given: str) -> dict[str, Any]:
    """What settings read from these variables of the environment, in a process of their own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HKGUIDE_")}
    code = f"import json, hkguide.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names!r}}}))"
    environment = own | {"HKGUIDE_VAR": str(folder), "HKGUIDE_SECRET_KEY": "only-for-tests-" * 4, **given}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


WITH_HTTPS = {
    "HOST_ONLY": "__Host-",
    "SESSION_COOKIE_NAME": "__Host-sessionid",
    "CSRF_COOKIE_NAME": "__Host-csrftoken",
    "KNOWN_DEVICE_COOKIE": "__Host-hkguide_device",
    "PAGES_COOKIE": "__Host-hk-pages",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    "SECURE_HSTS_PRELOAD": False,
}
HTTPS = {"HKGUIDE_PUBLIC_URL": "https://hkguide.example", "HKGUIDE_BEHIND_PROXY": "1"}


def test_https_names_the_cookies_for_this_host_alone_and_binds_no_other(tmp_path):
    assert with_settings(tmp_path, list(WITH_HTTPS), **HTTPS) == WITH_HTTPS


def test_preload_and_other_hosts_of_the_domain_are_bound_by_choice(tmp_path):
    chosen = {"HKGUIDE_HSTS_SUBDOMAINS": "1", "HKGUIDE_HSTS_PRELOAD": "1"}
    names = ["SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"]
    assert set(with_settings(tmp_path, names, **HTTPS, **chosen).values()) == {True}
    with pytest.raises(AssertionError, match="HKGUIDE_HSTS_PRELOAD needs HKGUIDE_HSTS_SUBDOMAINS"):
        with_settings(tmp_path, names, **HTTPS, HKGUIDE_HSTS_PRELOAD="1")


def test_with_http_the_cookies_have_plain_names():
    assert (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME) == ("sessionid", "csrftoken")


@pytest.fixture
def as_with_https():
    proxy = ("HTTP_X_FORWARDED_PROTO", "https")
    with override_settings(**WITH_HTTPS, SECURE_PROXY_SSL_HEADER=proxy, ALLOWED_HOSTS=["testserver"]):
        yield {"X-Forwarded-Proto": "https"}


def test_cookies_and_headers_behind_a_proxy_with_https(as_with_https, site):
    site.cast.owner.set_password("correct horse battery staple")
    with undone():
        site.cast.owner.save()
        client = Client(headers=as_with_https)
        shown = client.get(reverse("account_login"))
        assert shown.headers["Strict-Transport-Security"] == "max-age=31536000"
        form = {"login": site.cast.owner.email, "password": "correct horse battery staple"}
        client.post(reverse("account_login"), form)
        for name in ("__Host-sessionid", "__Host-csrftoken"):
            cookie = client.cookies[name]
            assert cookie["secure"]
            assert cookie["samesite"] == "Lax"
            assert cookie["path"] == "/"
            assert not cookie["domain"]
        assert client.cookies["__Host-sessionid"]["httponly"]
        page = client.get(reverse("dashboard"))
        assert page.status_code == 200
        check(page, kept=False)


def test_every_cookie_is_bound_to_this_host_with_https(as_with_https, site):
    """Those of a page that names its reader, and of what is said once on the next page, are taken back the same way."""
    with undone():
        site.cast.owner.set_password("correct horse battery staple")
        site.cast.owner.save()
        client = Client(headers=as_with_https)
        form = {"login": site.cast.owner.email, "password": "correct horse battery staple"}
        client.post(reverse("account_login"), form)
        client.get(reverse("section", args=site.places["draft, section"]))
        client.post(reverse("settings"), {"name": "Olive Owner", "email_mode": "at_once"})
        client.post(reverse("usersessions_list"), {"end": "others"})
        names = {"sessionid", "csrftoken", "hkguide_device", "hk-pages", "messages"}
        assert set(client.cookies) == {f"__Host-{name}" for name in names}
        for name, cookie in client.cookies.items():
            assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", ""), name
        said = client.get(reverse("usersessions_list"))
        assert "There were no other sessions." in said.content.decode()
        gone = said.cookies["__Host-messages"]
        assert (gone.value, gone["max-age"], gone["secure"], gone["path"]) == ("", 0, True, "/")


def test_without_https_a_request_is_led_to_it(as_with_https, site):
    browsers = clients_of(site)
    led = browsers["anonymous"].get("/verify/?number=1")
    assert (led.status_code, led["Location"]) == (301, "https://testserver/verify/?number=1")
    check(led, kept=False)
    wrong = browsers["anonymous"].get("/", headers={"Host": "evil.example"})
    assert wrong.status_code == 400
    assert wrong.headers["Content-Security-Policy"]
    assert wrong.headers["Permissions-Policy"]


def test_scripts_find_the_token_under_either_name():
    """The cookie has another name with https; each script that reads it knows both."""
    for script in (ROOT / "static" / "js").glob("*.js"):
        text = script.read_text()
        if "csrftoken" in text:
            assert "__Host-" in text, script.name


# --- where to report a weakness --------------------------------------------------------------------------------------------


def test_security_txt_says_where_and_until_when(browsers):
    with override_settings(SECURITY_CONTACT="mailto:security@hkguide.example", PUBLIC_URL="https://hkguide.example"):
        response = of(browsers, "anonymous").get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@hkguide.example"
    assert lines["Canonical"] == "https://hkguide.example/.well-known/security.txt"
    assert lines["Expires"].endswith("T00:00:00Z")
    assert not response.cookies


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("security@hkguide.example", "mailto:security@hkguide.example"),
        ("https://hkguide.example/report", "https://hkguide.example/report"),
        ("mailto:s@hkguide.example", "mailto:s@hkguide.example"),
    ],
)
def test_the_contact_is_an_address(given, written, monkeypatch):
    from hkguide.settings import env_contact

    monkeypatch.setenv("HKGUIDE_SECURITY_CONTACT", given)
    assert env_contact("SECURITY_CONTACT", "") == written


@pytest.mark.parametrize("given", ["somebody", "http://plain.example", "javascript:x", "a@b\nPolicy: x", "a b@c"])
def test_what_is_no_address_stops_the_start(given, monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    from hkguide.settings import env_contact

    monkeypatch.setenv("HKGUIDE_SECURITY_CONTACT", given)
    with pytest.raises(ImproperlyConfigured, match="HKGUIDE_SECURITY_CONTACT"):
        env_contact("SECURITY_CONTACT", "")
