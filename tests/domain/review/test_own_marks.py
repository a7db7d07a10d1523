"""Each seat has marks of its own; the rest is taken over by name, and the stricter mark counts."""

from __future__ import annotations

import pytest

from assessments.core.errors import Locked, NotReady, WorkflowError
from assessments.domain.certificates import blockers
from assessments.domain.review import approval, decisions, marks, own_marks, seat_requests, seat_taking
from assessments.domain.review import targets as review_targets
from assessments.domain.review.sampling import own_set
from assessments.domain.submission import submit
from assessments.models import AuditEntry, Certificate, MarkKind, ReviewMark, Route, Seat, State
from tests.support.factories import make_assessment, make_cast, mark_all
from tests.support.looking import judge_all, look_at, look_at_all, open_all
from tests.support.mutants import fails_without

pytestmark = pytest.mark.sqlite_alone

TARGET = "q:use-register"
WANTED = {"mark": "change_needed", "reason": "not_shown", "would_satisfy": "The newest entry."}


@pytest.fixture
def cast(db):
    return make_cast()


def two_seats(cast, answers=None):
    """A High case that Ines has marked, and Ivan has just taken."""
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast, answers=answers)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    seat_taking.take(submission, by=cast.second_independent)
    return submission


def hand_over(submission, cast):
    """Ines hands the first seat over to Ivan."""
    note = "Half of it is read."
    asked = seat_requests.ask(submission, Seat.FIRST, cast.second_independent, by=cast.independent, note=note)
    seat_requests.take_over(asked, by=cast.second_independent)


@pytest.mark.long
def test_a_second_seat_begins_empty_and_its_marks_touch_nobody_elses(cast):
    submission = two_seats(cast)
    assert own_marks.marks_of(submission, Seat.SECOND) == {}
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.second_independent)
    first, second = (own_marks.marks_of(submission, seat)[TARGET] for seat in Seat)
    assert (first.mark, first.by) == ("accepted", cast.independent)
    assert (second.mark, second.by) == ("change_needed", cast.second_independent)


@pytest.mark.long
@fails_without("a mark counts for its own seat alone")
@fails_without("the own set is opened and judged")
def test_a_second_seat_with_nothing_opened_does_not_approve(cast):
    submission = two_seats(cast)
    approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.second_independent, statement="ok")
    own = own_set(submission, Seat.SECOND)
    assert f"Required facts and answers still to be opened and marked: {len(own.targets)} of {len(own.targets)}." in (
        refused.value.reasons
    )
    assert f"Required evidence still to be opened: {len(own.openable)} of {len(own.openable)}." in refused.value.reasons
    assert not Certificate.objects.exists()


@pytest.mark.long
@fails_without("nothing of the own set is taken over")
def test_taking_over_covers_the_rest_by_name_and_never_the_own_set(cast):
    submission = two_seats(cast)
    own = own_set(submission, Seat.SECOND).targets
    taken = own_marks.take_over(submission, by=cast.second_independent)
    targets = set(review_targets.review_targets(submission.content()))
    assert {mark.target for mark in taken} == targets - own
    mark = taken[0]
    assert (mark.by, mark.taken_over_from, mark.seat) == (cast.second_independent, cast.independent, "second")
    assert not own_marks.is_own(mark, cast.second_independent.pk)
    assert AuditEntry.objects.filter(kind="marks_taken_over").count() == 1
    with pytest.raises(WorkflowError, match="no marks for you to adopt"):
        own_marks.take_over(submission, by=cast.second_independent)


def test_a_mark_that_asks_for_a_change_is_never_taken_over(cast):
    submission = two_seats(cast)
    rest = next(
        t
        for t in review_targets.review_targets(submission.content())
        if t not in own_set(submission, Seat.SECOND).targets
    )
    marks.save_mark(submission, rest, marks.GivenMark(**WANTED), by=cast.independent)
    assert rest not in {mark.target for mark in own_marks.take_over(submission, by=cast.second_independent)}


def test_an_own_mark_stays_when_the_rest_is_taken_over(cast):
    submission = two_seats(cast)
    own = own_set(submission, Seat.SECOND).targets
    rest = next(t for t in review_targets.review_targets(submission.content()) if t not in own)
    look_at(submission, rest, cast.second_independent, words="I read it too.")
    own_marks.take_over(submission, by=cast.second_independent)
    mark = own_marks.marks_of(submission, Seat.SECOND)[rest]
    assert (mark.words, mark.taken_over_from) == ("I read it too.", None)


@pytest.mark.long
def test_both_seats_look_at_their_own_sets_and_the_certificate_is_issued(cast):
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    look_at_all(submission, cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    seat_taking.take(submission, by=cast.second_independent)
    look_at_all(submission, cast.second_independent)
    approval.approve(submission, by=cast.second_independent, statement="Read too.")
    submission.assessment.refresh_from_db()
    assert submission.assessment.state == State.CERTIFIED
    first, second = submission.decisions.order_by("pk")
    assert first.looked_at["judged"] == first.looked_at["asked"] > 0
    assert second.looked_at["taken_over"].keys() == {str(cast.independent)}


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ("accepted", "change_needed", "change_needed"),
        ("change_needed", "accepted", "change_needed"),
        ("accepted", "accepted_with_action", "accepted_with_action"),
        ("accepted_with_action", "change_needed", "change_needed"),
        ("accepted", "accepted", "accepted"),
    ],
)
def test_seats_that_disagree_count_as_the_stricter_of_the_two(cast, first, second, counts):
    submission = two_seats(cast)
    for who, mark in ((cast.independent, first), (cast.second_independent, second)):
        fields = {"change_needed": WANTED, "accepted_with_action": {"action_title": "Write it down."}}.get(mark, {})
        marks.save_mark(submission, TARGET, marks.GivenMark(**{**fields, "mark": mark}), by=who)
    assert own_marks.combined(submission)[TARGET].mark == counts


def test_what_both_seats_ask_for_reaches_the_owner_in_both_their_words(cast):
    submission = two_seats(cast)
    marks.save_mark(
        submission, TARGET, marks.GivenMark(**WANTED | {"words": "Dates are missing."}), by=cast.independent
    )
    marks.save_mark(
        submission, TARGET, marks.GivenMark(**WANTED | {"words": "No owner is named."}), by=cast.second_independent
    )
    words = own_marks.combined(submission)[TARGET].words
    assert words == "Ines Independent: Dates are missing.\n\nIvan Independent: No owner is named."
    assert ReviewMark.objects.get(seat=Seat.FIRST, submission=submission, target=TARGET).words == "Dates are missing."


def test_a_change_asked_for_by_one_seat_stops_the_approval_of_the_other(cast):
    submission = two_seats(cast)
    marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.second_independent)
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.independent, statement="Read.")
    assert "1 answer or fact is marked “change needed”. Return the submission instead." in refused.value.reasons
    decision = decisions.send_back(submission, by=cast.independent)
    assert decision.kind == "return"


def test_not_applicable_on_a_must_counts_when_every_seat_accepted_it(cast):
    reason = {"choice": "not_applicable", "reason": "Our head office keeps the list of laws for us."}
    submission = two_seats(cast, answers={"laws-list": reason})
    words = [blocker.question for blocker in blockers.blockers(submission)]
    assert words == ["laws-list"]
    look_at(submission, "q:laws-list", cast.second_independent)
    assert blockers.blockers(submission) == []


@pytest.mark.long
def test_a_seat_handed_over_keeps_the_marks_by_name_and_begins_its_own_set_anew(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    hand_over(submission, cast)
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.second_independent, statement="Read.")
    own = own_set(submission, Seat.FIRST).targets
    assert (
        f"Required facts and answers still to be opened and marked: {len(own)} of {len(own)}." in refused.value.reasons
    )
    taken = own_marks.take_over(submission, by=cast.second_independent)
    assert {mark.taken_over_from for mark in taken} == {cast.independent}
    assert not own & {mark.target for mark in taken}
    open_all(submission, cast.second_independent)
    judge_all(submission, cast.second_independent)
    for target in own:
        look_at(submission, target, cast.second_independent)
    left = approval.obstacles_to_approve(submission, cast.second_independent)
    assert left == []


def test_the_same_judgement_by_the_new_holder_is_a_mark_of_their_own(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, words="Seen.")
    hand_over(submission, cast)
    mark = look_at(submission, TARGET, cast.second_independent, words="Seen.")
    assert (mark.by, mark.revision) == (cast.second_independent, 2)


def test_undoing_brings_a_colleagues_mark_back_under_the_colleagues_name(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    look_at(submission, TARGET, cast.independent, words="I saw the register.")
    hand_over(submission, cast)
    look_at(submission, TARGET, cast.second_independent, words="I saw nothing.")
    mark = marks.undo_mark(submission, TARGET, by=cast.second_independent, base=2)
    assert (mark.words, mark.by) == ("I saw the register.", cast.independent)
    assert not own_marks.is_own(mark, cast.second_independent.pk)


@pytest.mark.long
def test_own_marks_of_the_round_before_count_where_nothing_changed(cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change={TARGET: "The newest entry."})
    decisions.send_back(submission, by=cast.independent)
    second = submit.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(second, by=cast.independent)
    own = own_set(second, Seat.FIRST).targets
    kept = {t for t, mark in own_marks.marks_of(second, Seat.FIRST).items() if mark.shown_at and t in own}
    assert kept == own - {TARGET}
    look_at(second, TARGET, cast.independent)
    approval.approve(second, by=cast.independent, statement="Read.")


@fails_without("marks lock with an approval")
def test_marks_lock_with_ones_approval(cast):
    submission = two_seats(cast)
    approval.approve(submission, by=cast.independent, statement="Read.")
    piece = next(iter(submission.evidence_marks.filter(by=cast.independent)))
    moves = (
        lambda: marks.save_mark(submission, TARGET, marks.GivenMark(**WANTED), by=cast.independent),
        lambda: marks.undo_mark(submission, TARGET, by=cast.independent, base=1),
        lambda: marks.accept_together(submission, [TARGET], by=cast.independent),
        lambda: own_marks.take_over(submission, by=cast.independent),
        lambda: marks.mark_evidence(
            submission, piece.question, piece.piece, marks.GivenVerdict(verdict="does_not"), by=cast.independent
        ),
    )
    for move in moves:
        with pytest.raises(Locked, match="your marks are locked"):
            move()
    assert set(submission.marks.values_list("mark", flat=True)) == {MarkKind.ACCEPTED}
