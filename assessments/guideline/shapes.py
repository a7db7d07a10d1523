"""Whether each file of an edition is made as it must be: fields, vocabulary, ids, and a text wherever one belongs.

What an edition means (whether its conditions and its duties agree) is the business of ``checking``, which needs a
well-made one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, pairwise
from typing import Any

from assessments.guideline.compiling import AUTHORITY, ENGLISH
from assessments.guideline.conditions import ANSWER, ConditionError, as_written, parse
from assessments.guideline.files import Document, Fault, Path
from assessments.guideline.order import STEPS
from assessments.guideline.terms import (
    UNKNOWN,
    Basis,
    CheckKind,
    Choice,
    Dimension,
    Effort,
    HoldKind,
    Kind,
    LifecycleStage,
    PartKind,
    Principle,
    QuestionKind,
    Severity,
    Stakeholder,
    Strength,
    Tier,
)

LANGUAGES = (ENGLISH, "zh-hant", "zh-hans")
OUTLINE = "questionnaires/questionnaires"
LIMITS = (
    "question_shown",
    "two_parts",
    "three_parts",
    "module",
    "section",
    "practice_requirements",
    "item_requirements",
    "items",
    "person",
)
REMINDERS = ("condition", "action", "risk", "evidence")
ORDER_STEPS = STEPS
FACT_ANSWERS = ("yes", "no", "unknown", "none", "not_answered")
"""How the edition says the answers that a fact does not name itself."""
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
PRIORITIES = ("prohibited_or_hold", "table_1_or_overlay", "must", "should", "consider")
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

type Rule = Callable[[Form, Path, object], None]
type Vocabulary = Mapping[str, Collection[bool | str]]
"""Facts that a condition may read, with the answers that it may test for."""


class Form:
    """One file under check. `sound` turns false with a fault that keeps the edition from being compiled."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = list(document.faults)
        self.sound = not document.faults

    def fault(self, path: Path, message: str, broken: bool = False) -> None:
        self.faults.append(self.document.fault(path, message))
        if broken:
            self.sound = False


# --- rules for single values ---


def text(form: Form, path: Path, value: object) -> None:
    if not isinstance(value, str):
        form.fault(path, "needs a text", broken=True)
    elif not value.strip():
        form.fault(path, "is empty")


def flag(form: Form, path: Path, value: object) -> None:
    if not isinstance(value, bool):
        form.fault(path, "is either true or false", broken=True)


def count(least: int) -> Rule:
    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            form.fault(path, f"needs a whole number, at least {least}", broken=True)

    return rule


def one_of(what: str, allowed: Collection[object], broken: bool = True) -> Rule:
    """A word of a vocabulary. An empty one means that its file could not be read, which is a fault elsewhere."""

    def rule(form: Form, path: Path, value: object) -> None:
        if isinstance(value, dict | list) or value is None:
            form.fault(path, f"is no {what}", broken=True)
        elif allowed and value not in allowed:
            form.fault(path, f"no {what} {value!r}" if isinstance(value, str) else f"{value} is no {what}", broken)

    return rule


def reference(what: str, ids: Collection[object]) -> Rule:
    """An id that must be known; the edition can be compiled, and checked further, without it."""
    return one_of(what, ids, broken=False)


def or_null(inner: Rule) -> Rule:
    def rule(form: Form, path: Path, value: object) -> None:
        if value is not None:
            inner(form, path, value)

    return rule


def several(inner: Rule, least: int = 0, whole: Collection[str] = ()) -> Rule:
    """A list without repetition; `whole` names words of which none may be missing."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, list):
            form.fault(path, "needs a list", broken=True)
            return
        if len(value) < least:
            form.fault(path, "is empty" if not value else f"needs at least {least} entries")
        seen: list[object] = []
        for number, member in enumerate(value):
            inner(form, (*path, number), member)
            if member in seen:
                form.fault((*path, number), f"{member} stands twice")
            seen.append(member)
        for word in whole:
            if word not in seen:
                form.fault(path, f"{word} is missing", broken=True)

    return rule


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    optional = optional or {}

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, dict):
            form.fault(path, "needs a mapping", broken=True)
            return
        for field in value:
            if field not in required and field not in optional:
                form.fault((*path, field), f"unknown field {field}")
        for field, inner in chain(required.items(), optional.items()):
            if field in value:
                inner(form, (*path, field), value[field])
            elif field in required:
                form.fault(path, f"{field} is missing", broken=True)

    return rule


def mapping_of(inner: Rule) -> Rule:
    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, dict):
            form.fault(path, "needs a mapping", broken=True)
            return
        for key, member in value.items():
            inner(form, (*path, key), member)

    return rule


def table(inner: Rule, id_field: str = "key", least: int = 1) -> Rule:
    """A list of entries, each with an id of its own."""

    def rule(form: Form, path: Path, value: object) -> None:
        if not isinstance(value, list) or len(value) < least:
            form.fault(path, "needs a list of entries", broken=True)
            return
        first: dict[str, int] = {}
        for number, entry in enumerate(value):
            here = (*path, number)
            inner(form, here, entry)
            name = entry.get(id_field) if isinstance(entry, dict) else None
            if not isinstance(name, str):
                continue
            if name in first:
                form.fault((*here, id_field), f"{name} stands twice; the first is in line {first[name]}")
            first.setdefault(name, form.document.line((*here, id_field)))

    return rule


def condition(facts: Vocabulary, refusals: Mapping[str, str] | None = None) -> Rule:
    """A condition over `facts`; `refusals` says why a fact that exists may not be read here."""
    refusals = refusals or {}

    def rule(form: Form, path: Path, value: object) -> None:
        try:
            if value is None:
                raise ConditionError("is empty; write {} for always")
            parse(value)
        except ConditionError as error:
            form.fault(path, str(error), broken=True)
            return
        for fact, answer, where in mentioned(value, path):
            if fact in refusals:
                form.fault(where, refusals[fact])
            elif fact not in facts:
                if facts:
                    form.fault(where, f"no fact {fact}")
            elif answer not in facts[fact]:
                form.fault(where, f"{fact} has no answer {as_written(answer)}")

    return rule


def mentioned(raw: object, path: Path) -> Iterator[tuple[str, object, Path]]:
    """Yield fact, answer and place of each test in a condition as it is written; a bare fact tests for true."""
    if isinstance(raw, str):
        yield raw, True, path
    elif isinstance(raw, dict):
        for key, value in raw.items():
            here = (*path, key)
            if key in ("all", "any"):
                for number, part in enumerate(value):
                    yield from mentioned(part, (*here, number))
            else:
                for answer in value if isinstance(value, list) else [value]:
                    yield key, answer, here


# --- what stands in the files, read leniently: the vocabulary that others are checked against ---


def entries(document: Document | None, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the entries of a list with the places where they stand, passing over what is no entry."""
    value = document.value if document else None
    listed = value.get(name) if isinstance(value, dict) else None
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield (name, number), entry


def names(document: Document | None, name: str, id_field: str = "key") -> list[str]:
    return [entry[id_field] for _, entry in entries(document, name) if isinstance(entry.get(id_field), str)]


def words(document: Document | None, *path: str) -> list[str]:
    """The words of a list, or the keys of a mapping, at `path`."""
    value = document.value if document else None
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return [word for word in value if isinstance(word, str)] if isinstance(value, list | dict) else []


def inside(entry: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The entries listed in an entry: the items of a question."""
    listed = entry.get(name)
    return [inner for inner in listed if isinstance(inner, dict)] if isinstance(listed, list) else []


class Shapes:
    """The form of every file of one edition. `structure` and `texts` (by language) hold its documents by room."""

    def __init__(self, structure: Mapping[str, Document], texts: Mapping[str, Mapping[str, Document]]) -> None:
        self.structure = structure
        self.texts = texts
        self.faults: list[Fault] = []
        self.sound = True
        self.terms = {name: words(structure.get("terms"), name) for name in TERMS}
        self.clauses = set(names(structure.get("clauses"), "clauses", "id"))
        self.requirements = set(names(structure.get("requirements"), "requirements", "id"))
        self.slugs = set(words(structure.get("conditions"), "conditions"))
        stages = entries(structure.get(OUTLINE), "stages")
        self.sections = [key for _, stage in stages for key in _words_in(stage, "sections")]
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

    def check(self) -> tuple[list[Fault], bool]:
        """Return the faults, and whether the edition can be compiled in spite of them."""
        rules: dict[str, Rule] = {
            "edition": self.edition_rule(),
            "clauses": self.clauses_rule(),
            "requirements": self.requirements_rule(),
            "facts": self.facts_rule(),
            "conditions": record({"conditions": mapping_of(condition(self.facts))}),
            "tiering": self.tiering_rule(),
            "policy": self.policy_rule(),
            "terms": self.terms_rule(),
            "checks": self.checks_rule(),
            "gates": self.gates_rule(),
            "packages": record(
                {
                    "basis": one_of("basis", tuple(Basis)),
                    "packages": table(
                        record({"key": text}, {"never_waits": condition({**self.facts, "tier": tuple(Tier)})})
                    ),
                }
            ),
            "standing": self.standing_rule(),
            OUTLINE: self.outline_rule(),
        }
        for room, rule in rules.items():
            if room in self.structure:
                self.apply(rule, self.structure[room])
            else:
                self.missing(f"{room}.yaml")
        for room, document in self.structure.items():
            if room in rules or room.startswith("questionnaires/"):
                for language in self.texts:
                    self.check_texts(room, language)
            else:
                self.faults.append(document.fault((), "an edition has no such file"))
        self.check_sections()
        for rooms in self.texts.values():
            for room, document in rooms.items():
                if room not in self.structure:
                    self.faults.append(document.fault((), f"there is no {room}.yaml to which these texts belong"))
        return self.faults, self.sound

    def apply(self, rule: Rule, document: Document) -> None:
        form = Form(document)
        if form.sound or document.value is not None:
            rule(form, (), document.value)
        self.take(form)

    def take(self, form: Form) -> None:
        self.faults += form.faults
        self.sound = self.sound and form.sound

    def missing(self, file: str) -> None:
        self.faults.append(Fault(file, 1, file.rsplit("/", 1)[-1].split(".", 1)[0], "the file is missing"))
        self.sound = False

    # --- the rules of each room ---

    def edition_rule(self) -> Rule:
        register = entries(self.structure.get("requirements"), "requirements")
        sections = {str(entry.get("section")) for _, entry in register}
        return record(
            {
                "key": text,
                "release": count(1),
                "guideline": record({"version": text, "date": text}),
                "not_yet_asked": several(reference("section of the register", sections)),
                "limits": record({name: count(1) for name in LIMITS}),
            }
        )

    def clauses_rule(self) -> Rule:
        clause = record({"id": text, "parent": or_null(reference("clause", self.clauses))})
        return record({"clauses": table(clause, "id")})

    def requirements_rule(self) -> Rule:
        # A section is the passage that the register numbers from: a clause, the Background in capitals.
        sections = self.clauses | {clause.capitalize() for clause in self.clauses}
        requirement = record(
            {
                "id": text,
                "section": reference("section", sections),
                "clause": reference("clause", self.clauses),
                "kind": one_of("kind", tuple(Kind)),
                "strength": one_of("strength", tuple(Strength)),
                "theme": reference("theme", self.terms["themes"]),
                "roles": _roles,
                "role_basis": one_of("basis", ("explicit", "inferred")),
                "dimensions": several(one_of("dimension", tuple(Dimension))),
                "principles": several(one_of("principle", tuple(Principle))),
                "lifecycle": several(one_of("lifecycle stage", tuple(LifecycleStage))),
                "sectors": several(reference("sector", self.terms["sectors"])),
                "applies_when": or_null(reference("condition", self.slugs)),
                "tiers": several(one_of("tier", tuple(Tier))),
            }
        )
        return record({"requirements": table(requirement, "id")})

    def facts_rule(self) -> Rule:
        groups = words(self.structure.get("facts"), "groups")
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
                "shown_when": condition(self.facts),
                "otherwise": _anything,
                "implied": several(record({"value": _anything, "when": condition(self.facts)}), least=1),
                "alone": several(text, least=1),
                "offered": several(text, least=1),
                "nothing": flag,
                "derived": several(record({"value": text, "when": condition(self.facts)}), least=1),
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
                        form.fault((*path, field), f"{as_written(value[field])} is none of its values")
                for field in ("alone", "offered", "otherwise"):
                    named = value.get(field, [])
                    for one in named if isinstance(named, list) else [named]:
                        if one not in values:
                            form.fault((*path, field), f"{as_written(one)} is none of its values")
                for field in ("implied", "derived"):
                    for number, entry in enumerate(inside(value, field)):
                        named = entry.get("value")
                        for one in named if isinstance(named, list) else [named]:
                            if one not in values:
                                form.fault((*path, field, number), f"{as_written(one)} is none of its values")

        return record({"groups": several(text, least=1), "facts": table(whole)})

    def tiering_rule(self) -> Rule:
        exceptions = set(words(self.structure.get("tiering"), "exceptions"))
        refusals = {
            key: f"{key} is a {kind} fact, which no tier rule reads"
            for key, kind in self.fact_kinds.items()
            if kind != "tier"
        }
        # A rule may ask for the answer "unknown" itself, which opens a hold.
        ruled = {key: (*values, UNKNOWN) for key, values in self.facts.items()}
        clauses = several(reference("clause", self.clauses))
        requirements = several(reference("requirement", self.requirements))
        tiers = several(one_of("tier", tuple(Tier)), least=1)
        about = several(reference("fact", self.facts), least=1)
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
                "when": condition(self.facts),
                "requirements": requirements,
                "clause": reference("clause", self.clauses),
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
                "flags": table(record({"key": text, "when": condition(self.facts), "as_of": text}), least=0),
                "obligations": obligations,
                "asked_at": record(dict.fromkeys(Tier, tiers)),
                "prohibited_uses": requirements,
            }
        )

    def standing_rule(self) -> Rule:
        action = record(
            {
                "key": text,
                "package": reference("package", self.packages),
                "owner": reference("owner", self.terms["owners"]),
                "effort": one_of("effort", tuple(Effort)),
            }
        )
        return record({"basis": one_of("basis", tuple(Basis)), "actions": table(action)})

    def order_rule(self) -> Rule:
        def work(form: Form, path: Path, value: object) -> None:
            record({"from": count(1), "to": count(1)})(form, path, value)
            ends = [value.get(end) for end in ("from", "to")] if isinstance(value, dict) else []
            days = [end for end in ends if isinstance(end, int)]
            if days != sorted(days):
                form.fault(path, f"runs from {days[0]} to {days[1]} days: the larger one comes last")

        owner = reference("owner", self.terms["owners"])
        return record(
            {
                "steps": several(one_of("step of the order", ORDER_STEPS), whole=ORDER_STEPS),
                "most": count(1),
                "stop_days": count(1),
                "effort_days": record(dict.fromkeys(Effort, count(1))),
                "work_days": record(dict.fromkeys(Effort, work)),
                "load": count(1),
                "steps_shown": count(1),
                "families": table(record({"key": text}, {"when": condition(self.facts)})),
            },
            {
                "most_due": one_of("strength", tuple(Strength)),
                "same_step": several(several(reference("question", {key for key, _ in self.order}), least=2)),
                "same_subject": table(
                    record(
                        {"practices": several(reference("question", {key for key, _ in self.order}), least=2)},
                        {"concrete_first": flag, "when": condition({**self.facts, "tier": tuple(Tier)})},
                    )
                ),
                "posts": table(record({"post": owner, "when": condition(self.facts), "otherwise": owner})),
            },
        )

    def policy_rule(self) -> Rule:
        days = count(1)

        def bands(form: Form, path: Path, value: object) -> None:
            table(record({"from": count(0), "key": text}))(form, path, value)
            given = [entry.get("from") for _, entry in entries(form.document, "bands")]
            starts = [start for start in given if isinstance(start, int)]
            if len(starts) < len(given):
                return
            for number, (above, below) in enumerate(pairwise(starts), start=1):
                if below >= above:
                    form.fault((*path, number, "from"), f"{below} is not below {above}: bands descend")
            if starts and starts[-1] != 0:
                form.fault((*path, len(starts) - 1, "from"), "the last band starts from 0")

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
                "order": self.order_rule(),
                "readiness": record({"least_duties": count(1), "organisation_part": count(2)}),
                "reminder_days": record(
                    dict.fromkeys(REMINDERS, several(days, least=1)), {"monitoring": several(days, least=1)}
                ),
                "changes": table(
                    record(
                        {"key": text},
                        {
                            "sections": several(reference("section", set(self.sections)), least=1),
                            "questions": several(reference("question", {key for key, _ in self.order}), least=1),
                            "everything": flag,
                            "suspends": flag,
                        },
                    ),
                    least=0,
                ),
            },
        )

    def checks_rule(self) -> Rule:
        """Checks read facts, the tier, answers, and the lines of checklists: they run on what is answered, in no order."""
        seen: dict[str, Collection[bool | str]] = {**self.facts, "tier": tuple(Tier)}
        for key, kind in self.order:
            seen[ANSWER + key] = ANSWERS[kind]
        for section in self.sections:
            for _, question in entries(self.structure.get(f"questionnaires/{section}"), "questions"):
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
            exceptions = {"unless": condition(self.facts)} if kind == CheckKind.CONTRADICTION else None
            if kind == CheckKind.WORDS:
                fields["phrases"] = several(text, least=1)
            if kind in CHECK_FIGURES:
                fields["figures"] = record(dict.fromkeys(CHECK_FIGURES[str(kind)], count(1)))
            record(fields, exceptions)(form, path, value)

        return record({"basis": one_of("basis", tuple(Basis)), "checks": table(check)})

    def gates_rule(self) -> Rule:
        tiers = several(one_of("tier", tuple(Tier)), least=1)
        question = reference("question", {key for key, _ in self.order})
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
                "approval": several(one_of("sentence of an approval", APPROVAL), whole=APPROVAL),
            }
        )

    def terms_rule(self) -> Rule:
        enums = {
            name: several(one_of(f"word of {name}", tuple(members)), whole=tuple(members))
            for name, members in ENUMS.items()
        }
        # The sectors are those of 2.2.2 of the Appendix; the fact `sector` has none of them besides.
        sectors = [value for value in self.facts.get("sector", ()) if value != "none"]
        known = several(one_of("answer of the fact sector", sectors), least=1)
        answers = several(one_of("word for an answer", FACT_ANSWERS), whole=FACT_ANSWERS)
        listed = dict.fromkeys(("themes", "owners"), several(text, least=1))
        return record({**enums, "sectors": known, **listed, "answers": answers})

    def outline_rule(self) -> Rule:
        files = {room.removeprefix("questionnaires/") for room in self.structure if room.startswith("questionnaires/")}
        section = reference("section (a file beside this one)", files - {"questionnaires"})
        questionnaire = record(
            {
                "key": text,
                "stakeholder": one_of("stakeholder", tuple(Stakeholder)),
                "sections": several(reference("section", set(self.sections)), least=1),
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
                for number, key in enumerate(_words_in(stage, "sections")):
                    if key in seen:
                        form.fault((*where, "sections", number), f"{key} stands in an earlier stage too")
                    seen.add(key)
            parts = names(form.document, "questionnaires", "stakeholder")
            for part in Stakeholder:
                if parts.count(part) != 1:
                    form.fault(("questionnaires",), f"{part} has {parts.count(part)} questionnaires", broken=True)

        return outline

    # --- sections ---

    def check_sections(self) -> None:
        seen: dict[str, str] = {}
        position = {key: number for number, (key, _) in reversed(list(enumerate(self.order)))}
        for room, document in self.structure.items():
            section = room.removeprefix("questionnaires/")
            if room in (section, OUTLINE):
                continue
            form = Form(document)
            if section not in self.sections:
                form.fault((), "stands in no stage of questionnaires.yaml")
            head = {"section": one_of("section of this name", (section,), broken=False), "questions": _anything}
            if document.value is not None or form.sound:
                record(head)(form, (), document.value)
            if isinstance(document.value, dict):
                table(self.question_rule(position))(form, ("questions",), document.value.get("questions"))
            for path, question in entries(document, "questions"):
                key = question.get("key")
                if isinstance(key, str):
                    if seen.get(key, section) != section:
                        form.fault((*path, "key"), f"{key} stands in {seen[key]}.yaml too")
                    seen.setdefault(key, section)
            self.take(form)

    def question_rule(self, position: Mapping[str, int]) -> Rule:
        """A question: a practice has requirements and a remedy, a checklist has items that have them."""
        cited = several(reference("requirement", self.requirements), least=1)
        sources = {"requirements": cited, "extended": cited}
        remedy = record(
            {"owner": reference("owner", self.terms["owners"]), "effort": one_of("effort", tuple(Effort))},
            {"in_stopgap": flag},
        )
        head: dict[str, Rule] = {
            "key": text,
            "kind": one_of("kind of question", tuple(QuestionKind)),
            "stakeholders": several(one_of("stakeholder", tuple(Stakeholder)), least=1),
        }

        def question(form: Form, path: Path, value: object) -> None:
            key = value.get("key") if isinstance(value, dict) else None
            when = self.question_condition(position.get(key, len(position)) if isinstance(key, str) else len(position))
            choices: dict[str, Rule] = {
                "when": when,
                "held_by": one_of("holder", ("supplier",)),
                "organisation_wide": flag,
                "confirm_here": flag,
                **self.advice_fields(),
            }
            if self.ordered and isinstance(value, dict) and "package" not in value:
                form.fault(path, "package is missing")
            if isinstance(value, dict) and value.get("kind") == QuestionKind.CHECKLIST:
                item = record({"key": text, "remedy": remedy}, {"when": when, **sources})
                record({**head, "items": table(item)}, choices)(form, path, value)
                for number, entry in enumerate(inside(value, "items")):
                    _has_source(form, (*path, "items", number), entry)
            else:
                record({**head, "remedy": remedy}, {**choices, **sources})(form, path, value)
                _has_source(form, path, value)

        return question

    def advice_fields(self) -> dict[str, Rule]:
        """What a question says from release 3 on: its reach, its place in the plan, what it protects."""
        read = condition({**self.facts, "tier": tuple(Tier)})
        reason = record(
            {
                "requirement": reference("requirement", self.requirements),
                "to": several(one_of("stakeholder", tuple(Stakeholder)), least=1),
                "when": read,
            }
        )
        return {
            "package": reference("package", self.packages),
            "answers_to": several(reference("fact", {*self.facts, "tier"})),
            "protects": several(one_of("word for what is protected", PROTECTED)),
            "needs": several(reference("question", {key for key, _ in self.order}), least=1),
            "stop": read,
            "costs_when": read,
            "found_by": record({"practice": reference("question", {key for key, _ in self.order}), "when": read}),
            "eased": read,
            "figure": record({"unit": text, "better": one_of("direction", ("higher", "lower"))}),
            "proof_from_supplier": flag,
            "module": reference("sector", self.terms["sectors"]),
            "lead": text,
            "variants": table(record({"key": text, "when": read})),
            "extends": table(reason, "requirement"),
            "narrows": table(reason, "requirement"),
        }

    def question_condition(self, place: int) -> Rule:
        """Conditions of the question at `place` read facts, part, tier, and answers of questions that stand earlier."""
        facts: dict[str, Collection[bool | str]] = dict(self.facts)
        facts |= {"stakeholder": tuple(Stakeholder), "tier": tuple(Tier)}
        refusals = {}
        for number, (key, kind) in enumerate(self.order):
            if number < place:
                facts[ANSWER + key] = ANSWERS[kind]
            else:
                refusals[ANSWER + key] = f"forward reference: {key} is not asked before this question"
        return condition(facts, refusals)

    # --- texts ---

    def check_texts(self, room: str, language: str) -> None:
        document = self.texts[language].get(room)
        if document is None:
            if language == ENGLISH:
                self.missing(f"{room}.{language}.yaml")
            return
        form = Form(document)
        if form.sound or document.value is not None:
            expected = Words(self.structure[room], room)
            compare(form, expected.shape, document.value, (), expected.origins, complete=language == ENGLISH)
        self.take(form)


def _words_in(entry: Mapping[str, Any], name: str) -> list[str]:
    listed = entry.get(name)
    return [word for word in listed if isinstance(word, str)] if isinstance(listed, list) else []


def _has_source(form: Form, path: Path, value: object) -> None:
    """A practice, and each line of a checklist, asks for a line of the register or extends one."""
    if isinstance(value, dict) and not value.get("requirements") and not value.get("extended"):
        form.fault(path, "requirements is missing", broken=True)


def _anything(form: Form, path: Path, value: object) -> None:
    """A field that is looked at elsewhere."""


def _roles(form: Form, path: Path, value: object) -> None:
    several(one_of("stakeholder", (*Stakeholder, AUTHORITY)), least=1)(form, path, value)
    if value == [AUTHORITY]:
        form.fault(path, "speaks to the Government alone, whom nothing here is asked")


def _any_value(form: Form, path: Path, value: object) -> None:
    if not isinstance(value, bool | str):
        form.fault(path, "needs one of the values of the fact", broken=True)


def _fact_values(form: Form, path: Path, value: object) -> None:
    """Either [true, false], or words."""
    if value == [True, False]:
        return
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(word, str) for word in value):
        form.fault(path, "needs [true, false] or a list of words", broken=True)
        return
    several(text)(form, path, value)
    if UNKNOWN in value:
        form.fault(path, f"{UNKNOWN} is said by `unknown: true`")


# --- which texts a structure must have ---


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
    *ORDER_STEPS,
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
            values = _words_in(entry, "values")
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
        form.fault(path, "needs a mapping of texts")
        return
    for key in value:
        if key not in shape:
            form.fault((*path, key), "text without structure")
    for key, inner in shape.items():
        here = (*path, key)
        if key in value:
            compare(form, inner, value[key], here, origins, complete)
        elif complete and not (isinstance(inner, Optional) or (isinstance(inner, Leaf) and not inner.required)):
            if here in origins:
                document, where = origins[here]
                form.faults.append(document.fault(where, f"has no text in {form.document.file}"))
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
            form.fault(path, "needs a list of texts")
        for number, line in enumerate(listed):
            if line == "" or line is None:
                form.fault((*path, number), "is empty")
    elif not isinstance(value, str):
        form.fault(path, "needs a text")
    elif leaf.only is not None and value != leaf.only:
        form.fault(path, f"is {leaf.only} in the structure")
