"""Passkeys, codes and recovery codes in a real browser, with an authenticator of its own."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from assessments.core import proof
from assessments.models import Certificate, ReviewSeat, State, Submission
from tests.support.browser import axe_faults, sign_in_by_form, too_wide, without_jobs
from tests.support.factories import PASSWORD, Cast, make_assessment, make_cast
from tests.system.security.doors import given_password, logged, mails_to
from tests.system.security.factors import VirtualKey, code_of, recovery_codes_of, with_app

pytestmark = [pytest.mark.browser, pytest.mark.asks_proof, pytest.mark.slow_first(27)]


@pytest.fixture
def site(published: None, live_server: LiveServer, settings: Any) -> str:
    """The address of a site on which whoever reviews or signs needs a second factor."""
    settings.SECOND_FACTOR = True
    settings.PUBLIC_URL = live_server.url  # a host by name: passkeys belong to one
    cache.clear()
    return str(live_server.url)


@pytest.fixture
def people(site: str) -> Cast:
    return make_cast()


def press(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=words, exact=True).click()


def follow(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("link", name=words, exact=True).click()


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_role("main").get_by_label(label).fill(text)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def fit(page: Page) -> None:
    """The page is fit for everybody: nothing that axe finds, nothing that scrolls sideways on a phone."""
    assert axe_faults(page) == []
    assert too_wide(page) == ""


def keep_codes(page: Page) -> list[str]:
    fit(page)
    codes = page.locator("#recovery-codes code").all_inner_texts()
    page.get_by_label("I have printed or saved the codes").check()
    press(page, "Continue")
    return codes


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


@pytest.mark.long
def test_a_reviewer_adds_a_passkey_in_four_steps_and_comes_back_to_the_queue(page, site, people):
    person = given_password(people.independent)
    key = VirtualKey(page)
    sign_in_by_form(page, site, person.email, PASSWORD)
    page.goto(f"{site}{reverse('reviews')}")
    assert heading(page) == "Your second factor"  # 1
    follow(page, "Add a passkey")
    fill(page, "Password", PASSWORD)
    press(page, "Confirm and continue")  # 2
    fill(page, "Name of this passkey", "My phone")
    press(page, "Add the passkey")  # 3
    codes = keep_codes(page)  # 4
    assert page.url == f"{site}{reverse('reviews')}"
    assert (len(codes), len(key.credentials())) == (10, 1)
    assert key.credentials()[0]["rpId"] == "localhost"
    assert [message.subject for message in mails_to(person.email)] == ["A second factor was added to your account"]
    assert [entry.detail.content()["factor"] for entry in logged("factor_added")] == ["webauthn"]
    # And from now on it signs in alone, without the password.
    sign_out(page)
    page.goto(f"{site}/accounts/login/")
    press(page, "Sign in with a passkey")
    page.goto(f"{site}{reverse('reviews')}")
    assert heading(page) != "Your second factor"
    assert [entry.detail.content()["shown"] for entry in logged("signed_in")] == [["password"], ["passkey"]]


def test_a_passkey_that_does_not_know_its_person_signs_nobody_in(page, site, people):
    person = given_password(people.independent)
    key = VirtualKey(page)
    sign_in_by_form(page, site, person.email, PASSWORD)
    page.goto(f"{site}{reverse('mfa_add_webauthn')}")
    fill(page, "Password", PASSWORD)
    press(page, "Confirm and continue")
    press(page, "Add the passkey")
    sign_out(page)
    key.does_not_know_its_person()
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey-said")).to_contain_text("The passkey request was cancelled")


@pytest.mark.long  # daily a passkey is refused below, and each rule is tried without a browser
def test_an_owner_adds_an_app_before_the_first_signature_and_signs_without_being_asked_again(page, site, people):
    owner = given_password(people.owner)
    assessment = make_assessment(State.DRAFT, "low", cast=people)
    sign = f"{site}{reverse('self_certify', args=[assessment.reference])}"
    sign_in_by_form(page, site, owner.email, PASSWORD)
    page.goto(sign)
    assert heading(page) == "Your second factor"  # 1
    follow(page, "Set up an authenticator app")
    fill(page, "Password", PASSWORD)
    press(page, "Confirm and continue")  # 2
    secret = page.locator("#totp-key").inner_text()
    assert page.locator(".hk-qr svg").count() == 1
    fill(page, "Code", code_of(secret))
    press(page, "Set up the app")  # 3
    keep_codes(page)  # 4
    assert page.url == sign
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    page.locator("main button.btn-primary").click()
    page.wait_for_url(f"{site}{reverse('assessment', args=[assessment.reference])}", timeout=60_000)
    certificate = Certificate.objects.get(use=assessment.use)
    entry = logged("self_certified", people.organisation.reference)[-1]
    assert (certificate.use_id, entry.detail.content()["proof"]["method"]) == (
        assessment.use_id,
        "code from an authenticator app",
    )


@pytest.mark.long
def test_a_code_is_asked_for_at_sign_in_and_again_before_a_decision_and_what_was_typed_comes_back(page, site, people):
    reviewer = given_password(people.independent)
    secret = with_app(reviewer)
    with proof.of_command("the test"), without_jobs():
        submission = make_assessment(State.IN_REVIEW, "limited", cast=people).current_submission
    ReviewSeat.objects.filter(submission=submission).update(reviewer=reviewer)
    sign_in_by_form(page, site, reviewer.email, PASSWORD)
    assert heading(page) == "Your second factor"
    fit(page)
    fill(page, "Code", "000000")
    press(page, "Sign in")
    assert "The code you entered is wrong" in page.get_by_role("main").inner_text()
    fill(page, "Code", code_of(secret))
    press(page, "Sign in")
    page.goto(f"{site}{reverse('refuse', args=[submission.reference])}")
    page.locator("main textarea").fill("It does not hold.")
    page.locator("main [type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert page.get_by_label("Password").count() == 0
    fit(page)
    cache.clear()  # half a minute later: the app shows another code
    fill(page, "Code", code_of(secret))
    press(page, "Confirm and continue")
    assert page.url.endswith(reverse("review", args=[submission.reference]))
    decision = Submission.objects.get(pk=submission.pk).decisions.latest("pk")
    assert decision.statement.startswith("It does not hold.")


@pytest.mark.long  # daily a passkey is refused below, and each rule is tried without a browser
def test_a_recovery_code_signs_in_once(page, site, people):
    reviewer = given_password(people.independent)
    with_app(reviewer)
    code = recovery_codes_of(reviewer)[0]
    for attempt in ("first", "second"):
        sign_out(page)
        sign_in_by_form(page, site, reviewer.email, PASSWORD)
        fill(page, "Code", code)
        press(page, "Sign in")
        assert ("The code you entered is wrong" in page.get_by_role("main").inner_text()) == (attempt == "second")
    assert len(recovery_codes_of(reviewer)) == 9
    assert len(logged("recovery_code_used")) == 1


@pytest.mark.long  # daily a passkey is refused below, and each rule is tried without a browser
def test_the_last_passkey_is_removed_by_whoever_has_it(page, site, people):
    owner = given_password(people.owner)
    VirtualKey(page)
    sign_in_by_form(page, site, owner.email, PASSWORD)
    page.goto(f"{site}{reverse('mfa_add_webauthn')}")
    fill(page, "Password", PASSWORD)
    press(page, "Confirm and continue")
    fill(page, "Name of this passkey", "My key")
    press(page, "Add the passkey")
    keep_codes(page)
    sign_out(page)
    sign_in_by_form(page, site, owner.email, PASSWORD)
    press(page, "Use a passkey")
    page.goto(f"{site}{reverse('mfa_list_webauthn')}")
    fit(page)
    follow(page, "Remove My key")
    fit(page)
    press(page, "Use a passkey and continue")
    fit(page)
    press(page, "Remove the passkey")
    assert not Authenticator.objects.filter(user=owner).exists()
    assert [entry.detail.content()["factor"] for entry in logged("factor_removed")] == ["webauthn"]
    assert logged("signed_in")[-1].detail.content()["shown"] == ["password", "passkey"]
