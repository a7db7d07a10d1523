"""How facts give a tier, and what a tier brings: rules, overlays, obligations and flags as named data of the edition."""

from __future__ import annotations

from dataclasses import dataclass

from assessments.guideline.conditions import Condition, parse
from assessments.guideline.terms import Basis, HoldKind, Tier
from assessments.guideline.texts import Raw, text_at, texts_at


@dataclass(frozen=True, slots=True)
class TierRule:
    """A condition over facts that gives a tier, opens a hold, or both."""

    id: str
    when: Condition
    unless: Condition | None
    last: bool  # tried only when nothing else fired: the two W rules
    tier: Tier | None  # None: changes none (X-PLEA)
    hold: HoldKind | None
    hold_about: tuple[str, ...]  # facts that the hold names; empty: those that satisfied the rule
    clauses: tuple[str, ...]
    basis: Basis
    reason: str
    reading: str  # our reading inside an explicit rule, or ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Duties beside the tier; an unmet one blocks the certificate (our judgement)."""

    key: str
    when: Condition
    requirements: tuple[str, ...]
    clause: str
    blocks: bool  # False: only shows questions, which block by strength (sector, overseas)
    label: str
    asks: str


@dataclass(frozen=True, slots=True)
class TierObligation:
    """What a tier brings: Table 1's own words paraphrased, and what the product enforces."""

    tier: Tier
    requirements: tuple[str, ...]
    valid_months: int | None  # None: no certificate
    meaning: str  # one line
    guideline: str
    judgement: str
    validity: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A dated remark outside the Guideline (the EU would treat this differently); never a reason for a tier."""

    key: str
    when: Condition
    as_of: str
    label: str
    text: str


def read_tier_rules(structure: Raw, words: Raw) -> tuple[TierRule, ...]:
    """Read the tier rules in the order in which they are tried."""
    exceptions = {name: parse(raw) for name, raw in structure["tiering"]["exceptions"].items()}
    rules = []
    for raw in structure["tiering"]["rules"]:
        hold = raw.get("hold")
        said = texts_at(words, "tiering", "rules", raw["id"])
        rules.append(
            TierRule(
                id=raw["id"],
                when=parse(raw["when"]),
                unless=exceptions.get(raw.get("unless")),
                last=raw.get("last", False),
                tier=Tier(raw["tier"]) if raw["tier"] else None,
                hold=HoldKind(hold["kind"]) if hold else None,
                hold_about=tuple(hold.get("about", ())) if hold else (),
                clauses=tuple(raw["clauses"]),
                basis=Basis(raw["basis"]),
                reason=text_at(said, "reason"),
                reading=text_at(said, "reading"),
            )
        )
    return tuple(rules)


def read_overlays(structure: Raw, words: Raw) -> tuple[Overlay, ...]:
    """Read the overlays."""
    overlays = []
    for raw in structure["tiering"]["overlays"]:
        said = texts_at(words, "tiering", "overlays", raw["key"])
        overlays.append(
            Overlay(
                key=raw["key"],
                when=parse(raw["when"]),
                requirements=tuple(raw["requirements"]),
                clause=raw["clause"],
                blocks=raw["blocks"],
                label=text_at(said, "label"),
                asks=text_at(said, "asks"),
            )
        )
    return tuple(overlays)


def read_obligations(structure: Raw, words: Raw) -> dict[Tier, TierObligation]:
    """Read what each tier brings."""
    result = {}
    for raw in structure["tiering"]["obligations"]:
        said = texts_at(words, "tiering", "obligations", raw["tier"])
        tier = Tier(raw["tier"])
        result[tier] = TierObligation(
            tier=tier,
            requirements=tuple(raw["requirements"]),
            valid_months=raw["valid_months"],
            meaning=text_at(said, "meaning"),
            guideline=text_at(said, "guideline"),
            judgement=text_at(said, "judgement"),
            validity=text_at(said, "validity"),
        )
    return result


def read_flags(structure: Raw, words: Raw) -> tuple[Flag, ...]:
    """Read the remarks on laws outside the Guideline."""
    flags = []
    for raw in structure["tiering"]["flags"]:
        said = texts_at(words, "tiering", "flags", raw["key"])
        flags.append(Flag(raw["key"], parse(raw["when"]), raw["as_of"], text_at(said, "label"), text_at(said, "text")))
    return tuple(flags)
