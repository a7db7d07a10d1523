"""After a decision: one text on how a use goes on, the button for it, and what was signed stays in reach."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.certificates import standing
from assessments.domain.review import tier
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Document, Message, State
from assessments.models.documents import DocumentState
from assessments.models.going_on import PROHIBITED, REFUSED, REVOKED
from tests.support.acting import certificate_of, make_conditioned, sent
from tests.support.factories import make_assessment
from tests.support.page_text import markup_of, text_of
from tests.support.world import GAPS, make_ready

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(assessment, user) -> str:
    return text_of(as_(user).get(assessment.get_absolute_url()))


def start_form(assessment) -> str:
    return f'action="{reverse("use_start", args=[assessment.use.reference])}"'


@pytest.mark.long
def test_a_refused_use_says_how_to_go_on_and_has_the_button_for_it(cast):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    client = as_(cast.owner)
    answer = client.get(assessment.get_absolute_url())
    assert str(REFUSED.en) in text_of(answer)
    assert start_form(assessment) in markup_of(answer)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    answer = client.get(assessment.get_absolute_url())
    token = markup_of(answer).split('name="csrfmiddlewaretoken" value="')[-1].split('"')[0]
    begun = client.post(reverse("use_start", args=[assessment.use.reference]), {"csrfmiddlewaretoken": token})
    newer = Assessment.objects.get(use=assessment.use, state=State.DRAFT)
    assert begun["Location"] == newer.get_absolute_url()
    answer = client.get(assessment.get_absolute_url())
    assert "See the newer assessment of this use" in text_of(answer)
    assert start_form(assessment) not in markup_of(answer)


def test_who_only_reads_gets_the_text_without_the_button(cast):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    answer = as_(cast.viewer).get(assessment.get_absolute_url())
    assert str(REFUSED.en) in text_of(answer)
    assert start_form(assessment) not in answer.content.decode()


@pytest.mark.long
def test_message_letter_and_pages_give_the_same_text(cast):
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    words = str(REFUSED.en)
    assert words in Message.objects.get(kind="refused", recipient=cast.owner).text
    assert words in page_of(assessment, cast.owner)
    open_case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    refuse = reverse("refuse", args=[sent(open_case).reference])
    assert words in text_of(as_(cast.independent).get(refuse))
    declared = make_assessment(State.DRAFT, "unacceptable", cast=cast)
    for url in (
        reverse("prohibited", args=[declared.use.reference]),
        reverse("declare_prohibited", args=[declared.reference]),
    ):
        assert str(PROHIBITED.en) in text_of(as_(cast.owner).get(url))
    closed = make_assessment(State.REFUSED, "unacceptable", cast=cast)
    answer = as_(cast.owner).get(closed.get_absolute_url())
    assert str(PROHIBITED.en) in text_of(answer)
    assert start_form(closed) not in answer.content.decode()  # first the facts have to change


def test_a_use_raised_to_unacceptable_is_not_told_that_correcting_answers_is_enough(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    tier.raise_tier(sent(assessment), by=cast.independent, tier=Tier.UNACCEPTABLE, reason="It is built to harm.")
    page = page_of(assessment, cast.owner)
    assert str(PROHIBITED.en) in page
    assert str(REFUSED.en) not in page


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("moves", "heading", "reason"),
    [
        (["suspend"], "The certificate is suspended", "A complaint is being investigated."),
        (["suspend", "revoke"], "The certificate was revoked", "The holder requested the revocation."),
    ],
)
def test_a_certificate_that_does_not_count_is_not_said_to_be_issued_and_valid(cast, moves, heading, reason):
    assessment = make_conditioned(cast)
    certificate = certificate_of(assessment)
    for move in moves:
        code = "complaint" if move == "suspend" else "asked"
        getattr(standing, move)(certificate, by=cast.independent, reason=code, words="Seen.")
    page = page_of(assessment, cast.owner)
    assert heading in page
    assert reason in page
    assert "The certificate has been issued" not in page
    assert "Certificate issued" not in page
    assert "Valid until" not in page
    results = text_of(as_(cast.owner).get(reverse("results", args=[assessment.reference])))
    assert heading in results
    assert "certificate issued" not in results
    assert (str(REVOKED.en) in page) == ("revoke" in moves)


@pytest.mark.long
def test_the_documents_of_a_returned_round_stay_in_reach_and_say_which_round(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=GAPS)
    documents = Document.objects.filter(submission=sent(assessment), kind="plan").order_by("pk")
    first, again = documents
    page = as_(cast.owner).get(assessment.get_absolute_url())
    assert again.get_absolute_url() in page.content.decode()
    assert first.get_absolute_url() not in page.content.decode()
    assert "Round 1 returned" in " ".join(text_of(page).split())
    assert "Remediation plan for round 1" in text_of(page)
    make_ready(again)
    page = as_(cast.owner).get(assessment.get_absolute_url())  # the drawn page follows the state of the document
    assert str(DocumentState.READY.label).lower() in text_of(page).lower()
    results = as_(cast.owner).get(reverse("results", args=[assessment.reference]))
    assert again.get_absolute_url() in results.content.decode()
    assert "Remediation plan for round 1, returned (PDF)" in text_of(results)


@pytest.mark.long
def test_the_standing_of_a_certificate_leads_its_members_to_the_appeal(cast):
    assessment = make_conditioned(cast)
    certificate = certificate_of(assessment)
    page = as_(cast.owner).get(reverse("certificate_status", args=[certificate.number])).content.decode()
    assert reverse("contest", args=[assessment.reference]) in page
    page = as_(cast.independent).get(reverse("certificate_status", args=[certificate.number])).content.decode()
    assert reverse("contest", args=[assessment.reference]) not in page


def test_what_cannot_be_approved_is_not_said_to_be_approvable(cast):
    duty = {"tier-limited-transparency": {"choice": "partly", "text": "On two of five pages."}}  # never left to a date
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=duty)
    page = text_of(as_(cast.independent).get(reverse("approve", args=[sent(assessment).reference])))
    assert "This submission cannot be approved yet" in page
    assert "approve all the same" not in page
    assert "do not keep you from approving" not in page
    assert "These points block the certificate, not the approval." in page


def test_somebody_signs_out_from_the_task_list_of_a_draft(cast):
    """The page's own token was once hidden by the one of the button, which a draft has not."""
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    page = markup_of(client.get(assessment.get_absolute_url()))
    form = page.split(f'action="{reverse("account_logout")}"')[1]
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    assert client.post(reverse("account_logout"), {"csrfmiddlewaretoken": token}).status_code == 302
    assert client.get(assessment.get_absolute_url()).status_code == 302  # to the page of signing in
