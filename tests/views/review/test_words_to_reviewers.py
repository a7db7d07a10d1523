"""What the pages of a case tell its reviewers: what is the organisation's to do, what is missing, what is over."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.core.errors import InvalidAnswer
from assessments.domain.review import approval, decisions, parts, seat_taking
from assessments.domain.submission import submit
from assessments.models import DecisionKind, ReviewMark, State, Submission
from tests.support.factories import Cast, make_assessment, make_cast, mark_all, proved
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

CHANGE = {"q:use-register": "Show the newest entry."}
PARTS = 8


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup_of(response))).replace("&#x27;", "'")


def shown(user: Any, name: str, submission: Submission, **query: str) -> str:
    return text_of(proved(Client(), user).get(reverse(name, args=[submission.reference]), query))


def without_file(cast: Cast) -> Submission:
    """A High case in review: no conformity file, no evidence where the tier asks for it; all facts and answers are marked."""
    submission = submit.submit(make_assessment("draft", "high", cast=cast), by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, file=False)
    return submission


def returned(cast: Cast, tier: str = "limited") -> Submission:
    submission = make_assessment(State.IN_REVIEW, tier, cast=cast).current_submission
    mark_all(submission, by=cast.independent, change=CHANGE)
    decisions.send_back(submission, by=cast.independent, words="One entry.")
    return submission


def test_advice_of_a_check_is_quoted_as_what_the_organisation_was_told(cast):
    answers = {"use-register": {"choice": "unknown", "text": ""}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    told = "This counts as not in place. Before you sign, ask the colleague who is likely to know."
    page = shown(cast.independent, "review", assessment.current_submission)
    assert f"The organisation was told before signing: “{told}”" in page
    assert page.count(told) == 1


def test_what_is_still_needed_is_the_organisations_to_do(cast):
    page = shown(cast.independent, "review", without_file(cast))
    told = "With your answer, attach evidence showing how people can opt out."
    assert f"The organisation still has to do this: {told}" in page
    assert page.count("Still needed from the organisation: ") == PARTS


@pytest.mark.long
def test_parts_that_are_missing_are_to_be_returned_and_not_judged(cast):
    submission = without_file(cast)
    page = shown(cast.independent, "review", submission)
    heading = f"Return the case for changes: {PARTS} parts of the conformity file are missing or not complete"
    assert heading in page
    assert "still to judge" not in page
    assert "Say what is missing from the conformity file" in page  # a return needs a judgement first
    page = shown(cast.independent, "approve", submission)
    assert "Tests: not provided. Needed: Reports of the tests that the current version of the system passed" in page
    assert "You still have to judge" not in page
    page = shown(cast.independent, "review_parts", submission)
    assert f"{PARTS} parts of the conformity file are missing or not complete" in page
    assert "You still have to judge" not in page
    does_not = parts.GivenPartMark("does_not", words="There are no reports.")
    parts.judge_part(submission, "tests", does_not, by=cast.independent)
    page = shown(cast.independent, "review", submission)
    assert heading in page  # one number on every page, whatever was judged
    page = shown(cast.independent, "review_parts", submission)
    assert f"{PARTS} parts of the conformity file are missing or not complete" in page
    assert "Say what is missing from the conformity file" not in page


def test_a_part_that_is_missing_cannot_be_found_to_support_the_file(cast):
    submission = without_file(cast)
    said = "You cannot choose “Supports”, because the organisation has not provided this part."
    with pytest.raises(InvalidAnswer, match=said):
        parts.judge_part(submission, "tests", parts.GivenPartMark("supports"), by=cast.independent)
    client = proved(Client(), cast.independent)
    url = reverse("review_parts", args=[submission.reference])
    page = text_of(client.post(url, {"part-tests-verdict": "supports"}))
    assert said in page
    assert not submission.part_marks.exclude(verdict="").exists()


def test_a_return_asks_for_missing_parts_and_needed_evidence_unless_they_are_unticked(cast):
    submission = without_file(cast)
    ReviewMark.objects.filter(submission=submission, target="q:use-register").update(
        mark="change_needed", reason="not_shown", would_satisfy="Show the newest entry."
    )
    client = proved(Client(), cast.independent)
    url = reverse("send_back", args=[submission.reference])
    response = client.get(url)
    form = response.context["form"]
    assert {key.partition(":")[0] for key in form.initial["tasks"]} == {"gate", "part"}
    assert sum(key.startswith("part:") for key in form.initial["tasks"]) == PARTS
    assert "- Tests: Complete this part of the conformity file." in markup_of(response).partition('id="mail"')[2]
    data = {"words": "", "answer_by": form["answer_by"].value(), "tasks": form.initial["tasks"]}
    client.post(url, data)
    made = submission.decisions.get(kind=DecisionKind.RETURN)
    assert made.tasks.count() == len(form.initial["tasks"])


@pytest.mark.parametrize("name", ["approve", "send_back", "refuse"])
def test_a_returned_case_offers_no_decision_and_says_who_returned_it(cast, name):
    submission = returned(cast)
    made = submission.decisions.get(kind=DecisionKind.RETURN)
    page = shown(cast.independent, name, submission)
    assert "This case was returned for changes" in page
    assert f"{made.by_name} returned the case on " in page
    assert "Nobody can approve, return or refuse it until the organisation submits it again." in page
    for words in ("return the submission instead", "go back to the owner", "goes back to the owner", "Refuse this"):
        assert words not in page


@pytest.mark.parametrize("name", ["approve", "send_back", "refuse"])
def test_a_case_that_is_decided_offers_no_decision(cast, name):
    """An old tab must not offer what nobody can do any more: it leads to the case, with the reason."""
    submission = make_assessment(State.REFUSED, "limited", cast=cast).current_submission
    response = proved(Client(), cast.independent).get(reverse(name, args=[submission.reference]), follow=True)
    assert response.redirect_chain == [(submission.get_absolute_url(), 302)]
    assert "This case is not under review, so there is nothing to decide. Its status is “Refused”." in text_of(response)


def test_who_has_approved_first_is_not_asked_to_approve_again(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read and found in order.")
    client = proved(Client(), cast.independent)
    response = client.get(reverse("approve", args=[submission.reference]), follow=True)
    assert response.redirect_chain == [(submission.get_absolute_url(), 302)]
    assert "You have already approved this submission." in text_of(response)
    response = client.post(reverse("approve", args=[submission.reference]), {"statement": "Once more."})
    page = text_of(response)
    assert "You have already approved this submission." in page
    assert "Your approval decides the case" not in page


def test_the_return_says_what_is_not_part_of_it(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change=CHANGE)
    page = shown(cast.independent, "send_back", submission)
    assert "the organisation gets the action when the case is approved" in page
    assert "Private notes are never included." in page
    assert "The email does not list the points that you return." in page


def test_facts_and_questions_are_counted_apart(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    content = submission.content()
    page = shown(cast.independent, "review", submission)
    assert f"{len(content['facts'])} facts {content['counts']['applicable']} questions" in page


def test_an_action_is_said_not_to_be_a_condition(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    page = shown(cast.independent, "approve", submission)
    assert "An action that you add to an accepted answer also has a date, but the action is not a condition." in page


# --- the queue -----------------------------------------------------------------------------------------------------------


def heading_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup_of(response).split("<h1")[1].split("</h1>")[0]))


def test_a_link_to_the_queue_shows_ones_own_cases_first_whatever_group_was_read_last(cast):
    make_assessment(State.IN_REVIEW, "limited", cast=cast)
    make_assessment(State.SUBMITTED, "limited", cast=cast)
    client, queue = proved(Client(), cast.independent), reverse("reviews")
    client.get(queue, {"who": "waiting"})
    page = client.get(queue)
    assert page.status_code == 200
    assert [group.key for group in page.context["groups"]][:2] == ["mine", "waiting"]
    assert "You have 1 case to review, 1 other case needs a reviewer" in heading_of(page)


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("waiting", "1 case needs a reviewer"),
        ("mine", "You have 1 case to review"),
        ("returned", "1 case is with the organisation"),
        ("team", "No cases match the filters"),
        ("done", "1 case is done"),
    ],
)
def test_the_heading_of_the_queue_counts_the_group_that_is_shown(cast, who, words):
    for state in (State.IN_REVIEW, State.SUBMITTED, State.RETURNED, State.CERTIFIED):
        make_assessment(state, "limited", cast=cast)
    page = proved(Client(), cast.independent).get(reverse("reviews"), {"who": who})
    assert heading_of(page).split(">", 1)[1].strip() == words
