"""Marks of before seats had their own: migration 0023 gives those of open cases to the seat of their author."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from assessments.domain.certificates import blockers
from assessments.domain.review import approval, decisions, seat_taking
from assessments.models import EvidenceMark, ReviewMark, Seat, State
from tests.support.factories import make_assessment, make_cast, mark_all

pytestmark = pytest.mark.sqlite_alone

MIGRATION = import_module("assessments.migrations.0023_own_marks")


def as_before(submission, cast):
    """Put all marks into one set, as it was: half of them by the second reviewer."""
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.independent)
    rows = ReviewMark.objects.filter(submission=submission)
    theirs = [row.pk for row in rows.order_by("pk")[:10]]
    rows.filter(pk__in=theirs).update(by=cast.second_independent, shown_at=None)
    rows.exclude(pk__in=theirs).update(shown_at=None)
    EvidenceMark.objects.filter(submission=submission).update(by=cast.second_independent)
    return theirs


@pytest.mark.django_db
def test_marks_of_an_open_case_go_to_the_seat_of_their_author():
    cast = make_cast()
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    theirs = as_before(submission, cast)
    stranger = ReviewMark.objects.filter(submission=submission).exclude(pk__in=theirs)[0]
    ReviewMark.objects.filter(pk=stranger.pk).update(by=cast.reviewer)  # holds no seat
    MIGRATION.to_the_seat_of_their_author(apps, None)
    second = ReviewMark.objects.filter(submission=submission, seat=Seat.SECOND)
    assert set(second.values_list("pk", flat=True)) == set(theirs)
    assert ReviewMark.objects.get(pk=stranger.pk).seat == Seat.FIRST
    assert set(EvidenceMark.objects.filter(submission=submission).values_list("seat", flat=True)) == {Seat.SECOND}


@pytest.mark.django_db
def test_marks_of_a_decided_case_stay_as_they_were():
    cast = make_cast()
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    as_before(submission, cast)
    decisions.refuse(submission, by=cast.independent, statement="The evidence does not bear the answers out.")
    MIGRATION.to_the_seat_of_their_author(apps, None)
    assert set(ReviewMark.objects.filter(submission=submission).values_list("seat", flat=True)) == {Seat.FIRST}


@pytest.mark.django_db
@pytest.mark.parametrize("older", [True, False])
def test_an_older_approval_keeps_what_was_accepted_in_the_one_set(older, monkeypatch):
    cast = make_cast()
    if older:  # before an approval kept what was looked at
        monkeypatch.setattr(approval, "_signed", lambda *_given: "")
    reason = {"choice": "not_applicable", "reason": "Our head office keeps the list of laws for us."}
    answers = {"laws-list": reason, "accountable-owner": {"choice": "not_in_place"}}
    submission = make_assessment(State.APPROVED, "limited", cast=cast, answers=answers).current_submission
    assert [one.question for one in blockers.blockers(submission)] == ["accountable-owner"]
    ReviewMark.objects.filter(submission=submission).update(by=cast.reviewer)  # of somebody who holds no seat
    left = {"accountable-owner"} if older else {"laws-list", "accountable-owner"}
    assert {one.question for one in blockers.blockers(submission)} == left
