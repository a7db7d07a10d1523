"""Actions that people add, take, begin and put into their own words."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.remediation import dates, own_actions
from assessments.domain.submission import submit
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Assessment,
    AuditEntry,
    Message,
    RemediationAction,
    State,
    assessments,
)
from tests.support.acting import SHOULD, action_on, close_as, make_conditioned, report_done, sent
from tests.support.factories import Cast, anew, in_days, make_assessment, make_use

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def again(action: RemediationAction) -> RemediationAction:
    return RemediationAction.objects.select_related("use__system", "organisation", "owner").get(pk=action.pk)


def add(assessment, cast, **changed):
    fields = {"title": "Hire a second reader", "why": "One person reads all letters.", "due": in_days(30)} | changed
    return own_actions.add(assessment.use, own_actions.NewAction(**fields), by=changed.pop("by", cast.contributor))


# --- adding --------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_added_action_gets_the_next_number_and_says_why_and_by_whom(cast, assessment):
    before = max(row.number for row in RemediationAction.objects.filter(use=assessment.use))
    action = add(
        assessment, cast, owner=cast.owner, clause="2.1.2/table-1", steps="Ask for money\n\n  Place the advert "
    )
    assert (action.number, action.is_own, action.status) == (before + 1, True, ActionStatus.OPEN)
    assert (action.why_here, action.added_by, action.owner) == (
        "One person reads all letters.", cast.contributor, cast.owner,
    )  # fmt: skip
    assert action.own_steps == ["Ask for money", "Place the advert"]
    assert [event.kind for event in action.events.all()] == ["added"]
    assert Message.objects.get(recipient=cast.owner, kind="action_assigned").link == action.get_absolute_url()
    assert AuditEntry.objects.filter(kind="action_added").count() == 1


@pytest.mark.parametrize(
    ("field", "given"),
    [("title", " "), ("why", ""), ("due", -1), ("clause", "no-such"), ("package", "no-such"), ("owner", "viewer")],
)
def test_an_added_action_with_a_wrong_field_is_refused_by_its_name(cast, assessment, field, given):
    value = in_days(given) if field == "due" else getattr(cast, given) if field == "owner" else given
    with pytest.raises(InvalidAnswer) as refused:
        add(assessment, cast, **{field: value})
    assert refused.value.field == field


@pytest.mark.parametrize("who", ["viewer", "reviewer", "independent", "outsider", "staff", "assigned"])
def test_only_owners_and_contributors_who_see_the_whole_plan_add_to_it(cast, assessment, who):
    with pytest.raises(NotPermitted):
        own_actions.add(
            assessment.use, own_actions.NewAction(title="A", why="B", due=in_days(3)), by=getattr(cast, who)
        )


def test_a_use_that_nobody_has_signed_has_no_plan_to_add_to(cast):
    with pytest.raises(InvalidAnswer) as refused:
        own_actions.add(
            make_use("limited", cast.organisation),
            own_actions.NewAction(title="A", why="B", due=in_days(3)),
            by=cast.owner,
        )
    assert refused.value.field == "use"


@pytest.mark.long
def test_an_added_action_stays_through_the_next_round_and_blocks_nothing(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    action = add(assessment, cast)
    submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert again(action).status == ActionStatus.OPEN
    assert action.number not in {one["number"] for one in sent(assessment).content()["actions"]}


def test_an_added_action_is_accepted_by_the_reviewer_of_the_case(cast, assessment):
    action = add(assessment, cast)
    report_done(action, by=cast.contributor, note="She starts on Monday.")
    with pytest.raises(NotPermitted):
        close_as(action, by=cast.owner)
    close_as(again(action), by=cast.independent)
    assert again(action).verified_by == cast.independent


def test_an_added_action_is_taken_back_until_it_is_reported(cast, assessment):
    action = add(assessment, cast)
    own_actions.take_back(action, by=cast.owner)
    assert again(action).status == ActionStatus.CLOSED
    other = add(assessment, cast)
    report_done(other, by=cast.contributor, note="Done.")
    with pytest.raises(WorkflowError):
        own_actions.take_back(other, by=cast.owner)
    with pytest.raises(WorkflowError):  # nor what a question brought
        own_actions.take_back(action_on(assessment, SHOULD), by=cast.owner)


# --- taking --------------------------------------------------------------------------------------------------------------


def test_the_first_who_takes_an_action_has_it(cast, assessment):
    action = action_on(assessment, SHOULD)
    own_actions.take(action, by=cast.contributor)
    assert action_on(assessment, SHOULD).owner == cast.contributor
    with pytest.raises(WorkflowError, match="Connie Contributor already owns this action"):
        own_actions.take(action, by=cast.owner)
    for who in (cast.viewer, cast.assigned, cast.reviewer):
        with pytest.raises(NotPermitted):
            own_actions.take(action, by=who)


# --- the two dates -------------------------------------------------------------------------------------------------------


def two_dates(assessment, question=SHOULD):
    action = action_on(assessment, question)
    RemediationAction.objects.filter(pk=action.pk).update(due=in_days(-1), full_due=in_days(60))
    return action_on(assessment, question)


def test_an_action_is_late_by_its_first_step_until_that_is_done(cast, assessment):
    action = two_dates(assessment)
    today = in_days(0)
    assert (action.is_late(today), action.next_due) == (True, in_days(-1))
    assert action in RemediationAction.objects.late(today)
    own_actions.finish_first_step(action, by=cast.contributor)
    action = again(action)
    assert (action.is_late(today), action.next_due, action.owner) == (False, in_days(60), cast.contributor)
    assert action not in RemediationAction.objects.late(today)
    assert action in RemediationAction.objects.late(in_days(61))
    own_actions.undo_first_step(action, by=cast.contributor)
    assert again(action).first_step_on is None
    assert [event.kind for event in ActionEvent.objects.filter(action=action).order_by("pk")] == ["started", "undone"]


def test_one_date_has_no_first_step(cast, assessment):
    with pytest.raises(WorkflowError):
        own_actions.finish_first_step(action_on(assessment, SHOULD), by=cast.owner)


# --- words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_edited_words_stay_over_rounds_and_the_original_beside_them(cast):
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    action = action_on(assessment, SHOULD)
    original = action.title
    own_actions.edit(action, by=cast.contributor, title="Write our AI rules", steps="Ask the board\nWrite two pages")
    submit.submit(assessment, by=cast.owner, route=assessments.Route.INDEPENDENT)
    action = action_on(assessment, SHOULD)
    assert (action.title, action.original_title) == ("Write our AI rules", original)
    drawn = next(one for one in sent(assessment).content()["actions"] if one["number"] == action.number)
    assert (drawn["title"], drawn["steps"]) == ("Write our AI rules", ["Ask the board", "Write two pages"])
    own_actions.restore_words(action, by=cast.owner)
    action = action_on(assessment, SHOULD)
    assert (action.title, action.original_title, action.steps, action.set_by_hand) == (original, "", "", [])
    kinds = [event.kind for event in ActionEvent.objects.filter(action=action).order_by("pk")]
    assert kinds == ["title", "steps", "title", "steps"]


def test_a_contributor_who_sees_only_what_is_assigned_edits_their_own_action_alone(cast, assessment):
    action = action_on(assessment, SHOULD)
    with pytest.raises(NotPermitted):
        own_actions.edit(action, by=cast.assigned, title="Mine?", steps="")
    dates.plan(action, by=cast.owner, owner=cast.assigned, due=action.due, effort=action.effort)
    own_actions.edit(action, by=cast.assigned, title="Write our AI rules", steps="")
    assert action_on(assessment, SHOULD).title == "Write our AI rules"


@pytest.mark.parametrize(("field", "title", "steps"), [("title", " ", ""), ("steps", "A", "\n".join("abcdefghijklm"))])
def test_an_action_keeps_a_title_and_few_steps(cast, assessment, field, title, steps):
    with pytest.raises(InvalidAnswer) as refused:
        own_actions.edit(action_on(assessment, SHOULD), by=cast.owner, title=title, steps=steps)
    assert refused.value.field == field
