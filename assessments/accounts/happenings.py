"""What follows from what happens to an account: the log, the known browser, the ends of sessions."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import signals as auth
from django.contrib.auth import update_session_auth_hash
from django.dispatch import receiver
from django.http import HttpRequest

from assessments.accounts import account_log, addresses, devices, factors, initial_passwords, proofs, refusals
from assessments.accounts.adapter import INVITATION_KEY
from assessments.accounts.sessions import SIGNED_IN_AT, change_key
from assessments.audit.kinds import AuditKind
from assessments.models import User


@receiver(auth.user_logged_in)
def begin_session(request: HttpRequest, **_more: Any) -> None:
    request.session[SIGNED_IN_AT] = int(time.time())


@receiver(account.user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_more: Any) -> None:
    devices.remember(request, user)
    shown = proofs.of_sign_in(request, user)
    account_log.write(AuditKind.SIGNED_IN, user, by=user, details={"shown": shown} if shown else None)


@receiver(account.authentication_step_completed)
def renew_session(request: HttpRequest, *, reauthenticated: bool = False, **_more: Any) -> None:
    """After a fresh proof a key that somebody copied before opens nothing any more."""
    if reauthenticated and request.user.is_authenticated:
        change_key(request)


@receiver(auth.user_logged_out)
def note_sign_out(user: User | None, **_more: Any) -> None:
    if user is not None:
        account_log.write(AuditKind.SIGNED_OUT, user, by=user)


@receiver(account.user_signed_up)
def note_sign_up(user: User, **_more: Any) -> None:
    account_log.write_for_installation(AuditKind.ACCOUNT_MADE, user, by=user)


@receiver(account.email_confirmed)
def note_confirmation(email_address: Any, **_more: Any) -> None:
    user = email_address.user
    if not EmailAddress.objects.filter(user=user, verified=True).exclude(pk=email_address.pk).exists():
        factors.drop(user)  # the first one: whatever was added before may be somebody else's
    account_log.write(AuditKind.ADDRESS_CONFIRMED, user, by=user, details={"address": email_address.email})


@receiver(account.email_changed)
def note_new_address(
    request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **_more: Any
) -> None:
    """Log a changed address. Allauth tells the old one; sessions elsewhere end with it (User.get_session_auth_hash)."""
    if from_email_address is None or from_email_address.email == to_email_address.email:
        return
    details = {"old": {"address": from_email_address.email}, "new": {"address": to_email_address.email}}
    account_log.write(AuditKind.ADDRESS_CHANGED, user, by=user, details=details)
    if request.user.is_authenticated and request.user.pk == user.pk:
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
        devices.remember(request, user)


@receiver(account.password_changed)
@receiver(account.password_set)
def note_new_password(request: HttpRequest, user: User, **_more: Any) -> None:
    initial_passwords.note_change(user)
    devices.remember(request, user)
    account_log.write(AuditKind.PASSWORD_CHANGED, user, by=user)


@receiver(account.password_reset)
def note_reset(request: HttpRequest, user: User, **_more: Any) -> None:
    """Take the address of the account as confirmed, since the link went there; drop what was added beside it before.

    This browser begins anew, too: a sign-up or sign-in that was left half done is not gone on with. Where somebody came
    by an invitation, that is kept.
    """
    invitation = request.session.get(INVITATION_KEY)
    request.session.flush()
    if invitation:
        request.session[INVITATION_KEY] = invitation
    addresses.confirm(user)
    initial_passwords.note_change(user)
    devices.remember(request, user)
    account_log.write(AuditKind.PASSWORD_RESET, user, by=None, details={"name": str(user), "email": user.email})


@receiver(mfa.authenticator_added)
def note_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Count a factor that was just added as shown: the next step does not ask for it again."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True)
    account_log.write(AuditKind.FACTOR_ADDED, user, by=user, details={"factor": authenticator.type})


@receiver(mfa.authenticator_removed)
def note_removed_factor(user: User, authenticator: Authenticator, **_more: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:  # they go with the last factor
        return
    account_log.write(AuditKind.FACTOR_REMOVED, user, by=user, details={"factor": authenticator.type})


@receiver(mfa.authenticator_reset)
def note_new_codes(user: User, **_more: Any) -> None:
    account_log.write(AuditKind.RECOVERY_CODES_MADE, user, by=user)


@receiver(mfa.authentication_failed)
def note_wrong_code(user: User, **_more: Any) -> None:
    refusals.count(user.email)


@receiver(mfa.authenticator_used)
def note_used_code(user: User, authenticator: Authenticator, **_more: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        account_log.write(AuditKind.RECOVERY_CODE_USED, user, by=user)
