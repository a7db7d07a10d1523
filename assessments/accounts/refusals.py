"""Sign-ins that were refused: counted at once, for every address alike, and said in the log once in fifteen minutes.

The sweeper writes the entry. A request that wrote it would take longer where there is an account, and so say that there is.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from assessments.accounts import account_log
from assessments.audit.kinds import AuditKind
from assessments.core import request_context
from assessments.models import RefusedSignIn, User
from assessments.notifications.inbox import notify, said_since
from assessments.notifications.kinds import MessageKind

SAID_EVERY = timedelta(minutes=15)
WORTH_A_MESSAGE = 3  # so many refusals are no slip of the person's own


def count(email: str) -> None:
    """Count a refused sign-in with an address, whether somebody has it or not: one or two queries."""
    said = {"last_at": timezone.now(), "address": request_context.current().address}
    found = RefusedSignIn.objects.filter(email=email.lower())
    if not found.update(count=F("count") + 1, **said):
        RefusedSignIn.objects.get_or_create(email=email.lower(), defaults={"count": 1, **said})


def say() -> int:
    """For the sweeper: write what was counted into the log of the installation; returns how many entries.

    A person has one entry in fifteen minutes at most, with the count. An address without an account is forgotten.
    """
    before = timezone.now() - SAID_EVERY
    written = 0
    for pk in RefusedSignIn.objects.filter(count__gt=0).values_list("pk", flat=True):
        written += _say(pk)
    RefusedSignIn.objects.filter(count=0, last_at__lt=before, logged_at__lt=before).delete()
    return written


@transaction.atomic
def _say(pk: int) -> int:
    found = RefusedSignIn.objects.select_for_update().filter(pk=pk).first()
    if found is None or (found.logged_at and timezone.now() - found.logged_at < SAID_EVERY):
        return 0
    user = User.objects.filter(email__iexact=found.email).first()
    if user is None:
        found.delete()
        return 0
    refused = found.count
    details = {"name": str(user), "email": user.email, "count": refused, "last_from": found.address}
    found.count, found.logged_at = 0, timezone.now()
    found.save(update_fields=["count", "logged_at"])
    account_log.write_for_installation(AuditKind.SIGN_IN_REFUSED, user, by=None, details=details)
    if refused >= WORTH_A_MESSAGE:
        _tell(user, refused)
    return 1


def _tell(user: User, count: int) -> None:
    """Tell the person, once a day at most: whoever tries passwords must not be able to flood them with mails."""
    kind, about = MessageKind.SIGN_IN_REFUSED, f"user:{user.pk}"
    if not said_since(kind, {about: timezone.localdate()}):
        notify(kind, [user.pk], about=about, link=reverse("usersessions_list"), context={"count": count})
