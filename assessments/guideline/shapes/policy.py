"""The shape of the policy: weights, bands, periods and kinds of change."""

from __future__ import annotations

from itertools import pairwise

from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import entries
from assessments.guideline.shapes.plans import order_rule
from assessments.guideline.shapes.rules import Form, Rule, count, flag, one_of, record, reference, several, table, text
from assessments.guideline.shapes.vocabulary import Vocabulary
from assessments.guideline.terms import Basis, Strength, Tier

REMINDERS = ("condition", "action", "risk", "evidence")
PRIORITIES = ("prohibited_or_hold", "table_1_or_overlay", "must", "should", "consider")


def policy_rule(known: Vocabulary) -> Rule:
    """Return the rule of policy.yaml."""
    days = count(1)

    def bands(form: Form, path: Path, value: object) -> None:
        table(record({"from": count(0), "key": text}))(form, path, value)
        given = [entry.get("from") for _, entry in entries(form.document, "bands")]
        starts = [start for start in given if isinstance(start, int)]
        if len(starts) < len(given):
            return
        for number, (above, below) in enumerate(pairwise(starts), start=1):
            if below >= above:
                form.fault(
                    (*path, number, "from"),
                    f"{below} must be lower than {above}; list the bands from the highest to the lowest",
                )
        if starts and starts[-1] != 0:
            form.fault((*path, len(starts) - 1, "from"), "the last band must start from 0")

    return record(
        {
            "basis": one_of("basis", tuple(Basis)),
            "weights": record({strength: count(1) for strength in Strength}),
            "bands": bands,
            "due_days": record({tier: record(dict.fromkeys(("blocking", *Strength), days)) for tier in Tier}),
            "priorities": several(one_of("priority", PRIORITIES), whole=PRIORITIES),
            "condition_days": days,
            "first_audit_months": days,
            "self_declared_na_share": count(0),
            "expiring_days": days,
            "monitoring_days": days,
        },
        {
            "review_target_days": days,
            "hold_days": days,
            "accepted_risk_days": days,
            "order": order_rule(known),
            "readiness": record({"least_duties": count(1), "organisation_part": count(2)}),
            "reminder_days": record(
                dict.fromkeys(REMINDERS, several(days, least=1)), {"monitoring": several(days, least=1)}
            ),
            "changes": table(
                record(
                    {"key": text},
                    {
                        "sections": several(reference("section", set(known.sections)), least=1),
                        "questions": several(reference("question", known.question_keys), least=1),
                        "everything": flag,
                        "suspends": flag,
                    },
                ),
                least=0,
            ),
        },
    )
