"""What an organisation sees once its case is decided: open actions by name and date, the marks, the state of the file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from assessments.domain.review import approval
from assessments.models import Assessment, State, Submission
from tests.support.factories import Cast, make_assessment, make_cast, mark_all
from tests.support.looking import look_at
from tests.support.page_text import markup_of

pytestmark = pytest.mark.sqlite_alone

QUESTION = "use-register"
WORDS, TODO, SECRET = "The newest entry is a month old.", "Add the entry of May", "Ask Kay about it"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def in_review(cast: Cast) -> Assessment:
    """A Limited case in which one answer is accepted with an action."""
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = assessment.current_submission
    assert submission is not None
    mark_all(submission, by=cast.independent)
    look_at(
        submission,
        f"q:{QUESTION}",
        cast.independent,
        mark="accepted_with_action",
        words=WORDS,
        private_note=SECRET,
        action_title=TODO,
        action_due=timezone.localdate() + timedelta(days=40),
    )
    return assessment


def approved(assessment: Assessment, cast: Cast) -> Assessment:
    submission = Submission.objects.get(assessment=assessment)
    approval.approve(submission, by=cast.independent, statement="Read and opened.")
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def decided(cast: Cast) -> Assessment:
    return approved(in_review(cast), cast)


def section_url(assessment: Assessment) -> str:
    section = assessment.compiled().questions[QUESTION].section
    return reverse("section", args=[assessment.reference, section])


@pytest.mark.long
def test_the_page_of_a_decided_assessment_names_each_open_action_with_its_date(client: Client, cast: Cast) -> None:
    assessment = decided(cast)
    client.force_login(cast.owner)
    page = client.get(reverse("assessment", args=[assessment.reference]))
    action = assessment.use.actions.get(question=QUESTION)
    assert f'<a href="{action.get_absolute_url()}">{action.number}. {TODO}' in markup_of(page)
    text = text_of(page)
    assert f"by {date_format(action.full_due or action.due, 'j F Y')}" in text
    action.status = "closed"
    action.save(update_fields=["status"])
    text = text_of(client.get(reverse("assessment", args=[assessment.reference])))
    assert TODO not in text
    assert ("There are no open actions." in text) == (not assessment.use.actions.exclude(status="closed").exists())


@pytest.mark.long
def test_a_decided_assessment_does_not_call_its_results_open(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    assessment = in_review(cast)
    for found in (assessment, approved(assessment, cast)):
        page = markup_of(client.get(reverse("assessment", args=[found.reference])))
        line = page.partition(reverse("results", args=[found.reference]) + '"')[2].partition("</li>")[0]
        assert "As signed" in line
        assert "<span>Open</span>" not in line


def test_an_answer_shows_the_reviewers_mark_once_the_case_is_decided(client: Client, cast: Cast) -> None:
    assessment = in_review(cast)
    client.force_login(cast.owner)
    before = text_of(client.get(section_url(assessment)))
    assert WORDS not in before
    assert "Result of the review" not in before
    assessment = approved(assessment, cast)
    text = text_of(client.get(section_url(assessment)))
    assert "Result of the review" in text
    assert f"{cast.independent}: Accepted with action {WORDS} Still to do: {TODO}" in text
    assert SECRET not in text


@pytest.mark.long
def test_the_pages_of_a_decided_case_keep_to_their_queries(client: Client, cast: Cast) -> None:
    assessment = decided(cast)
    client.force_login(cast.owner)
    pages = [reverse(name, args=[assessment.reference]) for name in ("assessment", "case")]
    for url in (*pages, section_url(assessment)):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        assert len(queries) <= 15, "\n".join(query["sql"][:200] for query in queries.captured_queries)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("judged", [False, True])
def test_the_line_of_the_conformity_file_says_whether_it_is_judged(client: Client, cast: Cast, judged: bool) -> None:
    state = State.CERTIFIED if judged else State.IN_REVIEW
    assessment = make_assessment(state, "high", cast=cast)
    client.force_login(cast.owner)
    page = client.get(reverse("assessment", args=[assessment.reference]))
    found = page.context["file"]
    assert found.word == ("Judged" if judged else "Filled in, not judged yet")
    assert found.count == "8 parts"
    assert found.word in text_of(page)


@pytest.mark.long
def test_the_page_of_the_review_shows_what_each_reviewer_stated_once_it_is_decided(client: Client, cast: Cast) -> None:
    assessment = in_review(cast)
    client.force_login(cast.owner)
    url = reverse("case", args=[assessment.reference])
    assert client.get(url).context["statements"] == []
    approved(assessment, cast)
    page = client.get(url)
    assert [one.statement for one in page.context["statements"]] == ["Read and opened."]
    assert f"{cast.independent} , Approved," in text_of(page)
    assert "Read and opened." in text_of(page)


def test_a_first_approval_of_two_tells_the_organisation_nothing_yet(client: Client, cast: Cast) -> None:
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast)
    submission = Submission.objects.get(assessment=assessment)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Only the first.")
    client.force_login(cast.owner)
    assert "Only the first." not in text_of(client.get(reverse("case", args=[assessment.reference])))


def test_home_names_the_next_action_by_title_and_date_also_where_it_is_not_due_soon(client: Client, cast: Cast) -> None:
    assessment = decided(cast)
    assessment.use.actions.exclude(question=QUESTION).update(status="closed")
    action = assessment.use.actions.get(question=QUESTION)
    client.force_login(cast.owner)
    page = client.get(reverse("dashboard"))
    assert page.context["next_action"] == action
    assert f'<a href="{action.get_absolute_url()}">{TODO}</a>' in markup_of(page)
    assert f"due {date_format(action.next_due, 'j F Y')}" in text_of(page)
