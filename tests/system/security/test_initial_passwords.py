"""A password that `manage.py set_up` printed opens one page: the one on which its person chooses another (ASVS 6.4.1)."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from assessments.models import Organisation, User
from tests.system.security.doors import NEW_PASSWORD, is_in, logged, reset_password, sign_in, with_password

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
OWNER = "o@example.org"


@pytest.fixture
def printed():
    cache.clear()
    said = StringIO()
    names = {"body": "Review House", "reviewer": "r@example.org", "organisation": "Harbour", "owner": OWNER}
    call_command("set_up", **names, stdout=said)
    return dict(re.findall(r"sign in as (\S+) with the password (\S+)", said.getvalue()))


def arrived(password):
    client = Client()
    sign_in(client, OWNER, password)
    return client


def change(client, old, new, query=""):
    data = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(reverse("account_change_password") + query, data)


def is_led_there(response):
    return response.status_code == 302 and response.url.startswith(reverse("account_change_password"))


@pytest.mark.long
def test_it_leads_to_the_change_of_the_password_however_often_one_signs_in(printed):
    organisation = Organisation.objects.get(name_en="Harbour")
    here = reverse("people", args=[organisation.reference])
    for _n in range(2):
        client = arrived(printed[OWNER])
        for name in ("dashboard", "settings", "start", "mfa_index", "account_email", "usersessions_list"):
            assert is_led_there(client.get(reverse(name))), name
        assert is_led_there(client.post(here, {"email": "x@example.hk", "access": "owner"}))
        quick = client.get(here, headers={"HX-Request": "true"})
        assert (quick.status_code, quick["HX-Redirect"].split("?")[0]) == (204, reverse("account_change_password"))
        client.post(reverse("account_logout"))
    assert not organisation.invitations.exists()
    client = arrived(printed[OWNER])
    led = client.get(here)
    page = client.get(led.url)
    assert "Choose a new password." in page.content.decode()
    data = {"oldpassword": printed[OWNER], "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "next": here}
    assert client.post(reverse("account_change_password"), data).url == here
    assert client.get(here).status_code == 200
    assert is_in(arrived(NEW_PASSWORD))
    assert not is_in(arrived(printed[OWNER]))
    assert len(logged("password_changed")) == 1


def test_the_same_password_again_is_none_of_their_own(printed):
    client = arrived(printed[OWNER])
    refused = change(client, printed[OWNER], printed[OWNER])
    assert "Choose another password." in refused.content.decode()
    assert is_led_there(client.get(reverse("dashboard")))


def test_a_reset_is_a_choice_too(printed):
    reset_password(Client(), OWNER)
    assert is_in(arrived(NEW_PASSWORD))


@pytest.mark.long
def test_what_is_public_stays_open_and_other_accounts_are_led_nowhere(printed):
    client = arrived(printed[OWNER])
    for name, args in (("verify_form", []), ("health", []), ("method", []), ("notice", ["privacy"])):
        assert client.get(reverse(name, args=args)).status_code == 200, name
    user = with_password()
    assert not User.objects.get(pk=user.pk).password_is_initial
