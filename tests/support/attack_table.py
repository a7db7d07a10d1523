"""The table of attacks: each decision of the product, where it is tried, and who may make it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse

from assessments.access import finders
from assessments.domain.answering import returned_parts
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.certificates import standing, status
from assessments.domain.remediation.own_actions import NewAction
from assessments.domain.remediation.split_merge import Part
from assessments.domain.review.marks import GivenMark, GivenVerdict
from assessments.domain.review.parts import GivenPartMark
from assessments.forms.systems import UseForm
from assessments.guideline.terms import Tier
from assessments.models import CaseNote, Evidence, Membership, Organisation, Role, Route, Seat, User
from assessments.models.imports import FactSuggestion
from assessments.models.snapshots import build_snapshot
from assessments.views.assessment.sign import digest_of
from tests.support.acting import open_hold, open_pieces, supports
from tests.support.attacks import (
    ASKED_FOR,
    BARRED,
    CARRIED,
    CONFLICTED,
    MEMBERS,
    QUESTION,
    REVIEWERS,
    SECTION,
    TEAM,
    Attack,
    Place,
    of_action,
    of_assessment,
    of_submission,
    of_use,
)
from tests.support.factories import in_days

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
    seen = digest_of(build_snapshot(place.fresh, final=True))
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
    return {"question": QUESTION, "piece": answer["evidence"][0]["reference"], "given": GivenVerdict("supports")}


def note_of_another(place: Place) -> dict[str, Any]:
    return {"pk": CaseNote.objects.get(assessment=place.assessment).pk}


def with_little_marked(place: Place) -> dict[str, Any]:
    """Leave a second seat with one mark, so that the rest is there to be taken over."""
    place.submission.marks.filter(seat=Seat.SECOND).exclude(target=f"q:{QUESTION}").delete()
    return {}


def judgement(place: Place) -> dict[str, Any]:
    mine = {mark.part: mark for mark in place.submission.part_marks.filter(seat=Seat.FIRST, by=place.people[place.by])}
    sent: dict[str, Any] = {}
    for part in returned_parts.parts_of(place.submission):
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
        if submission.seats.filter(reviewer=user).exists() and finders.is_open_to(user, submission.assessment_id):
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
    "submit.submit": Attack("draft", OWNER, page=of_assessment("sign"), form=statement, given={"route": Route.INDEPENDENT}),
    "self_certify.self_certify": Attack(
        "Low draft", OWNER, page=of_assessment("self_certify"), form=lambda p: statement(p) | {f"due-{QUESTION}": in_days(30)},
        given={"conditions": {QUESTION: in_days(30)}},
    ),
    "prohibited.declare_prohibited": Attack("prohibited draft", OWNER, page=of_assessment("declare_prohibited"), form=statement),
    "taking_back.recall": Attack("submitted", OWNER, page=of_assessment("recall")),
    "taking_back.withdraw": Attack("submitted", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    "taking_back.withdraw, under review": Attack("in review", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    "taking_back.withdraw, approved": Attack("approved", OWNER, page=of_assessment("withdraw"), form={"reason": "x"}, given={"reason": "x"}),
    # what a reviewer decides
    "seat_taking.take": Attack("submitted", INDEPENDENT, NOT_INDEPENDENT, page=of_submission("take"), form={"conflict": "none"}),
    "seat_taking.take, within the organisation": Attack("submitted inside", INSIDE, BARRED, page=of_submission("take"), form={"conflict": "none"}, but=AWAY),
    "seat_taking.take, second seat": Attack("High", INDEPENDENT, NOT_INDEPENDENT, page=of_submission("take"), form={"conflict": "none"}),
    "marks.save_mark": Attack("in review", SEATED, BARRED, Seat.FIRST, of_submission("mark"), MARK, {"target": MARK["target"], "given": GivenMark("accepted", words=MARK["words"])}),
    "marks.undo_mark": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"target": f"q:{QUESTION}", "base": 2}),
    "marks.accept_together": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"targets": [f"q:{CARRIED}"]}),
    "marks.mark_evidence": Attack("in review", SEATED, BARRED, Seat.FIRST, given=named_piece),
    "case_notes.write": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"text": "Ask for the log of May."}),
    "case_notes.change": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p) | {"text": "Mine now.", "base": 1}),
    "case_notes.share": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "case_notes.remove": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "case_notes.bring_back": Attack("in review", (), BARRED, Seat.FIRST, given=lambda p: note_of_another(p)),
    "earlier_words.save": Attack(  # of a mark that is not offered
        "in review", (), BARRED, Seat.FIRST, given={"target": f"q:{QUESTION}", "source": "mark-0", "has_read": True, "given": GivenMark("accepted")},
        but=dict.fromkeys(SEATED, "WorkflowError"),
    ),
    "second_look.ask": Attack("approved", ("independent",), given={"reason": "It went fast."}),  # who leads the body
    "own_marks.take_over": Attack("High", SEATED, BARRED, Seat.SECOND, given=with_little_marked),
    "parts.judge_part": Attack("High", SEATED, BARRED, Seat.FIRST, of_submission("review_parts"), judgement, {"part": "tests", "given": GivenPartMark("partly", "No date.")}),
    "approvals.take_back_approval": Attack(
        "High, approved once", (), BARRED, Seat.SECOND, of_submission("take_back_approval"), {"reason": "x"}, {"reason": "x"}, but=dict.fromkeys(SEATED, "WorkflowError"),
    ),
    "supplements.attach": Attack("in review", WRITERS, page=of_assessment("supplements"), form=added_form, given=added),
    "supplements.judge_supplement": Attack("to return", SEATED, BARRED, Seat.FIRST, of_submission("review_supplements"), added_judgement, judged_addition),
    "opened.note_opening": Attack("in review", (*SEATED, *TEAM), (), Seat.FIRST, given=lambda p: {"reference": named_piece(p)["piece"], "version": 1}),
    "successors.succeed": Attack("approved, seat left", INDEPENDENT, NOT_INDEPENDENT, given={"seat": Seat.FIRST}),
    "replies.reply": Attack("returned", WRITERS, given={"target": f"q:{QUESTION}", "words": "It is there already."}),
    "decisions.send_back": Attack("to return", SEATED, BARRED, Seat.FIRST, of_submission("send_back"), {"words": "One thing."}),
    "approval.approve": Attack("in review", ("independent",), SENT_PAST, Seat.FIRST, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."}),
    "approval.approve, High, first of two": Attack("High", ("independent",), SENT_PAST, Seat.FIRST, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."}),
    "approval.approve, High, second of two": Attack(
        "High, approved once", ("independent",), SENT_PAST, Seat.SECOND, of_submission("approve"), {"statement": "Read."}, {"statement": "Read."},
    ),
    "decisions.refuse": Attack("in review", SEATED, BARRED, Seat.FIRST, of_submission("refuse"), {"statement": "No."}, {"statement": "No."}),
    "tier.raise_tier": Attack("in review", SEATED, BARRED, Seat.FIRST, given={"tier": Tier.HIGH, "reason": "It decides more."}),
    "tier.withdraw_raise": Attack("raised", ("independent",), SENT_PAST, Seat.FIRST, given={"reason": "It was a misreading."}),
    "holds.close": Attack("held", SEATED, BARRED, Seat.FIRST, given=decided(decision="Seen.")),
    "holds.close, by law": Attack(
        "held by law", ("independent",), SENT_PAST, Seat.FIRST, given=decided(decision="Advised."),
    ),
    "holds.close_hold": Attack(
        "held", SEATED, BARRED, Seat.FIRST, of_hold, {"outcome": "accepted", "decision": "Seen."}, decided(decision="Seen."),
    ),
    "holds.close_hold, an answered question": Attack(
        "held by a question", SEATED, BARRED, Seat.FIRST, of_hold, {"outcome": "answered", "decision": "Seen."}, decided(decision="Seen."),
    ),
    # around a case
    "interests.declare_none": Attack("submitted", (*REVIEWERS, *TEAM), (CONFLICTED,)),
    "interests.decline": Attack("submitted", (*REVIEWERS, *BARRED), given={"words": "My brother works there."}),
    "seat_requests.ask": Attack("submitted", INDEPENDENT, ("in-house", "in-house without seat", "independent member"), given=lambda p: {"seat": Seat.FIRST, "to": colleague_of(p)}),
    "messages.say": Attack("in review", (*WRITERS, *SEATED, *TEAM), seat=Seat.FIRST, given={"text": "When was it read?"}),
    "appeals.contest": Attack("in review", OWNER, given={"value": "complaint-case", "reasons": "It takes too long."}),
    # after the decision: the last action closed issues the certificate
    "actions.report": Attack("to report", WRITERS, page=of_action, form=report_form, given=shown),
    "dates.plan": Attack("to report", WRITERS, given=lambda p: {"owner": None, "due": in_days(20), "effort": p.action.effort}),
    "actions.comment": Attack("to report", WRITERS, given={"text": "Who has it?"}),
    "actions.attach": Attack("to report", WRITERS, given=a_piece),
    "actions.detach": Attack("to report", WRITERS, given=a_piece),
    "actions.link_answer": Attack("to report", WRITERS, given=an_answer),
    "requests.ask_plan": Attack("approved", WRITERS),
    "risks.accept_risk": Attack("risk", OWNER, given={"reason": "It can be borne.", "until": in_days(20), "review": in_days(10)}),
    "risks.end_risk": Attack("risk accepted", WRITERS),
    "actions.accept": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, given=verdicts),
    "actions.decline": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, of_action, {"missing": "x", "decline": "1"}, {"words": "x"}),
    "closing.judge": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, given=verdicts),
    "closing.require_judge": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "closing.require_reviewer": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "closing.evidence_of_answer": Attack("to report", WRITERS, given=an_answer),
    "own_actions.add": Attack("to report", WRITERS, given={"given": NewAction("Name a deputy", "Nobody stands in.", in_days(9))}),
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
    "actions.lock_to_check": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "actions.require_checker": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST),
    "standing.suspend": Attack("Low, certified", *SELF_DECLARED, given=because(status.SUSPEND), but=AWAY),
    "standing.revoke": Attack("Low, certified", *SELF_DECLARED, given=because(status.REVOKE), but=AWAY),
    "standing.reinstate": Attack("Low, suspended", *SELF_DECLARED, given=because(status.REINSTATE), but=AWAY),
    "standing.reinstate, after an incident": Attack("Low, incident", *AFTER_AN_INCIDENT, given=because(status.REINSTATE), but=AWAY),
    "issue.close_action": Attack("approved", ("independent",), SENT_PAST, Seat.FIRST, of_action, to_accept, verdicts),
    "issue.close_action, Low": Attack("Low, certified", OWNER, page=of_action, form=to_accept, given=verdicts),
    "changes.state_change": Attack("Low, certified", OWNER, given={"kinds": ["model"], "words": "Another model.", "happened_on": in_days(0)}),
    # facts, holds, answers, and what hangs on them
    "declare.declare_facts": Attack("draft", WRITERS, given={"values": {"public_facing": True}}),
    "procedural.agree_procedural": Attack("draft", ("contributor",), page=of_use("agree"), form={"reason": "Yes."}, given={"reason": "Yes."}, but={"owner": "SeparationOfDuties"}),
    "procedural.withdraw_agreement": Attack("draft", OWNER, page=of_use("disagree"), form={"reason": "No."}, given={"reason": "No."}),
    "worst_case.sign_worst": Attack("provisional", OWNER),
    "holds.assign": Attack("held", OWNER, given=lambda p: {"owner": p.people["contributor"], "due": in_days(5)}),
    "holds.attach": Attack("held by law", OWNER, given=a_piece),
    "holds.detach": Attack("held", OWNER, given=a_piece),
    "conformity_file.save_part": Attack("High draft", WRITERS, given={"key": "tests", "given": GivenPart(words="Passed."), "base": 1}),
    "start.start_assessment": Attack("Low, certified", WRITERS, page=of_use("use_start")),
    "systems.update_use": Attack("draft", OWNER, page=of_use("use_edit"), form=new_title, given={"title": "Planted"}),
    "systems.retire": Attack("draft", OWNER, page=of_use("use_retire"), given=lambda p: {"about": p.use}),
    "systems.restore": Attack("retired", OWNER, page=of_use("use_retire"), form={"restore": "1"}, given=lambda p: {"about": p.use}),
    "answers.save_answer": Attack(
        "draft", WRITERS, page=of_assessment("answer", QUESTION), form=new_answer,
        given=lambda p: {"question_key": QUESTION, "value": {"choice": "in_place"}, "base": 1, "operation": uuid.uuid4()},
    ),
    "answers.restore_answer": Attack("draft", WRITERS, given={"question_key": QUESTION, "number": 1, "base": 1}),
    "answers.flag_question": Attack("draft", (*MEMBERS, "independent member"), page=of_assessment("flag", QUESTION), given={"question_key": QUESTION, "on": True}),
    # who belongs to an organisation, and so who reviews: an owner decides; in the reviewing body, which has none, a reviewer
    "members.join": Attack("draft", OWNER, given=lambda p: newcomer(p, p.assessment.organisation, Role.REVIEWER)),
    "log.erase_person": Attack("draft", (*OWNER, "staff", "superuser"), given=lambda p: {"person": p.people["owner"], "organisation": p.assessment.organisation}),
    "members.join, the reviewing body": Attack(
        "draft", (*OF_THE_BODY, "who answered, now independent"), given=lambda p: newcomer(p, Organisation.objects.reviewing_body(), Role.REVIEWER),
    ),
    "assignments.assign_section": Attack("draft", OWNER, given=a_colleague),
    "asking.ask": Attack("draft", OWNER, given=a_colleague),
    "invitations.ask_by_mail": Attack("draft", OWNER, given={"question": QUESTION, "email": "nina@example.org"}),
    "comments.comment": Attack("draft", WRITERS, page=of_assessment("comments", QUESTION), form={"text": "Planted."}, given={"question": QUESTION, "text": "Planted."}),
    "reuse.copy_answers": Attack("draft", WRITERS, given={"sources": ()}),
    "carry_over.copy": Attack("draft", WRITERS, given={"sources": ()}),
    "carry_over.confirm_several": Attack("draft that takes over", WRITERS, given={"chosen": [(CARRIED, 1)]}),
    "organisation_answers.inherit": Attack("draft", WRITERS),
    "organisation_answers.start": Attack("Low, certified", WRITERS),
    "organisation_answers.take_over": Attack("draft", WRITERS, given={"sources": ()}),
    "drafts.keep_draft": Attack("draft", WRITERS, given={"group": "prohibited", "fields": {}}),
    "reuse.confirm_copied": Attack("draft that takes over", WRITERS, given={"question": CARRIED, "base": 1}),
    "suggestions.suggest": Attack("draft", WRITERS, given={"found": (), "source": "README.md"}),
    "suggestions.confirm_suggestions": Attack("draft that takes over", WRITERS, given=lambda p: {"ids": suggested(p), "replace": True}),
    "suggestions.dismiss_suggestions": Attack("draft that takes over", WRITERS, given=lambda p: {"ids": suggested(p)}),
}
# fmt: on
