"""A change of a certificate's status: who is told, in which language, and that the public reason is kept as a code."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from assessments.documents.letter_words import public_reason
from assessments.domain.certificates import monitoring, standing, status
from assessments.domain.facts import declare
from assessments.domain.submission import changes
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    Document,
    DocumentKind,
    Interest,
    Membership,
    Message,
    Role,
    State,
    User,
)
from assessments.models.public_reasons import PublicReason, coded, words_of
from tests.support.acting import certificate_of, close_as, make_conditioned, report_done
from tests.support.catalogue import speak
from tests.support.daily import mostly_long
from tests.support.factories import Cast, in_days, make_assessment, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

CHINESE = "zh-hant"
TEXTS = {
    "Certificate suspended: %(use)s": "證書已暫停：%(use)s",
    "Declared facts of the use changed.": "用途的申報事實有所改變。",
    "An incident is being investigated.": "正在調查一宗事故。",
    "The monitoring evidence is older than %(days)s days.": "監察證據距今超過 %(days)s 日。",
    "Add the newest monitoring record. The certificate then automatically becomes valid again.": "加入最新監察記錄後，證書恢復有效。",
    "Certificate issued: %(use)s": "證書已發出：%(use)s",
    "Nothing blocks the certificate any more. Certificate %(number)s has been issued.": "已無阻礙，證書 %(number)s 已發出。",
}
FACTS = ("Declared facts of the use changed.", "用途的申報事實有所改變。")
NEXT_STEP = "Add the newest monitoring record. The certificate then automatically becomes valid again."
INCIDENT = ("An incident is being investigated.", "正在調查一宗事故。")


@pytest.fixture(autouse=True)
def _two_languages(settings: Any, tmp_path: Path) -> None:
    speak(settings, tmp_path, TEXTS)


@pytest.fixture
def assessment(cast: Cast) -> Assessment:
    """A certified use; Ines approved it, and its second owner and Ines read Chinese."""
    made = make_conditioned(cast)
    other = make_member(Role.OWNER, cast.organisation, "Oscar Owner").user
    User.objects.filter(pk__in=[other.pk, cast.independent.pk]).update(language=CHINESE)
    mail.outbox.clear()
    return made


def change_fact(assessment: Assessment, by: User) -> None:
    declare.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=by)


def state_incident(assessment: Assessment, by: User) -> None:
    changes.state_change(assessment, by=by, kinds=["incident"], words="A leak.", happened_on=in_days(0))


def told(kind: str = "certificate_suspended") -> dict[str, tuple[str, str]]:
    rows = Message.objects.filter(kind=kind).select_related("recipient")
    return {row.recipient.name: (row.subject, row.text) for row in rows}


def last_event() -> CertificateEvent:
    return CertificateEvent.objects.latest("pk")


# --- who is told -----------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(("act", "reason"), mostly_long([(change_fact, FACTS), (state_incident, INCIDENT)], 2))
@pytest.mark.parametrize("language", ["en", CHINESE])
def test_a_suspension_tells_owners_and_reviewers_each_in_their_language(
    act, reason, language, cast, assessment, django_capture_on_commit_callbacks
):
    """Whatever language the person who acts reads: the organisation's other owner and the reviewer read Chinese."""
    third = make_member(Role.OWNER, cast.organisation, "Olga Owner").user
    number, title = certificate_of(assessment).number, assessment.use.title
    with translation.override(language), django_capture_on_commit_callbacks(execute=True):
        act(assessment, cast.owner)
    english = (f"Certificate suspended: {title}", f"{number}. {reason[0]}")
    chinese = (f"證書已暫停：{title}", f"{number}. {reason[1]}")
    assert told() == {"Oscar Owner": chinese, cast.independent.name: chinese, third.name: english}
    link = reverse("certificate_status", args=[number])
    assert set(Message.objects.filter(kind="certificate_suspended").values_list("link", flat=True)) == {link}
    mailed = {message.to[0]: message.subject for message in mail.outbox if title in message.subject}
    assert mailed[third.email] == english[0]
    assert mailed[cast.independent.email] == chinese[0]


@pytest.mark.long
def test_a_suspension_is_not_told_to_former_owners_or_to_reviewers_with_a_conflict(cast, assessment):
    Membership.objects.filter(user__name="Oscar Owner").update(role=Role.VIEWER)
    Interest.objects.create(assessment=assessment, reviewer=cast.independent, words="I know them.")
    change_fact(assessment, cast.contributor)
    assert set(told()) == {cast.owner.name}


@pytest.mark.long
def test_a_second_change_of_facts_neither_suspends_nor_tells_again(cast, assessment):
    change_fact(assessment, cast.owner)
    Message.objects.all().delete()
    state_incident(assessment, cast.owner)
    assert CertificateEvent.objects.filter(kind="suspended").count() == 1
    assert told() == {}


@pytest.mark.long
def test_a_lapse_of_monitoring_tells_owners_and_reviewers_each_in_their_language(cast):
    """The organisation's second owner and the independent reviewers read Chinese."""
    assessment = make_assessment(State.CERTIFIED, "high", cast=cast)
    other = make_member(Role.OWNER, cast.organisation, "Oscar Owner").user
    User.objects.filter(pk__in=[other.pk, cast.independent.pk, cast.second_independent.pk]).update(language=CHINESE)
    certificate = certificate_of(assessment)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=36)):
        assert monitoring.watch_monitoring() == 1
    subject, title = "Certificate suspended: %(use)s", assessment.use.title
    reason, todo = "監察證據距今超過 35 日。", "加入最新監察記錄後，證書恢復有效。"
    owner = (f"Certificate suspended: {title}", "The monitoring evidence is older than 35 days. " + NEXT_STEP)
    reviewer = (TEXTS[subject] % {"use": title}, reason)
    assert told("monitoring_lapsed") == {
        cast.owner.name: owner,
        "Oscar Owner": (TEXTS[subject] % {"use": title}, f"{reason} {todo}"),
        cast.independent.name: reviewer,
        cast.second_independent.name: reviewer,
    }
    rows = Message.objects.filter(kind="monitoring_lapsed").values_list("recipient__name", "link")
    to_do, to_see = (
        reverse("conformity", args=[assessment.reference]),
        reverse("certificate_status", args=[certificate.number]),
    )
    assert dict(rows) == {
        cast.owner.name: to_do,
        "Oscar Owner": to_do,
        cast.independent.name: to_see,
        cast.second_independent.name: to_see,
    }


@pytest.mark.long
def test_a_certificate_that_waited_is_told_to_owners_and_reviewers_but_for_the_person_who_closed_the_last_gap(cast):
    gap = {"accountable-owner": {"choice": "partly", "text": "Kept for three of our five clinics."}}
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers=gap)
    other = make_member(Role.OWNER, cast.organisation, "Oscar Owner").user
    User.objects.filter(pk=other.pk).update(language=CHINESE)
    action = assessment.use.actions.get(question="accountable-owner")
    report_done(action, by=cast.owner, note="Named.")
    assert told("case_certified") == {}
    close_as(action, by=cast.independent)
    number, title = certificate_of(assessment).number, assessment.use.title
    assert told("case_certified") == {
        cast.owner.name: (
            f"Certificate issued: {title}",
            f"Nothing blocks the certificate any more. Certificate {number} has been issued.",
        ),
        "Oscar Owner": (f"證書已發出：{title}", f"已無阻礙，證書 {number} 已發出。"),
    }
    links = Message.objects.filter(kind="case_certified").values_list("link", flat=True)
    assert set(links) == {reverse("certificate_status", args=[number])}


# --- the events ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_each_event_is_written_with_its_status_and_ends_the_certificate_where_no_other_follows(cast, assessment):
    certificate = certificate_of(assessment)
    for event, found, ended in (
        (status.Event.SUSPENDED, CertificateStatus.SUSPENDED, False),
        (status.Event.REINSTATED, CertificateStatus.VALID, False),
        (status.Event.SUPERSEDED, CertificateStatus.SUPERSEDED, True),
    ):
        row = status.change(certificate, event, by=cast.owner, words="For the record.", notify=False)
        assert (row.kind, row.by, row.private_reason) == (event, cast.owner, "For the record.")
        anew = Certificate.objects.get(pk=certificate.pk)
        assert (anew.status(), anew.ended_at is not None) == (found, ended)
    assert not Message.objects.filter(kind__startswith="certificate_").exists()


@pytest.mark.long
def test_a_certificate_that_follows_ends_the_one_before_without_a_message_or_a_notice(cast, assessment):
    before = certificate_of(assessment)
    notices = Document.objects.filter(kind=DocumentKind.STATUS_NOTICE).count()
    status.change(before, status.Event.SUPERSEDED, by=None, notify=False)
    assert Document.objects.filter(kind=DocumentKind.STATUS_NOTICE).count() == notices
    status.change(before, status.Event.REVOKED, by=None, notify=False)
    assert Document.objects.filter(kind=DocumentKind.STATUS_NOTICE).count() == notices + 1


# --- the public reason -----------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("language", ["en", CHINESE])
@pytest.mark.parametrize(("act", "code"), [(change_fact, "suspended.facts"), (state_incident, "suspended.incident")])
def test_a_suspension_keeps_its_public_reason_as_a_code_in_every_language(act, code, language, cast, assessment):
    with translation.override(language):
        act(assessment, cast.owner)
    assert last_event().public_reason == code


@pytest.mark.long
def test_pages_put_the_public_reason_into_the_language_of_the_reader(client, cast, assessment):
    change_fact(assessment, cast.owner)
    number = certificate_of(assessment).number
    for page, user in (("verify", None), ("certificate_status", cast.owner)):
        if user:
            client.force_login(user)
        for language, words in zip(("en", CHINESE), FACTS, strict=True):
            shown = client.get(reverse(page, args=[number]), headers={"accept-language": language}).content.decode()
            assert words in shown
            assert "suspended.facts" not in shown
            assert [other for other in FACTS if other in shown] == [words]


def test_the_status_notice_has_both_languages_whoever_asks_for_it(cast, assessment):
    change_fact(assessment, cast.owner)
    with translation.override(CHINESE):
        notice = public_reason(last_event().public_reason)
    assert (notice.en, notice.zh) == FACTS


def test_a_reason_with_a_number_is_kept_with_it_and_put_into_words():
    kept = coded(PublicReason.MONITORING_TOO_OLD, days=35)
    assert kept == "suspended.monitoring_days days=35"
    with translation.override("en"):
        assert words_of(kept) == "The monitoring evidence is older than 35 days."
    with translation.override(CHINESE):
        assert words_of(kept) == "監察證據距今超過 35 日。"
    assert public_reason(kept).zh == "監察證據距今超過 35 日。"


@pytest.mark.parametrize("kept", ["", "Facts under examination.", "一宗事故。", "suspended.unknown", "suspended"])
def test_a_reason_that_is_no_code_stays_as_it_was_written(kept):
    with translation.override(CHINESE):
        assert words_of(kept) == kept


@pytest.mark.long
def test_every_reason_that_a_person_may_choose_is_kept_by_its_own_code(cast, assessment):
    certificate = certificate_of(assessment)
    for move, by_key in standing.REASONS.items():
        for key, words in by_key.items():
            with translation.override("en"):
                assert words_of(f"{move}.{key}") == str(words)
    standing.suspend(certificate, by=cast.independent, reason="asked", words="They asked.")
    assert last_event().public_reason == "suspended.asked"
    standing.revoke(certificate, by=cast.independent, reason="asked", words="They asked.")
    assert last_event().public_reason == "revoked.asked"
