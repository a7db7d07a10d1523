"""A log calls by its title only what it has entries about: `?about=` says nothing of anybody else's objects."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from assessments.domain.register import members, systems
from assessments.models import Membership, Role, State
from tests.support.daily import mostly_long
from tests.support.factories import Cast, make_assessment, make_evidence, make_member, make_organisation
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
SECRET = "Oystercatcher"


def once_for_all(cast: Cast) -> dict[str, str]:
    """A neighbour with one object of each kind that has a title, by the name that the log gives it."""
    neighbour = make_organisation(f"{SECRET} Limited")
    owner = Membership.objects.get(organisation=neighbour).user
    theirs = make_assessment(State.DRAFT, "limited", organisation=neighbour, filled=False)
    systems.update_use(theirs.use, by=owner, title=f"{SECRET} use")
    systems.update_system(theirs.use.system, by=owner, name=f"{SECRET} system")
    piece = make_evidence(neighbour, by=owner, title=f"{SECRET} file")
    return {
        "assessment": theirs.reference,
        "declareduse": theirs.use.reference,
        "aisystem": theirs.use.system.reference,
        "evidence": piece.reference,
        "organisation": neighbour.reference,
    }


def page_of(person: Any, url: str, about: str) -> tuple[int, str]:
    client = Client()
    client.force_login(person)
    response = client.get(url, {"about": about})
    return response.status_code, markup_of(response)


def logs(cast: Cast) -> list[tuple[str, Any, str]]:
    """Every log that somebody outside the neighbour's organisation may open."""
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    founder = make_member(Role.OWNER)
    return [
        ("organisation", cast.owner, reverse("organisation_log", args=[cast.organisation.reference])),
        ("reviewing body", cast.independent, reverse("organisation_log", args=[cast.body.reference])),
        ("founder", founder.user, reverse("organisation_log", args=[founder.organisation.reference])),
        ("viewer", cast.viewer, reverse("assessment_log", args=[case.reference])),
        ("reviewer", cast.independent, reverse("review_log", args=[case.current_submission.reference])),
    ]


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("kind", mostly_long(["assessment", "declareduse", "aisystem", "evidence", "organisation"], 3))
def test_no_log_names_an_object_of_another_organisation(kind: str, cast: Cast, made: Any) -> None:
    theirs, unknown = f"{kind}:{made[1][kind]}", f"{kind}:aaaaaaaaaaaa"
    for name, person, url in logs(cast):
        status, page = page_of(person, url, theirs)
        assert (name, status) == (name, 200)
        assert SECRET not in page, name
        assert "This log has no entries" in page, name
        # What exists and what does not look the same.
        other = page_of(person, url, unknown)[1]
        assert without_tokens(page).replace(made[1][kind], "aaaaaaaaaaaa") == without_tokens(other), name


def without_tokens(page: str) -> str:
    """The page without what differs from request to request: tokens of 64 signs, and when its session ends."""
    return re.sub(r'\b[A-Za-z0-9]{64}\b|data-session-ends="[^"]*"', "", page)


def test_what_a_log_tells_of_is_called_by_its_title(cast: Cast, made: Any) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    systems.update_use(case.use, by=cast.owner, title="Sorting of letters")
    url = reverse("organisation_log", args=[cast.organisation.reference])
    page = page_of(cast.owner, url, f"declareduse:{case.use.reference}")[1]
    assert "Sorting of letters</option>" in page
    assert "This log has no entries" not in page


def test_a_former_member_reads_no_title_any_more(cast: Cast, made: Any) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    leaver = make_member(Role.OWNER, cast.organisation, "Lea Leaver")
    other = make_member(Role.OWNER, name="Lea Elsewhere")
    Membership.objects.filter(pk=other.pk).update(user=leaver.user)
    about = f"declareduse:{case.use.reference}"
    here = reverse("organisation_log", args=[cast.organisation.reference])
    assert case.use.title in page_of(leaver.user, here, about)[1]
    members.remove_member(leaver, by=cast.owner)
    assert page_of(leaver.user, here, about)[0] == 404
    status, page = page_of(leaver.user, reverse("organisation_log", args=[other.organisation.reference]), about)
    assert (status, case.use.title in page) == (200, False)
