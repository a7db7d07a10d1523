"""The answers that would raise or lower the tier next, in words: on the tier page and on the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, UNKNOWN, Tier
from assessments.guideline.wording import fact_answer
from assessments.templatetags.hk import TIER_WORDS


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
    first, *others = [_names(edition, change) for change in found if str(change["tier"]) == to]
    words = {"tier": TIER_WORDS[Tier(to)], **first}
    if not others:
        return _("%(tier)s, if the answer to “%(fact)s” were “%(answer)s”.") % words
    words |= {f"second_{name}": word for name, word in others[0].items()}
    return (
        _(
            "%(tier)s, if the answer to “%(fact)s” were “%(answer)s”, or if the answer to “%(second_fact)s” were "
            "“%(second_answer)s”."
        )
        % words
    )


def _names(edition: Edition, change: Mapping[str, Any]) -> dict[str, str]:
    """Return the fact of a change and its new answer in words."""
    fact = edition.facts[change["fact"]]
    return {"fact": fact.label, "answer": fact_answer(fact, change["to"], short=True)}
