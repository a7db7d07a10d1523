"""Seats go over to the next round by themselves; a declaration is asked for again only where something has changed."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.core.errors import NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.review import decisions, interests, marks, messages, rounds, seat_requests, seat_taking
from assessments.domain.submission import submit, taking_back
from assessments.models import (
    AISystem,
    Interest,
    Membership,
    Message,
    Organisation,
    ReviewSeat,
    Role,
    Route,
    Seat,
    State,
)
from tests.domain.review.rounds import QUESTION, resubmit, return_it, returned_high, sent
from tests.support.factories import make_assessment, make_member, save

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def holders(submission):
    return dict(submission.seats.values_list("seat", "reviewer__name"))


# --- seats -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_new_round_is_in_review_at_once_with_both_seats_and_without_a_declaration(cast):
    case = returned_high(cast)
    before = holders(sent(case))
    declared = Interest.objects.count()
    again = resubmit(case, cast)
    case.refresh_from_db()
    assert case.state == State.IN_REVIEW
    assert holders(again) == before == {"first": str(cast.independent), "second": str(cast.second_independent)}
    assert Interest.objects.count() == declared
    for user in (cast.independent, cast.second_independent):
        assert finders.is_open_to(user, case)
        marks.save_mark(again, f"q:{QUESTION}", marks.GivenMark(mark="accepted", words=f"Seen by {user}."), by=user)


def test_marks_that_are_carried_stay_in_the_round_of_those_who_keep_their_seats(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    again = resubmit(case, cast)
    carried = again.marks.exclude(carried_from=None)
    assert carried.exists()
    assert set(carried.values_list("by", flat=True)) == {cast.independent.pk}
    assert not carried.filter(target=f"q:{QUESTION}").exists()


@pytest.mark.long
def test_taking_a_kept_seat_again_changes_nothing_and_nobody_else_takes_it(cast):
    again = resubmit(make_assessment(State.RETURNED, "limited", cast=cast), cast)
    seat = again.seats.get()
    assert seat_taking.take(again, by=cast.independent) == seat
    with pytest.raises(WorkflowError):
        seat_taking.take(again, by=cast.second_independent)
    assert again.seats.get().reviewer == cast.independent


@pytest.mark.parametrize("why", ["left", "conflict", "team"])
def test_who_left_has_a_conflict_or_works_on_the_use_does_not_keep_a_seat(why, cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    if why == "left":
        Membership.objects.filter(user=cast.independent).update(left_at=timezone.now())
    elif why == "conflict":
        interests.decline(sent(case), by=cast.independent, words="My brother has joined them.")
    else:
        Membership.objects.create(user=cast.independent, organisation=cast.organisation, role=Role.CONTRIBUTOR)
        save(case, QUESTION, {"choice": "in_place", "text": "I wrote this."}, by=cast.independent)
        Membership.objects.filter(user=cast.independent, organisation=cast.organisation).update(left_at=timezone.now())
    again = resubmit(case, cast)
    case.refresh_from_db()
    assert not again.seats.exists()
    assert case.state == State.SUBMITTED
    told = set(
        Message.objects.filter(kind="submitted", object=f"submission:{again.reference}").values_list("recipient")
    )
    assert (cast.second_independent.pk,) in told
    seat_taking.take(again, by=cast.second_independent)


@pytest.mark.long
def test_of_two_seats_the_second_alone_waits_for_somebody_in_the_first(cast):
    case = returned_high(cast)
    interests.decline(sent(case), by=cast.independent, words="My brother has joined them.")
    third = make_member(Role.REVIEWER, cast.body, "Iris Independent").user
    again = resubmit(case, cast)
    case.refresh_from_db()
    assert (case.state, holders(again)) == (State.SUBMITTED, {"second": str(cast.second_independent)})
    assert (
        "The case has no first reviewer"
        in Message.objects.get(recipient=cast.second_independent, kind="case_round").text
    )
    seat_taking.take(again, by=third)
    case.refresh_from_db()
    assert case.state == State.IN_REVIEW
    assert set(holders(again)) == {"first", "second"}
    asked = Message.objects.filter(kind="second_seat", object=f"submission:{again.reference}")
    assert not asked.exists()


def test_an_in_house_reviewer_does_not_keep_a_seat_in_what_now_goes_to_the_reviewing_body(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast, route=Route.INSIDE)
    save(case, QUESTION, {"choice": "in_place", "text": "Here it is."}, by=cast.owner)
    again = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    assert not again.seats.exists()


@pytest.mark.long
def test_what_is_taken_back_before_the_first_seat_is_taken_keeps_the_second_seat(cast):
    case = returned_high(cast)
    interests.decline(sent(case), by=cast.independent, words="My brother has joined them.")
    resubmit(case, cast)
    case.refresh_from_db()
    taking_back.recall(case, by=cast.owner)
    assert Message.objects.filter(recipient=cast.second_independent, kind="case_recalled").exists()
    again = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    assert holders(again) == {"second": str(cast.second_independent)}


# --- a new declaration -------------------------------------------------------------------------------------------------


def change_the_supplier(cast):
    AISystem.objects.filter(organisation=cast.organisation).update(suppliers="Another Model Limited")


def change_the_organisation(cast):
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en="Harbour Care Holdings Limited")


CHANGES = {
    "supplier": (change_the_supplier, "Now: Another Model Limited."),
    "organisation": (change_the_organisation, "Now: Harbour Care Holdings Limited"),
    "team": (None, "Nadia Newcomer has worked on the use since you declared your interests."),
    "days": (None, "A declaration is valid for 180 days."),
}


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("what", CHANGES)
def test_a_declaration_is_asked_for_again_where_something_has_changed(what, cast, client):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    change, words = CHANGES[what]
    by = make_member(Role.CONTRIBUTOR, cast.organisation, "Nadia Newcomer").user if what == "team" else cast.owner
    if change:
        change(cast)
    later = timezone.now() + timedelta(days=181 if what == "days" else 0)
    with mock.patch("django.utils.timezone.now", return_value=later):
        again = resubmit(case, cast, by=by)
    seat = again.seats.get()
    assert (seat.reviewer, seat.to_declare) == (cast.independent, True)
    line = Message.objects.get(recipient=cast.independent, kind="case_round")
    assert words in line.text
    assert line.link == reverse("declare", args=[again.reference])
    assert not finders.is_open_to(cast.independent, case)
    for act in (
        lambda: marks.save_mark(again, f"q:{QUESTION}", marks.GivenMark(mark="accepted"), by=cast.independent),
        lambda: decisions.refuse(again, by=cast.independent, statement="No."),
        lambda: messages.say(again, "Which clinics?", by=cast.independent),
    ):
        with pytest.raises(NotPermitted):
            act()
    client.force_login(cast.independent)
    for page in ("declare", "review"):
        shown = client.get(reverse(page, args=[again.reference])).content.decode()
        assert words in " ".join(shown.split())
    client.post(reverse("declare", args=[again.reference]), {"conflict": "none"})
    seat.refresh_from_db()
    assert (seat.to_declare, seat.since_declared) == (False, [])
    marks.save_mark(again, f"q:{QUESTION}", marks.GivenMark(mark="accepted", words="Seen."), by=cast.independent)
    assert client.get(reverse("review_facts", args=[again.reference])).status_code == 200


def test_a_conflict_declared_on_asking_again_closes_the_case(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    change_the_supplier(cast)
    again = resubmit(case, cast)
    interests.decline(again, by=cast.independent, words="My brother works there.")
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(again, by=cast.independent)
    assert not finders.is_open_to(cast.independent, case)


def test_a_declaration_made_again_holds_for_the_rounds_after_it(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    change_the_supplier(cast)
    again = resubmit(case, cast)
    interests.declare_none(again, by=cast.independent)
    return_it(again, cast.independent)
    case.refresh_from_db()
    save(case, QUESTION, {"choice": "in_place", "text": "The newest one."}, by=cast.owner)
    third = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    assert not third.seats.get().to_declare


@pytest.mark.long
def test_a_declaration_that_is_still_open_is_asked_for_in_the_next_round_too(cast):
    case = returned_high(cast)
    change_the_supplier(cast)
    again = resubmit(case, cast)
    interests.declare_none(again, by=cast.second_independent)
    marks.save_mark(
        again,
        f"q:{QUESTION}",
        marks.GivenMark(mark="change_needed", reason="not_shown", would_satisfy="Show the newest entry."),
        by=cast.second_independent,
    )
    decisions.send_back(again, by=cast.second_independent)
    case.refresh_from_db()
    save(case, QUESTION, {"choice": "in_place", "text": "The newest one."}, by=cast.owner)
    third = submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)
    assert dict(third.seats.values_list("seat", "to_declare")) == {"first": True, "second": False}
    interests.declare_none(third, by=cast.independent)
    assert finders.is_open_to(cast.independent, case)  # the seats of earlier rounds do not keep it closed


def test_a_seat_that_is_taken_over_rests_on_the_declaration_of_who_takes_it_over(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    change_the_supplier(cast)
    again = resubmit(case, cast)
    asked = seat_requests.ask(again, Seat.FIRST, cast.second_independent, by=cast.independent, note="Read it all.")
    held = seat_requests.take_over(asked, by=cast.second_independent)
    assert (held.to_declare, held.since_declared, held.kept_from) == (False, [], None)
    assert finders.is_open_to(cast.second_independent, case)


def test_the_daily_sweep_asks_again_within_a_round_and_once(cast):
    submission = sent(make_assessment(State.IN_REVIEW, "limited", cast=cast))
    assert rounds.ask_again() == 0
    change_the_supplier(cast)
    assert rounds.ask_again() == 1
    assert rounds.ask_again() == 0
    with pytest.raises(NotPermitted):
        marks.save_mark(submission, f"q:{QUESTION}", marks.GivenMark(mark="accepted"), by=cast.independent)
    assert "Another Model Limited" in Message.objects.get(recipient=cast.independent, kind="to_declare").text


def test_of_a_seat_from_before_declarations_were_described_only_the_days_are_known(cast):
    case = make_assessment(State.RETURNED, "limited", cast=cast)
    ReviewSeat.objects.update(declared_at=None, declared_about={})
    change_the_supplier(cast)
    assert not resubmit(case, cast).seats.get().to_declare
