"""A reviewer who leaves after the decision has a successor, who judges what is still to be closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from assessments.core.errors import NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.register import members
from assessments.domain.review import interests, successors
from assessments.models import (
    ActionStatus,
    Assessment,
    AuditEntry,
    Interest,
    Membership,
    Message,
    ReviewDecision,
    Role,
    Seat,
    State,
    Submission,
)
from tests.support.acting import CONDITION, action_on, close_as, make_conditioned, report_done, sent
from tests.support.factories import Cast, anew, make_assessment, proved
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    """A certified case with a condition, whose only reviewer has left the reviewing body."""
    assessment = make_conditioned(cast)
    report_done(action_on(assessment, CONDITION), by=cast.contributor)
    members.remove_member(Membership.objects.get(user=cast.independent), by=cast.second_independent)
    return assessment


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


@pytest.mark.long
def test_without_a_successor_nobody_accepts_the_action(cast: Cast, assessment: Assessment) -> None:
    for who in (cast.independent, cast.second_independent, cast.reviewer):
        with pytest.raises(NotPermitted):
            close_as(action_on(assessment, CONDITION), by=who)


@pytest.mark.long
def test_a_colleague_takes_over_the_seat_and_judges_what_is_left(cast: Cast, assessment: Assessment) -> None:
    submission = sent(assessment)
    seat = successors.succeed(submission, Seat.FIRST, by=cast.second_independent)
    assert (seat.reviewer, seat.independent) == (cast.second_independent, True)
    assert Interest.objects.filter(reviewer=cast.second_independent, words="").count() == 1
    assert ReviewDecision.objects.get(submission=submission).by == cast.independent  # what was decided stays
    assert AuditEntry.objects.filter(kind="seat_succeeded").count() == 1
    close_as(action_on(assessment, CONDITION), by=cast.second_independent)
    assert action_on(assessment, CONDITION).status == ActionStatus.CLOSED


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("reviewer", SeparationOfDuties),  # in-house, and the case was sent to the reviewing body
        ("owner", NotPermitted),
        ("contributor", NotPermitted),
        ("viewer", NotPermitted),
        ("outsider", NotPermitted),
        ("staff", NotPermitted),
        ("independent", NotPermitted),  # who left
    ],
)
def test_nobody_else_takes_it_over(cast: Cast, assessment: Assessment, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        successors.succeed(sent(assessment), Seat.FIRST, by=getattr(cast, who))
    assert sent(assessment).seats.get().reviewer == cast.independent


@fails_without("a successor is asked as a reviewer is")
def test_whoever_has_a_conflict_or_worked_on_the_use_does_not_take_it_over(cast: Cast, assessment: Assessment) -> None:
    interests.decline(sent(assessment), by=cast.second_independent, words="I sold it to them.")
    with pytest.raises(SeparationOfDuties):
        successors.succeed(sent(assessment), Seat.FIRST, by=cast.second_independent)
    Membership.objects.filter(user=cast.contributor).update(organisation=cast.body, role=Role.REVIEWER)
    with pytest.raises(SeparationOfDuties, match="worked on this use"):
        successors.succeed(sent(assessment), Seat.FIRST, by=cast.contributor)


@pytest.mark.parametrize("state", [State.CERTIFIED, State.IN_REVIEW, State.REFUSED])
def test_no_seat_is_taken_from_who_still_reviews_nor_in_an_undecided_case(cast: Cast, state: str) -> None:
    Membership.objects.filter(user=cast.independent).update(left_at=None)
    assessment = make_assessment(state, "limited", cast=cast)
    if state != State.CERTIFIED:
        members.remove_member(Membership.objects.get(user=cast.independent), by=cast.second_independent)
    with pytest.raises(WorkflowError, match="decided and its reviewer has left"):
        successors.succeed(sent(assessment), Seat.FIRST, by=cast.second_independent)


@pytest.mark.long
def test_the_other_reviewer_of_a_high_case_does_not_take_both_seats(cast: Cast) -> None:
    Membership.objects.filter(user=cast.independent).update(left_at=None)
    assessment = make_assessment(State.APPROVED, "high", cast=cast, answers={CONDITION: {"choice": "partly"}})
    first, second = sent(assessment).seats.order_by("seat")
    by = {cast.independent.pk: cast.independent, cast.second_independent.pk: cast.second_independent}
    left, stays = (first, second) if first.reviewer_id in by else (second, first)
    interests.decline(sent(assessment), by=by[left.reviewer_id], words="I sold it to them.")
    with pytest.raises((WorkflowError, SeparationOfDuties)):
        successors.succeed(sent(assessment), Seat(left.seat), by=stays.reviewer)


def test_the_page_offers_the_seat_and_takes_the_declaration(client: Any, cast: Cast, assessment: Assessment) -> None:
    submission: Submission = sent(assessment)
    proved(client, cast.second_independent)
    page = client.get(reverse("review", args=[submission.reference])).content.decode()
    assert "Take over the case from Ines Independent" in page
    url = reverse("take", args=[submission.reference])
    assert "Declare" not in client.post(url, {"conflict": "none"}, follow=True).request["PATH_INFO"]
    assert submission.seats.get().reviewer == cast.second_independent
    assert not Message.objects.filter(recipient=cast.second_independent, subject__contains="is now a reviewer").exists()
