"""The tier in a report: the rules that applied, open holds, and the answers that would change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from assessments.documents.report.dates import moment
from assessments.documents.report.facts import FactLine
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Basis, Tier
from assessments.guideline.wording import fact_answer, rule_card
from assessments.models.holds import HoldKindChoices


@dataclass(frozen=True, slots=True)
class RaisedLine:
    """A tier that a reviewer raised, beside what the rules give."""

    tier: str
    by_rules: str
    reason: str
    by: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A note on something outside the Guideline, as of a month; never a reason for a tier."""

    label: str
    text: str
    as_of: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule that fired. `tier` is None where it changes none; `deciding` rules carry the assigned tier."""

    id: str
    tier: Tier | None
    basis: Basis
    basis_words: str
    clauses: tuple[str, ...]
    reason: str
    reading: str
    facts: tuple[FactLine, ...]
    deciding: bool


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A hold on the tier, with the decision that closed it."""

    kind: str
    fact: str
    open: bool
    decision: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One fact with another answer, and the tier that this would give."""

    fact: str
    was: str
    to: str
    tier: str


@dataclass(frozen=True, slots=True)
class TierReport:
    """The tier with its reasons. `text` is what the Guideline's own text says, None where it is not stated."""

    assigned: Tier
    word: str
    meaning: str
    asks: str
    judgement: str
    text: Tier | None
    text_word: str
    provisional: bool
    waits_for: tuple[str, ...]
    rules: tuple[RuleLine, ...]
    holds: tuple[HoldLine, ...]
    lower: tuple[ChangeLine, ...]
    higher: tuple[ChangeLine, ...]
    together: tuple[str, ...]
    raised: RaisedLine | None = None
    flags: tuple[FlagLine, ...] = ()


def build_tier(edition: Edition, content: Mapping[str, Any], fact_of: Mapping[str, FactLine]) -> TierReport:
    """Build the tier with its reasons. `fact_of`: the lines of the facts by key."""
    drawn = content["tier"]
    assigned = Tier(drawn["assigned"])
    obligation = edition.obligations[assigned]

    def line(key: str) -> FactLine:
        if key in fact_of:
            return fact_of[key]
        return FactLine(edition.facts[key].label, fact_answer(edition.facts[key], None), "", "")

    def change(drawn: Mapping[str, Any]) -> ChangeLine:
        key = drawn["fact"]
        return ChangeLine(
            fact=edition.facts[key].label,
            was=fact_answer(edition.facts[key], drawn["from"]),
            to=fact_answer(edition.facts[key], drawn["to"]),
            tier=edition.terms[f"tiers.{drawn['tier']}"],
        )

    return TierReport(
        assigned=assigned,
        word=edition.terms[f"tiers.{assigned}"],
        meaning=obligation.meaning,
        asks=obligation.guideline,
        judgement=obligation.judgement,
        text=Tier(drawn["text"]) if drawn["text"] else None,
        text_word=edition.terms[f"tiers.{drawn['text']}"] if drawn["text"] else _("not stated"),
        provisional=drawn["provisional"],
        waits_for=tuple(edition.facts[key].label for key in drawn["waits_for"]),
        rules=tuple(
            _rule(edition, drawn, fired, map(line, fired["facts"]))
            for fired in sorted(drawn["rules"], key=lambda r: -Tier(r["tier"]).rank if r["tier"] else 1)
        ),
        holds=tuple(
            HoldLine(
                kind=str(HoldKindChoices(hold["kind"]).label),
                fact=edition.facts[hold["fact"]].label if hold["fact"] in edition.facts else hold["fact"],
                open=hold["open"],
                decision=hold["decision"],
            )
            for hold in drawn["holds"]
        ),
        lower=tuple(change(one) for one in drawn["lower"]),
        higher=tuple(change(one) for one in drawn["higher"]),
        together=tuple(edition.facts[key].label for key in drawn["together"]),
        raised=_raised(edition, drawn),
        flags=_flags(edition, content),
    )


def _rule(edition: Edition, drawn: Mapping[str, Any], fired: Mapping[str, Any], facts: Iterable[FactLine]) -> RuleLine:
    """Build the line of one rule that fired."""
    card = rule_card(edition, fired["id"])
    return RuleLine(
        id=card.id,
        tier=Tier(fired["tier"]) if fired["tier"] else None,
        basis=Basis(card.basis),
        basis_words=edition.terms[f"bases.{card.basis}"],
        clauses=tuple(cited for _id, cited in card.clauses),
        reason=card.reason,
        reading=card.reading,
        facts=tuple(facts),
        deciding=fired["tier"] == drawn.get("by_rules", drawn["assigned"]),
    )


def _raised(edition: Edition, drawn: Mapping[str, Any]) -> RaisedLine | None:
    """Return what a reviewer raised the tier to; None in snapshots made before a tier could be raised."""
    raised = drawn.get("raised")
    if not raised:
        return None
    return RaisedLine(
        tier=edition.terms[f"tiers.{raised['tier']}"],
        by_rules=edition.terms[f"tiers.{drawn['by_rules']}"],
        reason=raised["reason"],
        by=raised["by"],
        role=_("independent reviewer") if raised["independent"] else _("reviewer within the organisation"),
        at=moment(raised["at"]),
    )


def _flags(edition: Edition, content: Mapping[str, Any]) -> tuple[FlagLine, ...]:
    """Return the flags at the signing, in the words of the edition."""
    words = {flag.key: flag for flag in edition.flags}
    drawn = [one for one in content.get("flags", ()) if one["key"] in words]
    return tuple(FlagLine(words[one["key"]].label, words[one["key"]].text, one["as_of"]) for one in drawn)
