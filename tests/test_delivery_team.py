"""Whoever once worked on a use stays in its delivery team, also after what they did was taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from assessments import acting, conformity, declaring, evidence, holding, teamwork, workflow
from assessments.errors import SeparationOfDuties
from assessments.models import (
    ActionEvent,
    Assessment,
    ConformityPart,
    Evidence,
    Involvement,
    Membership,
    RemediationAction,
    Role,
    Route,
    State,
    User,
)
from assessments.models.base import FrozenRow
from tests.factories import Cast, fill, in_days, make_assessment, make_evidence, make_member, make_use, prove

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
QUESTION, SECTION = "use-register", "governance"
PLEA = {"lawful_exception_claimed": True}
ANSWERED = {QUESTION: {"choice": "partly", "text": "Half."}}


def draft(cast: Cast, tier: str = "limited", **facts: Any) -> Assessment:
    return make_assessment(State.DRAFT, tier, cast=cast, facts=facts, answers=ANSWERED)


def returned(cast: Cast) -> tuple[Assessment, RemediationAction]:
    assessment = make_assessment(State.RETURNED, "limited", cast=cast, answers=ANSWERED)
    return assessment, RemediationAction.objects.get(use=assessment.use, question=QUESTION)


def own_an_action(cast: Cast, user: User) -> Assessment:
    assessment, action = returned(cast)
    for owner in (user, cast.owner):
        acting.plan(action, by=cast.owner, owner=owner, due=in_days(10), effort="M")
        action.refresh_from_db()
    return assessment


def be_asked(cast: Cast, user: User) -> Assessment:
    assessment = draft(cast)
    member = Membership.objects.get(user=user, organisation=cast.organisation)
    teamwork.stop_asking(teamwork.ask(assessment, SECTION, member, by=cast.owner), by=cast.owner)
    return assessment


def attach_to_an_answer(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast), make_evidence(cast.organisation)
    evidence.attach(piece, assessment, QUESTION, by=user)
    evidence.detach(piece, assessment, QUESTION, by=cast.owner)
    return assessment


def give_to_an_answer(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast), make_evidence(cast.organisation, by=user)
    evidence.attach(piece, assessment, QUESTION, by=cast.owner)
    evidence.detach(piece, assessment, QUESTION, by=cast.owner)
    return assessment


def attach_to_a_hold(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast, **PLEA), make_evidence(cast.organisation)
    hold = assessment.use.holds.get()
    holding.assign(hold, by=cast.owner, owner=user, due=in_days(3))
    holding.attach(hold, piece, by=user)
    holding.detach(hold, piece, by=cast.owner)
    return assessment


def attach_to_an_action(cast: Cast, user: User) -> Assessment:
    assessment, action = returned(cast)
    piece = make_evidence(cast.organisation)
    acting.attach(action, piece, by=user)
    acting.detach(action, piece, by=cast.owner)
    return assessment


def give_to_an_action(cast: Cast, user: User) -> Assessment:
    assessment, action = returned(cast)
    piece = make_evidence(cast.organisation, by=user)
    acting.attach(action, piece, by=cast.owner)
    acting.detach(action, piece, by=cast.owner)
    return assessment


def report_an_action(cast: Cast, user: User) -> Assessment:
    """Somebody else owns it and stays its owner."""
    assessment, action = returned(cast)
    acting.plan(action, by=cast.owner, owner=cast.owner, due=in_days(10), effort="M")
    action.refresh_from_db()
    acting.attach(action, make_evidence(cast.organisation, by=cast.owner), by=cast.owner)
    acting.report(action, by=user, note="All five clinics are in it now.")
    return assessment


def give_to_the_conformity_file(cast: Cast, user: User) -> Assessment:
    assessment = draft(cast, "high")
    prove(assessment, by=cast.owner)
    part = ConformityPart.objects.get(use=assessment.use, key="tests")
    pieces = list(part.evidence_uses.values_list("evidence__reference", flat=True))
    for wanted in ([*pieces, make_evidence(cast.organisation, by=user).reference], pieces):
        part.refresh_from_db()
        conformity.save_part(assessment, "tests", evidence=wanted, by=cast.owner, base=part.revision)
    return assessment


def agree_to_a_fact(cast: Cast, user: User) -> Assessment:
    use = agreed(cast, user)
    declaring.withdraw_agreement(use, by=cast.owner, reason="It does more than that.")
    return started(cast, use)


def agree_to_a_fact_that_changed(cast: Cast, user: User) -> Assessment:
    use = agreed(cast, user)
    declaring.declare_facts(use, {"minor_procedural_task": False}, by=cast.owner)
    return started(cast, use)


def agreed(cast: Cast, user: User) -> Any:
    use = make_use("limited", cast.organisation)
    why = {"minor_procedural_task": "It sorts the post into two trays."}
    declaring.declare_facts(use, {"minor_procedural_task": True}, by=cast.owner, reasons=why)
    declaring.agree_procedural(use, by=user, reason="I open every letter again.")
    return use


def started(cast: Cast, use: Any) -> Assessment:
    use.refresh_from_db()
    assessment = declaring.start_assessment(use, by=cast.owner)
    fill(assessment, by=cast.owner)
    return assessment


WAYS: list[Callable[[Cast, User], Assessment]] = [
    own_an_action,
    be_asked,
    attach_to_an_answer,
    give_to_an_answer,
    attach_to_a_hold,
    attach_to_an_action,
    give_to_an_action,
    report_an_action,
    give_to_the_conformity_file,
    agree_to_a_fact,
    agree_to_a_fact_that_changed,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_was_taken_back_still_keeps_from_review(way, cast):
    once = make_member(Role.CONTRIBUTOR, cast.organisation, "Wanda Once")
    untouched = make_member(Role.CONTRIBUTOR, cast.organisation, "Uma Untouched")
    assessment = way(cast, once.user)
    Membership.objects.filter(pk__in=[once.pk, untouched.pk]).update(role=Role.REVIEWER)
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    if assessment.state != State.RETURNED:
        prove(assessment, by=cast.owner)
    submission = workflow.submit(assessment, by=cast.owner, route=Route.INSIDE)
    team = declaring.delivery_team(submission.assessment)
    assert (once.user.pk in team, untouched.user.pk in team) == (True, False)
    with pytest.raises(SeparationOfDuties):
        workflow.take(submission, by=once.user)
    workflow.take(submission, by=untouched.user)


def test_it_holds_for_that_use_alone_and_is_kept_once(cast):
    assessment = attach_to_an_answer(cast, cast.contributor)
    piece = Evidence.objects.get()
    for _again in range(2):
        evidence.attach(piece, assessment, QUESTION, by=cast.contributor)
        evidence.detach(piece, assessment, QUESTION, by=cast.contributor)
    other = make_assessment(State.DRAFT, "limited", cast=cast)
    kept = Involvement.objects.filter(user=cast.contributor).values_list("use", "kind")
    assert list(kept) == [(assessment.use_id, Involvement.Kind.ATTACHED)]
    assert cast.contributor.pk not in declaring.delivery_team(other)


def test_the_team_is_one_query_however_much_was_taken_back(cast, django_assert_num_queries):
    assessment = attach_to_an_answer(cast, cast.contributor)
    be_asked(cast, cast.contributor)
    declaring.delivery_team(assessment)  # compiled once
    with django_assert_num_queries(1):
        assert cast.contributor.pk in declaring.delivery_team(assessment)


def test_what_somebody_once_did_is_kept_as_it_was_written(cast):
    attach_to_an_answer(cast, cast.contributor)
    row = Involvement.objects.filter(user=cast.contributor).get()
    for change in (row.delete, row.save, Involvement.objects.all().delete):
        with pytest.raises(FrozenRow):
            change()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the trigger is PostgreSQL's")
def test_the_database_refuses_to_forget_it(cast):
    from django.db import DatabaseError, transaction

    attach_to_an_answer(cast, cast.contributor)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM assessments_involvement")


def test_a_note_or_a_date_makes_nobody_a_member_of_the_team(cast):
    """Only owning, attaching and reporting do: who planned for others may still be asked to review."""
    assessment, action = returned(cast)
    acting.comment(action, "Who has it?", by=cast.contributor)
    assert ActionEvent.objects.filter(by=cast.contributor).count() == 1
    assert cast.contributor.pk not in declaring.delivery_team(assessment)
