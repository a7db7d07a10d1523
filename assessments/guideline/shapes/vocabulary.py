"""The words and ids of an edition that its files are checked against."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from assessments.guideline.files import Document
from assessments.guideline.shapes.entries import OUTLINE, entries, names, words, words_in
from assessments.guideline.terms import (
    Basis,
    Choice,
    Dimension,
    Kind,
    LifecycleStage,
    Principle,
    QuestionKind,
    Stakeholder,
    Strength,
    Tier,
)

ENUMS: Mapping[str, type[StrEnum]] = {
    "tiers": Tier,
    "stakeholders": Stakeholder,
    "dimensions": Dimension,
    "principles": Principle,
    "lifecycle": LifecycleStage,
    "strengths": Strength,
    "bases": Basis,
    "kinds": Kind,
}
TERMS = (*ENUMS, "sectors", "themes", "owners", "answers")
ANSWERS = {
    QuestionKind.PRACTICE: {Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE, Choice.NOT_APPLICABLE},
    QuestionKind.CHECKLIST: {Choice.TICKED, Choice.NONE, Choice.NOT_APPLICABLE},
}


class Vocabulary:
    """The words of one edition, read leniently. `structure` holds its documents by room."""

    def __init__(self, structure: Mapping[str, Document]) -> None:
        self.structure = structure
        self.terms = {name: words(structure.get("terms"), name) for name in TERMS}
        self.clauses = set(names(structure.get("clauses"), "clauses", "id"))
        self.requirements = set(names(structure.get("requirements"), "requirements", "id"))
        self.slugs = set(words(structure.get("conditions"), "conditions"))
        stages = entries(structure.get(OUTLINE), "stages")
        self.sections = [key for _, stage in stages for key in words_in(stage, "sections")]
        self.facts: dict[str, Collection[bool | str]] = {}
        self.fact_kinds: dict[str, str] = {}
        for _, fact in entries(structure.get("facts"), "facts"):
            if isinstance(fact.get("key"), str) and isinstance(fact.get("values"), list):
                self.facts[fact["key"]] = [value for value in fact["values"] if isinstance(value, bool | str)]
                self.fact_kinds[fact["key"]] = str(fact.get("kind"))
        self.packages = names(structure.get("packages"), "packages")
        self.ordered = bool(words(structure.get("policy"), "order"))  # its actions have an order and packages
        # Questions in the order in which they are asked: a condition may look back, never ahead.
        self.order: list[tuple[str, QuestionKind]] = []
        for section in self.sections:
            for _, question in entries(structure.get(f"questionnaires/{section}"), "questions"):
                if isinstance(question.get("key"), str):
                    kind = QuestionKind.CHECKLIST if question.get("kind") == "checklist" else QuestionKind.PRACTICE
                    self.order.append((question["key"], kind))

    @property
    def question_keys(self) -> set[str]:
        """Return the keys of all questions."""
        return {key for key, _ in self.order}
