"""Nothing typed is ever lost: a real browser with a profile of its own is closed, killed, cut off and signed out.

`Desk` is somebody at such a browser, `Wire` what lies between it and the server. Each test breaks something in the middle
of typing and looks, after coming back, for every letter: in the controls, and in the stored answer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from assessments.models import Answer, AnswerRevision, Assessment, State, User
from tests.support import browser
from tests.support.daily import mostly_long
from tests.support.factories import PASSWORD, Cast, in_days, make_assessment, make_cast, save

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow_first(2)]

PRACTICE, CHECKLIST, SECTION, OTHER_SECTION = "use-register", "prohibited-uses", "governance", "purpose-and-risk"
# These facts bring the checklist on prohibited uses.
ASKED_FACTS = {"takes_user_input": True, "open_prompt": True, "makes_content_for_people": True}
A_BREATH = 0.3  # seconds after the last letter: no text older than one second may be gone, we allow a third of it
FOREIGN = "<h1>Sign in to the wireless network</h1>"
SOON = 20_000  # milliseconds: a lost connection is tried again after two, four and eight seconds


class Wire:
    """A line to the server that can be cut, and made deaf: then requests arrive and their replies are lost."""

    def __init__(self, server: LiveServer) -> None:
        self.far = (server.thread.host, server.thread.port)
        self.deaf, self.ends = False, list[socket.socket]()
        self.port = 0
        self.mend()
        self.address = f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        self.deaf = False
        self.listening = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listening,), daemon=True).start()

    def cut(self) -> None:
        for end in [self.listening, *self.ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.ends.clear()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _peer = listening.accept()
                far = socket.create_connection(self.far)
                self.ends += [near, far]
                threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, reply: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not (reply and self.deaf):
                    target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Desk:
    """Somebody at a browser whose profile outlives it."""

    def __init__(self, chromium: Browser, profile: Path, site: Site, user: User) -> None:
        self.chromium, self.profile, self.site, self.user = chromium, profile, site, user
        self.context: BrowserContext | None = None

    def sit_down(self, section: str = SECTION) -> Page:
        """Start the browser on the profile and open the section."""
        page = self.start()
        page.goto(self.site.url("section", section))
        return page

    def start(self) -> Page:
        self.context = self.chromium.browser_type.launch_persistent_context(
            self.profile,
            executable_path=browser.EXECUTABLE,
            args=browser.ARGUMENTS,
            viewport=browser.WIDE,
            locale="en-GB",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(SOON)
        self.sign_in()
        return self.context.new_page()

    def sign_in(self, user: User | None = None) -> None:
        assert self.context
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": browser.session_of(user or self.user)}
        self.context.add_cookies([{**cookie, "url": self.site.wire.address}])

    def open(self, section: str = SECTION) -> Page:
        """Open the section in a new tab."""
        assert self.context
        page = self.context.new_page()
        page.goto(self.site.url("section", section))
        return page

    def kill(self) -> None:
        """End the browser as a power cut would."""
        mine = f"--user-data-dir={self.profile}".encode()
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdigit() and mine in (process / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)
        self.context = None
        for lock in self.profile.glob("Singleton*"):
            lock.unlink()

    def leave(self) -> None:
        if self.context:
            self.context.close()
            self.context = None


@dataclass
class Site:
    """A draft with its people, served over a wire."""

    cast: Cast
    draft: Assessment
    wire: Wire
    desk: Callable[[User], Desk]

    def url(self, name: str, *args: str) -> str:
        return self.wire.address + reverse(name, args=[self.draft.reference, *args])

    def stored(self, question: str = PRACTICE) -> Answer:
        return Answer.objects.get(assessment=self.draft, question__key=question)

    def texts(self, outcome: str = "") -> list[str]:
        """The texts of the practice's versions, oldest first."""
        found = AnswerRevision.objects.filter(parent__assessment=self.draft, parent__question__key=PRACTICE)
        found = found.filter(outcome=outcome) if outcome else found
        return [value["text"] for value in found.order_by("number").values_list("value", flat=True)]


@pytest.fixture
def site(published: None, chromium: Browser, tmp_path: Path) -> Iterator[Site]:
    cast = make_cast()
    draft = make_assessment(tier="limited", cast=cast, filled=False, parts=("user", "provider"), facts=ASKED_FACTS)
    save(draft, PRACTICE, {"choice": "in_place", "text": "Before."}, by=cast.owner)
    server = LiveServer("127.0.0.1")
    wire = Wire(server)
    with contextlib.ExitStack() as opened:
        opened.callback(server.stop)
        opened.callback(wire.cut)

        def desk(user: User) -> Desk:
            profile = tmp_path / f"profile of {user.pk}"
            made = Desk(chromium, profile, site, user)
            opened.callback(made.leave)
            return made

        site = Site(cast, draft, wire, desk)
        yield site


def row(page: Page, question: str = PRACTICE) -> Locator:
    return page.locator(f"#q-{question}")


def words(page: Page, question: str = PRACTICE) -> Locator:
    return page.locator(f"#q-{question}--text")


def write(page: Page, text: str) -> None:
    """Type at the end of the text, letter by letter."""
    words(page).press("Control+End")
    words(page).press_sequentially(text, delay=15)


def all_saved(page: Page) -> None:
    expect(page.locator("#answers-state > span:visible")).to_contain_text("All answers saved", timeout=SOON)


def not_saved(page: Page) -> None:
    expect(page.locator("#answers-state > span:visible")).to_contain_text("kept in this browser", timeout=SOON)


# --- what is typed or chosen, in two halves ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of control: how its first and second half are given, and what is stored in the end."""

    first: Callable[[Page], Any]
    second: Callable[[Page], Any]
    question: str
    expected: dict[str, Any]


def choose(value: str, question: str = PRACTICE) -> Callable[[Page], Any]:
    return lambda page: row(page, question).locator(f"input[value={value}]").check()


def tick(number: int) -> Callable[[Page], Any]:
    return lambda page: row(page, CHECKLIST).locator("input[name$=--items]").nth(number).check()


def give_reason(text: str) -> Callable[[Page], Any]:
    def give(page: Page) -> None:
        if not row(page).locator("input[value=not_applicable]").is_checked():
            choose("not_applicable")(page)
        page.locator(f"#q-{PRACTICE}--reason").press("Control+End")
        page.locator(f"#q-{PRACTICE}--reason").press_sequentially(text, delay=15)

    return give


def plan(page: Page) -> None:
    page.locator(f"#q-{PRACTICE}--planned_for").fill(in_days(40).isoformat())


KINDS = {
    "text": Kind(
        lambda page: write(page, " The register is kept"),
        lambda page: write(page, " by Connie, 登記冊由她保存."),
        PRACTICE,
        {"text": "Before. The register is kept by Connie, 登記冊由她保存.", "choice": "in_place"},
    ),
    "radio": Kind(choose("partly"), choose("not_in_place"), PRACTICE, {"choice": "not_in_place", "text": "Before."}),
    "tick": Kind(tick(0), tick(2), CHECKLIST, {"choice": "ticked", "how many": 2}),
    "reason": Kind(
        give_reason("We buy"),
        give_reason(" no such service."),
        PRACTICE,
        {"choice": "not_applicable", "reason": "We buy no such service."},
    ),
    "date": Kind(choose("planned"), plan, PRACTICE, {"choice": "planned", "planned_for": in_days(40).isoformat()}),
}


def stored_as(answer: Answer, expected: dict[str, Any]) -> dict[str, Any]:
    """What is stored, of that which is expected."""
    record = {**answer.record(), "how many": sum(value is True for value in answer.items.values())}
    return {name: record[name] for name in expected}


# --- what happens in the middle, and how one comes back ------------------------------------------------------------------


def close_the_tab(desk: Desk, page: Page, kind: Kind) -> Page:
    kind.first(page)
    kind.second(page)
    time.sleep(A_BREATH)
    page.close()
    return desk.open()


def kill_the_browser(desk: Desk, page: Page, kind: Kind) -> Page:
    kind.first(page)
    desk.site.wire.deaf = True  # whatever was on its way: nobody hears that it arrived
    kind.second(page)
    time.sleep(A_BREATH)
    desk.kill()
    desk.site.wire.deaf = False
    return desk.sit_down()


def stop_the_server(desk: Desk, page: Page, kind: Kind) -> Page:
    kind.first(page)
    desk.site.wire.cut()
    kind.second(page)
    not_saved(page)
    expect(page.locator("[data-banner=lost], [data-banner=faulty]").locator("visible=true")).to_have_count(1)
    time.sleep(A_BREATH)  # with no server it is in the browser's store only, and a busy disk may still be opening that
    assert page.evaluate(KEPT) == [kind.question]
    page.close()
    desk.site.wire.mend()
    return desk.open()


def drop_the_network(desk: Desk, page: Page, kind: Kind) -> Page:
    kind.first(page)
    page.context.set_offline(True)
    kind.second(page)
    not_saved(page)
    expect(page.locator("[data-banner=lost]")).to_be_visible()
    page.context.set_offline(False)
    return page


def end_the_session(desk: Desk, page: Page, kind: Kind) -> Page:
    kind.first(page)
    Session.objects.all().delete()
    kind.second(page)
    expect(page.locator("[data-banner=out]")).to_be_visible()
    not_saved(page)
    desk.sign_in()
    page.goto(desk.site.url("section", SECTION))
    return page


BREAKS = [close_the_tab, kill_the_browser, stop_the_server, drop_the_network, end_the_session]
DAILY = [("text", kill_the_browser), ("text", drop_the_network), ("text", end_the_session)]


def check_that_nothing_is_lost(site: Site, kind: Kind, happens: Callable[[Desk, Page, Kind], Page]) -> None:
    desk = site.desk(site.cast.owner)
    page = happens(desk, desk.sit_down(), kind)
    all_saved(page)
    assert stored_as(site.stored(kind.question), kind.expected) == kind.expected
    page.reload()
    all_saved(page)
    expect(page.locator(".hk-brought, [data-elsewhere]:visible")).to_have_count(0)
    assert stored_as(site.stored(kind.question), kind.expected) == kind.expected


@pytest.mark.parametrize(("kind", "happens"), mostly_long(DAILY, 3))
def test_text_outlives_what_happens_in_the_middle_of_typing(kind, happens, site):
    check_that_nothing_is_lost(site, KINDS[kind], happens)


@pytest.mark.long
@pytest.mark.parametrize("happens", BREAKS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_control_outlives_everything(kind, happens, site):
    check_that_nothing_is_lost(site, KINDS[kind], happens)


@pytest.mark.long
def test_a_browser_killed_while_somebody_types_on_and_on_loses_less_than_a_second(site):
    """At moments when a save has just been made, is under way, or is still to come."""
    desk = site.desk(site.cast.owner)
    for seconds in (1.1, 2.6, 3.3):
        page = desk.sit_down()
        before = words(page).input_value()
        words(page).press("Control+End")
        typed = list[float]()  # when each letter stood in the field
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            page.keyboard.type("abcdefghij"[len(typed) % 10])
            typed.append(time.monotonic())
        killed = time.monotonic()
        desk.kill()
        page = desk.sit_down()
        all_saved(page)
        letters = len(words(page).input_value()) - len(before)
        assert letters >= sum(at < killed - 1 for at in typed)
        assert site.stored().text == words(page).input_value()
        desk.leave()


# --- several at one answer -----------------------------------------------------------------------------------------------


def two_texts(site: Site, mine: str, theirs: str) -> None:
    """Both are in the record, whatever stands."""
    texts = site.texts()
    assert mine in texts
    assert theirs in texts


@pytest.mark.long
@pytest.mark.parametrize("first", ["Olivia", "Connie"])
def test_two_people_at_one_answer_are_both_kept(first, site):
    olivia, connie = site.desk(site.cast.owner), site.desk(site.cast.contributor)
    pages = {"Olivia": olivia.sit_down(), "Connie": connie.sit_down()}
    second = next(name for name in pages if name != first)
    write(pages[first], f" {first} first.")
    all_saved(pages[first])
    write(pages[second], f" {second} second.")
    expect(row(pages[second]).locator(".hk-versions")).to_be_visible()
    not_saved(pages[second])
    two_texts(site, f"Before. {first} first.", f"Before. {second} second.")
    assert site.stored().text == f"Before. {first} first."
    expect(words(pages[second])).to_have_value(f"Before. {second} second.")
    # What is written on while the panel is open stays in the browser, and is there after a crash.
    write(pages[second], " And more.")
    time.sleep(A_BREATH)
    desk = connie if second == "Connie" else olivia
    desk.kill()
    page = desk.sit_down()
    expect(words(page)).to_have_value(f"Before. {second} second. And more.")
    expect(row(page).locator(".hk-versions")).to_be_visible()
    row(page).get_by_role("button", name="Keep my version").click()
    all_saved(page)
    assert site.stored().text == f"Before. {second} second. And more."


@pytest.mark.long
@pytest.mark.parametrize("first", [0, 1])
def test_two_tabs_at_one_answer_are_both_kept(first, site):
    desk = site.desk(site.cast.owner)
    tabs = [desk.sit_down(), desk.open()]
    one, other = tabs[first], tabs[1 - first]
    other.context.set_offline(True)  # for both: each tab has its own text before either is saved
    write(one, " In one tab.")
    write(other, " In the other.")
    not_saved(one)
    not_saved(other)
    other.context.set_offline(False)
    expect(page_with_panel(tabs).locator(".hk-versions")).to_be_visible(timeout=SOON)
    two_texts(site, "Before. In one tab.", "Before. In the other.")


def page_with_panel(pages: list[Page]) -> Locator:
    """The question in the tab that was second."""
    until = time.monotonic() + SOON / 1000
    while time.monotonic() < until:
        for page in pages:
            if row(page).locator(".hk-versions").count():
                return row(page)
        time.sleep(0.1)
    raise AssertionError("no tab shows both versions")


@pytest.mark.long
def test_an_untouched_tab_takes_over_what_another_saved_and_goes_on_from_there(site):
    desk = site.desk(site.cast.owner)
    one, other = desk.sit_down(), desk.open()
    write(one, " From one tab.")
    all_saved(one)
    expect(words(other)).to_have_value("Before. From one tab.")
    write(other, " And from the other.")
    all_saved(other)
    expect(words(one)).to_have_value("Before. From one tab. And from the other.")
    assert site.stored().text == "Before. From one tab. And from the other."
    assert site.texts("conflict") == []


def in_conflict(site: Site) -> Page:
    """Olivia's page, on which Connie's newer text stands beside her own."""
    page = site.desk(site.cast.owner).sit_down()
    save(site.draft, PRACTICE, {"choice": "partly", "text": "Before. By Connie."}, by=site.cast.contributor)
    write(page, " By Olivia.")
    expect(row(page).locator(".hk-versions")).to_be_visible()
    return page


@pytest.mark.long
def test_both_versions_can_be_put_into_the_answer(site):
    page = in_conflict(site)
    row(page).get_by_role("button", name="Combine both versions").click()
    all_saved(page)
    expect(words(page)).to_have_value("Before. By Connie.\n\nBefore. By Olivia.")
    assert site.stored().text == "Before. By Connie.\n\nBefore. By Olivia."


@pytest.mark.long
def test_two_versions_can_be_edited_together(site):
    page = in_conflict(site)
    row(page).get_by_role("button", name="Edit both versions side by side").click()
    expect(row(page).locator(".hk-versions")).to_contain_text("By Connie.")
    expect(words(page)).to_be_focused()
    write(page, " And by Connie.")
    all_saved(page)
    expect(row(page).locator(".hk-versions")).to_contain_text("By Connie.")  # still there to copy from
    assert site.stored().text == "Before. By Olivia. And by Connie."
    two_texts(site, "Before. By Connie.", "Before. By Olivia.")
    row(page).get_by_role("button", name="Close this version").click()
    expect(row(page).locator(".hk-versions")).to_have_count(0)


@pytest.mark.long
def test_what_comes_back_overwrites_nothing_that_was_saved_meanwhile(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.set_offline(True)
    write(page, " By Olivia.")
    time.sleep(A_BREATH)
    desk.kill()
    save(site.draft, PRACTICE, {"choice": "in_place", "text": "Rewritten by Connie."}, by=site.cast.contributor)
    page = desk.sit_down()
    expect(row(page).locator(".hk-versions")).to_contain_text("Rewritten by Connie.")
    expect(row(page).locator(".hk-brought")).to_contain_text("It is not saved yet.")
    expect(words(page)).to_have_value("Before. By Olivia.")
    assert site.stored().text == "Rewritten by Connie."
    two_texts(site, "Rewritten by Connie.", "Before. By Olivia.")


@pytest.mark.long
@pytest.mark.parametrize("typed", ["", " Typed just before."])
def test_the_button_sends_the_page_once_its_answers_are_saved(typed, site):
    page = site.desk(site.cast.owner).sit_down()
    write(page, typed)
    with page.expect_navigation(url=lambda url: url.endswith("/check/")):
        page.get_by_role("button", name="Save and check this section").click()
    assert site.stored().text == f"Before.{typed}"
    assert site.texts("conflict") == []


@pytest.mark.long
def test_the_button_sends_nothing_while_there_is_no_connection(site):
    page = site.desk(site.cast.owner).sit_down()
    page.context.set_offline(True)
    write(page, " Typed offline.")
    page.get_by_role("button", name="Save and check this section").click()
    expect(page.get_by_role("button", name="Try again now")).to_be_focused()
    assert page.url == site.url("section", SECTION)


# --- replies that get lost, and sessions of others -----------------------------------------------------------------------


@pytest.mark.long
def test_a_lost_reply_makes_no_conflict_with_oneself(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    site.wire.deaf = True
    write(page, " Arrived, but nobody said so.")
    words(page).blur()
    until = time.monotonic() + 5
    while site.stored().text == "Before." and time.monotonic() < until:
        time.sleep(0.05)
    words(page).fill("Something else.")
    site.wire.cut()
    not_saved(page)
    site.wire.mend()
    all_saved(page)
    assert site.stored().text == "Something else."
    assert site.texts() == ["Before.", "Before. Arrived, but nobody said so.", "Something else."]
    assert site.texts("conflict") == []


def test_a_reply_that_breaks_off_before_the_answer_is_sent_for_again(site):
    """A browser takes a reply over plain HTTP that ends in its headers for a success without content."""
    page = site.desk(site.cast.owner).sit_down()
    page.route("**/answers/**", break_off, times=1)
    tick(0)(page)
    not_saved(page)
    expect(page.locator("[data-banner=lost]")).to_be_visible()
    assert stored_as(site.stored(CHECKLIST), {"how many": 1}) == {"how many": 1}  # but the page cannot know it
    tick(2)(page)
    all_saved(page)
    assert stored_as(site.stored(CHECKLIST), KINDS["tick"].expected) == KINDS["tick"].expected
    assert site.stored(CHECKLIST).revisions.filter(outcome="conflict").count() == 0
    assert page.evaluate(KEPT) == []


def break_off(route: Route) -> None:
    route.fetch()
    route.fulfill(status=200, body="")


@pytest.mark.long  # daily the reply above, which is not of this server either, is not taken for a success
def test_a_page_that_is_not_of_this_server_saves_nothing_and_the_answer_is_sent_again(site):
    """As where a wireless network asks everybody to sign in first."""
    page = site.desk(site.cast.owner).sit_down()
    page.route("**/answers/**", lambda route: route.fulfill(status=200, body=FOREIGN), times=1)
    tick(0)(page)
    not_saved(page)
    all_saved(page)  # nobody has to touch anything
    assert stored_as(site.stored(CHECKLIST), {"how many": 1}) == {"how many": 1}


@pytest.mark.long
def test_a_page_without_a_server_tries_again_every_fifteen_seconds_at_least(site):
    page = site.desk(site.cast.owner).start()
    page.clock.install()
    page.goto(site.url("section", SECTION))
    page.route("**/answers/**", lambda route: route.abort())
    tick(0)(page)
    for seconds in (2, 4, 8, 15, 15, 15):
        not_saved(page)
        expect(page.locator(".hk-saving")).to_have_count(0)
        with page.expect_request("**/answers/**", timeout=SOON):
            page.clock.run_for(seconds * 1000)


@pytest.mark.long
def test_after_signing_in_again_in_another_tab_the_page_saves_by_itself(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    Session.objects.all().delete()
    write(page, " Typed while signed out.")
    expect(page.locator("[data-banner=out]")).to_be_visible()
    link = page.get_by_role("link", name="Sign in again in a new tab")
    assert link.get_attribute("target") == "_blank"
    desk.sign_in()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    all_saved(page)
    expect(page.locator("[data-banner=out]")).to_be_hidden()
    assert site.stored().text == "Before. Typed while signed out."


@pytest.mark.long
def test_nothing_is_saved_in_the_name_of_whoever_signed_in_meanwhile(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    desk.sign_in(site.cast.contributor)
    write(page, " By Olivia.")
    expect(page.locator("[data-banner=other]")).to_be_visible()
    assert site.stored().text == "Before."
    hers = desk.open()
    all_saved(hers)
    expect(words(hers)).to_have_value("Before.")  # and Connie sees nothing of it
    hers.close()
    desk.sign_in()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    all_saved(page)
    assert (site.stored().text, site.stored().by) == ("Before. By Olivia.", site.cast.owner)


# --- where it is kept, and how it goes away --------------------------------------------------------------------------------

KEPT = """async () => {
  const open = indexedDB.open("hkguide");
  await new Promise((done) => { open.onsuccess = open.onerror = done; });
  const names = [...open.result.objectStoreNames];
  const all = names.length ? open.result.transaction("kept").objectStore("kept").getAll() : null;
  if (all) await new Promise((done) => { all.onsuccess = done; });
  open.result.close();
  return all ? all.result.map((entry) => entry.question) : [];
}"""


@pytest.mark.long
def test_signing_out_says_what_would_be_lost_and_then_clears_the_browser(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.route("**/answers/**", lambda route: route.abort())
    write(page, " Never saved.")
    not_saved(page)
    assert page.evaluate(KEPT) == [PRACTICE]
    sign_out(page)
    asked = page.get_by_role("alertdialog")
    expect(asked).to_contain_text("One of your texts is not saved yet. It is kept only in this browser.")
    asked.get_by_role("button", name="Stay signed in").click()
    expect(asked).to_have_count(0)
    assert page.evaluate(KEPT) == [PRACTICE]
    sign_out(page)
    with page.expect_navigation():
        asked.get_by_role("button", name="Sign out and lose the unsaved text").click()
    assert page.evaluate(KEPT) == []
    desk.sign_in()
    expect(words(desk.open())).to_have_value("Before.")


def sign_out(page: Page) -> None:
    page.locator("header summary").filter(has_text="Olivia").click()
    page.locator("header").get_by_role("button", name="Sign out").first.click()


@pytest.mark.long
def test_signing_out_saves_first_what_can_be_saved(site):
    page = site.desk(site.cast.owner).sit_down()
    write(page, " In the last moment.")
    with page.expect_navigation(url=lambda url: "sections" not in url):
        sign_out(page)
    assert site.stored().text == "Before. In the last moment."
    assert page.evaluate(KEPT) == []


@pytest.mark.long
def test_an_answer_of_another_section_is_named_and_linked_until_it_is_saved(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.set_offline(True)
    write(page, " Typed offline.")
    time.sleep(A_BREATH)
    page.close()
    desk.context.set_offline(False)
    other = desk.open(OTHER_SECTION)
    expect(other.locator("[data-elsewhere]")).to_contain_text("An answer on another page is kept in this browser")
    not_saved(other)
    assert site.stored().text == "Before."
    with other.expect_navigation():
        other.locator("[data-links] a").click()
    all_saved(other)
    expect(row(other)).to_contain_text("and saved.")
    assert site.stored().text == "Before. Typed offline."


@pytest.mark.long
@pytest.mark.parametrize("name", ["assessment", "check", "sign"])
def test_whoever_goes_on_to_sign_is_told_of_text_that_is_not_saved(name, site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.set_offline(True)
    write(page, " Typed offline.")
    time.sleep(A_BREATH)
    page.close()
    desk.context.set_offline(False)
    page = desk.context.new_page()
    page.goto(site.url(name))
    link = page.locator("[data-links] a")
    expect(link).to_be_visible()
    assert link.get_attribute("href") == f"{reverse('section', args=[site.draft.reference, SECTION])}#q-{PRACTICE}"
    assert fit(page) == []


@pytest.mark.long
def test_text_for_an_answer_that_is_closed_by_now_can_be_copied_and_dropped(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.set_offline(True)
    write(page, " Typed offline.")
    time.sleep(A_BREATH)
    page.close()
    desk.context.set_offline(False)
    Assessment.objects.filter(pk=site.draft.pk).update(state=State.SUBMITTED)
    page = desk.open()
    copies = page.locator("[data-elsewhere]")
    expect(copies).to_contain_text("Before. Typed offline.")
    copies.get_by_role("button", name="Delete this text").click()
    expect(copies).to_be_hidden()
    assert page.evaluate(KEPT) == []


@pytest.mark.long
def test_a_shared_computer_keeps_nothing_and_saves_at_once(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.clear_cookies()
    page.goto(f"{site.wire.address}/accounts/login/")
    site.cast.owner.set_password(PASSWORD)
    site.cast.owner.save()
    page.get_by_role("main").get_by_label("Email").fill(site.cast.owner.email)
    page.get_by_role("main").get_by_label("Password").fill(PASSWORD)
    page.get_by_label("shared computer").check()
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.goto(site.url("section", SECTION))
    expect(page.get_by_text("This is a shared computer, so nothing is kept in this browser.")).to_be_visible()
    write(page, " On a shared computer.")
    all_saved(page)
    assert page.evaluate(KEPT) == []
    assert site.stored().text == "Before. On a shared computer."


SLOW_DISK = """Object.defineProperty(IDBTransaction.prototype, "oncomplete", {
  set(act) { this.addEventListener("complete", (event) => setTimeout(() => act(event), 5000)); },
})"""


@pytest.mark.long
def test_what_is_typed_while_the_disk_is_slow_is_kept_when_the_page_closes(site):
    desk = site.desk(site.cast.owner)
    page = desk.start()
    page.add_init_script(SLOW_DISK)
    page.goto(site.url("section", SECTION))
    page.context.set_offline(True)
    write(page, " Typed offline.")
    page.close()
    desk.context.set_offline(False)
    page = desk.open()
    all_saved(page)
    assert site.stored().text == "Before. Typed offline."


PUT = """async (entries) => {
  const open = indexedDB.open("hkguide");
  await new Promise((done) => { open.onsuccess = done; });
  const transaction = open.result.transaction("kept", "readwrite");
  entries.forEach((entry) => transaction.objectStore("kept").put({ ...entry, tab: "gone" }));
  await new Promise((done) => { transaction.oncomplete = done; });
}"""


@pytest.mark.long
def test_the_page_that_checks_a_section_knows_what_is_saved_and_links_what_is_not(site):
    """A copy may stay behind when the browser had no time to delete it: it is no lost text. Other text is one click away."""
    page = site.desk(site.cast.owner).sit_down()
    page.context.set_offline(True)
    write(page, " Typed just before.")
    time.sleep(A_BREATH)
    entries = page.evaluate(KEPT.replace("(entry) => entry.question", "(entry) => entry"))
    page.context.set_offline(False)
    all_saved(page)
    page.evaluate(PUT, entries)
    page.goto(site.url("section_check", SECTION))
    elsewhere = page.locator("[data-elsewhere]")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(elsewhere).to_be_hidden()
    assert page.evaluate(KEPT) == []
    page.evaluate(PUT, [entry | {"words": ["Something else."]} for entry in entries])
    page.reload()
    expect(elsewhere).to_contain_text("An answer on another page is kept in this browser")
    expect(elsewhere.locator("[data-links] a")).to_be_visible()
    expect(elsewhere.locator("[data-copies]")).to_be_hidden()


@pytest.mark.long
def test_a_form_that_asks_for_it_keeps_its_text_until_it_is_sent(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    address = site.wire.address + reverse("facts", args=[site.draft.use.reference, "control"])
    page.goto(address)
    page.locator("input[name=minor_procedural_task][value=yes]").check()
    reason = page.locator("textarea[name=reason_minor_procedural_task]")
    reason.press_sequentially("It only renames files.", delay=15)
    time.sleep(A_BREATH)
    desk.kill()
    page = desk.sit_down()
    page.goto(address)
    expect(page.locator("textarea[name=reason_minor_procedural_task]")).to_have_value("It only renames files.")
    expect(page.get_by_role("status").filter(has_text="Restored from this browser")).to_be_visible()
    with page.expect_navigation():
        page.locator("main .btn-primary").click()
    page.goto(address)
    expect(page.get_by_text("Restored from this browser")).to_have_count(0)
    assert page.evaluate(KEPT) == []


@pytest.mark.long
def test_a_text_too_long_for_a_request_on_leaving_is_in_the_browser(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    long = "港燈診所的登記冊每月更新" * 1600
    words(page).fill(long)
    page.close()
    page = desk.open()
    all_saved(page)
    assert site.stored().text == long


@pytest.mark.long
def test_a_reviewers_words_are_kept_until_their_mark_is_saved(site):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=site.cast)
    submission = assessment.current_submission
    desk = site.desk(site.cast.independent)
    address = site.wire.address + reverse("review_section", args=[submission.reference, SECTION])
    page = desk.start()
    page.goto(address)
    field = f"q-{PRACTICE}-words"
    page.locator(f"input[name=q-{PRACTICE}-mark][value=change_needed]").check()
    page.locator(f"textarea[name={field}]").press_sequentially("The register lacks dates.", delay=15)
    expect(page.get_by_text("Not saved yet:")).to_be_visible()  # a change needs a reason
    desk.kill()
    page = desk.start()
    page.goto(address)
    expect(page.locator(f"textarea[name={field}]")).to_have_value("The register lacks dates.")
    page.locator(f"input[name=q-{PRACTICE}-mark][value=accepted]").check()
    expect(page.locator(f"[id='q-{PRACTICE}-saved']")).to_contain_text("Saved")
    assert submission.marks.get(target=f"q:{PRACTICE}").words == "The register lacks dates."
    page.reload()
    expect(page.get_by_text("Restored from this browser")).to_have_count(0)
    assert page.evaluate(KEPT) == []


@pytest.mark.long  # daily a reply that breaks off before the answer is sent for again
def test_a_reviewers_words_stay_in_the_browser_when_the_reply_to_their_mark_breaks_off(site):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=site.cast).current_submission
    page = site.desk(site.cast.independent).start()
    page.goto(site.wire.address + reverse("review_section", args=[submission.reference, SECTION]))
    mark, saved = page.locator(f"input[name=q-{PRACTICE}-mark]"), page.locator(f"[id='q-{PRACTICE}-saved']")
    mark.and_(page.locator("[value=change_needed]")).check()
    expect(saved).to_contain_text("Not saved yet:")  # a change needs a reason
    page.route("**/marks/", lambda route: route.fulfill(status=200, body=""), times=1)
    page.locator(f"textarea[name=q-{PRACTICE}-words]").fill("The register lacks dates.")
    expect(page.locator("#hk-alerts")).to_contain_text("Not saved")
    assert len(page.evaluate(KEPT)) == 1
    mark.and_(page.locator("[value=accepted]")).check()
    expect(saved).to_contain_text("Saved")
    expect(page.locator("#hk-alerts")).to_be_empty()
    assert submission.marks.get(target=f"q:{PRACTICE}").words == "The register lacks dates."


# --- said and shown ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_page_is_fit_for_everybody_offline_in_conflict_signed_out_and_brought_back(site):
    desk = site.desk(site.cast.owner)
    page = desk.sit_down()
    page.context.set_offline(True)
    write(page, " Offline.")
    not_saved(page)
    expect(page.locator("#answers-aloud")).to_contain_text("not saved")
    assert fit(page) == []
    page.context.set_offline(False)
    all_saved(page)
    expect(page.locator("#answers-aloud")).to_contain_text("is saved")
    save(site.draft, PRACTICE, {"choice": "partly", "text": "By Connie."}, by=site.cast.contributor)
    write(page, " In conflict.")
    expect(row(page).locator(".hk-versions")).to_be_visible()
    assert fit(page) == []
    row(page).get_by_role("button", name="Edit both versions side by side").click()
    assert fit(page) == []
    Session.objects.all().delete()
    write(page, " Signed out.")
    expect(page.locator("[data-banner=out]")).to_be_visible()
    assert fit(page) == []
    desk.sign_in()
    other = desk.open(OTHER_SECTION)
    expect(other.locator("[data-elsewhere]")).to_be_visible()
    assert fit(other) == []
    page.reload()
    all_saved(page)
    expect(page.locator(".hk-brought")).to_be_visible()
    assert fit(page) == []


def fit(page: Page) -> list[str]:
    return browser.axe_faults(page) + [fault for fault in [browser.too_wide(page)] if fault]
