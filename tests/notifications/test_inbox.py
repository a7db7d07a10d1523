"""Lines of the inbox: written in the reader's language, replaced on the same day, taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from assessments.models import Message, User
from assessments.notifications import inbox
from assessments.notifications.kinds import MessageKind
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
DUE = date(2026, 12, 24)
ABOUT = "assignment:1"


def ask(*people: User, title: str = "Who decides?", about: str = ABOUT, due: date | None = None) -> None:
    context = {"name": "Olivia Owner", "title": title, "use": "Booking", "due": due, "note": ""}
    inbox.notify(MessageKind.ASKED, [one.pk for one in people], about=about, link="/home/", context=context)


def subjects() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("subject", flat=True))


def test_a_message_has_kind_object_link_and_the_words_of_its_kind(django_capture_on_commit_callbacks):
    reader = make_user("Rita Reader")
    with django_capture_on_commit_callbacks(execute=True):
        ask(reader, due=DUE)
    line = Message.objects.get()
    assert (line.recipient, line.kind, line.object, line.link) == (reader, "asked", ABOUT, "/home/")
    assert line.subject == "Olivia Owner has asked you to answer “Who decides?”"
    assert line.text == "This request is part of the assessment of “Booking”.\nPlease answer by 24 December 2026."
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [([reader.email], line.subject)]
    assert line.mailed_at


def test_the_same_line_on_the_same_day_is_replaced_unread_and_mailed_anew(django_capture_on_commit_callbacks):
    reader = make_user()
    with django_capture_on_commit_callbacks(execute=True):
        ask(reader)
    before = Message.objects.get()
    Message.objects.update(read_at=timezone.now(), unmailed_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        ask(reader, title="Who pays?")
    line = Message.objects.get()
    assert (line.pk, line.read_at, line.unmailed_at, line.attempts) == (before.pk, None, None, 1)
    assert [sent.subject for sent in mail.outbox] == [
        before.subject,
        "Olivia Owner has asked you to answer “Who pays?”",
    ]


@pytest.mark.parametrize("other", ["another day", "another object", "another person"])
def test_another_line_replaces_nothing(other):
    reader = make_user()
    ask(reader)
    if other == "another day":
        Message.objects.update(day=timezone.localdate() - timedelta(days=1))
    ask(
        make_user() if other == "another person" else reader,
        about="assignment:2" if other == "another object" else ABOUT,
    )
    assert Message.objects.count() == 2


def test_each_reader_gets_the_line_in_their_own_language():
    english, german = make_user(), make_user(language="de")
    ask(english, german, due=DUE)
    texts = dict(Message.objects.values_list("recipient", "text"))
    assert "24 December 2026" in texts[english.pk]
    assert "24. Dezember 2026" in texts[german.pk]


@pytest.mark.parametrize("how_many", [1, 7])
def test_a_message_costs_the_same_for_one_reader_or_seven(how_many, django_assert_num_queries):
    people = [make_user() for _n in range(how_many)]
    with django_assert_num_queries(2):
        ask(*people)
    assert Message.objects.count() == how_many
    with django_assert_num_queries(2):
        ask(*people, title="Who pays?")
    assert subjects() == ["Olivia Owner has asked you to answer “Who pays?”"] * how_many


def test_a_message_to_nobody_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        ask()


@pytest.mark.parametrize("context", [{}, {"use": "Booking", "number": "HK-1", "surplus": 1}])
def test_a_context_that_does_not_fit_the_kind_writes_nothing(context: dict[str, Any]):
    reader = make_user()
    with pytest.raises(TypeError):
        inbox.notify(MessageKind.CASE_CERTIFIED, [reader.pk], about="submission:x", link="/home/", context=context)
    assert not Message.objects.exists()


@pytest.mark.parametrize("knows", ["", "read_at", "mailed_at"])
def test_a_notification_that_is_withdrawn_says_whether_its_reader_knows_of_it(knows):
    reader, other = make_user(), make_user()
    ask(reader, other)
    if knows:
        Message.objects.filter(recipient=reader).update(**{knows: timezone.now()})
    known = inbox.withdraw_notification(MessageKind.ASKED, about=[ABOUT], recipient=reader.pk)
    assert known is bool(knows)
    assert Message.objects.get().recipient == other
    inbox.withdraw_notification(MessageKind.MENTION, about=[ABOUT])
    assert Message.objects.get().recipient == other
    inbox.withdraw_notification(MessageKind.ASKED, about=[ABOUT])
    assert not Message.objects.exists()


def test_what_is_settled_is_read_for_everybody():
    reader, other = make_user(), make_user()
    ask(reader, other)
    ask(reader, about="assignment:2")
    inbox.settle(MessageKind.ASKED, about=[ABOUT])
    assert [line.object for line in Message.objects.filter(read_at=None)] == ["assignment:2"]


def test_said_since_counts_from_the_day_of_each_object():
    reader, today = make_user(), timezone.localdate()
    ask(reader)
    ask(reader, about="assignment:2")
    Message.objects.update(day=today - timedelta(days=3))
    since = {ABOUT: today - timedelta(days=3), "assignment:2": today - timedelta(days=2), "assignment:3": today}
    assert inbox.said_since(MessageKind.ASKED, since) == {(reader.pk, ABOUT)}
    assert inbox.said_since(MessageKind.MENTION, since) == set()
    assert inbox.said_since(MessageKind.ASKED, {}) == set()


def test_lines_that_lead_to_a_reference_are_forgotten():
    reader = make_user()
    for about, link in (
        ("submission:abc", "/home/"),
        ("submission:b", "/assessments/abc/"),
        ("submission:c", "/abcd/"),
    ):
        inbox.notify(MessageKind.CASE_RECALLED, [reader.pk], about=about, link=link, context={"use": "Booking"})
    inbox.forget_links("abc")
    assert [line.object for line in Message.objects.all()] == ["submission:c"]
