"""A case on whose use somebody worked is not offered to them; tests/system/test_attacks.py holds them against the delivery team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from assessments.domain.facts import declare
from assessments.domain.review.own_work import uses_worked_on
from assessments.domain.submission import submit
from assessments.models import Assessment, Membership, Role, Route, State, User
from tests.support.daily import mostly_long
from tests.support.delivery_team import WAYS
from tests.support.factories import Cast, make_assessment, make_cast, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("way", mostly_long(WAYS, 3), ids=lambda way: way.__name__)
def test_what_was_taken_back_counts_too(way: Callable[[Cast, User], Assessment]) -> None:
    cast = make_cast()
    once = make_member(Role.CONTRIBUTOR, cast.organisation, "Wanda Once").user
    assessment = way(cast, once)
    assert assessment.use_id in uses_worked_on(once)


@pytest.mark.long
def test_the_queue_offers_no_own_work_to_be_taken(client: Any) -> None:
    cast = make_cast()
    mine = make_assessment(State.DRAFT, "limited", cast=cast)
    declare.declare_facts(mine.use, {"users_scale": "100_to_9999"}, by=cast.contributor)
    own = submit.submit(mine, by=cast.owner, route=Route.INSIDE)
    other = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INSIDE).current_submission
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    client.force_login(cast.contributor)
    page = client.get(reverse("reviews")).content.decode()
    assert reverse("take", args=[other.reference]) in page
    assert reverse("take", args=[own.reference]) not in page
    assert "You worked on this use, so somebody else has to take the case." in page
