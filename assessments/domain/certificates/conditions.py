"""How many conditions a certificate may carry."""

from __future__ import annotations

from collections.abc import Sized

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.domain.certificates import issuing
from assessments.errors import InvalidAnswer


def most_conditions() -> int:
    """Return how many conditions an approval may set today. Our judgement: fixtures/issuing."""
    return issuing.rules_on(timezone.localdate()).most_conditions


def require_few_enough(conditions: Sized) -> None:
    """Raise InvalidAnswer where an approval sets more conditions than the issuing body allows."""
    most = most_conditions()
    if len(conditions) > most:
        words = _("%(n)s musts have a date; at most %(most)s may be left to a condition (our judgement).")
        more = _("Leave the date of the others empty: the certificate then waits until they are closed.")
        raise InvalidAnswer("conditions", f"{words % {'n': len(conditions), 'most': most}} {more}")


def too_many_to_promise(musts: int) -> str:
    """Say that a signer would have to promise more musts than the issuing body allows; empty where it is few enough."""
    most = most_conditions()
    if musts <= most:
        return ""
    words = _("%(n)s musts are not fully in place; at most %(most)s may be promised by a date (our judgement).")
    return words % {"n": musts, "most": most}
