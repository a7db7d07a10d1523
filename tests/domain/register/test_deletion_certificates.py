"""A certificate outlives its organisation: everybody can verify it, and the reviewing body can still take it back."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assessments.audit.verify import verify
from assessments.core.errors import NotPermitted
from assessments.domain.certificates import standing, status
from assessments.domain.register import deleted_organisations
from assessments.models import Certificate, Interest, Message, Organisation, Role, Route, State
from assessments.models.audit import INSTALLATION
from tests.support.factories import Cast, in_days, make_assessment, make_cast, make_member, proved
from tests.support.page_text import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
WORDS = "It was found out afterwards."


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def certified(cast: Cast, kind: str) -> Certificate:
    match kind:
        case "independent":
            found = make_assessment(State.CERTIFIED, "limited", cast=cast, route=Route.INDEPENDENT)
        case "in house":
            found = make_assessment(State.CERTIFIED, "limited", cast=cast, route=Route.INSIDE)
        case _:
            found = make_assessment(State.CERTIFIED, "low", cast=cast)
    certificate: Certificate = found.submissions.get().certificate
    return certificate


def delete(cast: Cast) -> None:
    Organisation.objects.filter(pk=cast.organisation.pk).update(deletion_on=in_days(-1), deletion_by=cast.owner)
    assert deleted_organisations.carry_out() == 1


KINDS = ("independent", "in house", "self-declared")


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("kind", KINDS)
def test_the_reviewing_body_suspends_and_revokes_it_and_the_public_page_says_so(cast: Cast, kind: str) -> None:
    certificate = certified(cast, kind)
    before = certificate.public_record
    delete(cast)
    public = reverse("verify", args=[certificate.number])
    assert "Valid" in text_of(Client().get(public))
    reviewer = proved(Client(), cast.independent)
    page = reverse("certificate_status", args=[certificate.number])
    assert reviewer.get(page).status_code == 200
    form = {"move": status.SUSPEND, "reason": "complaint", "words": WORDS}
    assert reviewer.post(page, form).status_code == 302
    assert "Suspended" in text_of(Client().get(public))
    form = {"move": status.REVOKE, "reason": "untrue", "words": WORDS}
    assert reviewer.post(page, form).status_code == 302
    shown = text_of(Client().get(public))
    assert "Revoked" in shown
    assert "The declaration was untrue." in shown
    certificate.refresh_from_db()
    assert certificate.public_record == before
    for chain in (INSTALLATION, cast.organisation.reference):
        assert [str(fault) for fault in verify(chain, by=None).faults] == []


@pytest.mark.long
def test_nobody_else_judges_it(cast: Cast) -> None:
    certificate = certified(cast, "independent")
    conflicted = make_member(Role.REVIEWER, cast.body).user
    delete(cast)
    page = reverse("certificate_status", args=[certificate.number])
    for user in (cast.owner, cast.contributor, cast.reviewer):
        assert proved(Client(), user).get(page).status_code == 404
        with pytest.raises(NotPermitted):
            standing.revoke(certificate, by=user, reason="untrue", words=WORDS)
    Interest.objects.create(assessment=certificate.submission.assessment, reviewer=conflicted, words="A cousin.")
    assert standing.possible(certificate, conflicted) == []


@pytest.mark.long
def test_the_reviewers_of_the_reviewing_body_are_told_which_are_left_to_them(cast: Cast) -> None:
    certificate = certified(cast, "in house")
    delete(cast)
    (line,) = Message.objects.filter(kind="certificate_left", recipient=cast.independent)
    assert certificate.number in line.subject
    assert proved(Client(), cast.independent).get(line.link).status_code == 200
    assert not Message.objects.filter(kind="certificate_left", recipient=cast.owner).exists()


def test_reviewers_judge_no_more_of_an_organisation_that_is_there(cast: Cast) -> None:
    certificate = certified(cast, "in house")
    assert (
        proved(Client(), cast.independent).get(reverse("certificate_status", args=[certificate.number])).status_code
        == 404
    )
    assert standing.possible(certificate, cast.independent) == []
