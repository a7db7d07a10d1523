"""Both seats of a case hear of what the other one does, of new rounds, of decisions and of the certificate."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessments.domain.remediation import actions, dates
from assessments.domain.review import approval, decisions, interests, seat_taking, tier
from assessments.models import Message, RemediationAction, State
from tests.domain.review.rounds import resubmit, return_it, returned_high, sent
from tests.support.acting import close_as
from tests.support.factories import in_days, make_assessment, make_evidence, mark_all

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def told(user, kind):
    return list(Message.objects.filter(recipient=user, kind=kind).order_by("pk"))


def high_with_both_seats(cast):
    submission = sent(make_assessment(State.IN_REVIEW, "high", cast=cast))
    seat_taking.take(submission, by=cast.second_independent)
    return submission


def test_the_other_seat_hears_of_a_return_and_that_its_approval_has_lapsed(cast):
    submission = sent(returned_high(cast))
    (line,) = told(cast.independent, "case_returned")
    assert "Your approval of this round is no longer valid." in line.text
    assert "Please mend this." in line.text
    assert line.link == reverse("review", args=[submission.reference])
    assert not told(cast.second_independent, "case_returned")


def test_who_had_not_approved_is_told_of_no_lapsed_approval(cast):
    submission = high_with_both_seats(cast)
    return_it(submission, cast.independent)
    (line,) = told(cast.second_independent, "case_returned")
    assert "no longer valid" not in line.text


def test_a_new_round_is_told_to_both_seats_and_to_nobody_else(cast):
    again = resubmit(returned_high(cast), cast)
    for user in (cast.independent, cast.second_independent):
        (line,) = told(user, "case_round")
        assert "round 2" in line.text
        assert "1 answer or fact has changed" in line.text
    assert not Message.objects.filter(kind__in=["submitted", "second_seat"], object=f"submission:{again.reference}")


def test_a_case_that_ends_with_a_raised_tier_is_told_to_the_other_seat(cast):
    high = high_with_both_seats(cast)
    tier.raise_tier(high, by=cast.independent, tier="unacceptable", reason="It is a prohibited use.")
    (line,) = told(cast.second_independent, "case_decided")
    assert "It is a prohibited use." in line.text


@pytest.mark.long
def test_the_first_approval_and_the_decision_are_told_to_the_other_seat(cast):
    submission = high_with_both_seats(cast)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    (first,) = told(cast.second_independent, "case_approved")
    assert "The case still needs a second approval." in first.text
    mark_all(submission, by=cast.second_independent)
    approval.approve(submission, by=cast.second_independent, statement="I agree.")
    (second,) = told(cast.independent, "case_decided")
    assert "The certificate has been issued." in second.text
    assert "I agree." in second.text
    first.refresh_from_db()
    assert first.read_at  # it waits for nobody any more
    assert not told(cast.second_independent, "case_decided")


def test_a_refusal_is_told_to_the_other_seat_with_its_reasons(cast):
    submission = high_with_both_seats(cast)
    decisions.refuse(submission, by=cast.second_independent, statement="The answers do not hold.")
    (line,) = told(cast.independent, "case_decided")
    assert "The answers do not hold." in line.text


@pytest.mark.long
def test_a_certificate_that_comes_later_is_told_to_the_reviewers(cast):
    gap = {"accountable-owner": {"choice": "partly", "text": "Kept for three of our five clinics."}}
    case = make_assessment(State.APPROVED, "high", cast=cast, answers=gap)
    first, second = sent(case).seats.order_by("pk")
    action = RemediationAction.objects.get(use=case.use, question="accountable-owner")
    dates.plan(action, by=cast.owner, owner=cast.contributor, due=in_days(5), effort="S")
    actions.attach(action, make_evidence(cast.organisation, by=cast.contributor), by=cast.contributor)
    actions.report(action, by=cast.contributor, note="All five clinics have one.")
    assert not told(cast.independent, "case_certified")
    for seat in (first, second):  # of a High use one accepts and the other confirms
        close_as(RemediationAction.objects.get(pk=action.pk), by=seat.reviewer)
    (line,) = told(first.reviewer, "case_certified")
    assert not told(second.reviewer, "case_certified")  # it was they who closed it
    assert sent(case).certificate.number in line.text


def test_who_has_declared_a_conflict_hears_no_more_of_the_case(cast):
    submission = high_with_both_seats(cast)
    interests.decline(submission, by=cast.second_independent, words="My brother has joined them.")
    decisions.refuse(submission, by=cast.independent, statement="The answers do not hold.")
    assert not told(cast.second_independent, "case_decided")
