"""Holds, worst answers, raised tiers and stale approvals: what a use waits for, and what keeps an approval honest."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.access import separation
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import reuse, start
from assessments.domain.certificates import staleness
from assessments.domain.evidence import library
from assessments.domain.facts import declare as facts_declare
from assessments.domain.facts import holds, procedural, worst_case
from assessments.domain.facts import tier as facts_tier
from assessments.domain.register import systems
from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.review import holds as review_holds
from assessments.domain.review import tier as review_tier
from assessments.domain.submission import changes, prohibited, submit
from assessments.domain.submission.obstacles import Code
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    AuditDetail,
    AuditEntry,
    Certificate,
    DecisionKind,
    Document,
    Edition,
    EvidenceUse,
    Hold,
    MarkKind,
    Message,
    Organisation,
    Route,
    State,
    Submission,
)
from assessments.models.base import FrozenRow
from assessments.models.snapshots import build_snapshot
from tests.support.acting import close_as, open_hold, report_done
from tests.support.factories import (
    Cast,
    fill,
    in_days,
    make_assessment,
    make_cast,
    make_evidence,
    make_use,
    mark_all,
    prove,
    save,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

PLEA = {"illegal_purpose": True, "lawful_exception_claimed": True}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def kinds(organisation: Organisation) -> list[str]:
    rows = AuditEntry.objects.filter(chain=organisation.reference).order_by("seq")
    return list(rows.values_list("kind", flat=True))


def sent(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


# --- holds -------------------------------------------------------------------------------------------------------------


def test_a_hold_knows_its_rule_its_owner_and_its_day(cast, edition):
    use = make_use("limited", cast.organisation, facts=PLEA)
    hold = use.holds.get()
    assert (hold.kind, hold.fact, hold.rule, hold.owner) == ("legal_review", "illegal_purpose", "H-PLEA", cast.owner)
    assert hold.due == timezone.localdate() + timedelta(days=edition.policy.hold_days)


def test_a_hold_is_handed_to_somebody_with_a_day_and_they_are_told(cast):
    hold = make_use("limited", cast.organisation, facts=PLEA).holds.get()
    holds.assign(hold, by=cast.owner, owner=cast.contributor, due=in_days(3))
    hold.refresh_from_db()
    assert (hold.owner, hold.due) == (cast.contributor, in_days(3))
    assert Message.objects.get(kind="hold").recipient == cast.contributor
    holds.assign(hold, by=cast.contributor, owner=cast.owner, due=in_days(4))  # whoever has it may hand it back
    with pytest.raises(NotPermitted):
        holds.assign(hold, by=cast.contributor, owner=cast.contributor, due=in_days(4))
    with pytest.raises(InvalidAnswer) as wrong:
        holds.assign(hold, by=cast.owner, owner=cast.viewer, due=in_days(4))
    assert wrong.value.field == "owner"
    with pytest.raises(InvalidAnswer) as wrong:
        holds.assign(hold, by=cast.owner, owner=cast.owner, due=in_days(-1))
    assert wrong.value.field == "due"
    assert kinds(cast.organisation)[-2:] == ["hold_assigned", "hold_assigned"]


def test_evidence_of_a_hold_comes_from_whoever_looks_after_it_out_of_the_own_library(cast):
    hold = make_use("limited", cast.organisation, facts=PLEA).holds.get()
    piece, foreign = make_evidence(cast.organisation), make_evidence()
    with pytest.raises(NotPermitted):
        holds.attach(hold, piece, by=cast.contributor)
    with pytest.raises(NotPermitted):
        holds.attach(hold, foreign, by=cast.owner)
    holds.attach(hold, piece, by=cast.owner)
    holds.attach(hold, piece, by=cast.owner)
    assert [row.evidence for row in hold.evidence_uses.all()] == [piece]
    holds.detach(hold, piece, by=cast.owner)
    assert not hold.evidence_uses.exists()
    assert kinds(cast.organisation)[-2:] == ["hold_evidence_attached", "hold_evidence_detached"]


def test_whoever_attaches_evidence_to_a_hold_is_of_the_delivery_team(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=PLEA)
    hold = assessment.use.holds.get()
    assert cast.contributor.pk not in separation.delivery_team(assessment)
    holds.assign(hold, by=cast.owner, owner=cast.contributor, due=in_days(3))
    holds.attach(hold, make_evidence(cast.organisation), by=cast.contributor)
    assert cast.contributor.pk in separation.delivery_team(assessment)


def test_a_prohibited_fact_that_was_merely_not_answered_yet_needs_no_evidence(cast):
    use = make_use("low", cast.organisation)
    assert {hold.decision for hold in use.holds.all()} <= {"Answered."}
    assert use.open_holds == 0


def test_a_yes_closes_the_open_question_and_makes_the_use_prohibited(cast):
    use = make_use("low", cast.organisation, facts={"subliminal_manipulation": "unknown"})
    facts_declare.declare_facts(use, {"subliminal_manipulation": True}, by=cast.owner)
    use.refresh_from_db()
    assert (use.assigned_tier, use.open_holds) == ("unacceptable", 0)


def test_evidence_alone_closes_no_open_question(cast):
    use = make_use("low", cast.organisation, facts={"illegal_purpose": "unknown"})
    holds.attach(use.holds.get(), make_evidence(cast.organisation), by=cast.owner)
    use.refresh_from_db()
    assert use.open_holds == 1
    facts_declare.declare_facts(use, {"illegal_purpose": False}, by=cast.contributor)
    use.refresh_from_db()
    assert use.open_holds == 1  # answered, and a reviewer closes it: tests/domain/review/test_answered_holds.py
    assert use.holds.get().answered_at


WHO_DECIDES: list[tuple[str, dict[str, Any], str, type[Exception] | None]] = [
    ("legal_review", PLEA, "independent", None),
    ("legal_review", PLEA, "reviewer", SeparationOfDuties),
    ("legal_review", PLEA, "owner", NotPermitted),
    ("legal_review", PLEA, "staff", NotPermitted),
    ("legal_review", {"exploits_vulnerable_groups": True}, "second_independent", None),
    ("exception_evidence", {"lawful_exception_claimed": True}, "reviewer", None),
    ("exception_evidence", {"lawful_exception_claimed": True}, "contributor", NotPermitted),
    ("open_question", {"illegal_purpose": "unknown"}, "independent", WorkflowError),
]


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize(("kind", "facts", "who", "refusal"), WHO_DECIDES)
def test_who_may_close_a_hold(cast, kind, facts, who, refusal):
    route = Route.INSIDE if who == "reviewer" else Route.INDEPENDENT
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts=facts, route=route)
    hold = assessment.use.holds.filter(closed_at=None).get()
    assert hold.kind == kind
    piece = make_evidence(cast.organisation)
    holds.attach(hold, piece, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=route)
    who_takes = getattr(cast, who if who in ("reviewer", "second_independent") else "independent")
    seat_taking.take(submission, by=who_takes)
    if refusal:
        with pytest.raises(refusal):
            review_holds.close(hold, submission, by=getattr(cast, who), decision="Counsel advised on 3 March.")
        assert Hold.objects.filter(pk=hold.pk, closed_at=None).exists()
        return
    with pytest.raises(InvalidAnswer):
        review_holds.close(hold, submission, by=getattr(cast, who), decision="  ")
    with pytest.raises(WorkflowError, match=f"Open all the evidence before you decide. Not opened yet: {piece.title}"):
        review_holds.close(hold, submission, by=getattr(cast, who), decision="Counsel advised on 3 March.")
    open_hold(hold, submission, by=getattr(cast, who))
    review_holds.close(hold, submission, by=getattr(cast, who), decision="Counsel advised on 3 March.")
    hold.refresh_from_db()
    assert (hold.closed_by, hold.decision) == (getattr(cast, who), "Counsel advised on 3 March.")
    assessment.use.refresh_from_db()
    assert assessment.use.open_holds == 0
    assert kinds(cast.organisation)[-1] == "hold_closed"


@pytest.mark.long
def test_a_member_of_the_delivery_team_closes_no_hold_even_with_a_seat(cast):
    assessment = make_assessment(
        State.IN_REVIEW, "limited", cast=cast, facts={"lawful_exception_claimed": True}, route=Route.INSIDE
    )
    hold = assessment.use.holds.get(closed_at=None)
    EvidenceUse.objects.create(hold=hold, evidence=make_evidence(cast.organisation), version=1, by=cast.reviewer)
    with pytest.raises(SeparationOfDuties):
        review_holds.close(hold, sent(assessment), by=cast.reviewer, decision="It is fine.")


@pytest.mark.long
def test_there_is_no_evidence_to_accept_before_it_is_attached(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts={"lawful_exception_claimed": True})
    hold = assessment.use.holds.get(closed_at=None)
    with pytest.raises(WorkflowError, match="There is no evidence to accept"):
        review_holds.close(hold, sent(assessment), by=cast.independent, decision="Accepted.")
    holds.attach(hold, make_evidence(cast.organisation), by=cast.owner)  # a hold is worked on under review too
    open_hold(hold, sent(assessment), by=cast.independent)
    review_holds.close(
        hold, sent(assessment), by=cast.independent, decision="Purpose, authority and containment are shown."
    )


@pytest.mark.long
def test_a_refused_claim_goes_back_is_corrected_and_ends_in_a_prohibited_use(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, facts=PLEA)
    submission, hold = sent(assessment), assessment.use.holds.get(closed_at=None)
    review_holds.close(hold, submission, by=cast.independent, decision="No licence exists.", outcome="correct")
    hold.refresh_from_db()
    assert (hold.closed_at, hold.outcome) == (None, "correct")
    mark = submission.marks.get()
    assert (mark.target, mark.mark) == ("f:lawful_exception_claimed", MarkKind.CHANGE_NEEDED)
    decisions.send_back(submission, by=cast.independent)
    facts_declare.declare_facts(assessment.use, {"lawful_exception_claimed": False}, by=cast.owner)
    hold.refresh_from_db()
    assessment.use.refresh_from_db()
    assert (hold.closed_by, hold.decision) == (cast.independent, "No licence exists.")
    assert hold.closed_at is not None
    assert (assessment.use.assigned_tier, assessment.use.open_holds) == ("unacceptable", 0)
    facts_declare.declare_facts(assessment.use, {"lawful_exception_claimed": True}, by=cast.owner)  # claimed once more
    assert assessment.use.holds.filter(closed_at=None).count() == 1


# --- the second member's agreement -------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_agreement_is_voided_by_another_reason_and_taken_back_by_whoever_gave_it_or_an_owner(cast):
    use = make_use("limited", cast.organisation, facts={"employment_decisions": False, "relied_on_advice": True})
    key = "minor_procedural_task"

    def declare(reason: str) -> None:
        facts_declare.declare_facts(use, {key: True}, by=cast.contributor, reasons={key: reason})

    def agreed() -> bool:
        return use.facts.get(key=key).agreed_by_id is not None

    facts_declare.declare_facts(use, {"decision_autonomy": "advisory"}, by=cast.owner)
    declare("It sorts the post.")
    procedural.agree_procedural(use, by=cast.owner, reason="I read every letter.")
    use.refresh_from_db()
    assert (agreed(), use.assigned_tier) == (True, "low")
    declare("It sorts the post into two trays.")
    use.refresh_from_db()
    assert (agreed(), use.assigned_tier) == (False, "limited")
    procedural.agree_procedural(use, by=cast.owner, reason="I read every letter.")
    with pytest.raises(NotPermitted):
        procedural.withdraw_agreement(use, by=cast.contributor, reason="No.")
    with pytest.raises(InvalidAnswer):
        procedural.withdraw_agreement(use, by=cast.owner, reason=" ")
    procedural.withdraw_agreement(use, by=cast.owner, reason="I no longer read them all.")
    use.refresh_from_db()
    assert (agreed(), use.assigned_tier) == (False, "limited")
    entry = AuditEntry.objects.get(kind="procedural_agreement_withdrawn")
    assert "I read every letter." in AuditDetail.objects.get(entry=entry).detail
    with pytest.raises(WorkflowError, match="no agreement"):
        procedural.withdraw_agreement(use, by=cast.owner, reason="Again.")


# --- the worst answer --------------------------------------------------------------------------------------------------


def test_an_owner_signs_the_worst_answer_and_the_tier_is_provisional_no_more(cast, edition):
    use = make_use("low", cast.organisation, facts={"healthcare_diagnosis": "unknown"})
    assert (use.assigned_tier, use.provisional) == ("high", True)
    with pytest.raises(NotPermitted):
        worst_case.sign_worst(use, by=cast.contributor)
    with pytest.raises(WorkflowError, match="The unknown answers have changed"):
        worst_case.sign_worst(use, by=cast.owner, shown={})
    signed = worst_case.sign_worst(use, by=cast.owner, shown={"healthcare_diagnosis": True})
    use.refresh_from_db()
    assert (use.assigned_tier, use.provisional) == ("high", False)
    assert signed.facts == [{"fact": "healthcare_diagnosis", "was": "unknown", "value": True}]
    assert signed.statement.splitlines()[1:] == [f"{edition.facts['healthcare_diagnosis'].label}: Yes"]
    row = use.facts.get(key="healthcare_diagnosis")
    assert (row.value, row.signed_worst, row.by) == (True, signed, cast.owner)
    assert list(row.revisions.order_by("number").values_list("value__value", flat=True)) == ["unknown", True]
    assert kinds(cast.organisation)[-1] == "worst_answers_signed"
    with pytest.raises(FrozenRow):
        signed.save()
    with pytest.raises(WorkflowError, match="does not depend on any unknown answer"):
        worst_case.sign_worst(use, by=cast.owner)
    facts_declare.declare_facts(use, {"healthcare_diagnosis": False}, by=cast.contributor)  # known now, by a revision
    row.refresh_from_db()
    use.refresh_from_db()
    assert (row.signed_worst, row.revision, use.assigned_tier) == (None, 3, "low")


def test_a_fact_on_a_prohibited_use_is_never_signed_at_its_worst(cast):
    facts = {"illegal_purpose": "unknown", "healthcare_diagnosis": "unknown"}
    use = make_use("low", cast.organisation, facts=facts)
    with pytest.raises(WorkflowError, match="You cannot declare the worst possible answer for them"):
        worst_case.sign_worst(use, by=cast.owner)
    assert use.facts.get(key="healthcare_diagnosis").value == "unknown"


def test_nothing_is_signed_at_its_worst_while_under_review(cast):
    assessment = make_assessment(State.SUBMITTED, "low", cast=cast, facts={"healthcare_diagnosis": "unknown"})
    with pytest.raises(Locked):
        worst_case.sign_worst(assessment.use, by=cast.owner)


@pytest.mark.long
def test_signed_worst_answers_stand_in_the_submission_and_the_certificate_says_how_many(cast):
    assessment = make_assessment(State.DRAFT, "low", cast=cast, facts={"education_decisions": "unknown"})
    worst_case.sign_worst(assessment.use, by=cast.owner)
    content = build_snapshot(Assessment.objects.for_dashboard().get(pk=assessment.pk), final=False)
    assert [fact["key"] for fact in content["facts"] if fact["signed_worst"]] == ["education_decisions"]
    fill(assessment, by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    assert '"worst_answers":1' in Certificate.objects.get().public_record
    assert "education_decisions" not in Certificate.objects.get().public_record


# --- a raised tier -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_reviewer_raises_the_tier_and_the_new_duties_come_back_to_the_respondent(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    submission = sent(assessment)
    for who, error in (("second_independent", NotPermitted), ("owner", NotPermitted), ("staff", NotPermitted)):
        with pytest.raises(error):
            review_tier.raise_tier(submission, by=getattr(cast, who), tier=Tier.HIGH, reason="It decides.")
    for tier in (Tier.LOW, Tier.LIMITED):
        with pytest.raises(InvalidAnswer) as wrong:
            review_tier.raise_tier(submission, by=cast.independent, tier=tier, reason="It is mild.")
        assert wrong.value.field == "tier"
    with pytest.raises(InvalidAnswer):
        review_tier.raise_tier(submission, by=cast.independent, tier=Tier.HIGH, reason="")
    decision = review_tier.raise_tier(submission, by=cast.independent, tier=Tier.HIGH, reason="In practice it decides.")
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    use = assessment.use
    assert (use.rules_tier, use.raised_tier, use.assigned_tier, use.raised_by) == ("limited", "high", "high", decision)
    assert (assessment.state, assessment.answered < assessment.applicable) == (State.RETURNED, True)
    assert [d.kind for d in submission.decisions.order_by("pk")] == [DecisionKind.RAISE_TIER, DecisionKind.RETURN]
    assert kinds(cast.organisation)[-1] == "tier_raised"
    declared = assessment.declared()
    unlocked = answering_answers.unlocked_questions(assessment, declared, assessment.answer_values())
    assert "tier-high-conformity" in unlocked
    assert "use-register" not in unlocked
    fill(assessment, by=cast.owner)
    again = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    tier = again.content()["tier"]
    assert (again.assigned_tier, tier["by_rules"], tier["raised"]["reason"]) == (
        "high",
        "limited",
        "In practice it decides.",
    )


@pytest.mark.long
def test_a_raise_lasts_over_changed_facts_until_a_reviewer_of_a_later_submission_withdraws_it(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    review_tier.raise_tier(sent(assessment), by=cast.independent, tier=Tier.HIGH, reason="In practice it decides.")
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    fill(assessment, by=cast.owner)
    second = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(second, by=cast.independent)
    mark_all(second, by=cast.independent, change={"f:employment_decisions": "Say no."})
    decisions.send_back(second, by=cast.independent)
    facts_declare.declare_facts(assessment.use, {"employment_decisions": False}, by=cast.owner)
    assessment.use.refresh_from_db()
    assert (assessment.use.rules_tier, assessment.use.assigned_tier) == ("low", "high")
    facts_declare.declare_facts(assessment.use, {"employment_decisions": True}, by=cast.owner)
    third = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(third, by=cast.second_independent)
    with pytest.raises(InvalidAnswer):
        review_tier.withdraw_raise(third, by=cast.second_independent, reason=" ")
    review_tier.withdraw_raise(third, by=cast.second_independent, reason="A person decides now.")
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    assert (assessment.state, assessment.use.assigned_tier, assessment.use.raised_tier) == ("returned", "limited", "")
    assert kinds(cast.organisation)[-1] == "tier_raise_withdrawn"


@pytest.mark.long
def test_raised_to_unacceptable_is_refused_and_opens_again_only_with_changed_facts(cast):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    review_tier.raise_tier(sent(assessment), by=cast.independent, tier=Tier.UNACCEPTABLE, reason="It is built to harm.")
    assessment.refresh_from_db()
    assert assessment.state == State.REFUSED
    assert Document.objects.filter(kind="decision_letter").count() == 1
    assert not Certificate.objects.exists()
    assessment.use.refresh_from_db()
    again = start.start_assessment(assessment.use, by=cast.owner)
    fill(again, by=cast.owner)
    again = Assessment.objects.for_dashboard().get(pk=again.pk)
    assert [one.code for one in submit.obstacles_to_submit(again)] == [Code.RAISED]
    with pytest.raises(WorkflowError):
        prohibited.declare_prohibited(again, by=cast.owner)  # the declared facts are none
    facts_declare.declare_facts(again.use, {"users_scale": "100_to_9999"}, by=cast.owner)
    assert submit.obstacles_to_submit(Assessment.objects.for_dashboard().get(pk=again.pk)) == []


# --- stale approvals ---------------------------------------------------------------------------------------------------


def words_of(assessment: Assessment) -> list[tuple[str, str]]:
    assessment.refresh_from_db()
    return [(reason.kind, reason.words) for reason in staleness.reasons(assessment)]


@pytest.mark.long
def test_a_save_that_changes_no_fact_flags_nothing(cast):
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    facts_declare.declare_facts(assessment.use, {"employment_decisions": False}, by=cast.owner)
    assert words_of(assessment) == []


@pytest.mark.long
def test_each_change_after_the_certificate_is_a_reason_of_its_own(cast, edition):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece, other = make_evidence(cast.organisation, title="Log"), make_evidence(cast.organisation, title="List")
    for one in (piece, other):
        library.attach(one, assessment, "use-register", by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    library.add_version(piece, by=cast.owner, link="https://example.org/log-2")
    library.withdraw(other, by=cast.owner)
    facts_declare.declare_facts(assessment.use, {"users_scale": "100_to_9999"}, by=cast.owner)
    systems.update_use(assessment.use, by=cast.owner, purpose="Sorts and answers requests")
    systems.update_system(assessment.use.system, by=cast.owner, version="4")
    assert words_of(assessment) == [
        ("evidence", "The evidence “Log” was replaced by version 2."),
        ("evidence", "The evidence “List” was withdrawn from the library."),
        ("fact", f"Declared facts changed: {edition.facts['users_scale'].label}."),
        ("use", "The purpose, setting, people affected or scope of the use was changed."),
        (
            "fact",
            "The register entry of the system was changed: its version, its suppliers or the organisation's parts in "
            "the system.",
        ),
    ]
    assert Certificate.objects.get().status() == "valid"  # none of them raised the tier
    assert kinds(cast.organisation).count("approval_stale") == 5


@pytest.mark.long
def test_an_approval_whose_evidence_changes_is_stale_and_nothing_is_issued_on_it(cast):
    answers = {"accountable-owner": {"choice": "partly", "text": "Being named."}}
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, answers=answers)
    piece = make_evidence(cast.organisation, title="Log")
    library.attach(piece, assessment, "use-register", by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    assessment.refresh_from_db()
    assert assessment.state == State.APPROVED
    library.add_version(piece, by=cast.owner, link="https://example.org/log-2")
    assert words_of(assessment) == [("evidence", "The evidence “Log” was replaced by version 2.")]
    action = assessment.use.actions.get(question="accountable-owner")
    report_done(action, by=cast.owner, note="Named.")
    close_as(action, by=cast.independent)
    assessment.refresh_from_db()
    assert (assessment.state, Certificate.objects.count()) == (State.APPROVED, 0)


@pytest.mark.long
def test_evidence_that_expires_after_the_approval_is_flagged_once_by_the_sweep(cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = make_evidence(cast.organisation, title="Log", expires_on=in_days(5))
    use = library.attach(piece, assessment, "use-register", by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    assert staleness.flag_expired() == 0
    type(piece).objects.filter(pk=piece.pk).update(expires_on=in_days(-1))
    EvidenceUse.objects.filter(pk=use.pk).update(at=timezone.now() - timedelta(days=9))
    assert [staleness.flag_expired(), staleness.flag_expired()] == [1, 0]
    assert words_of(assessment) == [("evidence", f"The evidence “Log” expired on {in_days(-1).isoformat()}.")]


@pytest.mark.long
def test_a_newer_release_is_a_notice_that_flags_and_suspends_nothing(cast):
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    assert staleness.newer_edition(assessment) is None
    old = Edition.objects.get()
    content = old.content.replace('"condition_days":90', '"condition_days":80')
    Edition.objects.create(key=old.key, release=99, content=content, checksum="f" * 64)
    notice = staleness.newer_edition(assessment)
    assert notice is not None
    assert notice.is_notice
    assert notice.words.endswith("No question has changed. No tier rule has changed.")
    assert (words_of(assessment), Certificate.objects.get().status()) == ([], "valid")


def test_reasons_of_before_are_read_too(cast):
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    assessment.stale_reasons = ["The declared facts changed after the certificate."]
    assert [(r.kind, r.at) for r in staleness.reasons(assessment)] == [("fact", None)]


# --- what changed? -----------------------------------------------------------------------------------------------------


def state(assessment: Assessment, *kinds: str, by: Any, words: str = "The supplier moved us to its next model.") -> Any:
    return changes.state_change(assessment, by=by, kinds=kinds, words=words, happened_on=timezone.localdate())


@pytest.mark.long
def test_a_stated_change_opens_the_next_assessment_with_just_the_affected_answers_open(cast, edition):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = make_evidence(cast.organisation, title="Log")
    library.attach(piece, assessment, "use-register", by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    with pytest.raises(NotPermitted):
        state(assessment, "model", by=cast.contributor)
    for wrong, fields in (("kinds", {"kinds": ["weather"]}), ("words", {"words": " "}), ("happened_on", {})):
        given = {"kinds": ["model"], "words": "Another model.", "happened_on": in_days(1)} | fields
        with pytest.raises(InvalidAnswer) as refused:
            changes.state_change(assessment, by=cast.owner, **given)
        assert refused.value.field == wrong
    change = state(assessment, "model", by=cast.owner)
    opened = Assessment.objects.for_dashboard().get(pk=change.opened_id)
    kind = next(kind for kind in edition.policy.changes if kind.key == "model")
    asked = opened.declared().questions(edition)
    assert set(change.to_confirm) == {question.key for question in asked if kind.opens(question)}
    assert 0 < len(change.to_confirm) < len(asked) / 2
    assert (opened.state, opened.follows_id, opened.applicable) == (State.DRAFT, assessment.pk, len(asked))
    assert opened.answered == len(asked) - len(change.to_confirm)
    row = opened.answers.get(question__key="use-register")
    former = assessment.answers.get(question__key="use-register")
    assert (row.to_confirm, row.carried_from, row.by) == (False, former, former.by)
    assert [use.evidence for use in row.evidence_uses.all()] == [piece]
    assert Certificate.objects.get().status() == "valid"
    assessment.refresh_from_db()
    assert [reason.kind for reason in staleness.reasons(assessment)] == ["change"]
    assert kinds(cast.organisation)[-1] == "change_stated"
    with pytest.raises(FrozenRow):
        change.delete()


def test_an_incident_suspends_the_certificate_at_once(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    change = state(assessment, "incident", by=cast.owner, words="A leak of two records.")
    certificate = Certificate.objects.get()
    assert (certificate.status(), change.suspends) == ("suspended", True)
    event = certificate.events.latest("pk")
    assert (event.public_reason, event.public_words) == ("suspended.incident", "An incident is being investigated.")
    assert event.private_reason == ""


def test_a_change_of_a_draft_that_is_open_already_asks_again_for_what_it_had_carried(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    first = state(assessment, "data", by=cast.owner)
    second = state(assessment, "model", by=cast.owner)
    assert second.opened == first.opened
    assert set(first.to_confirm) < set(second.to_confirm)


@pytest.mark.long
def test_a_fact_that_changes_in_the_next_draft_asks_again_for_what_reads_it(cast, edition):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast, facts={"personal_data": "ordinary"})
    opened = Assessment.objects.get(pk=state(assessment, "model", by=cast.owner).opened_id)
    facts_declare.declare_facts(assessment.use, {"personal_data": "sensitive"}, by=cast.owner)
    waiting = set(opened.answers.filter(to_confirm=True).values_list("question__key", flat=True))
    carried = set(opened.answers.values_list("question__key", flat=True))
    assert facts_tier.reading(edition, {"personal_data"}) & carried <= waiting


@pytest.mark.long
def test_a_change_after_an_approval_without_certificate_withdraws_it(cast):
    answers = {"accountable-owner": {"choice": "partly", "text": "Being named."}}
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers=answers)
    change = state(assessment, "purpose", by=cast.owner)
    assessment.refresh_from_db()
    assert assessment.state == State.WITHDRAWN
    opened = Assessment.objects.for_dashboard().get(pk=change.opened_id)
    assert (opened.answered, len(change.to_confirm)) == (0, opened.answers.count())


def test_a_decided_answer_declared_otherwise_later_flags_the_approval(cast):
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    opened = Assessment.objects.for_dashboard().get(pk=state(assessment, "model", by=cast.owner).opened_id)
    for row in opened.answers.filter(to_confirm=True).select_related("question"):
        reuse.confirm_copied(opened, row.question.key, by=cast.owner, base=row.revision)
    save(opened, "use-register", {"choice": "partly", "text": "Half of it."}, by=cast.owner)
    submit.submit(opened, by=cast.owner, route=Route.INDEPENDENT)
    assert words_of(assessment)[-1] == (
        "answer",
        "One answer is different in a later submission.",
    )


def test_what_a_newer_release_asks_otherwise_is_affected_too(cast, edition):
    assessment = make_assessment(State.CERTIFIED, "low", cast=cast)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    question = dataclasses.replace(edition.questions["use-register"], text="Do you keep a list?")
    first, *others = edition.sections
    changed = tuple(question if one.key == question.key else one for one in first.questions)
    newer = dataclasses.replace(edition, sections=(dataclasses.replace(first, questions=changed), *others))
    assert changes.affected(newer, assessment, []) == {"use-register"}
    assert staleness.differences(edition, newer) == "Questions: 1 changed. No tier rule has changed."


@pytest.mark.long
def test_evidence_that_needs_a_look_and_facts_that_changed_are_asked_again(cast, edition):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast, facts={"personal_data": "ordinary"})
    piece = make_evidence(cast.organisation, title="Log")
    library.attach(piece, assessment, "use-register", by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    library.add_version(piece, by=cast.owner, link="https://example.org/log-2")
    facts_declare.declare_facts(assessment.use, {"personal_data": "sensitive"}, by=cast.owner)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    expected = {"use-register"} | facts_tier.reading(edition, {"personal_data"})
    assert changes.affected(edition, assessment, []) == expected
