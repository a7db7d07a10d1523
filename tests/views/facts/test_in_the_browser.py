"""A page of facts in a browser: what is put away and brought back, and a draft that survives leaving and a reload."""

from __future__ import annotations

import time

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from assessments.models import DeclaredUse, FactDraft, User
from tests.support.browser import axe_faults, session_of, sign_in, too_wide
from tests.support.factories import make_cast, make_use

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(published: None, page: Page, live_server: LiveServer) -> tuple[DeclaredUse, str, User]:
    cast = make_cast()
    use = make_use("low", cast.organisation, declared=False)
    sign_in(page, live_server.url, session_of(cast.owner))
    return use, live_server.url, cast.owner


def open_page(page: Page, address: str, use: DeclaredUse, group: str) -> None:
    page.goto(address + reverse("facts", args=[use.reference, group]))


def choose(page: Page, key: str, value: str) -> None:
    page.locator(f"input[name={key}][value={value}]").check()


def wait_for_draft(use: DeclaredUse, key: str) -> None:
    """Wait until the server has taken what a page sent as it went."""
    until = time.monotonic() + 10
    while key not in FactDraft.objects.get(use=use).fields:
        assert time.monotonic() < until, f"the draft never got {key}"
        time.sleep(0.05)


@pytest.mark.long
def test_a_needless_question_is_put_away_and_comes_back(page, signed_in):
    use, address, _owner = signed_in
    open_page(page, address, use, "reach")
    asked = page.locator("#fact-reversibility [data-asked]")
    filled_in = page.locator("#fact-reversibility [data-filled]")
    expect(asked).to_be_visible()
    choose(page, "worst_credible_effect", "none")
    expect(asked).to_be_hidden()
    expect(filled_in).to_contain_text("“Easily” is filled in")
    choose(page, "worst_credible_effect", "unknown")
    expect(asked).to_be_visible()
    expect(filled_in).to_be_hidden()
    assert axe_faults(page) == []
    assert too_wide(page) == ""


def test_an_option_that_stands_alone_unticks_the_others(page, signed_in):
    use, address, _owner = signed_in
    open_page(page, address, use, "content")
    choose(page, "high_risk_content", "deepfake")
    choose(page, "high_risk_content", "id_documents")
    choose(page, "high_risk_content", "none")
    expect(page.locator("input[name=high_risk_content]:checked")).to_have_count(1)
    choose(page, "high_risk_content", "deepfake")
    expect(page.locator("input[name=high_risk_content][value=none]")).not_to_be_checked()


@pytest.mark.long
def test_a_half_filled_page_survives_leaving_and_a_reload(page, signed_in):
    use, address, owner = signed_in
    open_page(page, address, use, "control")
    choose(page, "decision_autonomy", "advisory")
    choose(page, "minor_procedural_task", "yes")
    page.locator("textarea[name=reason_minor_procedural_task]").fill("It only renames scanned papers.")
    expect(page.locator("[data-draft-said]")).to_contain_text("Kept as a draft at")
    choose(page, "agentic_actions", "no")
    page.goto(address + use.get_absolute_url())  # at once: what is waiting is sent as the page goes
    wait_for_draft(use, "agentic_actions")
    open_page(page, address, use, "control")
    for _time in range(2):
        expect(page.locator("input[name=decision_autonomy][value=advisory]")).to_be_checked()
        expect(page.locator("input[name=agentic_actions][value=no]")).to_be_checked()
        expect(page.locator("textarea[name=reason_minor_procedural_task]")).to_have_value(
            "It only renames scanned papers."
        )
        expect(page.get_by_role("main")).to_contain_text("You left this page before saving")
        page.reload()
    assert not use.fact_rows().exists()
    use.refresh_from_db()
    assert use.assigned_tier == ""
    page.locator("main button.btn-primary").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()  # one answer is missing, the others are saved
    assert use.fact_rows().get(key="decision_autonomy").value == "advisory"
    assert not FactDraft.objects.filter(user=owner).exists()
