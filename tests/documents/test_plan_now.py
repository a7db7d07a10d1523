"""The remediation plan as it stands after the signing: owners, dates, accepted risks, checks, changes since the last one."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from pypdf import PdfReader

from assessments.core.errors import NotPermitted, WorkflowError
from assessments.documents import jobs, remediation_plan, requests
from assessments.documents.report.dates import day
from assessments.domain.remediation import actions, dates, risks
from assessments.domain.review import approval
from assessments.models import Document, DocumentState, State
from tests.support.acting import CONDITION, CONSIDER, GAPS, SHOULD, action_on, close_as, make_conditioned, sent
from tests.support.factories import in_days, make_assessment, make_evidence, make_use
from tests.support.looking import mark_all

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def worked_on(cast):
    """A certified use of whose actions one was closed, one put off, one accepted as a risk, one sent back."""
    assessment = make_conditioned(cast)
    Document.objects.filter(submission=sent(assessment)).update(state=DocumentState.READY)
    condition, should, consider = (action_on(assessment, key) for key in (CONDITION, SHOULD, CONSIDER))
    actions.attach(
        condition, make_evidence(cast.organisation, by=cast.owner, title="Register of November"), by=cast.owner
    )
    actions.report(condition, by=cast.contributor, note="All five clinics are in it.")
    close_as(condition, by=cast.independent)
    dates.plan(should, by=cast.owner, owner=cast.contributor, due=in_days(150), effort="L")
    risks.accept_risk(
        action_on(assessment, SHOULD),
        by=cast.owner,
        reason="Two rooms only, and a nurse reads along.",
        until=in_days(100),
        review=in_days(50),
    )
    actions.report(consider, by=cast.contributor, note="Done.")
    actions.decline(consider, by=cast.independent, words="Not yet.")
    return assessment


def words_of(document: Document) -> str:
    report = jobs.submission_report(
        document.submission, as_of=document.created_at, since_last=jobs._since_last(document)
    )
    return re.sub(r"\s+", " ", unescape(strip_tags(remediation_plan.plan_layouts(report)[0]())))


@pytest.mark.long
def test_a_plan_of_today_says_how_actions_stand_and_what_changed(cast):
    assessment = worked_on(cast)
    document = requests.ask_plan(assessment.use, by=cast.contributor)
    assert (document.version, jobs.file_name(document)) == (
        3,  # the second was made with the date of the condition
        f"remediation-plan-{sent(assessment).reference}-round-1-version-3.pdf",
    )
    assert requests.ask_plan(assessment.use, by=cast.owner) == document  # it is being made already
    words = words_of(document)
    for part in (
        "1 risk is accepted for a limited time",
        "Two rooms only, and a nurse reads along.",
        "Accepted by Ines Independent on",
        "Evidence: Register of November",
        "Changes since the earlier plan of the same day",
        "A date was postponed once.",
        "accepted by Ines Independent",
        "was reported as done or accepted as a risk, but is now open again",
        "Actions as of",
    ):
        assert part in words, part


@pytest.mark.long
def test_the_first_plan_of_a_use_has_nothing_to_compare_with(cast):
    assessment = make_conditioned(cast)
    first, again = Document.objects.filter(submission=sent(assessment), kind="plan").order_by("version")
    assert again.version == 2  # made with the date of the condition that the approval set
    assert jobs._since_last(first) is None
    assert "Changes since" not in words_of(first)


def test_a_plan_says_which_dates_an_approval_changed_and_which_actions_no_longer_block(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    action = action_on(assessment, CONDITION)
    full = action.due + timedelta(days=60)
    type(action).objects.filter(pk=action.pk).update(full_due=full)  # the first step's date is not the one that moves
    mark_all(sent(assessment), by=cast.independent)
    approval.approve(sent(assessment), by=cast.independent, statement="Read.", conditions={CONDITION: action.due})
    again = Document.objects.filter(submission=sent(assessment), kind="plan").order_by("version").last()
    words = words_of(again)
    assert again.version == 2
    first, last = (day(one).replace("\xa0", " ") for one in (action.due, full))
    assert f"{action.title}: all steps: {last} → {first}" in words
    assert f"{action.title}: due on {first}; the action no longer blocks the certificate" in words
    assert "The due date of a condition is set when the assessment is approved." in words
    assert "no date has changed" not in words


def test_a_plan_is_asked_for_by_who_works_there_and_once_something_was_signed(cast):
    assessment = worked_on(cast)
    with pytest.raises(NotPermitted):
        requests.ask_plan(assessment.use, by=cast.viewer)
    with pytest.raises(WorkflowError):
        requests.ask_plan(make_use("limited", cast.organisation), by=cast.owner)


@pytest.mark.long
def test_the_plan_of_today_is_a_document_of_its_own(client, cast, django_capture_on_commit_callbacks):
    """Made for real; the earlier version stays as it is."""
    assessment = worked_on(cast)
    client.force_login(cast.owner)
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(reverse("plan_now", args=[assessment.use.reference]))
    document = Document.objects.get(version=3)
    assert response["Location"] == document.get_absolute_url()
    assert document.state == DocumentState.READY
    pages = PdfReader(BytesIO(document.file.read())).pages
    assert any("Accepted risks" in page.extract_text() for page in pages)
    assert client.get(reverse("assessment", args=[assessment.reference])).status_code == 200
    assert client.get(reverse("remediation_plan", args=[assessment.use.reference])).status_code == 200


@pytest.mark.long
def test_a_plan_whose_actions_are_all_closed_says_so(cast):
    assessment = worked_on(cast)
    type(action_on(assessment, SHOULD)).objects.update(status="closed", closed_at=timezone.now())
    words = words_of(requests.ask_plan(assessment.use, by=cast.owner))
    assert "Every action is closed" in words


def test_what_is_not_applicable_makes_no_action_and_waits_to_be_accepted(cast):
    assessment = make_conditioned(cast)
    content = sent(assessment).content()
    assert "laws-list" in content["to_accept"]
    assert "laws-list" not in {action["question"] for action in content["actions"]}
    assert not assessment.use.actions.filter(question="laws-list").exists()
