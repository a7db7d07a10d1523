"""What anybody may see: the status of a certificate and nothing private, the clauses, the method, whether the service is up."""

from __future__ import annotations

import re
from unittest import mock

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.core import heartbeat
from assessments.models import Certificate, CertificateEvent, State, User
from assessments.models.certificates import new_number
from tests.support.factories import anew, in_days, make_assessment
from tests.support.page_text import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

PRIVATE = {
    "use-register": {"choice": "in_place", "text": "SENTINEL-NOTE of an answer"},
    "ai-framework": {"choice": "unknown", "text": "SENTINEL-NOTE of another"},
}


def certificate_of(assessment):
    return Certificate.objects.get(use=assessment.use)


def check(client, certificate):
    return client.get(reverse("verify", args=[certificate.number]))


def once_for_all(cast):
    return make_assessment(State.CERTIFIED, "limited", cast=cast)


@pytest.fixture
def certificate(made, db):
    return certificate_of(anew(made[1]))


@pytest.mark.long
def test_a_certificate_is_shown_to_anybody(client, certificate):
    response = check(client, certificate)
    text = text_of(response)
    assert response.status_code == 200
    for word in (
        certificate.number, "Valid", "Harbourlight Clinics Limited", "港燈診所有限公司", "Limited risk", "Reviewed independently",
        "Sorting of appointment requests by urgency", "Review House", "Guideline v1.1", "not suspended", "finding that any law was followed",
    ):  # fmt: skip
        assert word in text
    assert 'lang="zh-Hant">港燈診所有限公司' in markup_of(response)


@pytest.mark.long
def test_the_page_is_kept_by_no_cache(client, certificate):
    assert "no-store" in check(client, certificate)["Cache-Control"]


def test_nothing_private_is_on_the_public_page(client, cast):
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast, answers=PRIVATE)
    certificate = certificate_of(assessment)
    CertificateEvent.objects.create(
        certificate=certificate,
        kind="suspended",
        public_reason="Facts under examination.",
        private_reason="SENTINEL-PRIVATE",
    )
    assert "SENTINEL-NOTE" in assessment.answers.get(question__key="use-register").text
    page = check(client, certificate).content.decode()
    assert "SENTINEL" not in page
    assert "Register of generative AI uses" not in page
    for user in User.objects.exclude(email=""):
        assert user.email not in page
    assert "Facts under examination." in page


@pytest.mark.parametrize("way", ["lower", "spaces", "bare", "misread"])
def test_every_way_of_typing_leads_to_the_one_address(client, certificate, way):
    number = certificate.number
    typed = {
        "lower": number.lower(),
        "spaces": f" {number.replace('-', ' ')} ",
        "bare": number.replace("-", "").removeprefix("HKG"),
        "misread": number.replace("0", "O").replace("1", "I").lower(),
    }[way]
    response = client.get(reverse("verify_form"), {"number": typed})
    assert (response.status_code, response["Location"]) == (302, certificate.get_absolute_url())
    if typed != number:
        response = client.get(reverse("verify", args=[typed]))
        assert (response.status_code, response["Location"]) == (302, certificate.get_absolute_url())


def test_a_mistyped_number_gets_the_form_again_with_what_was_typed(client, certificate):
    wrong = certificate.number[:-1] + ("0" if certificate.number[-1] != "0" else "1")
    for response in (
        client.get(reverse("verify_form"), {"number": wrong}),
        client.get(reverse("verify", args=[wrong])),
    ):
        page = markup_of(response)
        assert response.status_code == 200
        assert "Check the number and enter it again. It is incomplete, or a letter or digit is wrong." in page
        assert f'value="{wrong}"' in page
        assert "data-error-summary" in page


def test_an_empty_field_asks_for_the_number_and_a_first_visit_does_not(client):
    assert "Enter the number of the certificate" in text_of(client.get(reverse("verify_form"), {"number": ""}))
    assert "Enter the number of the certificate" not in text_of(client.get(reverse("verify_form")))


def test_an_unknown_number_is_not_found_and_says_so(client):
    number = new_number()
    response = client.get(reverse("verify", args=[number]))
    assert response.status_code == 404
    assert "Not found" in text_of(response)
    assert f'value="{number}"' in markup_of(response)


@pytest.mark.parametrize(
    ("events", "days", "word", "sentence"),
    [
        ([], 300, "valid", "Valid today. The certificate stays valid until"),
        ([], 20, "expiring", "Valid today. The last day of the certificate is"),
        ([], 0, "expiring", "Valid today. The last day of the certificate is"),
        ([], -1, "expired", "It is no longer valid"),
        (["suspended"], 300, "suspended", "Do not rely on the certificate until it is valid again"),
        (["suspended", "reinstated"], 300, "valid", "Valid today. The certificate stays valid until"),
        (["suspended", "revoked"], 300, "revoked", "Revoked permanently on"),
        (["revoked"], -1, "revoked", "Revoked permanently on"),
        (["superseded"], 300, "superseded", "Replaced by a newer certificate"),
    ],
)
def test_each_status_has_its_word_its_sentence_and_a_normal_page(client, certificate, events, days, word, sentence):
    Certificate._base_manager.filter(pk=certificate.pk).update(expires_on=in_days(days))
    for kind in events:
        CertificateEvent.objects.create(certificate=certificate, kind=kind, public_reason=f"Reason: {kind}.")
    response = check(client, certificate)
    assert (response.status_code, response.context["status"]) == (200, word)
    assert sentence in text_of(response)
    assert [event["kind"] for event in response.context["events"]] == [*reversed(events), "issued"]
    if word == "revoked":
        assert "Published reason: Reason: revoked." in text_of(response)


def test_a_superseded_certificate_leads_to_the_newer_one(client, cast, certificate):
    newer = certificate_of(make_assessment(State.CERTIFIED, "low", cast=cast))
    Certificate._base_manager.filter(pk=newer.pk).update(supersedes=certificate)
    CertificateEvent.objects.create(certificate=certificate, kind="superseded")
    assert newer.get_absolute_url() in check(client, certificate).content.decode()


def test_a_self_declared_certificate_says_so(client, cast):
    text = text_of(check(client, certificate_of(make_assessment(State.CERTIFIED, "low", cast=cast))))
    assert "Self-declared : signed by the organisation itself; no reviewer has checked it." in text
    assert "Registered by : Review House, which has not checked the answers" in text
    assert "Issued by" not in text
    assert "Nobody else has reviewed them." in text


def test_a_database_that_is_down_is_neither_good_nor_bad_news(client, certificate):
    with mock.patch("assessments.access.finders.public_certificate", side_effect=DatabaseError):
        response = check(client, certificate)
    assert response.status_code == 503
    assert "Could not check" in text_of(response)
    assert "no-store" in response["Cache-Control"]


def test_the_page_costs_the_same_with_one_event_and_with_many(client, certificate):
    costs = []
    for kinds in ([], ["suspended", "reinstated"] * 20):
        for kind in kinds:
            CertificateEvent.objects.create(certificate=certificate, kind=kind)
        with CaptureQueriesContext(connection) as queries:
            check(client, certificate)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 4


@pytest.mark.parametrize("name", ["start", "verify_form", "clauses", "method", "health"])
def test_public_pages_need_no_account_and_take_no_post(client, name):
    assert client.get(reverse(name)).status_code == 200
    assert client.post(reverse(name)).status_code == 405


def test_health_says_ok_while_the_database_answers(client):
    assert client.get(reverse("health")).content == b"ok\n"
    with mock.patch("assessments.views.site.public.connection.cursor", side_effect=DatabaseError):
        response = client.get(reverse("health"))
    assert (response.status_code, response.content.count(b"\n")) == (503, 1)


def test_health_says_whether_a_worker_was_seen_where_it_is_asked(client):
    answer = client.get(f"{reverse('health')}?worker")
    assert (answer.status_code, answer.content) == (503, b"no worker is running: documents and emails are waiting\n")
    heartbeat.beat()
    assert client.get(f"{reverse('health')}?worker").content == b"ok\n"


# --- the Guideline and the method ------------------------------------------------------------------------------------------


@pytest.mark.long
def test_every_clause_is_listed_and_opens(client, edition):
    page = markup_of(client.get(reverse("clauses")))
    for clause in edition.clauses.values():
        url = reverse("clause", args=[clause.id])
        assert f'href="{url}"' in page
        assert client.get(url).status_code == 200


def test_a_clause_shows_our_summary_its_requirements_and_the_questions_that_ask_for_them(client, edition):
    response = client.get(reverse("clause", args=["2.2"]))
    page = text_of(response).replace("&#x27;", "'").replace("&quot;", '"')
    requirement, question = edition.requirements["2.2-01"], edition.questions["use-register"]
    for words in (requirement.statement, requirement.id, question.text, "our summary", "December 2025", "version 1.1"):
        assert words in page


def test_a_clause_that_there_is_not_is_not_found(client):
    assert client.get(reverse("clause", args=["9.9.9"])).status_code == 404


def test_the_method_prints_every_number_of_the_policy_as_our_judgement(client, edition):
    text = text_of(client.get(reverse("method")))
    assert text.count("Our judgement") >= 7
    for days in {n for row in edition.policy.due_days.values() for n in row.values()}:
        assert re.search(rf"\b{days}\b", text)
    for rule in edition.rules:
        assert rule.id in text
    for words in edition.policy.words.values():
        assert words.replace("'", "&#x27;") in text or words in ("Days", "Weeks", "Months")


def test_the_method_says_that_the_date_of_a_condition_goes_before_the_effort_of_its_action(client):
    text = text_of(client.get(reverse("method")))
    assert "The due date of a condition is set when the assessment is approved" in text


def test_the_method_sorts_the_priorities_as_the_plan_does(client, edition):
    """A practice about prohibited uses takes its ordinary place there; the first priority is that of open holds alone."""
    text = text_of(client.get(reverse("method"))).replace("&#x27;", "'")
    words = edition.policy.words
    ranked = "; ".join(words[f"priorities.{key}"] for key in ("table_1_or_overlay", "must", "should", "consider"))
    assert f"most urgent first: {ranked}." in text
    assert f"A hold has the priority “{words['priorities.prohibited_or_hold']}”" in text


def test_clauses_and_method_cost_a_query_for_the_release_alone(client):
    for url in (reverse("clauses"), reverse("clause", args=["2.2"]), reverse("method")):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        assert len(queries) == 1


# --- a member's list ---------------------------------------------------------------------------------------------------------


def test_members_find_their_certificates_with_status_and_document(client, cast, certificate):
    other = make_assessment(State.CERTIFIED, "low")  # of somebody else
    document = certificate.documents.get()
    type(document).objects.filter(pk=document.pk).update(state="ready")
    client.force_login(cast.viewer)
    page = client.get(reverse("certificates")).content.decode()
    assert certificate.number in page
    assert reverse("document", args=[document.reference]) in page
    assert certificate_of(other).number not in page


def test_a_document_whose_file_is_gone_says_so_and_is_not_made_a_second_time(client, cast, certificate):
    document = certificate.documents.get()
    rows = type(document).objects.filter(pk=document.pk)
    rows.update(state="ready", file="documents/gone.pdf", sha256="ab" * 32)
    client.force_login(cast.viewer)
    address = reverse("document", args=[document.reference])
    answer = client.get(address)
    assert answer.status_code == 503
    assert "ab" * 32 in text_of(answer)
    client.post(address)
    assert rows.get().state == "ready"


def test_without_certificates_the_list_says_how_one_comes_about(client, cast):
    client.force_login(cast.outsider)
    assert "A certificate is issued when an assessment is approved" in text_of(client.get(reverse("certificates")))


@pytest.mark.long
def test_the_list_costs_the_same_for_one_certificate_and_for_three(client, cast, certificate):
    client.force_login(cast.owner)
    costs = []
    for more in (0, 2):
        for _n in range(more):
            make_assessment(State.CERTIFIED, "low", cast=cast)
        client.get(reverse("certificates"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("certificates"))
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 15
