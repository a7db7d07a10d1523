"""Where the account pages lead: links in mails to this installation alone, `next` to this host alone (checks 49, 50; F26)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.support.factories import PASSWORD
from tests.support.paths import ROOT
from tests.system.security.doors import mails_to, sign_up, with_password

pytestmark = pytest.mark.sqlite_alone

HOSTS = ["localhost:6666", "127.0.0.1:1", "[::1]:99", "testserver:8"]


@pytest.fixture(autouse=True)
def _public(db, settings):
    settings.PUBLIC_URL = "https://hkguide.example.org"
    settings.OPEN_FOUNDING = True
    cache.clear()


@pytest.mark.django_db
@pytest.mark.parametrize("host", HOSTS)
def test_no_mail_has_a_link_to_what_the_request_named(host):
    user = with_password()
    client = Client(HTTP_HOST=host)
    client.post(reverse("account_reset_password"), {"email": user.email})
    client.post(reverse("account_reset_password"), {"email": "nobody@x.example"})
    sign_up(client, user.email)
    sign_up(Client(HTTP_HOST=host), "new@example.org")
    assert len(mail.outbox) == 4
    text = "".join(f"{message.subject}\n{message.body}" for message in mail.outbox)
    assert host not in text
    assert "https://hkguide.example.org/accounts/password/reset/key/" in text
    assert "http://" not in text
    assert all("hkguide" in message.subject for message in mail.outbox)


@pytest.mark.django_db
def test_a_foreign_host_is_refused():
    response = Client(HTTP_HOST="evil.example").post(reverse("account_reset_password"), {"email": "a@example.org"})
    assert response.status_code == 400
    user = with_password()
    Client(HTTP_X_FORWARDED_HOST="evil.example").post(reverse("account_reset_password"), {"email": user.email})
    assert "evil.example" not in mails_to(user.email)[0].body


@pytest.mark.django_db
@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "http:///evil.example/",
        "\\\\evil.example\\",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost/x",
        "http://127.0.0.1:8000/x",
        "https://hkguide.example.org.evil.example/",
        "http://testserver@evil.example/",
        "http://testserver:8000/x",
        "\thttps://evil.example/",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in_or_out(there):
    user = with_password()
    client = Client()
    data = {"login": user.email, "password": PASSWORD, "next": there}
    answers = [client.post(reverse("account_login"), data)]
    answers.append(client.get(reverse("account_login"), {"next": there}))  # who is signed in is led on at once
    answers.append(client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": there}))
    answers.append(client.post(reverse("account_logout"), {"next": there}))
    assert {(answer.status_code, answer["Location"]) for answer in answers} <= {(302, "/home/"), (302, "/")}


@pytest.mark.django_db
def test_an_own_page_is_led_to():
    user = with_password()
    data = {"login": user.email, "password": PASSWORD, "next": "/inbox/"}
    assert Client().post(reverse("account_login"), data)["Location"] == "/inbox/"


def settings_with(**environment):
    """Some settings as a process with this environment has them."""
    code = (
        "import json; from hkguide import settings as s; "
        "print(json.dumps([s.ALLOWED_HOSTS, s.ALLAUTH_TRUSTED_PROXY_COUNT, s.PASSWORD_RESET_TIMEOUT]))"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith("HKGUIDE_")}
    kept = {"HKGUIDE_VAR": os.environ["HKGUIDE_VAR"], "HKGUIDE_SECRET_KEY": "only-for-tests"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=own | kept | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_with_an_https_address_no_name_of_the_own_machine_is_a_host_and_a_proxy_is_counted():
    hosts, proxies, reset = settings_with(HKGUIDE_PUBLIC_URL="https://hkguide.example.org", HKGUIDE_BEHIND_PROXY="1")
    assert hosts == ["hkguide.example.org"]
    assert proxies == 1
    assert reset == 3600
    hosts, proxies, _reset = settings_with(HKGUIDE_PUBLIC_URL="http://127.0.0.1:8000")
    assert "localhost" in hosts
    assert proxies == 0
