"""Every decision, tried by everybody, every way in: what must be refused is refused by the function, not by the page.

A row of ATTACKS is one decision: where it is tried and who may do it; everybody else of `attacks.ROLES` is refused, the
delivery team for the separation of duties, others for want of a role. The function itself refuses (as a shell would call
it), the page says the same, with htmx and without, the administration offers no way at all, and nothing has changed then.

Decisions are found by their signature (`attacks.decisions`): one without a row fails the first test, and a row is a line.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from assessments import access, declaring, desk, holding, reviewing, standing, workflow
from assessments.domain.remediation.split_merge import Part
from assessments.domain.review import parts
from assessments.domain.review.own_work import uses_worked_on
from assessments.errors import NotPermitted, NotReady, WorkflowError
from assessments.forms.systems import UseForm
from assessments.guideline.terms import Tier
from assessments.models import (
    AISystem,
    Assessment,
    CaseNote,
    Certificate,
    Evidence,
    Membership,
    Organisation,
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
from assessments.models.snapshots import picture
from assessments.models.teamwork import FactSuggestion
from assessments.views.signing import digest_of
from tests.acting import close_as, open_hold, open_pieces, report_done, supports
from tests.attacks import (
    ASKED_FOR,
    BARRED,
    CARRIED,
    CONFLICTED,
    MEMBERS,
    QUESTION,
    REVIEWERS,
    ROLES,
    SEATLESS,
    SECTION,
    TEAM,
    Attack,
    Place,
    Scene,
    decisions,
    digest,
    make_scene,
    of_action,
    of_assessment,
    of_submission,
    of_use,
)
from tests.factories import Cast, in_days, make_assessment, make_member, mark_all, proved, undone
from tests.kept_world import count_rows
from tests.looking import look_at
from tests.mutants import GUARDS, take_out

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(7)]

OWNER, WRITERS = ("owner",), ("owner", "contributor")
SEATED = ("in-house", "independent", "independent member")
INDEPENDENT = ("independent", "independent without seat")
OF_THE_BODY = ("independent", "independent member", "independent without seat")
INSIDE = ("in-house", "in-house without seat")
SENT_PAST = (*BARRED, "in-house", "independent member")  # with a seat in what its owner sent to the reviewing body
NOT_INDEPENDENT = (*BARRED, "in-house", "in-house without seat", "independent member")
# A self-declared certificate is no business of the reviewing body's.
SELF_DECLARED = (("owner", "in-house", "in-house without seat"), BARRED)
AFTER_AN_INCIDENT = (("in-house", "in-house without seat"), BARRED)
AWAY = {"who answered, now independent": "NotPermitted"}
MARK = {"target": f"q:{QUESTION}", "mark": "accepted", "words": "Seen in the register itself."}


def statement(place: Place) -> dict[str, Any]:
    """The form of a signing page: every sentence ticked, for just what it shows."""
    seen = digest_of(picture(place.fresh, final=True))
    return {f"statement_{n}": "on" for n in (1, 2, 3)} | {"seen": seen, "route": Route.INDEPENDENT}


def new_answer(place: Place) -> dict[str, Any]:
    fields = {"choice": "in_place", "text": "Planted.", "base": 1, "operation": str(uuid.uuid4())}
    return {f"{QUESTION}--{name}": value for name, value in fields.items()}


def new_title(place: Place) -> dict[str, Any]:
    return {name: getattr(place.use, name) for name in UseForm.Meta.fields} | {"title": "Planted"}


def colleague_of(place: Place) -> User:
    return place.people["another independent" if "independent" in place.by else "first"]


def a_piece(place: Place) -> dict[str, Any]:
    return {"piece": Evidence.objects.filter(organisation=place.assessment.organisation_id).order_by("-pk")[0]}


def named_piece(place: Place) -> dict[str, Any]:
    answer = place.submission.content()["answers"][QUESTION]
    return {"question": QUESTION, "piece": answer["evidence"][0]["reference"], "verdict": "supports"}


def note_of_another(place: Place) -> dict[str, Any]:
    return {"pk": CaseNote.objects.get(assessment=place.assessment).pk}


def with_little_marked(place: Place) -> dict[str, Any]:
    """Leave a second seat with one mark, so that the rest is there to be taken over."""
    place.submission.marks.filter(seat=Seat.SECOND).exclude(target=f"q:{QUESTION}").delete()
    return {}


def judgement(place: Place) -> dict[str, Any]:
    mine = {mark.part: mark for mark in place.submission.part_marks.filter(seat=Seat.FIRST, by=place.people[place.by])}
    sent: dict[str, Any] = {}
    for part in parts.parts_of(place.submission):
        sent |= {
            f"part-{part.key}-verdict": "supports",
            f"part-{part.key}-base": mine[part.key].revision if part.key in mine else 0,
        }
    return sent | {"part-tests-verdict": "partly", "part-tests-words": "No date."}


def added(place: Place) -> dict[str, Any]:
    return {"target": ASKED_FOR, "words": "The notice as people see it."} | a_piece(place)


def added_form(place: Place) -> dict[str, Any]:
    return added(place) | {"piece": a_piece(place)["piece"].reference}


def judged_addition(place: Place) -> dict[str, Any]:
    return {"supplement": place.assessment.supplements.get().pk, "verdict": "supports"}


def added_judgement(place: Place) -> dict[str, Any]:
    pk = judged_addition(place)["supplement"]
    return {f"later-{pk}-verdict": "supports", f"later-{pk}-base": 0}


def because(move: str) -> dict[str, Any]:
    return {"reason": next(iter(standing.REASONS[move])), "words": "It is in the record."}


def of_hold(place: Place) -> str:
    return reverse("close_hold", args=[place.submission.reference, place.hold(place.extra["hold"]).pk])


def an_answer(place: Place) -> dict[str, Any]:
    return {
        "answer": place.assessment.answers.exclude(evidence_uses=None).select_related("assessment").order_by("pk")[0]
    }


def shown(place: Place) -> dict[str, Any]:
    """What reports an action as done: a sentence, and a file that shows it."""
    return {"note": "Done.", "pieces": [a_piece(place)["piece"]]}


def report_form(place: Place) -> dict[str, Any]:
    return {"note": "Done.", "evidence": [f"piece-{a_piece(place)['piece'].reference}"]}


def verdicts(place: Place) -> dict[str, Any]:
    """What accepts an action; whoever has the seat has opened each piece."""
    if place.submission.seats.filter(reviewer=place.people[place.by]).exists():
        open_pieces(place.action, by=place.people[place.by])
    return {"findings": supports(place.action)}


def to_accept(place: Place) -> dict[str, Any]:
    verdicts(place)
    return {"accept": "1"} | {f"verdict-{key}": "supports" for key in supports(place.action)}


def decided(**more: Any) -> Callable[[Place], dict[str, Any]]:
    """What decides on a hold; whoever has the seat has opened its evidence."""

    def given(place: Place) -> dict[str, Any]:
        user, submission = place.people[place.by], place.submission
        if submission.seats.filter(reviewer=user).exists() and access.is_open_to(user, submission.assessment_id):
            open_hold(place.hold(place.extra["hold"]), submission, by=user)
        return more

    return given


def suggested(place: Place) -> list[int]:
    return list(FactSuggestion.objects.filter(use=place.assessment.use_id).values_list("pk", flat=True))


def a_colleague(place: Place) -> dict[str, Any]:
    member = Membership.objects.get(user=place.people["contributor"], organisation=place.assessment.organisation_id)
    return {"section": SECTION, "member": member}


def newcomer(place: Place, organisation: Organisation | None, role: Role) -> dict[str, Any]:
    return {"user": place.people["newcomer"], "organisation": organisation, "role": role}


# fmt: off
ATTACKS: dict[str, Attack] = {
    # what an owner signs
    "workflow.submit": Attack("draft", OWNER, page=of_assessment("sign"), form=statement, given={"route": Route.INDEPENDENT}),
    "workflow.self_certify": Attack(
        "Low draft", OWNER, page=of_assessment("self_certify"), form=lambda p: statement(p) | {f"due-{QUESTION}": in_days(30)},
        given={"conditions": {QUESTION: in_days(30)}},
    ),
    "workflow.declare_prohibited": Attack("prohibited draft", OWNER, page=of_assessment("declare_prohibited"), form=statement),
    "workflow.recall": Attack("submitted", OWNER, page=of_assessment("recall")),
    "workflow.withdraw": Attack("submitted", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    "workflow.withdraw, under review": Attack("in review", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    "workflow.withdraw, approved": Attack("approved", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    # what a reviewer decides
    "workflow.take": Attack("submitted", INDEPENDENT, NOT_INDEPENDENT, page=of_submission("take"), form={"conflict": "none"}),
    "workflow.take, within the organisation": Attack("submitted inside", INSIDE, BARRED, page=of_submission("take"), form={"conflict": "none"}, but=AWAY),
    "workflow.take, second seat": Attack("High", INDEPENDENT, NOT_INDEPENDENT, page=of_submission("take"), form={"conflict": "none"}),
    "reviewing.save_mark": Attack("in review", SEATED, BARRED, Seat.FIRST, of_submission("mark"), MARK, MARK),
    "reviewing.undo_mark": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"target": f"q:{QUESTION}", "base": 2}),
    "reviewing.accept_together": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"targets": [f"q:{CARRIED}"]}),
    "reviewing.mark_evidence": Attack("in review", SEATED, BARRED, Seat.FIRST, given=named_piece),
    "case_notes.write": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"text": "Ask for the log of May."}),
    "case_notes.change": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p) | {"text": "Mine now.", "base": 1}),
    "case_notes.share": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "case_notes.remove": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "case_notes.bring_back": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "earlier_words.save": Attack(  # of a mark that is not offered
        "in review", (), BARRED, Seat.FIRST, given={"target": f"q:{QUESTION}", "source": "mark-0", "has_read": True, "fields": {"mark": "accepted"}},
        but=dict.fromkeys(SEATED, "WorkflowError"),
    ),
    "second_look.ask": Attack("approved", ("independent",), given={"reason": "It went fast."}),  # who leads the body
    "own_marks.take_over": Attack("High", SEATED, BARRED, Seat.SECOND, given=with_little_marked),
    "parts.judge_part": Attack("High", SEATED, BARRED, Seat.FIRST, of_submission("review_parts"), judgement, {"part": "tests", "verdict": "partly", "words": "No date."}),
    "approvals.take_back_approval": Attack(
        "High, approved once", (), BARRED, Seat.SECOND, of_submission("take_back_approval"), {"reason": "x"}, {"reason": "x"}, but=dict.fromkeys(SEATED, "WorkflowError"),
    ),
    "supplements.attach": Attack("in review", WRITERS, page=of_assessment("supplements"), form=added_form, given=added),
    "supplements.judge_supplement": Attack("to return", SEATED, BARRED, Seat.FIRST, of_submission("review_supplements"), added_judgement, judged_addition),
    "opened.note_opening": Attack("in review", (*SEATED, *TEAM), (), Seat.FIRST, given=lambda p: {"reference": named_piece(p)["piece"], "version": 1}),
    "successors.succeed": Attack("approved, seat left", INDEPENDENT, NOT_INDEPENDENT, given={"seat": Seat.FIRST}),
    "reviewing.reply": Attack("returned", WRITERS, given={"target": f"q:{QUESTION}", "words": "It is there already."}),
    "workflow.send_back": Attack("to return", SEATED, BARRED, Seat.FIRST, of_submission("send_back"), {"words": "One thing."}),
    "workflow.approve": Attack("in review", ("independent",), SENT_PAST, Seat.FIRST, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."}),
    "workflow.approve, High, first of two": Attack("High", ("independent",), SENT_PAST, Seat.FIRST, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."}),
    "workflow.approve, High, second of two": Attack(
        "High, approved once", ("independent",), SENT_PAST, Seat.SECOND, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."},
    ),
    "workflow.refuse": Attack("in review", SEATED, BARRED, Seat.FIRST, of_submission("refuse"), {"statement": "No."}, {"statement": "No."}),
    "workflow.raise_tier": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"tier": Tier.HIGH, "reason": "It decides more."}),
    "workflow.withdraw_raise": Attack("raised", ("independent",), SENT_PAST, Seat.FIRST, given={"reason": "It was a misreading."}),
    "holding.close": Attack("held", SEATED, BARRED, Seat.FIRST, given=decided(decision="Seen.")),
    "holding.close, by law": Attack(
        "held by law", ("independent",), SENT_PAST, Seat.FIRST, given=decided(decision="Advised."),
    ),
    "workflow.close_hold": Attack(
        "held", SEATED, BARRED, Seat.FIRST, of_hold, {"outcome": "accepted", "decision": "Seen."}, decided(decision="Seen."),
    ),
    "workflow.close_hold, an answered question": Attack(
        "held by a question", SEATED, BARRED, Seat.FIRST, of_hold, {"outcome": "answered", "decision": "Seen."}, decided(decision="Seen."),
    ),
    # around a case
    "desk.declare_none": Attack("submitted", (*REVIEWERS, *TEAM), (CONFLICTED,)),
    "desk.decline": Attack("submitted", (*REVIEWERS, *BARRED), given={"words": "My brother works there."}),
    "desk.ask": Attack("submitted", INDEPENDENT, ("in-house", "in-house without seat", "independent member"), given=lambda p: {"seat": Seat.FIRST, "to": colleague_of(p)}),
    "desk.say": Attack("in review", (*WRITERS, *SEATED, *TEAM), seat=Seat.FIRST, given={"text": "When was it read?"}),
    "desk.contest": Attack("in review", OWNER, given={"value": "complaint-case", "reasons": "It takes too long."}),
    # after the decision: the last action closed issues the certificate
    "acting.report": Attack("to report", WRITERS, page=of_action, form=report_form, given=shown),
    "acting.plan": Attack("to report", WRITERS, given=lambda p: {"owner": None, "due": in_days(20), "effort": p.action.effort}),
    "acting.comment": Attack("to report", WRITERS, given={"text": "Who has it?"}),
    "acting.attach": Attack("to report", WRITERS, given=a_piece),
    "acting.detach": Attack("to report", WRITERS, given=a_piece),
    "acting.link_answer": Attack("to report", WRITERS, given=an_answer),
    "acting.ask_plan": Attack("approved", WRITERS),
    "acting.accept_risk": Attack("risk", OWNER, given={"reason": "It can be borne.", "until": in_days(20), "review": in_days(10)}),
    "acting.end_risk": Attack("risk accepted", WRITERS),
    "acting.accept": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, given=verdicts),
    "acting.decline": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, of_action, {"missing": "x", "decline": "1"}, {"words": "x"}),
    "closing.judge": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, given=verdicts),
    "closing.require_judge": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "closing.require_reviewer": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "closing.pieces_of_answer": Attack("to report", WRITERS, given=an_answer),
    "own_actions.add": Attack("to report", WRITERS, given={"title": "Name a deputy", "why": "Nobody stands in.", "due": in_days(9)}),
    "own_actions.edit": Attack("to report", WRITERS, given={"title": "Name a deputy", "steps": "Ask the board."}),
    "own_actions.restore_words": Attack("to report", WRITERS),
    "own_actions.take": Attack("to report", WRITERS),
    "own_actions.take_back": Attack("to report", (), but=dict.fromkeys(WRITERS, "WorkflowError")),  # a question brought it
    "own_actions.finish_first_step": Attack("to report", (), but=dict.fromkeys(WRITERS, "WorkflowError")),  # it has one date
    "own_actions.undo_first_step": Attack("to report", WRITERS),
    "split_merge.split": Attack("to report", WRITERS, given={"parts": [Part("Three clinics"), Part("Two clinics")]}),
    "split_merge.undo": Attack("to report", (), but=dict.fromkeys(WRITERS, "WorkflowError")),  # nothing was split
    "relevance.mark_not_relevant": Attack("to report", WRITERS, given={"reason": "Another office has it."}),
    "relevance.reopen": Attack("to report", (), but=dict.fromkeys(WRITERS, "WorkflowError")),  # it is open
    "relevance.refuse": Attack("approved", (), SENT_PAST, Seat.FIRST, given={"words": "It is."}, but={"independent": "WorkflowError"}),
    "changes.require_worker": Attack("to report", WRITERS),
    "acting.lock_to_check": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "acting.require_checker": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "standing.suspend": Attack("Low, certified", *SELF_DECLARED, given=because(standing.SUSPEND), but=AWAY),
    "standing.revoke": Attack("Low, certified", *SELF_DECLARED, given=because(standing.REVOKE), but=AWAY),
    "standing.reinstate": Attack("Low, suspended", *SELF_DECLARED, given=because(standing.REINSTATE), but=AWAY),
    "standing.reinstate, after an incident": Attack("Low, incident", *AFTER_AN_INCIDENT, given=because(standing.REINSTATE), but=AWAY),
    "workflow.close_action": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, of_action, to_accept, verdicts),
    "workflow.close_action, Low": Attack("Low, certified", OWNER, page=of_action, form=to_accept, given=verdicts),
    "changing.state_change": Attack("Low, certified", OWNER, given={"kinds": ["model"], "words": "Another model.", "happened_on": in_days(0)}),
    # facts, holds, answers, and what hangs on them
    "declaring.declare_facts": Attack("draft", WRITERS, given={"values": {"public_facing": True}}),
    "declaring.agree_procedural": Attack("draft", ("contributor",), page=of_use("agree"), form={"reason": "Yes."}, given={"reason": "Yes."}, but={"owner": "SeparationOfDuties"}),
    "declaring.withdraw_agreement": Attack("draft", OWNER, page=of_use("disagree"), form={"reason": "No."}, given={"reason": "No."}),
    "holding.sign_worst": Attack("provisional", OWNER),
    "holding.assign": Attack("held", OWNER, given=lambda p: {"owner": p.people["contributor"], "due": in_days(5)}),
    "holding.attach": Attack("held by law", OWNER, given=a_piece),
    "holding.detach": Attack("held", OWNER, given=a_piece),
    "conformity.save_part": Attack("High draft", WRITERS, given={"key": "tests", "words": "Passed.", "base": 1}),
    "declaring.start_assessment": Attack("Low, certified", WRITERS, page=of_use("use_start")),
    "declaring.update_use": Attack("draft", OWNER, page=of_use("use_edit"), form=new_title, given={"title": "Planted"}),
    "declaring.retire": Attack("draft", OWNER, page=of_use("use_retire"), given=lambda p: {"about": p.use}),
    "declaring.restore": Attack("retired", OWNER, page=of_use("use_retire"), form={"restore": "1"}, given=lambda p: {"about": p.use}),
    "declaring.save_answer": Attack(
        "draft", WRITERS, page=of_assessment("answer", QUESTION), form=new_answer,
        given=lambda p: {"question_key": QUESTION, "value": {"choice": "in_place"}, "base": 1, "operation": uuid.uuid4()},
    ),
    "declaring.restore_answer": Attack("draft", WRITERS, given={"question_key": QUESTION, "number": 1, "base": 1}),
    "declaring.flag_question": Attack("draft", (*MEMBERS, "independent member"), page=of_assessment("flag", QUESTION), given={"question_key": QUESTION, "on": True}),
    # who belongs to an organisation, and so who reviews: an owner decides; in the reviewing body, which has none, a reviewer
    "declaring.join": Attack("draft", OWNER, given=lambda p: newcomer(p, p.assessment.organisation, Role.REVIEWER)),
    "auditing.erase_person": Attack("draft", (*OWNER, "staff", "superuser"), given=lambda p: {"person": p.people["owner"], "organisation": p.assessment.organisation}),
    "declaring.join, the reviewing body": Attack(
        "draft", (*OF_THE_BODY, "who answered, now independent"), given=lambda p: newcomer(p, Organisation.objects.reviewing_body(), Role.REVIEWER),
    ),
    "declaring.assign_section": Attack("draft", OWNER, given=a_colleague),
    "teamwork.ask": Attack("draft", OWNER, given=a_colleague),
    "teamwork.ask_by_mail": Attack("draft", OWNER, given={"question": QUESTION, "email": "nina@example.org"}),
    "teamwork.comment": Attack("draft", WRITERS, page=of_assessment("comments", QUESTION), form={"text": "Planted."}, given={"question": QUESTION, "text": "Planted."}),
    "starting.carry": Attack("draft", WRITERS, given={"sources": ()}),
    "carry_over.copy": Attack("draft", WRITERS, given={"sources": ()}),
    "carry_over.confirm_several": Attack("draft that takes over", WRITERS, given={"chosen": [(CARRIED, 1)]}),
    "organisation_answers.inherit": Attack("draft", WRITERS),
    "organisation_answers.start": Attack("Low, certified", WRITERS),
    "organisation_answers.take_over": Attack("draft", WRITERS, given={"sources": ()}),
    "drafts.keep_draft": Attack("draft", WRITERS, given={"group": "prohibited", "fields": {}}),
    "starting.confirm_carried": Attack("draft that takes over", WRITERS, given={"question": CARRIED, "base": 1}),
    "starting.suggest": Attack("draft", WRITERS, given={"found": (), "source": "README.md"}),
    "starting.confirm_suggestions": Attack("draft that takes over", WRITERS, given=lambda p: {"ids": suggested(p), "replace": True}),
    "starting.dismiss_suggestions": Attack("draft that takes over", WRITERS, given=lambda p: {"ids": suggested(p)}),
}
# fmt: on


def test_every_decision_has_its_row():
    assert sorted({name.partition(",")[0] for name in ATTACKS}) == sorted(decisions())


@pytest.mark.parametrize("name", ATTACKS)
def test_a_row_speaks_of_people_who_are_there(name):
    attack = ATTACKS[name]
    assert {*attack.may, *attack.duties, *attack.but} <= set(ROLES)


# --- one scene for the module ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Everybody and every place, in a transaction around every test of this module."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        scene = make_scene()
        count_rows()
        yield scene


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


def of_the_day(name: str) -> tuple[str, ...]:
    """Whoever may; of the delivery team three of ten, and of the others who are refused every second, others for each row."""
    at, attack = sorted(ATTACKS).index(name), ATTACKS[name]
    team = {TEAM[(at + step) % len(TEAM)] for step in (0, 3, 6)}
    refused = [role for role in ROLES if role not in TEAM and role not in attack.may and role not in attack.but]
    return tuple(role for role in ROLES if (role in team if role in TEAM else role not in refused[at % 2 :: 2]))


def test_each_day_everybody_is_refused_and_whoever_may_is_let_in():
    days = {name: of_the_day(name) for name in ATTACKS}
    for role in ROLES:
        assert sum(role in roles and ATTACKS[name].expected(role) != "done" for name, roles in days.items()) > 10, role
    assert all(set(ATTACKS[name].may) <= set(roles) | set(TEAM) for name, roles in days.items())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ATTACKS)
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
    teams = {use: declaring.delivery_team(case) for use, case in cases.items()}
    for person in scene.people.values():
        assert uses_worked_on(person) & cases.keys() == {use for use, team in teams.items() if person.pk in team}


def knows(user: User, url: str, place: Place) -> bool:
    """Tell whether the door of an address is open to somebody."""
    action = {"use": place.use, "question": QUESTION}
    doors = {
        "reviews": lambda: access.submissions_for(user).filter(pk=place.submission.pk).exists(),
        "assessments": lambda: access.assessments_for(user).filter(pk=place.assessment.pk).exists(),
        "uses": lambda: access.uses_for(user).filter(pk=place.use.pk).exists(),
        "actions": lambda: (
            access.actions_for(user).filter(**action).exists()
            or access.actions_to_check_for(user).filter(**action).exists()
        ),
    }
    return doors[url.split("/")[1]]()


# Pages are slow, so each day only some go these ways, and of the team one of nine: their function was asked above.
ALL_WAYS = {"page": ROLES, "htmx": ROLES}
DAILY = {
    "page": ("owner", TEAM[0], "in-house", "superuser"),
    "htmx": (CONFLICTED, "reviewer who left"),
}
PAGES = [name for name, attack in ATTACKS.items() if attack.page]


@pytest.mark.django_db
@pytest.mark.parametrize("way", DAILY)
@pytest.mark.parametrize("name", PAGES)
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
    workflow.take(submission, by=first or cast.reviewer)
    mark_all(submission, by=first or cast.reviewer)
    return submission


def approve(submission: Submission, user: User) -> str:
    return outcome_kept(lambda: workflow.approve(submission, by=user, statement="Read."))


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
    assert outcome_kept(lambda: workflow.take(submission, by=cast.independent)) == "SeparationOfDuties"
    assert (state_of(submission), digest()) == (State.IN_REVIEW, before)


def test_a_high_use_is_not_approved_by_two_of_the_organisation(cast):
    other = make_member(Role.REVIEWER, cast.organisation, "Ravi Reviewer").user
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    assert outcome_kept(lambda: workflow.take(submission, by=other)) == "SeparationOfDuties"
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
    workflow.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    declaring.join(cast.independent, cast.organisation, Role.VIEWER, by=cast.owner)
    before = digest()
    assert approve(submission, cast.independent) == "SeparationOfDuties"
    assert (state_of(submission), digest()) == (State.IN_REVIEW, before)


def test_a_return_voids_the_first_approval_of_a_high_use(cast):
    submission = in_review(cast)
    assert approve(submission, cast.reviewer) == "done"
    workflow.take(submission, by=cast.independent)
    reviewing.save_mark(
        submission,
        f"q:{QUESTION}",
        by=cast.independent,
        mark="change_needed",
        reason="unclear",
        would_satisfy="Say who.",
    )
    workflow.send_back(submission, by=cast.independent)
    again = workflow.submit(submission.assessment, by=cast.owner, route=Route.INSIDE)
    workflow.take(again, by=cast.independent)
    mark_all(again, by=cast.independent)
    assert approve(again, cast.independent) == "done"
    assert (state_of(again), certificates(again)) == (State.IN_REVIEW, 0)


def test_two_people_one_of_them_independent_approve_a_high_use_in_either_order(cast):
    """Without this the tests above could pass on a High use that nobody can approve."""
    for reverse_order in (False, True):
        submission = in_review(cast)
        workflow.take(submission, by=cast.independent)
        mark_all(submission, by=cast.independent)
        order = [cast.reviewer, cast.independent]
        assert [approve(submission, user) for user in (order[::-1] if reverse_order else order)] == ["done", "done"]
        assert state_of(submission) == State.CERTIFIED


# --- what an approval waits for ------------------------------------------------------------------------------------------------


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
    workflow.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    workflow.recall(assessment, by=cast.owner)
    with pytest.raises(NotReady) as refused:
        workflow.self_certify(assessment, by=cast.owner)
    assert refused.value.reasons == ["A reviewer has asked for changes, so a reviewer decides on them."]


def test_an_open_hold_keeps_from_approval(cast):
    held = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    mark_all(held.current_submission, by=cast.independent)
    assert approve(held.current_submission, cast.independent) == "NotReady"


def test_a_hold_is_closed_through_its_own_case_alone(cast):
    held = make_assessment(State.IN_REVIEW, "high", cast=cast, facts={"exploits_vulnerable_groups": True})
    other = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    before = digest()
    with pytest.raises(WorkflowError):
        holding.close(held.use.holds.get(), other, by=cast.independent, decision="Advised.")
    assert digest() == before


def sent_again(cast, between):
    """A case that its reviewer returned and its owner submits anew; `between`: what happens meanwhile."""
    submission = in_review(cast, "limited", first=cast.independent, route=Route.INDEPENDENT)
    submission.marks.filter(target=f"q:{QUESTION}").update(mark="change_needed", would_satisfy="Say who.")
    workflow.send_back(submission, by=cast.independent)
    between(submission)
    return submission, workflow.submit(submission.assessment, by=cast.owner, route=Route.INDEPENDENT)


def test_a_seat_that_did_not_go_over_to_the_next_round_is_none_there(cast):
    mine = Membership.objects.filter(user=cast.independent)
    submission, again = sent_again(cast, lambda _sent: mine.update(left_at=timezone.now()))
    mine.update(left_at=None)
    workflow.take(again, by=cast.second_independent)
    mark_all(again, by=cast.second_independent)
    before = digest()
    assert approve(again, cast.independent) == "NotPermitted"
    assert approve(submission, cast.independent) == "WrongState"
    assert digest() == before


def test_nobody_with_a_conflict_of_interest_keeps_a_seat(cast):
    _former, again = sent_again(cast, lambda sent: desk.decline(sent, by=cast.independent, words="My brother."))
    assert not again.seats.exists()


def test_nothing_is_judged_before_the_declaration_that_is_asked_for_again(cast):
    change = AISystem.objects.filter(organisation=cast.organisation)
    _former, again = sent_again(cast, lambda _sent: change.update(suppliers="Another Model Limited"))
    before = digest()
    assert approve(again, cast.independent) == "NotPermitted"
    with pytest.raises(NotPermitted):
        reviewing.save_mark(again, f"q:{QUESTION}", by=cast.independent, mark="accepted", words="Seen.")
    assert digest() == before


# --- the administration ------------------------------------------------------------------------------------------------------


STAFF_OPENS = {"edition", "organisation", "auditentry", "document"}


def test_the_administration_opens_these_and_nothing_else():
    opened = {(model._meta.app_label, model._meta.model_name) for model in admin.site._registry}
    assert opened == {("assessments", name) for name in STAFF_OPENS}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["staff", "superuser", "in-house", "owner"])
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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("guard", "row"),
    [
        ("the team does not decide", "workflow.approve"),
        ("who left does not decide", "workflow.refuse"),
        ("who has a conflict does not decide", "reviewing.save_mark"),
        ("the reviewing body judges what was sent to it", "workflow.take"),
        ("the reviewing body judges what was sent to it", "workflow.approve"),
        ("one of the two is independent", "workflow.take, second seat"),
        ("one of the two is independent", "workflow.approve, High, second of two"),
        ("only owners sign", "workflow.submit"),
    ],
)
def test_a_row_fails_without_its_guard(guard, row, scene, unchanged, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises(AssertionError):
        the_function_refuses(row, scene, ROLES, unchanged)


@pytest.mark.parametrize(
    ("guard", "test"),
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
)
def test_a_test_fails_without_its_guard(guard, test, cast, monkeypatch):
    take_out(monkeypatch, *GUARDS[guard])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(cast)
