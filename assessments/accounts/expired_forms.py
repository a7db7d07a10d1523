"""Forms that arrive after their session has ended: kept for an hour, handed back to the person whose page it was.

A page that may be held carries `whose`: the key of its reader, signed. Only such a form is kept, never a file, and only
that person, signed in again, is told of it. What is kept is sent once more by a button that this person presses.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.errors import WorkflowError
from assessments.models import HeldPost, User

SALT = "assessments.held"
SIGNED_FOR = timedelta(days=30)  # how long a page may stand open
KEPT_FOR = timedelta(hours=1)
MAX_BYTES = 1024 * 1024
MAX_HELD = 20  # a person, within the hour
NOT_KEPT = ("csrfmiddlewaretoken", "whose")


class NotHeld(WorkflowError):
    """A form that is not kept; the page shows what was typed, to be copied."""


def sign_for(user: User) -> str:
    """Name the reader of a page, for the field `whose` of its form."""
    return TimestampSigner(salt=SALT).sign(str(user.pk))


def signed_for(whose: str) -> int | None:
    """Read whose page a form was; None where the signature is not ours or too old."""
    try:
        return int(TimestampSigner(salt=SALT).unsign(whose, max_age=SIGNED_FOR))
    except BadSignature:
        return None


def names_another(whose: str, user: User) -> bool:
    """Tell whether a form was made for somebody else than `user`; one that names nobody was not.

    A signature is not asked for: the name can only lead to a refusal.
    """
    return bool(whose) and whose.partition(":")[0] != str(user.pk)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def hold(whose: str, path: str, form: QueryDict) -> str | None:
    """Keep a form for the person of a signed `whose`; returns the token of its page, None where nobody is named.

    Raises NotHeld where it is too long, or where that person has too many of them. Two queries and the insert.
    """
    pk = signed_for(whose)
    user = None if pk is None else User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return None
    kept = form.copy()
    for name in NOT_KEPT:
        kept.pop(name, None)
    body = kept.urlencode()
    if len(body) > MAX_BYTES or len(path) > 300:
        raise NotHeld(_("It is too long to be kept here."))
    if HeldPost.objects.filter(user=user, at__gt=timezone.now() - KEPT_FOR).count() >= MAX_HELD:
        raise NotHeld(_("Too many forms of yours are being kept already."))
    token = secrets.token_urlsafe(24)
    HeldPost.objects.create(token_digest=_digest(token), user=user, path=path, body=body)
    return token


def held_for(user: User, token: str) -> HeldPost | None:
    """The form kept under this token for this person; None after an hour, and for everybody else."""
    fresh = HeldPost.objects.filter(user=user, at__gt=timezone.now() - KEPT_FOR)
    return fresh.filter(token_digest=_digest(token)).first()


def fields_of(post: HeldPost) -> QueryDict:
    return QueryDict(post.body, mutable=True)


def drop(post: HeldPost) -> None:
    post.delete()


def sweep() -> int:
    """Forget what nobody came back for within the hour; returns how many."""
    gone, _each = HeldPost.objects.filter(at__lte=timezone.now() - KEPT_FOR).delete()
    return gone
