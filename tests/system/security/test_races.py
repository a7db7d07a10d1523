"""Presses at the same moment: of moves that shut each other out one counts, and no save is lost to another.

A few at once daily, eight at once in the long run.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from assessments.audit import verify
from assessments.core.errors import Conflict
from assessments.domain.answering import answers
from assessments.domain.register import invitations, members, suggestions, systems
from assessments.domain.review import decisions, seat_taking
from assessments.domain.submission import self_certify, submit, taking_back
from assessments.exchange.model_card import Suggestion
from assessments.models import (
    Answer,
    Assessment,
    Certificate,
    FactSuggestion,
    Invitation,
    Membership,
    ReviewDecision,
    Role,
    Sees,
    State,
    Submission,
)
from assessments.models.assessments import Route
from assessments.models.reviews import ReviewSeat
from tests.support.factories import (
    Cast,
    make_assessment,
    make_cast,
    make_member,
    make_organisation,
    make_use,
    make_user,
    mark_all,
    owner_of,
    prove,
)
from tests.support.threads import at_once

QUESTION = "use-register"


def done(results: list[str]) -> int:
    return results.count("done")


def self_certified(cast: Cast, n: int) -> None:
    low = make_assessment(State.DRAFT, "low", cast=cast)
    assert done(at_once(*[lambda: self_certify.self_certify(low, by=cast.owner)] * n)) == 1
    assert Certificate.objects.filter(use=low.use).count() == 1


def self_certified_or_sent(cast: Cast, n: int) -> None:
    low = make_assessment(State.DRAFT, "low", cast=cast)
    prove(low, by=cast.owner)
    acts = [lambda: self_certify.self_certify(low, by=cast.owner)] * (n // 2 or 1)
    acts += [lambda: submit.submit(low, by=cast.owner, route=Route.INDEPENDENT)] * (n // 2 or 1)
    assert done(at_once(*acts)) == 1
    assert Submission.objects.filter(assessment=low).count() == 1


def sent(cast: Cast, n: int) -> None:
    case = make_assessment(State.DRAFT, "limited", cast=cast)
    prove(case, by=cast.owner)
    acts = [lambda: submit.submit(case, by=cast.owner, route=Route.INDEPENDENT)] * n
    assert done(at_once(*acts)) == 1
    assert Submission.objects.filter(assessment=case).count() == 1


def recalled_or_taken(cast: Cast, n: int) -> None:
    case = make_assessment(State.SUBMITTED, "limited", cast=cast)
    submission = case.current_submission
    acts: list[Callable[[], Any]] = [lambda: taking_back.recall(case, by=cast.owner)]
    acts += [lambda: seat_taking.take(submission, by=cast.independent)] * 2
    assert done(at_once(*acts)) == 1
    case = Assessment.objects.get(pk=case.pk)
    assert (case.state == State.DRAFT) != ReviewSeat.objects.filter(submission=submission).exists()


def second_seat(cast: Cast, n: int) -> None:
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    people = [make_member(Role.REVIEWER, cast.body, f"Robin Reviewer {one}").user for one in range(n)]
    assert done(at_once(*[lambda who=who: seat_taking.take(submission, by=who) for who in people])) == 1
    assert submission.seats.count() == 2


def refused_or_returned(cast: Cast, n: int) -> None:
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    mark_all(submission, by=cast.independent, change={f"q:{QUESTION}": "Show the newest entry."})
    acts = [lambda: decisions.refuse(submission, by=cast.independent, statement="No.")] * (n // 2 or 1)
    acts += [lambda: decisions.send_back(submission, by=cast.independent, words="Mend it.")] * (n // 2 or 1)
    assert done(at_once(*acts)) == 1
    assert ReviewDecision.objects.filter(submission=submission).count() == 1


def joined(cast: Cast, n: int) -> None:
    guest = make_user("Gus Guest")
    invitation, _token = members.invite(cast.organisation, by=cast.owner, email=guest.email, role=Role.VIEWER)
    at_once(*[lambda: invitations.accept(Invitation.objects.get(pk=invitation.pk), by=guest)] * n)
    assert Membership.objects.filter(user=guest, organisation=cast.organisation).count() == 1


def last_owner(cast: Cast, n: int) -> None:
    for how in ("leave", "demote"):
        organisation = make_organisation()
        first = Membership.objects.get(organisation=organisation)
        second = make_member(Role.OWNER, organisation)
        pairs = [(first, second.user), (second, first.user)]
        if how == "leave":
            acts = [lambda m=m, by=by: members.remove_member(m, by=by) for m, by in pairs]
        else:
            acts = [lambda m=m, by=by: invitations.change_role(m, Role.VIEWER, Sees.ALL, by=by) for m, by in pairs]
        at_once(*acts)
        assert Membership.objects.current().filter(organisation=organisation, role=Role.OWNER).count() == 1
        assert owner_of(organisation)


def same_operation(cast: Cast, n: int) -> None:
    """One operation with different words: one of them counts, and none is stored beside it under the same name."""
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    operation = uuid.uuid4()

    def press(words: str) -> None:
        value = {"choice": "partly", "items": {}, "text": words, "planned_for": None, "reason": "", "figure": {}}
        answers.save_answer(case, QUESTION, value, by=cast.owner, base=0, operation=operation)

    at_once(*[lambda one=one: press(f"Words {one}") for one in range(n)])
    (answer,) = Answer.objects.filter(assessment=case)
    assert answer.revisions.count() == 1
    assert answer.text.startswith("Words ")


def saved(cast: Cast, n: int) -> None:
    """Each of several people saves again and again: whatever is told to be saved is kept, in a whole chain."""
    case = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    keys = [q.key for q in case.declared().questions(case.compiled()) if not q.is_checklist][:3]
    told: list[tuple[str, str]] = []

    def work(person: int) -> None:
        for turn in range(3 if n < 8 else 12):
            words = f"Person {person}, turn {turn}"
            value = {"choice": "partly", "items": {}, "text": words, "planned_for": None, "reason": "", "figure": {}}
            key = keys[(person + turn) % len(keys)]
            stands = Answer.objects.filter(assessment=case, question__key=key).first()
            with suppress(Conflict):
                answers.save_answer(
                    case, key, value, by=cast.owner, base=stands.revision if stands else 0, operation=uuid.uuid4()
                )
            told.append((key, words))

    assert set(at_once(*[lambda one=one: work(one) for one in range(n)])) == {"done"}
    kept = {
        (answer.question.key, revision.value["text"])
        for answer in Answer.objects.filter(assessment=case).select_related("question")
        for revision in answer.revisions.all()
    }
    assert set(told) == kept  # those that came too late as well: as versions that were not overwritten
    assert verify.verify(cast.organisation.reference, by=None).faults == ()


def confirmed(cast: Cast, n: int) -> None:
    """A fact that all uses of a system share, confirmed at each of them: they wait in turn, and nobody locks another out."""
    uses = [make_use(organisation=cast.organisation)]
    fields = {
        name: getattr(uses[0], name) for name in ("purpose", "setting", "people_affected", "scope_en", "scope_zh")
    }
    uses += [systems.declare_use(uses[0].system, by=cast.owner, title=f"Use {one}", **fields) for one in range(n - 1)]
    for use in uses:
        suggestions.suggest(
            use, [Suggestion("hosting", ["device"], "Runs on a device.")], by=cast.owner, source="card.md"
        )
    rows = [FactSuggestion.objects.get(use=use) for use in uses]

    def press(row: FactSuggestion) -> None:
        suggestions.confirm_suggestions(row.use, [row.pk], by=cast.owner, replace=True)

    assert at_once(*[lambda row=row: press(row) for row in reversed(rows)]) == ["done"] * n
    assert not FactSuggestion.objects.filter(use__in=uses, settled_at=None).exists()


SCENES = (
    self_certified,
    self_certified_or_sent,
    sent,
    recalled_or_taken,
    second_seat,
    refused_or_returned,
    joined,
    last_owner,
    same_operation,
    saved,
    confirmed,
)


@pytest.mark.postgresql_alone
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_of_presses_at_the_same_moment_one_counts() -> None:
    cast = make_cast()
    for scene in SCENES:
        scene(cast, 2)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_of_eight_presses_at_the_same_moment_one_counts(scene: Callable[[Cast, int], None]) -> None:
    scene(make_cast(), 8)
