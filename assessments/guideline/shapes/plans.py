"""The shape of what a plan is made of: its order, its packages and the actions that no question brings."""

from __future__ import annotations

from assessments.guideline.files import Path
from assessments.guideline.order import STEPS
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    condition,
    count,
    flag,
    one_of,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import Vocabulary
from assessments.guideline.terms import Basis, Effort, Strength, Tier


def order_rule(known: Vocabulary) -> Rule:
    """Return the rule of `order` in policy.yaml, which a release has from the third on."""

    def work(form: Form, path: Path, value: object) -> None:
        record({"from": count(1), "to": count(1)})(form, path, value)
        ends = [value.get(end) for end in ("from", "to")] if isinstance(value, dict) else []
        days = [end for end in ends if isinstance(end, int)]
        if days != sorted(days):
            form.fault(path, f"“from” is {days[0]} and “to” is {days[1]}; “to” must not be the smaller number")

    owner = reference("owner", known.terms["owners"])
    return record(
        {
            "steps": several(one_of("step of the order", STEPS), whole=STEPS),
            "most": count(1),
            "stop_days": count(1),
            "effort_days": record(dict.fromkeys(Effort, count(1))),
            "work_days": record(dict.fromkeys(Effort, work)),
            "load": count(1),
            "steps_shown": count(1),
            "families": table(record({"key": text}, {"when": condition(known.facts)})),
        },
        {
            "most_due": one_of("strength", tuple(Strength)),
            "same_step": several(several(reference("question", known.question_keys), least=2)),
            "same_subject": table(
                record(
                    {"practices": several(reference("question", known.question_keys), least=2)},
                    {"concrete_first": flag, "when": condition({**known.facts, "tier": tuple(Tier)})},
                )
            ),
            "posts": table(record({"post": owner, "when": condition(known.facts), "otherwise": owner})),
        },
    )


def packages_rule(known: Vocabulary) -> Rule:
    """Return the rule of packages.yaml."""
    never_waits = condition({**known.facts, "tier": tuple(Tier)})
    package = record({"key": text}, {"never_waits": never_waits})
    return record({"basis": one_of("basis", tuple(Basis)), "packages": table(package)})


def standing_rule(known: Vocabulary) -> Rule:
    """Return the rule of standing.yaml: the actions that no question brings."""
    action = record(
        {
            "key": text,
            "package": reference("package", known.packages),
            "owner": reference("owner", known.terms["owners"]),
            "effort": one_of("effort", tuple(Effort)),
        }
    )
    return record({"basis": one_of("basis", tuple(Basis)), "actions": table(action)})
