"""From the canonical JSON of an edition to its dataclasses, in one language; the database keeps all that it needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from assessments.guideline.conditions import ALWAYS, Condition, Test, both, parse
from assessments.guideline.edition import (
    Clause,
    Edition,
    Fact,
    FactGroup,
    Figure,
    FoundBy,
    Item,
    Question,
    Questionnaire,
    Remedy,
    Requirement,
    Section,
)
from assessments.guideline.extensions import extended_id, read_reasons
from assessments.guideline.gates import read_checks, read_gates
from assessments.guideline.order import read_action_words, read_order, read_standing
from assessments.guideline.packages import read_packages
from assessments.guideline.policy import read_policy
from assessments.guideline.reach import extend, narrow, openings
from assessments.guideline.terms import (
    TIERS,
    Dimension,
    Effort,
    HoldKind,
    Kind,
    LifecycleStage,
    Principle,
    QuestionKind,
    Stakeholder,
    Strength,
    Tier,
)
from assessments.guideline.texts import Raw, lines_of, text_at, texts_at
from assessments.guideline.tiering import read_flags, read_obligations, read_overlays, read_tier_rules

ENGLISH = "en"

# Duties of 2.2.2 of the Appendix that name no sector speak to all nine; vehicles belong to the road, not to a sector.
SECTOR_SECTION = "A2.2.2"
OUTSIDE_SECTORS = "autonomous_vehicles"

# A role of the register that is no part of an AI system: the Government, named beside those whom the product serves.
AUTHORITY = "authority"


def canonical(value: object) -> str:
    """Write a value as the one JSON text that it has: keys sorted, no blanks. Raises TypeError for a float."""
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, str):  # nearly all of them are
            continue
        if isinstance(inner, dict):
            left += inner.values()
        elif isinstance(inner, (list, tuple)):  # a union would be made anew for each value
            left += inner
        elif isinstance(inner, float):
            raise TypeError(
                f"{inner} is a decimal number; use a whole number, because computers may store decimals differently"
            )
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def checksum_of(content: str) -> str:
    """SHA-256 of a canonical text, in hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


def compile_edition(content: str, language: str = ENGLISH, texts: str | None = None) -> Edition:
    """Build the edition from its canonical JSON; `texts` of another language lie over the English ones.

    A text that the translation lacks stays English. The checksum is that of `content` whatever the language, because
    a translation changes nothing that scoring or meaning depends on.
    """
    source = json.loads(content)
    words = source["texts"]
    if texts is not None:
        words = _laid_over(words, json.loads(texts))
    return _Compiler(source["structure"], words).edition(language, checksum_of(content))


def _laid_over(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: _laid_over(inner, over.get(key)) for key, inner in base.items()}
    return over if over else base


def _answer(raw: object) -> Any:
    """An answer as conditions read it: several are a tuple."""
    return tuple(raw) if isinstance(raw, list) else raw


def _reasons(words: object) -> dict[str, str]:
    """What answers mean in running text: one clause for a plain yes, or one for each value."""
    if isinstance(words, str):
        return {"true": words}
    return {str(key): str(text) for key, text in words.items()} if isinstance(words, Mapping) else {}


class _Compiler:
    """`structure` and `words` by file: "facts", "questionnaires/model". Missing words compile to empty texts."""

    def __init__(self, structure: Raw, words: Raw) -> None:
        self.structure = structure
        self.words = words
        self.tiering: Raw = structure["tiering"]
        self.conditions = {slug: parse(raw) for slug, raw in structure["conditions"]["conditions"].items()}
        self.sectors: tuple[str, ...] = tuple(structure["terms"]["sectors"])
        self.scopes: dict[tuple[object, ...], Condition] = {}
        self.register: dict[str, Requirement] = {}
        # From release 3 a question is opened by the reach of its duties, and an unknown fact opens only these.
        self.reaches = bool(structure["policy"].get("order"))
        obligations = (id for raw in self.tiering["obligations"] for id in raw["requirements"])
        overlays = (id for raw in self.tiering["overlays"] if raw["blocks"] for id in raw["requirements"])
        self.lenient = frozenset((*obligations, *overlays))
        self.blocking = self.lenient.union(self.tiering["prohibited_uses"])

    def edition(self, language: str, checksum: str) -> Edition:
        head: Raw = self.structure["edition"]
        facts = self.facts()
        self.register = self.requirements()
        sections = self.sections()
        return Edition(
            key=head["key"],
            release=head["release"],
            guideline_version=head["guideline"]["version"],
            guideline_date=head["guideline"]["date"],
            not_yet_asked=tuple(head["not_yet_asked"]),
            language=language,
            checksum=checksum,
            title=text_at(self.words, "edition", "title"),
            clauses=self.clauses(),
            requirements=self.register,
            facts=facts,
            fact_groups=self.fact_groups(facts),
            conditions=self.conditions,
            condition_words={slug: text_at(self.words, "conditions", "conditions", slug) for slug in self.conditions},
            rules=read_tier_rules(self.structure, self.words),
            holds={HoldKind(kind): text_at(self.words, "tiering", "holds", kind) for kind in self.tiering["holds"]},
            overlays=read_overlays(self.structure, self.words),
            obligations=read_obligations(self.structure, self.words),
            flags=read_flags(self.structure, self.words),
            prohibited_requirements=frozenset(self.tiering["prohibited_uses"]),
            owners={key: text_at(self.words, "terms", "owners", key) for key in self.structure["terms"]["owners"]},
            terms=self.terms(),
            sections=sections,
            questionnaires=self.questionnaires(),
            policy=read_policy(self.structure, self.words),
            checks=read_checks(self.structure, self.words),
            gates=read_gates(self.structure, self.words),
            order=read_order(self.structure, self.words),
            packages=read_packages(self.structure, self.words),
            standing=read_standing(self.structure, self.words),
        )

    def clauses(self) -> dict[str, Clause]:
        result = {}
        for raw in self.structure["clauses"]["clauses"]:
            words = texts_at(self.words, "clauses", "clauses", raw["id"])
            result[raw["id"]] = Clause(raw["id"], raw["parent"], text_at(words, "heading"), text_at(words, "summary"))
        return result

    def requirements(self) -> dict[str, Requirement]:
        result = {}
        for raw in self.structure["requirements"]["requirements"]:
            words = texts_at(self.words, "requirements", "requirements", raw["id"])
            result[raw["id"]] = Requirement(
                id=raw["id"],
                section=raw["section"],
                clause=raw["clause"],
                kind=Kind(raw["kind"]),
                strength=Strength(raw["strength"]),
                theme=raw["theme"],
                roles=frozenset(Stakeholder(role) for role in raw["roles"] if role != AUTHORITY),
                role_basis=raw["role_basis"],
                dimensions=tuple(Dimension(name) for name in raw["dimensions"]),
                principles=tuple(Principle(name) for name in raw["principles"]),
                lifecycle=tuple(LifecycleStage(name) for name in raw["lifecycle"]),
                sectors=tuple(raw["sectors"]),
                applies_when=raw["applies_when"],
                tiers=tuple(Tier(tier) for tier in raw["tiers"]),
                statement=text_at(words, "statement"),
                label=text_at(words, "label"),
                scope=self.scope(raw),
                strict=self.reaches and raw["id"] not in self.lenient,
            )
        if self.reaches:
            written = self.written_questions()
            reasons = [reason for raw, words in written for reason in read_reasons(raw, words, "narrows")]
            result |= narrow(result, reasons)
            reasons = [reason for raw, words in written for reason in read_reasons(raw, words, "extends")]
            result |= extend(result, reasons, self.blocking)
        return result

    def written_questions(self) -> list[tuple[Raw, Raw]]:
        """Every question as it is written, with its texts."""
        return [
            (raw, texts_at(self.words, room, "questions", raw["key"]))
            for room, section in self.structure.items()
            if room.startswith("questionnaires/") and "questions" in section
            for raw in section["questions"]
        ]

    def scope(self, raw: Raw) -> Condition:
        """When a duty applies: its `applies_when`, tier and sector together. Whom it addresses is `roles`."""
        slug = raw["applies_when"]
        sectors = tuple(raw["sectors"])
        if not sectors and raw["section"] == SECTOR_SECTION and slug != OUTSIDE_SECTORS:
            sectors = self.sectors
        key = (slug, tuple(raw["tiers"]), sectors)
        if key not in self.scopes:
            parts = [self.conditions.get(slug, ALWAYS) if slug else ALWAYS]
            asked_at = {tier for named in raw["tiers"] for tier in self.tiering["asked_at"][named]}
            if asked_at and len(asked_at) < len(TIERS):
                parts.append(Test("tier", frozenset(asked_at)))
            if sectors:
                parts.append(Test("sector", frozenset(sectors)))
            self.scopes[key] = both(*parts)
        return self.scopes[key]

    def facts(self) -> dict[str, Fact]:
        result = {}
        keys = self.structure["terms"].get("answers", ())
        answers = {key: word for key in keys if (word := text_at(self.words, "terms", "answers", key))}
        for raw in self.structure["facts"]["facts"]:
            words = texts_at(self.words, "facts", "facts", raw["key"])
            options = texts_at(words, "options")
            result[raw["key"]] = Fact(
                key=raw["key"],
                group=raw["group"],
                kind=raw["kind"],
                level=raw["level"],
                values=tuple(raw["values"]),
                many=raw.get("many", False),
                unknown=raw["unknown"],
                mildest=raw.get("mildest"),
                worst=raw.get("worst"),
                prohibited_use=raw.get("prohibited_use", False),
                label=text_at(words, "label"),
                question=text_at(words, "question"),
                help=text_at(words, "help"),
                options={value: text_at(options, value) for value in raw["values"] if isinstance(value, str)},
                shown_when=parse(raw.get("shown_when")),
                otherwise=_answer(raw.get("otherwise")),
                implied=tuple((_answer(one["value"]), parse(one["when"])) for one in raw.get("implied", ())),
                alone=tuple(raw.get("alone", ())),
                offered=tuple(raw.get("offered", ())),
                nothing=raw.get("nothing", False),
                nothing_label=text_at(words, "nothing"),
                derived=tuple((one["value"], parse(one["when"])) for one in raw.get("derived", ())),
                dated=raw.get("dated", False),
                free_text=raw.get("free_text", False),
                reasons=_reasons(words.get("reasons")),
                answer_words=answers,
            )
        return result

    def fact_groups(self, facts: Mapping[str, Fact]) -> tuple[FactGroup, ...]:
        groups = []
        for key in self.structure["facts"]["groups"]:
            words = texts_at(self.words, "facts", "groups", key)
            members = tuple(fact for fact in facts.values() if fact.group == key)
            groups.append(FactGroup(key, text_at(words, "title"), text_at(words, "intro"), members))
        return tuple(groups)

    def terms(self) -> dict[str, str]:
        """Every name under one roof: `dimensions.privacy`, `strengths.must`, `stages.foundations`."""
        result = {}
        for name, keys in self.structure["terms"].items():
            for key in keys:
                result[f"{name}.{key}"] = text_at(self.words, "terms", name, key)
        for stage in self.structure["questionnaires/questionnaires"]["stages"]:
            key = stage["key"]
            result[f"stages.{key}"] = text_at(self.words, "questionnaires/questionnaires", "stages", key)
        return result

    def sections(self) -> tuple[Section, ...]:
        sections = []
        for stage in self.structure["questionnaires/questionnaires"]["stages"]:
            for key in stage["sections"]:
                raw = self.structure.get(f"questionnaires/{key}", {"questions": []})
                words = texts_at(self.words, f"questionnaires/{key}")
                questions = tuple(
                    self.question(question, key, texts_at(words, "questions", question["key"]))
                    for question in raw["questions"]
                )
                sections.append(Section(key, stage["key"], text_at(words, "title"), text_at(words, "intro"), questions))
        return tuple(sections)

    def question(self, raw: Raw, section: str, words: Raw) -> Question:
        key = raw["key"]
        items = tuple(self.item(item, texts_at(words, "items", item["key"]), key) for item in raw.get("items", ()))
        cited = self.cited(raw, key) if not items else [id for item in items for id in item.requirements]
        parts = tuple(Stakeholder(name) for name in raw["stakeholders"])
        action, variants = read_action_words(words)
        figure = raw.get("figure")
        return Question(
            key=raw["key"],
            section=section,
            kind=QuestionKind(raw["kind"]),
            stakeholders=parts,
            when=parse(raw.get("when")),
            requirements=tuple(dict.fromkeys(cited)),
            items=items,
            remedy=self.remedy(raw["remedy"], texts_at(words, "remedy")) if "remedy" in raw else None,
            held_by=raw.get("held_by"),
            organisation_wide=raw.get("organisation_wide", False),
            wide_because=text_at(words, "organisation_wide"),
            confirm_here=raw.get("confirm_here", False),
            title=text_at(words, "title"),
            text=text_at(words, "text"),
            why=text_at(words, "why"),
            good_evidence=lines_of(words.get("good_evidence")),
            example=text_at(words, "example"),
            ask_supplier=text_at(words, "ask_supplier"),
            package=raw.get("package", ""),
            answers_to=tuple(raw.get("answers_to", ())),
            protects=tuple(raw.get("protects", ())),
            needs=tuple(raw.get("needs", ())),
            stop=parse(raw["stop"]) if "stop" in raw else None,
            costs_when=parse(raw["costs_when"]) if "costs_when" in raw else None,
            found_by=FoundBy(raw["found_by"]["practice"], parse(raw["found_by"]["when"]))
            if "found_by" in raw
            else None,
            eased=parse(raw["eased"]) if "eased" in raw else None,
            figure=self.figure(figure, words) if figure else None,
            proof_from_supplier=raw.get("proof_from_supplier", False),
            module=raw.get("module", ""),
            extends=read_reasons(raw, words, "extends"),
            narrows=read_reasons(raw, words, "narrows"),
            openings=openings(self.sources(items, cited), parts) if self.reaches else (),
            action=action,
            action_of=variants,
            lead=raw.get("lead", ""),
            variants=tuple((one["key"], parse(one["when"])) for one in raw.get("variants", ())),
        )

    def sources(self, items: Iterable[Item], cited: Iterable[str]) -> list[tuple[Condition, list[Requirement]]]:
        """The duties of each item with the item's own condition, or those of the practice."""

        def duties(ids: Iterable[str]) -> list[Requirement]:
            found = (self.register[id] for id in ids if id in self.register)
            return [duty for duty in found if duty.kind == Kind.DUTY]

        return [(item.when, duties(item.requirements)) for item in items] or [(ALWAYS, duties(cited))]

    def cited(self, raw: Raw, question: str) -> list[str]:
        """The lines of the register that a practice or an item asks for, and those that it extends."""
        return [*raw.get("requirements", ()), *(extended_id(line, question) for line in raw.get("extended", ()))]

    def figure(self, raw: Raw, words: Raw) -> Figure:
        label, first_count = text_at(words, "figure"), text_at(words, "first_count")
        return Figure(raw["unit"], raw["better"] == "higher", label, first_count)

    def item(self, raw: Raw, words: Raw, question: str) -> Item:
        return Item(
            key=raw["key"],
            when=parse(raw.get("when")),
            requirements=tuple(self.cited(raw, question)),
            text=text_at(words, "text"),
            remedy=self.remedy(raw["remedy"], texts_at(words, "remedy")),
        )

    def remedy(self, raw: Raw, words: Raw) -> Remedy:
        return Remedy(
            owner=raw["owner"],
            effort=Effort(raw["effort"]),
            first_step=text_at(words, "first_step"),
            closes_it=text_at(words, "closes_it"),
            in_stopgap=raw.get("in_stopgap", False),
            task=text_at(words, "task"),
            of_family=tuple(
                (str(family), str(said.get("task", "")), str(said.get("first_step", "")))
                for family, said in (words.get("families") or {}).items()
            ),
        )

    def questionnaires(self) -> tuple[Questionnaire, ...]:
        result = []
        for raw in self.structure["questionnaires/questionnaires"]["questionnaires"]:
            words = texts_at(self.words, "questionnaires/questionnaires", "questionnaires", raw["key"])
            result.append(
                Questionnaire(
                    key=raw["key"],
                    stakeholder=Stakeholder(raw["stakeholder"]),
                    sections=tuple(raw["sections"]),
                    title=text_at(words, "title"),
                    intro=text_at(words, "intro"),
                )
            )
        return tuple(result)
