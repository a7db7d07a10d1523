"""What others do for an account: reset the second factor when phone, key and codes are lost; end all its sessions."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.accounts import account_log, factors
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import Membership, Organisation, Role, User


def obstacle(membership: Membership, by: User) -> str:
    """Say why an owner may not reset the second factor of a member; empty where they may.

    Our judgement: an owner answers for their own organisation alone, so a person who also decides elsewhere is left to those
    who run the installation.
    """
    if membership.user_id == by.pk:
        return _("You cannot reset your own second factor. Use a recovery code, or ask another owner to reset it.")
    mine = Membership.objects.current().filter(user=by, role=Role.OWNER).values("organisation")
    elsewhere = Membership.objects.current().filter(user=membership.user_id).exclude(organisation__in=mine)
    if membership.user.is_staff or elsewhere.exists():
        return _(
            "You cannot reset this second factor, because the person is also a member of other organisations. Ask"
            " the people who run the service to reset it."
        )
    return ""


@proof.asked
@transaction.atomic
def reset(membership: Membership, *, by: User) -> None:
    """Take the second factor of a member away, as an owner of the organisation. Raises NotPermitted and WorkflowError."""
    roles.require(by, Action.PEOPLE, membership.organisation)
    if why_not := obstacle(membership, by):
        raise WorkflowError(why_not)
    user = membership.user
    if not _drop(user):
        raise WorkflowError(_("%(name)s has no second factor.") % {"name": user})
    account_log.write(AuditKind.FACTORS_RESET, user, by=by, details={"name": str(user), "email": user.email})
    _tell(user, str(by))


@transaction.atomic
def reset_by_command(user: User) -> bool:
    """Do the same for those who run the installation. Returns whether there was a second factor."""
    if not _drop(user):
        return False
    details = {"name": str(user), "email": user.email}
    account_log.write(AuditKind.FACTORS_RESET_BY_COMMAND, user, by=None, details=details)
    _tell(user, _("The people who run the service"))
    return True


def _drop(user: User) -> int:
    """Take away the factors, and with them each session and each link that was mailed to set a password."""
    count = factors.drop(user)
    if count:
        _end_all(user)
    return count


def _end_all(user: User) -> int:
    """End each session, and each link that was mailed to set a password; returns how many sessions there were."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    # A link holds for as long as the last sign-in stays what it was when it was mailed, to the second.
    later = max(timezone.now(), (user.last_login or timezone.now()) + timedelta(seconds=1))
    User.objects.filter(pk=user.pk).update(last_login=later)
    return len(sessions)


def _tell(user: User, who: str) -> None:
    told = {"who": who, "timestamp": timezone.now()}
    get_adapter().send_mail("mfa/email/factors_reset", user.email, told)


def person_with(mail: str) -> User | None:
    """Return the account of an address, for those who run the service."""
    return User.objects.filter(email__iexact=mail, deleted_at=None).first()


@transaction.atomic
def end_sessions(user: User, *, by: User, reason: str) -> int:
    """End all sessions of somebody, as staff; returns how many. Raises NotPermitted and WorkflowError."""
    if not (by.is_active and by.is_staff):
        raise NotPermitted(_("Only our staff can end the sessions of other people."))
    if user.pk == by.pk:
        raise WorkflowError(_("End your own sessions in your settings."))
    return _end_and_tell(AuditKind.SESSIONS_ENDED_BY_STAFF, user, by, reason)


@transaction.atomic
def end_sessions_by_command(user: User, *, reason: str) -> int:
    """Return the same for those who have the machine."""
    return _end_and_tell(AuditKind.SESSIONS_ENDED_BY_COMMAND, user, None, reason)


def _end_and_tell(kind: AuditKind, user: User, by: User | None, reason: str) -> int:
    count = _end_all(user)
    details = {"name": str(user), "email": user.email, "count": count, "reason": reason}
    account_log.write_for_installation(kind, user, by=by, details=details)
    told = {"reason": reason, "timestamp": timezone.now()}
    get_adapter().send_mail("account/email/sessions_ended", user.email, told)
    return count


@proof.asked
@transaction.atomic
def ask_members(organisation: Organisation, *, by: User, on: bool) -> None:
    """Ask every member of an organisation for a second factor, or stop asking. Raises NotPermitted for all but owners."""
    roles.require(by, Action.REGISTER, organisation)
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.requires_second_factor == on:
        return
    organisation.requires_second_factor = on
    organisation.save(update_fields=["requires_second_factor"])
    kind = AuditKind.SECOND_FACTOR_ASKED if on else AuditKind.SECOND_FACTOR_NOT_ASKED
    account_log.write_for_organisation(kind, organisation, by=by)
