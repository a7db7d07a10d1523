"""Three attacks from their first press to their last, in a real browser without script: each ends at a closed door, the
true owner is told, and the log shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from assessments.accounts import refusals
from assessments.domain.register import members
from assessments.models import AuditEntry, Membership, Role, State, User
from tests.support import browser as support_browser
from tests.support.factories import PASSWORD, make_assessment, make_cast
from tests.system.security.doors import code_in, given_password, link_in, logged, mails_to

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(43)]

EVIL = "attacker@evil.example"
ATTACKERS = "an attacker chose this one"
OWNERS = "seven ferries before breakfast"


@pytest.fixture
def place(chromium: Any, live_server: Any, published: None) -> Place:
    cache.clear()
    mail.outbox.clear()
    return Place(chromium, live_server.url)


class Place:
    """The site, its people, and browsers to come to it with."""

    def __init__(self, chromium: Any, address: str) -> None:
        self.chromium, self.address, self.cast = chromium, address, make_cast()

    @contextmanager
    def browser(self) -> Iterator[Any]:
        with support_browser.new_page(self.chromium, java_script_enabled=False) as page:
            yield page

    def open(self, page: Any, path: str) -> int:
        response = page.goto(self.address + path)
        return int(response.status)

    def path(self, page: Any) -> str:
        return str(page.url.removeprefix(self.address).partition("?")[0])

    def sign_in(self, page: Any, user: Any, password: str) -> bool:
        """Try to sign in; tells whether it was let in."""
        support_browser.sign_in_by_form(page, self.address, getattr(user, "email", user), password)
        return self.path(page) not in (reverse("account_login"), reverse("account_email_verification_sent"))


def fill(page: Any, **fields: str) -> None:
    for label, text in fields.items():
        page.locator(f"main [name={label}]").fill(text)


def press(page: Any, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=words).click()


def heading(page: Any) -> str:
    return " ".join(page.locator("h1").inner_text().split())


def test_an_open_session_of_a_reviewer_becomes_no_account_and_signs_nothing(place):
    """F1: somebody sits down at a browser in which a reviewer is signed in."""
    submitted = make_assessment(State.IN_REVIEW, "limited", cast=place.cast)
    reviewer = given_password(place.cast.independent)
    with place.browser() as page:
        assert place.sign_in(page, reviewer, PASSWORD)
        # The reviewer leaves; from here on it is the attacker who types.
        place.open(page, reverse("account_email"))
        assert heading(page) == "Confirm that it is you"
        for guess in ("password of the reviewer", "Ines Independent 1", "hkguide 2026"):
            fill(page, password=guess)
            press(page, "Confirm and continue")
            assert heading(page) == "Confirm that it is you"
        refuse = reverse("refuse", args=[submitted.submissions.get().reference])
        place.open(page, refuse)
        fill(page, statement="The evidence does not bear the answers out.")
        page.locator("main button[type=submit].btn-outline-danger, main button[type=submit].btn-primary").first.click()
        assert heading(page) == "Confirm that it is you"
    with place.browser() as page:  # elsewhere, with the address that the attacker would have liked
        place.open(page, reverse("account_reset_password"))
        fill(page, email=EVIL)
        press(page, "Send me the link")
        assert "/password/reset/key/" not in mails_to(EVIL)[0].body
        assert not place.sign_in(page, EVIL, ATTACKERS)
    submitted.refresh_from_db()
    assert submitted.state == State.IN_REVIEW
    refusals.say()
    assert mails_to(reviewer.email)[-1].subject == "Somebody tried to sign in to your account and was refused"
    assert logged("sign_in_refused")[0].detail.content()["count"] == 3
    assert not AuditEntry.objects.filter(kind__in=["address_changed", "refused"]).exists()
    with place.browser() as page:  # the true owner gets in as before, and ends the session that was left open
        assert place.sign_in(page, reviewer, PASSWORD)
        place.open(page, reverse("usersessions_list"))
        press(page, "End all other sessions")
        assert "1 session was ended" in page.get_by_role("main").inner_text()


@pytest.mark.long  # daily the story above, and the takeovers without a browser
def test_an_account_made_in_somebody_s_name_before_they_came_opens_nothing(place, settings):
    """F4: the attacker signs up with the address of the future owner, and keeps a way in, as they believe."""
    settings.OPEN_FOUNDING = True
    victim = "cfo@victim.example"
    with place.browser() as attacker:
        place.open(attacker, reverse("account_signup"))
        fill(attacker, name="CFO", email=victim, password1=ATTACKERS)
        press(attacker, "Create the account")
        assert heading(attacker) == "Confirm your email address"
        fill(attacker, code="ABCDEF")
        press(attacker, "Confirm the address")
        place.open(attacker, reverse("account_email"))  # a second address to keep
        assert place.path(attacker) == reverse("account_login") or heading(attacker) == "Confirm your email address"
        cast = place.cast
        _invitation, token = members.invite(cast.organisation, by=cast.owner, email=victim, role=Role.OWNER)
        cache.clear()
        with place.browser() as owner:
            place.open(owner, reverse("invitation", args=[token]))
            owner.get_by_role("link", name="Create an account and join").click()
            fill(owner, name="Chan Fei Oi", password1=OWNERS)
            press(owner, "Create the account")
            told = mails_to(victim)[-1]
            assert told.subject == "You already have an hkguide account"
            place.open(owner, reverse("account_reset_password"))
            fill(owner, email=victim)
            press(owner, "Send me the link")
            place.open(owner, link_in(mails_to(victim)[-1]))
            fill(owner, password1=OWNERS, password2=OWNERS)
            press(owner, "Save the new password")
            assert place.sign_in(owner, victim, OWNERS)
            assert heading(owner).endswith(
                "invites you to join Harbourlight Clinics Limited"
            )  # nothing is confirmed twice
            press(owner, "Join Harbourlight Clinics Limited")
        assert Membership.objects.get(user__email=victim).role == Role.OWNER
        cache.clear()
        attacker.context.clear_cookies()
        assert not place.sign_in(attacker, victim, ATTACKERS)
        place.open(attacker, reverse("people", args=[place.cast.organisation.reference]))
        assert place.path(attacker) == reverse("account_login")
    assert list(User.objects.get(email=victim).emailaddress_set.values_list("email", "verified")) == [(victim, True)]
    subjects = [message.subject for message in mails_to(victim)]
    assert "A new password was set for your hkguide account" in subjects
    kinds = [entry.kind for entry in AuditEntry.objects.filter(chain="installation").order_by("seq")]
    assert kinds.index("account_made") < kinds.index("password_reset") < kinds.index("signed_in")
    assert [
        entry.kind for entry in logged("signed_in", place.cast.organisation.reference)
    ] == []  # not yet a member then


@pytest.mark.long  # daily the story above, and the takeovers without a browser
def test_a_forwarded_invitation_makes_nobody_a_reviewer(place):
    """F6: the mail of an invitation was passed on to somebody of another organisation."""
    cast, invited = place.cast, "newreviewer@harbour.example"
    outsider = given_password(cast.outsider)
    _invitation, token = members.invite(cast.organisation, by=cast.owner, email=invited, role=Role.REVIEWER)
    there = reverse("invitation", args=[token])
    with place.browser() as page:
        assert place.sign_in(page, outsider, PASSWORD)
        assert place.open(page, there) == 403
        assert heading(page) == "This invitation is for another address"
        place.open(page, reverse("account_email"))
        fill(page, password=PASSWORD)
        press(page, "Confirm and continue")
        fill(page, email=invited)
        press(page, "Send the code")
        place.open(page, reverse("account_email_verification_sent"))
        assert heading(page) == "Confirm your email address"
        for _n in range(3):
            if page.locator("main [name=code]").count():
                fill(page, code="ABCDEF")
                press(page, "Confirm the address")
        assert place.open(page, there) == 403
        assert heading(page) == "This invitation is for another address"
    with place.browser() as page:  # or with an account of that address, which cannot be confirmed
        place.open(page, there)
        page.get_by_role("link", name="Create an account and join").click()
        fill(page, name="Samuel", password1=ATTACKERS)
        cache.clear()
        press(page, "Create the account")
        fill(page, code="ABCDEF")
        press(page, "Confirm the address")
        place.open(page, there)
        assert page.get_by_role("button", name="Join").count() == 0
    assert not Membership.objects.filter(organisation=cast.organisation, role=Role.REVIEWER, user=outsider).exists()
    assert not Membership.objects.filter(user__email=invited).exists()
    told = mails_to(invited)
    assert len(told) == 2
    assert all(code_in(message) for message in told)
    assert [entry.detail.content()["by"]["email"] for entry in logged("account_made")] == [invited]
    assert logged("address_confirmed") == []
    assert not AuditEntry.objects.filter(
        kind="member_joined", chain=cast.organisation.reference, actor=outsider.pk
    ).exists()
