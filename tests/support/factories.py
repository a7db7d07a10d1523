"""Small functions that make what a test needs, through the product's own functions wherever that is not slow.

The cast has names to remember: Olivia owns, Connie contributes, Victor views, Rita reviews within the organisation,
Ines and Ivan review for the reviewing body, Otto is an outsider of another organisation, Stan is staff.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from assessments.domain import portfolio
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import start
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.facts import values as facts_values
from assessments.domain.register import organisations, systems
from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.submission import prohibited, self_certify, submit, taking_back
from assessments.guideline.edition import Question
from assessments.guideline.reach import complete
from assessments.guideline.terms import Choice
from assessments.models import (
    AISystem,
    Answer,
    AnswerRevision,
    Assessment,
    Confidentiality,
    ConformityEvidence,
    ConformityPart,
    ConformityRevision,
    DeclaredUse,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Membership,
    Message,
    Organisation,
    Role,
    Route,
    Sees,
    State,
    User,
)
from assessments.models import Question as QuestionRow
from assessments.models.assessments import DERIVED
from assessments.models.snapshots import asked_facts
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.scoring.inputs import Declared
from assessments.scoring.tiers import assign_tier
from tests.support.kept_calls import kept
from tests.support.looking import judge_parts as judge_parts
from tests.support.looking import mark_all
from tests.support.shared import NUMBERS

PASSWORD = "correct horse battery staple"

MILD: dict[str, Any] = {
    "causes_or_enables_physical_harm": False,
    "subliminal_manipulation": False,
    "loss_of_control_or_mass_harm": False,
    "illegal_purpose": False,
    "lawful_exception_claimed": False,
    "critical_infrastructure": False,
    "safety_component": False,
    "healthcare_diagnosis": False,
    "autonomous_vehicle": False,
    "autonomous_robot": False,
    "justice_or_law_enforcement": False,
    "employment_decisions": False,
    "education_decisions": False,
    "access_to_essential_services": False,
    "legal_or_similarly_significant_effect": False,
    "ranks_or_prices_people": False,
    "relied_on_advice": False,
    "biometric_or_emotion_inference": False,
    "exploits_vulnerable_groups": False,
    "decision_autonomy": "human_approves",
    "agentic_actions": False,
    "human_reviewer_qualified": "qualified",
    "minor_procedural_task": False,
    "worst_credible_effect": "none",
    "reversibility": "easily",
    "public_facing": False,
    "minors_or_vulnerable_users": False,
    "users_scale": "under_100",
    "output_used_for": "drafting",
    "modalities": ["text"],
    "service_areas": ["writing_assistance"],
    "generates_realistic_media": False,
    "high_risk_content": ["none"],
    "personal_data": "none",
    "trains_on_user_data": False,
    "sector": "none",
    "model_source": ["third_party"],
    "deployment_stage": "live",
    "markets": ["hong_kong"],
    "hosting": ["public_cloud"],
    "takes_user_input": False,
    "confidential_information": False,
    "keeps_usage_logs": False,
    "cross_border_transfer": False,
    "open_source_model": False,
    "third_party_components": False,
    "retrieval_augmented": False,
    "public_sector": False,
    "used_at_work": False,
    "publishes_output": False,
    "sandbox_or_self_regulation": False,
    "education_uses": ["none"],
    "customers_can_opt_out": True,
    "predictive_maintenance": False,
    "open_prompt": False,
    "makes_content_for_people": False,
    "reads_outside_content": False,
    "speech_in": False,
    "unread_languages": False,
    "sold_to_organisations": False,
    "builders_build_on_it": False,
    "commercial_interest_in_output": False,
    "vulnerable_kind": ["others"],
    "incident_open": False,
}
FILE_ROWS = {
    "overseers": [{"name": "Dr Chan Mei", "qualification": "Radiologist", "power": "Stops it at the console"}],
    "measures": [{"measure": "Missed urgent cases", "limit": "2 a week", "alert_owner": "Nurse in charge"}],
}
FACTS: dict[str, dict[str, Any]] = {
    "low": {},
    "limited": {"employment_decisions": True},
    "high": {"healthcare_diagnosis": True},
    "unacceptable": {"subliminal_manipulation": True},
}


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is taken back at the end, so that one set of data serves many attempts."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make_user(name: str = "", *, confirmed: bool = True, **fields: Any) -> User:
    """A person whose mail address is confirmed, as that of everybody who gets in."""
    number = next(NUMBERS)
    name = name or f"Person {number}"
    email = fields.pop("email", f"{name.split()[0].lower()}{number}@example.org")
    user = User(email=email, name=name, **fields)
    # Argon2 costs 50 ms a person; force_login needs no password, and who signs in by hand calls set_password.
    user.set_unusable_password()
    user.save()
    if confirmed:
        EmailAddress.objects.create(user=user, email=email.lower(), primary=True, verified=True)
    return user


def make_message(reader: User, title: str) -> Message:
    """A line in somebody's inbox: “Somebody wrote about” a question with this title."""
    about = f"comment:{next(NUMBERS)}"
    context = {"name": "Somebody", "question": title, "asked": "Is it so?", "comment": "Words.", "use": "A use"}
    notify(MessageKind.REPLY, [reader.pk], about=about, link="/home/", context=context)
    return Message.objects.get(recipient=reader, object=about)


def proved(client: Client, user: User) -> Client:
    """Sign somebody in who has given their password just now."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}
    ]
    session.save()
    return client


def make_organisation(name: str = "", owner: User | None = None, **fields: Any) -> Organisation:
    name = name or f"Harbourlight {next(NUMBERS)} Limited"
    fields.setdefault("place", "Hong Kong")
    return organisations.register_organisation(by=owner or make_user("Olivia Owner"), name_en=name, **fields)


def make_reviewing_body() -> Organisation:
    body = Organisation.objects.reviewing_body()
    return body or organisations.register_organisation(
        by=make_user("Ines Independent"), reviewing_body=True, name_en="Review House", place="Hong Kong"
    )


def make_member(
    role: str = Role.OWNER, organisation: Organisation | None = None, name: str = "", sees: str = Sees.ALL
) -> Membership:
    organisation = organisation or make_organisation()
    user = make_user(name or f"{Role(role).label} Someone")
    return Membership.objects.create(user=user, organisation=organisation, role=role, sees=sees)


@dataclass(frozen=True)
class Cast:
    organisation: Organisation
    body: Organisation
    owner: User
    contributor: User
    assigned: User  # a contributor who sees only what is assigned
    viewer: User
    reviewer: User  # within the organisation
    independent: User
    second_independent: User
    outsider: User
    staff: User

    def everyone(self) -> dict[str, User]:
        names = [
            "owner",
            "contributor",
            "assigned",
            "viewer",
            "reviewer",
            "independent",
            "second_independent",
            "outsider",
            "staff",
        ]
        return {name: getattr(self, name) for name in names}


@kept
def make_cast() -> Cast:
    owner = make_user("Olivia Owner")
    organisation = make_organisation("Harbourlight Clinics Limited", owner, name_zh="港燈診所有限公司")
    body = make_reviewing_body()
    outsider = make_user("Otto Outsider")
    make_organisation("Otherwhere Limited", outsider)
    ines = Membership.objects.filter(organisation=body).order_by("pk")[0].user
    return Cast(
        organisation=organisation,
        body=body,
        owner=owner,
        contributor=make_member(Role.CONTRIBUTOR, organisation, "Connie Contributor").user,
        assigned=make_member(Role.CONTRIBUTOR, organisation, "Asif Assigned", Sees.ASSIGNED).user,
        viewer=make_member(Role.VIEWER, organisation, "Victor Viewer").user,
        reviewer=make_member(Role.REVIEWER, organisation, "Rita Reviewer").user,
        independent=ines,
        second_independent=make_member(Role.REVIEWER, body, "Ivan Independent").user,
        outsider=outsider,
        staff=make_user("Stan Staff", is_staff=True, is_superuser=True),
    )


def owner_of(organisation: Organisation) -> User:
    return Membership.objects.filter(organisation=organisation, role=Role.OWNER).order_by("pk")[0].user


def make_system(organisation: Organisation | None = None, parts: Iterable[str] = ("user",), **fields: Any) -> AISystem:
    """`parts`: developer, provider, user."""
    organisation = organisation or make_organisation()
    fields.setdefault("name", f"Assistant {next(NUMBERS)}")
    return systems.register_system(
        organisation, by=owner_of(organisation), **{f"is_{part}": True for part in parts}, **fields
    )


@kept
def make_use(
    tier: str = "low",
    organisation: Organisation | None = None,
    *,
    parts: Iterable[str] = ("user",),
    facts: Mapping[str, Any] | None = None,
    declared: bool = True,
    **fields: Any,
) -> DeclaredUse:
    """A declared use with every fact answered: the mild ones, those of the tier, then `facts`."""
    system = make_system(organisation, parts)
    owner = owner_of(system.organisation)
    fields = {
        "title": "Booking and urgency sorting",
        "purpose": "Sorts requests for an appointment",
        "setting": "On the clinic's website",
        "people_affected": "Patients of the clinics",
        "scope_en": "Sorting of appointment requests by urgency at the clinics in Hong Kong.",
        "scope_zh": "香港各診所按緩急為預約分類。",
    } | fields
    use = systems.declare_use(system, by=owner, **fields)
    if declared:
        declare_all(use, by=owner, facts={**FACTS[tier], **(facts or {})})
        use.refresh_from_db()
    return use


def declare_all(use: DeclaredUse, *, by: User, facts: Mapping[str, Any]) -> None:
    """Answer every fact that is asked of the use, in one go: which scoping facts are asked, the others say."""
    values = {**MILD, **facts}
    edition = facts_values.current_edition(use)
    lists = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    first = complete(edition.facts, {key: value for key, value in lists.items() if key in edition.facts})
    tier = assign_tier(edition, first).assigned_tier
    asked = asked_facts(edition, Declared(facts=first, parts=use.system.parts, tier=tier))
    declare.declare_facts(use, {key: values[key] for key in asked}, by=by)
    use.refresh_from_db()


def good_answer(question: Question, items: Iterable[str]) -> dict[str, Any]:
    """Everything in place, with a note."""
    if question.is_checklist:
        return {"choice": Choice.TICKED, "items": dict.fromkeys(items, True), "text": "Kept in the register."}
    return {"choice": Choice.IN_PLACE, "text": "Kept in the register."}


def save(assessment: Assessment, question: str, value: Mapping[str, Any], *, by: User, base: int | None = None) -> Any:
    """Save one answer as the page does; `base` is found when it is left out."""
    if base is None:
        row = Answer.objects.filter(assessment=assessment, question__key=question).first()
        base = row.revision if row else 0
    return answering_answers.save_answer(assessment, question, value, by=by, base=base, operation=uuid.uuid4())


def fill(assessment: Assessment, *, by: User, answers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Answer every question that applies, straight into the rows (90 saves would take a second).

    `answers`: question key to what replaces the good answer; None as a value leaves that question empty.
    """
    assessment = Assessment.objects.for_dashboard().get(pk=assessment.pk)
    edition, declared = assessment.compiled(), assessment.declared()
    index = dict(QuestionRow.objects.filter(edition=assessment.edition_id).values_list("key", "pk"))
    rows = []
    have = set(assessment.answers.values_list("question__key", flat=True))
    for question in declared.questions(edition):
        if question.key in have:
            continue
        items = [item.key for item in declared.items(edition, question)]
        value = dict(good_answer(question, items))
        if answers and question.key in answers:
            given = answers[question.key]
            if given is None:
                continue
            value = dict(given)
        rows.append(
            Answer(
                assessment=assessment,
                question_id=index[question.key],
                choice=value["choice"],
                items=value.get("items", {}),
                text=value.get("text", ""),
                planned_for=value.get("planned_for"),
                reason=value.get("reason", ""),
                figure=value.get("figure", {}),
                by=by,
            )
        )
    Answer.objects.bulk_create(rows)
    AnswerRevision.objects.bulk_create(
        AnswerRevision(parent=row, number=1, operation=uuid.uuid4(), base=0, value=row.record(), by=by) for row in rows
    )
    assessment.refresh_derived(declared, assessment.answer_values())
    assessment.save(update_fields=DERIVED)
    portfolio.follow_newest(assessment)


@kept
def make_assessment(
    state: str = State.DRAFT,
    tier: str = "low",
    *,
    cast: Cast | None = None,
    organisation: Organisation | None = None,
    parts: Iterable[str] = ("user",),
    facts: Mapping[str, Any] | None = None,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
    filled: bool = True,
    route: str = Route.INDEPENDENT,
) -> Assessment:
    """An assessment brought to `state` by the moves that lead there; its reviewers are the cast's (made when needed)."""
    organisation = organisation or (cast.organisation if cast else make_organisation())
    owner = owner_of(organisation)
    if tier == "unacceptable":
        filled = False
    use = make_use(tier, organisation, parts=parts, facts=facts)
    assessment = start.start_assessment(use, by=owner)
    if filled:
        fill(assessment, by=owner, answers=answers)
    if state != State.DRAFT:
        bring_to(assessment, state, tier=tier, by=owner, route=route)
    return anew(assessment)


def anew(assessment: Assessment) -> Assessment:
    """The same assessment as pages read it."""
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def bring_to(assessment: Assessment, state: str, *, tier: str, by: User, route: str) -> None:
    if tier == "unacceptable":
        prohibited.declare_prohibited(assessment, by=by)
        return
    if state == State.CERTIFIED and tier == "low":
        self_certify.self_certify(assessment, by=by)
        return
    body = make_reviewing_body()
    ines = Membership.objects.filter(organisation=body).order_by("pk")[0].user
    first = ines
    if route == Route.INSIDE:
        inside = Membership.objects.filter(organisation=assessment.organisation_id, role=Role.REVIEWER).first()
        first = (inside or make_member(Role.REVIEWER, assessment.organisation, "Rita Reviewer")).user
    prove(assessment, by=by)
    submission = submit.submit(assessment, by=by, route=Route(route))
    if state == State.SUBMITTED:
        return
    if state == State.WITHDRAWN:
        taking_back.withdraw(assessment, by=by, reason="Not needed any more.")
        return
    seat_taking.take(submission, by=first)
    if state == State.IN_REVIEW:
        return
    if state == State.REFUSED:
        decisions.refuse(submission, by=first, statement="The evidence does not bear the answers out.")
        return
    if state == State.RETURNED:
        mark_all(submission, by=first, change={"q:use-register": "Show the newest entry."})
        decisions.send_back(submission, by=first, words="Please mend this.")
        return
    mark_all(submission, by=first)
    approval.approve(submission, by=first, statement="Read and found in order.")
    if tier == "high":
        second = Membership.objects.filter(organisation=body).exclude(user=first).order_by("pk").first()
        other = (second or make_member(Role.REVIEWER, body, "Ivan Independent")).user
        seat_taking.take(submission, by=other)
        mark_all(submission, by=other)
        approval.approve(submission, by=other, statement="I agree.")


@kept
def prove(assessment: Assessment, *, by: User) -> None:
    """Give what the gates of the tier ask for, straight into the rows: evidence under answers, the conformity file."""
    edition, tier = assessment.compiled(), assessment.use.assigned_tier
    gates = {gate.question for gate in edition.gates.evidence if tier in gate.tiers}
    file = edition.gates.parts_for(tier)
    if not gates and not file:
        return
    piece = Evidence.objects.create(
        organisation=assessment.organisation,
        title="Record of the service desk",
        proves="What people are told, and what they chose.",
        period_to=timezone.localdate(),
        owner=by,
        version=1,
    )
    EvidenceVersion.objects.create(evidence=piece, number=1, link="https://example.org/desk", sha256="0" * 64, by=by)
    EvidenceUse.objects.bulk_create(
        EvidenceUse(evidence=piece, answer=answer, version=1, by=by)
        for answer in assessment.answers.filter(question__key__in=gates)
    )
    have = set(assessment.use.conformity.values_list("key", flat=True))
    parts = ConformityPart.objects.bulk_create(
        ConformityPart(use=assessment.use, key=part.key, rows=FILE_ROWS.get(part.kind, []), revision=1, by=by)
        for part in file
        if part.key not in have
    )
    ConformityRevision.objects.bulk_create(
        ConformityRevision(parent=part, number=1, operation=uuid.uuid4(), base=0, value=part.record(()), by=by)
        for part in parts
    )
    ConformityEvidence.objects.bulk_create(
        ConformityEvidence(part=part, evidence=piece, why="The record covers this too.", by=by)
        for part in parts
        if not part.rows
    )


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def make_evidence(
    organisation: Organisation | None = None, *, by: User | None = None, content: bytes = b"", **fields: Any
) -> Evidence:
    """A piece of the library: a text file of its own, unless `file`, `link` or "on_request" say otherwise."""
    organisation = organisation or make_organisation()
    number = next(NUMBERS)
    fields = {"title": f"Access log {number}", "proves": "Who opened which record, and when."} | fields
    if not {"file", "link"} & fields.keys() and fields.get("confidentiality") != Confidentiality.ON_REQUEST:
        fields["file"] = SimpleUploadedFile("access log.txt", content or f"Entry {number}".encode())
    return library.add(organisation, by=by or owner_of(organisation), **fields)
