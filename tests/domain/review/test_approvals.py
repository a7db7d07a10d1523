"""An approval rests on what its seat opened and judged; it says so, and may be taken back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, NotReady, WorkflowError
from assessments.domain.certificates import blockers, issuing
from assessments.domain.review import approval, approvals, seat_requests, seat_taking
from assessments.domain.review import marks as review_marks
from assessments.domain.review.obstacles import words_of
from assessments.domain.review.sampling import own_set
from assessments.models import (
    AuditEntry,
    Certificate,
    Condition,
    EvidenceMark,
    EvidenceOpening,
    ReviewMark,
    Seat,
    State,
)
from tests.support.factories import in_days, make_assessment, make_cast, mark_all
from tests.support.looking import look_at_all
from tests.support.mutants import fails_without

pytestmark = pytest.mark.sqlite_alone

TARGET = "q:use-register"
GAP = {"choice": "partly", "text": "For three of five clinics."}


@pytest.fixture
def cast(db):
    return make_cast()


def two_seats(cast, **more):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast, **more).current_submission
    seat_taking.take(submission, by=cast.second_independent)
    for who in (cast.independent, cast.second_independent):
        mark_all(submission, by=who)
    return submission


def obstacles(submission, who):
    return words_of(approval.obstacles_to_approve(submission, who))


@pytest.mark.long
def test_an_approval_says_how_much_of_the_own_set_is_not_opened_and_judged(cast):
    submission = two_seats(cast)
    own = own_set(submission, Seat.FIRST)
    assert obstacles(submission, cast.independent) == []
    row = ReviewMark.objects.filter(submission=submission, seat=Seat.FIRST, target__in=own.targets)[0]
    ReviewMark.objects.filter(pk=row.pk).update(shown_at=None)
    n = len(own.targets)
    assert obstacles(submission, cast.independent) == [
        f"Required facts and answers still to be opened and marked: 1 of {n}."
    ]
    with pytest.raises(NotReady):
        approval.approve(submission, by=cast.independent, statement="Read.")


def test_an_approval_waits_for_every_piece_to_be_opened_and_judged(cast):
    submission = two_seats(cast)
    own = own_set(submission, Seat.FIRST)
    EvidenceOpening.objects.filter(submission=submission, reviewer=cast.independent).delete()
    EvidenceMark.objects.filter(submission=submission, seat=Seat.FIRST).delete()
    assert obstacles(submission, cast.independent) == [
        f"Required evidence still to be opened: {len(own.openable)} of {len(own.openable)}.",
        f"Evidence still to be judged for the required answers: {len(own.pieces)} of {len(own.pieces)}. Judgements"
        " of evidence for other answers do not count here.",
    ]
    assert obstacles(submission, cast.second_independent) == []


def test_a_mark_accepted_together_is_no_judgement_of_the_own_set(cast):
    submission = two_seats(cast)
    ReviewMark.objects.filter(submission=submission, seat=Seat.FIRST).update(together=True)
    n = len(own_set(submission, Seat.FIRST).targets)
    assert f"Required facts and answers still to be opened and marked: {n} of {n}." in (
        obstacles(submission, cast.independent)
    )


def test_what_was_looked_at_is_signed_with_the_approval_and_stands_in_the_record(cast):
    submission = two_seats(cast)
    for who in (cast.independent, cast.second_independent):
        decision = approval.approve(submission, by=who, statement="ok")
    said = approvals.looked_at(decision)
    own = own_set(submission, Seat.SECOND)
    assert (said["judged"], said["asked"]) == (len(own.targets), len(own.targets))
    assert (said["opened"], said["openable"]) == (len(own.openable), len(own.openable))
    assert (said["drawn"], said["drawn_from"]) == (len(own.drawn), own.rest)
    assert (said["rules"], said["drawn_percent"]) == (str(issuing.rules_today().release), 10)
    assert said["median_seconds"] == 20
    words = approvals.looked_at_words(said)
    assert (
        words[0]
        == f"Opened and marked by this reviewer: {len(own.targets)} of {len(own.targets)} required facts and answers."
    )
    assert "Half of the marks took 20 seconds or less." in words
    record = json.loads(Certificate.objects.get().public_record)
    assert [one["looked_at"]["judged"] for one in record["deciders"]] == [
        decision.looked_at["judged"] for decision in submission.decisions.order_by("pk")
    ]


def test_of_an_older_decision_it_says_not_recorded(cast):
    submission = make_assessment(State.REFUSED, "limited", cast=cast).current_submission
    assert approvals.looked_at(submission.decisions.get()) is None
    assert approvals.looked_at_words(None) == ["This approval does not record what the reviewer looked at."]


def test_the_median_shares_the_time_of_a_page_among_its_marks(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    look = approvals.look_of(submission, submission.seats.get())
    assert look.median_seconds == 20


def test_the_other_seat_is_told_of_a_look_below_five_seconds_a_mark(cast):
    submission = two_seats(cast)
    marks = ReviewMark.objects.filter(submission=submission, seat=Seat.FIRST)
    marks.update(shown_at=timezone.now() - timedelta(seconds=4 * marks.count()))
    approval.approve(submission, by=cast.independent, statement="ok")
    told = cast.second_independent.inbox.get(kind="short_look")
    start = "Ines Independent has approved the submission. Half of the marks took "
    assert told.text.startswith(start)
    assert " each" not in told.text
    approval.approve(submission, by=cast.second_independent, statement="Read.")
    assert not cast.independent.inbox.filter(kind="short_look").exists()


# --- taking an approval back ---------------------------------------------------------------------------------------------


def approved_once(cast, **more):
    submission = two_seats(cast, **more)
    conditions = {"use-register": in_days(30)} if more else {}
    approval.approve(submission, by=cast.independent, statement="Read.", conditions=conditions)
    return submission


def test_an_approval_taken_back_opens_the_marks_and_is_told_and_logged(cast):
    submission = approved_once(cast)
    decision = approvals.take_back_approval(submission, by=cast.independent, reason="I read page 3 again.")
    assert (decision.kind, decision.statement) == ("take_back", "I read page 3 again.")
    assert not submission.decisions.approvals().exists()
    told = cast.second_independent.inbox.get(kind="approval_taken_back")
    assert "I read page 3 again." in told.text
    assert AuditEntry.objects.filter(kind="approval_taken_back").count() == 1
    review_marks.save_mark(
        submission, TARGET, review_marks.GivenMark(mark="accepted", words="Seen."), by=cast.independent
    )
    submission.assessment.refresh_from_db()
    assert submission.assessment.state == State.IN_REVIEW


def test_an_approval_taken_back_counts_nowhere_and_may_be_given_again(cast):
    submission = approved_once(cast)
    approvals.take_back_approval(submission, by=cast.independent, reason="Too early.")
    approval.approve(submission, by=cast.second_independent, statement="Read.")
    assert not Certificate.objects.exists()
    approval.approve(submission, by=cast.independent, statement="Read again.")
    record = json.loads(Certificate.objects.get().public_record)
    assert [one["name"] for one in record["deciders"]] == ["Ivan Independent", "Ines Independent"]
    assert submission.decisions.filter(by=cast.independent, kind="approve").count() == 2


@pytest.mark.long
def test_the_conditions_of_an_approval_go_with_it(cast):
    submission = approved_once(cast, answers={"use-register": GAP})
    assert Condition.objects.filter(decision__submission=submission).count() == 1
    approvals.take_back_approval(submission, by=cast.independent, reason="The date is wrong.")
    assert not Condition.objects.filter(decision__submission=submission).exists()
    assert [blocker.question for blocker in blockers.blockers(submission)] == ["use-register"]


def test_a_seat_may_be_handed_over_again_once_its_approval_is_taken_back(cast):
    submission = approved_once(cast)
    third = make_cast().second_independent
    with pytest.raises(WorkflowError):
        seat_requests.ask(submission, Seat.FIRST, third, by=cast.independent, note="Please.")
    approvals.take_back_approval(submission, by=cast.independent, reason="I leave the case.")
    assert not submission.decisions.approvals().exists()


@pytest.mark.long
@fails_without("an approval is taken back by its own reviewer")
def test_nobody_takes_back_what_is_not_theirs_or_decided(cast):
    submission = two_seats(cast)
    with pytest.raises(WorkflowError, match="You have not approved"):
        approvals.take_back_approval(submission, by=cast.independent, reason="Why not.")
    approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(InvalidAnswer):
        approvals.take_back_approval(submission, by=cast.independent, reason=" ")
    with pytest.raises(WorkflowError, match="You have not approved"):
        approvals.take_back_approval(submission, by=cast.second_independent, reason="Not mine.")
    with pytest.raises(NotPermitted):
        approvals.take_back_approval(submission, by=cast.reviewer, reason="Not mine.")
    approval.approve(submission, by=cast.second_independent, statement="Read.")
    with pytest.raises(Locked):
        approvals.take_back_approval(submission, by=cast.independent, reason="Too late.")


@pytest.mark.long
def test_one_reviewer_looks_at_everything_through_the_domain_and_approves(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    look_at_all(submission, cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert Certificate.objects.count() == 1
