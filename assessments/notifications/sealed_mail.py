"""Emails about accounts and of invitations: kept encrypted until the worker sends them, and then deleted.

They carry links and codes, so a row keeps subject, text and address encrypted with a key that is derived from the secret key.
Why the row does not keep only what is needed to make the link anew: the database knows no token of an invitation, but its
digest; a code is in a session that the worker cannot know; and the text names the address and browser of its request. One
sealed row does for all of them, and the worker needs to know no kind of email.

A row is claimed, sent and tried again as a line of an inbox is (`mail`), with two differences. It is deleted once it is sent,
once its link is of no use, or once five attempts were refused. And where no worker is seen, the process of the request sends
it, after the request has done all else: a new password can be set on a site without a worker.
"""

from __future__ import annotations

import json
import logging
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial

from cryptography.fernet import InvalidToken
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assessments.core import after_commit, after_request, encryption, heartbeat
from assessments.models import Invitation, SealedEmail
from assessments.notifications import mail

SEND_SEALED_EMAIL = "assessments.tasks.send_sealed_email"
SALT = b"assessments.notifications.sealed_mail:"
LOST_AFTER = timedelta(minutes=10)  # that an email was in hand; a server is waited for 20 seconds
HELD_UP_AFTER = timedelta(minutes=3)  # without one attempt, though a worker is alive

log = logging.getLogger(__name__)

# --- keeping an email ----------------------------------------------------------------------------------------------------


def keep(email: EmailMessage, expires_at: datetime, invitation: Invitation | None = None) -> SealedEmail:
    """Keep an email of text alone for the worker, until its link is of no use. It takes the place of an invitation's earlier one.

    The row belongs to the transaction of its caller, and is sent after the commit.
    """
    if invitation is not None:
        SealedEmail.objects.filter(invitation=invitation, sending_at=None).delete()
    plain = json.dumps({"subject": str(email.subject), "body": str(email.body), "to": email.to})
    sealed = encryption.keys(SALT).encrypt(plain.encode()).decode()
    row = SealedEmail.objects.create(sealed=sealed, expires_at=expires_at, invitation=invitation)
    after_commit.after_commit(SEND_SEALED_EMAIL, row.pk, priority=after_commit.FIRST)
    send_it = partial(_send_without_worker, row.pk)
    if not after_request.leave(send_it):  # a command
        transaction.on_commit(send_it, robust=True)
    return row


def leaves(row: SealedEmail) -> bool:
    """Tell whether an email was sent or is on its way. Where it cannot leave now, it is taken back.

    For a page that then shows its link. Where no worker is seen, this sends it; no transaction is open.
    """
    if heartbeat.is_silent():
        is_sent(row.pk)
    elif not _held_up():
        return True
    taken_back, _each = SealedEmail.objects.filter(pk=row.pk, sending_at=None).delete()
    return not taken_back


def _held_up() -> bool:
    """Tell whether emails wait though a worker is alive: it does not reach the mail server."""
    return waiting().filter(attempts=0, at__lt=timezone.now() - HELD_UP_AFTER).exists()


def _send_without_worker(pk: int) -> None:
    if heartbeat.is_silent():
        is_sent(pk)


# --- sending -------------------------------------------------------------------------------------------------------------


def waiting() -> QuerySet[SealedEmail]:
    """Return the emails that are to be sent: of use still, not refused too often, and in nobody's hand."""
    waits = Q(sending_at=None, attempts__lt=mail.ATTEMPTS, invitation__accepted_at=None)
    return SealedEmail.objects.filter(waits, expires_at__gt=timezone.now())


def send(pk: int, connection: BaseEmailBackend | None = None) -> None:
    """Send one email and delete it; nothing where it was sent, is in somebody's hand or is of no use any more.

    Raises what the mail server raises, and the email waits for the next attempt. Where the server cannot be reached at
    all, no attempt is counted.
    """
    row = waiting().filter(pk=pk).first()
    if row is None:
        return
    email = _opened(row)
    if email is None:
        log.error("sealed email %s was deleted, because no secret key of this installation can decrypt it", pk)
        row.delete()
        return
    with nullcontext(connection) if connection else mailers.default as outlet:
        now = timezone.now()
        # One UPDATE decides, and is kept before the email leaves: it never leaves twice, whenever its sender dies.
        if not SealedEmail.objects.filter(pk=pk, sending_at=None).update(attempts=F("attempts") + 1, sending_at=now):
            return
        claimed = SealedEmail.objects.filter(pk=pk, sending_at=now)
        try:
            mail.hand_over(outlet, email)
        except Exception:
            claimed.update(sending_at=None)
            raise
        claimed.delete()


def _opened(row: SealedEmail) -> EmailMessage | None:
    try:
        plain = json.loads(encryption.keys(SALT).decrypt(row.sealed.encode()))
    except InvalidToken:
        return None
    return EmailMessage(plain["subject"], plain["body"], None, plain["to"])


def is_sent(pk: int, connection: BaseEmailBackend | None = None) -> bool:
    """Send an email, and log why it could not be. False: the server has broken off, or cannot be reached.

    What the server says may name the address, so the log has the kind of error alone.
    """
    try:
        send(pk, connection)
    except Exception as error:
        code = getattr(error, "smtp_code", "")
        log.error("sealed email %s could not be sent: %s %s", pk, type(error).__name__, code)
        return not isinstance(error, mail.BROKEN_OFF)
    return True


class Sender(mail.Sender):
    """Sends new sealed emails soon after their commit, as its base sends new lines."""

    def new(self) -> QuerySet[SealedEmail]:
        return waiting().filter(attempts=0).exclude(pk__in=self.tried).order_by("pk")

    def is_sent(self, pk: int, outlet: BaseEmailBackend) -> bool:
        return is_sent(pk, outlet)


def send_left() -> int:
    """Send what is left for longer than a minute; returns how many. Raises OSError where the server cannot be reached."""
    return mail.send_over_one_connection(_left(), is_sent)


def wake_workers(*, at_once: bool = False) -> int:
    """Wake Celery workers for emails that were left; returns for how many. `at_once`: also for those just written."""
    found = _left(at_once=at_once)
    for pk in found:
        after_commit.after_commit(SEND_SEALED_EMAIL, pk, priority=after_commit.FIRST)
    return len(found)


def _left(*, at_once: bool = False) -> list[int]:
    left = waiting() if at_once else waiting().filter(at__lt=timezone.now() - timedelta(minutes=1))
    return list(left.order_by("pk").values_list("pk", flat=True)[: mail.AT_ONCE])


def forget() -> int:
    """Delete the emails that nobody will send any more, and log their numbers; returns how many.

    They could not be sent in time or in five attempts, or their sender died while it handed them over.
    """
    now = timezone.now()
    SealedEmail.objects.filter(sending_at=None, invitation__accepted_at__isnull=False).delete()
    unsent = Q(sending_at=None) & (Q(expires_at__lte=now) | Q(attempts__gte=mail.ATTEMPTS))
    lost = Q(sending_at__lt=now - LOST_AFTER)
    return _forget(unsent, "could not be sent") + _forget(lost, "may not have arrived, because a process died")


def _forget(which: Q, why: str) -> int:
    found = list(SealedEmail.objects.filter(which).order_by("pk").values_list("pk", flat=True))
    if found:
        log.warning("these sealed emails %s, and were deleted: %s", why, found)
        SealedEmail.objects.filter(which, pk__in=found).delete()
    return len(found)
