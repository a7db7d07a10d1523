"""Forms that arrive after their session has ended: kept for an hour, so that what was typed fills its own page again.

Only text is kept, never an act. The forms of a few named pages are held, where people write for long (NAMED); after
signing in the person finds what they typed in the form of that page, and its own button saves it.

Such a page carries `whose`: the key of its reader, signed for that page and for the session in which it was drawn. The
page does not say which session that was: the browser does, in a cookie that no script reads. So a person who only saw the
page can have nothing kept in its reader's name.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner
from django.http import QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.core.errors import WorkflowError
from assessments.models import HeldPost, User

SALT = "assessments.held"
SIGNED_FOR = timedelta(hours=12)  # how long a page may stand open
KEPT_FOR = timedelta(hours=1)
MAX_BYTES = 1024 * 1024
NOT_KEPT = ("csrfmiddlewaretoken", "whose", "held")
NAMED = {
    "section": gettext_lazy("Answers to questions"),
    "returned": gettext_lazy("Changes that a reviewer asked for"),
    "facts": gettext_lazy("Facts about a use"),
    "review_facts": gettext_lazy("Marks in a review"),
    "review_section": gettext_lazy("Marks in a review"),
    "review_changes": gettext_lazy("Marks in a review"),
    "review_not_applicable": gettext_lazy("Marks in a review"),
    "mark_own_set": gettext_lazy("Marks in a review"),
    "approve": gettext_lazy("The approval of a submission"),
    "send_back": gettext_lazy("The return of a submission"),
    "refuse": gettext_lazy("The refusal of a submission"),
}
"""The pages (names of their addresses) whose forms are held, with what they hold. No other form ever is."""


class NotHeld(WorkflowError):
    """A form that is not kept; the page shows what was typed, to be copied."""


def browser_of(session_key: str) -> str:
    """Return what the cookie says of a session: it is known again by it, and cannot be taken over with it."""
    return salted_hmac(SALT, session_key, algorithm="sha256").hexdigest()[:32]


def _signer(path: str, browser: str) -> TimestampSigner:
    return TimestampSigner(salt=f"{SALT}:{browser}:{path}")


def sign_for(user: User, path: str, session_key: str) -> str:
    """Name the reader of a page, for the field `whose` of its form."""
    return _signer(path, browser_of(session_key)).sign(str(user.pk))


def signed_for(whose: str, path: str, browsers: Iterable[str]) -> int | None:
    """Read whose page a form was; None where it was signed for another page or session, is too old or is not ours."""
    for browser in browsers:
        try:
            return int(_signer(path, browser).unsign(whose, max_age=SIGNED_FOR))
        except BadSignature:
            continue
    return None


def names_another(whose: str, user: User) -> bool:
    """Tell whether a form was made for somebody else than `user`; one that names nobody was not.

    A signature is not asked for: the name can only lead to a refusal.
    """
    return bool(whose) and whose.partition(":")[0] != str(user.pk)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def hold(person: int, path: str, form: QueryDict) -> str | None:
    """Keep a form for a person; returns the token of its page, None for somebody who is not there any more.

    Raises NotHeld where it is too long. How many there may be is a limit of their sender (`held_form`).
    """
    user = User.objects.filter(pk=person, is_active=True).first()
    if user is None:
        return None
    kept = form.copy()
    for name in NOT_KEPT:
        kept.pop(name, None)
    body = kept.urlencode()
    if len(body) > MAX_BYTES or len(path) > 300:
        raise NotHeld(_("We could not keep your text, because it is too long."))
    token = secrets.token_urlsafe(24)
    HeldPost.objects.create(token_digest=_digest(token), user=user, path=path, body=body)
    return token


def held_for(user: User, token: str) -> HeldPost | None:
    """Return the form kept under this token for this person; None after an hour, and for everybody else."""
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
