"""Whoever once worked on a use stays in its delivery team, also after what they did was taken back."""

from __future__ import annotations

import pytest
from django.db import connection

from assessments.access import separation
from assessments.core.errors import SeparationOfDuties
from assessments.domain.evidence import library
from assessments.domain.remediation import actions
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import ActionEvent, Assessment, Evidence, Involvement, Membership, Role, Route, State
from assessments.models.base import FrozenRow
from tests.support.daily import mostly_long
from tests.support.delivery_team import QUESTION, WAYS, attach_to_an_answer, be_asked, returned
from tests.support.factories import make_assessment, make_member, prove

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("way", mostly_long(WAYS, 3), ids=lambda way: way.__name__)
def test_withdrawn_contribution_still_bars_from_review(way, cast):
    once = make_member(Role.CONTRIBUTOR, cast.organisation, "Wanda Once")
    untouched = make_member(Role.CONTRIBUTOR, cast.organisation, "Uma Untouched")
    assessment = way(cast, once.user)
    Membership.objects.filter(pk__in=[once.pk, untouched.pk]).update(role=Role.REVIEWER)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    if assessment.state != State.RETURNED:
        prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INSIDE)
    team = separation.delivery_team(submission.assessment)
    assert (once.user.pk in team, untouched.user.pk in team) == (True, False)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=once.user)
    seat_taking.take(submission, by=untouched.user)


@pytest.mark.long
def test_involvement_is_recorded_once_and_for_its_use_alone(cast):
    assessment = attach_to_an_answer(cast, cast.contributor)
    piece = Evidence.objects.get()
    for _again in range(2):
        library.attach(piece, assessment, QUESTION, by=cast.contributor)
        library.detach(piece, assessment, QUESTION, by=cast.contributor)
    other = make_assessment(State.DRAFT, "limited", cast=cast)
    kept = Involvement.objects.filter(user=cast.contributor).values_list("use", "kind")
    assert list(kept) == [(assessment.use_id, Involvement.Kind.ATTACHED)]
    assert cast.contributor.pk not in separation.delivery_team(other)


@pytest.mark.long
def test_delivery_team_with_withdrawn_contributions_costs_one_query(cast, django_assert_num_queries):
    assessment = attach_to_an_answer(cast, cast.contributor)
    be_asked(cast, cast.contributor)
    separation.delivery_team(assessment)  # compiled once
    with django_assert_num_queries(1):
        assert cast.contributor.pk in separation.delivery_team(assessment)


def test_involvement_row_is_immutable(cast):
    attach_to_an_answer(cast, cast.contributor)
    row = Involvement.objects.filter(user=cast.contributor).get()
    for change in (row.delete, row.save, Involvement.objects.all().delete):
        with pytest.raises(FrozenRow):
            change()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the trigger is PostgreSQL's")
def test_involvement_row_is_not_deleted_by_the_database_on_postgresql(cast):
    from django.db import DatabaseError, transaction

    attach_to_an_answer(cast, cast.contributor)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM assessments_involvement")


@pytest.mark.long
def test_a_note_or_a_date_makes_nobody_a_member_of_the_team(cast):
    """Only owning, attaching and reporting do: who planned for others may still be asked to review."""
    assessment, action = returned(cast)
    actions.comment(action, "Who has it?", by=cast.contributor)
    assert ActionEvent.objects.filter(by=cast.contributor).count() == 1
    assert cast.contributor.pk not in separation.delivery_team(assessment)
