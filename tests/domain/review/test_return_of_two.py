"""A return that two reviewers ask for: the page before it, the mail and the owner's page show what each of them said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.review import decisions, marks, own_marks, seat_taking
from assessments.models import State, Submission
from tests.support.factories import Cast, make_assessment, make_cast, mark_all

pytestmark = pytest.mark.sqlite_alone

BOTH, ALONE = "q:use-register", "q:known-failures"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def asked_by_two(cast: Cast) -> Submission:
    """Ines asks for one change, Ivan for the same one and for another."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    assert submission is not None
    mark_all(submission, by=cast.independent)
    seat_taking.take(submission, by=cast.second_independent)
    said: list[tuple[Any, str, str, str, str]] = [
        (cast.independent, BOTH, "not_shown", "The minutes name nobody.", "Minutes with a name."),
        (cast.second_independent, BOTH, "too_high", "It has one line.", "A full entry."),
        (cast.second_independent, ALONE, "not_shown", "Nobody has tried it.", "A dated test."),
    ]
    for by, target, reason, words, would in said:
        marks.save_mark(
            submission,
            target,
            marks.GivenMark(mark="change_needed", reason=reason, words=words, would_satisfy=would),
            by=by,
            base=None,
        )
    return submission


def test_the_page_before_a_return_shows_what_the_owner_will_read(client: Client, cast: Cast) -> None:
    submission = asked_by_two(cast)
    client.force_login(cast.independent)
    text = text_of(client.get(reverse("send_back", args=[submission.reference])))
    for said in (
        "The minutes name nobody.",
        "It has one line.",
        "A full entry.",
        "Nobody has tried it.",
        "A dated test.",
    ):
        assert said in text
    assert "Minutes with a name." in text
    assert text.count(f"{cast.second_independent}, reviewer:") == 2


def test_the_owner_reads_each_reviewers_reason_under_one_name_each(client: Client, cast: Cast) -> None:
    submission = asked_by_two(cast)
    decisions.send_back(submission, by=cast.independent)
    client.force_login(cast.owner)
    text = text_of(client.get(reverse("returned", args=[submission.assessment.reference])))
    first = own_marks.marks_of(submission, "first")[BOTH]
    second = own_marks.marks_of(submission, "second")[BOTH]
    for mark in (first, second):
        assert f"{mark.by}, reviewer: {mark.get_reason_display()}. {mark.words}" in text
    assert f"{first.by}: {first.words}" not in text
    assert text.count(f"{first.by}, reviewer:") == 1


def test_marks_taken_as_one_keep_both_reasons(cast: Cast) -> None:
    mark = own_marks.combined(asked_by_two(cast))[BOTH]
    assert mark.reason == ""
    for one in mark.each:
        assert f"{one.by}: {one.get_reason_display()}. {one.words}" in mark.words


@pytest.mark.parametrize("two", [True, False])
def test_the_mail_says_whether_one_reviewer_asks_or_two(client: Client, cast: Cast, two: bool) -> None:
    submission = asked_by_two(cast)
    if not two:
        submission.marks.filter(by=cast.second_independent).update(mark="accepted")
    client.force_login(cast.independent)
    page = text_of(client.get(reverse("send_back", args=[submission.reference])))
    decisions.send_back(submission, by=cast.independent)
    sent = cast.owner.inbox.get(kind="returned").text
    said = "Two reviewers have asked for 2 changes." if two else "The reviewer has asked for one change."
    assert said in sent
    assert said in page
