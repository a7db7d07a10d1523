"""The status notice of a certificate: one for each suspension, reinstatement and revocation, whoever or whatever made it."""

from __future__ import annotations

import json
from io import BytesIO
from unittest import mock

import pytest
from django.conf import settings
from django.urls import reverse
from pypdf import PdfReader

from assessments.documents import jobs
from assessments.documents.letter_words import public_reason
from assessments.domain.certificates import freshness, missed, monitoring, standing
from assessments.domain.facts import declare
from assessments.models import Certificate, CertificateEvent, Condition, Document, State
from assessments.models.certificates import NOTED
from assessments.models.going_on import REVOKED
from assessments.models.public_reasons import PublicReason, coded
from tests.support.acting import certificate_of, make_conditioned
from tests.support.factories import in_days, make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def squeezed(text: str) -> str:
    return "".join(text.split())


def page_of(document: Document) -> str:
    (page,) = PdfReader(BytesIO(jobs._draw(document))).pages
    return "".join(page.extract_text().split())


def notices() -> list[Document]:
    return list(Document.objects.filter(kind="status_notice").order_by("pk"))


@pytest.mark.long
def test_each_change_of_a_certificate_has_a_notice_with_date_reason_and_what_to_do(cast):
    certificate = certificate_of(make_conditioned(cast))
    standing.suspend(certificate, by=cast.independent, reason="incident", words="A private word.")
    standing.reinstate(certificate, by=cast.independent, reason="mended", words="A private word.")
    standing.revoke(certificate, by=cast.independent, reason="untrue", words="A private word.")
    suspended, reinstated, revoked = (page_of(one) for one in notices())
    page = settings.PUBLIC_URL + reverse("certificate_status", args=[certificate.number])
    for text, parts in (
        (suspended, ("The certificate is suspended", "An incident is being investigated.", "正在調查一宗事故。", page)),
        (reinstated, ("The certificate is reinstated", "導致暫停的事項已糾正。", "You do not need to do anything.")),
        (revoked, ("The certificate is revoked", "所申報的內容與事實不符。", str(REVOKED.en), REVOKED.zh, page)),
    ):
        for part in (*parts, certificate.number, cast.organisation.name_en, cast.organisation.name_zh):
            assert squeezed(part) in text
        assert squeezed("A private word.") not in text
    assert [jobs.file_name(one) for one in notices()] == [
        f"status-notice-{certificate.number}-{n}.pdf" for n in (1, 2, 3)
    ]


@pytest.mark.long
def test_a_notice_carries_the_public_record_and_nothing_else_of_the_case(cast):
    assessment = make_conditioned(cast)
    certificate = certificate_of(assessment)
    standing.suspend(certificate, by=cast.independent, reason="complaint", words="Zanzibar.")
    submission = certificate.submission
    text = page_of(notices()[0])
    for secret in ("Zanzibar", submission.reference, assessment.reference, "Kept for three", cast.owner.email):
        assert squeezed(secret) not in text


@pytest.mark.long
def test_what_suspends_by_itself_has_a_notice_too(cast):
    make_conditioned(cast)
    Condition.objects.update(due_on=in_days(-1))
    missed.miss_conditions()
    (notice,) = notices()
    assert squeezed("條件未有按限期履行。") in page_of(notice)


@pytest.mark.long
def test_a_changed_fact_or_a_raised_tier_has_a_notice(cast):
    assessment = make_conditioned(cast)
    declare.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=cast.owner)
    events = CertificateEvent.objects.filter(kind__in=NOTED)
    assert len(notices()) == events.count() == 1
    assert squeezed(public_reason(events[0].public_reason).zh) in page_of(notices()[0])


@pytest.mark.long
def test_lapsed_monitoring_says_that_a_fresh_record_is_enough(cast):
    make_assessment(State.CERTIFIED, "high", cast=cast)
    with mock.patch.object(freshness, "is_monitored", return_value=False):
        assert monitoring.watch_monitoring() == 1
    with mock.patch.object(freshness, "is_monitored", return_value=True):
        assert monitoring.watch_monitoring() == 1
    lapsed, fresh = (page_of(one) for one in notices())
    assert squeezed("valid again as soon as the record is up to date") in lapsed
    assert squeezed("The certificate does not become valid again automatically") not in lapsed
    assert squeezed("監察證據已更新。") in fresh


def test_the_certificate_of_a_deleted_organisation_gets_no_notice(cast):
    certificate = certificate_of(make_conditioned(cast))
    certificate.organisation.deleted_at = certificate.issued_at
    assert Document.objects.ask_notice(certificate) is None
    assert notices() == []


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(("independent", "head"), [(True, "Review House"), (False, "Harbourlight Clinics Limited")])
def test_a_notice_is_headed_by_the_body_behind_the_certificate(cast, independent, head):
    assessment = make_assessment(
        State.CERTIFIED, "limited", cast=cast, route="independent" if independent else "inside"
    )
    certificate = certificate_of(assessment)
    judge = cast.independent if independent else cast.reviewer
    standing.suspend(certificate, by=judge, reason="asked", words="They asked.")
    (notice,) = notices()
    text = page_of(notice)
    assert squeezed(f"Certificate no. 證書編號 {certificate.number}") in text
    assert squeezed(f"Current status 現況 {head}") in text
    assert json.loads(Certificate.objects.get().public_record)["issuer"] == "Review House"


def test_every_public_reason_has_its_chinese():
    reasons = [str(words) for by_move in standing.REASONS.values() for words in by_move.values()]
    reasons += ["The monitoring evidence is older than 35 days.", "Monitoring evidence is up to date again."]
    reasons += [coded(reason, days=35) for reason in PublicReason]
    for words in reasons:
        assert "原文" not in public_reason(words).zh
        assert public_reason(words).zh != words
    assert public_reason("A reason of another day.").zh == "（原文）A reason of another day."
    assert public_reason("").en == "No reason was recorded."


@pytest.mark.long
def test_an_owner_finds_the_notice_and_may_open_it(client, cast):
    assessment = make_conditioned(cast)
    standing.suspend(certificate_of(assessment), by=cast.independent, reason="asked", words="They asked.")
    client.force_login(cast.owner)
    (notice,) = notices()
    assert notice.get_absolute_url() in client.get(assessment.get_absolute_url()).content.decode()
    assert client.get(notice.get_absolute_url()).status_code == 200
    client.force_login(cast.outsider)
    assert client.get(notice.get_absolute_url()).status_code == 404
