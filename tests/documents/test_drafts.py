"""Drafts of plan, board paper and results: asked for at any time, made as jobs are, seen by members who see all."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from assessments.documents import jobs, requests
from assessments.models import Document, DocumentKind
from assessments.models.documents import DocumentState
from tests.documents.reading import pages_of
from tests.support.daily import mostly_long
from tests.support.factories import make_assessment
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
GAP = {"use-register": {"choice": "partly", "text": "Kept for three of five clinics."}}


def asked(assessment, kind):
    woken: list[Document] = []
    document = requests.ask(assessment, DocumentKind(kind), wake=woken.append)
    assert woken in ([], [document])
    return document


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("kind", mostly_long(["plan", "board_paper", "results", "plan_annex"], ["plan", "board_paper"]))
def test_a_draft_of_each_kind_is_made_before_anything_is_signed(cast, kind):
    assessment = make_assessment(tier="limited", cast=cast, answers=GAP)
    document = asked(assessment, kind)
    jobs.make(document.pk)
    document.refresh_from_db()
    assert (document.state, document.error) == (DocumentState.READY, "")
    assert document.submission is None
    assert jobs.file_name(document).startswith("draft-")
    with document.file.open() as file:
        assert all("Draft" in page for page in pages_of(file.read()))


def test_a_draft_that_is_being_made_is_not_asked_for_twice_and_a_ready_one_stays(cast):
    assessment = make_assessment(tier="limited", cast=cast, answers=GAP)
    first = asked(assessment, "results")
    assert asked(assessment, "results") == first
    Document.objects.filter(pk=first.pk).update(state=DocumentState.READY)
    second = asked(assessment, "results")
    assert (second.version, Document.objects.get(pk=first.pk).state) == (2, DocumentState.READY)


@pytest.mark.long
def test_after_the_signature_the_plan_is_that_of_the_submission_and_the_rest_is_asked_for(cast):
    assessment = make_assessment("submitted", "limited", cast=cast, answers=GAP)
    plan, paper = asked(assessment, "plan"), asked(assessment, "board_paper")
    assert plan == assessment.current_submission.documents.get(kind="plan")
    assert (paper.submission_id, paper.assessment_id) == (assessment.current_submission_id, None)
    jobs.make(paper.pk)
    paper.refresh_from_db()
    assert paper.state == DocumentState.READY
    assert jobs.file_name(paper).startswith("board-paper-")


@pytest.mark.long
def test_a_returned_assessment_gives_drafts_again(cast):
    assessment = make_assessment("returned", "limited", cast=cast, answers=GAP)
    assert asked(assessment, "plan").assessment == assessment


def test_a_prohibited_use_offers_no_document(cast):
    assessment = make_assessment("refused", "unacceptable", cast=cast)
    assert requests.offers(assessment) == ()


@pytest.mark.long
def test_the_sweeper_takes_up_a_draft_that_was_left(cast, settings):
    settings.JOBS_BY_CELERY = False  # without a broker it makes the document itself
    document = asked(make_assessment(tier="low", cast=cast, answers=GAP), "board_paper")
    Document.objects.filter(pk=document.pk).update(created_at="2026-01-01T00:00Z")
    call_command("sweep")
    document.refresh_from_db()
    assert document.state == DocumentState.READY


@pytest.mark.parametrize("page", ["results", "use"])
def test_results_and_use_offer_the_draft_and_lead_to_it(client, cast, page):
    assessment = make_assessment(tier="limited", cast=cast, answers=GAP)
    client.force_login(cast.viewer)
    address = reverse("ask_document", args=[assessment.reference, "board_paper"])
    place = assessment.reference if page == "results" else assessment.use.reference
    assert f'action="{address}"' in markup_of(client.get(reverse(page, args=[place])))
    answer = client.post(address)
    document = Document.objects.get(assessment=assessment)
    assert answer["Location"] == document.get_absolute_url()
    assert "The document is being created" in markup_of(client.get(document.get_absolute_url()))


@pytest.mark.parametrize(
    ("who", "status"), [("assigned", 404), ("outsider", 404), ("independent", 404), ("staff", 404)]
)
def test_who_does_not_see_all_answers_does_not_reach_a_draft(client, cast, who, status):
    document = asked(make_assessment(tier="limited", cast=cast, answers=GAP), "results")
    client.force_login(getattr(cast, who))
    assert client.get(document.get_absolute_url()).status_code == status


def test_what_people_changed_since_the_signature_is_in_the_plan(cast):
    assessment = make_assessment("submitted", "limited", cast=cast, answers=GAP)
    action = assessment.use.actions.get(question="use-register")
    type(action).objects.filter(pk=action.pk).update(
        status="not_relevant",
        irrelevant_reason="The group keeps it for us.",
        irrelevant_by=cast.owner,
        title="List what we use",
        set_by_hand=["title"],
    )
    assessment.use.actions.create(
        organisation=assessment.organisation,
        number=99,
        title="Ask the night shift",
        steps="Call them tonight.\nWrite down what they say.",
        due=action.due,
        effort="S",
        priority="consider",
        added_by=cast.owner,
    )
    report = jobs.submission_report(assessment.current_submission)
    own = next(one for one in report.actions if one.number == 99)
    assert (own.answer, own.stopgap, own.steps[1]) == (None, "Call them tonight.", "Write down what they say.")
    assert "The group keeps it for us." in [reason.reason for reason in report.reasons]
    assert [one.title for one in report.standing] == ["Ask the night shift"]
    assert [one.title for one in report.blocking] == ["List what we use"]  # a must: set aside, it goes on blocking
