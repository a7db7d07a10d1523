"""A review over three rounds in a real browser, on both sides: what each has to press, and what each is shown.

HKGUIDE_SHOTS=FOLDER keeps pictures of the pages in their states at both widths.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Route as Request
from pytest_django.live_server_helper import LiveServer

from assessments.core import after_commit
from assessments.domain.evidence import library
from assessments.domain.review import marks, seat_taking
from assessments.domain.submission import submit
from assessments.models import Assessment, ReviewMark, Route, State, Submission, User
from tests.domain.evidence.made_files import picture
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_assessment, make_cast, make_evidence, mark_all

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow_first(18)]

QUESTION, OTHER, THIRD = "use-register", "accountable-owner", "staff-training"
MANY_QUESTIONS = {  # a hiring service that the organisation trains, sells to others and uses at work itself
    "personal_data": "ordinary",
    "trains_on_user_data": True,
    "confidential_information": True,
    "retrieval_augmented": True,
    "sold_to_organisations": True,
    "builders_build_on_it": True,
    "public_facing": True,
    "takes_user_input": True,
    "used_at_work": True,
}
SHOTS = os.environ.get("HKGUIDE_SHOTS", "")


class Side:
    """One person at a browser of their own; what is done for a returned answer is counted under its key."""

    def __init__(self, page: Page, address: str, user: User) -> None:
        self.page, self.address, self.done = page, address, Counter[str]()
        self.watch = browser.Watch(page)
        browser.sign_in(page, address, browser.session_of(user))
        self.main = page.get_by_role("main")

    def open(self, name: str, *args: Any) -> None:
        self.page.goto(self.address + reverse(name, args=args))

    def open_message(self, user: User, kind: str) -> None:
        """Follow the link of the newest mail of a kind."""
        self.page.goto(self.address + user.inbox.filter(kind=kind).latest("pk").link)

    @property
    def heading(self) -> str:
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def mark(self, question: str, word: str, **fields: str) -> None:
        row = self.page.locator(f"#q-{question}")
        with self.page.expect_response(lambda response: response.url.endswith("/marks/")):
            row.locator(".hk-marks").get_by_role("radio", name=word, exact=True).check()
        self.done[question] += 1
        for label, value in fields.items():
            field = row.locator(f"[name=q-{question}-{label}]")
            field.select_option(value) if label == "reason" else field.fill(value)
            self.done[question] += 1
        # What is typed is saved by itself, or by whatever leaves the page.

    def press(self, words: str | re.Pattern[str], *, counts: bool = True) -> None:
        control = self.main.get_by_role("button", name=words).or_(self.main.get_by_role("link", name=words)).first
        with self.page.expect_navigation():
            control.click()
        self.done["pages"] += counts

    def look(self, name: str) -> None:
        """Nothing may be wrong with the page as it stands, for anybody, at 320 px either."""
        assert browser.axe_faults(self.page) + self.watch.faults() == [], name
        assert browser.too_wide(self.page) == "", name
        if SHOTS:
            for size in (browser.NARROW, browser.WIDE):
                self.page.set_viewport_size(size)
                self.page.screenshot(path=Path(SHOTS) / f"{name}-{size['width']}.png", full_page=True)


@pytest.fixture
def address(published: None, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(
        after_commit, "after_commit", lambda *_arguments, **_options: None
    )  # no mail, and PDFs take seconds
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def people(address: str) -> Cast:
    return make_cast()


def newest(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def take(side: Side, user: User) -> None:
    side.open_message(user, "submitted")
    side.press("Take this case", counts=False)
    side.main.get_by_label("No, I have no conflict of interest").check()
    side.press("Declare interests and take the case", counts=False)


def sign_again(side: Side, assessment: Assessment) -> None:
    side.press(re.compile("Check and sign again"))
    side.press("Continue to signing", counts=False)
    for sentence in side.main.locator("input[name^=statement_]").all():
        sentence.check()
    side.main.get_by_label("independent reviewer").first.check()
    side.press("Sign and send to the reviewer", counts=False)


def shown_rows(side: Side) -> list[str]:
    return [str(row.get_attribute("id")) for row in side.page.locator("[data-row]").all()]


@pytest.mark.long  # each day domain/review/test_marks.py plays the rounds
def test_three_rounds_take_few_steps_on_both_sides_and_show_just_what_changed(
    address: str, people: Cast, chromium: Browser
) -> None:
    """Return 3 of about 90 answers, change 2, reply to 1, return 1 again, approve."""
    parts = ("developer", "provider", "user")
    assessment = make_assessment(State.SUBMITTED, "limited", cast=people, parts=parts, facts=MANY_QUESTIONS)
    first = newest(assessment)
    assert len(first.content()["questions"]) >= 80
    asked = (QUESTION, OTHER, THIRD)
    with browser.new_page(chromium) as one, browser.new_page(chromium) as two:
        ines, olivia = Side(one, address, people.independent), Side(two, address, people.owner)
        take(ines, people.independent)
        mark_all(first, by=people.independent)
        ReviewMark.kept.filter(submission=first, target__in=[f"q:{key}" for key in asked]).delete()
        for section, keys in (("governance", (QUESTION, OTHER)), ("people", (THIRD,))):
            ines.open("review_section", first.reference, section)
            for key in keys:
                ines.mark(key, "Change needed", reason="not_shown", would_satisfy=f"Show more of {key}.")
            ines.press("Save these marks and continue")
        assert ines.heading == "Everything is marked: 3 changes are needed"
        ines.press("Return for changes")
        ines.look("return")
        ines.press("Return the submission for these changes")

        olivia.open_message(people.owner, "returned")
        assert olivia.heading == "0 of 3 changes dealt with"
        for key in (QUESTION, OTHER):
            row = two.locator(f"#q-{key}")
            row.locator("textarea.hk-typed").fill(f"All of {key} is in the register of 3 May.")
            olivia.done[key] += 1
        two.locator(f"[name=r-q-{THIRD}-words]").fill("It stands in the handbook, page 4.")
        olivia.done[THIRD] += 1
        olivia.press("Save these changes")
        assert olivia.heading == "3 of 3 changes dealt with"
        olivia.look("returned")
        sign_again(olivia, assessment)

        second = newest(assessment)
        ines.open_message(people.independent, "case_round")  # her seat went over by itself
        ines.press(re.compile("Continue marking"))
        assert sorted(shown_rows(ines)) == sorted(f"q-{key}" for key in asked)
        said = "2 answers and facts changed since round 1, 1 with a reply but no change, 3 still to mark"
        assert ines.heading == said
        expect(ines.page.locator(f"#q-{THIRD}")).to_contain_text("It stands in the handbook, page 4.")
        assert ines.page.locator(f"#q-{QUESTION} ins").count() > 0
        ines.mark(QUESTION, "Accepted")
        ines.mark(THIRD, "Accepted")
        ines.mark(OTHER, "Change needed", reason="unclear", would_satisfy="A name.")
        ines.look("changes")
        ines.press("Save these marks and continue")
        ines.press("Return the submission for these changes")

        olivia.open_message(people.owner, "returned")
        assert olivia.heading == "0 of 1 change dealt with"
        two.locator(f"#q-{OTHER} textarea.hk-typed").fill("Lily Lead owns it.")
        olivia.done[OTHER] += 1
        olivia.press("Save these changes")
        sign_again(olivia, assessment)

        third = newest(assessment)
        ines.open_message(people.independent, "case_round")
        ines.press(re.compile("Continue marking"))
        assert shown_rows(ines) == [f"q-{OTHER}"]
        ines.mark(OTHER, "Accepted")
        ines.press("Save these marks and continue")
        ines.press("Go to the approval", counts=False)
        ines.main.get_by_label("Your statement").fill("Read, three times.")
        ines.press("Approve", counts=False)
        assert (ines.watch.faults(), olivia.watch.faults()) == ([], [])
        returned = Counter({QUESTION: 1, OTHER: 2, THIRD: 1})
        for side in (ines, olivia):
            for key, times in returned.items():
                assert side.done[key] <= 6 * times, side.done
            assert side.done.total() <= 6 * returned.total(), side.done  # the buttons of these pages among them
    assessment.refresh_from_db()
    assert (assessment.state, third.round, third.replies.count()) == (State.CERTIFIED, 3, 0)
    assert second.replies.count() == 0
    assert first.replies.get().words == "It stands in the handbook, page 4."


FOCUSED = """() => {
  const at = document.activeElement;
  return {tag: at.tagName, type: at.type ?? "", name: at.name ?? "", value: at.value ?? "",
          text: (at.innerText ?? "").trim().split("\\n")[0], row: at.closest("[data-row]")?.id ?? ""};
}"""


def tab_to(page: Page, most: int = 400, **wanted: str) -> dict[str, str]:
    """Press Tab until the focus is where these properties match."""
    for _press in range(most):
        at: dict[str, str] = page.evaluate(FOCUSED)
        if all(re.fullmatch(value, at[name]) for name, value in wanted.items()):
            return at
        page.keyboard.press("Tab")
    raise AssertionError(f"no stop of the keyboard is {wanted}; the last was {at}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.long
def test_a_whole_review_is_done_by_keyboard_alone(address: str, people: Cast, chromium: Browser) -> None:
    """From the queue to the approval: Tab, arrows, Space, Enter and letters; most marks are set beforehand."""
    assessment = make_assessment(State.SUBMITTED, "low", cast=people)
    submission = newest(assessment)
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("reviews")
        tab_to(page, tag="A", text="Take.*")
        enter(page)
        tab_to(page, type="radio")
        page.keyboard.press("Space")
        tab_to(page, tag="BUTTON", text="Declare interests and take the case")
        enter(page)
        mark_all(submission, by=people.independent)
        open_ones = ["f:public_facing", f"q:{QUESTION}", f"q:{OTHER}"]
        ReviewMark.kept.filter(submission=submission, target__in=open_ones).delete()
        page.reload()
        tab_to(page, tag="A", text="Continue marking|Start marking")
        enter(page)
        for marked in range(len(open_ones)):
            while not tab_to(page, type="radio")["name"].endswith("-mark") or page.evaluate(FOCUSED)["value"] != "":
                page.keyboard.press("Tab")
            with page.expect_response(lambda response: response.url.endswith("/marks/")):
                page.keyboard.press("ArrowDown")  # round the corner: from the last of the four to the first
            if marked:  # the two answers that decide the certificate stand on the first page, the fact on the next
                tab_to(page, tag="BUTTON", text="Save these marks and continue")
                enter(page)
        assert side.heading == "All facts and answers are accepted"
        tab_to(page, tag="A", text="Go to the approval")
        enter(page)
        tab_to(page, tag="TEXTAREA")
        page.keyboard.type("Read by keyboard.")
        tab_to(page, tag="BUTTON", text="Approve")
        enter(page)
        assert side.watch.faults() == []
    assert Assessment.objects.get(pk=assessment.pk).state == State.CERTIFIED


def test_a_mark_is_saved_with_its_own_fields_alone(address: str, people: Cast, chromium: Browser) -> None:
    """It lies in a form with all the marks of the page, which would go along otherwise, with what is typed in them."""
    submission = newest(make_assessment(State.IN_REVIEW, "low", cast=people))
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("review_section", submission.reference, "governance")
        with page.expect_request("**/marks/") as sent:
            page.locator(f"input[name='q-{QUESTION}-mark'][value='accepted']").check()
        fields = set(parse_qs(sent.value.post_data or "", keep_blank_values=True))
        kept = ("mark", "words", "would_satisfy", "reason", "private_note", "action_title", "action_due", "seen")
        assert fields == {"target", *(f"q-{QUESTION}-{name}" for name in (*kept, "base", "operation"))}
        page.locator(f"#q-{QUESTION}-undo").wait_for()
        assert side.watch.faults() == []
    assert ReviewMark.objects.get(submission=submission, target=f"q:{QUESTION}").mark == "accepted"


@pytest.mark.long
def test_the_mark_is_one_tab_and_enter_away_from_the_heading_without_keys(
    address: str, people: Cast, chromium: Browser
) -> None:
    submission = newest(make_assessment(State.IN_REVIEW, "limited", cast=people))
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("next_unmarked", submission.reference)
        row = page.url.partition("#")[2]
        assert row
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED)["text"].startswith("Go to your mark")
        page.keyboard.press("Enter")
        page.wait_for_function("document.activeElement.type === 'radio'")
        at = page.evaluate(FOCUSED)
        assert (at["row"], at["name"]) == (row, f"{row}-mark")
        assert side.watch.faults() == []


def test_one_key_marks_and_one_goes_on_to_the_next_without_a_mark_over_pages(
    address: str, people: Cast, chromium: Browser
) -> None:
    submission = newest(make_assessment(State.IN_REVIEW, "limited", cast=people))
    mark_all(submission, by=people.independent)
    last = submission.content()["questions"][-1]["question"]
    left = [f"q:{QUESTION}", f"q:{last}"]  # on two pages
    ReviewMark.kept.filter(submission=submission, target__in=left).delete()
    User.objects.filter(pk=people.independent.pk).update(shortcuts=True)
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("review_section", submission.reference, "governance")
        page.keyboard.press("n")
        assert page.evaluate(FOCUSED)["row"] == f"q-{QUESTION}"
        held: list[Request] = []
        page.route("**/marks/", lambda route: held.append(route), times=1)  # a slow line
        page.keyboard.press("1")
        page.keyboard.press("n")
        while not held:
            page.wait_for_timeout(50)  # until the mark is on its way
        page.wait_for_timeout(300)
        assert page.url.endswith("/sections/governance/")  # the page is not left before the mark is saved
        held[0].continue_()
        page.wait_for_url(f"**/sections/*/#q-{last}")
        assert submission.marks.get(target=left[0]).mark == "accepted"
        with page.expect_response(lambda response: response.url.endswith("/marks/")):
            page.keyboard.press("1")
        assert submission.marks.get(target=left[1]).mark == "accepted"
        page.locator(f"#q-{last} summary", has_text="Note for reviewers").click()
        page.locator(f"#q-{last} textarea[name$=-private_note]").press_sequentially("n1")
        assert page.url.endswith(f"#q-{last}")  # in a text they are letters
        assert side.watch.faults() == []


@pytest.mark.long
@pytest.mark.parametrize("on", mostly_long([True, False], [True]), ids=["switched on", "switched off"])
def test_keys_mark_and_go_on_only_where_they_are_switched_on(
    on: bool, address: str, people: Cast, chromium: Browser
) -> None:
    submission = newest(make_assessment(State.IN_REVIEW, "limited", cast=people))
    User.objects.filter(pk=people.independent.pk).update(shortcuts=on)
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("review_section", submission.reference, "governance")
        second = shown_rows(side)[1]
        page.keyboard.press("j")
        page.keyboard.press("j")
        if not on:
            page.keyboard.press("1")
            page.keyboard.press("?")
            assert page.evaluate(FOCUSED)["row"] == ""
            assert page.locator("dialog").count() == 0
        else:
            with page.expect_response(lambda response: response.url.endswith("/marks/")):
                page.keyboard.press("1")
            assert page.evaluate(FOCUSED)["row"] == second
            page.keyboard.press("3")
            assert page.evaluate(FOCUSED)["name"] == f"{second}-reason"
            page.locator(f"#{second} textarea[name$=-words]").fill("j1k?")  # in a text they are letters
            page.keyboard.press("Shift+Tab")
            page.locator("h1").click()
            page.keyboard.press("?")
            assert page.locator("dialog[open]").count() == 1
            side.look("keys")
        assert side.watch.faults() == []
    assert submission.marks.count() == int(on)


@pytest.mark.long  # daily an answer that was not sent comes back in test_losing_nothing
def test_a_reply_that_was_not_sent_yet_comes_back_after_a_reload(address: str, people: Cast, chromium: Browser) -> None:
    assessment = make_assessment(State.RETURNED, "limited", cast=people)
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.owner)
        side.open("returned", assessment.reference)
        box = page.locator(f"[name=r-q-{QUESTION}-words]")
        box.fill("It stands in the handbook, page 4.")
        page.wait_for_timeout(100)  # written to the disk, and not sent yet
        page.reload()
        expect(box).to_have_value("It stands in the handbook, page 4.")
        expect(page.locator(f"#r-q-{QUESTION}-state")).to_contain_text("Replied")
        side.look("reply-brought-back")
    assert newest(assessment).replies.get().words == "It stands in the handbook, page 4."


@pytest.mark.long  # test_pages opens a section to be marked each day
def test_evidence_two_versions_and_faults_look_right(address: str, people: Cast, chromium: Browser) -> None:
    """The states of a marking page that the table of pages does not reach: looked at by axe, at 320 px too."""
    assessment = make_assessment(State.DRAFT, "high", cast=people)
    for title, fields in {
        "Access log of the clinics": {"confidentiality": "confidential"},
        "The register on the wall": {"file": SimpleUploadedFile("board.png", picture())},
        "Contract with the supplier": {"confidentiality": "on_request", "held_by": "The secretary"},
    }.items():
        piece = make_evidence(people.organisation, title=title, **fields)
        library.attach(piece, assessment, QUESTION, by=people.owner)
    submission = submit.submit(assessment, by=people.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=people.independent)
    seat_taking.take(submission, by=people.second_independent)
    with browser.new_page(chromium) as page:
        side = Side(page, address, people.independent)
        side.open("review_section", submission.reference, "governance")
        marks.save_mark(
            submission,
            f"q:{QUESTION}",
            marks.GivenMark(mark="accepted", words="I saw the register."),
            by=people.independent,
        )
        row = page.locator(f"#q-{QUESTION}")
        row.locator(".hk-marks").get_by_role("radio", name="Accepted with action").check()
        row.get_by_label("What is still to be done").fill("List the other four clinics")
        expect(row.locator(".hk-theirs")).to_contain_text("I saw the register.")
        row.locator(".hk-piece", has_text="The register on the wall").get_by_role(
            "link", name="Show it on this page"
        ).click()
        expect(row.locator("img")).to_be_visible()
        with page.expect_response(lambda response: response.url.endswith("/marks/")):
            row.locator(".hk-piece").first.get_by_label("partly").check()
        side.look("two-versions")
        side.press("Save these marks and continue")
        assert page.locator("[data-error-summary]").count() == 1
        side.look("two-versions-said")
        with page.expect_navigation():
            page.locator(f"#q-{QUESTION}").get_by_role("button", name="Keep my mark").click()
    mark = submission.marks.get(target=f"q:{QUESTION}")
    assert (mark.mark, mark.action_title) == ("accepted_with_action", "List the other four clinics")
    assert mark.revisions.filter(outcome="conflict").exists()
    assert submission.evidence_marks.get().verdict == "partly"
