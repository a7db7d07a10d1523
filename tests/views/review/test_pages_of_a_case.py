"""What the pages of a case say at each step: the state, what comes next, and counts that agree with each other."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments import evidence, workflow
from assessments.models import Route, State
from tests.factories import Cast, make_assessment, make_cast, make_evidence, mark_all, prove, proved
from tests.looking import look_at

SECTION, QUESTION = "governance", "use-register"
TARGET = f"q:{QUESTION}"
WORDS = "The trials are to be listed too."


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def address(name: str, submission: Any, *more: Any) -> str:
    return reverse(name, args=[submission.reference, *more])


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


def heading_of(response: Any) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(found[1])).split())


def with_evidence(cast: Cast, tier: str = "limited") -> Any:
    """A case that Ines has taken, with a piece of evidence under one answer."""
    assessment = make_assessment(State.DRAFT, tier, cast=cast)
    evidence.attach(make_evidence(cast.organisation, title="Duty rules"), assessment, QUESTION, by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = workflow.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    workflow.take(submission, by=cast.independent)
    return submission


def two_seats(cast: Cast) -> Any:
    """A High case that Ines has marked, one answer accepted with an action, and approved."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, mark="accepted_with_action", action_title="List the trials",
        words=WORDS,
    )  # fmt: skip
    mark_all(submission, by=cast.independent)
    workflow.approve(submission, by=cast.independent, statement="Read.")
    return submission


def test_a_decided_answer_with_judged_evidence_carries_no_warning(cast):
    submission = with_evidence(cast)
    mark_all(submission, by=cast.independent)
    workflow.approve(submission, by=cast.independent, statement="Read.")
    page = text_of(proved(Client(), cast.independent).get(address("review_section", submission, SECTION)))
    assert "Supports the answer" in page
    assert "this evidence is not judged" not in page


def test_a_decided_answer_whose_evidence_nobody_judged_is_still_warned_of(cast):
    submission = with_evidence(cast)
    mark_all(submission, by=cast.independent)
    submission.evidence_marks.all().delete()
    ines = proved(Client(), cast.independent)
    assert "this evidence is not judged: Duty rules" in text_of(
        ines.get(address("review_section", submission, SECTION))
    )
    submission.assessment.state = State.CERTIFIED
    submission.assessment.save(update_fields=["state"])
    assert "this evidence is not judged: Duty rules" in text_of(
        ines.get(address("review_section", submission, SECTION))
    )


def test_the_whole_case_prints_each_mark_once_whether_open_or_approved(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, mark="accepted_with_action", action_title="List", words=WORDS)
    ines = proved(Client(), cast.independent)
    assert text_of(ines.get(address("whole_case", submission))).count(WORDS) == 1
    mark_all(submission, by=cast.independent)
    workflow.approve(submission, by=cast.independent, statement="Read.")
    assert text_of(ines.get(address("whole_case", submission))).count(WORDS) == 1
