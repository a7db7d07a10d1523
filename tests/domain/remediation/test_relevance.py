"""An action marked as not relevant: the reason, the reviewer who reads and may refuse it, and the way back."""

from __future__ import annotations

import pytest

from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.certificates import blockers
from assessments.domain.remediation import relevance
from assessments.domain.submission import submit
from assessments.models import (
    ActionStatus,
    Assessment,
    AuditEntry,
    Membership,
    Message,
    RemediationAction,
    Role,
    State,
    assessments,
)
from tests.support.acting import CONDITION, SHOULD, action_on, make_conditioned, report_done, sent
from tests.support.factories import Cast, anew, make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_conditioned(cast)


@pytest.fixture
def assessment(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


def mark(assessment, cast, question=SHOULD, **changed):
    fields = {"by": cast.contributor, "reason": "The group's framework covers us."} | changed
    relevance.mark_not_relevant(action_on(assessment, question), **fields)
    return action_on(assessment, question)


@pytest.mark.long
def test_the_reason_is_kept_and_the_reviewer_is_told(cast, assessment):
    action = mark(assessment, cast)
    assert (action.status, action.irrelevant_by) == (ActionStatus.NOT_RELEVANT, cast.contributor)
    told = Message.objects.get(recipient=cast.independent, kind="action_not_relevant")
    assert (told.link, "The group's framework covers us." in told.text) == (action.get_absolute_url(), True)
    assert AuditEntry.objects.filter(kind="action_not_relevant").count() == 1
    with pytest.raises(WorkflowError):
        report_done(action, by=cast.owner, note="Done.")


@pytest.mark.long
def test_a_reviewer_refuses_the_reason_and_the_action_is_open_again(cast, assessment):
    action = mark(assessment, cast)
    with pytest.raises(InvalidAnswer):
        relevance.refuse(action, by=cast.independent, words=" ")
    for who in (cast.owner, cast.viewer, cast.reviewer, cast.outsider):
        with pytest.raises((NotPermitted, SeparationOfDuties)):
            relevance.refuse(action, by=who, words="No.")
    relevance.refuse(action, by=cast.independent, words="The group's framework names no AI.")
    assert action_on(assessment, SHOULD).status == ActionStatus.OPEN
    told = Message.objects.get(recipient=cast.contributor, kind="action_relevant")
    assert told.text == "The group's framework names no AI."
    with pytest.raises(WorkflowError):
        relevance.refuse(action, by=cast.independent, words="Again.")


def test_who_marked_it_does_not_judge_it_later(cast, assessment):
    action = mark(assessment, cast)
    Membership.objects.filter(user=cast.contributor).update(role=Role.REVIEWER)
    sent(assessment).seats.update(reviewer=cast.contributor)
    with pytest.raises(SeparationOfDuties):
        relevance.refuse(action, by=cast.contributor, words="No.")


def test_the_organisation_opens_it_again(cast, assessment):
    relevance.reopen(mark(assessment, cast), by=cast.owner)
    action = action_on(assessment, SHOULD)
    assert action.status == ActionStatus.OPEN
    assert [event.kind for event in action.events.order_by("pk")] == ["not_relevant", "relevant"]
    with pytest.raises(WorkflowError):
        relevance.reopen(action, by=cast.owner)


def test_what_is_a_condition_has_to_be_met(cast, assessment):
    with pytest.raises(WorkflowError, match="condition of the certificate"):
        mark(assessment, cast, CONDITION)


def test_a_reason_is_needed_and_a_role(cast, assessment):
    with pytest.raises(InvalidAnswer):
        mark(assessment, cast, reason=" ")
    for who in (cast.viewer, cast.assigned, cast.reviewer, cast.independent, cast.outsider, cast.staff):
        with pytest.raises(NotPermitted):
            mark(assessment, cast, by=who)


@pytest.mark.long
def test_it_issues_no_certificate_and_stays_through_the_next_round(cast):
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers={CONDITION: {"choice": "partly"}})
    action = mark(assessment, cast, CONDITION)
    assert any(blocker.question == CONDITION for blocker in blockers.blockers(sent(assessment)))
    assert anew(assessment).state == State.APPROVED
    returned = make_assessment(State.RETURNED, "limited", cast=cast, answers={SHOULD: {"choice": "not_in_place"}})
    mark(returned, cast)
    submit.submit(returned, by=cast.owner, route=assessments.Route.INDEPENDENT)
    assert action_on(returned, SHOULD).status == ActionStatus.NOT_RELEVANT
    assert RemediationAction.objects.get(pk=action.pk).status == ActionStatus.NOT_RELEVANT
