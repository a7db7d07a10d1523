"""Two browsers at one answer, and a line that loses, repeats and reorders: whatever happens, no confirmed word is lost.

A model of what a page holds (what it shows, the revision it names, the operation of its next save) is driven through
random steps against the product's own view. What the server confirmed to a page, saved or kept beside a newer version,
has to be in the history at the end; and what stands then is one answer, the same for both after a reload.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assessments.models import Answer, AnswerRevision, Assessment, User
from tests.support.factories import make_assessment, make_cast
from tests.support.page_text import markup_of

pytestmark = pytest.mark.slow_first(9)

QUESTION = "use-register"
CHOICES = ("in_place", "partly", "not_in_place")
HX = {"headers": {"HX-Request": "true"}}


@dataclass
class Sent:
    """A save on its way: what was posted, and the page it came from as it stood then."""

    form: dict[str, Any]
    edit: int


@dataclass
class Browser:
    """One page with the answer, as its script keeps it."""

    name: str
    client: Client
    url: str
    section: str
    choice: str = ""
    text: str = ""
    base: str = "0"
    operation: str = ""
    edit: int = 0  # counts what was typed, so that only the reply to the newest words renews the page
    seen: str = ""  # the newer revision of a conflict that is shown
    under_way: list[Sent] = field(default_factory=list)
    delivered: list[Sent] = field(default_factory=list)  # may arrive once more
    confirmed: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)  # confirmed as a part of two notes put together

    def load(self, *, whole_page: bool = False) -> None:
        """Show what is stored: the row by itself, as a page that takes it over does, or by way of the whole page."""
        if whole_page:
            page = markup_of(self.client.get(self.section))
            row = page.split(f'id="q-{QUESTION}"', 1)[1].split('class="hk-row hk-asked"', 1)[0]
        else:
            row = markup_of(self.client.post(self.url, {"resolve": f"theirs:{QUESTION}"}, **HX))
        self.base, self.operation = self.hidden(row, "base"), self.hidden(row, "operation")
        chosen = re.search(r'value="(\w+)"[^>]*checked', row)
        self.choice = chosen[1] if chosen else ""
        # The words of the control alone, as a browser reads them: the label before it names the same field.
        self.text = unescape(
            re.search(f'<textarea[^>]*name="{QUESTION}--text"[^>]*>(.*?)</textarea>', row, re.DOTALL)[1]
        ).removeprefix("\n")
        self.seen = ""

    @staticmethod
    def hidden(content: str, name: str) -> str:
        found = re.search(f'name="{QUESTION}--{name}" value="([^"]*)"', content)
        return found[1] if found else ""

    def type(self, word: str, choice: str) -> None:
        self.edit += 1
        self.choice, self.text = choice, f"{self.text} {self.name}{self.edit}{word}".strip()

    def send(self, resolve: str = "") -> None:
        if not self.choice:
            return
        fields = {"choice": self.choice, "text": self.text, "base": self.base, "operation": self.operation}
        if self.seen:
            fields["seen"] = self.seen
        form = {f"{QUESTION}--{name}": value for name, value in fields.items()}
        self.under_way.append(Sent(form | ({"resolve": f"{resolve}:{QUESTION}"} if resolve else {}), self.edit))

    def deliver(self, place: int, *, reply: bool) -> None:
        """Let one of the saves under way arrive, not always the oldest; its reply may be lost."""
        if not self.under_way:
            return
        sent = self.under_way.pop(place % len(self.under_way))
        self.delivered.append(sent)
        content = self.arrive(sent)
        if reply:
            self.take(sent, content)

    def arrive(self, sent: Sent) -> str:
        with transaction.atomic():
            response = self.client.post(self.url, sent.form, **HX)
        assert response.status_code == 200
        return markup_of(response)

    def repeat(self, place: int) -> None:
        """Let a save arrive a second time, unknown to the page."""
        if self.delivered:
            self.arrive(self.delivered[place % len(self.delivered)])

    def take(self, sent: Sent, content: str) -> None:
        """Do with a reply what the page does: the foot carries what the next save names, or a panel what was seen."""
        shown = self.hidden(content, "seen")
        together = sent.form.get("resolve", "").startswith("both")
        (self.joined if together else self.confirmed).add(sent.form[f"{QUESTION}--text"])
        if sent.edit == self.edit:
            self.seen = shown
        if sent.edit == self.edit or not shown:  # typed on since: the next save takes what the foot of this one names
            self.base, self.operation = self.hidden(content, "base"), self.hidden(content, "operation")


def step() -> st.SearchStrategy[tuple[Any, ...]]:
    who, place = st.integers(0, 1), st.integers(0, 3)
    return st.one_of(
        st.tuples(st.just("type"), who, st.sampled_from("abc"), st.sampled_from(CHOICES)),
        st.tuples(st.just("send"), who),
        st.tuples(st.just("arrive"), who, place),
        st.tuples(st.just("arrive, reply lost"), who, place),
        st.tuples(st.just("again"), who, place),
        st.tuples(st.just("type and save"), who, st.sampled_from("abc"), st.sampled_from(CHOICES)),
        st.tuples(st.just("resolve"), who, st.sampled_from(("mine", "both"))),
        st.tuples(st.just("reload"), who),
    )


def play(browsers: list[Browser], steps: list[tuple[Any, ...]]) -> None:
    for name, who, *more in steps:
        browser = browsers[who]
        if name in ("type", "type and save"):
            browser.type(*more)
        if name in ("send", "type and save"):
            browser.send()
        if name == "type and save":
            browser.deliver(-1, reply=True)
        elif name == "arrive":
            browser.deliver(*more, reply=True)
        elif name == "arrive, reply lost":
            browser.deliver(*more, reply=False)
        elif name == "again":
            browser.repeat(*more)
        elif name == "resolve" and browser.seen:
            browser.send(*more)
            browser.deliver(-1, reply=True)
            browser.load()
        elif name == "reload":
            browser.load()


@pytest.fixture
def desk(db: None) -> tuple[Assessment, User, User]:
    """An assessment without answers and two who may answer it, made once for all examples of a test."""
    cast = make_cast()
    return make_assessment(cast=cast, filled=False), cast.owner, cast.contributor


def open_two(desk: tuple[Assessment, User, User]) -> list[Browser]:
    assessment, owner, contributor = desk
    return [browser_of("o", owner, assessment), browser_of("c", contributor, assessment)]


def browser_of(name: str, user: User, assessment: Assessment) -> Browser:
    client = Client()
    client.force_login(user)
    url = reverse("answer", args=[assessment.reference, QUESTION])
    browser = Browser(name, client, url, reverse("section", args=[assessment.reference, "governance"]))
    browser.load()
    return browser


def nothing_was_lost(desk: tuple[Assessment, User, User], steps: list[tuple[Any, ...]]) -> None:
    """Play the steps on an assessment without answers, look at what is there in the end, and take it all back."""
    assessment = desk[0]
    with transaction.atomic():
        try:
            browsers = open_two(desk)
            play(browsers, steps)
            answer = Answer.objects.filter(assessment=assessment, question__key=QUESTION).first()
            rows = list(AnswerRevision.objects.filter(parent__assessment=assessment).order_by("number"))
            kept = {row.value["text"] for row in rows}
            for browser in browsers:
                assert browser.confirmed <= kept
                assert all(any(words in text for text in kept) for words in browser.joined)
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))
            assert len({row.operation for row in rows}) == len(rows)
            if answer is not None:
                # One version stands, it was not stored beside another one, and each version names one it was based on.
                (current,) = [row for row in rows if row.number == answer.revision]
                assert current.outcome == "current"
                assert current.value == answer.record()
                accepted = [row for row in rows if row.outcome == "current"]
                assert accepted[-1] == current
                for before, after in zip([None, *accepted], accepted, strict=False):
                    assert after.base == (before.number if before else 0), (
                        "a version was overwritten that nobody had seen"
                    )
            for browser in browsers:
                browser.load(whole_page=True)
            assert (browsers[0].choice, browsers[0].text, browsers[0].base) == (
                browsers[1].choice,
                browsers[1].text,
                browsers[1].base,
            )
        finally:
            transaction.set_rollback(True)


CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@pytest.mark.long
@settings(max_examples=15, deadline=None, suppress_health_check=CALM, derandomize=True)
@given(st.lists(step(), min_size=20, max_size=20))
def test_two_browsers_at_random_lose_no_confirmed_word(desk, steps):
    nothing_was_lost(desk, steps)


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=CALM)
@given(st.lists(step(), min_size=50, max_size=50))
def test_two_browsers_in_many_long_sessions_lose_no_confirmed_word(desk, steps):
    nothing_was_lost(desk, steps)


def test_random_steps_of_two_browsers_reach_conflicts_and_lost_replies(desk):
    """Without this the tests above could pass on sessions in which nobody ever meets anybody."""
    browsers = open_two(desk)
    play(
        browsers,
        [
            ("type and save", 0, "a", "in_place"),
            ("type and save", 1, "b", "partly"),
            ("type", 1, "c", "partly"),
            ("send", 1),
            ("arrive, reply lost", 1, 0),
            ("again", 1, 0),
            ("resolve", 1, "both"),
        ],
    )
    rows = AnswerRevision.objects.filter(parent__assessment=desk[0]).order_by("number")
    assert [row.outcome for row in rows] == ["current", "conflict", "conflict", "current"]
    assert rows[3].value["text"] == f"{rows[0].value['text']}\n\n{rows[2].value['text']}"
    assert uuid.UUID(browsers[1].operation)
