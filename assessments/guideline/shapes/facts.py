"""The shape of the facts, and of the named conditions over them."""

from __future__ import annotations

from assessments.guideline.conditions import as_written
from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import inside, words
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    anything,
    condition,
    flag,
    mapping_of,
    one_of,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import Vocabulary
from assessments.guideline.terms import UNKNOWN


def facts_rule(known: Vocabulary) -> Rule:
    """Return the rule of facts.yaml: what a fact names of its values must be among them."""
    groups = words(known.structure.get("facts"), "groups")
    fact = record(
        {
            "key": text,
            "group": reference("group of facts", groups),
            "kind": one_of("kind of fact", ("tier", "profile", "scoping")),
            "level": one_of("level", ("use", "system")),
            "values": _fact_values,
            "unknown": flag,
        },
        {
            "many": flag,
            "mildest": _any_value,
            "worst": _any_value,
            "prohibited_use": flag,
            "shown_when": condition(known.facts),
            "otherwise": anything,
            "implied": several(record({"value": anything, "when": condition(known.facts)}), least=1),
            "alone": several(text, least=1),
            "offered": several(text, least=1),
            "nothing": flag,
            "derived": several(record({"value": text, "when": condition(known.facts)}), least=1),
            "dated": flag,
            "free_text": flag,
        },
    )

    def whole(form: Form, path: Path, value: object) -> None:
        fact(form, path, value)
        values = value.get("values") if isinstance(value, dict) else None
        if isinstance(value, dict) and isinstance(values, list):
            for field in ("mildest", "worst"):
                if field in value and value[field] not in values:
                    form.fault((*path, field), f"{as_written(value[field])} is not a value of this fact")
            for field in ("alone", "offered", "otherwise"):
                named = value.get(field, [])
                for one in named if isinstance(named, list) else [named]:
                    if one not in values:
                        form.fault((*path, field), f"{as_written(one)} is not a value of this fact")
            for field in ("implied", "derived"):
                for number, entry in enumerate(inside(value, field)):
                    named = entry.get("value")
                    for one in named if isinstance(named, list) else [named]:
                        if one not in values:
                            form.fault((*path, field, number), f"{as_written(one)} is not a value of this fact")

    return record({"groups": several(text, least=1), "facts": table(whole)})


def _any_value(form: Form, path: Path, value: object) -> None:
    if not isinstance(value, bool | str):
        form.fault(path, "this must be one of the values of the fact", broken=True)


def _fact_values(form: Form, path: Path, value: object) -> None:
    """Either [true, false], or words."""
    if value == [True, False]:
        return
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(word, str) for word in value):
        form.fault(path, "this must be [true, false] or a list of words", broken=True)
        return
    several(text)(form, path, value)
    if UNKNOWN in value:
        form.fault(path, f"do not enter {UNKNOWN} as a value; write `unknown: true` instead")


def conditions_rule(known: Vocabulary) -> Rule:
    """Return the rule of conditions.yaml."""
    return record({"conditions": mapping_of(condition(known.facts))})
