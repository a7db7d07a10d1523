"""What closes an action: evidence, judged by the reviewers of its case; two of them at High; and what the use keeps."""

from __future__ import annotations

import pytest

from assessments.access import finders, separation
from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.answering import start
from assessments.domain.certificates import issue
from assessments.domain.evidence import library
from assessments.domain.facts import tier
from assessments.domain.remediation import actions, closing
from assessments.domain.remediation.closing import Finding
from assessments.domain.review import approval, decisions, interests, seat_taking
from assessments.domain.submission import submit, taking_back
from assessments.models import (
    ActionStatus,
    ActionVerdict,
    Assessment,
    Certificate,
    ClosedPractice,
    Condition,
    Message,
    RemediationAction,
    Route,
    State,
)
from assessments.models.base import FrozenRow
from tests.support.acting import (
    CONDITION,
    CONSIDER,
    SHOULD,
    action_on,
    close_as,
    make_conditioned,
    open_pieces,
    report_done,
    sent,
    supports,
)
from tests.support.factories import Cast, anew, in_days, make_assessment, make_evidence, mark_all, prove
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(33)]
DONE = "All five clinics are in it now."


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def high_case(cast: Cast, *, first: str = "independent") -> Assessment:
    """A High use, approved by two, whose certificate waits for one must that is partly in place."""
    gaps = {CONDITION: {"choice": "partly", "text": "Two of five."}, SHOULD: {"choice": "not_in_place"}}
    draft = make_assessment(State.DRAFT, "high", cast=cast, answers=gaps)
    prove(draft, by=cast.owner)
    route = Route.INDEPENDENT if first == "independent" else Route.INSIDE
    submission = submit.submit(draft, by=cast.owner, route=route)
    for reviewer in (getattr(cast, first), cast.second_independent):
        seat_taking.take(submission, by=reviewer)
        mark_all(submission, by=reviewer)
        approval.approve(submission, by=reviewer, statement="Read.")
    assert anew(draft).state == State.APPROVED
    return anew(draft)


# --- what is reported -----------------------------------------------------------------------------------------------------


@pytest.mark.long
@fails_without("what blocks is reported with evidence")
def test_a_blocking_action_is_not_reported_done_by_one_sentence(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    with pytest.raises(InvalidAnswer, match="Attach evidence") as refused:
        actions.report(action, by=cast.contributor, note=DONE)
    assert refused.value.field == "evidence"
    assert action_on(assessment, CONDITION).status == ActionStatus.OPEN
    actions.report(action_on(assessment, SHOULD), by=cast.contributor, note=DONE)  # it blocks nothing


@pytest.mark.parametrize(
    "piece", [{"link": "https://example.org/register"}, {"confidentiality": "on_request", "held_by": "The secretary"}]
)
def test_a_link_alone_shows_no_must(cast: Cast, assessment: Assessment, piece: dict[str, str]) -> None:
    action = action_on(assessment, CONDITION)
    alone = make_evidence(cast.organisation, by=cast.owner, **piece)
    with pytest.raises(InvalidAnswer, match="is not enough"):
        actions.report(action, by=cast.contributor, note=DONE, pieces=[alone])
    assert not action.evidence_uses.exists()  # nothing of the refused report is kept
    actions.report(action, by=cast.contributor, note=DONE, pieces=[alone, make_evidence(cast.organisation)])


def test_a_must_is_shown_by_a_link_to_an_answer_with_evidence(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    answer = assessment.answers.select_related("assessment").filter(evidence_uses=None).order_by("pk")[0]
    with pytest.raises(InvalidAnswer, match="has no evidence"):
        actions.report(action, by=cast.contributor, note=DONE, answers=[answer])
    piece = make_evidence(cast.organisation, by=cast.owner, title="Register of November")
    answer.evidence_uses.create(evidence=piece, version=1, by=cast.owner)
    assert answer in closing.answers_to_link(action)
    actions.report(action, by=cast.contributor, note=DONE, answers=[answer])
    (shown,) = closing.shown_for(action, None)
    assert (shown.use.evidence, shown.use.taken_from) == (piece, answer)


def test_an_answer_of_another_use_shows_nothing(cast: Cast, assessment: Assessment) -> None:
    other = make_assessment(State.DRAFT, "low", cast=cast)
    answer = other.answers.select_related("assessment").order_by("pk")[0]
    with pytest.raises(NotPermitted):
        actions.link_answer(action_on(assessment, CONDITION), answer, by=cast.owner)


# --- the gate: seats, declarations, conflicts -------------------------------------------------------------------------------


def sees(user, action) -> bool:
    return finders.actions_to_check_for(user).filter(pk=action.pk).exists()


@fails_without("a case opens by a declaration of interests")
def test_an_action_opens_with_a_declaration_in_its_own_case_alone(cast: Cast, assessment: Assessment) -> None:
    action, newcomer = action_on(assessment, SHOULD), cast.second_independent
    assert not sees(newcomer, action)
    assert finders.to_declare_for_action(newcomer, action.use.reference, action.number) == sent(assessment)
    interests.declare_none(sent(assessment), by=newcomer)
    assert sees(newcomer, action)
    following = start.start_assessment(assessment.use, by=cast.owner)
    Assessment.objects.filter(pk=following.pk).update(state=State.SUBMITTED, current_submission=_next(following))
    assert not sees(newcomer, action)  # another case judges it now
    assert finders.to_declare_for_action(newcomer, action.use.reference, action.number).assessment_id == following.pk
    assert sees(newcomer, action_on(assessment, CONDITION))  # the condition stays with the case that set it


def _next(assessment: Assessment):
    """A submission of a draft, written straight into the rows: what is asked here is whose case an action is."""
    from assessments.models import Submission

    before = Submission.objects.get(assessment=assessment.follows)
    values = {field.attname: getattr(before, field.attname) for field in before._meta.concrete_fields}
    values = {name: value for name, value in values.items() if name not in ("id", "reference", "assessment_id")}
    return Submission.objects.create(assessment=assessment, **values)


@fails_without("a conflict closes a case")
def test_a_declared_conflict_closes_the_action(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    interests.decline(sent(assessment), by=cast.independent, words="I sold it to them.")
    assert not sees(cast.independent, action)
    for act in (lambda: close_as(action, by=cast.independent), lambda: _decline(action, cast.independent)):
        with pytest.raises(SeparationOfDuties):
            act()


def _decline(action: RemediationAction, user) -> None:
    actions.decline(action, by=user, words="It does not show it.")


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("declared", [False, True])
@fails_without("who has no seat closes no action", True)
def test_only_a_seat_of_the_case_accepts_or_declines(cast: Cast, assessment: Assessment, declared: bool) -> None:
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    if declared:
        interests.declare_none(sent(assessment), by=cast.second_independent)
        interests.declare_none(sent(assessment), by=cast.reviewer)
    for who in (cast.second_independent, cast.reviewer, cast.owner, cast.staff, cast.outsider):
        for act in (close_as, _decline_by, judge_as):
            with pytest.raises(NotPermitted):
                act(action, by=who)
    assert action_on(assessment, CONDITION).status == ActionStatus.DONE
    close_as(action, by=cast.independent)


def _decline_by(action: RemediationAction, *, by) -> None:
    _decline(action, by)


def judge_as(action: RemediationAction, *, by) -> None:
    closing.judge(action, supports(action), by=by)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN])
@fails_without("no action is judged in a closed case", State.REFUSED)
def test_no_action_is_judged_in_a_closed_case(cast: Cast, state: str) -> None:
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers={CONDITION: {"choice": "partly"}})
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    if state == State.REFUSED:
        decisions.refuse(sent(assessment), by=cast.independent, statement="No.")
    else:
        taking_back.withdraw(assessment, by=cast.owner, reason="Another model.")
    for act in (close_as, _decline_by):
        with pytest.raises(WorkflowError, match="This case is closed"):
            act(action, by=cast.independent)


# --- judged before it is accepted -------------------------------------------------------------------------------------------


@pytest.mark.long
@fails_without("each piece of an action is judged")
def test_each_piece_is_judged_before_the_action_is_accepted(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    first, second = (make_evidence(cast.organisation, by=cast.owner, title=title) for title in ("One", "Two"))
    actions.report(action, by=cast.contributor, note=DONE, pieces=[first, second])
    with pytest.raises(WorkflowError, match="Judge each evidence item first: One; Two"):
        issue.close_action(action, by=cast.independent)
    with pytest.raises(WorkflowError, match="Judge each evidence item first: Two"):
        issue.close_action(action, by=cast.independent, findings={first.reference: Finding("supports")})
    assert not ActionVerdict.objects.exists()  # of a refused press nothing is kept
    closing.judge(action, {first.reference: Finding("supports")}, by=cast.independent)
    last = {second.reference: Finding("does_not", "Of May.")}
    with pytest.raises(WorkflowError, match="Open each evidence item before you accept the action: One; Two"):
        issue.close_action(action, by=cast.independent, findings=last)
    open_pieces(action, by=cast.independent)
    issue.close_action(action, by=cast.independent, findings=last)
    assert action_on(assessment, CONDITION).status == ActionStatus.CLOSED


@pytest.mark.parametrize("verdict", ["partly", "does_not"])
@fails_without("a piece supports that an action is done", "partly")
def test_a_verdict_that_is_not_supports_needs_a_word_and_closes_nothing(cast, assessment, verdict: str) -> None:
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    (piece,) = supports(action)
    with pytest.raises(InvalidAnswer) as refused:
        closing.judge(action, {piece: Finding(verdict, "  ")}, by=cast.independent)
    assert refused.value.field == piece
    with pytest.raises(WorkflowError, match="None of the evidence shows"):
        issue.close_action(action, by=cast.independent, findings={piece: Finding(verdict, "Of last year.")})
    with pytest.raises(InvalidAnswer):
        closing.judge(action, {piece: Finding("splendid")}, by=cast.independent)


@pytest.mark.long
def test_a_must_is_not_closed_on_a_link_while_its_file_does_not_support_it(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    link = make_evidence(cast.organisation, by=cast.owner, link="https://example.org/register")
    stored = make_evidence(cast.organisation, by=cast.owner)
    actions.report(action, by=cast.contributor, note=DONE, pieces=[link, stored])
    findings = {link.reference: Finding("supports"), stored.reference: Finding("partly", "Two clinics lack.")}
    with pytest.raises(WorkflowError, match="A link alone is not enough"):
        issue.close_action(action, by=cast.independent, findings=findings)


@pytest.mark.long
def test_a_newer_version_that_is_attached_again_is_judged_again(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    piece = make_evidence(cast.organisation, by=cast.owner)
    actions.report(action, by=cast.contributor, note=DONE, pieces=[piece])
    closing.judge(action, supports(action), by=cast.independent)
    library.add_version(piece, by=cast.owner, link="https://example.org/newer")
    actions.detach(action, piece, by=cast.owner)
    piece.refresh_from_db()
    actions.attach(action, piece, by=cast.owner)
    actions.attach(action, make_evidence(cast.organisation, by=cast.owner, title="Other"), by=cast.owner)
    with pytest.raises(WorkflowError, match="Judge each evidence item first"):
        issue.close_action(action, by=cast.independent)


def test_a_verdict_is_never_rewritten(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    judge_as(action, by=cast.independent)
    judge_as(action, by=cast.independent)
    verdict = ActionVerdict.objects.get()  # the same twice is once
    assert len(verdict.sha256) == 64
    verdict.words = "Nothing"
    with pytest.raises(FrozenRow):
        verdict.save()
    with pytest.raises(FrozenRow):
        ActionVerdict.objects.all().delete()


# --- High: one accepts, the other confirms ------------------------------------------------------------------------------------


@pytest.mark.long
@fails_without("at High the two who close are two")
@fails_without("at High two close what blocks")
def test_at_high_the_last_blocking_action_is_never_closed_by_one_person(cast: Cast) -> None:
    assessment = high_case(cast)
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.independent)
    action = action_on(assessment, CONDITION)
    assert (action.status, action.accepted_by) == (ActionStatus.DONE, cast.independent)
    assert not Certificate.objects.filter(use=assessment.use).exists()
    assert Message.objects.filter(recipient=cast.second_independent, subject__startswith="Action to confirm").exists()
    with pytest.raises(SeparationOfDuties, match="other reviewer"):
        close_as(action, by=cast.independent)
    with pytest.raises(WorkflowError, match="Judge each evidence item first"):  # who confirms judges as well
        issue.close_action(action, by=cast.second_independent)
    close_as(action, by=cast.second_independent)
    action = action_on(assessment, CONDITION)
    assert (action.verified_by, action.confirmed_by) == (cast.independent, cast.second_independent)
    assert anew(assessment).state == State.CERTIFIED
    practice = ClosedPractice.objects.get(use=assessment.use)
    assert (practice.by, practice.confirmed_by) == (cast.independent, cast.second_independent)


@pytest.mark.long
@fails_without("at High the independent seat accepts")
def test_at_high_the_in_house_reviewer_confirms_and_never_accepts(cast: Cast) -> None:
    assessment = high_case(cast, first="reviewer")
    for question in (CONDITION, SHOULD):
        action = action_on(assessment, question)
        report_done(action, by=cast.contributor)
        with pytest.raises(SeparationOfDuties, match="independent reviewer"):
            close_as(action, by=cast.reviewer)
        close_as(action, by=cast.second_independent)
    assert action_on(assessment, SHOULD).status == ActionStatus.CLOSED  # no certificate depends on it
    assert action_on(assessment, CONDITION).status == ActionStatus.DONE
    close_as(action_on(assessment, CONDITION), by=cast.reviewer)
    assert anew(assessment).state == State.CERTIFIED


@pytest.mark.long
def test_at_high_a_decline_by_either_ends_the_acceptance(cast: Cast) -> None:
    assessment = high_case(cast, first="reviewer")
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.second_independent)
    actions.decline(action, by=cast.reviewer, words="Tai O is not in it.")
    action = action_on(assessment, CONDITION)
    assert (action.status, action.accepted_by) == (ActionStatus.OPEN, None)
    report_done(action, by=cast.contributor)
    with pytest.raises(SeparationOfDuties):
        close_as(action_on(assessment, CONDITION), by=cast.reviewer)


# --- what the use keeps -------------------------------------------------------------------------------------------------------


def test_the_practice_is_kept_at_the_use_with_what_showed_it(cast: Cast, assessment: Assessment) -> None:
    snapshot = sent(assessment).snapshot
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.independent)
    practice = ClosedPractice.objects.get(use=assessment.use)
    assert (practice.use, practice.question, practice.by) == (assessment.use, CONDITION, cast.independent)
    (piece,) = practice.pieces
    assert (piece["verdict"], len(piece["sha256"])) == ("supports", 64)
    assert sent(assessment).snapshot == snapshot
    assert assessment.answers.get(question__key=CONDITION).choice == "partly"
    assert Condition.objects.get(question=CONDITION).met_by == cast.independent


@pytest.mark.long
def test_a_closed_checklist_is_ticked_where_it_applies(cast: Cast) -> None:
    gaps = {CONSIDER: {"choice": "planned", "planned_for": in_days(40)}, "approval-paper": {"choice": "none"}}
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers=gaps)
    action = action_on(assessment, "approval-paper")
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.independent)
    following = start.start_assessment(assessment.use, by=cast.owner)
    row = following.answers.get(question__key="approval-paper")
    declared, edition = following.declared(), following.compiled()
    items = [item.key for item in declared.items(edition, edition.questions["approval-paper"])]
    assert (row.choice, row.items) == ("ticked", dict.fromkeys(items, True))


def test_a_fact_that_changes_asks_for_the_practice_again(cast: Cast, assessment: Assessment) -> None:
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.independent)
    following = start.start_assessment(assessment.use, by=cast.owner)
    row = following.answers.get(question__key=CONDITION)
    assert not row.to_confirm
    tier._reopen_carried(following, {"sector"})
    reads = CONDITION in tier.reading(following.compiled(), {"sector"})
    row.refresh_from_db()
    assert row.to_confirm == reads


@pytest.mark.long
def test_a_reviewer_who_closed_an_action_is_not_of_the_delivery_team(cast: Cast, assessment: Assessment) -> None:
    start.start_assessment(assessment.use, by=cast.owner)
    action = action_on(assessment, CONDITION)
    report_done(action, by=cast.contributor)
    close_as(action, by=cast.independent)
    assert cast.independent.pk not in separation.delivery_team(assessment)
