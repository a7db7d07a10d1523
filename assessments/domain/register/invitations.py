"""Invitations by mail: several at once, renewed, cancelled, accepted; roles changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import Locked, NotPermitted, WorkflowError
from assessments.domain.answering import asking
from assessments.domain.register import members
from assessments.models import Assessment, Invitation, Membership, Organisation, Role, Sees, User
from assessments.notifications.recipients import owner_memberships

# --- people ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_by_mail(
    assessment: Assessment, question: str, email: str, *, by: User, due: date | None = None, note: str = ""
) -> tuple[Invitation, str]:
    """Invite an address as a contributor who sees only what is assigned, to answer one question; owners only."""
    if not assessment.is_editable:
        raise Locked(_("Nobody can answer questions now, because the assessment is locked."))
    organisation = assessment.use.system.organisation
    invitation, token = members.invite(organisation, by=by, email=email, role=Role.CONTRIBUTOR, sees=Sees.ASSIGNED)
    invitation.asked = {
        "assessment": assessment.pk,
        "question": question,
        "due": due.isoformat() if due else None,
        "note": note,
    }
    invitation.save(update_fields=["asked"])
    return invitation, token


class CannotInvite(WorkflowError):
    """Some of the addresses cannot be invited; `why` says for each address why not. Nobody was."""

    def __init__(self, why: dict[str, str]) -> None:
        super().__init__(next(iter(why.values())))
        self.why = why


@transaction.atomic
def invite_all(
    organisation: Organisation, *, by: User, emails: Iterable[str], role: Role, sees: Sees = Sees.ALL, note: str = ""
) -> list[tuple[Invitation, str]]:
    """Invite several addresses into one role, with a note; all of them or, where one cannot be, none.

    Returns each invitation with the token of its link. Raises CannotInvite for members and for who is invited already.
    """
    open_ones = {
        invitation.email.lower(): invitation
        for invitation in organisation.invitations.filter(accepted_at=None, expires_at__gt=timezone.now())
    }
    made, why = [], {}
    for email in emails:
        if before := open_ones.get(email.lower()):
            words = _("%(email)s was invited on %(day)s. Send that invitation again, or cancel it and send a new one.")
            why[email] = words % {
                "email": email,
                "day": date_format(timezone.localtime(before.created_at), "DATE_FORMAT"),
            }
            continue
        try:
            made.append(members.invite(organisation, by=by, email=email, role=role, sees=sees))
        except WorkflowError as error:
            why[email] = str(error)
    if why:
        raise CannotInvite(why)
    for invitation, _token in made:
        invitation.note = note
        invitation.save(update_fields=["note"])
    return made


@transaction.atomic
def accept(invitation: Invitation, *, by: User) -> Membership:
    """Join with an open invitation; every open one to this address is used up, and its question is asked."""
    member = members.accept_invitation(invitation, by=by)
    others = Invitation.objects.filter(
        organisation=invitation.organisation_id, email__iexact=by.email, accepted_at=None, expires_at__gt=timezone.now()
    )
    for one in [invitation, *others.select_related("by")]:
        _ask_as_invited(one, member)
    others.update(accepted_at=timezone.now())
    return member


def _ask_as_invited(invitation: Invitation, member: Membership) -> None:
    asked = invitation.asked
    assessment = Assessment.objects.for_dashboard().filter(pk=asked.get("assessment", 0)).first()
    if assessment is None or asked["question"] not in assessment.compiled().questions:
        return
    section = assessment.compiled().questions[asked["question"]].section
    due = date.fromisoformat(asked["due"]) if asked["due"] else None
    try:
        asking.ask(
            assessment, section, member, by=invitation.by, question=asked["question"], due=due, note=asked["note"]
        )
    except (WorkflowError, NotPermitted):
        return  # locked meanwhile, or whoever asked may not ask any more: joining is none the worse for it


@transaction.atomic
def cancel_invitation(invitation: Invitation, *, by: User) -> None:
    """Make the link of an open invitation worthless."""
    organisation, email = invitation.organisation, invitation.email
    roles.require_people(by, organisation)
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()[0]:
        raise WorkflowError(_("This invitation has already been used."))
    _audit_people(AuditKind.INVITATION_CANCELLED, organisation, by, email=email)


@transaction.atomic
def renew_invitation(invitation: Invitation, *, by: User) -> str:
    """Give an invitation a new link and a new term, and return its token; the link sent before is worthless."""
    roles.require_people(by, invitation.organisation)
    token = Invitation.objects.renew(invitation)
    if not token:
        raise WorkflowError(_("This invitation has already been used."))
    _audit_people(AuditKind.INVITATION_SENT_AGAIN, invitation.organisation, by, email=invitation.email)
    return token


@transaction.atomic
def change_role(membership: Membership, role: Role, sees: Sees, *, by: User) -> None:
    """Give a member another role; the last owner stays one, and members of the reviewing body review."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    roles.require(by, Action.PEOPLE, organisation)
    if (membership.role, membership.sees) == (role, sees):
        return
    owners = owner_memberships(organisation.pk)
    if membership.role == Role.OWNER and role != Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise WorkflowError(_("Make somebody else an owner first. An organisation needs at least one owner."))
    old = f"{membership.role} {membership.sees}"
    membership.role, membership.sees = role, sees
    membership.save(update_fields=["role", "sees"])
    details = {"member": membership.user.email, "old": old, "new": f"{role} {sees}"}
    log.record(
        AuditKind.ROLE_CHANGED, organisation, by=by, organisation=organisation, details=details, rows=[membership]
    )


def _audit_people(kind: AuditKind, organisation: Organisation, by: User, **details: str) -> None:
    log.record(kind, organisation, by=by, organisation=organisation, details=details)
