"""An open session, an address that somebody else gave first, a forwarded invitation: none of them becomes an account."""

from __future__ import annotations

from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import NotPermitted
from assessments.domain.register import invitations
from assessments.domain.register import members as register_members
from assessments.models import Invitation, Membership, Role, User
from tests.support.factories import make_user
from tests.system.security.doors import (
    NEW_PASSWORD,
    code_in,
    confirm_it_is_me,
    enter_code,
    given_password,
    is_in,
    mails_to,
    reset_password,
    sign_in,
    sign_up,
    signed_in,
    with_password,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

EVIL = "attacker@evil.example"


# --- check 44: the change of an address (F1) -------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["action_add", "action_primary", "action_remove", ""])
def test_an_open_session_does_not_change_the_address(act):
    user = with_password()
    client = signed_in(user)
    page = reverse("account_email")
    for response in (client.get(page), client.post(page, {act: "", "email": EVIL} if act else {"email": EVIL})):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert EVIL not in EmailAddress.objects.values_list("email", flat=True)
    user.refresh_from_db()
    assert user.email != EVIL
    assert mails_to(EVIL) == []


@pytest.mark.long
def test_an_address_changes_only_once_the_new_one_is_confirmed():
    user = with_password()
    old = user.email
    client, elsewhere = signed_in(user), signed_in(user)
    confirm_it_is_me(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    user.refresh_from_db()
    assert user.email == old
    client.post(reverse("account_email"), {"action_primary": "", "email": "new@example.org"})
    user.refresh_from_db()
    assert user.email == old
    enter_code(client, "WRONG1")
    user.refresh_from_db()
    assert user.email == old
    (message,) = mails_to("new@example.org")
    enter_code(client, code_in(message))
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert [(one.email, one.verified, one.primary) for one in EmailAddress.objects.filter(user=user)] == [
        ("new@example.org", True, True)
    ]
    assert "new@example.org" in mails_to(old)[-1].body
    assert is_in(client)
    assert not is_in(elsewhere)


def test_a_new_address_that_has_an_account_is_refused_to_whoever_proves_it_and_to_nobody_else():
    user, other = with_password(), with_password("Otto Other")
    client = signed_in(user)
    confirm_it_is_me(client)
    added = client.post(reverse("account_email"), {"action_add": "", "email": other.email})
    assert added.status_code == 302  # nothing is said of the account
    (message,) = mails_to(other.email)
    answered = enter_code(client, code_in(message))
    assert answered.status_code == 200
    user.refresh_from_db()
    assert user.email != other.email


def test_two_who_confirm_the_same_address_at_once_get_no_error_page(monkeypatch):
    user, other = with_password(), with_password("Otto Other")
    client = signed_in(user)
    confirm_it_is_me(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    (message,) = mails_to("new@example.org")
    # The other one is confirmed between the look and the change.
    monkeypatch.setattr("allauth.account.forms.email_already_exists", lambda **_kwargs: ("", False))
    User.objects.filter(pk=other.pk).update(email="new@example.org")
    EmailAddress.objects.filter(user=other).update(email="new@example.org")
    assert enter_code(client, code_in(message)).status_code == 302
    user.refresh_from_db()
    assert user.email != "new@example.org"
    assert list(EmailAddress.objects.filter(user=user).values_list("email", flat=True)) == [user.email]


# --- check 46: an account that somebody else made first (F4) ---------------------------------------------------------------


def test_nobody_gets_in_before_the_address_is_confirmed(settings):
    settings.OPEN_FOUNDING = True
    client = Client()
    answered = sign_up(client, "cfo@victim.example")
    assert answered.url == reverse("account_email_verification_sent")
    assert not is_in(client)
    assert not is_in(_tried(client, "cfo@victim.example"))
    assert EmailAddress.objects.get(email="cfo@victim.example").verified is False
    client.post(reverse("account_email"), {"action_add": "", "email": "trojan@evil.example"})
    assert not EmailAddress.objects.filter(email="trojan@evil.example").exists()


def _tried(client, email):
    sign_in(client, email, NEW_PASSWORD)
    return client


def test_after_the_reset_of_an_account_nothing_set_before_leads_into_it(cast, settings):
    settings.OPEN_FOUNDING = True
    attacker = Client()
    sign_up(attacker, "cfo@victim.example", name="CFO", password="an attacker chose this")
    early = User.objects.get(email="cfo@victim.example")
    # What was there before addresses were confirmed: a second address of the attacker's, confirmed even.
    EmailAddress.objects.create(user=early, email="trojan@evil.example", verified=True)
    invitation, _token = register_members.invite(cast.organisation, by=cast.owner, email=early.email, role=Role.OWNER)
    owner = Client()
    reset_password(owner, "cfo@victim.example")
    assert list(EmailAddress.objects.filter(user=early).values_list("email", "verified")) == [(early.email, True)]
    sign_in(owner, "cfo@victim.example", NEW_PASSWORD)
    assert is_in(owner)
    early.refresh_from_db()
    invitations.accept(invitation, by=early)
    mail.outbox.clear()
    attacker.post(reverse("account_reset_password"), {"email": "trojan@evil.example"})
    assert "/password/reset/key/" not in "".join(message.body for message in mail.outbox)
    assert not is_in(attacker)
    sign_in(attacker, "cfo@victim.example", "an attacker chose this")
    assert not is_in(attacker)


def test_a_reset_link_goes_to_the_address_of_the_account_and_to_no_other():
    user = with_password()
    EmailAddress.objects.create(user=user, email="second@evil.example", verified=True)
    Client().post(reverse("account_reset_password"), {"email": "second@evil.example"})
    assert all("/password/reset/key/" not in message.body for message in mail.outbox)


# --- check 45: an invitation is for the one who holds its address (F6) -----------------------------------------------------


def test_an_invitation_is_joined_only_by_whoever_holds_its_address_confirmed(cast):
    invitation, token = register_members.invite(
        cast.organisation, by=cast.owner, email="new@example.org", role=Role.REVIEWER
    )
    claims = make_user("Clara Claims", email="new@example.org", confirmed=False)
    EmailAddress.objects.create(user=claims, email="new@example.org", primary=True, verified=False)
    for accept in (register_members.accept_invitation, invitations.accept):
        with pytest.raises(NotPermitted, match="Confirm your email address first"):
            accept(invitation, by=claims)
    client = Client()
    client.force_login(claims)
    page = reverse("invitation", args=[token])
    assert client.get(page).status_code == 403
    assert client.post(page).status_code == 403
    assert not Membership.objects.filter(user=claims).exists()
    EmailAddress.objects.filter(user=claims).update(verified=True)
    assert client.post(page).status_code == 302
    assert Membership.objects.get(user=claims).role == Role.REVIEWER


def test_a_forwarded_invitation_cannot_be_made_to_fit(cast):
    given_password(cast.outsider)
    _invitation, token = register_members.invite(
        cast.organisation, by=cast.owner, email="new@example.org", role=Role.REVIEWER
    )
    client = signed_in(cast.outsider)
    page = reverse("invitation", args=[token])
    assert client.get(page).status_code == 403
    confirm_it_is_me(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "new@example.org"})
    client.post(reverse("account_email"), {"action_primary": "", "email": "new@example.org"})
    assert client.get(page).status_code == 403
    assert client.post(page).status_code == 403
    assert not Membership.objects.filter(user=cast.outsider, organisation=cast.organisation).exists()
    assert Invitation.objects.get().accepted_at is None


def test_who_comes_by_an_invitation_confirms_once_and_goes_on_to_it(cast, settings):
    settings.OPEN_FOUNDING = False
    _invitation, token = register_members.invite(
        cast.organisation, by=cast.owner, email="new@example.org", role=Role.VIEWER
    )
    page = reverse("invitation", args=[token])
    client = Client()
    client.get(page)
    sign_up(client, "new@example.org")  # without `next`: the session knows where somebody came from
    (message,) = mails_to("new@example.org")
    answered = enter_code(client, code_in(message))
    assert answered.url == page
    assert client.post(page).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").role == Role.VIEWER
    assert len(mails_to("new@example.org")) == 1


# --- accounts from before --------------------------------------------------------------------------------------------------


def test_who_joined_before_counts_as_confirmed_and_every_further_address_is_dropped(cast):
    EmailAddress.objects.all().delete()
    alone, mixed = (
        make_user("Alone", confirmed=False),
        make_user("Mixed", email="Mixed.Case@Example.org", confirmed=False),
    )
    register_members.join(mixed, cast.organisation, Role.VIEWER, by=cast.owner)
    EmailAddress.objects.create(user=cast.owner, email=EVIL, verified=True, primary=True)
    EmailAddress.objects.create(user=alone, email=alone.email, verified=False, primary=True)
    # An address of somebody who joined, given to an account of somebody else: it goes back to its owner.
    EmailAddress.objects.create(user=cast.outsider, email=cast.viewer.email, verified=True)
    import_module("assessments.migrations.0018_accounts").keep_one_address(apps, None)
    found = set(EmailAddress.objects.values_list("user_id", "email", "verified", "primary"))
    members = {user.pk: user.email.lower() for user in User.objects.filter(memberships__isnull=False)}
    assert found == {(pk, email, True, True) for pk, email in members.items()} | {(alone.pk, alone.email, False, True)}


# --- check 36: the link of an invitation -------------------------------------------------------------------------------------


def test_the_link_of_an_invitation_is_long_kept_as_a_digest_and_says_nothing_once_it_is_closed(cast):
    invitation, token = register_members.invite(
        cast.organisation, by=cast.owner, email="new@example.org", role=Role.VIEWER
    )
    assert len(token) >= 32  # 24 bytes: 192 bits
    kept = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert token not in map(str, kept.values())
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())
    closed = [Client().get(reverse("invitation", args=[known])) for known in (token, token[:-1] + "x", "nonsense")]
    assert {answered.status_code for answered in closed} == {404}
    assert len({answered.content for answered in closed}) == 1
