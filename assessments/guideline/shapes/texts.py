"""Which texts a structure must have, and whether a file of texts has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assessments.guideline.compiling import ENGLISH
from assessments.guideline.files import Document, Path
from assessments.guideline.order import STEPS
from assessments.guideline.shapes.entries import OUTLINE, entries, inside, words, words_in
from assessments.guideline.shapes.rules import Form
from assessments.guideline.shapes.vocabulary import TERMS
from assessments.guideline.terms import Effort, QuestionKind

LANGUAGES = (ENGLISH, "zh-hant", "zh-hans")


class Leaf:
    """A text, or with `lines` a list of them. `required` says whether English may leave it out."""

    def __init__(self, required: bool = True, lines: bool = False, only: str | None = None, free: bool = False) -> None:
        self.free = free  # a text, or texts by value
        self.required = required
        self.lines = lines
        self.only = only


TEXT = Leaf()
MAYBE = Leaf(required=False)
ANY = Leaf(required=False, free=True)
ORDER_TEXTS = (
    *STEPS,
    "dates",
    "protects",
    "needs_dates",
    "same_step",
    "same_subject",
    "found_by",
    "eased",
    "answered",
    "load",
    "posts",
    "explained",
)
LINES = Leaf(lines=True)

FAMILIES = ("decides", "informs", "drafts", "media", "code", "moves", "builds")
"""The families of use by which the words of an action may differ; `policy.order.families` says when each holds."""


class Optional(dict[str, "Shape"]):
    """A mapping of texts that English too may leave out, whole or in part."""


type Shape = Leaf | dict[str, Shape]


class Words:
    """The texts that belong to a room, and where in its structure each of them comes from."""

    def __init__(self, structure: Document, room: str) -> None:
        self.structure = structure
        self.origins: dict[Path, tuple[Document, Path]] = {}
        writers = {
            "edition": self.edition,
            "clauses": self.clauses,
            "requirements": self.requirements,
            "facts": self.facts,
            "conditions": self.conditions,
            "tiering": self.tiering,
            "policy": self.policy,
            "terms": self.terms,
            "checks": self.checks,
            "gates": self.gates,
            "packages": self.packages,
            "standing": self.standing,
            OUTLINE: self.outline,
        }
        self.shape: dict[str, Shape] = writers.get(room, self.section)()

    def listed(self, name: str, id_field: str, shape: Callable[[dict[str, Any], Path], Shape]) -> dict[str, Shape]:
        result: dict[str, Shape] = {}
        for path, entry in entries(self.structure, name):
            key = entry.get(id_field)
            if isinstance(key, str):
                self.origins[name, key] = (self.structure, path)
                result[key] = shape(entry, (name, key))
        return result

    def words(self, name: str, shape: Shape) -> dict[str, Shape]:
        keys = words(self.structure, name)
        for key in keys:
            self.origins[name, key] = (self.structure, (name, key))
        return dict.fromkeys(keys, shape)

    def edition(self) -> dict[str, Shape]:
        return {"title": TEXT}

    def clauses(self) -> dict[str, Shape]:
        return {"clauses": self.listed("clauses", "id", lambda entry, path: {"heading": TEXT, "summary": TEXT})}

    def requirements(self) -> dict[str, Shape]:
        shape: dict[str, Shape] = {"heading": TEXT, "statement": TEXT, "label": MAYBE}
        return {"requirements": self.listed("requirements", "id", lambda entry, path: shape)}

    def facts(self) -> dict[str, Shape]:
        def fact(entry: dict[str, Any], path: Path) -> Shape:
            shape: dict[str, Shape] = {"label": TEXT, "question": TEXT, "help": TEXT, "reasons": ANY}
            if entry.get("nothing"):
                shape["nothing"] = TEXT
            values = words_in(entry, "values")
            return {**shape, "options": dict.fromkeys(values, TEXT)} if values else shape

        groups = self.words("groups", {"title": TEXT, "intro": TEXT})
        return {"groups": groups, "facts": self.listed("facts", "key", fact)}

    def conditions(self) -> dict[str, Shape]:
        return {"conditions": self.words("conditions", TEXT)}

    def tiering(self) -> dict[str, Shape]:
        def rule(entry: dict[str, Any], path: Path) -> Shape:
            return {"reason": TEXT, "reading": MAYBE}

        obligation: dict[str, Shape] = {"meaning": TEXT, "guideline": TEXT, "judgement": TEXT, "validity": TEXT}
        return {
            "rules": self.listed("rules", "id", rule),
            "holds": self.words("holds", TEXT),
            "overlays": self.listed("overlays", "key", lambda entry, path: {"label": TEXT, "asks": TEXT}),
            "flags": self.listed("flags", "key", lambda entry, path: {"label": TEXT, "text": TEXT}),
            "obligations": self.listed("obligations", "tier", lambda entry, path: obligation),
        }

    def policy(self) -> dict[str, Shape]:
        return {
            "method": TEXT,
            "bands": self.listed("bands", "key", lambda entry, path: TEXT),
            "priorities": self.words("priorities", TEXT),
            "efforts": dict.fromkeys(Effort, TEXT),
            "order": dict.fromkeys(ORDER_TEXTS, MAYBE),
            "readiness": dict.fromkeys(("least_duties", "organisation_part"), MAYBE),
            "changes": self.listed("changes", "key", lambda entry, path: {"label": TEXT, "help": TEXT}),
        }

    def packages(self) -> dict[str, Shape]:
        shape: dict[str, Shape] = {"title": TEXT, "paper": MAYBE, "risk": TEXT, "until": MAYBE}
        return {"packages": self.listed("packages", "key", lambda entry, path: shape)}

    def standing(self) -> dict[str, Shape]:
        shape: dict[str, Shape] = dict.fromkeys(("title", "stopgap", "closes_it", "gap", "why"), TEXT)
        shape["families"] = Optional(dict.fromkeys(FAMILIES, Optional({"stopgap": TEXT})))
        return {"actions": self.listed("actions", "key", lambda entry, path: shape)}

    def terms(self) -> dict[str, Shape]:
        return {name: self.words(name, TEXT) for name in TERMS}

    def checks(self) -> dict[str, Shape]:
        return {"checks": self.listed("checks", "key", lambda entry, path: {"label": TEXT, "advice": TEXT})}

    def gates(self) -> dict[str, Shape]:
        return {
            "evidence": self.listed("evidence", "key", lambda entry, path: {"label": TEXT, "asks": TEXT}),
            "conformity_file": self.listed("conformity_file", "key", lambda entry, path: {"label": TEXT, "asks": TEXT}),
            "approval": self.words("approval", TEXT),
        }

    def outline(self) -> dict[str, Shape]:
        return {
            "stages": self.listed("stages", "key", lambda entry, path: TEXT),
            "questionnaires": self.listed("questionnaires", "key", lambda entry, path: {"title": TEXT, "intro": TEXT}),
        }

    def section(self) -> dict[str, Shape]:
        questions = self.listed("questions", "key", self.question)
        name = self.structure.value.get("section") if isinstance(self.structure.value, dict) else None
        return {"section": Leaf(only=str(name)), "title": TEXT, "intro": TEXT, "questions": questions}

    def question(self, entry: dict[str, Any], path: Path) -> Shape:
        remedy: dict[str, Shape] = {"first_step": TEXT, "closes_it": TEXT}
        shape: dict[str, Shape] = {"title": TEXT, "text": TEXT, "why": TEXT, "good_evidence": LINES, "example": TEXT}
        if "held_by" in entry:
            shape["ask_supplier"] = TEXT
        if entry.get("organisation_wide") is True:
            shape["organisation_wide"] = TEXT
        shape |= self.advice(entry, path)
        if entry.get("kind") != QuestionKind.CHECKLIST:
            return {**shape, "remedy": remedy}
        items: dict[str, Shape] = {}
        _, question_path = self.origins[path]
        for number, item in enumerate(inside(entry, "items")):
            if isinstance(item.get("key"), str):
                self.origins[*path, "items", item["key"]] = (self.structure, (*question_path, "items", number))
                other = Optional(dict.fromkeys(FAMILIES, Optional({"task": MAYBE, "first_step": MAYBE})))
                items[item["key"]] = {"text": TEXT, "remedy": {**remedy, "task": MAYBE, "families": other}}
        return {**shape, "items": items}

    def advice(self, entry: dict[str, Any], path: Path) -> dict[str, Shape]:
        """The texts of an action, and the reasons for the question's reach."""
        variant: dict[str, Shape] = dict.fromkeys(("task", "stopgap", "gap"), MAYBE)
        told = TEXT if "package" in entry else MAYBE
        action: dict[str, Shape] = dict.fromkeys(("task", "stopgap", "gap"), told)
        if "costs_when" in entry:
            action["costs"] = TEXT
            variant = {**variant, "costs": MAYBE}
        action["families"] = Optional(dict.fromkeys(FAMILIES, Optional(variant)))
        own = [one["key"] for one in inside(entry, "variants") if isinstance(one.get("key"), str)]
        if own:
            action["variants"] = dict.fromkeys(own, variant)
        shape: dict[str, Shape] = {"action": action if "package" in entry else Optional(action)}
        for kind in ("extends", "narrows"):
            lines = [one["requirement"] for one in inside(entry, kind) if isinstance(one.get("requirement"), str)]
            if lines:
                shape[kind] = dict.fromkeys(lines, TEXT)
        if "figure" in entry:
            shape["figure"] = TEXT
            shape["first_count"] = MAYBE
        return shape


def compare(
    form: Form, shape: Shape, value: object, path: Path, origins: Mapping[Path, tuple[Document, Path]], complete: bool
) -> None:
    """Hold texts against the shape that their structure asks for; a translation may be incomplete, English may not."""
    if isinstance(shape, Leaf):
        _compare_leaf(form, shape, value, path, complete)
        return
    if value is None and not complete:
        return
    if not isinstance(value, dict):
        form.fault(path, "each entry here needs a name and a text, for example title: Data protection")
        return
    for key in value:
        if key not in shape:
            form.fault((*path, key), "the structure file has no place for this text; correct its name or remove it")
    for key, inner in shape.items():
        here = (*path, key)
        if key in value:
            compare(form, inner, value[key], here, origins, complete)
        elif complete and not (isinstance(inner, Optional) or (isinstance(inner, Leaf) and not inner.required)):
            if here in origins:
                document, where = origins[here]
                form.faults.append(document.fault(where, f"the text for this is missing in {form.document.file}"))
            else:
                form.fault(path, f"{key} is missing")


def _compare_leaf(form: Form, leaf: Leaf, value: object, path: Path, complete: bool) -> None:
    if leaf.free and isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        return
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        if complete:
            form.fault(path, "is empty")
    elif leaf.lines:
        listed: Sequence[object] = value if isinstance(value, list) else ()
        if not listed or not all(isinstance(line, str) for line in listed):
            form.fault(path, "this must be a list of texts")
        for number, line in enumerate(listed):
            if line == "" or line is None:
                form.fault((*path, number), "is empty")
    elif not isinstance(value, str):
        form.fault(path, "this must be text")
    elif leaf.only is not None and value != leaf.only:
        form.fault(path, f"this must be {leaf.only}, as in the structure file")
