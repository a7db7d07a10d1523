"""Every page in a real browser, in the states that matter: axe finds nothing, nothing scrolls sideways at 320 px, the
console stays silent, one main button at most, and a form sent empty says what is missing.

A row of PAGES names an address and who opens which object of tests/support/world.py there; `sent empty` posts the main form with
nothing in it. An address without a row fails the first test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from assessments.access import finders
from assessments.core import after_commit
from assessments.models import Answer, Assessment, User
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import PASSWORD, proved
from tests.support.kept_world import world_of_the_run
from tests.support.page_table import PAGES
from tests.support.world import World, person
from tests.system.access_table import ACCOUNTS, OURS

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.slow_first(3)]

OF_EACH_LAYOUT = [
    "dashboard", "actions", "action", "remediation_plan", "certificates", "people", "systems", "facts", "assessment", "section",
    "results", "sign", "document", "evidence", "comments", "reviews", "case", "review_section", "review_parts", "approve",
    "quality_reviewers", "organisation_log", "evidence_preview", "notice",
]  # fmt: skip
NO_PAGE = {
    "facts_draft": "what the page of facts sends while it is filled",
    "import_faulty": "a file",
    "inventory_template": "a file",
    "systems_export": "a file",
    "actions_export": "a file",
    "issued_export": "a file",
    "plan_now": "a button of the workspace",
    "ask_document": "a button of the results",
    "members_factor": "a button of the organisation's page",
    "action_file": "a download",
    "evidence_file": "a download",
    "review_evidence": "a download",
    "health": "plain text",
    "security_txt": "plain text",
    "session": "a button of the banner that warns of its end",
    "invited": "two buttons of the people page",
    "use_start": "a button of the tier page",
    "next": "leads on to a section",
    "answer": "one answer of a section",
    "mark": "one mark of a review page",
    "next_unmarked": "leads on to an answer or fact",
    "evidence_picture": "the picture of a preview",
    "reply": "one reply of the page of what was returned",
    "flag": "a button of a section",
    "open_again": "a button of the page of appeals",
    "document_state": "what the page of a document asks",
}
ACCOUNT_PAGES: dict[str, list[tuple[str, ...]]] = {
    "account_login": [("anonymous",), ("anonymous", "sent empty")],
    "account_logout": [("owner",)],
    "account_signup": [("anonymous",)],
    "account_reset_password": [("anonymous",), ("anonymous", "sent empty")],
    "account_reset_password_done": [("anonymous",)],
    "account_reset_password_from_key_done": [("anonymous",)],
    "account_inactive": [("anonymous",)],
    "account_email_verification_sent": [("changing address",), ("changing address", "sent empty")],
    "account_change_password": [("outsider",), ("outsider", "sent empty")],
    "account_email": [("changing address",), ("changing address", "sent empty")],
    "usersessions_list": [("changing address",)],
    "account_reauthenticate": [("outsider",), ("outsider", "sent empty")],
    "mfa_index": [("outsider",)],
    "mfa_list_webauthn": [("outsider",)],
    "mfa_activate_totp": [("changing address",), ("changing address", "sent empty")],
    "mfa_add_webauthn": [("changing address",)],
    "mfa_generate_recovery_codes": [("changing address",)],
}
NO_ACCOUNT_PAGE = {
    "account_confirm_login_code",
    "account_set_password",
    "admin:index",
    "admin:login",
    "admin_end_sessions",
}
# Pages of whoever has a second factor: tests/system/security/test_second_factor_browser.py looks at them.
OF_A_FACTOR = {
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_login_webauthn",
}


def test_every_address_has_its_row():
    assert sorted(PAGES.keys() | NO_PAGE) == OURS
    assert sorted(ACCOUNT_PAGES.keys() | NO_ACCOUNT_PAGE | OF_A_FACTOR) == sorted(ACCOUNTS)


# --- one site for the module ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    address: str
    world: World
    sessions: dict[str, str | None]

    def url(self, name: str, what: str = "") -> str:
        return self.address + reverse(name, args=self.world.places[what])


def changing_address(user: User) -> str:
    """A session of somebody who has given the password and a new address, and has not entered its code yet."""
    client = proved(Client(), user)
    client.post(reverse("account_email"), {"action_add": "", "email": "somewhere-else@example.org"})
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="module")
def site(
    chromium: Any, django_db_setup: None, django_db_blocker: Any, source: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Serve the data of tests/support/world.py to every test of this module; afterwards the database is as it was before."""
    from assessments.models import Edition

    media = tmp_path_factory.getbasetemp() / "media"
    hours = {  # every page in every look takes an hour; a password is asked for again, and a code ends, after 15 minutes
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": 7200,
        "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT": 7200,
    }
    own = {"MEDIA_ROOT": media, **hours}
    with django_db_blocker.unblock(), override_settings(**own), pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            after_commit, "after_commit", lambda *_arguments, **_options: None
        )  # no mail, and PDFs take seconds
        try:
            with transaction.atomic():  # one commit for three thousand rows
                world = world_of_the_run()
            world.cast.outsider.set_password(PASSWORD)
            world.cast.outsider.save()
            roles = ["anonymous", "in-house", "newcomer", *world.cast.everyone()]
            people = {role: person(world, role) for role in roles}
            sessions = {role: browser.session_of(who) if who else None for role, who in people.items()}
            sessions["changing address"] = changing_address(world.cast.outsider)
            server = LiveServer("127.0.0.1")
            yield Site(server.url, world, sessions)
            server.stop()
        finally:
            call_command("flush", verbosity=0, interactive=False)
            Edition.objects.publish(source)


@pytest.fixture
def _django_db_helper(site: Site) -> None:
    """In the place of pytest-django's transaction around each test, which the site's own thread could not see into."""


@pytest.fixture
def tab(chromium: Any) -> Iterator[tuple[Any, browser.Watch]]:
    """A page and what is watched on it."""
    with browser.new_page(chromium) as page:
        yield page, browser.Watch(page)


@pytest.fixture(scope="module")
def same_tab(chromium: Any) -> Iterator[tuple[Any, browser.Watch]]:
    """One page for all that only looks: a process of its own for each of a hundred pages takes a third of the time, and
    to send axe there for each of them another tenth."""
    with browser.new_page(chromium) as page:
        page.add_init_script(browser.AXE_SCRIPT)
        yield page, browser.Watch(page)


def faults_of(page: Any, watch: browser.Watch, *, contrast: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with the page as it stands."""
    found = browser.axe_faults(page, contrast=contrast)
    found += [fault for fault in [browser.too_wide(page)] if fault]
    buttons = page.locator("main .btn-primary:visible").all_inner_texts()
    if len(buttons) > 1:
        found.append(f"several main buttons: {buttons}")
    return found + watch.faults()


def visit(site: Site, tab: Any, who: str, url: str, *, empty: bool, contrast: Sequence[str]) -> list[str]:
    page, watch = tab
    browser.sign_in(page, site.address, site.sessions[who])
    response = page.goto(url)
    if response is None or response.status != 200 or page.url.split("?")[0] != url:
        return [f"{response and response.status} at {page.url}"]
    if empty:
        if not browser.post_empty(page):
            return ["has no main form to send"]
        if page.locator("[data-error-summary]").count() != 1:
            return ["a form sent empty shows no summary of errors", *watch.faults()]
    return faults_of(page, watch, contrast=contrast)


def report(name: str, wrong: dict[str, list[str]]) -> str:
    return "\n".join(f"\n{name}: {visited}\n  " + "\n  ".join(found) for visited, found in wrong.items())


@pytest.mark.few_a_day(9)
@pytest.mark.parametrize("name", mostly_long(PAGES, [*list(PAGES)[::6], *OF_EACH_LAYOUT]))
@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some states", "every state"]
)
def test_a_page_is_fit_for_everybody(name, every, site, same_tab, settings):
    """Daily every sixth page in its first state and sent empty, and one page of each layout. In the long run every page in every state,
    with contrast, in the light and in the dark: it takes most of axe's time, and test_look reckons it for every pair of
    colours each day."""
    settings.OPEN_FOUNDING = name == "found"
    wrong = {}
    rows = PAGES[name]
    for number, (who, what, *how) in enumerate(rows):
        if not every and number and not (how and list(PAGES).index(name) % 6 == 0):
            continue
        contrast = ("light", "dark") if every else ()
        found = visit(site, same_tab, who, site.url(name, what), empty=bool(how), contrast=contrast)
        if found:
            wrong[" ".join([who, what, *how])] = found
    assert not wrong, report(name, wrong)


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("name", mostly_long(ACCOUNT_PAGES, 3))
@pytest.mark.parametrize(
    "contrast", [(), pytest.param(("light", "dark"), marks=pytest.mark.long)], ids=["daily", "whole"]
)
def test_a_page_of_accounts_is_fit_for_everybody(name, contrast, site, same_tab):
    """Daily every third of them, as it is opened and sent empty."""
    wrong = {}
    for number, (who, *how) in enumerate(ACCOUNT_PAGES[name]):
        if not contrast and number and list(ACCOUNT_PAGES).index(name) % 3:
            continue
        found = visit(site, same_tab, who, site.address + reverse(name), empty=bool(how), contrast=contrast)
        if found:
            wrong[" ".join([who, *how])] = found
    assert not wrong, report(name, wrong)


# --- what goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("who", "name", "what", "status"),
    mostly_long(
        [
            ("viewer", "system_edit", "system", 403),
            ("outsider", "invitation", "invitation", 403),
            ("outsider", "assessment", "draft", 404),
            ("anonymous", "clause", "no clause", 404),
            ("anonymous", "verify", "unknown number", 404),
            ("anonymous", "invitation", "used invitation", 404),
        ],
        3,
    ),
)
def test_a_refusal_is_a_page_like_any_other(who, name, what, status, site, tab):
    page, watch = tab
    watch.expected.add(status)
    browser.sign_in(page, site.address, site.sessions[who])
    response = page.goto(site.url(name, what))
    assert response.status == status
    assert faults_of(page, watch, contrast=("light",)) == []


def broken(*_arguments: Any, **_more: Any) -> Any:
    raise RuntimeError("broken by the test")


def without_database(*_arguments: Any, **_more: Any) -> Any:
    raise DatabaseError("switched off by the test")


@pytest.mark.long
def test_our_own_fault_is_a_page_like_any_other(site, tab, monkeypatch):
    page, watch = tab
    watch.expected |= {500, 404}  # the page names no picture, so the browser asks for its favourite one
    monkeypatch.setattr(finders, "current_edition", broken)
    response = page.goto(site.url("clauses"))
    assert response.status == 500
    assert faults_of(page, watch) == []


@pytest.mark.long
def test_a_certificate_that_cannot_be_looked_up_now_says_so(site, tab, monkeypatch):
    page, watch = tab
    watch.expected.add(503)
    monkeypatch.setattr(finders, "public_certificate", without_database)
    response = page.goto(site.url("verify", "certificate"))
    assert response.status == 503
    assert faults_of(page, watch) == []


@pytest.mark.long
def test_a_form_that_is_out_of_date_gives_back_what_was_typed(site, tab):
    page, watch = tab
    watch.expected.add(403)
    browser.sign_in(page, site.address, site.sessions["owner"])
    page.goto(site.url("system_new"))
    page.locator("main input[name=name]").fill("A name worth keeping")
    page.context.clear_cookies(name="csrftoken")
    with page.expect_navigation():
        page.locator("main button.btn-primary").click()
    assert "A name worth keeping" in page.locator("main").inner_text() + "".join(
        field.input_value() for field in page.locator("main textarea, main input[type=text]").all()
    )
    assert faults_of(page, watch) == []


# --- by hand -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_signing_in_by_the_form_leads_to_what_needs_one(site, tab):
    page, watch = tab
    browser.sign_in_by_form(page, site.address, site.world.cast.outsider.email, PASSWORD)
    assert page.url == site.address + reverse("dashboard")
    assert watch.faults() == []


@pytest.mark.long
def test_a_wrong_password_is_said_in_the_form(site, tab):
    page, watch = tab
    browser.sign_in_by_form(page, site.address, site.world.cast.outsider.email, "not the password")
    assert page.url == site.address + reverse("account_login")
    assert faults_of(page, watch) == []


FOCUSED = """() => {
  const at = document.activeElement;
  return {
    tag: at.tagName, type: at.type || "", name: at.name || "", checked: Boolean(at.checked), text: at.innerText || "",
    answered: at.name ? Boolean(document.querySelector(`[name="${at.name}"]:checked`)) : false,
  };
}"""


@pytest.mark.long
def test_a_section_is_answered_by_keyboard_alone(site, tab):
    """Tab, arrows, space and Enter: each practice gets *Partly*, each checklist its first line; all of it is stored."""
    page, watch = tab
    browser.sign_in(page, site.address, site.sessions["contributor"])
    page.goto(site.url("section", "fresh draft, third section"))
    asked = page.locator("[data-answer]").count()
    done: set[str] = set()
    for _press in range(60 * asked):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at["type"] == "radio" and not at["answered"]:
            page.keyboard.press("Space")
            page.keyboard.press("ArrowDown")
            done.add(at["name"].split("--")[0])
        elif at["type"] == "checkbox" and at["name"].split("--")[0] not in done:
            page.keyboard.press("Space")
            done.add(at["name"].split("--")[0])
        elif at["tag"] == "BUTTON" and at["text"] == "Save and check this section":
            break
    assert len(done) == asked
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == site.url("section_check", "fresh draft, third section")
    assert watch.faults() == []
    reference = site.world.places["fresh draft"][0]
    stored = Answer.objects.filter(assessment=Assessment.objects.get(reference=reference)).values_list(
        "choice", flat=True
    )
    assert sorted(set(stored)) == ["partly", "ticked"]
    assert len(stored) == asked


@pytest.mark.long
def test_a_flag_is_set_without_leaving_the_page_or_what_is_typed_there(site, tab):
    page, watch = tab
    browser.sign_in(page, site.address, site.sessions["contributor"])
    page.goto(site.url("section", "ready draft, section"))
    row = page.locator("#q-ai-framework")
    row.locator("textarea.hk-typed").fill("Typed before the flag.")
    row.locator("[data-flag]").click()
    row.locator("[data-flag][value=off]").wait_for()
    assert page.evaluate("() => document.activeElement.value") == "off"
    assert row.locator("textarea.hk-typed").input_value() == "Typed before the flag."
    assert page.url.endswith(site.url("section", "ready draft, section"))
    draft = Assessment.objects.get(reference=site.world.places["ready draft"][0])
    assert list(draft.flags.values_list("user__name", "question")) == [("Connie Contributor", "ai-framework")]
    row.locator("[data-flag]").click()
    row.locator("[data-flag][value=on]").wait_for()
    assert not draft.flags.exists()
    assert faults_of(page, watch) == []


@pytest.mark.long
@pytest.mark.parametrize("on", mostly_long([True, False], [True]), ids=["switched on", "switched off"])
def test_keys_lead_to_the_next_question_flag_and_list_themselves_where_switched_on(on, site, tab):
    page, watch = tab
    User.objects.filter(pk=site.world.cast.owner.pk).update(shortcuts=on)
    browser.sign_in(page, site.address, site.sessions["owner"])
    page.goto(site.url("section", "fresh draft, another section"))
    rows = page.locator("[data-answer]")
    page.keyboard.press("Alt+Shift+N")
    page.keyboard.press("Alt+Shift+N")
    focused = page.evaluate("() => document.activeElement.closest('.hk-asked')?.id ?? ''")
    assert focused == (rows.nth(1).get_attribute("id") if on else "")
    page.keyboard.press("Alt+Shift+F")
    if on:
        rows.nth(1).locator("[data-flag][value=off]").wait_for()
        page.keyboard.press("Alt+Shift+F")
        rows.nth(1).locator("[data-flag][value=on]").wait_for()
        rows.nth(1).locator("textarea.hk-typed").focus()
        page.keyboard.press("?")  # in a text it is a question mark
        assert rows.nth(1).locator("textarea.hk-typed").input_value() == "?"
        rows.nth(1).locator("textarea.hk-typed").fill("")
        page.locator("h1").click()
    page.keyboard.press("?")
    assert page.locator("dialog[data-shortcuts][open]").count() == on
    User.objects.filter(pk=site.world.cast.owner.pk).update(shortcuts=False)
    assert faults_of(page, watch) == []


def test_the_first_stop_of_the_keyboard_skips_to_the_content(site, tab):
    page, watch = tab
    page.goto(site.url("start"))
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    assert watch.faults() == []


@pytest.mark.long
def test_the_session_cookie_is_closed_to_scripts(site, tab):
    page, _watch = tab
    browser.sign_in_by_form(page, site.address, site.world.cast.outsider.email, PASSWORD)
    cookie = next(c for c in page.context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
