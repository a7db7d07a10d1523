"""Members of an organisation: invited, joined, removed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import Invitation, Membership, Organisation, Role, Sees, User


@transaction.atomic
def join(user: User, organisation: Organisation, role: Role, *, by: User, sees: Sees = Sees.ALL) -> Membership:
    """Make somebody a member, or give back a role to somebody who left; who may invite does it, as with an invitation.

    Raises NotPermitted, and WorkflowError for a member (`invitations.change_role` is for those) or an owner of the reviewing
    body.
    """
    roles.require_people(by, organisation)
    _check_role_in(organisation, role)
    if roles.membership_in(user, organisation):
        raise WorkflowError(
            _("Enter another email address. A member already has the address %(email)s.") % {"email": user.email}
        )
    return _join(user, organisation, role, by=by, sees=sees)


def _check_role_in(organisation: Organisation, role: Role) -> None:
    if organisation.is_reviewing_body and role != Role.REVIEWER:
        raise WorkflowError(_("Choose the role “Reviewer”. Members of the reviewing body can have no other role."))


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
    roles.require_people(by, organisation)
    _check_role_in(organisation, role)
    if Membership.objects.current().filter(organisation=organisation, user__email__iexact=email).exists():
        raise WorkflowError(
            _("Enter another email address. A member already has the address %(email)s.") % {"email": email}
        )
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
    if roles.membership_in(by, invitation.organisation):
        raise WorkflowError(_("You are already a member of this organisation."))
    if by.email.lower() != invitation.email.lower():
        words = _("Sign in with the email address %(email)s. This invitation is only for that address.")
        raise NotPermitted(words % {"email": invitation.email})
    if not by.has_confirmed(invitation.email):
        words = _("Confirm your email address first. This invitation was sent to %(email)s.")
        raise NotPermitted(words % {"email": invitation.email})
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=timezone.now())
    if not taken:
        words = _("Ask the person who invited you to send a new invitation. This invitation has already been used.")
        raise WorkflowError(words)
    return _join(by, invitation.organisation, Role(invitation.role), by=by, sees=Sees(invitation.sees))


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> None:
    """End a membership; the last owner stays, and so does the last reviewer from the reviewing body."""
    # Two who leave at once wait in turn, so that the second is the last one.
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    if by.pk != membership.user_id:  # anybody may leave
        roles.require_people(by, organisation)
    keeps = Role.REVIEWER if organisation.is_reviewing_body else Role.OWNER
    others = Membership.objects.current().filter(organisation=organisation, role=keeps).exclude(pk=membership.pk)
    if membership.role == keeps and not others.exists():
        raise WorkflowError(
            _("Invite another reviewer first. The last reviewer cannot leave.")
            if organisation.is_reviewing_body
            else _("Make somebody else an owner first. The last owner cannot leave.")
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
