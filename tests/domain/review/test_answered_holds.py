"""An open question on a prohibited use: answered by the organisation, closed by a reviewer, the worse tier until then."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer, NotPermitted, NotReady, SeparationOfDuties, WorkflowError, WrongState
from assessments.domain.answering import start
from assessments.domain.facts import declare, holds, worst_case
from assessments.domain.facts import tier as facts_tier
from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.review import holds as review_holds
from assessments.domain.submission import self_certify, submit, taking_back
from assessments.models import (
    Assessment,
    AuditEntry,
    DeclaredUse,
    Hold,
    Membership,
    Role,
    Route,
    State,
    Submission,
)
from assessments.scoring.held import assign_held_tier
from assessments.scoring.tiers import assign_tier
from tests.support.acting import open_hold
from tests.support.daily import mostly_long
from tests.support.factories import (
    MILD,
    Cast,
    anew,
    fill,
    make_assessment,
    make_cast,
    make_evidence,
    make_use,
    mark_all,
    prove,
)
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
FACT = "illegal_purpose"
WORDS = "The permit covers the purpose."


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def held(cast: Cast, tier: str = "low") -> DeclaredUse:
    """A use of which nobody can say whether its purpose is lawful."""
    return make_use(tier, cast.organisation, facts={FACT: "unknown"})


def answer(use: DeclaredUse, cast: Cast, *, shown: bool = True) -> Hold:
    if shown:
        holds.attach(use.holds.get(), make_evidence(cast.organisation, by=cast.owner), by=cast.owner)
    declare.declare_facts(use, {FACT: False}, by=cast.owner)
    use.refresh_from_db()
    return use.holds.get()


def in_review(cast: Cast, tier: str = "low", *, answered: bool = True) -> tuple[Assessment, Submission]:
    """The case of a held use; the in-house reviewer has the first seat."""
    use = held(cast, tier)
    if answered:
        answer(use, cast)
    assessment = start.start_assessment(use, by=cast.owner)
    fill(assessment, by=cast.owner)
    prove(anew(assessment), by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INSIDE)
    seat_taking.take(submission, by=cast.reviewer)
    return anew(assessment), submission


# --- the tier until then -------------------------------------------------------------------------------------------------


def test_an_answer_with_evidence_sets_the_hold_to_answered_and_leaves_the_worse_tier(cast: Cast) -> None:
    use = held(cast)
    assert (use.assigned_tier, use.provisional) == ("high", True)
    hold = answer(use, cast)
    assert hold.answered_at
    assert hold.closed_at is None
    assert (use.assigned_tier, use.rules_tier, use.open_holds, use.provisional) == ("high", "high", 1, False)
    assert AuditEntry.objects.filter(kind="hold_answered").count() == 1


def test_an_answer_without_evidence_waits_for_it_at_the_worse_tier(cast: Cast) -> None:
    use = held(cast)
    hold = answer(use, cast, shown=False)
    assert (hold.answered_at, use.assigned_tier) == (None, "high")
    piece = make_evidence(cast.organisation, by=cast.owner)
    holds.attach(hold, piece, by=cast.owner)
    assert use.holds.get().answered_at
    holds.detach(hold, piece, by=cast.owner)
    assert use.holds.get().answered_at is None


def test_not_knowing_any_more_takes_the_answer_back(cast: Cast) -> None:
    use = held(cast)
    answer(use, cast)
    declare.declare_facts(use, {FACT: "unknown"}, by=cast.owner)
    assert use.holds.get().answered_at is None


def test_the_rules_are_asked_twice_and_the_worse_result_counts(edition) -> None:
    mild = {key: tuple(value) if isinstance(value, list) else value for key, value in MILD.items()}
    high = {**mild, "healthcare_diagnosis": True}
    assert assign_tier(edition, mild).assigned_tier == "low"
    assert assign_held_tier(edition, mild, []) == assign_tier(edition, mild)
    worse = assign_held_tier(edition, mild, [FACT])
    assert (worse.assigned_tier, worse.provisional) == ("high", False)
    assert assign_held_tier(edition, high, [FACT]) == assign_tier(edition, high)  # it is not worse: nothing differs


@pytest.mark.parametrize(("tier", "then"), [("low", "low"), ("limited", "limited"), ("high", "high")])
def test_it_is_said_whether_the_tier_changes_by_the_answer(cast: Cast, tier: str, then: str) -> None:
    use = held(cast, tier)
    assert worst_case.tiers_of(answer(use, cast)) == ("high", then)


# --- who closes it -------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_reviewer_of_the_case_closes_it_and_the_use_is_signed_again_as_what_it_is(cast: Cast) -> None:
    assessment, submission = in_review(cast)
    assert submission.assigned_tier == "high"
    hold = assessment.use.holds.get()
    open_hold(hold, submission, by=cast.reviewer)
    review_holds.close_hold(hold, submission, by=cast.reviewer, decision=WORDS)
    hold.refresh_from_db()
    assert (hold.outcome, hold.closed_by, hold.decision) == ("answered", cast.reviewer, WORDS)
    assessment = anew(assessment)
    assert (assessment.state, assessment.use.assigned_tier, assessment.use.open_holds) == (State.RETURNED, "low", 0)
    with pytest.raises(WrongState):  # a reviewer sees a use that once did not know, whatever its tier
        self_certify.self_certify(assessment, by=cast.owner)
    fill(assessment, by=cast.owner)  # what Low asks and High does not
    again = submit.submit(assessment, by=cast.owner, route=Route.INSIDE)
    assert again.assigned_tier == "low"
    seat_taking.take(again, by=cast.reviewer)
    mark_all(again, by=cast.reviewer)
    approval.approve(again, by=cast.reviewer, statement="Read.")
    assert anew(assessment).state == State.CERTIFIED


@pytest.mark.long
def test_where_the_tier_stays_the_submission_stays_under_review(cast: Cast) -> None:
    assessment, submission = in_review(cast, "high")
    open_hold(assessment.use.holds.get(), submission, by=cast.reviewer)
    review_holds.close_hold(assessment.use.holds.get(), submission, by=cast.reviewer, decision=WORDS)
    assert (anew(assessment).state, anew(assessment).use.assigned_tier) == (State.IN_REVIEW, "high")


@pytest.mark.long
def test_nothing_is_approved_while_the_answer_waits(cast: Cast) -> None:
    _assessment, submission = in_review(cast, "high")
    mark_all(submission, by=cast.reviewer)
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.reviewer, statement="Read.")
    assert "The use is on hold: open question." in refused.value.reasons


@fails_without("a question is closed once it is answered with evidence")
def test_what_is_not_answered_with_evidence_is_closed_by_nobody(cast: Cast) -> None:
    assessment, submission = in_review(cast, "high", answered=False)
    hold = assessment.use.holds.get()
    with pytest.raises(WorkflowError, match="still has to answer this question"):
        review_holds.close_hold(hold, submission, by=cast.reviewer, decision=WORDS)
    submission = Submission.objects.get(pk=submission.pk)
    assert review_holds.obstacles_to_decide(hold, submission, cast.reviewer) == [
        "The organisation still has to answer this question and add evidence."
    ]


@pytest.mark.long
def test_a_reviewer_who_is_not_satisfied_asks_for_more_and_old_evidence_does_not_answer_again(cast: Cast) -> None:
    assessment, submission = in_review(cast, "high")
    hold = assessment.use.holds.get()
    open_hold(hold, submission, by=cast.reviewer)
    review_holds.close_hold(hold, submission, by=cast.reviewer, outcome="correct", decision="The permit has expired.")
    hold = assessment.use.holds.get()
    assert (hold.answered_at, hold.closed_at, hold.outcome) == (None, None, "correct")
    assert submission.marks.get(target=f"f:{FACT}").mark == "change_needed"
    facts_tier.run_rules(DeclaredUse.objects.get(pk=assessment.use_id), by=cast.owner)
    assert assessment.use.holds.get().answered_at is None
    holds.attach(hold, make_evidence(cast.organisation, by=cast.owner), by=cast.owner)
    assert assessment.use.holds.get().answered_at


WHO: list[tuple[str, type[Exception]]] = [
    ("owner", NotPermitted),
    ("contributor", NotPermitted),
    ("viewer", NotPermitted),
    ("independent", NotPermitted),  # reads the High case, and has no seat in it
    ("outsider", NotPermitted),
    ("staff", NotPermitted),
]


@pytest.mark.parametrize(("who", "refusal"), mostly_long(WHO, 2))
def test_nobody_else_closes_it(cast: Cast, who: str, refusal: type[Exception]) -> None:
    assessment, submission = in_review(cast, "high")
    with pytest.raises(refusal):
        review_holds.close_hold(assessment.use.holds.get(), submission, by=getattr(cast, who), decision=WORDS)
    assert assessment.use.holds.get().closed_at is None


@pytest.mark.long
def test_who_answered_it_does_not_close_it_even_with_a_seat(cast: Cast) -> None:
    assessment, submission = in_review(cast, "high")
    Membership.objects.filter(user=cast.owner).update(role=Role.REVIEWER)
    submission.seats.update(reviewer=cast.owner)
    with pytest.raises(SeparationOfDuties):
        review_holds.close_hold(assessment.use.holds.get(), submission, by=cast.owner, decision=WORDS)


@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN])
def test_nothing_is_decided_on_a_hold_of_a_closed_case(cast: Cast, state: str) -> None:
    assessment, submission = in_review(cast, "high")
    if state == State.REFUSED:
        decisions.refuse(submission, by=cast.reviewer, statement="No.")
    else:
        taking_back.withdraw(assessment, by=cast.owner, reason="Another model.")
    hold = assessment.use.holds.get()
    submission = Submission.objects.get(pk=submission.pk)
    assert (
        "The submission is not under review now, so you cannot decide on the hold."
        in review_holds.obstacles_to_decide(hold, submission, cast.reviewer)
    )
    with pytest.raises(WrongState):
        review_holds.close_hold(hold, submission, by=cast.reviewer, decision=WORDS)


@pytest.mark.long
def test_the_hold_of_a_certified_use_is_closed_by_a_reviewer_of_its_case(cast: Cast) -> None:
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    use = assessment.use
    declare.declare_facts(use, {FACT: "unknown"}, by=cast.owner)
    certificate = use.certificates.get()
    assert certificate.status() == "suspended"
    hold = answer(use, cast)
    assert use.assigned_tier == "high"
    submission = Submission.objects.get(assessment=assessment)
    with pytest.raises(InvalidAnswer):
        review_holds.close_hold(hold, submission, by=cast.independent, decision=WORDS, outcome="correct")
    open_hold(hold, submission, by=cast.independent)
    review_holds.close_hold(hold, submission, by=cast.independent, decision=WORDS)
    use.refresh_from_db()
    assert (use.assigned_tier, use.open_holds, anew(assessment).state) == ("limited", 0, State.CERTIFIED)
