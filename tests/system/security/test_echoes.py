"""What comes back in a page, a file or a line of the server's log is text, whatever was sent: no script, template or line."""

from __future__ import annotations

import logging
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from assessments.models import DeclaredUse, Organisation, User
from tests.run import ROOT
from tests.support.factories import undone
from tests.support.world import QUESTION
from tests.system.security import sitemap

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SCRIPT = "\"><script>alert('x')</script><img src=x onerror=alert(1)>"
TEMPLATE = """{{ "qz"|add:"xv" }} {{'qz'+'xv'}} {% debug %} ${'qz'+'xv'} #{'qz'+'xv'} <%= 'qz'+'xv' %>"""
WORKED_OUT = "qzxv"  # no sum: a hash may have any digits


class Acting(HTMLParser):
    """What of a page would act, or lead somewhere, that our templates never have."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "iframe", "object", "embed") and not str(named.get("src", "")).startswith("/static/"):
            self.found.append(tag)
        for name, value in named.items():
            acts = name.startswith("on") or name == "srcdoc"
            leads = name in ("href", "src", "action", "formaction") and re.match(
                r"\s*(javascript|data|vbscript):", value or "", re.I
            )
            if acts or leads:
                self.found.append(f"{tag} {name}={value}")


def harmless(response: HttpResponse) -> None:
    if response["Content-Type"].startswith("text/html"):
        page = sitemap.body_of(response)
        assert Acting(page).found == []
        assert WORKED_OUT not in page


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("text", [SCRIPT, TEMPLATE, "' onfocus='alert(1)", "javascript:alert(1)"])
def test_what_an_address_or_a_refused_form_says_is_shown_as_text(text, site, browsers):
    """The pages that show what they were sent: searches, the number to verify, refused forms, errors."""
    strict = Client(enforce_csrf_checks=True)
    draft = site.places["draft"]
    forms = {f"{QUESTION}--text": f"two words {text}", text: f"two words {text}"}
    shown = [
        browsers["owner"].get(f"/{quote(text)}/"),
        browsers["owner"].get(reverse("search", args=draft), {"q": text}),
        browsers["owner"].get(reverse("assessments"), {"q": text, "sort": text}),
        browsers["owner"].get(reverse("actions"), {"q": text, "owner": text}),
        browsers["owner"].get(reverse("evidence"), {"q": text}),
        browsers["owner"].get(reverse("organisation_log", args=site.places["organisation"]), {"about": f"use:{text}"}),
        browsers["owner"].get(reverse("compare", args=[draft[0]]), {"a": text, "b": text}),
        browsers["anonymous"].get(reverse("verify_form"), {"number": text}),
        browsers["anonymous"].get(reverse("account_login"), {"next": text}),
        strict.post(reverse("account_login"), {"login": text, text: text}),
    ]
    with undone():
        shown += [
            browsers["viewer"].post(reverse("answer", args=[draft[0], QUESTION]), forms),
            browsers["owner"].post(f"/nothing/{quote(text)}/", forms),
            browsers["owner"].post(reverse("system_new"), {"name": text, "version": text}),
        ]
    for response in shown:
        harmless(response)


@pytest.mark.parametrize("place", sitemap.some_daily(sitemap.READ), ids=lambda place: place.name)
def test_names_are_drawn_as_text_on_every_page(place, site, browsers):
    """Whoever is called by a script or a template, and whatever a use is called so: every page of the site is drawn."""
    with undone():
        User.objects.filter(pk=site.cast.owner.pk).update(name=SCRIPT)
        Organisation.objects.filter(reference=site.places["organisation"][0]).update(name_en=TEMPLATE, name_zh=SCRIPT)
        DeclaredUse.objects.update(title=SCRIPT, purpose=TEMPLATE)
        harmless(browsers[place.role].get(place.url(site)))


def test_html_is_put_into_a_page_by_script_in_three_places_that_are_known():
    """Each puts in what the server drew for this page. A fourth has to be looked at, and then counted here."""
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setHTMLUnsafe"
    found = {script.name: len(re.findall(ways, script.read_text())) for script in (ROOT / "static" / "js").glob("*.js")}
    assert {name: n for name, n in found.items() if n} == {"answering.js": 1, "evidence.js": 1, "shortcuts.js": 1}


@pytest.mark.long
def test_no_page_needs_an_exception_from_the_policy(site, browsers):
    """No script or style within a page, and htmx evaluates nothing: so the policy can name this site alone."""
    assert not any(
        "unsafe" in str(source) or "*" in str(source) for one in settings.SECURE_CSP.values() for source in one
    )
    for place in sitemap.READ[::6]:  # tests/browser/test_look.py reads every template for the same
        response = browsers[place.role].get(place.url(site))
        page = sitemap.body_of(response)
        harmless(response)
        assert not re.search(
            r"""<(script|link|img|iframe|form)[^>]*\s(src|href|action)=["']?(https?:|//|data:)""", page
        ), place
        if "htmx-config" in page:
            assert '"allowEval":false' in page, place


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "vbscript:x",
        "file:///etc/passwd",
        " javascript:x",
        "ftp://x/y",
    ],
)
def test_a_link_leads_to_a_web_address_or_is_refused(link, site, browsers):
    form = {"title": "One", "proves": "It proves one thing.", "confidentiality": "members", "link": link}
    with undone():
        response = browsers["owner"].post(reverse("evidence_new"), form)
        assert response.status_code == 200
    assert not re.search(r"""href=["'](javascript|data|vbscript|file|ftp)""", response.content.decode())
    with undone():
        broken = {**form, "link": "https://example.org/\r\nX-Planted: 1"}
        assert "X-Planted" not in browsers["owner"].post(reverse("evidence_new"), broken).headers


@pytest.mark.parametrize(
    "path", ["/x%0aERROR%20forged/", "/x%0d%0aERROR%20forged/", "/x%1b%5b31mred/", "/x%c2%85forged/"]
)
def test_no_line_of_the_server_s_log_is_planted_by_an_address(path, browsers, caplog):
    with caplog.at_level(logging.DEBUG):
        browsers["anonymous"].get(path, headers={"User-Agent": "a\tb", "Referer": "x"})
    assert caplog.messages
    assert all(sign not in message for message in caplog.messages for sign in "\n\r\x1b\x85")


def test_looking_at_the_sign_out_page_signs_nobody_out_and_an_old_cookie_opens_nothing(site):
    client = Client()
    with undone():
        client.force_login(site.cast.owner)
        old = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert client.get(reverse("account_logout")).status_code == 200
        assert client.get(reverse("dashboard")).status_code == 200
        client.post(reverse("account_logout"))
        again = Client()
        again.cookies[settings.SESSION_COOKIE_NAME] = old
        response = again.get(reverse("dashboard"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))
