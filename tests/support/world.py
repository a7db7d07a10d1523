"""One set of data on which every page of the site can be opened, in the states that matter, and a neighbour's beside it.

`make_world` makes it; the tables of test_access and test_pages name its objects in `World.places`, so that a row reads
*section of the draft*. Whatever the neighbour owns has NEIGHBOUR in its words: on nobody else's page may they stand.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.files.base import ContentFile
from django.http import QueryDict
from django.urls import reverse

from assessments.accounts import expired_forms
from assessments.domain import portfolio
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import asking, comments, conformity_file, reuse
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.facts import procedural as facts_procedural
from assessments.domain.register import imports, members, suggestions, systems
from assessments.domain.remediation import actions, dates, own_actions, relevance, risks
from assessments.domain.review import (
    appeals,
    approval,
    case_notes,
    interests,
    kept_texts,
    messages,
    parts,
    returns,
    seat_requests,
    seat_taking,
    second_look,
    second_look_comparing,
    second_look_giving,
    supplements,
)
from assessments.domain.submission import submit
from assessments.exchange import model_card
from assessments.models import (
    Assessment,
    Certificate,
    DeclaredUse,
    Document,
    Hold,
    Membership,
    Organisation,
    RemediationAction,
    Role,
    SearchWord,
    Seat,
    State,
    Submission,
    User,
)
from assessments.models.assessments import Route
from assessments.models.documents import DocumentState
from tests.support.factories import (
    FILE_ROWS,
    Cast,
    bring_to,
    in_days,
    make_assessment,
    make_cast,
    make_evidence,
    make_organisation,
    make_system,
    make_use,
    make_user,
    mark_all,
    owner_of,
    save,
)
from tests.support.looking import give_look

NEIGHBOUR = "Neighbourly"
MADE_BY_HAND = b"%PDF-1.7 made by hand"
SECTION, OTHER_SECTION = "governance", "affected"
QUESTION = "use-register"  # the first of SECTION
INVENTORY = """\
System name,Version,Our parts in the system,Name of the use,Purpose,Setting,People affected,Scope in English
Letter helper,3,Service User,Drafting,Drafts letters,In the office,Clients,Drafting of letters to clients.
Letter helper,3,,Translating,Translates letters,In the office,Clients,Translation of letters to clients.
Chat helper,,Retailer,Answering,,On the website,Customers,Answers to customers.
"""
CARD = """\
---
license: apache-2.0
base_model: example/base-7b
pipeline_tag: text-generation
tags: [finance, code]
---
## Intended use
Drafting answers to questions about accounts.
"""
GAPS: dict[str, Any] = {
    "use-register": {"choice": "partly", "text": "Kept for three of our five clinics."},
    "ai-framework": {"choice": "unknown"},
    "laws-list": {"choice": "not_applicable", "reason": "The head office keeps the list for all of us."},
    "ethics-review": {"choice": "planned", "planned_for": in_days(40)},
    "responsibility-map": {"choice": "none"},
    "approval-paper": {"choice": "none"},
}


@dataclass(frozen=True)
class World:
    cast: Cast
    neighbour: Organisation
    newcomer: User  # owner of an organisation that has nothing yet
    places: dict[str, tuple[Any, ...]]  # what a row of a table names, to the arguments of the URL


def make_world() -> World:
    """Make everything; about two seconds."""
    cast = make_cast()
    home, owner = cast.organisation, cast.owner

    draft = make_assessment(State.DRAFT, "limited", cast=cast, answers={**GAPS, "contest": None})
    asif = Membership.objects.get(user=cast.assigned)
    request = asking.ask(draft, SECTION, asif, by=owner, due=in_days(7), note="The clinics' own list is enough.")
    talk = comments.comment(draft, QUESTION, "@Olivia, which clinics are missing?", by=cast.contributor)
    comments.comment(draft, QUESTION, "Two: Sai Kung and Tai O.", by=owner, reply_to=talk)
    answering_answers.flag_question(draft, QUESTION, by=owner, on=True)
    ready = make_assessment(State.DRAFT, "limited", cast=cast)
    low = make_assessment(State.DRAFT, "low", cast=cast)
    fresh = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    prohibited = make_assessment(State.DRAFT, "unacceptable", cast=cast)
    high_draft = make_assessment(State.DRAFT, "high", cast=cast, filled=False)
    conformity_file.save_part(
        high_draft, "measures", GivenPart(rows=FILE_ROWS["measures"], words="Watched."), by=owner, base=0
    )
    submitted = make_assessment(State.SUBMITTED, "limited", cast=cast)
    inside = make_assessment(State.SUBMITTED, "limited", cast=cast, route=Route.INSIDE)
    in_review = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    marked = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    mark_all(_sent(marked), by=cast.independent)
    to_return = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    mark_all(_sent(to_return), by=cast.independent, change={f"q:{QUESTION}": "Show the newest entry."})
    high = make_assessment(State.IN_REVIEW, "high", cast=cast)
    two_seats = make_assessment(State.IN_REVIEW, "high", cast=cast)
    mark_all(_sent(two_seats), by=cast.independent)
    approval.approve(_sent(two_seats), by=cast.independent, statement="Read and found in order.")
    seat_taking.take(_sent(two_seats), by=cast.second_independent)
    held = make_assessment(
        State.IN_REVIEW, "limited", cast=cast, facts={"illegal_purpose": True, "lawful_exception_claimed": True}
    )
    returned = make_assessment(State.RETURNED, "limited", cast=cast)
    second_round = make_assessment(State.RETURNED, "limited", cast=cast)
    save(second_round, QUESTION, {"choice": "in_place", "text": "The newest entry is of last week."}, by=owner)
    piece = make_evidence(home, by=owner, title="Access log of the clinics", proves="Who opened which record.")
    for leaning in (draft, second_round):
        library.attach(piece, leaning, QUESTION, by=owner)
    sealed = make_evidence(home, by=cast.contributor, title="Report of the auditor", link="https://example.org/report")
    spoken = make_evidence(
        home, by=owner, title="Contract", confidentiality="on_request", held_by="The company secretary"
    )
    seat_taking.take(submit.submit(second_round, by=owner, route=Route.INDEPENDENT), by=cast.independent)
    approved = make_assessment(State.APPROVED, "limited", cast=cast, answers={"accountable-owner": GAPS[QUESTION]})
    certified = make_assessment(State.CERTIFIED, "limited", cast=cast)
    self_declared = make_assessment(State.CERTIFIED, "low", cast=cast)
    refused = make_assessment(State.REFUSED, "limited", cast=cast)
    withdrawn = make_assessment(State.WITHDRAWN, "limited", cast=cast)
    refused_inside = make_assessment(State.REFUSED, "limited", cast=cast, route=Route.INSIDE)
    upheld, contested = (
        appeals.contest(one, appeals.contestable(one)[0].value, "Annex 2 was overlooked.", by=owner)
        for one in (refused, refused_inside)
    )
    appeals.answer(upheld, by=cast.second_independent, upheld=True, words="Send it again; annex 2 is read first.")
    interests.declare_none(_sent(refused_inside), by=cast.independent)
    interests.declare_none(_sent(refused_inside), by=cast.second_independent)
    interests.declare_none(_sent(held), by=cast.reviewer)
    messages.say(_sent(in_review), "Which of the clinics keep the register?", by=cast.independent)
    messages.say(_sent(in_review), "Sai Kung and Tai O.", by=owner)
    seat_requests.ask(_sent(high), Seat.SECOND, cast.second_independent, by=cast.independent, note="You know clinics.")
    interests.decline(_sent(to_return), by=cast.second_independent, words="I sold it to them.")
    parts.judge_part(
        _sent(high), "bias", parts.GivenPartMark(verdict="partly", words="One group only."), by=cast.independent
    )
    added = supplements.attach(
        in_review, "q:tier-limited-transparency", piece, by=owner, words="What the clinics show at the desk."
    )
    supplements.judge_supplement(
        _sent(in_review), added.pk, by=cast.independent, verdict="partly", words="It shows no limits."
    )
    needed = returns.Obstacle("gate:tier-limited-opt-out", "The way to opt out", "Attach how people opt out.")
    returns.keep(_sent(returned).decisions.get(), [needed])
    said = {"mark": "change_needed", "reason": "not_shown", "would_satisfy": "The newest entry of each clinic."}
    text = kept_texts.keep(said | {"title": "Newest entry"}, by=cast.independent, organisation=cast.body)
    own_text = kept_texts.keep(said | {"title": "My words"}, by=cast.second_independent)
    gone = kept_texts.keep(said | {"title": "Old words"}, by=cast.independent)
    kept_texts.remove(gone, by=cast.independent)
    noted = case_notes.write(_sent(in_review), "The register looks copied.", by=cast.independent)
    case_notes.share(_sent(in_review), noted.pk, by=cast.independent)
    case_notes.write(_sent(in_review), "Ask Sai Kung first.", by=cast.independent)
    looked_at_again = _looked_at_again(cast)
    seat_requests.set_absence(cast.second_independent, in_days(-1), in_days(5))

    blank = make_use(organisation=home, declared=False, title="A use without facts")
    plain = make_use("limited", home, title="A use without an assessment")
    agreeing = make_use("low", home, title="A use that waits for a second member")
    declare.declare_facts(
        agreeing,
        {"minor_procedural_task": True},
        by=cast.contributor,
        reasons={"minor_procedural_task": "It only sorts the post into two trays."},
    )
    agreed = make_use("low", home, title="A use on which two agree")
    procedural = {"minor_procedural_task": True}
    declare.declare_facts(agreed, procedural, by=cast.contributor, reasons=dict.fromkeys(procedural, "It sorts post."))
    facts_procedural.agree_procedural(agreed, by=owner, reason="I read each letter myself.")
    provisional = make_use("low", home, facts={"healthcare_diagnosis": "unknown"}, title="A provisional use")
    systems.update_use(self_declared.use, by=owner, people_affected="Patients and visitors of the clinics")
    unsure = make_use("limited", home, facts={"illegal_purpose": "unknown"}, title="A use on hold")
    taking = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    asked = [question.key for question in taking.declared().questions(taking.compiled())]
    reuse.copy_answers(taking, reuse.offered(taking, asked)[:2], by=owner)
    retired = make_system(home, name="A retired assistant")
    systems.retire(retired, by=owner)
    imported = imports.keep_import(home, INVENTORY.encode(), by=owner, file_name="inventory.csv")
    suggestions.suggest(plain, model_card.read(CARD.encode(), taking.compiled()), by=owner, source="README.md")
    portfolio.keep_filter(owner, "Drafts of Limited uses", "tier=limited&state=draft")
    newcomer = make_user("Nora New")
    empty = make_organisation("Blank Slate Limited", newcomer)

    action = RemediationAction.objects.filter(use=in_review.use).order_by("number")[0]
    reported = RemediationAction.objects.filter(use=approved.use).order_by("number")[0]
    actions.attach(reported, piece, by=cast.contributor)
    actions.report(reported, by=cast.contributor, note="All five clinics are in it now.")
    should, risky = RemediationAction.objects.filter(use=in_review.use, priority="should").order_by("number")[:2]
    for one in (should, risky):
        dates.plan(one, by=owner, owner=cast.contributor, due=in_days(50), effort="M")
    risky.refresh_from_db()
    risks.accept_risk(risky, by=owner, reason="Few use it.", until=in_days(90), review=in_days(60))
    moved = dates.move_dates([should], in_days(70), by=owner)
    consider = RemediationAction.objects.filter(use=in_review.use, priority="consider").order_by("number")[0]
    dates.plan(consider, by=owner, owner=cast.assigned, due=in_days(40), effort="S")
    added = own_actions.add(
        in_review.use,
        own_actions.NewAction(title="Hire a second reader", why="One person reads all letters.", due=in_days(30)),
        by=owner,
    )
    aside = RemediationAction.objects.filter(use=in_review.use, status="open", owner=None).order_by("-number")[0]
    relevance.mark_not_relevant(aside, by=cast.contributor, reason="The head office does this for us.")
    victor = Membership.objects.get(user=cast.viewer)
    invitation, token = members.invite(home, by=owner, email="nina@example.org", role=Role.CONTRIBUTOR)
    certificate = Certificate.objects.get(use=certified.use)
    plan, letter = (
        _sent(in_review).documents.get(),
        Document.objects.get(kind="decision_letter", submission__assessment=refused),
    )
    printed = certificate.documents.get()
    make_ready(printed)
    Document.objects.filter(pk=letter.pk).update(state=DocumentState.FAILED, error="The PDF could not be written.")

    neighbour = _make_neighbour()
    theirs = Assessment.objects.get(organisation=neighbour, state=State.SUBMITTED)
    their_certificate = Certificate.objects.get(organisation=neighbour)
    their_action = RemediationAction.objects.filter(organisation=neighbour)[0]
    their_draft = Assessment.objects.get(organisation=neighbour, state=State.DRAFT)
    their_piece = make_evidence(neighbour, title=f"{NEIGHBOUR} piece")

    their_import = imports.keep_import(neighbour, INVENTORY.encode(), by=owner_of(neighbour), file_name="inventory.csv")

    assessments = {
        "draft": draft,
        "draft that takes over": taking,
        "ready draft": ready,
        "Low draft": low,
        "fresh draft": fresh,
        "prohibited draft": prohibited,
        "High draft": high_draft,
        "submitted": submitted,
        "in-house": inside,
        "in review": in_review,
        "marked": marked,
        "to be returned": to_return,
        "High in review": high,
        "two seats": two_seats,
        "held": held,
        "returned": returned,
        "second round": second_round,
        "approved": approved,
        "certified": certified,
        "self-declared": self_declared,
        "refused": refused,
        "refused inside": refused_inside,
        "withdrawn": withdrawn,
        **looked_at_again,
        "neighbour's draft": their_draft,
        "neighbour's submitted": theirs,
    }
    uses: dict[str, DeclaredUse] = {
        **{f"use of the {name}": assessment.use for name, assessment in assessments.items()},
        "blank use": blank,
        "plain use": plain,
        "use to agree on": agreeing,
        "use on hold": unsure,
        "agreed use": agreed,
        "provisional use": provisional,
    }
    places: dict[str, tuple[Any, ...]] = {
        "": (),
        "organisation": (home.reference,),
        "reviewing body": (cast.body.reference,),
        "empty organisation": (empty.reference,),
        "neighbour": (neighbour.reference,),
        "membership of the viewer": (home.reference, victor.pk),
        "membership of the assigned": (home.reference, Membership.objects.get(user=cast.assigned).pk),
        "membership of the owner": (home.reference, Membership.objects.get(user=cast.owner, organisation=home).pk),
        "membership of the neighbour": (
            home.reference,
            Membership.objects.get(organisation=neighbour, role=Role.OWNER).pk,
        ),
        "system": (draft.use.system.reference,),
        "system without uses": (make_system(home).reference,),
        "retired system": (retired.reference,),
        "import": (imported.reference,),
        "neighbour's import": (their_import.reference,),
        "neighbour's system": (their_draft.use.system.reference,),
        "invitation": (token,),
        "kept form": (_kept_form(owner, draft),),
        "form that is gone": ("never-kept",),
        "open invitation": (home.reference, invitation.pk),
        "draft, request": (draft.reference, request.pk),
        "draft, its board paper": (draft.reference, "board_paper"),
        "draft, no such document": (draft.reference, "certificate"),
        "neighbour's draft, its board paper": (their_draft.reference, "board_paper"),
        "draft, request to change": (draft.reference, request.pk),
        "neighbour's request": (their_draft.reference, request.pk),
        "used invitation": ("used-or-never-sent",),
        "certificate": (certificate.number,),
        "certificate, typed carelessly": (certificate.number.lower().replace("-", " "),),
        "self-declared certificate": (Certificate.objects.get(use=self_declared.use).number,),
        "mistyped number": (certificate.number[:-1] + ("0" if certificate.number[-1] != "0" else "1"),),
        "unknown number": (_unknown_number(),),
        "clause": ("3.2.1/ensure-data-security",),
        "no clause": ("9.9.9",),
        "action": (in_review.use.reference, action.number),
        "reported action": (approved.use.reference, reported.number),
        "no action": (in_review.use.reference, 999),
        "action of the assigned": (in_review.use.reference, consider.number),
        "added action": (in_review.use.reference, added.number),
        "action set aside": (in_review.use.reference, aside.number),
        "action that may be borne": (in_review.use.reference, should.number),
        "accepted risk": (in_review.use.reference, risky.number),
        "evidence of the action": (approved.use.reference, reported.number, piece.reference, 1),
        "no such evidence of the action": (approved.use.reference, reported.number, piece.reference, 9),
        "dates moved": (moved.batch,),
        "no dates moved": (uuid.uuid4(),),
        "neighbour's certificate": (their_certificate.number,),
        "neighbour's action": (their_action.use.reference, their_action.number),
        "plan that is being made": (plan.reference,),
        "letter that failed": (letter.reference,),
        "certificate as PDF": (printed.reference,),
        "neighbour's certificate as PDF": (their_certificate.documents.get().reference,),
        "privacy notice": ("privacy",),
        "terms": ("terms",),
        "accessibility": ("accessibility",),
        "contact": ("contact",),
        "complaints": ("complain",),
        "no such notice": ("recipes",),
        "piece": (piece.reference,),
        "piece by link": (sealed.reference,),
        "piece on request": (spoken.reference,),
        "first version": (piece.reference, 1),
        "no such version": (piece.reference, 9),
        "neighbour's piece": (their_piece.reference,),
        "neighbour's version": (their_piece.reference, 1),
        "submitted evidence": (_sent(second_round).reference, piece.reference, 1),
        "evidence of another submission": (_sent(high).reference, piece.reference, 1),
        "neighbour's evidence": (_sent(second_round).reference, their_piece.reference, 1),
        "text of the reviewing body": (kept_texts.key_of(text),),
        "text of somebody": (kept_texts.key_of(own_text),),
        "appeal": (contested.reference,),
        "answered appeal": (upheld.reference,),
        "upheld appeal": (refused.reference, upheld.reference),
        "submitted, first seat": (_sent(submitted).reference, "first"),
        "in review, first seat": (_sent(in_review).reference, "first"),
        "High in review, second seat": (_sent(high).reference, "second"),
        "in review, no such seat": (_sent(in_review).reference, "third"),
        "neighbour's seat": (_sent(theirs).reference, "first"),
        "hold": (_sent(held).reference, Hold.objects.get(use=held.use, closed_at=None).pk),
        "hold of the use": (held.use.reference, Hold.objects.get(use=held.use, closed_at=None).pk),
        "open question": (unsure.reference, Hold.objects.get(use=unsure, closed_at=None).pk),
        "hold of another use": (unsure.reference, Hold.objects.get(use=held.use, closed_at=None).pk),
        "neighbour's hold of a use": (
            Hold.objects.get(use__organisation=neighbour).use.reference,
            Hold.objects.get(use__organisation=neighbour).pk,
        ),
        "neighbour's hold": (_sent(held).reference, Hold.objects.get(use__organisation=neighbour).pk),
    }
    for name, use in uses.items():
        places[name] = (use.reference,)
        places[f"{name}, facts on prohibited uses"] = (use.reference, "prohibited")
        places[f"{name}, facts on the system"] = (use.reference, "system")
        places[f"{name}, scoping facts"] = (use.reference, "scoping")
        places[f"{name}, no such facts"] = (use.reference, "no-such-page")
    for name, assessment in assessments.items():
        reference = assessment.reference
        places[name] = (reference,)
        places[f"{name}, section"] = (reference, SECTION)
        places[f"{name}, another section"] = (reference, OTHER_SECTION)
        places[f"{name}, third section"] = (reference, "security")
        places[f"{name}, no such section"] = (reference, "no-such-section")
        places[f"{name}, question"] = (reference, QUESTION)
        places[f"{name}, question of another section"] = (reference, "known-failures")
        places[f"{name}, no such question"] = (reference, "no-such-question")
        places[f"{name}, one dimension"] = (reference, "dimensions", "privacy")
        places[f"{name}, findings"] = (reference, "findings", "all")
        places[f"{name}, overseers"] = (reference, "overseers")
        places[f"{name}, tests"] = (reference, "tests")
        places[f"{name}, no such part"] = (reference, "no-such-part")
        places[f"{name}, no such number"] = (reference, "dimensions", "no-such-dimension")
        submission = Submission.objects.filter(assessment=assessment).order_by("-round").first()
        if submission:
            places[f"submission {name}"] = (submission.reference,)
            places[f"submission {name}, words"] = (submission.reference, f"q-{QUESTION}")
            places[f"submission {name}, section"] = (submission.reference, SECTION)
            places[f"submission {name}, no such section"] = (submission.reference, "no-such-section")
    return World(cast, neighbour, newcomer, places)


def _looked_at_again(cast: Cast) -> dict[str, Assessment]:
    """Decided cases with a second look: one that Ivan gave, one that Ines gives, one that is offered to her."""
    found = {}
    for name, first in (
        ("look given", cast.independent),
        ("look being given", cast.second_independent),
        ("look offered", cast.second_independent),
    ):
        found[name] = case = make_assessment(State.SUBMITTED, "limited", cast=cast)
        submission = _sent(case)
        seat_taking.take(submission, by=first)
        mark_all(submission, by=first)
        approval.approve(submission, by=first, statement="Read and found in order.")
        look = second_look.ask(submission, by=cast.independent, reason="A new kind of use.")
        if name == "look given":
            second_look_giving.take(look, by=cast.second_independent)
            give_look(look, cast.second_independent)
            second_look_comparing.write(look, by=cast.second_independent, text="The register ends in May, does it not?")
        elif name == "look being given":
            second_look_giving.take(look, by=cast.independent)
    return found


def _kept_form(owner: User, draft: Assessment) -> str:
    """An answer that arrived when its session was over; the token of its page."""
    fields = {
        "base": "9",
        "operation": str(uuid.uuid4()),
        "choice": "partly",
        "text": "Kept for three clinics of five.",
    }
    form = QueryDict(urlencode({f"{QUESTION}--{name}": value for name, value in fields.items()}))
    token = expired_forms.hold(owner.pk, reverse("section", args=[draft.reference, SECTION]), form)
    assert token
    return token


def _sent(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def make_ready(document: Document) -> None:
    """Give a document a file, as its job does; that takes a second or two."""
    document.file.save(f"{uuid.uuid4()}.pdf", ContentFile(MADE_BY_HAND))
    document.state, document.size = DocumentState.READY, len(MADE_BY_HAND)
    document.sha256 = hashlib.sha256(MADE_BY_HAND).hexdigest()
    document.save()


def _unknown_number() -> str:
    """A number whose check character fits, and that nobody has."""
    number: str = Certificate._meta.get_field("number").get_default()
    return number


def _make_neighbour() -> Organisation:
    """An organisation that could leak: a draft, one in review within it, a certificate, an action, a hold."""
    neighbour = make_organisation(f"{NEIGHBOUR} Limited", make_user(f"{NEIGHBOUR} Nelly"))
    words = {
        "title": f"{NEIGHBOUR} use",
        "purpose": f"{NEIGHBOUR} purpose",
        "scope_en": f"{NEIGHBOUR} scope",
    }
    for state, tier, facts, answers in (
        (State.DRAFT, "limited", {"exploits_vulnerable_groups": True}, {}),
        (State.SUBMITTED, "limited", {}, {QUESTION: {"choice": "partly", "text": f"{NEIGHBOUR} note"}}),
        (State.CERTIFIED, "low", {}, {}),
    ):
        made = make_assessment(State.DRAFT, tier, organisation=neighbour, facts=facts, answers=answers)
        DeclaredUse.objects.filter(pk=made.use_id).update(**words)
        made.use.system.name = f"{NEIGHBOUR} assistant"
        made.use.system.save(update_fields=["name"])
        if state != State.DRAFT:
            bring_to(made, state, tier=tier, by=owner_of(neighbour), route=Route.INSIDE)
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=neighbour))
    SearchWord.objects.rebuild(neighbour.pk)
    RemediationAction.objects.filter(organisation=neighbour).update(title=f"{NEIGHBOUR} action")
    return neighbour


def person(world: World, role: str) -> User | None:
    """The person who plays a role of the tables; None for somebody who is not signed in."""
    people = {**world.cast.everyone(), "in-house": world.cast.reviewer, "newcomer": world.newcomer}
    return None if role == "anonymous" else people[role]
