"""A complete case from the queue to its certificate in a browser: the marks that are required, and little besides.

Every link, button, choice and typed field counts as one interaction. Required are the facts and answers of the own set of
each seat, the pieces of evidence to be opened and judged, and the parts of the conformity file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page
from pytest_django.live_server_helper import LiveServer

from assessments.domain.answering import returned_parts
from assessments.domain.evidence import library
from assessments.domain.review import approvals, own_marks
from assessments.domain.review.sampling import OwnSet, own_set
from assessments.domain.submission import submit
from assessments.management.commands.load_demo import DEMO_DIR
from assessments.models import Certificate, Organisation, Role, Route, State, Submission, User
from tests.support import browser
from tests.support.factories import make_assessment, make_cast, make_evidence

pytestmark = [pytest.mark.browser, pytest.mark.slow_first(35)]

PASSWORD = "a password for looking around"
MOST_QUERIES = 15
MOST_BESIDES = 40  # for both reviewers of a High case together, and half of it for one of a Low case


class Queries:
    """How many queries each page of the live server took, by its address."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self.path = ""

    @contextmanager
    def counted(self) -> Iterator[None]:
        request_started.connect(self._begin)
        request_finished.connect(self._end)
        try:
            yield
        finally:
            request_started.disconnect(self._begin)
            request_finished.disconnect(self._end)
            connection.force_debug_cursor = False

    def _begin(self, environ: dict[str, Any], **_more: Any) -> None:
        self.path = environ["PATH_INFO"] if environ["REQUEST_METHOD"] == "GET" else ""
        connection.force_debug_cursor = True
        connection.queries_log.clear()

    def _end(self, **_more: Any) -> None:
        if self.path:
            self.most[self.path] = max(self.most.get(self.path, 0), len(connection.queries_log))


class Reviewer:
    """Somebody who reviews a case, without script; every interaction is counted, and what was typed is kept."""

    def __init__(self, page: Page, address: str, user: User, submission: Submission) -> None:
        self.page, self.address, self.user, self.submission = page, address, user, submission
        self.main = page.get_by_role("main")
        self.required, self.besides = 0, list[str]()
        self.typed: list[tuple[User, str]] = []
        self.opened: set[str] = set()
        self.judged: set[str] = set()
        self.own: OwnSet | None = None

    # --- what a hand does -------------------------------------------------------------------------------------------------

    def press(self, what: Locator) -> None:
        """Follow a link or press a button, and wait for the page."""
        self.besides.append(" ".join(what.inner_text().split()))
        with self.page.expect_navigation():
            what.click()

    def follow(self, words: str) -> None:
        self.press(self.main.get_by_role("link", name=words).first)

    def button(self, words: str | re.Pattern[str]) -> None:
        self.press(self.main.get_by_role("button", name=words))

    def choose(self, radio: Locator, *, required: bool = True) -> None:
        radio.check()
        if required:
            self.required += 1
        else:
            self.besides.append(f"choice {radio.get_attribute('name')}")

    def type(self, field: Locator, words: str) -> None:
        field.fill(words)
        self.besides.append("typed")
        self.typed.append((self.user, words))

    def open_piece(self, link: Locator, content: str) -> None:
        with self.page.expect_download():
            link.click()
        self.opened.add(content)
        self.required += 1

    # --- the way through a case -------------------------------------------------------------------------------------------

    def take(self, words: str) -> None:
        self.page.goto(self.address + reverse("reviews"))
        self.follow(f"{words} {self.submission.assessment.use.title}")
        self.choose(self.main.get_by_label("No, I have no conflict of interest"), required=False)
        self.button("Declare interests and take the case")
        seat = self.submission.seats.get(reviewer=self.user)
        self.own = own_set(self.submission, seat.seat)

    def accept_together(self) -> None:
        if self.main.get_by_role("link", name="Check and accept these facts and answers together").count():
            self.follow("Check and accept these facts and answers together")
            self.button("Accept the selected facts and answers")

    def take_over(self) -> None:
        self.follow("Review and adopt marks")
        self.button("Adopt the selected marks")

    def mark_what_is_left(self) -> None:
        """From page to page, as each leads on to the next."""
        link = self.main.get_by_role("link", name="required facts and answers on one page")
        if link.count():  # what went before may have led to this page
            self.press(link.first)
        for _page in range(40):
            save = self.main.get_by_role("button", name="Save these marks and continue")
            if not save.count():
                return
            self.mark_page()
            self.press(save)
        raise AssertionError("the pages lead on for ever")

    def mark_page(self) -> None:
        seat = self.submission.seats.get(reviewer=self.user)
        marks = own_marks.marks_of(self.submission, seat.seat)
        assert self.own is not None
        for anchor in self.page.locator("[data-row]").evaluate_all("rows => rows.map((row) => row.id)"):
            target = anchor.replace("-", ":", 1)
            if target not in marks:
                radio = self.page.locator(f"[name='{anchor}-mark'][value=accepted]")
                self.choose(radio, required=target in self.own.targets)
            self.look_at_pieces(target)

    def look_at_pieces(self, target: str) -> None:
        assert self.own is not None
        for content, places in self.own.pieces.items():
            for question, piece in places:
                if f"q:{question}" != target:
                    continue
                place = self.page.locator(f"[id='e-{question}-{piece}']")
                if content in self.own.openable - self.opened:
                    self.open_piece(place.get_by_role("link", name="Download"), content)
                if content not in self.judged:
                    self.choose(place.locator("[type=radio][value=supports]"))
                    self.judged.add(content)

    def judge_parts(self) -> None:
        if not returned_parts.parts_of(self.submission):
            return
        link = self.main.get_by_role("link", name="Judge the parts of the conformity file")
        if link.count():
            self.press(link)
        assert self.own is not None
        for part in self.submission.content()["conformity"]:
            place = self.page.locator(f"[id='part-{part['part']}']")
            for piece in part["evidence"]:
                if piece["sha256"] in self.own.openable - self.opened:
                    link = place.get_by_role("link", name="Download").filter(has_text=piece["title"])
                    self.open_piece(link, piece["sha256"])
            self.choose(place.locator("[type=radio][value=supports]"))
        self.button("Save the judgements")

    def approve(self, statement: str) -> None:
        link = self.main.get_by_role("link", name="Go to the approval")
        if link.count():
            self.press(link)
        self.type(self.main.get_by_label("Your statement"), statement)
        self.button(re.compile("^(Give the first approval|Approve)$"))
        field = self.main.locator("[type=password]")
        if field.count():
            self.type(field, PASSWORD)
            self.button("Confirm and continue")

    def asked(self) -> int:
        """How many interactions the rules ask of this seat."""
        assert self.own is not None
        own = self.own
        return len(own.targets) + len(own.openable) + len(own.pieces) + len(returned_parts.parts_of(self.submission))


@pytest.fixture
def queries(published: None) -> Iterator[Queries]:
    found = Queries()
    with found.counted():
        yield found


@pytest.fixture
def arrive(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[[User, Submission], Reviewer]]:
    """Somebody comes with a browser of their own, signed in."""
    pages = []

    def come(user: User, submission: Submission) -> Reviewer:
        opened = browser.new_page(chromium, java_script_enabled=False)
        page = opened.__enter__()
        pages.append(opened)
        if user.has_usable_password():
            browser.sign_in_by_form(page, live_server.url, user.email, PASSWORD)
        else:
            browser.sign_in(page, live_server.url, browser.session_of(user))
        return Reviewer(page, live_server.url, user, submission)

    yield come
    for opened in pages:
        opened.__exit__(None, None, None)


def demo_case(folder: Path) -> Submission:
    """The complete High case of the demo, with the body that reviews it."""
    for name in ("review-house.yaml", "silver-lantern-radiology.yaml"):
        shutil.copy(DEMO_DIR / name, folder)
    shutil.copytree(DEMO_DIR / "files", folder / "files")
    call_command("load_demo", password=PASSWORD, folder=folder, stdout=StringIO())
    return Submission.objects.get(organisation__name_en__startswith="Silver Lantern")


@pytest.mark.long  # each day a smaller case goes the same way below
def test_a_complete_high_case_takes_the_required_marks_and_at_most_forty_more(tmp_path, queries, arrive):
    submission = demo_case(tmp_path)
    body = Organisation.objects.reviewing_body()
    people = User.objects.filter(memberships__organisation=body, memberships__role=Role.REVIEWER).order_by("pk")
    first, second = (arrive(user, submission) for user in people)

    first.take("Take the case")
    first.accept_together()
    first.mark_what_is_left()
    first.judge_parts()
    first.approve("I read every answer and each piece of evidence, and found what the file says.")

    second.take("Take this case as second reviewer")
    second.take_over()
    second.mark_what_is_left()
    second.judge_parts()
    second.approve("The tests, the monitoring record and the reading rule bear out what was answered.")

    found = is_certified_after(submission, queries, first, second)
    assert found <= MOST_BESIDES


def test_a_complete_low_case_takes_half_of_that_by_one_reviewer(queries, arrive):
    with browser.without_jobs():
        cast = make_cast()
        draft = make_assessment(State.DRAFT, "low", cast=cast)
        library.attach(make_evidence(cast.organisation, by=cast.owner), draft, "use-register", by=cast.owner)
        submission = submit.submit(draft, by=cast.owner, route=Route.INDEPENDENT)
    only = arrive(cast.independent, submission)
    only.take("Take the case")
    only.accept_together()
    only.mark_what_is_left()
    only.approve("I read every answer, and the access log.")
    assert only.opened
    assert is_certified_after(submission, queries, only) <= MOST_BESIDES // 2


def is_certified_after(submission: Submission, queries: Queries, *reviewers: Reviewer) -> int:
    """Hold what these reviewers did against what is asked of them; how many interactions came on top of it."""
    submission.assessment.refresh_from_db()
    assert submission.assessment.state == State.CERTIFIED
    assert Certificate.objects.get(use=submission.assessment.use).status() == "valid"
    for one in reviewers:
        assert approvals.look_of(submission, submission.seats.get(reviewer=one.user)).is_complete
        assert one.required == one.asked()
        assert len(one.typed) == len(set(one.typed))  # nothing is typed twice
    assert {path: n for path, n in queries.most.items() if n > MOST_QUERIES} == {}
    assert max(queries.most.values()) > 0
    return sum(len(one.besides) for one in reviewers)
