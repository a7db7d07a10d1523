"""The scene of the attack table: every kind of person who might bend a review, and a case for each decision.

Each of the delivery team did one thing for each of the uses, through the product's own functions, and has become a
reviewer since. So nothing but the separation of duties stands between them and a decision.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from assessments import access, audit, documents, domain
from assessments.access import separation
from assessments.domain.answering import asking, assignments, start
from assessments.domain.certificates import standing, status
from assessments.domain.evidence import library
from assessments.domain.facts import declare, holds, procedural
from assessments.domain.register import systems
from assessments.domain.remediation import actions, risks
from assessments.domain.review import approval, marks, seat_taking, supplements
from assessments.domain.review import decisions as review_decisions
from assessments.domain.review import tier as review_tier
from assessments.domain.submission import changes, self_certify, submit
from assessments.guideline.terms import Tier
from assessments.models import (
    Answer,
    Assessment,
    CaseNote,
    Certificate,
    DeclaredUse,
    Hold,
    Interest,
    Membership,
    Organisation,
    RemediationAction,
    ReviewSeat,
    Role,
    Route,
    Sees,
    State,
    Submission,
    User,
)
from assessments.models.imports import FactSuggestion
from tests.support.factories import (
    fill,
    make_cast,
    make_evidence,
    make_member,
    make_organisation,
    make_use,
    make_user,
    mark_all,
    prove,
    save,
)

QUESTION, SECTION, CARRIED = "use-register", "governance", "laws-list"
SUSPENDED_FOR = next(iter(standing.REASONS[status.SUSPEND]))
ASKED_FOR = "q:tier-limited-transparency"  # evidence, by a gate of the tier
PARTLY = {"choice": "partly", "text": "Kept for three of our five clinics."}

# What each of the delivery team did; now they review for their organisation, the last one for the reviewing body.
TEAM = (
    "who answered",
    "who attached evidence",
    "who gave the evidence",
    "who signed",
    "who declared a fact",
    "who agreed to a fact",
    "who was assigned a section",
    "who owned an action",
    "who was asked once",
    "who answered, now independent",
)
CONFLICTED = "who declared a conflict"  # an in-house reviewer who has, in every case
BARRED = (*TEAM, CONFLICTED)
MEMBERS = ("owner", "contributor", "viewer")
STRANGERS = ("outsider", "reviewer elsewhere", "reviewer who left", "staff", "superuser")
REVIEWERS = ("in-house", "independent", "independent member", "in-house without seat", "independent without seat")
ROLES = (*MEMBERS, *BARRED, *REVIEWERS, *STRANGERS)
SEATLESS = ("in-house without seat", "independent without seat")


@dataclass
class Place:
    """Where a decision is tried: one assessment, and what belongs to it."""

    assessment: Assessment
    people: dict[str, User]
    extra: dict[str, Any] = field(default_factory=dict)
    by: str = ""  # the role that tries

    @property
    def use(self) -> DeclaredUse:
        return DeclaredUse.objects.for_list().get(pk=self.assessment.use_id)

    @property
    def fresh(self) -> Assessment:
        return Assessment.objects.for_dashboard().get(pk=self.assessment.pk)

    @property
    def submission(self) -> Submission:
        return Submission.objects.filter(assessment=self.assessment).order_by("-round")[0]

    @property
    def action(self) -> RemediationAction:
        return RemediationAction.objects.get(use=self.assessment.use_id, question=QUESTION)

    @property
    def certificate(self) -> Certificate:
        return Certificate.objects.get(use=self.assessment.use_id)

    def hold(self, kind: str) -> Hold:
        return Hold.objects.get(use=self.assessment.use_id, kind=kind, closed_at=None)

    def object_for(self, annotation: str) -> Any:
        """What of this place a function's first parameter takes, by the name of its type."""
        names = {part.strip() for part in annotation.split("|")}
        found = {
            "Assessment": lambda: self.fresh,
            "Submission": lambda: self.submission,
            "RemediationAction": lambda: self.action,
            "Certificate": lambda: self.certificate,
            "DeclaredUse": lambda: self.use,
            "Hold": lambda: self.hold(self.extra["hold"]),
        }
        return next(found[name] for name in found if name in names)()

    @contextmanager
    def seated(self, user: User, seat: str) -> Iterator[None]:
        """Give somebody a seat whatever the rules say, as if it had been taken before they did what they did.

        They have looked at everything from it, so that only what they are can stand in their way. All is taken back.
        """
        if not seat:
            yield
            return
        with transaction.atomic():
            independent = separation.is_independent(user, self.assessment.organisation_id)
            ReviewSeat.objects.filter(reviewer=user, submission=self.submission).delete()
            ReviewSeat.objects.update_or_create(
                submission=self.submission, seat=seat, defaults={"reviewer": user, "independent": independent}
            )
            if self.fresh.state == State.IN_REVIEW:
                mark_all(self.submission, by=user)
            yield
            transaction.set_rollback(True)


@dataclass
class Scene:
    home: Organisation
    people: dict[str, User]
    places: dict[str, Place]


def make_scene() -> Scene:
    """Make everybody and every place; about three seconds."""
    cast = make_cast()
    home, body = cast.organisation, cast.body
    elsewhere = make_organisation("Elsewhere Limited")
    team = {
        name: make_member(Role.OWNER if name == "who signed" else Role.CONTRIBUTOR, home, f"{name.title()}").user
        for name in TEAM
    }
    people = team | {
        "owner": cast.owner,
        "contributor": cast.contributor,
        "viewer": cast.viewer,
        "in-house": cast.reviewer,
        "independent": cast.independent,
        "independent member": make_member(Role.REVIEWER, body, "Mina Member").user,
        "in-house without seat": make_member(Role.REVIEWER, home, "Ravi Reviewer").user,
        "independent without seat": cast.second_independent,
        "outsider": cast.outsider,
        "reviewer elsewhere": make_member(Role.REVIEWER, elsewhere, "Ellis Elsewhere").user,
        "reviewer who left": make_member(Role.REVIEWER, home, "Lee Left").user,
        "staff": make_user("Sam Staff", is_staff=True),
        "superuser": cast.staff,
        "first": make_member(Role.REVIEWER, body, "Fay First").user,
    }
    people["staff"].user_permissions.set(Permission.objects.all())
    Membership.objects.create(user=people["independent member"], organisation=home, role=Role.VIEWER)
    Membership.objects.filter(user=people["reviewer who left"]).update(left_at=timezone.now())

    people["newcomer"] = make_user("Nina Newcomer")
    people["leaver"] = make_member(Role.REVIEWER, body, "Leo Leaver").user
    people["first inside"] = make_member(Role.REVIEWER, home, "Finn First").user
    people["another independent"] = make_member(Role.REVIEWER, body, "Iris Independent").user
    people[CONFLICTED] = make_member(Role.REVIEWER, home, "Conny Conflicted").user
    places = {
        name: Place(_worked_on(tier, home, team, facts), people, extra)
        for name, (tier, facts, extra) in {
            "draft": ("limited", {}, {}),
            "Low draft": ("low", {}, {}),
            "draft that takes over": ("low", {}, {}),
            "prohibited draft": ("unacceptable", {}, {}),
            "submitted": ("limited", {}, {}),
            "submitted inside": ("limited", {}, {}),
            "in review": ("limited", {}, {}),
            "to return": ("limited", {}, {}),
            "returned": ("limited", {}, {}),
            "held": ("limited", {"lawful_exception_claimed": True}, {"hold": "exception_evidence"}),
            "held by a question": ("high", {"illegal_purpose": "unknown"}, {"hold": "open_question"}),
            "held by law": ("high", {"exploits_vulnerable_groups": True}, {"hold": "legal_review"}),
            "High": ("high", {}, {}),
            "High, approved once": ("high", {}, {}),
            "approved": ("limited", {}, {}),
            "approved, seat left": ("limited", {}, {}),
            "Low, certified": ("low", {}, {}),
            "to report": ("limited", {}, {}),
            "raised": ("limited", {}, {}),
            "provisional": ("limited", {"employment_decisions": "unknown"}, {}),
            "Low, suspended": ("low", {}, {}),
            "Low, incident": ("low", {}, {}),
            "risk": ("limited", {}, {}),
            "risk accepted": ("limited", {}, {}),
            "High draft": ("high", {}, {}),
            "retired": ("low", {}, {}),
        }.items()
    }
    for name, place in places.items():
        if "draft" not in name:
            _bring(place, name)
        Interest.objects.create(
            assessment=place.assessment, reviewer=people[CONFLICTED], words="My sister works there."
        )
    Membership.objects.filter(user=people["leaver"]).update(left_at=timezone.now())
    _become_reviewers(team, home, body)
    draft = places["draft that takes over"].assessment
    Answer.objects.filter(assessment=draft, question__key=CARRIED).update(to_confirm=True)
    FactSuggestion.objects.create(
        use=draft.use, key="modalities", value=["text", "image"], source="README.md", by=people["owner"]
    )
    CaseNote.objects.create(
        assessment=places["in review"].assessment, author=people["first"], text="Ask for the log of May."
    )
    # so that each kind of frozen row is there
    marks.save_mark(
        places["in review"].submission,
        f"q:{QUESTION}",
        marks.GivenMark(mark="accepted", words="Seen."),
        by=people["first"],
    )
    return Scene(home, people, places)


def _worked_on(tier: str, home: Organisation, team: Mapping[str, User], facts: Mapping[str, Any]) -> Assessment:
    """A complete draft for which each of the team has done one thing."""
    use = make_use(tier, home, facts=facts)
    owner = home.memberships.order_by("pk")[0].user
    declare.declare_facts(use, {"users_scale": "100_to_9999"}, by=team["who declared a fact"])
    words = "It sorts the post into two trays."
    declare.declare_facts(use, {"minor_procedural_task": True}, by=owner, reasons={"minor_procedural_task": words})
    procedural.agree_procedural(use, by=team["who agreed to a fact"], reason="I open every letter again.")
    use.refresh_from_db()
    assert use.assigned_tier == tier
    assessment = start.start_assessment(use, by=owner)
    save(assessment, QUESTION, PARTLY, by=team["who answered"])
    save(assessment, CARRIED, {"choice": "in_place"}, by=team["who answered, now independent"])
    piece = make_evidence(home, by=team["who gave the evidence"])
    library.attach(piece, assessment, QUESTION, by=team["who attached evidence"])
    member = Membership.objects.get(user=team["who was assigned a section"], organisation=home)
    assignments.assign_section(assessment, SECTION, member, by=owner)
    once = Membership.objects.get(user=team["who was asked once"], organisation=home)
    asking.stop_asking(asking.ask(assessment, SECTION, once, by=owner), by=owner)
    fill(assessment, by=owner)
    prove(assessment, by=owner)
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def _bring(place: Place, name: str) -> None:
    """Bring a draft to where its name says, signed and reviewed by people of their own."""
    people, assessment = place.people, place.assessment
    if name == "retired":
        systems.retire(place.use, by=people["owner"])
        return
    if name.startswith("Low, "):
        due = timezone.localdate() + timedelta(days=30)
        self_certify.self_certify(assessment, by=people["who signed"], conditions={QUESTION: due})
        _report(place)
        if name == "Low, suspended":
            standing.suspend(place.certificate, by=people["owner"], reason=SUSPENDED_FOR, words="It is looked into.")
        if name == "Low, incident":
            day = timezone.localdate()
            changes.state_change(assessment, by=people["owner"], kinds=["incident"], words="Harm.", happened_on=day)
        return
    if name == "provisional":
        return
    if name == "held":
        holds.attach(place.hold("exception_evidence"), make_evidence(assessment.organisation), by=people["owner"])
    if name == "held by a question":
        holds.attach(place.hold("open_question"), make_evidence(assessment.organisation), by=people["owner"])
        declare.declare_facts(place.use, {"illegal_purpose": False}, by=people["owner"])
    route = Route.INSIDE if name in ("submitted inside", "High, approved once") else Route.INDEPENDENT
    submission = submit.submit(assessment, by=people["who signed"], route=route)
    if name in ("to report", "risk", "risk accepted"):
        if name != "to report":  # nobody may accept the risk of a must
            RemediationAction.objects.filter(use=assessment.use).update(
                priority="should", owner=people["who owned an action"]
            )
        if name == "risk accepted":
            day = timezone.localdate() + timedelta(days=20)
            risks.accept_risk(place.action, by=people["owner"], reason="It can be borne.", until=day, review=day)
        return
    _report(place)
    if name.startswith("submitted"):
        return
    first = people["first" if route == Route.INDEPENDENT else "first inside"]
    if name == "approved, seat left":
        first = people["leaver"]
    seat_taking.take(submission, by=first)
    mark_all(submission, by=first, change={f"q:{QUESTION}": "Show the newest entry."} if "return" in name else None)
    if name == "returned":
        review_decisions.send_back(submission, by=first)
    if name == "raised":
        review_tier.raise_tier(submission, by=first, tier=Tier.HIGH, reason="It decides more than the facts say.")
        fill(assessment, by=people["owner"])
        prove(place.fresh, by=people["owner"])
        seat_taking.take(submit.submit(assessment, by=people["owner"], route=Route.INDEPENDENT), by=first)
    if name == "to return":  # signed, and a file is added
        piece = make_evidence(assessment.organisation, by=people["owner"])
        supplements.attach(assessment, ASKED_FOR, piece, by=people["owner"], words="The notice as people see it.")
    if name in ("High, approved once", "approved", "approved, seat left"):
        approval.approve(submission, by=first, statement="Read and found in order.")


def _report(place: Place) -> None:
    """Report the action as done, with a file of the owner that shows it."""
    piece = make_evidence(place.assessment.organisation, by=place.people["owner"])
    actions.attach(place.action, piece, by=place.people["owner"])
    actions.report(place.action, by=place.people["who owned an action"], note="All five clinics are in it now.")


def _become_reviewers(team: Mapping[str, User], home: Organisation, body: Organisation) -> None:
    mine = Membership.objects.filter(user__in=team.values(), organisation=home)
    mine.update(role=Role.REVIEWER, sees=Sees.ALL)
    turned = team["who answered, now independent"]
    mine.filter(user=turned).update(left_at=timezone.now())
    Membership.objects.create(user=turned, organisation=body, role=Role.REVIEWER)


# --- the decisions ---------------------------------------------------------------------------------------------------------


DECIDED = {
    "Assessment",
    "Submission",
    "RemediationAction",
    "Hold",
    "DeclaredUse",
    "Certificate",
    "Condition",
    "ReviewSeat",
    "ReviewDecision",
    "User",
}


# What follows from somebody's decision by itself, in its transaction; `by` is only written down.
CONSEQUENCES = {
    # Steps that several rooms share: each of their callers has asked who decides.
    "decisions.return_for_tier",
    "freeze.freeze",
    "history.note",
    "issue.issue_if_clear",
    "opened_holds.keep_holds",
    "tier.refresh",
    "tier.run_rules",
    "staleness.flag",
    "staleness.flag_use",
    "status.change",
    "status.suspend_at_once",
    "opening.open_actions",
    "opening.close_accepted_reasons",
    "opening.close_superseded",
    "reopen.carry_closed",
    "reopen.reopen_answer",
    "approvals.tell_of_short_look",
    "carry_over.take_over",
    "changes.note",
    "own_actions.rename",
    "rounds.take_again",
    "telling.returned",
}
# What asks nobody's leave: it is about one's own declaration or draft alone, or reads; its page has its row in test_access.
OF_ONESELF = {
    "drafts.discard_draft",
    "drafts.find_draft",
    "earlier_words.earlier_marks",
    "earlier_words.offers",
    "previews.find",
    "rounds.declare_again",
}
# What a decision asks on its way, after it has asked who decides.
ASKED_ON_THE_WAY = {
    "closing.require_judged",
    "closing.require_opened",
    "closing.require_turn",
    "successors.require_successor",
}


def decisions() -> dict[str, Callable[..., Any]]:
    """Every public function of the product that names its actor, `by=`, and decides on something of a use or on somebody.

    They are found, not listed: in each module of the app itself, of `audit`, of `evidence` and of `domain`, by the type of the first parameter.
    """
    return {name: getattr(module, name.rpartition(".")[2]) for name, module in _homes_of_decisions().items()}


@cache
def _homes_of_decisions() -> dict[str, Any]:
    """Find the module of each decision, once a run; its function is read anew, as a guard may have been taken out of it."""
    found = {}
    for module in _modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if name.startswith("_") or function.__module__ != module.__name__:
                continue
            parameters = inspect.signature(function).parameters
            by = parameters.get("by")
            first = str(next(iter(parameters.values())).annotation) if parameters else ""
            key = f"{module.__name__.rpartition('.')[2]}.{name}"
            if (
                key not in CONSEQUENCES | OF_ONESELF | ASKED_ON_THE_WAY
                and by is not None
                and by.kind == by.KEYWORD_ONLY
                and next(iter(parameters)) != "by"
                and DECIDED & {p.strip() for p in first.split("|")}
            ):
                found[key] = module
    return found


def _modules() -> Iterator[Any]:
    found = [
        *pkgutil.iter_modules(access.__path__, "assessments.access."),
        *pkgutil.iter_modules(documents.__path__, "assessments.documents."),
        *pkgutil.iter_modules(audit.__path__, "assessments.audit."),
        *pkgutil.walk_packages(domain.__path__, "assessments.domain."),
    ]
    for module in found:
        if not module.ispkg:
            yield import_module(module.name)


Given = Mapping[str, Any] | Callable[[Place], Mapping[str, Any]]


@dataclass(frozen=True)
class Attack:
    """One decision: where it is tried, who may do it, and what its function and its page are given.

    `duties`: who is refused for the separation of duties and not for want of a role. `seat`: the seat that everybody
    (but the seatless) is given first, so that the want of a seat is not what refuses them; empty: none. `page` makes
    the address that does the same, empty where none does; `form` is what is posted there. Objects of the place are
    handed to the function by their type, everything else is `given`.
    """

    at: str
    may: tuple[str, ...]
    duties: tuple[str, ...] = ()
    seat: str = ""
    page: Callable[[Place], str] | None = None
    form: Given = field(default_factory=dict)
    given: Given = field(default_factory=dict)
    but: Mapping[str, str] = field(default_factory=dict)  # role: what comes of it all the same

    def expected(self, role: str) -> str:
        """What comes of it for a role: `done`, or the name of the exception."""
        if role in self.but:
            return self.but[role]
        if role in self.may:
            return "done"
        return "SeparationOfDuties" if role in self.duties else "NotPermitted"

    def do(self, function: Callable[..., Any], place: Place, by: User) -> None:
        """Call the decision's function as `by`."""
        given = dict(_made(self.given, place))
        for name, parameter in inspect.signature(function).parameters.items():
            wanted = parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD
            if wanted and name not in given and name != "by":
                given[name] = place.object_for(str(parameter.annotation))
        function(**given, by=by)

    def sent(self, place: Place) -> dict[str, Any]:
        return dict(_made(self.form, place))


def _made(given: Given, place: Place) -> Mapping[str, Any]:
    return given(place) if callable(given) else given


def of_assessment(name: str, *more: str) -> Callable[[Place], str]:
    return lambda place: reverse(name, args=[place.assessment.reference, *more])


def of_submission(name: str, *more: str) -> Callable[[Place], str]:
    return lambda place: reverse(name, args=[place.submission.reference, *more])


def of_use(name: str, *more: str) -> Callable[[Place], str]:
    return lambda place: reverse(name, args=[place.use.reference, *more])


def of_action(place: Place) -> str:
    return reverse("action", args=[place.use.reference, place.action.number])


# --- whether anything changed ----------------------------------------------------------------------------------------------


def digest() -> dict[str, int]:
    """A number for the content of each of our tables but the published edition's; the same rows, the same numbers.

    That somebody has read a line of their own inbox, by opening what it is about, is no change.
    """
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("assessments_") and not table.removeprefix("assessments_").startswith(PUBLISHED):
                columns = INBOX if table == "assessments_message" else "*"
                cursor.execute(f'SELECT {columns} FROM "{table}" ORDER BY id')
                found[table] = hash(tuple(cursor.fetchall()))
    return found


PUBLISHED = ("edition", "question", "section", "item")
INBOX = "id, recipient_id, kind, object, day, subject, text, link, mailed_at"
