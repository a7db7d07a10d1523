"""Who may know of an object, and what they may do to it.

One function for each kind of object scopes it; views reach rows by no other way. Whoever may not know that an object
exists gets 404, a colleague without the role gets 403 (`require`). A reviewer's door is `submissions_for`: the frozen
copy, never the draft. Staff have no door of their own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from assessments.errors import NotPermitted
from assessments.models import (
    AISystem,
    Assessment,
    Assignment,
    Certificate,
    DeclaredUse,
    Document,
    Edition,
    Invitation,
    Membership,
    Message,
    Organisation,
    RemediationAction,
    Role,
    Sees,
    Submission,
    User,
)
from assessments.models.assessments import AssessmentQuerySet, Route
from assessments.models.questionnaires import CompiledEdition
from assessments.models.reviews import SubmissionQuerySet
from assessments.models.systems import TierChoices


class Action(StrEnum):
    VIEW = "view"
    ANSWER = "answer"  # answers, notes, actions
    DECLARE = "declare"  # facts
    REGISTER = "register"  # systems, uses, the organisation itself
    PEOPLE = "people"  # invite, assign
    SIGN = "sign"  # submit, recall, withdraw, self-certify, declare prohibited


MAY: dict[Action, set[Role]] = {
    Action.VIEW: {Role.OWNER, Role.CONTRIBUTOR, Role.VIEWER},
    Action.ANSWER: {Role.OWNER, Role.CONTRIBUTOR},
    Action.DECLARE: {Role.OWNER, Role.CONTRIBUTOR},
    Action.REGISTER: {Role.OWNER},
    Action.PEOPLE: {Role.OWNER},
    Action.SIGN: {Role.OWNER},
}


def _memberships(user: User) -> QuerySet[Membership]:
    """The memberships that let a person see what the organisation works on: all but a reviewer's."""
    return Membership.objects.filter(user=user, left_at=None).exclude(role=Role.REVIEWER)


def _seen_in_full(user: User) -> QuerySet[Membership, Any]:
    return _memberships(user).filter(sees=Sees.ALL).values("organisation")


def organisations_for(user: User) -> QuerySet[Organisation]:
    """The organisations of which `user` is a member in any role."""
    mine = Membership.objects.filter(user=user, left_at=None).values("organisation")
    return Organisation.objects.filter(pk__in=mine)


def organisations_where(user: User, action: Action) -> QuerySet[Organisation]:
    """The organisations in which `user` has a role that may do `action`, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MAY[action]).values("organisation")
    return Organisation.objects.filter(pk__in=mine).order_by("name_en", "pk")


def invitation_with(token: str) -> Invitation | None:
    """The open invitation of a mailed link; None once it was used or ran out. Whoever holds the link may know of it."""
    return Invitation.objects.open_for(token)


def systems_for(user: User) -> QuerySet[AISystem]:
    return AISystem.objects.filter(organisation__in=_seen_in_full(user)).select_related("organisation")


def uses_for(user: User) -> QuerySet[DeclaredUse]:
    return DeclaredUse.objects.for_list().filter(organisation__in=_seen_in_full(user))


def assessments_for(user: User) -> AssessmentQuerySet:
    """The assessments `user` may know exist; who sees only what is assigned, sees those with an assignment."""
    assigned = Q(organisation__in=_memberships(user).values("organisation"), assignments__member__user=user)
    seen = Assessment.objects.filter(Q(organisation__in=_seen_in_full(user)) | assigned)
    return Assessment.objects.for_dashboard().filter(pk__in=seen.values("pk"))


def submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions that `user` may review.

    In-house reviewers reach those of their organisation, reviewers of the reviewing body those sent to it and every
    High one, whose second seat is theirs.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    inside = Q(organisation__in=seats.filter(organisation__is_reviewing_body=False).values("organisation"))
    door = inside
    if seats.filter(organisation__is_reviewing_body=True).exists():
        door |= ~Q(route="") & (Q(route=Route.INDEPENDENT) | Q(assigned_tier=TierChoices.HIGH))
    return Submission.objects.for_list().filter(door)


def own_submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions of the organisations that `user` sees in full."""
    return Submission.objects.for_list().filter(organisation__in=_seen_in_full(user))


def actions_for(user: User) -> QuerySet[RemediationAction]:
    return RemediationAction.objects.filter(organisation__in=_seen_in_full(user)).select_related("use__system", "owner")


def actions_to_check_for(user: User) -> QuerySet[RemediationAction]:
    """The actions of uses whose submissions `user` may review: such a person accepts what shows that one is done."""
    uses = submissions_for(user).values("assessment__use")
    return RemediationAction.objects.filter(use__in=uses).select_related("use__system", "owner")


def assignments_for(user: User) -> QuerySet[Assignment]:
    """What `user` is asked to answer and has not said to be done."""
    mine = _memberships(user)
    asked = Assignment.objects.filter(member__in=mine, done_at=None)
    return asked.select_related("assessment__use__system", "assessment__edition").defer("assessment__edition__content")


def members_of(assessment: Assessment) -> QuerySet[Membership]:
    """The members of the assessment's organisation, for a page that the caller found by `assessments_for`."""
    return Membership.objects.current().filter(organisation=assessment.organisation_id).select_related("user")


def certificates_for(user: User) -> QuerySet[Certificate]:
    return Certificate.objects.filter(organisation__in=_seen_in_full(user)).select_related(
        "use__system", "organisation"
    )


def documents_for(user: User) -> QuerySet[Document]:
    """Documents of submissions and certificates that `user` may read as member or as reviewer."""
    members = own_submissions_for(user).values("pk")
    reviewers = submissions_for(user).values("pk")
    return Document.objects.filter(
        Q(submission__in=members)
        | Q(submission__in=reviewers)
        | Q(certificate__submission__in=members)
        | Q(certificate__submission__in=reviewers)
    ).select_related("submission", "certificate")


def public_certificate(number: str) -> Certificate | None:
    """The certificate of that number, with what its public page shows: anyone may ask, a number is all it takes."""
    return Certificate.objects.filter(number=number).prefetch_related("events", "superseded_by").first()


def current_edition() -> CompiledEdition:
    """The newest release, which anyone may read; raises Edition.DoesNotExist when none is loaded."""
    return Edition.objects.current().compiled()


def messages_for(user: User) -> QuerySet[Message]:
    return Message.objects.filter(recipient=user)


def current_memberships(user: User) -> list[Membership]:
    """What `user` is, in which organisations, in one query."""
    mine = Membership.objects.filter(user=user, left_at=None)
    return list(mine.select_related("organisation").order_by("organisation__name_en"))


def membership_in(user: User, organisation: Organisation | int) -> Membership | None:
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return Membership.objects.filter(user=user, organisation_id=pk, left_at=None).first()


def role_in(user: User, organisation: Organisation | int) -> Role | None:
    membership = membership_in(user, organisation)
    return Role(membership.role) if membership else None


def may(user: User, action: Action, organisation: Organisation | int) -> bool:
    return role_in(user, organisation) in MAY[action]


def require(user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment) -> Role:
    """Return the person's role, or raise NotPermitted (403) with a sentence that names who may."""
    return Role(require_member(user, action, about).role)


def require_member(user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment) -> Membership:
    """Return the membership that allows it; raises as `require`."""
    organisation = about.pk if isinstance(about, Organisation) else about.organisation_id
    membership = membership_in(user, organisation)
    if membership is None or membership.role not in MAY[action]:
        roles = " / ".join(str(r.label) for r in Role if r in MAY[action])
        raise NotPermitted(_("Your role does not allow this. It takes: %(roles)s.") % {"roles": roles})
    return membership


def require_people(user: User, organisation: Organisation) -> Role:
    """Return the role of who may invite and remove: an owner; in the reviewing body, which has none, a reviewer."""
    role = role_in(user, organisation)
    if organisation.is_reviewing_body and role == Role.REVIEWER:
        return role
    return require(user, Action.PEOPLE, organisation)


def assigned_targets(user: User, assessment: Assessment, membership: Membership | None = None) -> set[str] | None:
    """The sections and questions that `user` may answer; None: all of them. `membership` spares a query."""
    membership = membership or membership_in(user, assessment.organisation_id)
    if membership is None or membership.sees == Sees.ALL:
        return None
    rows = assessment.assignments.filter(member=membership).values_list("section", "question")
    return {question or section for section, question in rows}


def is_reviewer(user: User) -> bool:
    return Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER).exists()


def is_independent(user: User, organisation: Organisation | int) -> bool:
    """Tell whether `user` reviews for the reviewing body and is no member of `organisation`."""
    pk = organisation if isinstance(organisation, int) else organisation.pk
    memberships = list(
        Membership.objects.filter(user=user, left_at=None).values_list(
            "organisation_id", "role", "organisation__is_reviewing_body"
        )
    )
    of_body = any(role == Role.REVIEWER and body for _org, role, body in memberships)
    return of_body and all(org != pk for org, _role, _body in memberships)
