"""Ways round a decision that were found by reading: each was open once, and is tried here."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from assessments.core.errors import Locked, NotPermitted, NotReady
from assessments.domain.answering import conformity_file, start
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.certificates import blockers, missed, monitoring, staleness, standing, status
from assessments.domain.evidence import library
from assessments.domain.facts import declare, procedural
from assessments.domain.register import members
from assessments.domain.remediation import actions, dates
from assessments.domain.review import approval as review_approval
from assessments.domain.review import decisions, interests, messages, seat_taking
from assessments.domain.submission import self_certify, submit, taking_back
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    Condition,
    Involvement,
    Membership,
    Message,
    RemediationAction,
    ReviewMark,
    Role,
    Route,
    State,
)
from assessments.models.snapshots import build_snapshot, changed_targets
from tests.support.acting import CONDITION, SHOULD, action_on, certificate_of, close_as, make_conditioned, report_done
from tests.support.factories import (
    Cast,
    fill,
    in_days,
    make_assessment,
    make_evidence,
    make_member,
    make_use,
    mark_all,
    prove,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(44)]


def next_of(assessment: Assessment, *, by) -> Assessment:
    """The next assessment of the use, answered as the one before."""
    again = start.start_assessment(assessment.use, by=by)
    fill(again, by=by)
    return again


# --- monitoring ------------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("why", ["a hold", "a condition", "a complaint"])
def test_freshness_lifts_nothing_that_came_on_top(cast: Cast, why: str) -> None:
    certificate = Certificate.objects.get(use=make_assessment("certified", "high", cast=cast).use)
    assessment = certificate.submission.assessment
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=40)):
        assert monitoring.watch_monitoring() == 1
        if why == "a hold":
            declare.declare_facts(assessment.use, {"exploits_vulnerable_groups": True}, by=cast.owner)
        elif why == "a condition":
            approval = certificate.submission.decisions.order_by("pk")[0]
            Condition.objects.create(decision=approval, question=CONDITION, words="A list", due_on=in_days(-1))
            assert missed.miss_conditions() == 1
        else:
            words = {"reason": next(iter(standing.REASONS[status.SUSPEND])), "words": "A complaint is open."}
            standing.suspend(certificate, by=cast.independent, **words)
        fresh = make_evidence(cast.organisation, by=cast.owner, link="https://example.org/n", period_to=in_days(0))
        conformity_file.save_part(
            assessment, "monitoring", GivenPart(evidence=[fresh.reference]), by=cast.owner, base=1
        )
        assert monitoring.watch_monitoring() == 0
        assert Certificate.objects.get(pk=certificate.pk).status() == "suspended"
    assert CertificateEvent.objects.filter(certificate=certificate, kind="suspended").count() == 2


@pytest.mark.long
def test_a_certificate_does_not_stand_on_a_tier_that_became_provisional(cast: Cast) -> None:
    facts = {"critical_infrastructure": True}
    certified = make_assessment("certified", "high", cast=cast, facts=facts)
    declare.declare_facts(
        certified.use, {"critical_infrastructure": "unknown", "healthcare_diagnosis": "unknown"}, by=cast.owner
    )
    certified.use.refresh_from_db()
    assert certified.use.provisional
    assert certificate_of(certified).status() == "suspended"


# --- the agreement of a second member ----------------------------------------------------------------------------------------


def test_an_agreement_is_locked_with_its_fact_and_seen_where_it_changed(cast: Cast) -> None:
    use = make_use("limited", cast.organisation)
    declare.declare_facts(
        use, {"minor_procedural_task": True}, by=cast.owner, reasons={"minor_procedural_task": "Sorts."}
    )
    assessment = start.start_assessment(use, by=cast.owner)
    fill(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show the newest entry."})
    decisions.send_back(submission, by=cast.independent)
    with pytest.raises(Locked):
        procedural.agree_procedural(use, by=cast.contributor, reason="I open every letter.")
    ReviewMark.objects.filter(submission=submission, target="f:minor_procedural_task").update(mark="change_needed")
    procedural.agree_procedural(use, by=cast.contributor, reason="I open every letter.")
    now = build_snapshot(Assessment.objects.for_dashboard().get(pk=assessment.pk), final=True)
    assert "f:minor_procedural_task" in changed_targets(submission.content(), now)


# --- a new assessment ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("withdrawn", "A reviewer has asked for changes, so a reviewer must decide on this use."),
        ("refused", "A reviewer has refused this use, so a reviewer must decide on it again."),
    ],
)
def test_what_a_reviewer_did_not_let_pass_is_not_begun_anew_and_signed(cast: Cast, ends: str, words: str) -> None:
    assessment = make_assessment(State.RETURNED if ends == "withdrawn" else State.REFUSED, "low", cast=cast)
    if ends == "withdrawn":
        taking_back.withdraw(assessment, by=cast.owner, reason="We begin anew.")
    again = next_of(assessment, by=cast.owner)
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(again, by=cast.owner)
    assert refused.value.reasons == [words]


@pytest.mark.long
def test_a_renewal_puts_off_no_day_that_was_promised(cast: Cast) -> None:
    draft = make_assessment(tier="low", cast=cast, answers={CONDITION: {"choice": "partly"}})
    self_certify.self_certify(draft, by=cast.owner, conditions={CONDITION: in_days(60)})
    again = start.start_assessment(draft.use, by=cast.owner)
    fill(again, by=cast.owner, answers={CONDITION: {"choice": "partly"}})
    content = build_snapshot(again, final=True)
    (left,) = blockers.blockers_to_self_certify(again, content)
    assert (left.question, left.conditionable, left.longest_days) == (CONDITION, True, 60)
    Condition.objects.update(due_on=in_days(-1))  # and so it stays until somebody accepts it
    (left,) = blockers.blockers_to_self_certify(again, content)
    assert not left.conditionable


# --- two approvals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("since", ["a conflict", "the team"])
def test_a_first_approval_counts_no_more_once_its_giver_may_not_give_it(cast: Cast, since: str) -> None:
    submission = make_assessment(State.SUBMITTED, "high", cast=cast).current_submission
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Read.")
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    if since == "a conflict":
        interests.decline(submission, by=cast.independent, words="My brother works there.")
    else:
        Involvement.objects.keep(submission.assessment.use_id, Involvement.Kind.OWNED, [cast.independent.pk])
    with pytest.raises(NotReady) as refused:
        review_approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert "Return the submission" in refused.value.reasons[0]
    assert not Certificate.objects.exists()


# --- actions and conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_renewal_that_was_recalled_judges_no_action_of_the_certificate_before(cast: Cast) -> None:
    assessment = make_conditioned(cast)
    report_done(action_on(assessment, CONDITION), by=cast.contributor, note="It is there.")
    again = next_of(assessment, by=cast.owner)
    submit.submit(again, by=cast.owner, route=Route.INSIDE)
    taking_back.recall(again, by=cast.owner)
    with pytest.raises(NotPermitted):  # no seat in the case of the certificate
        actions.accept(action_on(assessment, CONDITION), by=cast.reviewer)
    close_as(action_on(assessment, CONDITION), by=cast.independent)
    assert Condition.objects.get().met_by == cast.independent


@pytest.mark.long
def test_an_action_that_an_approval_hangs_on_is_closed_by_nobody_s_new_answer(cast: Cast) -> None:
    assessment = make_conditioned(cast)
    again = next_of(assessment, by=cast.owner)
    prove(again, by=cast.owner)
    submit.submit(again, by=cast.owner, route=Route.INDEPENDENT)
    open_now = RemediationAction.objects.filter(use=assessment.use, status="open").values_list("question", flat=True)
    assert list(open_now) == [CONDITION]
    renewal = again.submissions.get()
    seat_taking.take(renewal, by=cast.independent)
    mark_all(renewal, by=cast.independent)
    review_approval.approve(renewal, by=cast.independent, statement="Read.")
    assert not open_now.all().exists()  # the certificate that it hung on has ended


@pytest.mark.long
def test_a_condition_of_a_void_approval_is_neither_reminded_of_nor_missed(cast: Cast) -> None:
    submission = make_assessment(
        State.SUBMITTED, "high", cast=cast, answers={CONDITION: {"choice": "partly"}}
    ).current_submission
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    review_approval.approve(submission, by=cast.independent, statement="Read.", conditions={CONDITION: in_days(5)})
    taking_back.withdraw(submission.assessment, by=cast.owner, reason="Another model.")
    assert Condition.objects.count() == 1
    assert missed.miss_conditions(in_days(6)) == 0


@pytest.mark.long
def test_an_answer_to_whoever_left_goes_to_the_owners(cast: Cast) -> None:
    assessment = make_conditioned(cast)
    gone = make_member(Role.CONTRIBUTOR, cast.organisation, "Gwen Gone").user
    dates.plan(action_on(assessment, SHOULD), by=cast.owner, owner=gone, due=in_days(20), effort="S")
    report_done(action_on(assessment, SHOULD), by=gone, note="Done.")
    members.remove_member(Membership.objects.get(user=gone), by=cast.owner)
    actions.decline(action_on(assessment, SHOULD), by=cast.independent, words="It shows nothing.")
    told = Message.objects.filter(text="It shows nothing.").values_list("recipient", flat=True)
    assert list(told) == [cast.owner.pk]


def test_a_reviewer_who_left_reads_no_more_of_a_case(cast: Cast) -> None:
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    messages.say(submission, "When was it read?", by=cast.owner)
    assert Message.objects.filter(recipient=cast.independent, kind="case_message").exists()
    members.remove_member(Membership.objects.get(user=cast.independent), by=cast.second_independent)
    Message.objects.all().delete()
    messages.say(submission, "Is anybody there?", by=cast.owner)
    assert not Message.objects.filter(recipient=cast.independent).exists()


def test_more_expired_pieces_than_reasons_are_kept_are_flagged_once(cast: Cast) -> None:
    assessment = make_assessment(cast=cast, tier="limited")
    piece = make_evidence(cast.organisation, by=cast.owner, title="Soon over", expires_on=in_days(1))
    library.attach(piece, assessment, "use-register", by=cast.owner)
    flagged = [{"kind": "evidence", "words": f"Piece {n}", "at": ""} for n in range(staleness.KEPT)]
    rows = Assessment.objects.filter(pk=assessment.pk)
    rows.update(state=State.CERTIFIED, stale_since=timezone.now(), stale_reasons=flagged)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=5)):
        assert staleness.flag_expired() == 0
        rows.update(stale_reasons=flagged[1:])
        assert staleness.flag_expired() == 1
        assert staleness.flag_expired() == 0
