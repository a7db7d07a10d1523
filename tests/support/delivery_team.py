"""Every way to work on a use: each makes a person a member of its delivery team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assessments.domain.answering import asking, conformity_file, start
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.evidence import library
from assessments.domain.facts import declare, holds, procedural
from assessments.domain.remediation import actions, dates
from assessments.models import Assessment, ConformityPart, Membership, RemediationAction, State, User
from tests.support.factories import Cast, fill, in_days, make_assessment, make_evidence, make_use, prove

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
        dates.plan(action, by=cast.owner, owner=owner, due=in_days(10), effort="M")
        action.refresh_from_db()
    return assessment


def be_asked(cast: Cast, user: User) -> Assessment:
    assessment = draft(cast)
    member = Membership.objects.get(user=user, organisation=cast.organisation)
    asking.stop_asking(asking.ask(assessment, SECTION, member, by=cast.owner), by=cast.owner)
    return assessment


def attach_to_an_answer(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast), make_evidence(cast.organisation)
    library.attach(piece, assessment, QUESTION, by=user)
    library.detach(piece, assessment, QUESTION, by=cast.owner)
    return assessment


def give_to_an_answer(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast), make_evidence(cast.organisation, by=user)
    library.attach(piece, assessment, QUESTION, by=cast.owner)
    library.detach(piece, assessment, QUESTION, by=cast.owner)
    return assessment


def attach_to_a_hold(cast: Cast, user: User) -> Assessment:
    assessment, piece = draft(cast, **PLEA), make_evidence(cast.organisation)
    hold = assessment.use.holds.get()
    holds.assign(hold, by=cast.owner, owner=user, due=in_days(3))
    holds.attach(hold, piece, by=user)
    holds.detach(hold, piece, by=cast.owner)
    return assessment


def attach_to_an_action(cast: Cast, user: User) -> Assessment:
    assessment, action = returned(cast)
    piece = make_evidence(cast.organisation)
    actions.attach(action, piece, by=user)
    actions.detach(action, piece, by=cast.owner)
    return assessment


def give_to_an_action(cast: Cast, user: User) -> Assessment:
    assessment, action = returned(cast)
    piece = make_evidence(cast.organisation, by=user)
    actions.attach(action, piece, by=cast.owner)
    actions.detach(action, piece, by=cast.owner)
    return assessment


def report_an_action(cast: Cast, user: User) -> Assessment:
    """Somebody else owns it and stays its owner."""
    assessment, action = returned(cast)
    dates.plan(action, by=cast.owner, owner=cast.owner, due=in_days(10), effort="M")
    action.refresh_from_db()
    actions.attach(action, make_evidence(cast.organisation, by=cast.owner), by=cast.owner)
    actions.report(action, by=user, note="All five clinics are in it now.")
    return assessment


def give_to_the_conformity_file(cast: Cast, user: User) -> Assessment:
    assessment = draft(cast, "high")
    prove(assessment, by=cast.owner)
    part = ConformityPart.objects.get(use=assessment.use, key="tests")
    pieces = list(part.evidence_uses.values_list("evidence__reference", flat=True))
    for wanted in ([*pieces, make_evidence(cast.organisation, by=user).reference], pieces):
        part.refresh_from_db()
        conformity_file.save_part(assessment, "tests", GivenPart(evidence=wanted), by=cast.owner, base=part.revision)
    return assessment


def agree_to_a_fact(cast: Cast, user: User) -> Assessment:
    use = agreed(cast, user)
    procedural.withdraw_agreement(use, by=cast.owner, reason="It does more than that.")
    return started(cast, use)


def agree_to_a_fact_that_changed(cast: Cast, user: User) -> Assessment:
    use = agreed(cast, user)
    declare.declare_facts(use, {"minor_procedural_task": False}, by=cast.owner)
    return started(cast, use)


def agreed(cast: Cast, user: User) -> Any:
    use = make_use("limited", cast.organisation)
    why = {"minor_procedural_task": "It sorts the post into two trays."}
    declare.declare_facts(use, {"minor_procedural_task": True}, by=cast.owner, reasons=why)
    procedural.agree_procedural(use, by=user, reason="I open every letter again.")
    return use


def started(cast: Cast, use: Any) -> Assessment:
    use.refresh_from_db()
    assessment = start.start_assessment(use, by=cast.owner)
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
