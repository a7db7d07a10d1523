"""The tier of a use while an answer waits for a reviewer: the worse of two results of the same rules.

An open question that was answered stays a hold until a reviewer closes it. Until then the tier is the worse of what the
rules give for the facts as declared, and for the held facts as unknown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from assessments.guideline.conditions import Facts
from assessments.guideline.edition import Edition
from assessments.guideline.terms import UNKNOWN
from assessments.scoring.tiers import Counterfactuals, TierResult, assign_tier, counterfactuals


def counted_facts(edition: Edition, facts: Facts, held: Collection[str]) -> Facts:
    """Return the facts that the tier is worked out from: as declared, or with the `held` ones unknown where that is worse."""
    waiting = [fact for fact in held if facts.get(fact, UNKNOWN) != UNKNOWN]
    if not waiting:
        return facts
    without = {**facts, **dict.fromkeys(waiting, UNKNOWN)}
    now, then = assign_tier(edition, facts), assign_tier(edition, without)
    return without if then.assigned_tier.rank > now.assigned_tier.rank else facts


def assign_held_tier(edition: Edition, facts: Facts, held: Collection[str]) -> TierResult:
    """Give the tier of these facts, or the worse one that they would have with the `held` facts unknown.

    The worse one waits for a reviewer and not for an answer: it is provisional only where the declared facts are.
    """
    counted = counted_facts(edition, facts, held)
    result = assign_tier(edition, facts)
    if counted is facts:
        return result
    return replace(assign_tier(edition, counted), provisional=result.provisional, waits_for=result.waits_for)


def held_counterfactuals(edition: Edition, facts: Facts, result: TierResult) -> Counterfactuals:
    """Return the single answers that would change the tier of `result`, which a hold may keep above that of the facts.

    While a hold keeps it up no answer lowers it, and an answer that leads only to the same tier does not raise it.
    """
    changes = counterfactuals(edition, facts)
    if assign_tier(edition, facts).assigned_tier.rank >= result.assigned_tier.rank:
        return changes
    higher = tuple(change for change in changes.higher if change.tier.rank > result.assigned_tier.rank)
    return Counterfactuals((), higher, ())
