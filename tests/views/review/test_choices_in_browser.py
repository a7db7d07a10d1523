"""What a page says beside a choice while it is made: the words of a button, and a warning at a field."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from assessments.models import State, Submission
from tests.support import browser
from tests.support.factories import Cast, make_assessment, make_cast

pytestmark = [pytest.mark.browser]


@pytest.fixture
def people(published: None, chromium: Any) -> Cast:
    return make_cast()


def opened(page: Page, address: str, people: Cast, name: str, state: str) -> None:
    with browser.without_jobs():
        submission = Submission.objects.get(assessment=make_assessment(state, "high", cast=people))
    browser.sign_in(page, address, browser.session_of(people.independent))
    page.goto(address + reverse(name, args=[submission.reference]))


def test_the_button_of_a_declaration_names_what_follows_from_the_answer(people: Cast, live_server: Any, page: Page):
    opened(page, live_server.url, people, "take", State.SUBMITTED)
    button = page.locator("#main form button[type=submit], main form button[type=submit]").last
    expect(button).to_have_accessible_name("Declare interests and take the case")
    page.get_by_label("Yes, I have a conflict of interest").check()
    expect(button).to_have_accessible_name("Record my conflict of interest")
    page.get_by_label("No, I have no conflict of interest").check()
    expect(button).to_have_accessible_name("Declare interests and take the case")


def test_partly_without_its_tick_is_warned_of_at_the_field(people: Cast, live_server: Any, page: Page):
    opened(page, live_server.url, people, "review_parts", State.IN_REVIEW)
    part = page.locator("#part-tests")
    warning = part.get_by_text("If you return the case, the organisation cannot correct this part.")
    expect(warning).to_be_hidden()
    part.get_by_label("Partly", exact=True).check()
    expect(warning).to_be_visible()
    part.get_by_label("Return this part").check()
    expect(warning).to_be_hidden()
