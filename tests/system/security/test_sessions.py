"""Sessions: made anew at the sign-in, ended by what ends them, limited in time, listed and ended by their person."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as given
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.accounts.sessions import SIGNED_IN_AT
from tests.support.factories import PASSWORD
from tests.system.security.doors import (
    NEW_PASSWORD,
    confirm_it_is_me,
    follow_reset,
    is_in,
    link_in,
    logged,
    mails_to,
    reset_password,
    sign_in,
    signed_in,
    with_password,
)
from tests.system.security.factors import confirmed_by_code, signed_in_with_app, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()


def key_of(client):
    return client.cookies[given.SESSION_COOKIE_NAME].value


# --- checks 40 to 42 -------------------------------------------------------------------------------------------------------


def test_a_session_and_its_token_are_made_anew_at_the_sign_in():
    user = with_password()
    client = Client()
    client.get(reverse("account_login"))
    token = client.cookies["csrftoken"].value
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.cookies[given.SESSION_COOKIE_NAME] = planted
    sign_in(client, user.email, PASSWORD)
    assert key_of(client) != planted
    assert client.cookies["csrftoken"].value != token
    stranger = Client()
    stranger.cookies[given.SESSION_COOKIE_NAME] = planted
    assert not is_in(stranger)


def test_the_cookies_are_closed_to_script_and_to_other_sites(settings):
    settings.SESSION_COOKIE_SECURE = True
    client = signed_in(with_password(), secure=True)
    for name in (given.SESSION_COOKIE_NAME, given.KNOWN_DEVICE_COOKIE):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True), name


def test_signing_out_takes_a_press_and_ends_the_session():
    client = signed_in(with_password())
    before = key_of(client)
    client.get(reverse("account_logout"))
    assert is_in(client)
    client.post(reverse("account_logout"))
    client.cookies[given.SESSION_COOKIE_NAME] = before
    assert not is_in(client)


# --- a fresh proof changes the key (ASVS 7.2.4) ---------------------------------------------------------------------------


def by_password(user):
    client = signed_in(user)
    return client, lambda: confirm_it_is_me(client)


def by_code(user):
    secret = with_app(user)
    client = signed_in_with_app(user, secret)
    return client, lambda: confirmed_by_code(client, secret)


@pytest.mark.parametrize("way", [by_password, by_code])
def test_a_fresh_proof_gives_the_session_another_key(way):
    user = with_password()
    client, prove = way(user)
    before, since = key_of(client), client.session[SIGNED_IN_AT]
    prove()
    assert key_of(client) != before
    assert is_in(client)
    assert client.session[SIGNED_IN_AT] == since
    thief = Client()
    thief.cookies[given.SESSION_COOKIE_NAME] = before
    assert not is_in(thief)
    assert not Session.objects.filter(pk=before).exists()
    assert [one.is_here for one in client.get(reverse("usersessions_list")).context["sessions"]] == [True]


def test_a_wrong_password_keeps_the_key():
    client = signed_in(with_password())
    before = key_of(client)
    confirm_it_is_me(client, "not the password")
    assert key_of(client) == before
    assert is_in(client)


def test_a_proof_in_a_request_that_fails_changes_no_key(monkeypatch):
    """The browser would never hear of the new one."""
    user = with_password()
    client = signed_in(user)
    before = key_of(client)
    client.raise_request_exception = False
    address = reverse("account_change_password")
    monkeypatch.setattr("allauth.account.internal.flows.reauthentication.resume_request", lambda _r: 1 / 0)
    failed = client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": address})
    assert failed.status_code == 500
    assert key_of(client) == before
    assert is_in(client)


# --- check 43 --------------------------------------------------------------------------------------------------------------


def test_a_new_password_ends_the_other_sessions():
    user = with_password()
    here, elsewhere = signed_in(user), signed_in(user)
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    here.post(reverse("account_change_password"), data)
    assert is_in(here)
    assert not is_in(elsewhere)
    assert "password" in mails_to(user.email)[-1].subject


def test_a_reset_ends_every_session_and_works_once():
    user = with_password()
    before = signed_in(user)
    reset_password(Client(), user.email)
    link = link_in(mails_to(user.email)[0])
    assert not is_in(before)
    follow_reset(Client(), link, "another lantern on the water")
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert not is_in(_tried(user, PASSWORD))
    assert is_in(_tried(user, NEW_PASSWORD))


def _tried(user, password):
    client = Client()
    sign_in(client, user.email, password)
    return client


def test_a_link_of_a_reset_is_good_for_an_hour(settings):
    user = with_password()
    Client().post(reverse("account_reset_password"), {"email": user.email})
    link = link_in(mails_to(user.email)[0])
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert follow_reset(Client(), link).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


# --- check 53 (F27) --------------------------------------------------------------------------------------------------------


def age(client, seconds):
    """Let the sign-in be so long ago."""
    session = client.session
    session[SIGNED_IN_AT] = int(time.time()) - seconds
    session.save()


def test_no_press_of_a_button_keeps_a_session_longer_than_its_longest_time():
    client = signed_in(with_password())
    assert client.session[SIGNED_IN_AT]
    age(client, given.SESSION_LONGEST - 600)
    for _n in range(3):
        assert client.post(reverse("session")).status_code == 204
    ends = Session.objects.get(pk=key_of(client)).expire_date
    assert ends <= timezone.now() + timedelta(seconds=601)
    assert is_in(client)
    age(client, given.SESSION_LONGEST + 1)
    assert not is_in(client)


def test_a_session_in_which_nothing_is_done_ends_and_a_page_begins_its_time_anew():
    client = signed_in(with_password())
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    assert is_in(client)
    left = Session.objects.get(pk=key_of(client)).expire_date - timezone.now()
    assert left > timedelta(seconds=given.SESSION_COOKIE_AGE - 60)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)


@pytest.mark.long
def test_a_person_sees_their_sessions_and_ends_one_or_all_others():
    user, other = with_password(), with_password("Otto Other")
    stranger = signed_in(other)
    here = signed_in(user, HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    second, third = signed_in(user), signed_in(user)
    page = reverse("usersessions_list")
    listed = here.get(page).context["sessions"]
    assert [one.is_here for one in listed] == [False, False, True]
    assert listed[-1].browser == "Firefox on Windows"
    foreign = UserSession.objects.get(user=other).pk
    here.post(page, {"end": str(foreign)})
    here.post(page, {"end": str(listed[-1].pk)})  # one's own is ended by signing out
    assert is_in(stranger)
    assert is_in(here)
    here.post(page, {"end": str(UserSession.objects.get(session_key=key_of(second)).pk)})
    assert [is_in(one) for one in (here, second, third)] == [True, False, True]
    here.post(page, {"end": "others"})
    assert [is_in(one) for one in (here, second, third, stranger)] == [True, False, False, True]
    assert [entry.detail.content()["count"] for entry in logged("sessions_ended")] == [1, 1]
    assert here.post(page, {"end": "nonsense"}).status_code == 302
