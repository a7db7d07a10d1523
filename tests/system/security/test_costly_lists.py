"""Long lists and long searches (finding F30; checks 85, 87 and 88)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.domain.answering import comments
from assessments.exchange import inventory
from assessments.models import AISystem, Assessment, Comment, ImportDraft
from assessments.notifications import links
from assessments.notifications.inbox import unread_for
from tests.support.factories import Cast, make_assessment
from tests.system.security.costs import in_a_second

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

QUESTION = "use-register"
MOST_BYTES = 600_000


@pytest.fixture
def draft(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


def say(assessment: Assessment, cast: Cast, count: int, **fields: Any) -> list[Comment]:
    rows = [
        Comment(assessment=assessment, question=QUESTION, author=cast.owner, text=f"Remark {n}.", **fields)
        for n in range(count)
    ]
    return Comment.objects.bulk_create(rows)


def here(assessment: Assessment) -> str:
    return reverse("comments", args=[assessment.reference, QUESTION])


def shown(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="comment-(\d+)"', page)]


def test_comments_are_shown_fifty_threads_a_page(client: Client, cast: Cast, draft: Assessment) -> None:
    said = say(draft, cast, 2_060)
    client.force_login(cast.contributor)
    client.get(reverse("dashboard"))
    with in_a_second():
        page = client.get(here(draft)).content.decode()
    assert shown(page) == [one.pk for one in said[:50]]
    assert "2060 open threads" in page
    assert "1 to 50 of 2060" in page
    assert len(page) < MOST_BYTES
    last = client.get(here(draft), {"page": 42}).content.decode()
    assert shown(last) == [one.pk for one in said[2050:]]


def test_open_threads_come_first_on_all_pages(client: Client, cast: Cast, draft: Assessment) -> None:
    resolved = say(draft, cast, 30, resolved_at=timezone.now(), resolved_by=cast.owner)
    open_ones = say(draft, cast, 40)
    client.force_login(cast.viewer)
    order = [one.pk for one in open_ones + resolved]
    assert shown(client.get(here(draft)).content.decode()) == order[:50]
    assert shown(client.get(here(draft), {"page": "2"}).content.decode()) == order[50:]


@pytest.mark.long
def test_a_link_to_a_comment_opens_the_page_that_it_is_on(client: Client, cast: Cast, draft: Assessment) -> None:
    threads = say(draft, cast, 120)
    reply = comments.comment(draft, QUESTION, "@Connie, look.", by=cast.owner, reply_to=threads[70])
    done = say(draft, cast, 60, resolved_at=timezone.now(), resolved_by=cast.owner)[55]
    client.force_login(cast.contributor)
    for comment in (threads[0], threads[70], threads[119], reply, done):
        address = links.comment(comment).partition("#")[0]
        assert comment.pk in shown(client.get(address).content.decode())
    assert not unread_for(cast.contributor).exists()


@pytest.mark.long
def test_a_long_thread_shows_its_newest_replies_and_leads_to_the_others(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    first = say(draft, cast, 1)[0]
    replies = say(draft, cast, 2_000, reply_to=first)
    client.force_login(cast.contributor)
    client.get(reverse("dashboard"))
    with in_a_second():
        page = client.get(here(draft)).content.decode()
    assert shown(page) == [first.pk, *(one.pk for one in replies[-20:])]
    assert "with 1980 older replies" in page
    assert len(page) < MOST_BYTES
    alone = client.get(here(draft), {"thread": first.pk}).content.decode()
    assert shown(alone) == [first.pk, *(one.pk for one in replies[-50:])]
    early = client.get(links.comment(replies[10]).partition("#")[0]).content.decode()
    assert shown(early) == [first.pk, *(one.pk for one in replies[:50])]


def test_a_reply_with_an_error_is_given_back_on_the_page_of_its_thread(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    threads = say(draft, cast, 120)
    client.force_login(cast.contributor)
    page = client.post(here(draft), {"reply_to": threads[70].pk, "text": "x" * 5000}).content.decode()
    assert threads[70].pk in shown(page)
    assert "x" * 5000 in page


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=99999999999999999999", "at=x", "at=0", "thread=99"]
)
def test_a_page_that_is_not_there_shows_one_that_is(client: Client, cast: Cast, draft: Assessment, query: str) -> None:
    say(draft, cast, 60)
    client.force_login(cast.viewer)
    response = client.get(f"{here(draft)}?{query}")
    assert response.status_code == 200
    assert shown(response.content.decode())


@pytest.mark.few_a_day(5)
@pytest.mark.parametrize(
    "words", ["a " * 1500, "word" * 2000, "用途" * 1500, "%_\\" * 900], ids=["short", "long", "Chinese", "signs"]
)
@pytest.mark.parametrize("name", ["systems", "evidence", "actions", "search"])
def test_a_long_search_is_answered_in_a_second(
    client: Client, cast: Cast, draft: Assessment, name: str, words: str
) -> None:
    client.force_login(cast.owner)
    args = [draft.reference] if name == "search" else []
    client.get(reverse(name, args=args))
    with in_a_second():
        response = client.get(reverse(name, args=args), {"q": words})
    assert response.status_code in (200, 302)


@pytest.mark.long
def test_two_thousand_rows_are_imported_in_a_few_seconds(client: Client, cast: Cast) -> None:
    headings = ",".join(str(column.heading) for column in inventory.COLUMNS)
    row = "Assistant {n},1,,,Service User,,,Use {n},Purpose,Setting,People,Scope,,"
    data = "\n".join([headings, *(row.format(n=n) for n in range(inventory.MAX_ROWS))])
    client.force_login(cast.owner)
    with in_a_second(10):
        client.post(reverse("import"), {"file": SimpleUploadedFile("inventory.csv", data.encode())})
        draft = ImportDraft.objects.get()
        client.post(reverse("import_report", args=[draft.reference]))
    assert AISystem.objects.filter(organisation=cast.organisation).count() == inventory.MAX_ROWS
