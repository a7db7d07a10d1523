"""The page of tier and facts, which plan and results share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from assessments.documents import engine, shared_parts
from assessments.documents.report.facts import FactLine
from assessments.documents.report.model import Report
from assessments.documents.report.tier import ChangeLine, RuleLine

CHANGES_SHOWN = 3
"""Answers that are named of those that would give another tier; the others are counted."""
DENIED_SHOWN = (20, 10, 4)
"""Facts answered no that are named where the page of tier and facts is full: the first number that fits."""


def deciding_rules(report: Report) -> list[RuleLine]:
    """Return the rules that carry the assigned tier."""
    return [rule for rule in report.tier.rules if rule.deciding]


def tier_context(report: Report) -> dict[str, Any]:
    """Return what the page of tier and facts shows: deciding rules, the answers that change it, facts that count."""
    tier = report.tier
    told = [fact for fact in report.facts if not (fact.denied or fact.affirmed or fact.unknown)]
    half = (len(told) + 1) // 2
    others = [rule for rule in tier.rules if not rule.deciding and rule.tier is not None]
    return {
        "tier_heading": shared_parts.tier_heading(report),
        "deciding": deciding_rules(report),
        "other_rules": others,
        "notices": [rule for rule in tier.rules if rule.tier is None],
        "raise_to": _changes(_in_the_open(tier.higher, report.facts)),
        "lower_to": _changes(tier.lower, shown=len(tier.lower)),
        "told": told,
        "fact_rows": _pairs(told[:half], told[half:]),
        "affirmed": [_lower(fact.label) for fact in report.facts if fact.affirmed],
        "denied": _denied(report.facts),
        "unknown_facts": [fact.label for fact in report.facts if fact.unknown],
        "agreed": [fact for fact in report.facts if fact.agreed_by or fact.signed_worst],
    }


def _denied(facts: Sequence[FactLine]) -> list[str]:
    """Name the facts answered no; the prohibited uses together, where all of them are."""
    prohibited = [fact for fact in facts if fact.prohibited]
    together = bool(prohibited) and all(fact.denied for fact in prohibited)
    lines = [_lower(fact.label) for fact in facts if fact.denied and not (together and fact.prohibited)]
    return [_("each of the %(n)s prohibited uses") % {"n": len(prohibited)}, *lines] if together else lines


def _lower(label: str) -> str:
    """Begin a label with a small letter, but for an abbreviation."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def fitted_tier(report: Report, shared: dict[str, Any]) -> dict[str, Any]:
    """Return `tier_context` with its facts in a table where that fits on one page, else as sentences."""
    context = tier_context(report)
    denied = context["denied"]
    tried = [context | {"tier_dense": False, "in_full": ":3", "in_short": "3:"}]
    tried += [
        context
        | {"tier_dense": True, "in_full": ":2", "in_short": "2:"}
        | {"denied": denied[:shown], "more_denied": max(0, len(denied) - shown)}
        for shown in DENIED_SHOWN
    ]
    page = "assessments/documents/tier_page.html"
    fitting = (one for one in tried if engine.count_pages(render_to_string(page, shared | one)) == 1)
    return next(fitting, tried[-1])


def _in_the_open(changes: Sequence[ChangeLine], facts: Sequence[FactLine]) -> list[ChangeLine]:
    """Leave out the prohibited uses that were answered no: nobody plans to start one."""
    denied = {fact.label for fact in facts if fact.prohibited and not fact.unknown}
    return [change for change in changes if change.fact not in denied]


def _changes(changes: Sequence[ChangeLine], shown: int = CHANGES_SHOWN) -> list[dict[str, Any]]:
    """Group the answers that would give another tier by that tier, so many each; the rest is counted."""
    by_tier: dict[str, list[ChangeLine]] = {}
    for change in changes:
        by_tier.setdefault(change.tier, []).append(change)
    return [
        {"tier": tier, "lines": lines[:shown], "more": max(0, len(lines) - shown)} for tier, lines in by_tier.items()
    ]


def _pairs(left: Sequence[FactLine], right: Sequence[FactLine]) -> list[tuple[FactLine, FactLine | None]]:
    """Return the rows of a table in two halves, of which the right one may be shorter."""
    return [(fact, right[n] if n < len(right) else None) for n, fact in enumerate(left)]
