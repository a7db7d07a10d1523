"""The answers that would raise or lower the tier next, in words: on the tier page and on the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, Tier
from assessments.templatetags.hk import TIER_WORDS
from assessments.views.wording import fact_answer

NAMED = 2  # changes that are named in the open; the others are folded


@dataclass(frozen=True, slots=True)
class TierChange:
    """One answer, given otherwise, and the tier that would follow."""

    label: str
    answer: str
    tier: str

    @property
    def words(self) -> str:
        said = _("%(tier)s, if “%(fact)s” were “%(answer)s”.")
        return said % {"tier": TIER_WORDS[Tier(self.tier)], "fact": self.label, "answer": self.answer}


def nearest(edition: Edition, tier: str, changes: Iterable[Mapping[str, Any]]) -> list[TierChange]:
    """Return the changes that lead to the nearest other tier first, at most `NAMED` of them."""
    here = TIERS.index(Tier(tier))
    ordered = sorted(changes, key=lambda change: abs(TIERS.index(Tier(change["tier"])) - here))
    return [_change(edition, change) for change in ordered[:NAMED]]


def _change(edition: Edition, change: Mapping[str, Any]) -> TierChange:
    fact = edition.facts[change["fact"]]
    return TierChange(fact.label, fact_answer(fact, change["to"]), str(change["tier"]))
