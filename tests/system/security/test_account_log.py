"""What the log says of accounts (F16), in the chains of the person's organisations and of the installation; and the mails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import scheduled
from assessments.accounts import refusals
from assessments.audit import verify
from assessments.audit.kinds import READ_BY_REVIEWERS, AuditKind
from assessments.models import AuditEntry, Message, RefusedSignIn
from assessments.models.audit import INSTALLATION
from tests.support.factories import PASSWORD, make_user, proved
from tests.system.security.doors import (
    NEW_PASSWORD,
    code_in,
    confirm_it_is_me,
    enter_code,
    given_password,
    logged,
    mails_to,
    reset_password,
    sign_in,
    sign_up,
    signed_in,
    with_password,
)
from tests.system.security.factors import (
    confirmed_by_code,
    recovery_codes_of,
    signed_in_with_app,
    with_app,
)
from tests.system.security.factors import enter_code as enter_second_factor

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()


@pytest.fixture
def owner(cast):
    return given_password(cast.owner)


def in_both(kind, cast):
    """The entries of the installation; each has its like in the organisation's chain."""
    found = logged(kind)
    assert [entry.object for entry in logged(kind, cast.organisation.reference)] == [entry.object for entry in found]
    return found


def test_signing_in_and_out_stand_in_the_log_with_the_place(cast, owner):
    client = signed_in(owner, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    client.post(reverse("account_logout"))
    (entry,) = in_both("signed_in", cast)
    assert entry.actor == owner.pk
    assert entry.detail.content()["from"] == {"address": "203.0.113.9", "agent": "Firefox on Linux"}
    assert len(in_both("signed_out", cast)) == 1
    assert logged("signed_in", cast.body.reference) == []
    page = proved(Client(), owner).get(reverse("organisation_log", args=[cast.organisation.reference]))
    assert "Olivia Owner signed in" in page.content.decode()
    assert "203.0.113.9" in page.content.decode()


def test_the_entry_of_a_sign_in_names_what_was_shown(cast, owner, settings):
    settings.OPEN_FOUNDING = True
    signed_in(owner)
    secret = with_app(owner)
    signed_in_with_app(owner, secret)
    client = Client()
    sign_in(client, owner.email, PASSWORD)
    enter_second_factor(client, recovery_codes_of(owner)[0])
    confirmed = Client()
    sign_up(confirmed, "otto@example.hk")
    enter_code(confirmed, code_in(mails_to("otto@example.hk")[-1]))
    assert [entry.detail.content().get("shown") for entry in logged("signed_in")] == [
        ["password"],
        ["password", "code from an authenticator app"],
        ["password", "recovery code"],
        None,  # by the code that confirmed the address, which has an entry of its own
    ]
    page = confirmed_by_code(signed_in_with_app(owner, secret), secret).get(
        reverse("organisation_log", args=[cast.organisation.reference])
    )
    assert "Signed in with" in page.content.decode()
    assert "password, recovery code" in page.content.decode()


def test_new_passwords_stand_in_the_log_and_are_mailed(cast, owner):
    client = signed_in(owner)
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(reverse("account_change_password"), data)
    assert len(in_both("password_changed", cast)) == 1
    assert mails_to(owner.email)[-1].subject == "Your hkguide password was changed"
    reset_password(Client(), owner.email, "another lantern on the water")
    assert len(in_both("password_reset", cast)) == 1
    assert mails_to(owner.email)[-1].subject == "A new password was set for your hkguide account"


def test_a_new_address_and_a_new_name_stand_in_the_log_and_are_mailed(cast, owner):
    client, old = signed_in(owner), owner.email
    confirm_it_is_me(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    enter_code(client, code_in(mails_to("new@example.org")[0]))
    (entry,) = in_both("address_changed", cast)
    told = entry.detail.content()
    assert (told["old"], told["new"]) == ({"address": old}, {"address": "new@example.org"})
    assert mails_to(old)[-1].subject == "The email address of your hkguide account was changed"
    client.post(reverse("settings"), {"name": "Olivia  Newname", "mail_when": "at_once"})
    owner.refresh_from_db()
    assert owner.name == "Olivia Newname"
    assert len(in_both("name_changed", cast)) == 1
    assert "Olivia Newname" in mails_to("new@example.org")[-1].body
    client.post(reverse("settings"), {"name": "Olivia Newname", "mail_when": "daily"})
    assert len(logged("name_changed")) == 1


def test_a_sign_up_and_its_confirmation_stand_in_the_log(settings):
    settings.OPEN_FOUNDING = True
    client = Client()
    sign_up(client, "new@example.org")
    enter_code(client, code_in(mails_to("new@example.org")[0]))
    kinds = AuditEntry.objects.filter(chain=INSTALLATION).order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["account_made", "address_confirmed", "signed_in"]


def test_refused_sign_ins_are_one_entry_in_a_quarter_of_an_hour_with_their_count(cast, owner):
    for _n in range(3):
        sign_in(Client(), owner.email, "not the password", REMOTE_ADDR="203.0.113.9")
    assert (
        logged("sign_in_refused") == []
    )  # the sweeper writes it: the answer to the request takes as long as for nobody
    scheduled.sweep((scheduled.STEPS[1],))
    (entry,) = logged("sign_in_refused")
    told = entry.detail.content()
    assert (told["email"], told["count"], told["last_from"]) == (owner.email, 3, "203.0.113.9")
    assert logged("sign_in_refused", cast.organisation.reference) == []
    cache.clear()
    for _n in range(2):
        sign_in(Client(), owner.email, "not the password")
    assert refusals.say() == 0
    RefusedSignIn.objects.update(logged_at=timezone.now() - timedelta(minutes=16))
    assert refusals.say() == 1
    assert [entry.detail.content()["count"] for entry in logged("sign_in_refused")] == [3, 2]
    RefusedSignIn.objects.update(
        logged_at=timezone.now() - timedelta(hours=1), last_at=timezone.now() - timedelta(hours=1)
    )
    refusals.say()
    assert not RefusedSignIn.objects.exists()


def test_a_refused_confirmation_in_an_open_session_counts_as_a_refused_sign_in(owner):
    client = signed_in(owner)
    confirm_it_is_me(client, "not the password")
    assert refusals.say() == 1
    assert logged("sign_in_refused")[0].detail.content()["count"] == 1


def test_the_person_is_told_of_several_refusals_once_a_day(owner, django_capture_on_commit_callbacks):
    assert Message.objects.count() == 0
    for round_ in range(2):
        cache.clear()
        for _n in range(3):
            sign_in(Client(), owner.email, "not the password")
        RefusedSignIn.objects.update(logged_at=None)
        with django_capture_on_commit_callbacks(execute=True):
            assert refusals.say() == 1, round_
    (message,) = mails_to(owner.email)
    assert message.subject == "Somebody tried to sign in to your account and was refused"
    assert reverse("usersessions_list") in message.body
    assert Message.objects.get().recipient == owner


def test_the_chains_stay_whole_and_every_kind_has_its_words(cast, owner):
    client = signed_in(owner)
    client.post(reverse("account_logout"))
    for chain in (INSTALLATION, cast.organisation.reference):
        assert verify.verify(chain, by=None).faults == ()
    used = set(AuditEntry.objects.values_list("kind", flat=True))
    assert used - set(AuditKind) == set()


def test_reviewers_read_nothing_of_accounts_in_the_log_of_a_review():
    accounts = {"signed_in", "signed_out", "sign_in_refused", "password_changed", "address_changed", "staff_page"}
    assert not accounts & set(READ_BY_REVIEWERS)


def test_staff_read_the_entries_of_the_installation_in_words(cast, owner):
    sign_in(Client(), owner.email, "not the password")
    refusals.say()
    page = proved(Client(), cast.staff).get("/admin/assessments/auditentry/")
    assert "Sign-in as Olivia Owner failed. Number of attempts: 1" in page.content.decode()


def test_an_address_is_confirmed_by_command_and_logged(cast, capsys):
    user = make_user("Mona Mailless", confirmed=False)
    EmailAddress.objects.create(user=user, email="before@example.org", verified=True, primary=True)
    call_command("confirm_address", user.email.upper())
    assert list(EmailAddress.objects.filter(user=user).values_list("email", "verified")) == [(user.email, True)]
    (entry,) = logged("address_confirmed_by_command")
    assert (entry.actor, entry.detail.content()["address"]) == (None, user.email)
    call_command("confirm_address", user.email)
    assert "already confirmed" in capsys.readouterr().out
    assert len(logged("address_confirmed_by_command")) == 1
    with pytest.raises(CommandError, match="no account has"):
        call_command("confirm_address", "nobody@x.example")


def test_who_sees_only_a_form_without_a_name_keeps_theirs():
    user = with_password("Petra Person")
    signed_in(user).post(reverse("settings"), {"mail_when": "daily"})
    user.refresh_from_db()
    assert (user.name, user.mail_when) == ("Petra Person", "daily")
