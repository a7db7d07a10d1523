"""An action split into parts, several merged into one, and the way back."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.answering import start
from assessments.domain.certificates import blockers
from assessments.domain.remediation import own_actions, risks
from assessments.domain.remediation.split_merge import Part, merge, split, undo
from assessments.domain.review import decisions, marks
from assessments.domain.submission import submit
from assessments.models import (
    ActionStatus,
    Assessment,
    AuditEntry,
    Condition,
    Message,
    RemediationAction,
    State,
    assessments,
)
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, close_as, make_conditioned, report_done, sent
from tests.support.factories import Cast, anew, in_days, make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def again(action: RemediationAction) -> RemediationAction:
    return RemediationAction.objects.select_related("use__system", "organisation", "owner").get(pk=action.pk)


def close(action, cast):
    report_done(again(action), by=cast.contributor, note="Done.")
    close_as(again(action), by=cast.independent)


TWO = [Part("Register of three clinics"), Part("Register of the other two")]


# --- splitting -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_parts_share_the_finding_and_the_first_keeps_the_number(cast, assessment):
    action = action_on(assessment, SHOULD)
    original, last = action.title, assessment.use.action_count
    parts = [Part("Write the rules", due=in_days(10)), Part("Have them approved", owner=cast.owner)]
    first, second = split(action, parts, by=cast.contributor)
    assert (first.number, second.number) == (action.number, last + 1)
    assert (first.title, first.original_title, second.original_title) == ("Write the rules", original, original)
    assert (second.question, second.part_of, second.requirements) == (SHOULD, first, first.requirements)
    assert (first.due, second.due, second.owner) == (in_days(10), action.due, cast.owner)
    assert Message.objects.get(recipient=cast.owner, kind="action_assigned").link == second.get_absolute_url()
    assert AuditEntry.objects.filter(kind="action_split").count() == 1


@pytest.mark.long
def test_the_condition_is_met_once_all_parts_are_closed(cast, assessment):
    first, second = split(action_on(assessment, CONDITION), TWO, by=cast.owner)
    following = start.start_assessment(assessment.use, by=cast.owner)
    close(first, cast)
    assert Condition.objects.get(question=CONDITION).met_at is None
    assert not following.answers.exists()
    close(second, cast)
    assert Condition.objects.get(question=CONDITION).met_by == cast.independent
    assert following.answers.get().choice == "in_place"


@pytest.mark.long
def test_a_blocking_finding_stays_until_the_last_part_is_closed(cast):
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers={CONDITION: {"choice": "partly"}})
    first, second = split(action_on(assessment, CONDITION), TWO, by=cast.owner)
    close(first, cast)
    assert any(blocker.question == CONDITION for blocker in blockers.blockers(sent(assessment)))
    assert anew(assessment).state == State.APPROVED
    close(second, cast)
    assert anew(assessment).state == State.CERTIFIED


def test_no_part_is_due_after_the_condition(cast, assessment):
    with pytest.raises(InvalidAnswer) as refused:
        split(action_on(assessment, CONDITION), [TWO[0], Part("Later", due=in_days(61))], by=cast.owner)
    assert refused.value.field == "due-2"


@pytest.mark.parametrize("parts", [[Part("One")], [Part("One"), Part(" ")]])
def test_a_split_has_at_least_two_named_parts(cast, assessment, parts):
    with pytest.raises(InvalidAnswer) as refused:
        split(action_on(assessment, SHOULD), parts, by=cast.owner)
    assert refused.value.field == "title-2"


def return_again(assessment, cast):
    """Return the new round too: its reviewer kept the seat, so its owner cannot take it back."""
    mark = {"mark": "change_needed", "reason": "unclear", "would_satisfy": "Say more."}
    marks.save_mark(sent(assessment), f"q:{SHOULD}", marks.GivenMark(**mark), by=cast.independent)
    decisions.send_back(sent(assessment), by=cast.independent)


@pytest.mark.long
def test_the_parts_stay_in_the_next_round_and_close_together_when_the_gap_is_gone(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    parts = split(action_on(assessment, SHOULD), TWO, by=cast.owner)
    submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert [again(part).title for part in parts] == [part.title for part in TWO]
    assert RemediationAction.objects.filter(use=assessment.use).standing().count() == 2
    return_again(assessment, cast)
    assessment.answers.filter(question__key=SHOULD).update(choice="in_place")
    submit.submit(anew(assessment), by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert {again(part).status for part in parts} == {ActionStatus.CLOSED}


def test_a_split_is_undone_until_a_part_was_worked_on(cast, assessment):
    action = action_on(assessment, SHOULD)
    before = (action.title, action.original_title, action.due, action.set_by_hand)
    first, second = split(action, [Part("A", due=in_days(5)), Part("B")], by=cast.owner)
    undo(first, by=cast.contributor)
    action = again(action)
    assert (action.title, action.original_title, action.due, action.set_by_hand) == before
    assert again(second).status == ActionStatus.CLOSED
    first, second = split(action, TWO, by=cast.owner)
    report_done(second, by=cast.contributor, note="Done.")
    with pytest.raises(WorkflowError, match="has changed since"):
        undo(first, by=cast.owner)


# --- merging -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_merged_actions_are_done_as_one_and_close_with_it(cast, assessment):
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONDITION)
    merge([lead, other], into=lead, by=cast.contributor, title="Write rules and register")
    lead = again(lead)
    assert (lead.title, lead.priority) == ("Write rules and register", "must")
    assert lead.last_due == in_days(60)  # the condition of the other one
    assert list(RemediationAction.objects.filter(use=assessment.use, merged_into=lead)) == [other]
    assert other not in RemediationAction.objects.listed()
    with pytest.raises(WorkflowError):
        report_done(other, by=cast.owner, note="Done by itself?")
    assert "cannot accept the risk" in risks.risk_obstacle(lead)  # a must is in it
    close(lead, cast)
    assert again(other).status == ActionStatus.CLOSED
    assert Condition.objects.get(question=CONDITION).met_by == cast.independent


@pytest.mark.long
def test_what_is_left_of_a_merge_keeps_it_open_in_the_next_round(cast):
    answers = {SHOULD: {"choice": "not_in_place"}, CONSIDER: {"choice": "not_in_place"}}
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=answers)
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    merge([lead, other], into=lead, by=cast.owner)
    assessment.answers.filter(question__key=SHOULD).update(choice="in_place")
    submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert (again(lead).status, again(other).status) == (ActionStatus.OPEN, ActionStatus.OPEN)
    return_again(assessment, cast)
    assessment.answers.filter(question__key=CONSIDER).update(choice="in_place")
    submit.submit(anew(assessment), by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert (again(lead).status, again(other).status) == (ActionStatus.CLOSED, ActionStatus.CLOSED)


def test_a_merge_is_undone(cast, assessment):
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    before = (lead.title, lead.due, lead.full_due, lead.priority, lead.set_by_hand)
    merge([lead, other], into=lead, by=cast.owner, title="Both")
    undo(again(lead), by=cast.owner)
    lead = again(lead)
    assert (lead.title, lead.due, lead.full_due, lead.priority, lead.set_by_hand) == before
    assert again(other).merged_into is None
    with pytest.raises(WorkflowError):
        undo(lead, by=cast.owner)


def test_only_open_actions_of_one_use_are_merged_and_only_once(cast, assessment):
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    elsewhere = make_assessment(State.SUBMITTED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    closed = action_on(assessment, "responsibility-map")
    RemediationAction.objects.filter(pk=closed.pk).update(status="closed")
    for actions in ([lead], [lead, action_on(elsewhere, SHOULD)], [lead, closed]):
        with pytest.raises(WorkflowError):
            merge(actions, into=lead, by=cast.owner)
    merge([lead, other], into=lead, by=cast.owner)
    with pytest.raises(WorkflowError):
        merge([lead, action_on(assessment, CONDITION)], into=action_on(assessment, CONDITION), by=cast.owner)
    with pytest.raises(WorkflowError):
        split(again(lead), TWO, by=cast.owner)


@pytest.mark.parametrize("who", ["viewer", "reviewer", "independent", "outsider", "staff", "assigned"])
def test_only_owners_and_contributors_who_see_the_whole_plan_split_and_merge(cast, assessment, who):
    lead, other = action_on(assessment, SHOULD), action_on(assessment, CONSIDER)
    RemediationAction.objects.filter(pk=lead.pk).update(owner=cast.assigned)
    for act in (
        lambda: split(lead, TWO, by=getattr(cast, who)),
        lambda: merge([lead, other], into=lead, by=getattr(cast, who)),
        lambda: undo(lead, by=getattr(cast, who)),
    ):
        with pytest.raises(NotPermitted):
            act()


@pytest.mark.long
def test_an_added_action_is_merged_as_others_are(cast, assessment):
    own = own_actions.add(
        assessment.use,
        own_actions.NewAction(title="Buy a scanner", why="Paper comes in.", due=in_days(9)),
        by=cast.owner,
    )
    lead = action_on(assessment, SHOULD)
    merge([lead, own], into=lead, by=cast.owner)
    assert (again(lead).priority, again(lead).due) == ("should", in_days(9))
    close(lead, cast)
    assert again(own).status == ActionStatus.CLOSED
