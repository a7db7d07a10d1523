"""The shape of questions, and of the stages and questionnaires that hold them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from assessments.guideline.conditions import ANSWER
from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import entries, inside, names, words_in
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    condition,
    flag,
    one_of,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import ANSWERS, Vocabulary
from assessments.guideline.terms import Effort, QuestionKind, Stakeholder, Tier

PROTECTED = (
    "people_decided_about",
    "patients",
    "minors",
    "data_subjects",
    "public",
    "rights_holders",
    "staff",
    "organisation",
)
"""Whom, or what, a practice protects (ADVICE section 2)."""


def outline_rule(known: Vocabulary) -> Rule:
    """Return the rule of questionnaires.yaml: a section stands in one stage, each stakeholder has one questionnaire."""
    files = {room.removeprefix("questionnaires/") for room in known.structure if room.startswith("questionnaires/")}
    section = reference("section file", files - {"questionnaires"})
    questionnaire = record(
        {
            "key": text,
            "stakeholder": one_of("stakeholder", tuple(Stakeholder)),
            "sections": several(reference("section", set(known.sections)), least=1),
        }
    )

    def outline(form: Form, path: Path, value: object) -> None:
        record(
            {
                "stages": table(record({"key": text, "sections": several(section, least=1)})),
                "questionnaires": table(questionnaire),
            }
        )(form, path, value)
        seen: set[str] = set()
        for where, stage in entries(form.document, "stages"):
            for number, key in enumerate(words_in(stage, "sections")):
                if key in seen:
                    form.fault((*where, "sections", number), f"the section {key} is also in an earlier stage")
                seen.add(key)
        parts = names(form.document, "questionnaires", "stakeholder")
        for part in Stakeholder:
            if parts.count(part) != 1:
                form.fault(
                    ("questionnaires",), f"{part} must have one questionnaire, but has {parts.count(part)}", broken=True
                )

    return outline


def question_rule(known: Vocabulary, position: Mapping[str, int]) -> Rule:
    """Return the rule of one question; `position` is the place at which each question is asked.

    A practice has requirements and a remedy, a checklist has items that have them.
    """
    cited = several(reference("requirement", known.requirements), least=1)
    sources = {"requirements": cited, "extended": cited}
    remedy = record(
        {"owner": reference("owner", known.terms["owners"]), "effort": one_of("effort", tuple(Effort))},
        {"in_stopgap": flag},
    )
    head: dict[str, Rule] = {
        "key": text,
        "kind": one_of("kind of question", tuple(QuestionKind)),
        "stakeholders": several(one_of("stakeholder", tuple(Stakeholder)), least=1),
    }

    def question(form: Form, path: Path, value: object) -> None:
        key = value.get("key") if isinstance(value, dict) else None
        when = question_condition(known, position.get(key, len(position)) if isinstance(key, str) else len(position))
        choices: dict[str, Rule] = {
            "when": when,
            "held_by": one_of("holder", ("supplier",)),
            "organisation_wide": flag,
            "confirm_here": flag,
            **advice_fields(known),
        }
        if known.ordered and isinstance(value, dict) and "package" not in value:
            form.fault(path, "the field package is missing")
        if isinstance(value, dict) and value.get("kind") == QuestionKind.CHECKLIST:
            item = record({"key": text, "remedy": remedy}, {"when": when, **sources})
            record({**head, "items": table(item)}, choices)(form, path, value)
            for number, entry in enumerate(inside(value, "items")):
                _has_source(form, (*path, "items", number), entry)
        else:
            record({**head, "remedy": remedy}, {**choices, **sources})(form, path, value)
            _has_source(form, path, value)

    return question


def _has_source(form: Form, path: Path, value: object) -> None:
    """A practice, and each line of a checklist, asks for a line of the register or extends one."""
    if isinstance(value, dict) and not value.get("requirements") and not value.get("extended"):
        form.fault(path, "the field requirements is missing", broken=True)


def advice_fields(known: Vocabulary) -> dict[str, Rule]:
    """Return the fields that a question has from release 3 on: its reach, its place in the plan, what it protects."""
    read = condition({**known.facts, "tier": tuple(Tier)})
    reason = record(
        {
            "requirement": reference("requirement", known.requirements),
            "to": several(one_of("stakeholder", tuple(Stakeholder)), least=1),
            "when": read,
        }
    )
    return {
        "package": reference("package", known.packages),
        "answers_to": several(reference("fact", {*known.facts, "tier"})),
        "protects": several(one_of("protected group", PROTECTED)),
        "needs": several(reference("question", known.question_keys), least=1),
        "stop": read,
        "costs_when": read,
        "found_by": record({"practice": reference("question", known.question_keys), "when": read}),
        "eased": read,
        "figure": record({"unit": text, "better": one_of("direction", ("higher", "lower"))}),
        "proof_from_supplier": flag,
        "module": reference("sector", known.terms["sectors"]),
        "lead": text,
        "variants": table(record({"key": text, "when": read})),
        "extends": table(reason, "requirement"),
        "narrows": table(reason, "requirement"),
    }


def question_condition(known: Vocabulary, place: int) -> Rule:
    """Return the rule of conditions of the question at `place`.

    They read facts, part, tier, and answers of questions that stand earlier.
    """
    facts: dict[str, Collection[bool | str]] = dict(known.facts)
    facts |= {"stakeholder": tuple(Stakeholder), "tier": tuple(Tier)}
    refusals = {}
    for number, (key, kind) in enumerate(known.order):
        if number < place:
            facts[ANSWER + key] = ANSWERS[kind]
        else:
            refusals[ANSWER + key] = (
                f"the answer to {key} cannot be used here, because {key} is not asked before this question"
            )
    return condition(facts, refusals)
