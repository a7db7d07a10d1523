"""From the canonical JSON of an edition to its dataclasses, in one language; the database keeps all that it needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from assessments.guideline.conditions import ALWAYS, Condition, Test, both, parse
from assessments.guideline.edition import (
    ACCEPTED_RISK_DAYS,
    REMINDER_DAYS,
    ChangeKind,
    Check,
    Clause,
    Edition,
    EvidenceGate,
    Fact,
    FactGroup,
    Figure,
    FilePart,
    Flag,
    FoundBy,
    Gates,
    Item,
    Overlay,
    Policy,
    Question,
    Questionnaire,
    Remedy,
    Requirement,
    Section,
    TierObligation,
    TierRule,
)
from assessments.guideline.extensions import extended_id, read_reasons
from assessments.guideline.order import read_action_words, read_order, read_standing
from assessments.guideline.packages import read_packages
from assessments.guideline.reach import extend, narrow, openings
from assessments.guideline.readiness_rules import read_readiness_rules
from assessments.guideline.terms import (
    TIERS,
    Basis,
    CheckKind,
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

ENGLISH = "en"

# Duties of 2.2.2 of the Appendix that name no sector speak to all nine; vehicles belong to the road, not to a sector.
SECTOR_SECTION = "A2.2.2"
OUTSIDE_SECTORS = "autonomous_vehicles"

# A role of the register that is no part of an AI system: the Government, named beside those whom the product serves.
AUTHORITY = "authority"

type Raw = Mapping[str, Any]


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
            raise TypeError(f"{inner} is a float; its digits are not the same everywhere")
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


def _text(words: object, *path: str) -> str:
    for step in path:
        words = words.get(step) if isinstance(words, Mapping) else None
    return words if isinstance(words, str) else ""


def _lines(words: object) -> tuple[str, ...]:
    return tuple(line for line in words if isinstance(line, str)) if isinstance(words, list) else ()


def _answer(raw: object) -> Any:
    """An answer as conditions read it: several are a tuple."""
    return tuple(raw) if isinstance(raw, list) else raw


def _reasons(words: object) -> dict[str, str]:
    """What answers mean in running text: one clause for a plain yes, or one for each value."""
    if isinstance(words, str):
        return {"true": words}
    return {str(key): str(text) for key, text in words.items()} if isinstance(words, Mapping) else {}


def _inner(words: object, *path: str) -> Raw:
    for step in path:
        words = words.get(step) if isinstance(words, Mapping) else None
    return words if isinstance(words, Mapping) else {}


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
            title=_text(self.words, "edition", "title"),
            clauses=self.clauses(),
            requirements=self.register,
            facts=facts,
            fact_groups=self.fact_groups(facts),
            conditions=self.conditions,
            condition_words={slug: _text(self.words, "conditions", "conditions", slug) for slug in self.conditions},
            rules=self.rules(),
            holds={HoldKind(kind): _text(self.words, "tiering", "holds", kind) for kind in self.tiering["holds"]},
            overlays=self.overlays(),
            obligations=self.obligations(),
            flags=self.flags(),
            prohibited_requirements=frozenset(self.tiering["prohibited_uses"]),
            owners={key: _text(self.words, "terms", "owners", key) for key in self.structure["terms"]["owners"]},
            terms=self.terms(),
            sections=sections,
            questionnaires=self.questionnaires(),
            policy=self.policy(),
            checks=self.checks(),
            gates=self.gates(),
            order=read_order(self.structure, self.words),
            packages=read_packages(self.structure, self.words),
            standing=read_standing(self.structure, self.words),
        )

    def clauses(self) -> dict[str, Clause]:
        result = {}
        for raw in self.structure["clauses"]["clauses"]:
            words = _inner(self.words, "clauses", "clauses", raw["id"])
            result[raw["id"]] = Clause(raw["id"], raw["parent"], _text(words, "heading"), _text(words, "summary"))
        return result

    def requirements(self) -> dict[str, Requirement]:
        result = {}
        for raw in self.structure["requirements"]["requirements"]:
            words = _inner(self.words, "requirements", "requirements", raw["id"])
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
                statement=_text(words, "statement"),
                label=_text(words, "label"),
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
            (raw, _inner(self.words, room, "questions", raw["key"]))
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
        answers = {key: word for key in keys if (word := _text(self.words, "terms", "answers", key))}
        for raw in self.structure["facts"]["facts"]:
            words = _inner(self.words, "facts", "facts", raw["key"])
            options = _inner(words, "options")
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
                label=_text(words, "label"),
                question=_text(words, "question"),
                help=_text(words, "help"),
                options={value: _text(options, value) for value in raw["values"] if isinstance(value, str)},
                shown_when=parse(raw.get("shown_when")),
                otherwise=_answer(raw.get("otherwise")),
                implied=tuple((_answer(one["value"]), parse(one["when"])) for one in raw.get("implied", ())),
                alone=tuple(raw.get("alone", ())),
                offered=tuple(raw.get("offered", ())),
                nothing=raw.get("nothing", False),
                nothing_label=_text(words, "nothing"),
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
            words = _inner(self.words, "facts", "groups", key)
            members = tuple(fact for fact in facts.values() if fact.group == key)
            groups.append(FactGroup(key, _text(words, "title"), _text(words, "intro"), members))
        return tuple(groups)

    def rules(self) -> tuple[TierRule, ...]:
        exceptions = {name: parse(raw) for name, raw in self.tiering["exceptions"].items()}
        rules = []
        for raw in self.tiering["rules"]:
            hold = raw.get("hold")
            words = _inner(self.words, "tiering", "rules", raw["id"])
            rules.append(
                TierRule(
                    id=raw["id"],
                    when=parse(raw["when"]),
                    unless=exceptions.get(raw.get("unless")),
                    last=raw.get("last", False),
                    tier=Tier(raw["tier"]) if raw["tier"] else None,
                    hold=HoldKind(hold["kind"]) if hold else None,
                    hold_about=tuple(hold.get("about", ())) if hold else (),
                    clauses=tuple(raw["clauses"]),
                    basis=Basis(raw["basis"]),
                    reason=_text(words, "reason"),
                    reading=_text(words, "reading"),
                )
            )
        return tuple(rules)

    def overlays(self) -> tuple[Overlay, ...]:
        overlays = []
        for raw in self.tiering["overlays"]:
            words = _inner(self.words, "tiering", "overlays", raw["key"])
            overlays.append(
                Overlay(
                    key=raw["key"],
                    when=parse(raw["when"]),
                    requirements=tuple(raw["requirements"]),
                    clause=raw["clause"],
                    blocks=raw["blocks"],
                    label=_text(words, "label"),
                    asks=_text(words, "asks"),
                )
            )
        return tuple(overlays)

    def obligations(self) -> dict[Tier, TierObligation]:
        result = {}
        for raw in self.tiering["obligations"]:
            words = _inner(self.words, "tiering", "obligations", raw["tier"])
            tier = Tier(raw["tier"])
            result[tier] = TierObligation(
                tier=tier,
                requirements=tuple(raw["requirements"]),
                valid_months=raw["valid_months"],
                meaning=_text(words, "meaning"),
                guideline=_text(words, "guideline"),
                judgement=_text(words, "judgement"),
                validity=_text(words, "validity"),
            )
        return result

    def flags(self) -> tuple[Flag, ...]:
        flags = []
        for raw in self.tiering["flags"]:
            words = _inner(self.words, "tiering", "flags", raw["key"])
            flags.append(
                Flag(raw["key"], parse(raw["when"]), raw["as_of"], _text(words, "label"), _text(words, "text"))
            )
        return tuple(flags)

    def terms(self) -> dict[str, str]:
        """Every name under one roof: `dimensions.privacy`, `strengths.must`, `stages.foundations`."""
        result = {}
        for name, keys in self.structure["terms"].items():
            for key in keys:
                result[f"{name}.{key}"] = _text(self.words, "terms", name, key)
        for stage in self.structure["questionnaires/questionnaires"]["stages"]:
            key = stage["key"]
            result[f"stages.{key}"] = _text(self.words, "questionnaires/questionnaires", "stages", key)
        return result

    def sections(self) -> tuple[Section, ...]:
        sections = []
        for stage in self.structure["questionnaires/questionnaires"]["stages"]:
            for key in stage["sections"]:
                raw = self.structure.get(f"questionnaires/{key}", {"questions": []})
                words = _inner(self.words, f"questionnaires/{key}")
                questions = tuple(
                    self.question(question, key, _inner(words, "questions", question["key"]))
                    for question in raw["questions"]
                )
                sections.append(Section(key, stage["key"], _text(words, "title"), _text(words, "intro"), questions))
        return tuple(sections)

    def question(self, raw: Raw, section: str, words: Raw) -> Question:
        key = raw["key"]
        items = tuple(self.item(item, _inner(words, "items", item["key"]), key) for item in raw.get("items", ()))
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
            remedy=self.remedy(raw["remedy"], _inner(words, "remedy")) if "remedy" in raw else None,
            held_by=raw.get("held_by"),
            organisation_wide=raw.get("organisation_wide", False),
            wide_because=_text(words, "organisation_wide"),
            confirm_here=raw.get("confirm_here", False),
            title=_text(words, "title"),
            text=_text(words, "text"),
            why=_text(words, "why"),
            good_evidence=_lines(words.get("good_evidence")),
            example=_text(words, "example"),
            ask_supplier=_text(words, "ask_supplier"),
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
        label, first_count = _text(words, "figure"), _text(words, "first_count")
        return Figure(raw["unit"], raw["better"] == "higher", label, first_count)

    def item(self, raw: Raw, words: Raw, question: str) -> Item:
        return Item(
            key=raw["key"],
            when=parse(raw.get("when")),
            requirements=tuple(self.cited(raw, question)),
            text=_text(words, "text"),
            remedy=self.remedy(raw["remedy"], _inner(words, "remedy")),
        )

    def remedy(self, raw: Raw, words: Raw) -> Remedy:
        return Remedy(
            owner=raw["owner"],
            effort=Effort(raw["effort"]),
            first_step=_text(words, "first_step"),
            closes_it=_text(words, "closes_it"),
            in_stopgap=raw.get("in_stopgap", False),
            task=_text(words, "task"),
            of_family=tuple(
                (str(family), str(said.get("task", "")), str(said.get("first_step", "")))
                for family, said in (words.get("families") or {}).items()
            ),
        )

    def questionnaires(self) -> tuple[Questionnaire, ...]:
        result = []
        for raw in self.structure["questionnaires/questionnaires"]["questionnaires"]:
            words = _inner(self.words, "questionnaires/questionnaires", "questionnaires", raw["key"])
            result.append(
                Questionnaire(
                    key=raw["key"],
                    stakeholder=Stakeholder(raw["stakeholder"]),
                    sections=tuple(raw["sections"]),
                    title=_text(words, "title"),
                    intro=_text(words, "intro"),
                )
            )
        return tuple(result)

    def policy(self) -> Policy:
        raw: Raw = self.structure["policy"]
        return Policy(
            weights={strength: raw["weights"][strength] for strength in Strength},
            bands=tuple((band["from"], band["key"]) for band in raw["bands"]),
            due_days={tier: {strength: raw["due_days"][tier][strength] for strength in Strength} for tier in TIERS},
            blocking_due_days={tier: raw["due_days"][tier]["blocking"] for tier in TIERS},
            priorities=tuple(raw["priorities"]),
            condition_days=raw["condition_days"],
            first_audit_months=raw["first_audit_months"],
            self_declared_na_share=raw["self_declared_na_share"],
            expiring_days=raw["expiring_days"],
            monitoring_days=raw["monitoring_days"],
            review_target_days=raw.get("review_target_days", 10),  # releases stored before it was named lack it
            hold_days=raw.get("hold_days", 14),
            changes=self.changes(),
            accepted_risk_days=raw.get("accepted_risk_days", ACCEPTED_RISK_DAYS),
            reminder_days={
                what: tuple(days) for what, days in {**REMINDER_DAYS, **raw.get("reminder_days", {})}.items()
            },
            words=dict(_flat(self.words.get("policy"))),
            readiness=read_readiness_rules(self.structure),
        )

    def changes(self) -> tuple[ChangeKind, ...]:
        raw: Raw = self.structure["policy"]
        words: Raw = self.words.get("policy") or {}
        said = words.get("changes") or {}
        return tuple(
            ChangeKind(
                key=kind["key"],
                label=said.get(kind["key"], {}).get("label", kind["key"]),
                help=said.get(kind["key"], {}).get("help", ""),
                sections=tuple(kind.get("sections", ())),
                questions=tuple(kind.get("questions", ())),
                everything=kind.get("everything", False),
                suspends=kind.get("suspends", False),
            )
            for kind in raw.get("changes", ())
        )

    # What came with release 2: an older release has none of it, and compiles all the same.

    def checks(self) -> tuple[Check, ...]:
        checks = []
        for raw in self.structure.get("checks", {}).get("checks", ()):
            words = _inner(self.words, "checks", "checks", raw["key"])
            checks.append(
                Check(
                    key=raw["key"],
                    kind=CheckKind(raw["kind"]),
                    severity=Severity(raw["severity"]),
                    when=parse(raw.get("when")),
                    phrases=tuple(raw.get("phrases", ())),
                    figures=dict(raw.get("figures", {})),
                    label=_text(words, "label"),
                    advice=_text(words, "advice"),
                    unless=parse(raw["unless"]) if "unless" in raw else None,
                )
            )
        return tuple(checks)

    def gates(self) -> Gates:
        raw: Raw | None = self.structure.get("gates")
        if raw is None:
            return Gates()
        return Gates(
            evidence=tuple(
                EvidenceGate(
                    key=gate["key"],
                    tiers=tuple(Tier(tier) for tier in gate["tiers"]),
                    question=gate["question"],
                    label=_text(self.words, "gates", "evidence", gate["key"], "label"),
                    asks=_text(self.words, "gates", "evidence", gate["key"], "asks"),
                )
                for gate in raw["evidence"]
            ),
            conformity_tiers=tuple(Tier(tier) for tier in raw["conformity_tiers"]),
            conformity_file=tuple(
                FilePart(
                    key=part["key"],
                    kind=PartKind(part["kind"]),
                    questions=tuple(part.get("questions", ())),
                    label=_text(self.words, "gates", "conformity_file", part["key"], "label"),
                    asks=_text(self.words, "gates", "conformity_file", part["key"], "asks"),
                )
                for part in raw["conformity_file"]
            ),
            approval={key: _text(self.words, "gates", "approval", key) for key in raw["approval"]},
        )


def _flat(words: object, before: str = "") -> list[tuple[str, str]]:
    """Nested texts as dotted names: `bands.most`."""
    if isinstance(words, str):
        return [(before, words)]
    if not isinstance(words, Mapping):
        return []
    return [pair for key, inner in words.items() for pair in _flat(inner, f"{before}.{key}" if before else key)]
