"""The second factor without a browser: who needs one, what is kept of it, who resets it, and who is never locked out."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from assessments.accounts import addresses, factors, recovery
from assessments.checks import exempt_in_public
from assessments.core import proof
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.domain.submission import self_certify
from assessments.models import Membership, Role, State, User
from tests.support.factories import Cast, make_assessment, make_member, make_user
from tests.support.filled_forms import filled
from tests.support.page_text import markup_of
from tests.system.security.doors import (
    confirm_it_is_me,
    given_password,
    is_in,
    link_in,
    logged,
    mails_to,
    reset_password,
    sign_in,
    signed_in,
)
from tests.system.security.doors import (
    enter_code as enter_mailed_code,
)
from tests.system.security.factors import (
    code_of,
    confirmed_by_code,
    enter_code,
    forget_codes,
    recovery_codes_of,
    signed_in_with_app,
    with_app,
)

pytestmark = [pytest.mark.django_db, pytest.mark.asks_proof, pytest.mark.sqlite_alone]


@pytest.fixture(autouse=True)
def _asked_for(settings: Any) -> None:
    settings.SECOND_FACTOR = True
    cache.clear()


def content_of(page: Any) -> str:
    return str(markup_of(page))


# --- what is kept ----------------------------------------------------------------------------------------------------------


def test_neither_key_nor_codes_stand_in_the_database_and_former_keys_still_open_them(settings):
    user = make_user()
    secret = with_app(user)
    kept = repr(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not [code for code in recovery_codes_of(user) if code in kept]
    codes = recovery_codes_of(user)
    settings.SECRET_KEY_FALLBACKS = [django_settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that the installation has had since this morning at nine"
    assert recovery_codes_of(user) == codes
    row = Authenticator.objects.get(user=user, type="totp")
    assert get_adapter().decrypt(row.data["secret"]) == secret
    settings.SECRET_KEY_FALLBACKS = []
    assert get_adapter().decrypt(row.data["secret"]) != secret
    assert not row.wrap().validate_code(code_of(secret))


def test_passkeys_belong_to_the_public_address_whatever_host_is_named(settings, rf):
    settings.PUBLIC_URL = "https://assess.example.hk:8443/x"
    assert factors.FactorAdapter().get_public_key_credential_rp_entity()["id"] == "assess.example.hk"


@pytest.mark.long
def test_a_code_is_taken_once(cast):
    user = given_password(cast.independent)
    secret = with_app(user)
    code = code_of(secret)
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, user.email, "correct horse battery staple")
    assert enter_code(first, code).status_code == 302
    assert "The code you entered is wrong" in content_of(enter_code(second, code))
    assert (is_in(first), is_in(second)) == (True, False)


def test_the_password_alone_signs_nobody_in_who_has_a_second_factor(cast):
    user = given_password(cast.owner)
    with_app(user)
    client = Client()
    assert sign_in(client, user.email, "correct horse battery staple")["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


# --- who needs one -----------------------------------------------------------------------------------------------------------


REVIEW_PAGES = ("review", "review_facts", "take", "send_back", "approve", "refuse", "judge_tier", "review_messages")


@pytest.mark.long
def test_no_page_of_a_review_opens_to_a_reviewer_without_one_and_each_leads_back(cast):
    with proof.of_command("the test"):
        submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    client = signed_in(given_password(cast.independent))
    for url in [reverse("reviews"), *(reverse(name, args=[submission.reference]) for name in REVIEW_PAGES)]:
        response = client.get(url)
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("mfa_index")), url
        client.get(response["Location"])
        assert client.session["factor_wanted_for"] == url
    htmx = client.post(reverse("mark", args=[submission.reference]), {}, headers={"HX-Request": "true"})
    assert htmx["HX-Redirect"].startswith(reverse("mfa_index"))
    assert is_in(client)


def test_an_owner_reads_and_answers_without_one_and_signs_with_one_alone(cast):
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    owner = given_password(cast.owner)
    client = signed_in(owner)
    assert client.get(reverse("assessment", args=[assessment.reference])).status_code == 200
    sign = reverse("self_certify", args=[assessment.reference])
    assert client.get(sign)["Location"].startswith(reverse("mfa_index"))
    with_app(owner)
    assert client.get(sign).status_code == 200


@pytest.mark.parametrize("url", ["https://evil.example/x", "//evil.example/x", "javascript:alert(1)"])
def test_the_way_back_leads_to_no_other_place(url, cast):
    client = signed_in(given_password(cast.owner))
    client.get(reverse("mfa_index"), {"next": url})
    assert "factor_wanted_for" not in client.session


@pytest.mark.long
def test_an_owner_asks_every_member_for_one_and_nothing_opens_to_who_has_none(cast, settings):
    settings.SECOND_FACTOR = False
    owner, contributor = given_password(cast.owner), given_password(cast.contributor)
    url = reverse("members_factor", args=[cast.organisation.reference])
    client = signed_in(owner)
    assert client.post(url, {"asked": "on"})["Location"].startswith(reverse("account_reauthenticate"))
    confirm_it_is_me(client)
    assert client.post(url, {"asked": "on"}).status_code == 302
    assert len(logged("second_factor_asked", cast.organisation.reference)) == 1
    for person in (owner, contributor):
        browser = signed_in(person)
        for name in ("dashboard", "assessments", "evidence", "actions"):
            assert browser.get(reverse(name))["Location"].startswith(reverse("mfa_index")), name
        for name in ("mfa_index", "settings", "usersessions_list", "verify_form"):
            assert browser.get(reverse(name)).status_code == 200, name
        assert browser.get(reverse("notice", args=["privacy"])).status_code == 200
    secret = with_app(contributor)
    assert is_in(signed_in_with_app(contributor, secret))
    with pytest.raises(NotPermitted, match="second factor"), proof.found_by(lambda: fresh(cast.owner, strong=False)):
        proof.require(cast.owner)


@pytest.mark.parametrize("who", ["contributor", "viewer", "reviewer", "outsider"])
def test_nobody_else_asks_members_for_one(who, cast):
    person = getattr(cast, who)
    client = signed_in_with_app(person, secret := with_app(person))
    confirmed_by_code(client, secret)
    url = reverse("members_factor", args=[cast.organisation.reference])
    assert client.post(url, {"asked": "on"}).status_code in (403, 404)
    cast.organisation.refresh_from_db()
    assert not cast.organisation.requires_second_factor


def fresh(user: User, *, strong: bool) -> proof.Proof:
    import time

    return proof.Proof(user.pk, "password", time.time(), strong)


@pytest.mark.parametrize(
    ("url", "stops"),
    [
        ("http://localhost:8000", False),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
        ("http://demo.localhost", False),
        ("https://assess.example.hk", True),
        ("http://192.168.1.4:8000", True),
        ("http://localhost.example.hk", True),
        ("http://0.0.0.0:8000", True),
    ],
)
def test_an_exemption_stops_the_start_where_others_reach_the_site(url, stops, settings):
    settings.PUBLIC_URL, settings.SECOND_FACTOR_EXEMPT = url, ["vivian.lau@demo.example"]
    assert bool(exempt_in_public()) is stops
    settings.SECOND_FACTOR_EXEMPT = []
    assert exempt_in_public() == ""


@pytest.mark.long
def test_the_server_does_not_start_with_an_exemption_in_public(tmp_path):
    environment = os.environ | {
        "HKGUIDE_VAR": str(tmp_path),
        "HKGUIDE_SECRET_KEY": "s" * 50,
        "HKGUIDE_PUBLIC_URL": "https://assess.example.hk",
        "HKGUIDE_SECOND_FACTOR_EXEMPT": "a@example.org",
    }
    started = subprocess.run(
        [sys.executable, "-c", "import hkguide.wsgi"], capture_output=True, text=True, env=environment, check=False
    )
    assert (started.returncode, "HKGUIDE_SECOND_FACTOR_EXEMPT" in started.stderr) == (1, True)


@pytest.mark.long
def test_whoever_is_exempt_signs_with_the_password_and_not_without_it(cast, settings):
    settings.SECOND_FACTOR_EXEMPT = [cast.owner.email.upper()]
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    with pytest.raises(NotPermitted, match="Confirm your identity again"):
        self_certify.self_certify(assessment, by=cast.owner)
    with proof.found_by(lambda: fresh(cast.owner, strong=False)):
        self_certify.self_certify(assessment, by=cast.owner)


# --- the strongest factor, and nothing beside it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "account_email",
        "account_change_password",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_generate_recovery_codes",
    ],
)
def test_what_changes_an_account_takes_no_password_beside_a_second_factor(name, cast):
    client = signed_in_with_app(cast.owner, with_app(cast.owner))
    if name == "account_change_password":
        pytest.skip("it asks for the present password itself")
    asked = client.get(reverse(name))
    assert asked["Location"].startswith(reverse("account_reauthenticate")) or asked["Location"].startswith(
        reverse("mfa_reauthenticate")
    )
    refused = confirm_it_is_me(client)
    assert refused["Location"].startswith(reverse("mfa_reauthenticate"))
    assert client.get(reverse(name)).status_code == 302


def test_a_decision_takes_no_password_beside_a_second_factor(cast):
    owner = given_password(cast.owner)
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    client = signed_in(owner)
    confirm_it_is_me(client)
    secret = with_app(owner)  # added elsewhere since
    sign = reverse("self_certify", args=[assessment.reference])
    given = filled(client.get(sign).context["form"])
    assert client.post(sign, given)["Location"].startswith(reverse("mfa_reauthenticate"))
    confirmed_by_code(client, secret)
    assert client.post(sign, {}).status_code == 200


# --- when all is lost --------------------------------------------------------------------------------------------------------------


def lost(cast: Cast) -> tuple[User, Membership]:
    person = cast.contributor
    return person, cast.organisation.memberships.get(user=person)


def test_an_owner_resets_it_for_a_member_and_it_is_logged_and_mailed(cast, django_capture_on_commit_callbacks):
    person, member = lost(cast)
    secret = with_app(person)
    theirs = signed_in_with_app(person, secret)
    reset_password_asked = Client()
    reset_password_asked.post(reverse("account_reset_password"), {"email": person.email})
    link = link_in(mails_to(person.email)[-1])
    owner_secret = with_app(cast.owner)
    owner = signed_in_with_app(cast.owner, owner_secret)
    url = reverse("reset_factor", args=[cast.organisation.reference, member.pk])
    assert "Reset the second factor" in content_of(owner.get(reverse("people", args=[cast.organisation.reference])))
    assert owner.get(url).status_code == 200
    assert owner.post(url)["Location"].startswith(reverse("mfa_reauthenticate"))
    confirmed_by_code(owner, owner_secret)
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.post(url)["Location"] == reverse("people", args=[cast.organisation.reference])
    assert not Authenticator.objects.filter(user=person).exists()
    assert not is_in(theirs)
    assert Client().get(link).status_code == 200  # a page that says so; a link that holds leads on to the form
    assert len(logged("factors_reset", cast.organisation.reference)) == 1
    assert mails_to(person.email)[-1].subject == "The second factor of your account was reset"
    assert str(cast.owner) in mails_to(person.email)[-1].body


def test_nobody_but_an_owner_of_all_their_organisations_resets_it(cast):
    person, member = lost(cast)
    with_app(person)
    with proof.of_command("the test"):
        for by in (cast.contributor, cast.viewer, cast.reviewer, cast.outsider, cast.staff):
            with pytest.raises((NotPermitted, WorkflowError)):
                recovery.reset(member, by=by)
        with_app(cast.owner)
        with pytest.raises(WorkflowError, match="your own second factor"):
            recovery.reset(cast.organisation.memberships.get(user=cast.owner), by=cast.owner)
        elsewhere = make_member(Role.VIEWER, name="Vera Viewer")
        elsewhere.user = person
        Membership.objects.filter(pk=elsewhere.pk).update(user=person)
        with pytest.raises(WorkflowError, match="a member of other organisations"):
            recovery.reset(member, by=cast.owner)
    assert person.has_second_factor()


def test_an_owner_resets_nothing_without_a_proof(cast):
    person, member = lost(cast)
    with_app(person)
    with_app(cast.owner)
    with pytest.raises(NotPermitted, match="Confirm your identity again"):
        recovery.reset(member, by=cast.owner)
    assert person.has_second_factor()


def test_a_command_resets_it_for_those_who_run_the_place(cast, django_capture_on_commit_callbacks):
    person = cast.independent
    secret = with_app(person)
    theirs = signed_in_with_app(person, secret)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("reset_second_factor", person.email)
    assert not is_in(theirs)
    assert len(logged("factors_reset_by_command")) == 1
    assert mails_to(person.email)[-1].subject == "The second factor of your account was reset"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_second_factor", person.email)
    with pytest.raises(CommandError, match="no account has"):
        call_command("reset_second_factor", "nobody@example.org")


def test_factors_from_before_an_address_was_confirmed_are_dropped_with_its_confirmation():
    by_command, by_reset, kept = (make_user(confirmed=False), make_user(confirmed=False), make_user())
    for user in (by_command, by_reset, kept):
        with_app(user)
    addresses.confirm(by_command)
    assert not by_command.has_second_factor()
    reset_password(Client(), given_password(by_reset).email)
    assert not by_reset.has_second_factor()
    reset_password(Client(), given_password(kept).email)
    assert kept.has_second_factor()


def test_a_reset_password_does_not_stand_in_for_the_second_factor(cast):
    user = given_password(cast.owner)
    with_app(user)
    client = Client()
    reset_password(client, user.email)
    assert not is_in(client)
    assert sign_in(client, user.email, "a lantern on the water")["Location"] == reverse("mfa_authenticate")


# --- never locked out --------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_whoever_guesses_codes_elsewhere_locks_nobody_out_of_a_browser_that_is_known(cast):
    """The stranger has learnt the password, and spends all attempts that unknown browsers have together."""
    user = given_password(cast.owner)
    secret = with_app(user)
    home = signed_in_with_app(user, secret)
    home.post(reverse("account_logout"))
    for n in range(8):
        stranger = Client()
        sign_in(stranger, user.email, "correct horse battery staple", REMOTE_ADDR=f"198.51.100.{n}")
        last = enter_code(stranger, "000000", REMOTE_ADDR=f"198.51.100.{n}")
    assert "Too many" in content_of(last)
    sign_in(home, user.email, "correct horse battery staple")
    assert enter_code(home, code_of(secret)).status_code == 302
    assert is_in(home)


def test_wrong_codes_are_counted_and_five_are_enough(cast):
    user = given_password(cast.owner)
    secret = with_app(user)
    client = Client()
    sign_in(client, user.email, "correct horse battery staple")
    for _attempt in range(5):
        assert "The code you entered is wrong" in content_of(enter_code(client, "000000"))
    assert "Too many" in content_of(enter_code(client, code_of(secret)))
    forget_codes()


# --- recovery codes --------------------------------------------------------------------------------------------------------------


def test_recovery_codes_are_shown_until_they_are_kept_and_never_again(cast):
    secret = with_app(cast.owner)
    client = confirmed_by_code(signed_in_with_app(cast.owner, secret), secret)
    code = recovery_codes_of(cast.owner)[3]
    page, file = reverse("mfa_view_recovery_codes"), reverse("mfa_download_recovery_codes")
    assert code in content_of(client.get(page))
    downloaded = client.get(file)
    assert (code in content_of(downloaded), downloaded["Content-Disposition"][:10]) == (True, "attachment")
    client.get(reverse("mfa_index"), {"next": "/actions/"})
    assert "Print or save the codes first" in content_of(client.post(reverse("recovery_codes_kept"), {}))
    assert client.post(reverse("recovery_codes_kept"), {"kept": "on"})["Location"] == "/actions/"
    assert client.get(page)["Location"] == reverse("mfa_index")
    assert client.get(file).status_code == 404
    assert code not in content_of(client.get(reverse("mfa_index")))


def test_a_mailed_code_is_no_code_of_the_second_factor(cast):
    user = given_password(cast.owner)
    with_app(user)
    client = Client()
    sign_in(client, user.email, "correct horse battery staple")
    enter_mailed_code(client, "ABC-DEF")
    assert not is_in(client)
