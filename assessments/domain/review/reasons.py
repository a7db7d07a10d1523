"""Which reasons for *change needed* fit an answer or a fact, so that no reviewer asks for what the answer never claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.guideline.terms import UNKNOWN, Choice
from assessments.models import MarkReason
from assessments.models.snapshots import pieces_of


def fitting(content: Mapping[str, Any], target: str) -> tuple[MarkReason, ...]:
    """Return the reasons that fit a target as it was submitted, in the order of the list. Our judgement: which these are.

    Evidence is asked for where something is claimed, other evidence where there is some, less than the answer says where
    something is in place, *it applies* where something does not apply; a fact alone does not match its description.
    """
    key = target[2:]
    fits = {MarkReason.UNCLEAR, MarkReason.OTHER}
    if target.startswith("f:"):
        fits.add(MarkReason.WRONG_FACT)
        if any(fact["key"] == key and fact["value"] != UNKNOWN for fact in content["facts"]):
            fits.add(MarkReason.NOT_SHOWN)
    else:
        fits |= _of_answer(content["answers"].get(key))
    return tuple(reason for reason in MarkReason if reason in fits)


def _of_answer(answer: Mapping[str, Any] | None) -> set[MarkReason]:
    if answer is None:
        return set()
    fits: set[MarkReason] = set()
    choice, ticks = answer["choice"], answer["items"].values()
    if choice in (Choice.IN_PLACE, Choice.PARTLY) or any(tick is True for tick in ticks):
        fits |= {MarkReason.NOT_SHOWN, MarkReason.TOO_HIGH}
    if choice in (Choice.PLANNED, Choice.NOT_APPLICABLE):
        fits.add(MarkReason.NOT_SHOWN)
    if choice == Choice.NOT_APPLICABLE or any(isinstance(tick, str) and tick for tick in ticks):
        fits.add(MarkReason.NOT_APPLICABLE)
    if pieces_of(answer):
        fits |= {MarkReason.NOT_SHOWN, MarkReason.OTHER_EVIDENCE}
    return fits


def require_fitting(content: Mapping[str, Any], target: str, reason: str, *, stands: str = "") -> None:
    """Raise InvalidAnswer for a reason that does not fit the answer. `stands`: the reason of the mark as it is kept."""
    if not reason or reason == stands or reason in fitting(content, target):
        return
    if reason not in MarkReason.values:
        raise InvalidAnswer("reason", _("Choose why a change is needed."))
    words = _("“%(reason)s” does not fit the answer. Choose another reason.")
    raise InvalidAnswer("reason", words % {"reason": MarkReason(reason).label})
