"""Registering and answering: organisations, systems, uses, facts, answers. One function, one transaction each.

`workflow` moves an assessment through its life; this module fills it. Every function names its actor, `by=`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import access, staleness
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.domain.answering.figures import check_days, kept_figure
from assessments.domain.certificates import status
from assessments.errors import (
    Conflict,
    InvalidAnswer,
    Locked,
    NotPermitted,
    SeparationOfDuties,
    WorkflowError,
    WouldHide,
)
from assessments.guideline.conditions import ANSWER, Facts
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.edition import Fact, Question
from assessments.guideline.reach import ASSUMED, as_answer, complete
from assessments.guideline.terms import UNKNOWN, Choice, HoldKind, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import (
    ActionEvent,
    AISystem,
    Answer,
    AnswerRevision,
    Assessment,
    Assignment,
    ConformityRevision,
    DeclaredFact,
    DeclaredUse,
    Edition,
    EvidenceUse,
    EvidenceVersion,
    FactRevision,
    Flag,
    Hold,
    HoldOutcome,
    Invitation,
    Involvement,
    MarkKind,
    MarkReplyRevision,
    Membership,
    Organisation,
    RemediationAction,
    ReviewMark,
    RevisionOutcome,
    Role,
    Sees,
    State,
    Submission,
    Supplement,
    User,
)
from assessments.models.assessments import DERIVED, EDITABLE_STATES, OPEN_STATES, answer_value
from assessments.models.base import canonical_json
from assessments.models.closing import AS_CARRIED
from assessments.models.public_reasons import PublicReason
from assessments.models.questionnaires import edition_for, question_ids
from assessments.models.snapshots import asked_facts
from assessments.models.stale_reasons import StaleCause, StaleReason, because
from assessments.models.systems import StoredFacts, declared_facts, read_facts
from assessments.reopening import carry_closed
from assessments.scoring.held import assign_held_tier
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import Progress
from assessments.scoring.tiers import TierResult, assign_tier

# --- organisations and people ----------------------------------------------------------------------------------------


@transaction.atomic
def found_organisation(*, by: User, reviewing_body: bool = False, **fields: Any) -> Organisation:
    """Register an organisation; its founder becomes Owner (of the reviewing body: Reviewer).

    Raises InvalidAnswer where another organisation has the registration number, were it since the form was checked.
    """
    organisation = _keep_identity(Organisation(is_reviewing_body=reviewing_body, **fields))
    role = Role.REVIEWER if reviewing_body else Role.OWNER
    founder = Membership.objects.create(user=by, organisation=organisation, role=role)
    details = {"name": organisation.name_en}
    log.record(
        AuditKind.ORGANISATION_FOUNDED, organisation, by=by, organisation=organisation, details=details, rows=[founder]
    )
    return organisation


def _keep_identity(organisation: Organisation, *fields: str) -> Organisation:
    """Store an organisation; two who give one registration number at the same moment: the second is told so."""
    taken = Organisation.objects.filter(registration_no=organisation.registration_no).exclude(pk=organisation.pk)
    try:
        with transaction.atomic():
            organisation.save(update_fields=fields or None)
    except IntegrityError:
        if not organisation.registration_no or not taken.exists():
            raise
        words = _("An organisation with this registration number is here already. Ask one of its owners to invite you.")
        raise InvalidAnswer("registration_no", words) from None
    return organisation


@transaction.atomic
def update_organisation(organisation: Organisation, *, by: User, **fields: Any) -> Organisation:
    access.require(by, Action.REGISTER, organisation)
    old = {name: getattr(organisation, name) for name in fields}
    for name, value in fields.items():
        setattr(organisation, name, value)
    _keep_identity(organisation, *fields)
    log.record(
        AuditKind.ORGANISATION_CHANGED,
        organisation,
        by=by,
        organisation=organisation,
        details={"old": old, "new": fields},
    )
    return organisation


@transaction.atomic
def join(user: User, organisation: Organisation, role: Role, *, by: User, sees: Sees = Sees.ALL) -> Membership:
    """Make somebody a member, or give back a role to somebody who left; who may invite does it, as with an invitation.

    Raises NotPermitted, and WorkflowError for a member (`teamwork.change_role` is for those) or an owner of the reviewing
    body.
    """
    access.require_people(by, organisation)
    _check_role_in(organisation, role)
    if access.membership_in(user, organisation):
        raise WorkflowError(_("%(email)s is a member already.") % {"email": user.email})
    return _join(user, organisation, role, by=by, sees=sees)


def _check_role_in(organisation: Organisation, role: Role) -> None:
    if organisation.is_reviewing_body and role != Role.REVIEWER:
        raise WorkflowError(_("Members of the reviewing body are reviewers."))


def _join(user: User, organisation: Organisation, role: Role, *, by: User, sees: Sees) -> Membership:
    before = Membership.objects.filter(user=user, organisation=organisation).values("role", "left_at").first()
    membership, _created = Membership.objects.update_or_create(
        user=user, organisation=organisation, defaults={"role": role, "sees": sees, "left_at": None}
    )
    log.record(
        AuditKind.MEMBER_JOINED,
        organisation,
        by=by,
        organisation=organisation,
        details={
            "member": user.email,
            "role": str(role),
            "old": {"role": before["role"] if before and not before["left_at"] else None},
            "new": {"role": str(role), "sees": str(sees)},
        },
        rows=[membership],
    )
    return membership


@transaction.atomic
def invite(
    organisation: Organisation, *, by: User, email: str, role: Role, sees: Sees = Sees.ALL
) -> tuple[Invitation, str]:
    """Invite an address; returns the invitation and the token of its link. Owners invite, in the reviewing body reviewers."""
    access.require_people(by, organisation)
    _check_role_in(organisation, role)
    if Membership.objects.current().filter(organisation=organisation, user__email__iexact=email).exists():
        raise WorkflowError(_("%(email)s is a member already.") % {"email": email})
    invitation, token = Invitation.objects.issue(organisation=organisation, email=email, role=role, sees=sees, by=by)
    log.record(
        AuditKind.MEMBER_INVITED,
        organisation,
        by=by,
        organisation=organisation,
        details={"email": email, "role": str(role)},
    )
    return invitation, token


@transaction.atomic
def accept_invitation(invitation: Invitation, *, by: User) -> Membership:
    """Join with an open invitation; it works once, for who holds the invited address, and changes no role that somebody has."""
    if access.membership_in(by, invitation.organisation):
        raise WorkflowError(_("You are a member of this organisation already."))
    if by.email.lower() != invitation.email.lower():
        words = _("This invitation is for %(email)s. Sign in with that address to use it.")
        raise NotPermitted(words % {"email": invitation.email})
    if not by.has_confirmed(invitation.email):
        words = _("This invitation is for the person who holds %(email)s. Please confirm that address first.")
        raise NotPermitted(words % {"email": invitation.email})
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=timezone.now())
    if not taken:
        raise WorkflowError(_("This invitation has been used already."))
    return _join(by, invitation.organisation, Role(invitation.role), by=by, sees=Sees(invitation.sees))


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> None:
    """End a membership; the last owner stays, and so does the last reviewer of the reviewing body."""
    # Two who leave at once wait in turn, so that the second is the last one.
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    if by.pk != membership.user_id:  # anybody may leave
        access.require_people(by, organisation)
    keeps = Role.REVIEWER if organisation.is_reviewing_body else Role.OWNER
    others = Membership.objects.current().filter(organisation=organisation, role=keeps).exclude(pk=membership.pk)
    if membership.role == keeps and not others.exists():
        raise WorkflowError(
            _("The last reviewer cannot leave. Invite another one first.")
            if organisation.is_reviewing_body
            else _("The last owner cannot leave. Make somebody else an owner first.")
        )
    membership.left_at = timezone.now()
    membership.save(update_fields=["left_at"])
    log.record(
        AuditKind.MEMBER_LEFT,
        organisation,
        by=by,
        organisation=organisation,
        details={"member": membership.user.email, "old": {"role": str(membership.role)}, "new": {"role": None}},
        rows=[membership],
    )


@transaction.atomic
def assign_section(
    assessment: Assessment,
    section: str,
    member: Membership,
    *,
    by: User,
    due: date | None = None,
    question: str = "",
    note: str = "",
) -> Assignment:
    """Ask a contributor or owner to answer a section, or one `question` of it; asking again asks anew."""
    access.require(by, Action.ASK if question else Action.PEOPLE, assessment)
    if member.organisation_id != assessment.organisation_id or member.role not in access.MAY[Action.ANSWER]:
        raise WorkflowError(_("Only owners and contributors of this organisation can be asked to answer."))
    assignment, _created = Assignment.objects.update_or_create(
        assessment=assessment,
        section=section,
        question=question,
        member=member,
        defaults={"due": due, "note": note, "by": by, "done_at": None},
    )
    log.record(
        AuditKind.QUESTION_ASSIGNED if question else AuditKind.SECTION_ASSIGNED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"section": section, "question": question, "member": member.user.email, "due": due},
    )
    return assignment


# --- systems and uses ------------------------------------------------------------------------------------------------


def _as_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the log keeps them: what is given and is no plain value is written as people read it."""
    plain = (str, bool, int, date, type(None), list)
    return {name: value if isinstance(value, plain) else str(value) for name, value in fields.items()}


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What really changed, for the log."""
    changed = [name for name in new if old[name] != new[name]]
    return {
        "old": _as_text({name: old[name] for name in changed}),
        "new": _as_text({name: new[name] for name in changed}),
    }


@transaction.atomic
def register_system(organisation: Organisation, *, by: User, **fields: Any) -> AISystem:
    access.require(by, Action.REGISTER, organisation)
    system = AISystem(organisation=organisation, **fields)
    system.full_clean()
    system.save()
    log.record(
        AuditKind.SYSTEM_REGISTERED,
        system,
        by=by,
        organisation=organisation,
        details={"name": system.name, "new": _as_text(fields)},
    )
    return system


@transaction.atomic
def update_system(system: AISystem, *, by: User, **fields: Any) -> AISystem:
    """Change a system's register entry; not while a use of it is under review."""
    access.require(by, Action.REGISTER, system)
    _lock_uses(system.pk)
    if system.uses.filter(assessments__state__in=LOCKED_STATES).exists():
        raise Locked(_("This cannot be changed while a use of the system is under review."))
    old = {name: getattr(system, name) for name in fields}
    for name, value in fields.items():
        setattr(system, name, value)
    system.full_clean()
    system.save(update_fields=list(fields))
    material = [old[name] != value for name, value in fields.items() if name in MATERIAL_OF_A_SYSTEM]
    why = because(StaleReason.SYSTEM_CHANGED) if any(material) else None
    followed = [Noted(use) for use in system.uses.all()]
    for noted in followed:
        _refresh(noted.use, by=by, why=why, noted=noted)
    log.record(
        AuditKind.SYSTEM_CHANGED,
        system,
        by=by,
        organisation=system.organisation,
        details=_difference(old, fields),
    )
    _record_followed(followed, by)
    return system


@transaction.atomic
def declare_use(system: AISystem, *, by: User, **fields: Any) -> DeclaredUse:
    access.require(by, Action.REGISTER, system)
    use = DeclaredUse(system=system, organisation=system.organisation, **fields)
    use.full_clean()
    use.save()
    log.record(
        AuditKind.USE_DECLARED,
        use,
        by=by,
        organisation=system.organisation,
        details={"title": use.title, "new": _as_text(fields)},
    )
    return use


@transaction.atomic
def update_use(use: DeclaredUse, *, by: User, **fields: Any) -> DeclaredUse:
    access.require(by, Action.REGISTER, use)
    DeclaredUse.objects.select_for_update(of=("self",)).get(pk=use.pk)  # a submission waits for it, or has gone before
    if use.assessments.filter(state__in=LOCKED_STATES).exists():
        raise Locked(_("This cannot be changed while the use is under review."))
    old = {name: getattr(use, name) for name in fields}
    for name, value in fields.items():
        setattr(use, name, value)
    use.full_clean()
    use.save(update_fields=list(fields))
    if any(old[name] != value for name, value in fields.items() if name in MATERIAL_OF_A_USE):
        staleness.flag_use(use, staleness.Kind.USE, because(StaleReason.USE_CHANGED), by=by)
    log.record(
        AuditKind.USE_CHANGED, use, by=by, organisation=use.system.organisation, details=_difference(old, fields)
    )
    return use


LOCKED_STATES = (State.SUBMITTED, State.IN_REVIEW, State.APPROVED)
# What an approval rests on beside facts, answers and evidence. Our judgement: names and titles may be mended.
MATERIAL_OF_A_SYSTEM = frozenset({"version", "suppliers", "is_developer", "is_provider", "is_user"})
MATERIAL_OF_A_USE = frozenset({"purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions"})


@transaction.atomic
def retire(about: AISystem | DeclaredUse, *, by: User) -> None:
    """Take a system or a use off the lists; it stays findable, keeps its record, and can be taken back.

    A certificate stays valid until it ends: it says what was true of the use when it was issued. Raises Locked while a
    reviewer has it or waits for changes.
    """
    access.require(by, Action.REGISTER, about)
    about = _locked_row(about)
    if about.retired_at:
        raise WorkflowError(_("“%(name)s” is retired already.") % {"name": about})
    busy = Assessment.objects.filter(state__in=(*LOCKED_STATES, State.RETURNED))
    busy = busy.filter(use__system=about) if isinstance(about, AISystem) else busy.filter(use=about)
    if busy.exists():
        raise Locked(_("It is under review. Take the submission back or withdraw it first, or wait for the decision."))
    about.retired_at = timezone.now()
    about.save(update_fields=["retired_at"])
    _record_standing(AuditKind.SYSTEM_RETIRED, AuditKind.USE_RETIRED, about, by)


@transaction.atomic
def restore(about: AISystem | DeclaredUse, *, by: User) -> None:
    """Take a retired system or use back onto the lists, just as it was."""
    access.require(by, Action.REGISTER, about)
    about = _locked_row(about)
    if not about.retired_at:
        raise WorkflowError(_("“%(name)s” is not retired.") % {"name": about})
    about.retired_at = None
    about.save(update_fields=["retired_at"])
    _record_standing(AuditKind.SYSTEM_RESTORED, AuditKind.USE_RESTORED, about, by)


def _lock_uses(system: int) -> None:
    """Lock the uses of a system, always in one order, so that two who change what all of them share wait in turn."""
    list(DeclaredUse.objects.select_for_update(of=("self",)).filter(system=system).order_by("pk").values_list("pk"))


def _locked_row(about: AISystem | DeclaredUse) -> AISystem | DeclaredUse:
    if isinstance(about, AISystem):
        _lock_uses(about.pk)  # uses first: each move of an assessment locks its use
        return AISystem.objects.select_for_update().get(pk=about.pk)
    return DeclaredUse.objects.select_for_update().get(pk=about.pk)


def _record_standing(of_system: AuditKind, of_use: AuditKind, about: AISystem | DeclaredUse, by: User) -> None:
    kind = of_system if isinstance(about, AISystem) else of_use
    log.record(kind, about, by=by, organisation=about.organisation, details={"name": str(about)})


# --- facts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactsSaved:
    use: DeclaredUse
    result: TierResult
    changed: tuple[str, ...]
    conflicts: tuple[str, ...] = ()  # the facts of which a newer version stands; what was given is kept beside it


class Noted:
    """What running the tier rules changed beside the tier's own columns, for the entry that its caller writes last."""

    def __init__(self, use: DeclaredUse) -> None:
        self.use, self.tier = use, use.assigned_tier
        self.opened: list[str] = []
        self.closed: list[str] = []

    def details(self, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        """Old and new values with the tier where it changed, and the holds that were opened and closed."""
        moved = self.tier != self.use.assigned_tier
        return {
            "old": {**old, **({"tier": self.tier} if moved else {})},
            "new": {**new, **({"tier": self.use.assigned_tier} if moved else {})},
            **({"holds_opened": sorted(self.opened)} if self.opened else {}),
            **({"holds_closed": sorted(self.closed)} if self.closed else {}),
        }


def _record_followed(followed: Iterable[Noted], by: User) -> None:
    """Log the uses whose tier or holds moved with something of their system; call it last, as `record` is."""
    for noted in followed:
        details = noted.details(old={}, new={})
        if any(details.values()):
            log.record(AuditKind.TIER_FOLLOWED, noted.use, by=by, organisation=noted.use.organisation, details=details)


@dataclass(frozen=True, slots=True, order=True)
class HiddenAnswer:
    """An answer that is kept, but asked for no more."""

    assessment: str  # reference
    question: str
    use: str
    title: str

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.assessment}/{self.question}"


def current_edition(use: DeclaredUse) -> CompiledEdition:
    """The edition that reads this use's facts: its open assessment's, else the newest release."""
    editions = Assessment.objects.filter(use=use, state__in=OPEN_STATES).values_list("edition__checksum", flat=True)
    checksum = editions.first()
    return edition_for(checksum) if checksum else Edition.objects.current().compiled()


def check_fact(fact: Fact, value: Any) -> Any:
    """Return the value as it is stored; raises InvalidAnswer that names the fact."""
    if fact.many != isinstance(value, list):  # one bare value is a list of one, and the reverse
        answer = as_answer(fact, tuple(value) if isinstance(value, list) else value)
        value = list(answer) if isinstance(answer, tuple) else answer
    values: list[Any] = value if isinstance(value, list) else [value]
    if fact.many != isinstance(value, list) and value != UNKNOWN:
        raise InvalidAnswer(fact.key, _("Choose from the answers given."))
    if fact.many and not values and not fact.nothing:
        raise InvalidAnswer(fact.key, _("Choose at least one answer."))
    for part in values:
        known = any(part == v and type(part) is type(v) for v in fact.values) or (part == UNKNOWN and fact.unknown)
        if not known:
            raise InvalidAnswer(fact.key, _("“%(value)s” is no answer to this question.") % {"value": part})
    if fact.many and UNKNOWN in values and len(values) > 1:
        raise InvalidAnswer(fact.key, _not_beside_others(fact, UNKNOWN))
    alone = next((one for one in fact.alone if one in values and len(values) > 1), None)
    if alone is not None:
        raise InvalidAnswer(fact.key, _not_beside_others(fact, alone))
    return UNKNOWN if values == [UNKNOWN] else value


def _not_beside_others(fact: Fact, value: str) -> str:
    return _("“%(option)s” cannot be combined with other answers.") % {"option": fact_answer(fact, value)}


def same_value(fact: Fact, one: Any, other: Any) -> bool:
    """Tell whether two stored values are the same answer, whichever release stored them."""
    return stored_answer(fact, one) == stored_answer(fact, other)


def stored_answer(fact: Fact, value: Any) -> Any:
    return as_answer(fact, tuple(value) if isinstance(value, list) else value)


def editable_facts(use: DeclaredUse) -> set[str] | None:
    """The facts that may be changed now; None: all. Raises Locked while the use is under review.

    While an assessment of the use is returned, only marked facts and those that had no answer yet when it was sent are:
    those that a new answer asks for among them, which stay open until it is sent again.
    """
    found = Assessment.objects.filter(use=use, state__in=OPEN_STATES)
    assessment = found.only("state", "current_submission").annotate(sent_at=F("current_submission__at")).first()
    if assessment is None or assessment.state == State.DRAFT:
        return None
    if assessment.state in LOCKED_STATES:
        raise Locked(
            _("The facts are locked while the assessment is under review. What you typed is below and is not saved.")
        )
    marked = returned_targets(assessment.current_submission_id, "f:")
    if "illegal_purpose" in marked:
        marked.add("lawful_exception_claimed")
    answered = set(use.fact_rows().values_list("key", flat=True))
    first_answers = FactRevision.objects.filter(
        Q(parent__use=use) | Q(parent__system=use.system_id, parent__use=None), number=1, at__gt=assessment.sent_at
    )
    answered -= set(first_answers.values_list("parent__key", flat=True))
    edition = current_edition(use)
    return marked | {key for key in edition.facts if key not in answered}


def returned_targets(submission_id: int | None, prefix: str) -> set[str]:
    """Keys of the answers (`q:`) or facts (`f:`) that the reviewer wants changed."""
    if submission_id is None:
        return set()
    rows = ReviewMark.objects.filter(
        submission_id=submission_id, mark=MarkKind.CHANGE_NEEDED, target__startswith=prefix
    )
    return {target.removeprefix(prefix) for target in rows.values_list("target", flat=True)}


@transaction.atomic
def declare_facts(
    use: DeclaredUse,
    values: Mapping[str, Any],
    *,
    by: User,
    reasons: Mapping[str, str] | None = None,
    bases: Mapping[str, int] | None = None,
    operation: uuid.UUID | None = None,
    hiding: Iterable[str] | None = None,
) -> FactsSaved:
    """Save facts of a use (those of level `system` for the whole system) and run the tier rules again.

    `bases`: the revisions that the page showed (0: none). A stale fact that differs is kept as a revision and named in
    `conflicts`, nothing is overwritten; one that the page gives back as it had shown it is left alone. `operation`
    names the page, so that sending it again keeps nothing twice. `hiding`: the names of the answers that may be hidden
    by this; None: any. All or nothing. Raises WouldHide, InvalidAnswer naming the fact, Locked while under review,
    NotPermitted.
    """
    access.require(by, Action.DECLARE, use)
    facts_now = current_edition(use).facts
    if any(key in facts_now and facts_now[key].level == "system" for key in values):
        _lock_uses(use.system_id)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    allowed = editable_facts(use)
    edition = current_edition(use)
    rows: dict[str, Any] = {row.key: row for row in use.fact_rows().annotate(newest=Max("revisions__number"))}
    before = shown_answers(use, values, edition) if hiding is not None else set()
    changed, conflicts = [], []
    fresh, kept = list[DeclaredFact](), list[tuple[DeclaredFact, uuid.UUID, int, dict[str, Any]]]()
    others_locked = cache(lambda: _others_locked(use))
    was, noted = {key: rows[key].value if key in rows else None for key in values}, Noted(use)
    for key, value in values.items():
        fact = edition.facts.get(key)
        if fact is None:
            raise InvalidAnswer(key, _("There is no fact “%(key)s”.") % {"key": key})
        value = check_fact(fact, value)
        reason = (reasons or {}).get(key, rows[key].reason if key in rows else "")
        row = rows.get(key)
        if row and same_value(fact, row.value, value) and row.reason == reason:
            continue
        if key == "minor_procedural_task" and value is True and not reason.strip():
            raise InvalidAnswer(
                key, _("Say why it is only a minor procedural task; a second member then has to agree.")
            )
        if allowed is not None and key not in allowed:
            raise Locked(
                _("Only what the reviewer marked can be changed now: “%(fact)s” is locked.") % {"fact": fact.label}
            )
        if fact.level == "system" and others_locked():
            raise Locked(
                _("“%(fact)s” holds for the whole system, and another use of the system is under review.")
                % {"fact": fact.label}
            )
        record = {"value": value, "reason": reason}
        base = (bases or {}).get(key, row.revision if row else 0)
        step = uuid.uuid5(operation, canonical_json([key, base, record])) if operation else uuid.uuid4()
        newest = (row.newest or row.revision) if row else 0  # a version beside the current one has a number too
        if row is not None and row.revision != base:
            if _shown_then(row, base) != record:
                if not FactRevision.objects.filter(operation=step).exists():
                    _keep(FactRevision, row, newest + 1, step, base, record, by, RevisionOutcome.CONFLICT)
                conflicts.append(key)
            continue
        if row is None:
            row = DeclaredFact(system=use.system, use=None if fact.level == "system" else use, key=key)
        if not same_value(fact, row.value, value) or row.reason != reason:
            Involvement.objects.keep(use.pk, Involvement.Kind.AGREED, [row.agreed_by_id])
            row.agreed_by, row.agreed_at, row.agreed_reason, row.signed_worst = None, None, "", None
        row.value, row.reason, row.by = value, reason, by
        row.revision = newest + 1
        if row.pk is None:
            fresh.append(row)
        else:
            row.save()
        kept.append((row, step, base, record))
        changed.append(key)
    DeclaredFact.objects.bulk_create(fresh)
    FactRevision.objects.bulk_create(
        FactRevision(parent=row, number=row.revision, operation=step, base=base, value=record, by=by)
        for row, step, base, record in kept
    )
    shared, followed = any(edition.facts[key].level == "system" for key in changed), list[Noted]()
    why = because(StaleReason.FACTS_CHANGED, facts=sorted(changed)) if changed else None
    result = _refresh(use, by=by, why=why, changed=changed, noted=noted)
    if shared:
        followed = [Noted(other) for other in DeclaredUse.objects.filter(system=use.system).exclude(pk=use.pk)]
        for one in followed:
            _refresh(one.use, by=by, why=why, changed=changed, noted=one)
    if changed:
        log.record(
            AuditKind.FACTS_DECLARED,
            use,
            by=by,
            organisation=use.system.organisation,
            details={
                "facts": sorted(changed),
                **noted.details(old={key: was[key] for key in changed}, new={key: values[key] for key in changed}),
            },
        )
    _record_followed(followed, by)
    if hiding is not None:
        hides = before - shown_answers(use, values, edition)
        if hides and {answer.name for answer in hides} != set(hiding):
            raise WouldHide(_("Saving this hides answers. They are kept, but count no more."), sorted(hides))
    return FactsSaved(use, result, tuple(changed), tuple(conflicts))


def _shown_then(row: DeclaredFact, base: int) -> dict[str, Any] | None:
    """What a page of an older revision had shown; None where there was no answer yet."""
    return FactRevision.objects.filter(parent=row, number=base).values_list("value", flat=True).first()


def shown_answers(use: DeclaredUse, values: Iterable[str], edition: CompiledEdition) -> set[HiddenAnswer]:
    """The answers that count now and that facts of these keys could hide: of the use, or of all uses of its system."""
    found = Assessment.objects.for_dashboard().filter(state__in=EDITABLE_STATES)
    if any(key in edition.facts and edition.facts[key].level == "system" for key in values):
        found = found.filter(use__system=use.system_id)
    else:
        found = found.filter(use=use)
    shown = set()
    for assessment in found:
        answered = set(assessment.answers.values_list("question__key", flat=True))
        for question in assessment.declared().questions(assessment.compiled()) if answered else ():
            if question.key in answered:
                title = assessment.use.title
                shown.add(HiddenAnswer(assessment.reference, question.key, title, question.title))
    return shown


def _others_locked(use: DeclaredUse) -> bool:
    """Tell whether another use of the system is under review: then its system's facts are locked too."""
    return Assessment.objects.filter(use__system=use.system_id, state__in=LOCKED_STATES).exclude(use=use).exists()


def _require_procedural_open(use: DeclaredUse) -> None:
    """The agreement decides what the fact says: it is locked with it, under review and, unless marked, once returned."""
    allowed = editable_facts(use)
    if allowed is not None and "minor_procedural_task" not in allowed:
        raise Locked(_("Only what the reviewer marked can be changed now, and this fact is not marked."))


@transaction.atomic
def agree_procedural(use: DeclaredUse, *, by: User, reason: str) -> FactsSaved:
    """Agree, as a second member, that the use is a minor procedural task; only then does the answer count."""
    access.require(by, Action.DECLARE, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    _require_procedural_open(use)
    row = use.facts.filter(key="minor_procedural_task").first()
    if row is None or row.value is not True:
        raise WorkflowError(_("Nobody has declared this use a minor procedural task."))
    if row.by_id == by.pk:
        raise SeparationOfDuties(_("You declared it yourself; a second member has to agree."))
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why you agree."))
    row.agreed_by, row.agreed_at, row.agreed_reason = by, timezone.now(), reason
    row.save(update_fields=["agreed_by", "agreed_at", "agreed_reason", "at"])
    noted = Noted(use)
    why = because(StaleReason.PROCEDURAL_AGREED)
    result = _refresh(use, by=by, why=why, changed=[row.key], noted=noted)
    log.record(
        AuditKind.PROCEDURAL_AGREED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"reason": reason, **noted.details(old={}, new={})},
    )
    return FactsSaved(use, result, ("minor_procedural_task",))


@transaction.atomic
def withdraw_agreement(use: DeclaredUse, *, by: User, reason: str) -> FactsSaved:
    """Take back the second member's agreement: whoever gave it, or an owner; the answer reads as no again.

    Facts under review are locked, and so is this. Who agreed, when and why stays in the audit log.
    """
    role = access.require(by, Action.DECLARE, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    _require_procedural_open(use)
    row = use.facts.filter(key="minor_procedural_task").exclude(agreed_by=None).select_related("agreed_by").first()
    if row is None:
        raise WorkflowError(_("There is no agreement to take back."))
    if by.pk != row.agreed_by_id and role != Role.OWNER:
        raise NotPermitted(_("Only the person who agreed, or an owner, can take it back."))
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why the agreement is taken back."))
    details = {"agreed_by": str(row.agreed_by), "agreed_at": row.agreed_at, "agreed_reason": row.agreed_reason}
    Involvement.objects.keep(use.pk, Involvement.Kind.AGREED, [row.agreed_by_id])
    row.agreed_by, row.agreed_at, row.agreed_reason = None, None, ""
    row.save(update_fields=["agreed_by", "agreed_at", "agreed_reason", "at"])
    why = because(StaleReason.PROCEDURAL_WITHDRAWN)
    noted = Noted(use)
    result = _refresh(use, by=by, why=why, changed=[row.key], noted=noted)
    log.record(
        AuditKind.PROCEDURAL_AGREEMENT_WITHDRAWN,
        use,
        by=by,
        organisation=use.system.organisation,
        details={**details, "reason": reason, **noted.details(old={}, new={})},
    )
    return FactsSaved(use, result, (row.key,))


def run_rules(use: DeclaredUse, *, by: User, suspended_for: PublicReason = PublicReason.FACTS_CHANGED) -> TierResult:
    """Run the tier rules again without a changed fact: after a reviewer raised the tier, or evidence came to a hold.

    The caller holds the lock of the use and a transaction. `suspended_for`: the public reason, should a certificate of
    the use have to be suspended by it.
    """
    return _refresh(use, by=by, suspended_for=suspended_for)


def _refresh(
    use: DeclaredUse,
    *,
    by: User,
    why: StaleCause | None = None,
    changed: Iterable[str] = (),
    suspended_for: PublicReason = PublicReason.FACTS_CHANGED,
    noted: Noted | None = None,
) -> TierResult:
    """Run the tier rules over the stored facts; keep tier, holds and the open assessment's derived columns true.

    `why` says what changed and flags an approval of the use as stale; None where nothing did. `changed`: the keys of
    facts that did. The result is what the rules give; a tier that a reviewer raised stands beside it on the use.
    """
    noted = noted or Noted(use)
    edition = current_edition(use)
    rows = list(use.fact_rows())
    facts = declared_facts(edition, rows)
    _keep_holds(use, edition, assign_tier(edition, facts), facts, by=by, noted=noted)
    result = assign_held_tier(edition, facts, use.held_facts())
    before, was_provisional = use.assigned_tier, use.provisional
    use.rules_tier = str(result.assigned_tier)
    use.assigned_tier = str(use.tier_over(result.assigned_tier))
    use.text_tier = str(result.text_tier or "")
    use.provisional = result.provisional
    held_before, use.open_holds = use.open_holds, use.holds.filter(closed_at=None).count()
    use.tier_checksum = edition.checksum
    use.save(update_fields=["rules_tier", "assigned_tier", "text_tier", "provisional", "open_holds", "tier_checksum"])
    higher = bool(before) and Tier(use.assigned_tier).rank > Tier(before).rank
    for assessment in Assessment.objects.for_dashboard().filter(use=use, state__in=[*OPEN_STATES, State.CERTIFIED]):
        assessment.use = use
        if assessment.is_editable:
            if assessment.follows_id and assessment.state == State.DRAFT:
                _reopen_carried(assessment, set(changed))
            declared = assessment.declared()
            assessment.refresh_derived(declared, assessment.answer_values())
            assessment.save(update_fields=DERIVED)
        elif why:
            staleness.flag(assessment, staleness.Kind.FACT, why, by=by)
        worse = higher or use.open_holds > held_before or (use.provisional and not was_provisional)
        if assessment.state == State.CERTIFIED and worse:
            status.suspend_at_once(assessment, suspended_for, by=by)
    return result


def _keep_holds(
    use: DeclaredUse,
    edition: CompiledEdition,
    result: TierResult,
    facts: Mapping[str, Any],
    *,
    by: User,
    noted: Noted,
) -> None:
    """Open the holds that the rules ask for, and close those that an answer or a correction has dealt with.

    Facts are asked page by page: one that nobody has answered yet opens no hold that only a reviewer can close.
    """
    rules = {rule.id: rule for rule in edition.rules}
    wanted: dict[tuple[str, str], str] = {}  # to the rule that opens it
    for fired in result.rules:
        rule = rules[fired.id]
        if rule.hold is None:
            continue
        for fact in rule.hold_about or fired.facts:
            if rule.hold == HoldKind.OPEN_QUESTION or fact in facts:
                wanted.setdefault((str(rule.hold), fact), fired.id)
    open_holds = {(hold.kind, hold.fact): hold for hold in use.holds.filter(closed_at=None)}
    due = timezone.localdate() + timedelta(days=edition.policy.hold_days)
    for (kind, fact), opened_by in wanted.items():
        if (kind, fact) in open_holds:
            continue
        settled = use.holds.filter(kind=kind, fact=fact).exclude(closed_at=None).exclude(kind="open_question")
        if not settled.exclude(outcome__in=NOT_SETTLED).exists():  # a reviewer's decision on the same fact stands
            Hold.objects.create(use=use, kind=kind, fact=fact, rule=opened_by, owner=by, due=due)
            noted.opened.append(f"{kind} {fact}".strip())
    for key, hold in open_holds.items():
        hold.use = use
        if key in wanted:
            _note_answered(hold, False, by=by)
        else:
            _close_if_dealt_with(use, hold, facts.get(hold.fact), by=by)
            if hold.closed_at:
                noted.closed.append(f"{hold.kind} {hold.fact}".strip())


NOT_SETTLED = (HoldOutcome.CORRECT, HoldOutcome.GONE)


def _close_if_dealt_with(use: DeclaredUse, hold: Hold, answer: Any, *, by: User) -> None:
    """Close a hold that no rule asks for any more, where that is enough; the others a reviewer closes on the record.

    An open question is *answered* by an answer with its evidence, and a reviewer closes it. Our judgement: a yes closes it
    by itself, for it finds the use prohibited; so does any answer to a fact that was merely not answered yet and never
    stood at *do not know*.
    """
    if hold.kind == HoldKind.OPEN_QUESTION:
        saved = FactRevision.objects.filter(parent__use=use, parent__key=hold.fact, outcome=RevisionOutcome.CURRENT)
        was_unknown = any(value["value"] == UNKNOWN for value in saved.values_list("value", flat=True))
        if was_unknown and answer is not True:
            pieces = hold.evidence_uses.filter(evidence__withdrawn_at=None)
            if hold.sent_back_at and not saved.filter(at__gt=hold.sent_back_at).exists():
                pieces = pieces.filter(at__gt=hold.sent_back_at)  # a reviewer was not satisfied with the others
            _note_answered(hold, pieces.exists(), by=by)
            return
        hold.closed_by, hold.outcome = by, HoldOutcome.ANSWERED
        hold.decision = _("Answered.")
    elif hold.outcome != HoldOutcome.CORRECT:
        return
    hold.closed_at = timezone.now()
    hold.save(update_fields=["closed_at", "closed_by", "decision", "outcome"])
    log.record(
        AuditKind.HOLD_CLOSED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"hold": hold.kind, "fact": hold.fact, "outcome": str(hold.outcome)},
    )


def _note_answered(hold: Hold, shown: bool, *, by: User) -> None:
    """Keep that an open question is answered, with evidence, and waits for a reviewer; or that it is so no more."""
    if shown == (hold.answered_at is not None):
        return
    hold.answered_at = timezone.now() if shown else None
    hold.save(update_fields=["answered_at"])
    log.record(
        AuditKind.HOLD_ANSWERED if shown else AuditKind.HOLD_UNANSWERED,
        hold.use,
        by=by,
        organisation=hold.use.system.organisation,
        details={"hold": hold.kind, "fact": hold.fact},
    )


def _reopen_carried(assessment: Assessment, changed: set[str]) -> None:
    """Ask again for carried answers of a draft whose question reads a fact that changed."""
    if not changed:
        return
    keys = reading(assessment.compiled(), changed)
    assessment.answers.filter(AS_CARRIED, question__key__in=keys).update(to_confirm=True)


def reading(edition: CompiledEdition, facts: Collection[str]) -> set[str]:
    """The questions (keys) that are asked, or any of whose lines is, because of one of these facts."""
    found = set()
    for question in edition.questions.values():
        conditions = [question.when, *(item.when for item in question.items)]
        if any(test.fact in facts for condition in conditions for test in condition.tests()):
            found.add(question.key)
    return found


# --- the assessment ----------------------------------------------------------------------------------------------------


@transaction.atomic
def start_assessment(use: DeclaredUse, *, by: User, follows: Assessment | None = None) -> Assessment:
    """Open the assessment of a use with the newest release; the open one is returned when there is one."""
    access.require(by, Action.ANSWER, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    found = Assessment.objects.for_dashboard().filter(use=use, state__in=OPEN_STATES).first()
    if found:
        return found
    if use.retired_at or use.system.retired_at:
        raise WorkflowError(_("The use is retired. An owner takes it back first."))
    if not use.assigned_tier:
        raise WorkflowError(_("Declare the facts of the use first: they decide which questions are asked."))
    follows = follows or use.assessments.order_by("-pk").first()
    assessment = Assessment(
        use=use, organisation=use.system.organisation, edition=Edition.objects.current(), follows=follows
    )
    assessment.refresh_derived(assessment.declared(), {})
    assessment.save()
    carry_closed(assessment, by=by)
    log.record(
        AuditKind.ASSESSMENT_STARTED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"edition": str(assessment.edition)},
    )
    return assessment


@dataclass(frozen=True, slots=True)
class AnswerSaved:
    """All that one save changed, for one response."""

    assessment: Assessment
    answer: Answer
    changed: bool
    progress: Progress
    declared: Declared
    answers: Mapping[str, AnswerValue]
    targets: set[str] | None = None  # what the person may answer; None: all


def check_answer(
    question: Question, items: Iterable[str], value: Mapping[str, Any], facts: Facts, edition: CompiledEdition
) -> None:
    """Raise InvalidAnswer naming the control when an answer lacks something or is not one that the question takes."""
    choice = Choice(value["choice"])
    practice = {Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE}
    own = {Choice.TICKED, Choice.NONE} if question.is_checklist else practice
    if choice not in own | {Choice.UNKNOWN, Choice.NOT_APPLICABLE}:
        raise InvalidAnswer("choice", _("Choose one of the answers given."))
    if choice == Choice.PLANNED and not value.get("planned_for"):
        raise InvalidAnswer("planned_for", _("Enter the date by which it will be in place."))
    if choice == Choice.NOT_APPLICABLE:
        if not edition.not_applicable_allowed(question.requirements, facts):
            raise InvalidAnswer(
                "choice", _("This applies to every use of this kind: “not applicable” is no answer here.")
            )
        if not str(value.get("reason", "")).strip():
            raise InvalidAnswer("reason", _("Say why this does not apply. A reviewer has to agree."))
    shown = {item.key: item for item in question.items if item.key in set(items)}
    for key, given in (value.get("items") or {}).items():
        if key not in shown:
            raise InvalidAnswer("items", _("There is no line “%(key)s” in this checklist.") % {"key": key})
        if isinstance(given, str):
            if not edition.not_applicable_allowed(shown[key].requirements, facts):
                raise InvalidAnswer(f"reason-{key}", _("This line applies to every use of this kind."))
            if not given.strip():
                raise InvalidAnswer(f"reason-{key}", _("Say why this line does not apply."))
    if choice == Choice.TICKED and not value.get("items"):
        raise InvalidAnswer("items", _("Tick what is in place, or choose “None of these”."))


def unlocked_questions(
    assessment: Assessment, declared: Declared, answered: Iterable[str], marked: Collection[str] | None = None
) -> set[str] | None:
    """The questions that may be answered now; None: all that apply.

    While returned: those marked, those whose condition reads a marked fact, and those that apply but had no answer yet
    when it was sent: the first words of an answer do not lock the rest of it. A page hands in what it has read (`marked`).
    """
    if assessment.state != State.RETURNED:
        return None
    edition = assessment.compiled()
    marked = returned_targets(assessment.current_submission_id, "") if marked is None else marked
    sent_at = F("assessment__current_submission__at")
    since = assessment.answers.filter(revisions__number=1, revisions__at__gt=sent_at)
    have = set(answered) - set(since.values_list("question__key", flat=True))
    return {
        question.key
        for question in declared.questions(edition)
        if f"q:{question.key}" in marked
        or question.key not in have
        or any(f"f:{test.fact}" in marked or _of_answer(test.fact) in marked for test in question.when.tests())
    }


def _of_answer(name: str) -> str:
    """The target of the question whose answer a condition reads; nothing for a fact."""
    return f"q:{name.removeprefix(ANSWER)}" if name.startswith(ANSWER) else ""


def _standing(assessment: Assessment, question: str, operation: uuid.UUID) -> Answer | None:
    """The answer that stands, with its newest revision and what came of the operation, if it was stored before."""
    kept = AnswerRevision.objects.filter(parent=OuterRef("pk"))
    repeated = kept.filter(operation=operation)
    rows = Answer.objects.filter(assessment=assessment, question__key=question).annotate(
        newest=Subquery(kept.order_by("-number").values("number")[:1]),
        repeated=Subquery(repeated.values("outcome")[:1]),
    )
    return rows.first()


CHANGED = (
    "choice",
    "items",
    "text",
    "planned_for",
    "reason",
    "figure",
    "by",
    "at",
    "language",
    "revision",
    "to_confirm",
)


def save_answer(
    assessment: Assessment,
    question_key: str,
    value: Mapping[str, Any],
    *,
    by: User,
    base: int,
    operation: uuid.UUID,
    language: str = "en",
    may_hide: bool = True,
) -> AnswerSaved:
    """Save one answer and everything that hangs on it.

    `value`: choice, items (item key to true or to the reason it does not apply), text, planned_for, reason, figure
    (measured, target, by). `base` is the revision that the page showed (0: none). Repeating an operation changes
    nothing; where something else was saved meanwhile, it raises Conflict. A stale save that differs is kept as a
    revision and raises Conflict; Locked where the assessment or the question is closed to changes; InvalidAnswer names
    the control; NotPermitted for a colleague without the role or the assignment; with `may_hide` false WouldHide where
    other answers would not be asked any more.
    """
    with transaction.atomic():
        saved = _save_answer(
            assessment,
            question_key,
            value,
            by=by,
            base=base,
            operation=operation,
            language=language,
            may_hide=may_hide,
        )
    if isinstance(saved, Conflict):  # raised out here, so that the version beside the newer one stays stored
        raise saved
    return saved


def _save_answer(
    assessment: Assessment,
    question_key: str,
    value: Mapping[str, Any],
    *,
    by: User,
    base: int,
    operation: uuid.UUID,
    language: str,
    outcome: RevisionOutcome = RevisionOutcome.CURRENT,
    may_hide: bool = True,
) -> AnswerSaved | Conflict:
    assessment, member = access.lock_with_member(by, assessment)
    if not assessment.is_editable:
        raise Locked(
            _("Not saved: the assessment is “%(state)s” and locked. What you typed is still on this page.")
            % {"state": assessment.get_state_display()}
        )
    edition = assessment.compiled()
    declared = assessment.declared()
    question = edition.questions.get(question_key)
    if question is None or not question.applies(declared.context, declared.parts):
        raise Locked(_("This question is not asked of this use any more. What you typed is still on this page."))
    targets = access.assigned_targets(by, assessment, member)
    if targets is not None and question.section not in targets and question.key not in targets:
        raise NotPermitted(_("This question is not assigned to you."))
    answers = assessment.answer_values()
    unlocked = unlocked_questions(assessment, declared, answers)
    if unlocked is not None and question_key not in unlocked:
        raise Locked(_("Only what the reviewer marked can be changed now. What you typed is still on this page."))
    items = {item.key for item in declared.items(edition, question)}
    check_answer(question, items, value, declared.context, edition)
    row: Any = _standing(assessment, question_key, operation)
    record: dict[str, Any] = {
        "choice": str(value["choice"]),
        "items": dict(value.get("items") or {}) if value["choice"] == Choice.TICKED else {},
        "text": str(value.get("text") or ""),
        "planned_for": value["planned_for"].isoformat() if value.get("planned_for") else None,
        "reason": str(value.get("reason") or ""),
    }
    if figure := kept_figure(question, value):
        record["figure"] = figure
    check_days(record, None if row is None or row.to_confirm else row.record(), timezone.localdate())
    newest = 0
    if row is None:
        ids = question_ids(assessment.edition_id, assessment.edition.published_at)
        row = Answer(assessment=assessment, question_id=ids[question_key], revision=0)
    else:
        if row.record() == record and not row.to_confirm:  # a carried answer is confirmed by saving it as it is
            done = assessment.refresh_derived(declared, answers)
            return AnswerSaved(assessment, row, False, done, declared, answers, targets)
        newest = row.newest or 0
        # An operation that is known already was stored then, and what stands now is another version.
        if row.revision != base or row.repeated:
            if not row.repeated:
                _keep(AnswerRevision, row, newest + 1, operation, base, record, by, RevisionOutcome.CONFLICT)
            words = _("%(name)s changed this answer while you were writing. Nothing was overwritten.")
            return Conflict(words % {"name": row.by}, row)
    planned_for = value.get("planned_for") or None
    given = answer_value(record["choice"], record["items"], planned_for, record["reason"], figure)
    known = declared.knowing(edition, {**answers, question_key: given})
    if not may_hide:
        hides = _hidden_by(assessment, declared, known, answers)
        if hides:
            raise WouldHide(_("Saving this hides answers. They are kept, but count no more."), hides)
    declared = known
    row.choice, row.items, row.text = record["choice"], record["items"], record["text"]
    row.planned_for, row.reason, row.figure = planned_for, record["reason"], figure
    row.by, row.language, row.revision, row.to_confirm = by, language, newest + 1, False
    row.at = timezone.now()
    if row.pk is None:
        row.save()
    else:
        Answer.objects.filter(pk=row.pk).update(**{name: getattr(row, name) for name in CHANGED})
    _keep(AnswerRevision, row, row.revision, operation, base, record, by, outcome)
    answers[question_key] = row.value()
    done = assessment.refresh_derived(declared, answers)
    assessment.updated_at = row.at
    Assessment.objects.filter(pk=assessment.pk).update(**{name: getattr(assessment, name) for name in DERIVED})
    return AnswerSaved(assessment, row, True, done, declared, answers, targets)


def _hidden_by(
    assessment: Assessment, before: Declared, after: Declared, answered: Iterable[str]
) -> list[HiddenAnswer]:
    """The answers that are asked for before a change and would not be after it."""
    if after == before:
        return []
    edition = assessment.compiled()
    gone = {q.key for q in before.questions(edition)} - {q.key for q in after.questions(edition)}
    title = assessment.use.title
    return [
        HiddenAnswer(assessment.reference, key, title, edition.questions[key].title) for key in answered if key in gone
    ]


def restore_answer(
    assessment: Assessment, question_key: str, number: int, *, by: User, base: int, language: str = "en"
) -> AnswerSaved:
    """Make a kept version of an answer the current one again, as a new version: no version is ever taken away.

    `base` is the revision that the page showed. Raises as `save_answer`; InvalidAnswer too where the version is not
    kept here, or where none of the lines that it ticks is asked any more.
    """
    kept = AnswerRevision.objects.filter(
        parent__assessment=assessment, parent__question__key=question_key, number=number
    ).first()
    question = assessment.compiled().questions.get(question_key)
    if kept is None or question is None:
        raise InvalidAnswer("number", _("There is no version %(number)s of this answer.") % {"number": number})
    asked = {item.key for item in assessment.declared().items(assessment.compiled(), question)}
    items = {key: value for key, value in kept.value["items"].items() if key in asked}
    if kept.value["choice"] == Choice.TICKED and not items:
        raise InvalidAnswer("items", _("None of the lines that this version ticks is asked any more."))
    planned = kept.value["planned_for"]
    value = {**kept.value, "items": items, "planned_for": date.fromisoformat(planned) if planned else None}
    with transaction.atomic():
        access.require(by, Action.ANSWER, assessment)
        Assessment.objects.lock(assessment.pk)
        stands = Answer.objects.select_related("by").get(pk=kept.parent_id)
        if stands.revision != base:  # nothing was typed, so no version has to be kept beside the newer one
            words = _("%(name)s changed this answer since you opened the page. Nothing was restored.")
            raise Conflict(words % {"name": stands.by}, stands)
        saved = _save_answer(
            assessment,
            question_key,
            value,
            by=by,
            base=base,
            operation=uuid.uuid4(),
            language=language,
            outcome=RevisionOutcome.RESTORED,
        )
    assert isinstance(saved, AnswerSaved)  # the base was compared above, under the same lock
    return saved


def flag_question(assessment: Assessment, question_key: str, *, by: User, on: bool) -> None:
    """Set or take away somebody's own sign that they mean to come back to a question; twice is once."""
    access.require(by, Action.VIEW, assessment)
    if on:
        Flag.objects.get_or_create(assessment=assessment, question=question_key, user=by)
    else:
        Flag.objects.filter(assessment=assessment, question=question_key, user=by).delete()


def _keep(
    model: Any, parent: Any, number: int, operation: uuid.UUID, base: int, value: Any, by: User, outcome: str
) -> None:
    model.objects.create(
        parent=parent, number=number, operation=operation, base=base, value=value, by=by, outcome=outcome
    )


def missing_facts(use: DeclaredUse, edition: CompiledEdition, stored: StoredFacts | None = None) -> tuple[str, ...]:
    """The facts that are asked of this use and have no answer yet, in order. `stored`: its facts where they are read."""
    stored = use.stored_facts() if stored is None else stored
    assumed = ASSUMED.keys() - {key for key, _value, _agreed_by in stored}
    declared = Declared(
        facts=complete(edition.facts, read_facts(stored)),
        parts=use.system.parts,
        tier=Tier(use.assigned_tier or Tier.LOW),
    )
    asked = asked_facts(edition, declared)
    return tuple(key for key in asked if key not in declared.facts or key in assumed)


def delivery_team(assessment: Assessment) -> set[int]:
    """Ids of those who may not approve this use.

    Who declared, agreed, answered, was assigned, owned an action, reported one or signed, wrote in the conformity file,
    attached evidence or gave what is attached, and who replied to a reviewer; also where it was taken back since.
    """
    use = assessment.use
    return {pk for pk in _team(use) if pk is not None}


WORKED = tuple(ActionEvent.Kind(kind) for kind in ("reported", "attached", "started", "not_relevant"))
"""The lines of an action's history whose writer worked on it."""


def _team(use: DeclaredUse) -> QuerySet[Any, Any]:
    facts = FactRevision.objects.filter(Q(parent__use=use) | Q(parent__system=use.system_id, parent__use=None))
    agreed = DeclaredFact.objects.filter(Q(use=use) | Q(system=use.system_id, use=None)).exclude(agreed_by=None)
    return facts.values_list("by_id", flat=True).union(  # one query: reviewers' pages ask it too
        agreed.values_list("agreed_by_id", flat=True),
        AnswerRevision.objects.filter(parent__assessment__use=use).values_list("by_id", flat=True),
        Assignment.objects.filter(assessment__use=use).values_list("member__user_id", flat=True),
        RemediationAction.objects.filter(use=use).exclude(owner=None).values_list("owner_id", flat=True),
        Submission.objects.filter(assessment__use=use).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(answer__assessment__use=use).values_list("by_id", flat=True),
        Involvement.objects.filter(use=use).values_list("user_id", flat=True),
        ActionEvent.objects.filter(action__use=use, kind__in=WORKED).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(action__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__action__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__answer__assessment__use=use).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(hold__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__hold__use=use).values_list("by_id", flat=True),
        MarkReplyRevision.objects.filter(parent__submission__assessment__use=use).values_list("by_id", flat=True),
        ConformityRevision.objects.filter(parent__use=use).values_list("by_id", flat=True),
        Supplement.objects.filter(assessment__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(supplements__assessment__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__conformity_uses__part__use=use).values_list("by_id", flat=True),
    )
