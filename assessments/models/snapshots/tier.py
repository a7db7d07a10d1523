"""The facts and the tier of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.guideline.edition import Edition
from assessments.models.holds import Hold
from assessments.models.systems import DeclaredFact, DeclaredUse
from assessments.scoring.held import held_counterfactuals
from assessments.scoring.tiers import TierResult


def fact_values(row: DeclaredFact) -> dict[str, Any]:
    """Return a declared fact, with who stated it, agreed to it or signed it at its worst answer."""
    return {
        "key": row.key,
        "value": row.value,
        "reason": row.reason,
        "revision": row.revision,
        "by": str(row.by),
        "at": row.at,
        "agreed_by": str(row.agreed_by) if row.agreed_by else None,
        "agreed_reason": row.agreed_reason,
        "signed_worst": {"by": str(row.signed_worst.by), "at": row.signed_worst.at} if row.signed_worst else None,
    }


def raised_values(use: DeclaredUse) -> dict[str, Any] | None:
    """Return the tier to which a reviewer raised the use, and why; None where it is not raised now."""
    decision = use.raised_by
    if not use.raised_tier or decision is None:
        return None
    return {
        "tier": str(use.raised_tier),
        "reason": decision.statement,
        "by": decision.by_name,
        "independent": decision.independent,
        "at": decision.at,
    }


def tier_values(edition: Edition, facts: Mapping[str, Any], result: TierResult, holds: list[Hold]) -> dict[str, Any]:
    """Return the tier by the rules: which fired, the holds, and the answers that would change it."""
    changes = held_counterfactuals(edition, facts, result)
    return {
        "assigned": str(result.assigned_tier),
        "text": str(result.text_tier) if result.text_tier else None,
        "provisional": result.provisional,
        "waits_for": list(result.waits_for),
        "rules": [
            {
                "id": rule.id,
                "tier": str(rule.tier) if rule.tier else None,
                "basis": str(rule.basis),
                "clauses": list(rule.clauses),
                "facts": list(rule.facts),
            }
            for rule in result.rules
        ],
        "holds": [
            {
                "kind": hold.kind,
                "fact": hold.fact,
                "rule": hold.rule,
                "due": hold.due,
                "open": hold.closed_at is None,
                "answered": hold.closed_at is None and hold.answered_at is not None,
                "outcome": hold.outcome,
                "decision": hold.decision,
            }
            for hold in holds
        ],
        "lower": [_change(change) for change in changes.lower],
        "higher": [_change(change) for change in changes.higher],
        "together": list(changes.together),
    }


def _change(change: Any) -> dict[str, Any]:
    """Return one answer that would change the tier."""
    was = list(change.was) if isinstance(change.was, tuple) else change.was
    return {"fact": change.fact, "from": was, "to": change.to, "tier": str(change.tier)}
