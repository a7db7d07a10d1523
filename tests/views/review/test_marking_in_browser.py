"""Marks that are set one right after the other in a browser, while the server still answers the ones before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from assessments.domain.evidence import library
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import ReviewMark, State, Submission
from assessments.models import Route as ReviewRoute
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_assessment, make_cast, make_evidence
from tests.support.looking import look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(22)]

TAKEN = 6  # rows one below the other
SECTION, QUESTION = "governance", "use-register"


class SlowMarks:
    """Holds back every answer to a mark until it is asked for."""

    def __init__(self, page: Page) -> None:
        self.page, self.held = page, list[Route]()
        page.route("**/marks/", lambda route: self.held.append(route))

    def answer(self) -> None:
        """Let the server answer the mark that waits longest, as soon as there is one."""
        for _turn in range(300):
            if self.held:
                break
            self.page.wait_for_timeout(10)
        assert self.held, "the page sent no mark"
        with self.page.expect_response("**/marks/"):
            self.held.pop(0).continue_()
        self.page.wait_for_timeout(100)  # the page has taken the answer in


@pytest.fixture
def people(published: None, chromium: Any) -> Cast:
    return make_cast()


@pytest.fixture
def submission(people: Cast) -> Submission:
    with browser.without_jobs():
        return Submission.objects.get(assessment=make_assessment(State.IN_REVIEW, "high", cast=people))


@pytest.fixture
def facts(submission: Submission, people: Cast, live_server: Any, page: Page) -> Page:
    """The page of the facts of a case, as its reviewer sees it."""
    browser.sign_in(page, live_server.url, browser.session_of(people.independent))
    page.goto(live_server.url + reverse("review_facts", args=[submission.reference]))
    return page


@pytest.fixture
def section(people: Cast, live_server: Any, page: Page) -> Page:
    """A page of answers; below the first that has evidence, another one stands."""
    with browser.without_jobs():
        assessment = make_assessment(State.DRAFT, "limited", cast=people)
        piece = make_evidence(people.organisation, by=people.owner)
        library.attach(piece, assessment, QUESTION, by=people.owner)
        submission = submit.submit(assessment, by=people.owner, route=ReviewRoute.INDEPENDENT)
        seat_taking.take(submission, by=people.independent)
    browser.sign_in(page, live_server.url, browser.session_of(people.independent))
    page.goto(live_server.url + reverse("review_section", args=[submission.reference, SECTION]))
    return page


def rows_of(page: Page) -> list[Any]:
    return page.locator("[data-row]:has(.hk-mark)").all()[:TAKEN]


def accepted(row: Any) -> Any:
    return row.locator(".hk-marks label").first


def marked(submission: Submission) -> set[str]:
    return set(ReviewMark.objects.filter(submission=submission, mark="accepted").values_list("target", flat=True))


def press(page: Page, what: Any, *, meanwhile: Callable[[], None]) -> None:
    """Press the mouse where it is, and let go after `meanwhile`, as a hand does that takes a tenth of a second."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    meanwhile()
    page.mouse.up()


@pytest.mark.long
def test_mark_pressed_while_the_row_above_is_saved_is_not_lost(facts, submission):
    slow = SlowMarks(facts)
    rows = rows_of(facts)
    before = marked(submission)
    accepted(rows[0]).click()
    for row in rows[1:]:
        press(facts, accepted(row), meanwhile=slow.answer)
        expect(row.locator("input[value=accepted]")).to_be_checked()
    slow.answer()
    expect(facts.locator(".hk-mark-saved", has_text="Saved")).to_have_count(TAKEN)
    assert len(marked(submission) - before) == TAKEN


@pytest.mark.long
@pytest.mark.parametrize("size", mostly_long([browser.WIDE, browser.NARROW], [browser.NARROW]), ids=["wide", "narrow"])
def test_saving_a_mark_moves_nothing_on_the_page(facts, size):
    facts.set_viewport_size(size)
    slow = SlowMarks(facts)
    for row in rows_of(facts):
        accepted(row).click()
        height = row.bounding_box()["height"]
        slow.answer()
        expect(row.locator(".hk-mark-saved")).to_contain_text("Saved")
        assert row.bounding_box()["height"] == height


@pytest.mark.long
def test_press_counts_though_a_warning_moves_the_page_beneath_it(section):
    section.set_viewport_size({"width": 700, "height": 2400})  # one column: the warning stands above what comes next
    slow = SlowMarks(section)
    above = section.locator(f"#q-{QUESTION}")
    below = section.locator(f"#q-{QUESTION} ~ [data-row]:has(.hk-mark)").first
    accepted(above).click()
    accepted(below).scroll_into_view_if_needed()
    before = accepted(below).bounding_box()
    press(section, accepted(below), meanwhile=slow.answer)
    assert accepted(below).bounding_box()["y"] > before["y"] + before["height"] / 2  # the warning has moved it away
    expect(above.locator(".hk-unsupported")).to_contain_text("not been judged")
    expect(below.locator("input[value=accepted]")).to_be_checked()
    slow.answer()
    expect(below.locator(".hk-mark-saved")).to_contain_text("Saved")


def test_press_that_is_pulled_away_marks_nothing(section):
    label = accepted(section.locator(f"#q-{QUESTION}"))
    label.scroll_into_view_if_needed()
    box = label.bounding_box()
    section.mouse.move(box["x"] + 20, box["y"] + 10)
    section.mouse.down()
    section.mouse.move(box["x"] + 20, box["y"] - 60)
    section.mouse.up()
    expect(label.locator("input")).not_to_be_checked()


@pytest.mark.long  # daily one key marks and goes on in tests/browser/test_rounds.py
def test_marks_set_by_keyboard_keep_the_focus_and_are_all_saved(facts, submission):
    slow = SlowMarks(facts)
    rows = rows_of(facts)
    before = marked(submission)
    for number, row in enumerate(rows):
        radio = row.locator("input[value=accepted]")
        row.locator(".hk-marks input:checked").focus()
        facts.keyboard.press("ArrowDown")  # from the last choice to the first
        if number:
            slow.answer()  # of the row above
        expect(radio).to_be_checked()
        expect(radio).to_be_focused()
    slow.answer()
    undo = rows[-1].get_by_role("button", name="Undo this mark")
    expect(undo).to_be_visible()
    rows[-1].locator("summary", has_text="Note for reviewers").click()
    rows[-1].get_by_label("Note for reviewers").press_sequentially("Seen.")
    undo.focus()
    slow.answer()
    expect(undo).to_be_focused()
    assert len(marked(submission) - before) == TAKEN


@pytest.mark.long
def test_hint_at_a_differing_mark_comes_and_goes_with_the_saved_mark(submission, people, live_server, page):
    with browser.without_jobs():
        seat_taking.take(submission, by=people.second_independent)
    target = "f:healthcare_diagnosis"
    look_at(submission, target, people.independent)
    browser.sign_in(page, live_server.url, browser.session_of(people.second_independent))
    page.goto(live_server.url + reverse("review_facts", args=[submission.reference]))
    row = page.locator("#f-healthcare_diagnosis")
    hint = row.get_by_text("Your mark differs from your colleague’s mark.")
    expect(hint).to_have_count(0)
    row.locator("input[value=change_needed]").check()
    row.get_by_label("Why a change is needed").select_option(index=1)
    row.get_by_label("What you would accept").fill("The page of the clinic.")
    expect(hint).to_be_visible()
    accepted(row).click()
    expect(hint).to_have_count(0)


BROKEN_WORDS = """() => [...document.querySelectorAll('.hk-piece .hk-verdict > span')].flatMap((span) => {
  const text = span.firstChild;
  return [...text.data.matchAll(/\\S+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map(String);
})"""


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("width", mostly_long([1280, 1120, 700, 320], [1280, 1120]))
def test_no_word_of_a_choice_about_evidence_is_broken_when_it_is_chosen(section, width):
    section.set_viewport_size({"width": width, "height": 900})
    choices = section.locator(f"#q-{QUESTION} .hk-piece .hk-verdict").all()
    assert len(choices) == 4
    for choice in choices:
        choice.locator("input").check()
        assert section.evaluate(BROKEN_WORDS) == []
    piece = section.locator(f"#q-{QUESTION} .hk-piece").bounding_box()
    boxes = [choice.bounding_box() for choice in choices]
    assert max(box["x"] + box["width"] for box in boxes) <= piece["x"] + piece["width"]
    assert section.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_judgement_of_a_part_is_there_again_after_a_look_at_evidence(submission, people, live_server, page):
    """The texts came back and the choices did not: a reviewer returned a case without the part that had a tick."""
    browser.sign_in(page, live_server.url, browser.session_of(people.independent))
    parts = live_server.url + reverse("review_parts", args=[submission.reference])
    page.goto(parts)
    partly, to_return = page.locator("input[type=radio][value=partly]").first, page.get_by_role("checkbox").first
    reason = page.locator("main textarea").first
    partly.check()
    to_return.check()
    reason.fill("The table has no figures for women.")
    page.goto(live_server.url + reverse("case_evidence", args=[submission.reference]))
    page.goto(parts)
    expect(page.get_by_text("Restored from this browser").first).to_be_visible()
    expect(partly).to_be_checked()
    expect(to_return).to_be_checked()
    expect(reason).to_have_value("The table has no figures for women.")


def test_the_way_to_saved_texts_is_seen_with_the_fields_that_they_fill(facts):
    row = facts.locator("[data-row]").first
    link = row.locator(".hk-reuse a")
    expect(link).to_be_hidden()
    row.locator('input[type=radio][value="change_needed"]').check(force=True)
    expect(link).to_be_visible()
