"""An incident suspends a certificate; a reviewer or the next assessment ends that, never its owner's word."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone, translation

from assessments.core.errors import NotPermitted, NotReady, SeparationOfDuties
from assessments.domain.certificates import incidents, standing
from assessments.domain.submission import changes, self_certify
from assessments.models import Assessment, Certificate, CertificateEvent, Membership, Role, State
from assessments.models.public_reasons import words_of
from tests.support.factories import Cast, anew, fill, in_days, make_assessment, make_cast, make_member
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
WORDS = {"reason": "mended", "words": "It is over."}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def state_incident(assessment: Assessment, cast: Cast) -> Assessment:
    """State an incident and return the next assessment, which it opens."""
    words = "It told a patient to wait."
    return changes.state_change(
        assessment, by=cast.owner, kinds=["incident"], words=words, happened_on=in_days(0)
    ).opened


def certificate_of(assessment: Assessment) -> Certificate:
    return Certificate.objects.get(submission__assessment=assessment)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("suspended.incident", "An incident is being investigated."),
        ("An incident is being looked into.", "An incident is being looked into."),
    ],
)
def test_an_incident_is_recognised_by_its_code_and_by_the_words_of_older_rows(cast: Cast, kept: str, said: str) -> None:
    certificate = certificate_of(make_assessment(State.CERTIFIED, "low", cast=cast))
    assert not incidents.suspends(certificate)
    CertificateEvent.objects.create(certificate=certificate, kind="suspended", public_reason=kept)
    assert incidents.suspends(certificate)
    with translation.override("en"):
        assert words_of(kept) == said


@fails_without("an incident is ended by a reviewer")
def test_the_owner_of_a_self_declared_certificate_does_not_end_it(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    state_incident(assessment, cast)
    certificate = certificate_of(assessment)
    assert certificate.status() == "suspended"
    for day in (0, 40):
        later = timezone.now() + timedelta(days=day)
        with mock.patch("django.utils.timezone.now", return_value=later), pytest.raises(NotPermitted, match="incident"):
            standing.reinstate(certificate, by=cast.owner, **WORDS)
    assert cast.owner.pk not in standing.who_may_reinstate(certificate)


def test_a_reviewer_outside_the_team_ends_it(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    state_incident(assessment, cast)
    certificate = certificate_of(assessment)
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    standing.reinstate(certificate, by=cast.reviewer, **WORDS)
    assert Certificate.objects.get(pk=certificate.pk).status() == "valid"
    standing.suspend(certificate, by=cast.owner, reason="asked", words="We pause it.")
    standing.reinstate(certificate, by=cast.owner, **WORDS)  # the incident is over; this was the owner's own word


def test_one_who_worked_on_the_use_does_not_end_it(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    state_incident(assessment, cast)
    other = make_member(Role.OWNER, cast.organisation, "Oscar Owner").user
    Membership.objects.filter(user=cast.owner).update(role=Role.REVIEWER)
    with pytest.raises(SeparationOfDuties):
        standing.reinstate(certificate_of(assessment), by=cast.owner, **WORDS)
    with pytest.raises(NotPermitted):
        standing.reinstate(certificate_of(assessment), by=other, **WORDS)


def test_an_incident_stated_while_it_is_suspended_otherwise_counts_too(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    certificate = certificate_of(assessment)
    standing.suspend(certificate, by=cast.owner, reason="asked", words="We pause it.")
    state_incident(assessment, cast)
    with pytest.raises(NotPermitted, match="incident"):
        standing.reinstate(certificate, by=cast.owner, **WORDS)


@pytest.mark.long
def test_an_incident_stated_in_another_language_counts_as_one(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    with translation.override("zh-hant"):
        state_incident(assessment, cast)
    assert incidents.suspends(certificate_of(assessment))


def test_the_next_assessment_replaces_it_from_the_next_day_on(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    following = state_incident(assessment, cast)
    following.answers.update(to_confirm=False)
    fill(anew(following), by=cast.owner)
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(following, by=cast.owner)
    assert any("reported today" in reason for reason in refused.value.reasons)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=1)):
        self_certify.self_certify(following, by=cast.owner)
    assert certificate_of(assessment).status() == "superseded"
    assert certificate_of(following).status() == "valid"


@pytest.mark.long
def test_of_a_reviewed_certificate_it_is_ended_by_a_reviewer(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    state_incident(assessment, cast)
    certificate = certificate_of(assessment)
    for who in (cast.owner, cast.contributor, cast.viewer, cast.reviewer, cast.outsider, cast.staff):
        with pytest.raises(NotPermitted):
            standing.reinstate(certificate, by=who, **WORDS)
    standing.reinstate(certificate, by=cast.independent, **WORDS)
    assert Certificate.objects.get(pk=certificate.pk).status() == "valid"
