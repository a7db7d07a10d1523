"""The answers that would raise or lower the tier next, in words: on the tier page and on the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, UNKNOWN, Tier
from assessments.guideline.wording import fact_answer
from assessments.templatetags.hk import TIER_WORDS

NAMED = 2  # answers that are named in the open; the others are folded


def nearest(edition: Edition, tier: str, changes: Iterable[Mapping[str, Any]]) -> str:
    """Return one sentence on the nearest other tier: which answer, or which two, would give it; empty for no change.

    A prohibited use that was answered no is not named: nobody is about to start one.
    """
    here = TIERS.index(Tier(tier))
    found = [
        change
        for change in changes
        if change.get("from") == UNKNOWN or not edition.facts[change["fact"]].prohibited_use
    ]
    if not found:
        return ""
    to = min((str(change["tier"]) for change in found), key=lambda other: abs(TIERS.index(Tier(other)) - here))
    said = [_said(edition, change) for change in found if str(change["tier"]) == to][:NAMED]
    return _("%(tier)s, if %(answers)s.") % {"tier": TIER_WORDS[Tier(to)], "answers": _(" or ").join(said)}


def _said(edition: Edition, change: Mapping[str, Any]) -> str:
    fact = edition.facts[change["fact"]]
    return _("“%(fact)s” were “%(answer)s”") % {
        "fact": fact.label,
        "answer": fact_answer(fact, change["to"], short=True),
    }
