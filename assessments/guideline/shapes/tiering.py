"""The shape of tier rules, holds, overlays, flags and obligations."""

from __future__ import annotations

from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import names, words
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    condition,
    count,
    flag,
    mapping_of,
    one_of,
    or_null,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import Vocabulary
from assessments.guideline.terms import UNKNOWN, Basis, HoldKind, Tier


def tiering_rule(known: Vocabulary) -> Rule:
    """Return the rule of tiering.yaml."""
    exceptions = set(words(known.structure.get("tiering"), "exceptions"))
    refusals = {
        key: f"{key} is a {kind} fact; a tier rule can use only tier facts"
        for key, kind in known.fact_kinds.items()
        if kind != "tier"
    }
    # A rule may ask for the answer "unknown" itself, which opens a hold.
    ruled = {key: (*values, UNKNOWN) for key, values in known.facts.items()}
    clauses = several(reference("clause", known.clauses))
    requirements = several(reference("requirement", known.requirements))
    tiers = several(one_of("tier", tuple(Tier)), least=1)
    about = several(reference("fact", known.facts), least=1)
    hold = record({"kind": one_of("hold", tuple(HoldKind))}, {"about": about})
    rule = record(
        {
            "id": text,
            "when": condition(ruled, refusals),
            "tier": or_null(one_of("tier", tuple(Tier))),
            "clauses": clauses,
            "basis": one_of("basis", tuple(Basis)),
        },
        {"unless": reference("exception", exceptions), "last": flag, "hold": hold},
    )
    overlay = record(
        {
            "key": text,
            "when": condition(known.facts),
            "requirements": requirements,
            "clause": reference("clause", known.clauses),
            "blocks": flag,
        }
    )
    obligation = record(
        {"tier": one_of("tier", tuple(Tier)), "requirements": requirements, "valid_months": or_null(count(1))}
    )

    def obligations(form: Form, path: Path, value: object) -> None:
        table(obligation, "tier")(form, path, value)
        listed = names(form.document, "obligations", "tier")
        for tier in Tier:
            if tier not in listed:
                form.fault(path, f"{tier} is missing", broken=True)

    return record(
        {
            "exceptions": mapping_of(condition(ruled, refusals)),
            "rules": table(rule, "id"),
            "holds": several(one_of("hold", tuple(HoldKind)), whole=tuple(HoldKind)),
            "overlays": table(overlay, least=0),
            "flags": table(record({"key": text, "when": condition(known.facts), "as_of": text}), least=0),
            "obligations": obligations,
            "asked_at": record(dict.fromkeys(Tier, tiers)),
            "prohibited_uses": requirements,
        }
    )
