"""Approved with a plan, no certificate yet: owners and reviewers read what is missing and what would lift it."""

from __future__ import annotations

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.certificates import blockers, conditions, least_readiness
from assessments.models import Assessment, Message, RemediationAction, State
from tests.domain.certificates.readiness import approve, close, lacking
from tests.support.factories import in_days, make_assessment, mark_all, proved
from tests.support.page_text import markup_of
from tests.support.world import GAPS

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
STATE = "Approved with a plan, no certificate yet"


def words_of(response):
    assert response.status_code == 200, response.get("Location", response.status_code)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture
def waiting(cast):
    assessment = lacking(cast, "limited", State.IN_REVIEW)
    approve(assessment, cast)
    return Assessment.objects.get(pk=assessment.pk)


def pages(cast, assessment):
    submission = assessment.current_submission
    return [
        (cast.owner, reverse("results", args=[assessment.reference])),
        (cast.independent, reverse("review", args=[submission.reference])),
    ]


@pytest.mark.long
def test_owner_and_reviewer_read_what_is_missing_and_what_would_lift_it(client, cast, waiting):
    found = least_readiness.below(waiting.current_submission)
    for person, url in pages(cast, waiting):
        proved(client, person)
        with CaptureQueriesContext(connection) as queries:
            text = words_of(client.get(url))
        assert STATE in text
        for one in found.dimensions:
            assert one.words in text
        assert found.rule in text
        for lift in found.lifts:
            assert f"Action {lift.number}, {lift.title}" in text
        assert len(queries) <= 15, url


@pytest.mark.long
def test_the_home_of_the_assessment_says_the_state_and_leads_to_what_is_missing(client, cast, waiting):
    proved(client, cast.owner)
    page = client.get(waiting.get_absolute_url())
    assert STATE in words_of(page)
    assert f'href="{reverse("results", args=[waiting.reference])}#no-certificate-yet"' in markup_of(page)


def test_the_message_says_so_too(cast, waiting):
    message = Message.objects.get(kind="approved", recipient=cast.owner)
    found = least_readiness.below(waiting.current_submission)
    assert message.subject == f"{STATE}: {waiting.use.title}"
    for words in (found.words, found.lifted_by):
        assert words in message.text


@pytest.mark.long
def test_a_certificate_that_was_issued_is_told_as_such_and_no_page_says_that_it_waits(client, cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    message = Message.objects.get(kind="approved", recipient=cast.owner)
    assert message.subject == f"Submission approved: {assessment.use.title}"
    assert "the certificate has been issued" in message.text
    for person, url in pages(cast, assessment):
        proved(client, person)
        assert STATE not in words_of(client.get(url))


@pytest.mark.long
def test_actions_that_block_are_named_with_what_no_action_closes(client, cast):
    assessment = make_assessment(
        State.APPROVED, "limited", cast=cast, answers={"accountable-owner": GAPS["use-register"]}
    )
    assert assessment.state == State.APPROVED
    action = RemediationAction.objects.get(use=assessment.use, question="accountable-owner")
    for person, url in pages(cast, assessment):
        proved(client, person)
        assert f"Action {action.number}, {action.title}" in words_of(client.get(url))
    assert (
        f"Action {action.number} still blocks the certificate: {action.title}."
        in Message.objects.get(kind="approved").text
    )
    close(action, cast, evidence=True)
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED


def test_the_approval_page_says_before_the_signature_what_the_decision_will_read(client, cast):
    short = lacking(cast, "limited", State.IN_REVIEW).current_submission
    good = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    proved(client, cast.independent)
    said = "If you approve now, the decision is approved with a plan, no certificate yet ."
    for submission, waits in ((short, True), (good, False)):
        page = reverse("approve", args=[submission.reference])
        assert said not in words_of(client.get(page))  # not marked: it cannot be approved, and only that is said
        mark_all(submission, by=cast.independent)
        text = words_of(client.get(page))
        assert (said in text) is waits
        assert ("is too low: " in text) is waits
        assert "at most 12 conditions. This limit is our judgement." in text


def test_too_many_dates_are_refused_on_the_page_and_nothing_typed_is_lost(client, cast, monkeypatch):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS).current_submission
    mark_all(submission, by=cast.independent)
    dates = {f"due-{b.question}": in_days(20).isoformat() for b in blockers.blockers(submission) if b.conditionable}
    assert dates
    monkeypatch.setattr(conditions, "most_conditions", lambda: 0)
    proved(client, cast.independent)
    page = client.post(reverse("approve", args=[submission.reference]), {"statement": "All read.", **dates})
    text = words_of(page)
    assert "At most 0 can become conditions" in text
    assert "All read." in text
    assert all(f'value="{day}"' in markup_of(page) for day in dates.values())
    assert not submission.decisions.exists()
