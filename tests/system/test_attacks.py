"""Every decision, tried by everybody, every way in: what must be refused is refused by the function, not by the page.

A row of `attack_table.ATTACKS` is one decision: where it is tried and who may do it; everybody else of `attacks.ROLES` is refused, the
delivery team for the separation of duties, others for want of a role. The function itself refuses (as a shell would call
it), the page says the same, with htmx and without, the administration offers no way at all, and nothing has changed then.

Decisions are found by their signature (`attacks.decisions`): one without a row fails the first test, and a row is a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from assessments.access import finders, separation
from assessments.core.errors import NotPermitted, NotReady, WorkflowError
from assessments.domain.certificates import issue, standing
from assessments.domain.register import members
from assessments.domain.review import approval, holds, interests, marks, seat_taking
from assessments.domain.review import decisions as review_decisions
from assessments.domain.review.own_work import uses_worked_on
from assessments.domain.submission import prohibited, self_certify, submit, taking_back
from assessments.models import (
    AISystem,
    Assessment,
    Certificate,
    Membership,
    RemediationAction,
    ReviewSeat,
    Role,
    Route,
    Seat,
    State,
    Submission,
    User,
)
from assessments.models.base import Frozen, FrozenRow
from tests.support.acting import close_as, report_done
from tests.support.attack_table import ATTACKS
from tests.support.attacks import CONFLICTED, QUESTION, ROLES, SEATLESS, TEAM, Attack, Place, Scene, decisions, digest
from tests.support.daily import first_of_each, mostly_long
from tests.support.factories import Cast, make_assessment, make_member, mark_all, proved
from tests.support.looking import look_at
from tests.support.mutants import GUARDS, take_out

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(5)]


def test_every_decision_has_its_row():
    assert sorted({name.partition(",")[0] for name in ATTACKS}) == sorted(decisions())


@pytest.mark.parametrize("name", ATTACKS)
def test_a_row_speaks_of_people_who_are_there(name):
    attack = ATTACKS[name]
    assert {*attack.may, *attack.duties, *attack.but} <= set(ROLES)


# --- one scene for the module ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clients(scene: Scene, django_db_blocker: Any) -> dict[str, Client]:
    found = {role: Client() for role in ROLES}
    for role, client in found.items():
        proved(client, scene.people[role])
    return found


@pytest.fixture(scope="module")
def unchanged(scene: Scene, clients: dict[str, Client], django_db_blocker: Any) -> dict[str, int]:
    """What every test of the scene finds and has to leave, once: to look through all tables takes a twentieth of a second."""
    with django_db_blocker.unblock():
        return digest()


def seated(scene: Scene, attack: Attack, roles: tuple[str, ...]) -> Iterator[tuple[str, User, Place]]:
    """Each role at the place of a decision, in the seat that it asks for."""
    place = scene.places[attack.at]
    for role in roles:
        place.by, user = role, scene.people[role]
        with place.seated(user, attack.seat if role not in SEATLESS else ""):
            yield role, user, place


def outcome(do: Any) -> tuple[str, str]:
    """Do it and say what came of it, in the exception's name and words; what was done is taken back, and only that."""
    with transaction.atomic():
        try:
            do()
        except (WorkflowError, PermissionDenied) as error:
            return type(error).__name__, str(error)
        transaction.set_rollback(True)
    return "done", ""


def who_is_refused(name: str) -> tuple[Any, ...]:
    """Return what makes a row one kind of refusal: who may, who is refused otherwise than the rest, and in which seat."""
    attack = ATTACKS[name]
    return attack.may, attack.duties, tuple(sorted(attack.but.items())), attack.seat


# The moves of an assessment and the marks, and of the other decisions one of each kind of refusal.
MOVES = (submit, self_certify, taking_back, seat_taking, review_decisions, approval, marks, issue, standing, prohibited)
OF_MOVES = {module.__name__.rpartition(".")[2] for module in MOVES}
EACH_DAY = {*first_of_each(ATTACKS, who_is_refused), *(name for name in ATTACKS if name.partition(".")[0] in OF_MOVES)}


def of_the_day(name: str) -> tuple[str, ...]:
    """Whoever may; of the delivery team four of ten, and of the others who are refused two of three, others for each row."""
    at, attack = sorted(ATTACKS).index(name), ATTACKS[name]
    team = {TEAM[(at + step) % len(TEAM)] for step in (0, 3, 5, 8)}
    refused = [role for role in ROLES if role not in TEAM and role not in attack.may and role not in attack.but]
    return tuple(role for role in ROLES if (role in team if role in TEAM else role not in refused[at % 3 :: 3]))


def test_each_day_everybody_is_refused_and_whoever_may_is_let_in():
    days = {name: of_the_day(name) for name in EACH_DAY}
    for role in ROLES:
        assert sum(role in roles and ATTACKS[name].expected(role) != "done" for name, roles in days.items()) > 10, role
    assert all(set(ATTACKS[name].may) <= set(roles) | set(TEAM) for name, roles in days.items())


@pytest.mark.few_a_day(6)
@pytest.mark.django_db
@pytest.mark.parametrize("name", mostly_long(ATTACKS, EACH_DAY))
def test_the_function_itself_refuses_whoever_may_not(name, scene, unchanged):
    the_function_refuses(name, scene, of_the_day(name), unchanged)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("name", ATTACKS)
def test_the_function_itself_refuses_everybody_who_may_not(name, scene, unchanged):
    the_function_refuses(name, scene, ROLES, unchanged)


def the_function_refuses(name: str, scene: Scene, roles: tuple[str, ...], unchanged: dict[str, int]) -> None:
    attack, function, found = ATTACKS[name], decisions()[name.partition(",")[0]], {}
    for role, user, place in seated(scene, attack, roles):
        found[role] = outcome(lambda user=user, place=place: attack.do(function, place, user))[0]
    assert found == {role: attack.expected(role) for role in roles}
    assert digest() == unchanged


@pytest.mark.django_db
def test_own_work_names_the_same_people_as_the_delivery_team_of_each_use(scene):
    assert len(scene.people) > len(TEAM)
    cases = {place.assessment.use_id: place.assessment for place in scene.places.values()}
    teams = {use: separation.delivery_team(case) for use, case in cases.items()}
    for person in scene.people.values():
        assert uses_worked_on(person) & cases.keys() == {use for use, team in teams.items() if person.pk in team}


def knows(user: User, url: str, place: Place) -> bool:
    """Tell whether the finder behind an address returns its row to somebody."""
    action = {"use": place.use, "question": QUESTION}
    found = {
        "reviews": lambda: finders.submissions_for(user).filter(pk=place.submission.pk).exists(),
        "assessments": lambda: finders.assessments_for(user).filter(pk=place.assessment.pk).exists(),
        "uses": lambda: finders.uses_for(user).filter(pk=place.use.pk).exists(),
        "actions": lambda: (
            finders.actions_for(user).filter(**action).exists()
            or finders.actions_to_check_for(user).filter(**action).exists()
        ),
    }
    return found[url.split("/")[1]]()


# Pages are slow, so each day only some go these ways, and of the team one of nine: their function was asked above.
ALL_WAYS = {"page": ROLES, "htmx": ROLES}
DAILY = {
    "page": ("owner", TEAM[0], "in-house", "superuser"),
    "htmx": (CONFLICTED, "reviewer who left"),
}
PAGES = [name for name, attack in ATTACKS.items() if attack.page]


@pytest.mark.few_a_day(7)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "way"),
    [  # the page of each daily row goes one of the ways daily, and the other in the long run
        pytest.param(name, way, marks=[pytest.mark.long] if (at + other) % 2 or name not in EACH_DAY else [])
        for at, name in enumerate(PAGES)
        for other, way in enumerate(DAILY)
    ],
)
def test_the_page_says_what_the_function_says(name, way, scene, clients, unchanged):
    the_page_says_what_the_function_says(name, way, DAILY[way], scene, clients, unchanged)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("way", ALL_WAYS)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_function_says_to_everybody(name, way, scene, clients, unchanged):
    the_page_says_what_the_function_says(name, way, ALL_WAYS[way], scene, clients, unchanged)


def the_page_says_what_the_function_says(
    name: str,
    way: str,
    roles: tuple[str, ...],
    scene: Scene,
    clients: dict[str, Client],
    unchanged: dict[str, int],
) -> None:
    """404 for who may not know of it, 403 for who may not do it, and the function's own sentence for everybody else."""
    attack, function = ATTACKS[name], decisions()[name.partition(",")[0]]
    assert attack.page
    found, expected = {}, {}
    for role, user, place in seated(scene, attack, roles):
        url = attack.page(place)
        said, words = outcome(lambda user=user, place=place: attack.do(function, place, user))
        expected[role] = "yes" if said == "done" else "403" if said == "NotPermitted" else words
        if not knows(user, url, place):
            expected[role] = "404"
        with transaction.atomic():
            response = clients[role].post(url, attack.sent(place), headers=HTMX if way == "htmx" else {}, follow=True)
            found[role] = "yes" if response.status_code in (200, 204) else str(response.status_code)
            # A conflict closes the case: its page refuses with the same sentence instead of showing it.
            shows = ("yes", "403") if role == CONFLICTED and expected[role] == words else ("yes",)
            if expected[role] == "yes":
                if digest() == unchanged:
                    found[role] = "taken, and nothing was done"
                transaction.set_rollback(True)
            elif found[role] in shows and escape(words) in response.content.decode():
                found[role] = words
    assert found == expected
    assert digest() == unchanged


HTMX = {"HX-Request": "true"}


# --- a High use: two people, one of them independent ------------------------------------------------------------------------


def in_review(cast: Cast, tier: str = "high", route: str = Route.INSIDE, first: User | None = None) -> Submission:
    """A complete submission in which `first` has the first seat and every answer is accepted."""
    submission = make_assessment(State.SUBMITTED, tier, cast=cast, route=route).current_submission
    seat_taking.take(submission, by=first or cast.reviewer)
    mark_all(submission, by=first or cast.reviewer)
    return submission


def approve(submission: Submission, user: User) -> str:
    return outcome_kept(lambda: approval.approve(submission, by=user, statement="Read."))


def outcome_kept(do: Any) -> str:
    try:
        do()
    except (WorkflowError, PermissionDenied) as error:
        return type(error).__name__
    return "done"


def state_of(submission: Submission) -> str:
    return str(Assessment.objects.get(pk=submission.assessment_id).state)


def certificates(submission: Submission) -> int:
    return int(Certificate.objects.filter(use__assessments=submission.assessment_id).count())


def test_a_high_use_is_not_approved_by_one_person_twice(cast):
    submission = in_review(cast, first=cast.independent, route=Route.INDEPENDENT)
    assert approve(submission, cast.independent) == "done"
    before = digest()
    assert approve(submission, cast.independent) == "WorkflowError"
    assert outcome_kept(lambda: seat_taking.take(submission, by=cast.independent)) == "SeparationOfDuties"
    assert (state_of(submission), digest()) == (State.IN_REVIEW, before)


def test_a_high_use_is_not_approved_by_two_of_the_organisation(cast):
    other = make_member(Role.REVIEWER, cast.organisation, "Ravi Reviewer").user
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    assert outcome_kept(lambda: seat_taking.take(submission, by=other)) == "SeparationOfDuties"
    # Even with the seat: it was given to them before they were members, or by whoever writes rows by hand.
    ReviewSeat.objects.create(submission=submission, seat=Seat.SECOND, reviewer=other, independent=True)
    mark_all(submission, by=other)
    before = digest()
    assert approve(submission, other) == "SeparationOfDuties"
    assert (state_of(submission), digest()) == (State.IN_REVIEW, before)


def test_two_first_seats_do_not_make_a_high_approval(cast):
    """Whatever the second seat says of itself, two approvals of which none is independent complete nothing."""
    other = make_member(Role.REVIEWER, cast.organisation, "Ravi Reviewer").user
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    ReviewSeat.objects.filter(submission=submission).update(reviewer=other)
    mark_all(submission, by=other)
    assert approve(submission, other) == "done"
    assert (state_of(submission), certificates(submission)) == (State.IN_REVIEW, 0)


def test_the_independent_one_who_joined_the_organisation_since_does_not_complete_a_high_approval(cast):
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    members.join(cast.independent, cast.organisation, Role.VIEWER, by=cast.owner)
    before = digest()
    assert approve(submission, cast.independent) == "SeparationOfDuties"
    assert (state_of(submission), digest()) == (State.IN_REVIEW, before)


def test_a_return_voids_the_first_approval_of_a_high_use(cast):
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    seat_taking.take(submission, by=cast.independent)
    marks.save_mark(
        submission,
        f"q:{QUESTION}",
        marks.GivenMark(mark="change_needed", reason="unclear", would_satisfy="Say who."),
        by=cast.independent,
    )
    review_decisions.send_back(submission, by=cast.independent)
    again = submit.submit(submission.assessment, by=cast.owner, route=Route.INSIDE)
    seat_taking.take(again, by=cast.independent)
    mark_all(again, by=cast.independent)
    assert approve(again, cast.independent) == "done"
    assert (state_of(again), certificates(again)) == (State.IN_REVIEW, 0)


def test_two_people_one_of_them_independent_approve_a_high_use_in_either_order(cast):
    """Without this the tests above could pass on a High use that nobody can approve."""
    for reverse_order in (False, True):
        submission = in_review(cast)
        seat_taking.take(submission, by=cast.independent)
        mark_all(submission, by=cast.independent)
        order = [cast.reviewer, cast.independent]
        assert [approve(submission, user) for user in (order[::-1] if reverse_order else order)] == ["done", "done"]
        assert state_of(submission) == State.CERTIFIED


# --- what an approval waits for ------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("tier", ["low", "limited", "high"])
def test_an_approval_waits_for_every_mark_and_for_every_change(cast, tier):
    submission = in_review(cast, tier)
    mark = submission.marks.order_by("pk")[3]
    kept = mark.mark
    submission.marks.filter(pk=mark.pk).update(mark="change_needed")
    assert approve(submission, cast.reviewer) == "NotReady"
    mark.delete()
    assert approve(submission, cast.reviewer) == "NotReady"
    look_at(submission, mark.target, cast.reviewer, kept)
    assert approve(submission, cast.reviewer) == "done"


def test_nobody_approves_a_prohibited_use(cast):
    """No move leads a prohibited use into review, so its tier is written into the rows of one that is there."""
    submission = in_review(cast, route=Route.INDEPENDENT, first=cast.independent)
    with_tier = Submission(
        **{
            f.attname: getattr(submission, f.attname)
            for f in Submission._meta.concrete_fields
            if f.name not in ("id", "reference")
        }
    )
    with_tier.round, with_tier.assigned_tier = 2, "unacceptable"
    with_tier.save()
    Assessment.objects.filter(pk=submission.assessment_id).update(current_submission=with_tier)
    both = (cast.independent, cast.second_independent)
    for seat, user in zip((Seat.FIRST, Seat.SECOND), both, strict=True):
        ReviewSeat.objects.create(submission=with_tier, seat=seat, reviewer=user, independent=True)
    mark_all(with_tier, by=cast.independent)
    assert [approve(with_tier, user) for user in both] == ["NotReady", "NotReady"]
    assert state_of(with_tier) == State.IN_REVIEW


def test_nothing_is_issued_on_a_stale_approval(cast):
    answers = {QUESTION: {"choice": "partly", "text": "Half."}}
    assessment = make_assessment(State.APPROVED, "limited", cast=cast, answers=answers)
    action = RemediationAction.objects.get(use=assessment.use)
    report_done(action, by=cast.contributor, note="Done.")
    Assessment.objects.filter(pk=assessment.pk).update(
        stale_since=timezone.now(), stale_reasons=["A piece was withdrawn."]
    )
    close_as(action, by=cast.independent)
    assessment.refresh_from_db()
    assert (assessment.state, certificates(assessment.current_submission)) == (State.APPROVED, 0)


def test_a_returned_use_is_not_signed_past_its_reviewer(cast):
    """Sent again and taken back it is a draft, and a Low one: what the reviewer asked for would be asked by nobody."""
    assessment = make_assessment(State.RETURNED, "low", cast=cast)
    Membership.objects.filter(user=cast.independent).update(left_at=timezone.now())  # so nobody keeps the seat
    submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    taking_back.recall(assessment, by=cast.owner)
    with pytest.raises(NotReady) as refused:
        self_certify.self_certify(assessment, by=cast.owner)
    assert refused.value.reasons == ["A reviewer has asked for changes, so a reviewer must decide on this use."]


def test_an_open_hold_keeps_from_approval(cast):
    held = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    mark_all(held.current_submission, by=cast.independent)
    assert approve(held.current_submission, cast.independent) == "NotReady"


def test_a_hold_is_closed_through_its_own_case_alone(cast):
    held = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    other = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    before = digest()
    with pytest.raises(WorkflowError):
        holds.close(held.use.holds.get(), other, by=cast.independent, decision="Advised.")
    assert digest() == before


def sent_again(cast, between):
    """A case that its reviewer returned and its owner submits anew; `between`: what happens meanwhile."""
    submission = in_review(cast, "limited", first=cast.independent, route=Route.INDEPENDENT)
    submission.marks.filter(target=f"q:{QUESTION}").update(mark="change_needed", would_satisfy="Say who.")
    review_decisions.send_back(submission, by=cast.independent)
    between(submission)
    return submission, submit.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)


def test_a_seat_that_did_not_go_over_to_the_next_round_is_none_there(cast):
    mine = Membership.objects.filter(user=cast.independent)
    submission, again = sent_again(cast, lambda _sent: mine.update(left_at=timezone.now()))
    mine.update(left_at=None)
    seat_taking.take(again, by=cast.second_independent)
    mark_all(again, by=cast.second_independent)
    before = digest()
    assert approve(again, cast.independent) == "NotPermitted"
    assert approve(submission, cast.independent) == "WrongState"
    assert digest() == before


def test_nobody_with_a_conflict_of_interest_keeps_a_seat(cast):
    _former, again = sent_again(cast, lambda sent: interests.decline(sent, by=cast.independent, words="My brother."))
    assert not again.seats.exists()


def test_nothing_is_judged_before_the_declaration_that_is_asked_for_again(cast):
    change = AISystem.objects.filter(organisation=cast.organisation)
    _former, again = sent_again(cast, lambda _sent: change.update(suppliers="Another Model Limited"))
    before = digest()
    assert approve(again, cast.independent) == "NotPermitted"
    with pytest.raises(NotPermitted):
        marks.save_mark(again, f"q:{QUESTION}", marks.GivenMark(mark="accepted", words="Seen."), by=cast.independent)
    assert digest() == before


# --- the administration ------------------------------------------------------------------------------------------------------


STAFF_OPENS = {"edition", "organisation", "auditentry", "document"}


def test_the_administration_opens_these_and_nothing_else():
    opened = {(model._meta.app_label, model._meta.model_name) for model in admin.site._registry}
    assert opened == {("assessments", name) for name in STAFF_OPENS}


@pytest.mark.django_db
@pytest.mark.parametrize("role", mostly_long(["staff", "superuser", "in-house", "owner"], ["superuser"]))
def test_the_administration_changes_nothing_whoever_asks(role, scene, clients, unchanged, monkeypatch):
    """Every model's every form, the removal of what is ticked among them: refused, or not there at all."""
    monkeypatch.setattr(
        "assessments.accounts.staff.note_page", lambda _request: None
    )  # each page adds a line to the log
    opened = []
    for model in apps.get_models():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pk = getattr(model._base_manager.order_by("pk").first(), "pk", 1)
        fields = {field.name: "1" for field in model._meta.concrete_fields} | {"state": "certified", "_save": "Save"}
        ticked = {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
        ways = [("add/", fields), (f"{pk}/change/", fields), (f"{pk}/delete/", {"post": "yes"}), ("", ticked)]
        for path, data in ways if model in admin.site._registry else ways[1:2]:
            status = clients[role].post(base + path, data).status_code
            shown = (status == 200 and not path) or status == 302  # the list again, or the way to sign in
            if not shown and status not in (403, 404):
                opened.append((base + path, status))
    assert opened == []
    assert digest() == unchanged


# --- what is never changed -------------------------------------------------------------------------------------------------------


def frozen_models() -> list[type[Frozen]]:
    return [model for model in apps.get_models() if issubclass(model, Frozen)]


@pytest.mark.few_a_day(9)
@pytest.mark.django_db
@pytest.mark.parametrize("model", frozen_models(), ids=lambda model: model.__name__)
def test_a_frozen_row_is_changed_by_no_way_of_its_model(model, scene, unchanged):
    row = model.objects.order_by("pk").first() or model(pk=1)
    row._state.adding = False
    name = next(f.attname for f in model._meta.concrete_fields if not f.primary_key and not f.is_relation)
    for change in (
        lambda: row.save(),
        lambda: row.save(update_fields=[name]),
        lambda: row.delete(),
        lambda: model.objects.filter(pk=row.pk).update(**{name: getattr(row, name)}),
        lambda: model.objects.filter(pk=row.pk).delete(),
        lambda: model.objects.bulk_update([row], [name]),
        lambda: model.objects.bulk_create([row], update_conflicts=True, update_fields=[name], unique_fields=["pk"]),
    ):
        with transaction.atomic(), pytest.raises(FrozenRow):
            change()
    assert digest() == unchanged


@pytest.mark.django_db
def test_of_a_certificate_nothing_is_changed_but_that_it_ended_or_is_listed(scene, unchanged):
    certificate = scene.places["Low, certified"].certificate
    certificate.public_record = "{}"
    for change in (
        lambda: certificate.save(),
        lambda: certificate.save(update_fields=["public_record"]),
        lambda: certificate.save(update_fields=["tier", "listed"]),
        lambda: certificate.delete(),
        lambda: Certificate.objects.filter(pk=certificate.pk).update(public_record="{}"),
        lambda: Certificate.objects.filter(pk=certificate.pk).update(tier="high", listed=True),
        lambda: Certificate.objects.filter(pk=certificate.pk).delete(),
        lambda: Certificate.objects.bulk_update([certificate], ["public_record"]),
    ):
        with transaction.atomic(), pytest.raises(FrozenRow):
            change()
    assert digest() == unchanged


# --- does the table notice when a guard is gone? -------------------------------------------------------------------------------


@pytest.mark.few_a_day(1)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("guard", "row"),
    mostly_long(
        [
            ("the team does not decide", "approval.approve"),
            ("who left does not decide", "decisions.refuse"),
            ("who has a conflict does not decide", "marks.save_mark"),
            ("the reviewing body judges what was sent to it", "seat_taking.take"),
            ("the reviewing body judges what was sent to it", "approval.approve"),
            ("one of the two is independent", "seat_taking.take, second seat"),
            ("one of the two is independent", "approval.approve, High, second of two"),
            ("only owners sign", "submit.submit"),
        ],
        3,
    ),
)
def test_a_row_fails_without_its_guard(guard, row, scene, unchanged, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises(AssertionError):
        the_function_refuses(row, scene, ROLES, unchanged)


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    ("guard", "test"),
    mostly_long(
        [
            ("nothing is issued on a stale approval", test_nothing_is_issued_on_a_stale_approval),
            ("a hold is closed first", test_an_open_hold_keeps_from_approval),
            (
                "every answer is marked",
                lambda cast: test_an_approval_waits_for_every_mark_and_for_every_change(cast, "high"),
            ),
            ("High takes two", test_a_high_use_is_not_approved_by_two_of_the_organisation),
            ("who may not review keeps no seat", test_nobody_with_a_conflict_of_interest_keeps_a_seat),
            ("declares again first", test_nothing_is_judged_before_the_declaration_that_is_asked_for_again),
        ],
        3,
    ),
)
def test_a_test_fails_without_its_guard(guard, test, cast, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(cast)
