"""Who may do what: the actions, the roles that allow them, and the membership that is asked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from assessments.core.errors import NotPermitted
from assessments.models import AISystem, Assessment, DeclaredUse, Evidence, Membership, Organisation, Role, Sees, User
from assessments.models.assessments import AssessmentQuerySet
from assessments.models.prepared import Placeholder, Prepared

if TYPE_CHECKING:
    pass


class Action(StrEnum):
    VIEW = "view"
    ANSWER = "answer"  # answers, notes, actions
    DECLARE = "declare"  # facts
    REGISTER = "register"  # systems, uses, the organisation itself
    ASK = "ask"  # a colleague, to answer one question
    PEOPLE = "people"  # invite, assign
    SIGN = "sign"  # submit, recall, withdraw, self-certify, declare prohibited


MAY: dict[Action, set[Role]] = {
    Action.VIEW: {Role.OWNER, Role.CONTRIBUTOR, Role.VIEWER},
    Action.ANSWER: {Role.OWNER, Role.CONTRIBUTOR},
    Action.DECLARE: {Role.OWNER, Role.CONTRIBUTOR},
    Action.REGISTER: {Role.OWNER},
    Action.ASK: {Role.OWNER, Role.CONTRIBUTOR},
    Action.PEOPLE: {Role.OWNER},
    Action.SIGN: {Role.OWNER},
}

WORKING_ROLES = frozenset(MAY[Action.VIEW])
"""The roles that see what an organisation works on."""


REVIEWING_ROLES = frozenset({Role.REVIEWER})
"""The roles that see what was submitted for review."""


MEMBER_ROLES = WORKING_ROLES | REVIEWING_ROLES
"""The roles that may know of the organisation at all. A role that is in none of these sets sees nothing."""


GIVEN_USER: Any = Placeholder("user")
"""Stands for the person in a door that is asked by a prepared query."""


_MINE: Prepared[Membership] = Prepared(
    lambda: (
        Membership.objects.filter(user=GIVEN_USER, left_at=None)
        .select_related("organisation")
        .order_by("organisation__name_en")
    )
)


def _read_once(user: User) -> list[Membership]:
    """Return every current membership of `user`: one query a request. They are kept on the user object, which lives no longer."""
    kept: list[Membership] | None = getattr(user, "_memberships_on_page", None)
    if kept is None:
        kept = _MINE.all(user=user.pk)
        user._memberships_on_page = kept  # type: ignore[attr-defined]
    return kept


def memberships_on_page(user: User) -> list[Membership]:
    """Return the current memberships of `user` that open anything, read once a request.

    For showing pages; what is to be changed is judged by `require`, which reads afresh.
    """
    return [member for member in _read_once(user) if member.role in MEMBER_ROLES]


def belongs_to(user: User) -> set[int]:
    """Return ids of the organisations of which `user` is a member, no matter in which role; read once a request.

    For the separation of duties. There every membership counts, also one that opens nothing.
    """
    return {member.organisation_id for member in _read_once(user)}


_MEMBERSHIP: Prepared[Membership] = Prepared(
    lambda: Membership.objects.filter(user=GIVEN_USER, organisation_id=Placeholder("organisation"), left_at=None)
)


def membership_in(user: User, organisation: Organisation | int) -> Membership | None:
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return _MEMBERSHIP.first(user=user.pk, organisation=pk)


def role_in(user: User, organisation: Organisation | int) -> Role | None:
    """Return the role of `user` in an organisation; None where they have none that opens anything."""
    membership = membership_in(user, organisation)
    return Role(membership.role) if membership and membership.role in MEMBER_ROLES else None


def may(user: User, action: Action, organisation: Organisation | int) -> bool:
    return role_in(user, organisation) in MAY[action]


def require(user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment) -> Role:
    """Return the person's role, or raise NotPermitted (403) with a sentence that names who may."""
    return Role(require_member(user, action, about).role)


def require_member(
    user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment | Evidence
) -> Membership:
    """Return the membership that allows it; raises as `require`."""
    organisation = about.pk if isinstance(about, Organisation) else about.organisation_id
    membership = membership_in(user, organisation)
    if membership is None or membership.role not in MAY[action]:
        raise NotPermitted(_refusal(action))
    return membership


def _refusal(action: Action) -> str:
    roles = " / ".join(str(role.label) for role in Role if role in MAY[action])
    return _("Your role does not allow you to do this. Roles that can do this: %(roles)s.") % {"roles": roles}


def require_people(user: User, organisation: Organisation) -> Role:
    """Return the role of who may invite and remove: an owner; in the reviewing body, which has none, a reviewer."""
    role = role_in(user, organisation)
    if organisation.is_reviewing_body and role == Role.REVIEWER:
        return role
    return require(user, Action.PEOPLE, organisation)


def _with_member() -> AssessmentQuerySet:
    mine = Membership.objects.filter(user=GIVEN_USER, left_at=None, organisation=OuterRef("organisation"))
    rows = Assessment.objects.annotate(
        member_pk=Subquery(mine.values("pk")[:1]),
        member_role=Subquery(mine.values("role")[:1]),
        member_sees=Subquery(mine.values("sees")[:1]),
    )
    # The organisation's own row is not read, nor what nothing that is saved looks at.
    rows = rows.locking().select_related(None).select_related("use__system", "edition").defer(*_NOT_LOOKED_AT)
    return rows.filter(pk=Placeholder("assessment"))


_NOT_LOOKED_AT = (
    *("created_at", "state_at", "stale_since", "stale_reasons", "edition__key", "edition__release"),
    *(f"use__{name}" for name in ("purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions")),
    *(f"use__{name}" for name in ("people_word", "tier_checksum", "created_at", "retired_at")),
    *(f"use__{name}" for name in ("newest_assessment", "newest_state", "newest_progress", "changed_at")),
    *(f"use__{name}" for name in ("in_use", "system_name", "tier_rank")),
    *(f"use__system__{name}" for name in ("description", "suppliers", "created_at", "retired_at")),
)

_LOCKED: Prepared[Assessment] = Prepared(_with_member)


def lock_with_member(user: User, assessment: Assessment) -> tuple[Assessment, Membership]:
    """Lock an assessment and read it afresh with the membership that lets `user` answer it: one query.

    Raises as `require`; call it inside `atomic`.
    """
    locked: Any = _LOCKED.first(user=user.pk, assessment=assessment.pk)
    if locked is None or locked.member_pk is None or locked.member_role not in MAY[Action.ANSWER]:
        raise NotPermitted(_refusal(Action.ANSWER))
    member = Membership(
        pk=locked.member_pk,
        user=user,
        organisation_id=locked.organisation_id,
        role=locked.member_role,
        sees=locked.member_sees,
    )
    return locked, member


def assigned_targets(user: User, assessment: Assessment, membership: Membership | None = None) -> set[str] | None:
    """Return the sections and questions that `user` may answer; None: all of them. `membership` spares a query."""
    membership = membership or membership_in(user, assessment.organisation_id)
    if membership is None or membership.sees == Sees.ALL:
        return None
    rows = assessment.assignments.filter(member=membership).values_list("section", "question")
    return {question or section for section, question in rows}


def is_reviewer(user: User) -> bool:
    return Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER).exists()
