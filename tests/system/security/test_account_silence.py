"""The account pages tell nobody who has an account: sign-in, reset and sign-up answer alike, in words and in work done."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from assessments.accounts import refusals
from assessments.models import RefusedSignIn, User
from tests.support.factories import make_user
from tests.system.security.doors import NEW_PASSWORD, code_in, enter_code, mails_to, sign_in, sign_up, with_password

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

UNKNOWN = "nobody@x.example"


@pytest.fixture(autouse=True)
def _open(settings):
    settings.OPEN_FOUNDING = True
    cache.clear()


def seen(response, *, without):
    """What a page says, but for the address and what changes with every page."""
    text = response.content.decode().replace("<wbr>", "").replace(without, "")
    return response.status_code, response.get("Location"), re.sub(r'value="[^"]{40,}"|{"X-CSRFToken[^}]*}', "", text)


@pytest.fixture
def hashed(monkeypatch):
    """How many passwords were hashed: that is the time that a page takes."""
    times = []
    encode = MD5PasswordHasher.encode

    def counted(self, *arguments):
        times.append(1)
        return encode(self, *arguments)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return times


# --- checks 33 and 34 ------------------------------------------------------------------------------------------------------


def test_sign_in_says_and_does_the_same_for_whoever_is_there_or_not(hashed, django_assert_num_queries):
    user = with_password()
    answers, work = [], []
    for email in (user.email, UNKNOWN):
        hashed.clear()
        answers.append(seen(sign_in(Client(), email, "not the password"), without=email))
        work.append(len(hashed))
    assert answers[0] == answers[1]
    assert work == [1, 1]
    assert set(RefusedSignIn.objects.values_list("email", "count")) == {(user.email, 1), (UNKNOWN, 1)}


def test_a_reset_says_the_same_and_sends_one_mail_either_way():
    user = with_password()
    answers = []
    for email in (user.email, UNKNOWN):
        answers.append(seen(Client().post(reverse("account_reset_password"), {"email": email}), without=email))
        assert len(mails_to(email)) == 1
    assert answers[0] == answers[1]


# --- check 35: sign-up (F24) -----------------------------------------------------------------------------------------------


def test_sign_up_says_and_does_the_same_for_an_address_that_has_an_account(hashed):
    user = with_password()
    answers, work = [], []
    for email in (user.email, UNKNOWN):
        client = Client()
        hashed.clear()
        first = sign_up(client, email)
        work.append(len(hashed))
        page = client.get(reverse("account_email_verification_sent"))
        wrong = enter_code(client, "WRONG1")
        answers.append([seen(one, without=email) for one in (first, page, wrong)])
        assert len(mails_to(email)) == 1
    assert answers[0] == answers[1]
    assert work == [1, 1]


def test_whoever_has_the_account_is_told_how_to_get_in_and_no_second_account_is_made():
    user = with_password()
    sign_up(Client(), user.email)
    assert User.objects.filter(email=user.email).count() == 1
    (message,) = mails_to(user.email)
    assert reverse("account_reset_password") in message.body
    user.refresh_from_db()
    assert not user.check_password(NEW_PASSWORD)


def test_two_who_sign_up_with_one_address_at_once_get_the_same_page(monkeypatch):
    """The account is made between the look and the insert of the second one."""
    make_user("Early Bird", email="twice@example.org", confirmed=False)
    monkeypatch.setattr("allauth.account.internal.flows.manage_email.assess_unique_email", lambda *_a, **_k: True)
    client = Client()
    answered = sign_up(client, "twice@example.org")
    assert answered.url == reverse("account_email_verification_sent")
    assert User.objects.filter(email="twice@example.org").count() == 1


def test_three_wrong_codes_end_the_confirmation_and_a_right_one_works_once():
    client = Client()
    sign_up(client, UNKNOWN)
    (message,) = mails_to(UNKNOWN)
    for _n in range(3):
        enter_code(client, "WRONG1")
    assert enter_code(client, code_in(message)).url == reverse("account_login")
    assert client.get(reverse("dashboard")).status_code == 302
    cache.clear()
    mail.outbox.clear()
    sign_in(client, UNKNOWN, NEW_PASSWORD)  # who has the password may have another code
    enter_code(client, code_in(mails_to(UNKNOWN)[-1]))
    assert client.get(reverse("dashboard")).status_code == 200


# --- what is counted of refusals -------------------------------------------------------------------------------------------


def test_an_address_without_an_account_is_forgotten_by_the_next_sweep():
    sign_in(Client(), UNKNOWN, "not the password")
    assert refusals.say() == 0
    assert not RefusedSignIn.objects.exists()
