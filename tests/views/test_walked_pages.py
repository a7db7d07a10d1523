"""Pages that a reader stumbled over, in a browser: what they show at 1280 and at 320 pixels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from assessments.models import Membership, User
from tests.support.browser import NARROW, axe_faults, session_of, sign_in, too_wide
from tests.support.factories import Cast, fill, make_assessment, make_cast, make_system, mark_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow_first(25)]


@pytest.fixture
def cast(published: None) -> Cast:
    return make_cast()


@pytest.fixture
def visit(page: Page, live_server: LiveServer) -> Callable[[User, str], Page]:
    def opened(user: User, address: str) -> Page:
        sign_in(page, live_server.url, session_of(user))
        page.goto(live_server.url + address)
        return page

    return opened


@pytest.mark.long
def test_the_form_of_a_use_shows_the_word_and_what_was_left_out(cast, visit):
    system = make_system(cast.organisation)
    page = visit(cast.owner, reverse("use_new", args=[system.reference]))
    page.fill("#id_purpose", "Answers pet owners and books them. " + "It also greets them by name. " * 10)
    page.fill("#id_setting", "On the website, day and night. Nobody checks a booking before it reaches the owner.")
    page.fill("#id_people_affected", "About 9,000 pet owners a year; front desk staff")
    preview = page.locator("#scope-preview")
    expect(preview).to_contain_text("Nobody checks a booking before it reaches the owner.")
    expect(preview).to_contain_text("To keep the scope short enough, we leave out these sentences:")
    expect(page.locator("#people-called")).to_have_text(
        "In your plan, we will call these people “the people affected”."
    )
    page.fill("#id_people_word", "pet owners")
    expect(page.locator("#people-called")).to_have_text("In your plan, we will call these people “pet owners”.")
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""


@pytest.mark.long  # daily test_pages looks at each layout
def test_the_filters_of_the_log_are_wide_enough(cast, visit):
    make_assessment("in_review", "limited", cast=cast)
    page = visit(cast.owner, reverse("organisation_log", args=[cast.organisation.reference]))
    boxes = [field.bounding_box() for field in page.locator(".hk-log-filters .hk-field").all()]
    assert len(boxes) == 5
    assert all(box and box["width"] >= 240 for box in boxes)
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""


@pytest.mark.long
def test_sections_that_do_not_apply_are_one_closed_line(cast, visit):
    assessment = make_assessment("draft", "low", cast=cast, filled=False)
    page = visit(cast.owner, assessment.get_absolute_url())
    closed = page.locator(".hk-closed")
    expect(closed).to_be_hidden()
    page.locator("summary", has_text="do not apply").click()
    expect(closed).to_be_visible()
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""


@pytest.mark.long
def test_a_route_that_nobody_reviews_cannot_be_chosen(cast, visit):
    assessment = make_assessment("draft", "high", cast=cast)
    fill(assessment, by=cast.owner)
    for seat in Membership.objects.filter(organisation=cast.organisation, role="reviewer"):
        seat.left_at = seat.joined_at
        seat.save()
    page = visit(cast.owner, reverse("sign", args=[assessment.reference]))
    expect(page.locator("input[name=route][value=inside]")).to_be_disabled()
    expect(page.locator("input[name=route][value=independent]")).to_be_checked()
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""
    visit(cast.owner, reverse("check", args=[assessment.reference]))
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""


@pytest.mark.long  # daily test_pages measures the home and a notice
def test_the_home_of_a_reviewer_and_the_notices_fit(cast, visit):
    make_assessment("submitted", "limited", cast=cast)
    for user, address in (
        (cast.independent, reverse("dashboard")),
        (cast.staff, reverse("notice", args=["contact"])),
        (cast.owner, reverse("notice", args=["privacy"])),
        (cast.owner, reverse("evidence")),
    ):
        page = visit(user, address)
        assert axe_faults(page, contrast=("light",)) == []
        assert too_wide(page) == ""


def test_the_tables_of_the_method_page_are_read_line_by_line_when_narrow(published, page, live_server):
    page.set_viewport_size(NARROW)
    page.goto(live_server.url + reverse("method"))
    captions = page.locator(".hk-table caption").all()
    assert len(captions) == 6
    assert [box["width"] >= 200 for one in captions if (box := one.bounding_box())] == [True] * 6
    assert (
        page.locator(".hk-table .hk-num").evaluate_all(
            """(cells) => cells.filter((cell) => {  // a label runs into its value where it may not be broken
          const label = getComputedStyle(cell, "::before").whiteSpace;
          return label === "nowrap";
        }).length"""
        )
        == 0
    )
    assert too_wide(page) == ""


def test_the_pages_of_figures_say_that_the_second_reviewer_sees_the_marks_of_the_first(client, published):
    text = client.get(reverse("method")).content.decode()
    assert "judge everything decisive apart" not in text
    assert "Each reviewer judges alone" not in text
    assert "The second reviewer sees the marks of the first" in text
    assert "(the second reviewer sees the first reviewer’s marks)" in text


@pytest.mark.long
def test_filters_and_keys_of_a_marking_page_are_in_sight_and_the_first_answer_is_one_step_away(cast, visit):
    case = make_assessment("in_review", "high", cast=cast).current_submission
    page = visit(cast.independent, reverse("review_section", args=[case.reference, "governance"]))
    for words in ("Show on this page", "Turn on keyboard shortcuts in your settings"):
        box = page.locator(".hk-outline").get_by_text(words).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 900  # of the window, without a scroll
    assert not page.locator(".hk-to-first").is_visible()
    assert axe_faults(page, contrast=("light", "dark")) == []
    assert too_wide(page) == ""
    page.set_viewport_size(NARROW)
    page.locator(".hk-to-first a").click()
    box = page.locator(page.locator(".hk-to-first a").get_attribute("href") or "").bounding_box()
    assert box
    assert 0 <= box["y"] <= 40


@pytest.mark.long
def test_the_choices_for_a_part_of_the_conformity_file_are_a_box_when_narrow(cast, visit):
    case = make_assessment("in_review", "high", cast=cast).current_submission
    page = visit(cast.independent, reverse("review_parts", args=[case.reference]))
    page.set_viewport_size(NARROW)
    boxes = [one.bounding_box() for one in page.locator(".hk-verdicts").first.locator(".hk-verdict").all()]
    legend = page.locator(".hk-verdicts legend").first.bounding_box()
    assert legend
    assert len(boxes) == 4
    assert all(box and box["y"] >= legend["y"] + legend["height"] - 1 for box in boxes)  # under the legend
    tops = [box["y"] for box in boxes if box]
    assert tops[0] == tops[1] < tops[2]
    assert axe_faults(page, contrast=("light",)) == []
    assert too_wide(page) == ""


@pytest.mark.long  # daily test_pages looks at each layout
def test_the_counts_on_the_home_of_a_reviewer_do_not_touch_their_labels(cast, visit):
    make_assessment("submitted", "limited", cast=cast)
    page = visit(cast.independent, reverse("dashboard"))
    page.set_viewport_size(NARROW)
    label = page.locator(".hk-notes dt", has_text="With the organisation")
    gap = label.evaluate(
        """(dt) => {
          const range = document.createRange();
          range.selectNodeContents(dt);
          const [a, b] = [range.getBoundingClientRect(), dt.nextElementSibling.getBoundingClientRect()];
          return b.top >= a.bottom ? 99 : b.left - a.right;
        }"""
    )
    assert gap >= 8


@pytest.mark.long  # daily test_pages looks at each layout
def test_filled_dates_are_in_sight_at_once(cast, visit):
    answers = {key: {"choice": "partly", "text": "Half."} for key in ("use-register", "laws-list")}
    case = make_assessment("in_review", "limited", cast=cast, answers=answers).current_submission
    mark_all(case, by=cast.independent)
    page = visit(cast.independent, reverse("approve", args=[case.reference]))
    page.get_by_role("button", name="Use the suggested dates").click()
    said = page.get_by_text("The dates are filled in but not saved yet.")
    box = said.bounding_box()
    assert box
    assert 0 <= box["y"] <= 900
