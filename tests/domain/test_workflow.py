"""The life of an assessment: every state against every move, who may decide, what blocks a certificate."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from assessments.core.errors import (
    Conflict,
    InvalidAnswer,
    Locked,
    NotPermitted,
    NotReady,
    SeparationOfDuties,
    WorkflowError,
    WrongState,
)
from assessments.domain.answering import start
from assessments.domain.certificates import blockers, issue
from assessments.domain.facts import declare, procedural
from assessments.domain.facts import holds as facts_holds
from assessments.domain.register import members
from assessments.domain.review import approval, decisions, holds, marks, seat_taking
from assessments.domain.review import targets as review_targets
from assessments.domain.submission import prohibited, self_certify, submit, taking_back
from assessments.models import (
    Answer,
    Assessment,
    AuditEntry,
    Certificate,
    Condition,
    DecisionKind,
    Document,
    Membership,
    Message,
    RemediationAction,
    ReviewDecision,
    ReviewMark,
    Role,
    Route,
    State,
    Submission,
)
from assessments.models.base import FrozenRow
from tests.support import tampering
from tests.support.acting import close_as, report_done
from tests.support.factories import (
    bring_to,
    declare_all,
    fill,
    in_days,
    make_assessment,
    make_cast,
    make_evidence,
    make_member,
    make_organisation,
    make_reviewing_body,
    make_use,
    mark_all,
    owner_of,
    save,
    undone,
)
from tests.support.looking import look_at

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql_alone, pytest.mark.slow_first(19)]

MOVES = {
    "submit": lambda a, s, by: submit.submit(a, by=by["owner"], route=Route.INDEPENDENT),
    "recall": lambda a, s, by: taking_back.recall(a, by=by["owner"]),
    "take": lambda a, s, by: seat_taking.take(s, by=by["other"]),
    "send_back": lambda a, s, by: decisions.send_back(s, by=by["seat"]),
    "approve": lambda a, s, by: approval.approve(s, by=by["seat"], statement="Read."),
    "refuse": lambda a, s, by: decisions.refuse(s, by=by["seat"], statement="No."),
    "withdraw": lambda a, s, by: taking_back.withdraw(a, by=by["owner"], reason="Changed plans."),
    "self_certify": lambda a, s, by: self_certify.self_certify(a, by=by["owner"]),
    "declare_prohibited": lambda a, s, by: prohibited.declare_prohibited(a, by=by["owner"]),
}
ALLOWED = {
    State.DRAFT: {"submit", "self_certify"},
    State.SUBMITTED: {"recall", "take", "withdraw"},
    State.IN_REVIEW: {"approve", "send_back", "refuse", "withdraw"},
    State.RETURNED: {"submit", "withdraw"},
    State.APPROVED: {"withdraw"},
    State.CERTIFIED: set(),
    State.REFUSED: set(),
    State.WITHDRAWN: set(),
}


def at(state: str) -> tuple[Assessment, Submission | None, dict]:
    """A Low use whose assessment stands at `state`, with one must below full where it has to wait as approved."""
    cast = make_cast()
    answers = {"accountable-owner": {"choice": "not_in_place"}} if state == State.APPROVED else None
    assessment = make_assessment(State.DRAFT, "low", cast=cast, answers=answers)
    if state == State.CERTIFIED:
        self_certify.self_certify(assessment, by=cast.owner)
    elif state != State.DRAFT:
        bring_to(assessment, state, tier="low", by=cast.owner, route=Route.INDEPENDENT)
    assessment.refresh_from_db()
    assert assessment.state == state
    return (
        assessment,
        assessment.current_submission,
        {"owner": cast.owner, "seat": cast.independent, "other": cast.second_independent},
    )


@pytest.mark.few_a_day(5)
@pytest.mark.parametrize("state", ALLOWED)
def test_every_move_from_every_state(state, subtests):
    assessment, submission, people = at(state)
    for move in MOVES:
        with subtests.test(move), undone():
            fresh = Assessment.objects.for_dashboard().get(pk=assessment.pk)
            try_move(move, state, fresh, submission and Submission.objects.get(pk=submission.pk), people)


def try_move(move: str, state: str, assessment: Assessment, submission: Submission | None, people: dict) -> None:
    """Make a move: an allowed one is in the log, any other is refused and leaves state and log as they were."""
    if submission is None and move in ("take", "send_back", "approve", "refuse"):
        with pytest.raises(Submission.DoesNotExist):
            assessment.submissions.get()
        return
    if state == State.IN_REVIEW and move in ("approve", "send_back"):
        change = {"q:use-register": "Show it."} if move == "send_back" else None
        mark_all(submission, by=people["seat"], change=change)
    before = AuditEntry.objects.count()
    if move in ALLOWED[state]:
        MOVES[move](assessment, submission, people)
        assert AuditEntry.objects.count() > before
        return
    with pytest.raises((WorkflowError, NotPermitted)):
        MOVES[move](assessment, submission, people)
    assessment.refresh_from_db()
    assert assessment.state == state
    assert AuditEntry.objects.count() == before


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("tier", ["limited", "high"])
def test_a_reviewed_use_gets_its_certificate(tier):
    assessment = make_assessment(State.CERTIFIED, tier)
    certificate = Certificate.objects.get(use=assessment.use)
    assert (assessment.state, certificate.assurance, certificate.tier) == (
        State.CERTIFIED,
        "reviewed_independently",
        tier,
    )


@pytest.mark.long
def test_a_low_use_is_self_certified_for_a_year():
    certificate = Certificate.objects.get(use=make_assessment(State.CERTIFIED, "low").use)
    assert certificate.assurance == "self_declared"
    assert certificate.expires_on == issue._months_later(timezone.localdate(), 12)
    assert (certificate.expires_on - timezone.localdate()).days in (364, 365)


def test_a_certificate_ends_at_the_end_of_its_last_day():
    certificate = Certificate.objects.get(use=make_assessment(State.CERTIFIED, "low").use)
    assert certificate.status(certificate.expires_on) == "expiring"
    assert certificate.status(certificate.expires_on + timedelta(days=1)) == "expired"
    assert certificate.status(certificate.issued_on) == "valid"


@pytest.mark.long
def test_a_review_within_the_organisation_says_so():
    cast = make_cast()
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast, route=Route.INSIDE)
    assert Certificate.objects.get(use=assessment.use).assurance == "reviewed_inside"


def test_what_is_missing_is_named_when_it_is_submitted_too_early():
    assessment = make_assessment(State.DRAFT, "limited", answers={"use-register": None, "laws-list": None})
    make_reviewing_body()
    with pytest.raises(NotReady) as refused:
        submit.submit(assessment, by=owner_of(assessment.organisation), route=Route.INDEPENDENT)
    assert refused.value.reasons == ["2 questions have no answer yet."]


def test_a_route_without_a_reviewer_is_refused():
    assessment = make_assessment(State.DRAFT, "limited")
    with pytest.raises(NotReady) as refused:
        submit.submit(assessment, by=owner_of(assessment.organisation), route=Route.INSIDE)
    assert "no reviewer yet" in refused.value.reasons[0]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("who", ["contributor", "viewer", "reviewer", "independent", "outsider", "staff"])
def test_only_an_owner_signs(who):
    cast = make_cast()
    assessment = make_assessment(State.DRAFT, "low", cast=cast)
    for move in ("submit", "self_certify"):
        with pytest.raises(NotPermitted):
            MOVES[move](assessment, None, {"owner": getattr(cast, who)})
    assert not Submission.objects.exists()


# --- separation of duties --------------------------------------------------------------------------------------------


def test_nobody_of_the_delivery_team_takes_or_approves():
    cast = make_cast()
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers={"use-register": None})
    save(assessment, "use-register", {"choice": "in_place", "text": "Here."}, by=cast.contributor)
    # Connie answered; later she becomes the organisation's reviewer.
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INSIDE)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.contributor)
    # Rita takes the case, then turns out to have declared a fact: the domain itself refuses the approval.
    seat_taking.take(submission, by=cast.reviewer)
    mark_all(submission, by=cast.reviewer)
    fact = assessment.use.fact_rows().filter(use=assessment.use).first()
    fact.revisions.model.objects.create(
        parent=fact, number=99, operation="0190a000-0000-7000-8000-000000000001", base=1, value={}, by=cast.reviewer
    )
    with pytest.raises(SeparationOfDuties):
        approval.approve(submission, by=cast.reviewer, statement="Fine.")
    assert not ReviewDecision.objects.filter(kind=DecisionKind.APPROVE).exists()


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("who", ["owner", "contributor", "viewer", "outsider", "staff"])
def test_only_a_reviewer_to_whom_it_was_sent_takes_it(who):
    cast = make_cast()
    submission = make_assessment(State.SUBMITTED, "limited", cast=cast).current_submission
    with pytest.raises(NotPermitted):
        seat_taking.take(submission, by=getattr(cast, who))


def test_an_independent_reviewer_does_not_see_what_is_reviewed_inside():
    cast = make_cast()
    submission = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INSIDE).current_submission
    with pytest.raises(NotPermitted):
        seat_taking.take(submission, by=cast.independent)


@pytest.mark.long
def test_the_second_seat_of_a_high_use_is_for_an_independent_person():
    cast = make_cast()
    assessment = make_assessment(State.SUBMITTED, "high", cast=cast, route=Route.INSIDE)
    submission = assessment.current_submission
    seat_taking.take(submission, by=cast.reviewer)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.reviewer)
    other = make_member(Role.REVIEWER, cast.organisation, "Ravi Reviewer").user
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=other)
    mark_all(submission, by=cast.reviewer)
    approval.approve(submission, by=cast.reviewer, statement="Read.")
    assessment.refresh_from_db()
    assert assessment.state == State.IN_REVIEW  # one approval is not enough
    assert not Certificate.objects.exists()
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="I agree.")
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED
    assert Certificate.objects.get().assurance == "reviewed_independently"


def test_a_member_of_the_organisation_is_never_independent():
    cast = make_cast()
    Membership.objects.create(user=cast.independent, organisation=cast.organisation, role=Role.VIEWER)
    assessment = make_assessment(State.SUBMITTED, "high", cast=cast, route=Route.INSIDE)
    submission = assessment.current_submission
    seat_taking.take(submission, by=cast.reviewer)
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.independent)


@pytest.mark.long
def test_one_person_does_not_approve_twice():
    cast = make_cast()
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(WorkflowError):
        approval.approve(submission, by=cast.independent, statement="Again.")


# --- review ----------------------------------------------------------------------------------------------------------


def test_approval_waits_for_every_mark():
    cast = make_cast()
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.independent, statement="Fine.")
    targets = review_targets.review_targets(submission.content())
    assert refused.value.reasons[0] == f"You still have to mark {len(targets)} answers and facts."


@pytest.mark.long
def test_a_return_unlocks_only_what_was_marked_and_keeps_the_other_marks():
    cast = make_cast()
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={"q:use-register": "Name the owner of each entry."})
    with pytest.raises(NotReady):
        approval.approve(submission, by=cast.independent, statement="Fine.")
    decisions.send_back(submission, by=cast.independent, words="One thing.")
    with pytest.raises(Locked):
        save(assessment, "laws-list", {"choice": "partly"}, by=cast.owner)
    with pytest.raises(Locked):
        declare.declare_facts(assessment.use, {"public_facing": True}, by=cast.owner)
    save(assessment, "use-register", {"choice": "in_place", "text": "Owner column added."}, by=cast.owner)
    assessment.refresh_from_db()
    second = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert second.round == 2
    carried = set(second.marks.values_list("target", flat=True))
    assert "q:use-register" not in carried
    assert carried == set(review_targets.review_targets(second.content())) - {"q:use-register"}
    seat_taking.take(second, by=cast.independent)
    look_at(second, "q:use-register", cast.independent)
    approval.approve(second, by=cast.independent, statement="Mended.")
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED


@pytest.mark.long
def test_a_marked_fact_may_be_changed_and_unlocks_the_questions_that_read_it():
    cast = make_cast()
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, parts=("provider",))
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={"f:personal_data": "The form asks for names."})
    decisions.send_back(submission, by=cast.independent)
    declare.declare_facts(assessment.use, {"personal_data": "ordinary"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert assessment.answered < assessment.applicable  # new questions apply now
    make_reviewing_body()
    with pytest.raises(NotReady):
        submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    fill(assessment, by=cast.owner)
    assert submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT).round == 2


@pytest.mark.long
def test_change_needed_says_why_and_what_would_satisfy():
    cast = make_cast()
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    with pytest.raises(InvalidAnswer) as wrong:
        marks.save_mark(submission, "q:use-register", marks.GivenMark(mark="change_needed"), by=cast.independent)
    assert wrong.value.field == "reason"
    with pytest.raises(InvalidAnswer) as wrong:
        marks.save_mark(
            submission, "q:use-register", marks.GivenMark(mark="change_needed", reason="unclear"), by=cast.independent
        )
    assert wrong.value.field == "would_satisfy"
    with pytest.raises(InvalidAnswer):
        marks.save_mark(submission, "q:no-such", marks.GivenMark(mark="accepted"), by=cast.independent)
    assert not ReviewMark.objects.exists()


@pytest.mark.long
def test_sending_back_without_a_change_is_refused():
    cast = make_cast()
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent)
    with pytest.raises(NotReady):
        decisions.send_back(submission, by=cast.independent)


# --- what blocks a certificate -----------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_must_below_full_blocks_until_it_is_a_dated_condition():
    cast = make_cast()
    answers = {"accountable-owner": {"choice": "not_in_place"}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    [blocker] = blockers.blockers(submission)
    assert (blocker.question, blocker.conditionable) == ("accountable-owner", True)
    for wrong in (timezone.localdate(), in_days(91)):
        with pytest.raises(InvalidAnswer):
            approval.approve(
                submission, by=cast.independent, statement="Fine.", conditions={"accountable-owner": wrong}
            )
    approval.approve(submission, by=cast.independent, statement="Fine.", conditions={"accountable-owner": in_days(90)})
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED
    assert Condition.objects.get().due_on == in_days(90)
    assert '"open_actions":{"count":1' in Certificate.objects.get().public_record


@pytest.mark.long
def test_an_approved_use_waits_until_the_last_blocking_action_closes():
    cast = make_cast()
    assessment = make_assessment(
        State.APPROVED, "limited", cast=cast, answers={"accountable-owner": {"choice": "not_in_place"}}
    )
    assert assessment.state == State.APPROVED
    action = RemediationAction.objects.get(use=assessment.use, question="accountable-owner")
    with pytest.raises(WorkflowError):
        close_as(action, by=cast.independent)
    report_done(action, by=cast.contributor, note="Minutes of the board name her; she signed.")
    with pytest.raises(NotPermitted):
        close_as(action, by=cast.owner)
    close_as(action, by=cast.independent)
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED


@pytest.mark.long
def test_a_duty_of_table_1_never_becomes_a_condition():
    cast = make_cast()
    answers = {"tier-limited-transparency": {"choice": "partly"}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    with pytest.raises(InvalidAnswer):
        approval.approve(
            submission, by=cast.independent, statement="Fine.", conditions={"tier-limited-transparency": in_days(30)}
        )
    approval.approve(submission, by=cast.independent, statement="Fine.")
    assessment.refresh_from_db()
    assert assessment.state == State.APPROVED
    assert not Certificate.objects.exists()


@pytest.mark.long
def test_the_first_annual_audit_may_be_due_within_twelve_months():
    cast = make_cast()
    answers = {"tier-limited-audit": {"choice": "planned", "planned_for": in_days(300)}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    approval.approve(
        submission, by=cast.independent, statement="Fine.", conditions={"tier-limited-audit": in_days(300)}
    )
    assessment.refresh_from_db()
    assert assessment.state == State.CERTIFIED


@pytest.mark.long
def test_an_open_hold_or_a_provisional_tier_blocks_approval():
    cast = make_cast()
    assessment = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent)
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.independent, statement="Fine.")
    assert refused.value.reasons == ["The use is on hold: legal review."]
    hold = assessment.use.holds.get()
    holds.close(hold, submission, by=cast.independent, decision="Counsel advised on 3 March; the facts stand.")
    approval.approve(submission, by=cast.independent, statement="Fine.")


def test_an_answer_with_its_evidence_waits_for_a_reviewer_at_the_worse_tier():
    use = make_use("low", facts={"illegal_purpose": "unknown"})
    assert (use.assigned_tier, use.open_holds, use.provisional) == ("high", 1, True)
    owner = owner_of(use.organisation)
    declare.declare_facts(use, {"illegal_purpose": False}, by=owner)
    use.refresh_from_db()
    assert (use.assigned_tier, use.open_holds, use.provisional) == ("high", 1, False)
    assert use.holds.get().answered_at is None
    facts_holds.attach(use.holds.get(), make_evidence(use.organisation), by=owner)
    use.refresh_from_db()
    assert (use.assigned_tier, use.open_holds, use.provisional) == ("high", 1, False)
    assert use.holds.get().answered_at is not None


def test_a_use_that_once_said_unknown_on_a_prohibited_fact_goes_to_a_reviewer():
    use = make_use("low", facts={"illegal_purpose": "unknown"})
    owner = owner_of(use.organisation)
    declare.declare_facts(use, {"illegal_purpose": False}, by=owner)
    assessment = start.start_assessment(use, by=owner)
    use.refresh_from_db()
    declare_all(use, by=owner, facts={})
    fill(assessment, by=owner)
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(assessment, by=owner)
    assert any("a reviewer must see the history of that answer" in reason for reason in refused.value.reasons)


def test_too_many_musts_left_out_go_to_a_reviewer():
    cast = make_cast()
    left_out = {"choice": "not_applicable", "reason": "We think it does not apply."}
    keys = ["acceptable-use", "accountable-owner", "laws-list"]
    assessment = make_assessment(State.DRAFT, "low", cast=cast, answers=dict.fromkeys(keys, left_out))
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(assessment, by=cast.owner)
    assert any("mandatory requirements are answered “not applicable”" in reason for reason in refused.value.reasons)


@pytest.mark.long
def test_not_applicable_on_a_must_stands_until_a_reviewer_accepts_the_reason():
    cast = make_cast()
    answers = {"accountable-owner": {"choice": "not_applicable", "reason": "The head office answers for it."}}
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    assert [blocker.question for blocker in blockers.blockers(submission)] == ["accountable-owner"]
    mark_all(submission, by=cast.independent)
    assert blockers.blockers(submission) == []


def test_not_applicable_is_no_answer_to_table_1():
    assessment = make_assessment(State.DRAFT, "limited", answers={"tier-limited-transparency": None})
    with pytest.raises(InvalidAnswer) as wrong:
        save(
            assessment,
            "tier-limited-transparency",
            {"choice": "not_applicable", "reason": "Not us."},
            by=owner_of(assessment.organisation),
        )
    assert wrong.value.field == "choice"


def test_a_prohibited_use_is_refused_with_a_letter_and_nobody_approves_it():
    assessment = make_assessment(State.REFUSED, "unacceptable")
    assert assessment.state == State.REFUSED
    assert [document.kind for document in Document.objects.all()] == ["decision_letter"]
    assert not Certificate.objects.exists()


@pytest.mark.long
def test_a_changed_fact_after_the_certificate_suspends_it_when_the_tier_rises():
    cast = make_cast()
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    certificate = Certificate.objects.get(use=assessment.use)
    declare.declare_facts(assessment.use, {"healthcare_diagnosis": True}, by=cast.owner)
    assessment.refresh_from_db()
    assert assessment.stale_since is not None
    assert certificate.status() == "suspended"


@pytest.mark.long
def test_a_renewal_supersedes_the_certificate_before():
    cast = make_cast()
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    renewal = start.start_assessment(assessment.use, by=cast.owner)
    assert renewal.follows == assessment
    fill(renewal, by=cast.owner)
    newest = self_certify.self_certify(renewal, by=cast.owner)
    assessment.refresh_from_db()
    assert assessment.state == State.SUPERSEDED
    assert newest.supersedes.status() == "superseded"
    assert newest.first_issued_on == newest.supersedes.issued_on


# --- minor procedural tasks --------------------------------------------------------------------------------------------


def test_a_minor_procedural_task_counts_once_a_second_member_agrees():
    cast = make_cast()
    use = make_use("low", cast.organisation, facts={"legal_or_similarly_significant_effect": True})
    assert use.assigned_tier == "limited"
    with pytest.raises(InvalidAnswer):
        declare.declare_facts(use, {"minor_procedural_task": True}, by=cast.owner)
    declare.declare_facts(
        use, {"minor_procedural_task": True}, by=cast.owner, reasons={"minor_procedural_task": "Only sorts the file."}
    )
    use.refresh_from_db()
    assert use.assigned_tier == "limited"
    with pytest.raises(SeparationOfDuties):
        procedural.agree_procedural(use, by=cast.owner, reason="Yes.")
    procedural.agree_procedural(use, by=cast.contributor, reason="I redo each step myself.")
    use.refresh_from_db()
    assert use.assigned_tier == "low"


# --- saving answers ----------------------------------------------------------------------------------------------------


def test_a_stale_save_overwrites_nothing_and_is_kept():
    cast = make_cast()
    assessment = make_assessment(State.DRAFT, "low", cast=cast, filled=False)
    save(assessment, "use-register", {"choice": "partly", "text": "Half."}, by=cast.owner)
    save(assessment, "use-register", {"choice": "in_place", "text": "All."}, by=cast.contributor)
    with pytest.raises(Conflict) as conflict:
        save(assessment, "use-register", {"choice": "not_in_place", "text": "None."}, by=cast.owner, base=1)
    assert conflict.value.current.text == "All."
    answer = Answer.objects.get(assessment=assessment)
    assert [(r.value["text"], r.outcome) for r in answer.revisions.order_by("number")] == [
        ("Half.", "current"),
        ("All.", "current"),
        ("None.", "conflict"),
    ]
    save(assessment, "use-register", {"choice": "partly", "text": "Both."}, by=cast.owner, base=2)
    answer.refresh_from_db()
    assert (answer.text, answer.revision) == ("Both.", 4)


def test_an_answer_to_a_planned_practice_needs_its_date():
    assessment = make_assessment(State.DRAFT, "low", filled=False)
    owner = owner_of(assessment.organisation)
    with pytest.raises(InvalidAnswer) as wrong:
        save(assessment, "use-register", {"choice": "planned"}, by=owner)
    assert wrong.value.field == "planned_for"
    saved = save(assessment, "use-register", {"choice": "planned", "planned_for": in_days(40)}, by=owner)
    assert saved.progress.total.planned == 1


@pytest.mark.long
def test_a_locked_assessment_says_so():
    cast = make_cast()
    assessment = make_assessment(State.SUBMITTED, "low", cast=cast)
    with pytest.raises(Locked):
        save(assessment, "use-register", {"choice": "partly"}, by=cast.owner)
    with pytest.raises(Locked):
        declare.declare_facts(assessment.use, {"public_facing": True}, by=cast.owner)


def test_hidden_answers_are_kept_and_come_back():
    cast = make_cast()
    assessment = make_assessment(
        State.DRAFT, "low", cast=cast, parts=("provider",), facts={"personal_data": "ordinary"}
    )
    before = assessment.applicable
    declare.declare_facts(assessment.use, {"personal_data": "none"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert assessment.applicable < before
    shown = {question.key for question in assessment.declared().questions(assessment.compiled())}
    assert len(assessment.answer_values().keys() - shown) == before - assessment.applicable
    declare.declare_facts(assessment.use, {"personal_data": "ordinary"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert (assessment.applicable, assessment.answered) == (before, before)


# --- frozen rows, chain, messages ----------------------------------------------------------------------------------------


def test_a_submission_never_changes():
    submission = make_assessment(State.SUBMITTED, "low").current_submission
    submission.snapshot = "{}"
    with pytest.raises(FrozenRow):
        submission.save()
    with pytest.raises(FrozenRow):
        submission.delete()
    with pytest.raises(FrozenRow):
        Submission.objects.all().delete()


def test_the_database_itself_refuses_to_change_a_frozen_row_on_postgresql():
    submission = make_assessment(State.SUBMITTED, "low").current_submission
    if connection.vendor != "postgresql":
        with pytest.raises(FrozenRow):
            Submission.objects.filter(pk=submission.pk).update(round=9)
        return
    with pytest.raises(Exception, match="never changed"), connection.cursor() as cursor:
        cursor.execute("UPDATE assessments_submission SET round = 9 WHERE id = %s", [submission.pk])


@pytest.mark.long
def test_the_audit_chain_is_whole_and_shows_what_was_tampered_with():
    cast = make_cast()
    make_assessment(State.CERTIFIED, "limited", cast=cast)
    chain = cast.organisation.reference
    kinds = list(AuditEntry.objects.filter(chain=chain).order_by("seq").values_list("kind", flat=True))
    assert kinds[0] == "organisation_founded"
    assert kinds[-1] == "certificate_issued"
    assert list(AuditEntry.objects.faults(chain)) == []
    tampering.edit_details(chain, 2, '{"name":"forged"}')
    assert [str(fault) for fault in AuditEntry.objects.faults(chain)] == [f"{chain}: details of entry 2 were changed"]


@pytest.mark.long
def test_submission_notifies_reviewers_and_return_notifies_owners():
    cast = make_cast()
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    assert set(Message.objects.filter(kind="submitted").values_list("recipient__email", flat=True)) == {
        cast.independent.email,
        cast.second_independent.email,
    }
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show it."})
    decisions.send_back(submission, by=cast.independent)
    assert Message.objects.get(kind="returned").recipient == cast.owner


@pytest.mark.long
def test_mail_leaves_after_the_commit(django_capture_on_commit_callbacks, mailoutbox):
    cast = make_cast()
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    with django_capture_on_commit_callbacks(execute=True):
        submit.submit(assessment, by=cast.owner, route=Route.INSIDE)
        assert mailoutbox == []
    assert [mail.to for mail in mailoutbox] == [[cast.reviewer.email]]
    assert f"/reviews/{assessment.submissions.get().reference}/" in mailoutbox[0].body


@pytest.mark.long
def test_actions_keep_their_numbers_over_rounds():
    cast = make_cast()
    answers = {"accountable-owner": {"choice": "not_in_place"}, "use-register": {"choice": "partly"}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    first = assessment.current_submission
    numbers = {action["question"]: action["number"] for action in first.content()["actions"]}
    mark_all(first, by=cast.independent, change={"q:use-register": "Show it."})
    decisions.send_back(first, by=cast.independent)
    save(assessment, "use-register", {"choice": "in_place", "text": "Done."}, by=cast.owner)
    second = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    assert {a["question"]: a["number"] for a in second.content()["actions"]} == {
        "accountable-owner": numbers["accountable-owner"]
    }
    closed = RemediationAction.objects.get(use=assessment.use, question="use-register")
    assert (closed.status, closed.number) == ("closed", numbers["use-register"])


# --- two at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_two_owners_pressing_submit_make_one_submission():
    cast = make_cast()
    second = make_member(Role.OWNER, cast.organisation, "Oscar Owner").user
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    gate, results = threading.Barrier(2), []

    def press(user):
        try:
            gate.wait(timeout=10)
            submit.submit(Assessment.objects.get(pk=assessment.pk), by=user, route=Route.INDEPENDENT)
            results.append("submitted")
        except WrongState:
            results.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[user]) for user in (cast.owner, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["refused", "submitted"]
    assert Submission.objects.filter(assessment=assessment).count() == 1


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_two_reviewers_reaching_for_one_case_leave_one_seat():
    cast = make_cast()
    submission = make_assessment(State.SUBMITTED, "limited", cast=cast).current_submission
    gate, results = threading.Barrier(2), []

    def reach(user):
        try:
            gate.wait(timeout=10)
            seat_taking.take(Submission.objects.get(pk=submission.pk), by=user)
            results.append("taken")
        except WorkflowError:
            results.append("late")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=reach, args=[u]) for u in (cast.independent, cast.second_independent)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["late", "taken"]
    assert submission.seats.count() == 1


def test_an_organisation_keeps_its_last_owner():
    organisation = make_organisation()
    owner = owner_of(organisation)
    membership = Membership.objects.get(user=owner, organisation=organisation)
    with pytest.raises(WorkflowError):
        members.remove_member(membership, by=owner)


# --- prohibited uses ------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("open_prompt", [True, False])
def test_whoever_signs_confirms_the_prohibited_uses_also_where_no_question_asks_for_safeguards(open_prompt):
    facts = {"takes_user_input": True, "open_prompt": open_prompt, "makes_content_for_people": True}
    assessment = make_assessment("submitted", "limited", parts=("provider",), facts=facts)
    edition, submission = assessment.compiled(), Submission.objects.defer(None).get(assessment=assessment)
    asked = {question.key for question in assessment.declared().questions(edition)}
    assert ("prohibited-uses" in asked) is open_prompt
    said = " ".join(submission.content()["signed"]["statement"])
    for use in ("harm or endanger people", "steer people", "violence", "obscene", "fraud", "public order", "attack"):
        assert use in said
