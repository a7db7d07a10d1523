"""The shape of what stands before an approval: checks of a submission, evidence and the conformity file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assessments.guideline.conditions import ANSWER
from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import entries, inside
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    condition,
    count,
    one_of,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import ANSWERS, Vocabulary
from assessments.guideline.terms import Basis, CheckKind, PartKind, Severity, Tier

TICK = "tick."
"""In a check, `tick.<question>/<item>` is whether that line of an answered checklist is in place."""
CHECK_FIGURES: Mapping[str, tuple[str, ...]] = {
    CheckKind.MANY_NOT_APPLICABLE: ("share",),
    CheckKind.SAME_WORDS: ("answers", "characters"),
    CheckKind.OLD_EVIDENCE: ("months",),
}
"""The numbers that a kind of check has to give; the other kinds give none."""
APPROVAL = ("looked_at", "outside_team", "independent", "inside", "no_conflict", "conflict_declared")
"""The sentences that an approval is made of; `domain.review.approval` chooses which of them one has."""


def checks_rule(known: Vocabulary) -> Rule:
    """Return the rule of checks.yaml.

    Checks read facts, the tier, answers, and the lines of checklists: they run on what is answered, in no order.
    """
    seen: dict[str, Collection[bool | str]] = {**known.facts, "tier": tuple(Tier)}
    for key, kind in known.order:
        seen[ANSWER + key] = ANSWERS[kind]
    for section in known.sections:
        for _, question in entries(known.structure.get(f"questionnaires/{section}"), "questions"):
            for item in inside(question, "items"):
                seen[f"{TICK}{question.get('key')}/{item.get('key')}"] = (True, False)
    head: dict[str, Rule] = {
        "key": text,
        "kind": one_of("kind of check", tuple(CheckKind)),
        "severity": one_of("severity", tuple(Severity)),
    }

    def check(form: Form, path: Path, value: object) -> None:
        kind = value.get("kind") if isinstance(value, dict) else None
        fields = dict(head)
        if kind in (CheckKind.CONTRADICTION, CheckKind.WORDS):
            fields["when"] = condition(seen)
        exceptions = {"unless": condition(known.facts)} if kind == CheckKind.CONTRADICTION else None
        if kind == CheckKind.WORDS:
            fields["phrases"] = several(text, least=1)
        if kind in CHECK_FIGURES:
            fields["figures"] = record(dict.fromkeys(CHECK_FIGURES[str(kind)], count(1)))
        record(fields, exceptions)(form, path, value)

    return record({"basis": one_of("basis", tuple(Basis)), "checks": table(check)})


def gates_rule(known: Vocabulary) -> Rule:
    """Return the rule of gates.yaml."""
    tiers = several(one_of("tier", tuple(Tier)), least=1)
    question = reference("question", known.question_keys)
    gate = record({"key": text, "tiers": tiers, "question": question})
    part = record(
        {"key": text, "kind": one_of("kind of part", tuple(PartKind))}, {"questions": several(question, least=1)}
    )
    return record(
        {
            "basis": one_of("basis", tuple(Basis)),
            "evidence": table(gate, least=0),
            "conformity_tiers": tiers,
            "conformity_file": table(part),
            "approval": several(one_of("approval sentence", APPROVAL), whole=APPROVAL),
        }
    )
