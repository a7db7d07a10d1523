"""What stands before an approval beside the answers: checks, evidence, the conformity file and the sentences signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assessments.guideline.conditions import Condition, parse
from assessments.guideline.terms import CheckKind, PartKind, Severity, Tier
from assessments.guideline.texts import Raw, text_at, texts_at


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked for before signing, and shown to the reviewer (our judgement); it never blocks by itself."""

    key: str
    kind: CheckKind
    severity: Severity
    when: Condition  # facts, and answers as ``scoring.checks`` names them
    phrases: tuple[str, ...]  # of WORDS: what a note would have to say
    figures: Mapping[str, int]  # the numbers that a kind goes by
    label: str
    advice: str
    unless: Condition | None = None  # a contradiction that is none where this holds


@dataclass(frozen=True, slots=True)
class EvidenceGate:
    """Evidence without which a use of these tiers gets no approval (our judgement)."""

    key: str
    tiers: tuple[Tier, ...]
    question: str
    label: str
    asks: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """One part of the file that a High use needs before it is approved (our judgement)."""

    key: str
    kind: PartKind
    questions: tuple[str, ...]  # where its evidence is likely to hang already
    label: str
    asks: str


@dataclass(frozen=True, slots=True)
class Gates:
    """What the tiers ask for beyond answers, and the sentences that an approval signs. Release 1 has none of it."""

    evidence: tuple[EvidenceGate, ...] = ()
    conformity_tiers: tuple[Tier, ...] = ()
    conformity_file: tuple[FilePart, ...] = ()
    approval: Mapping[str, str] = field(default_factory=dict)  # key to sentence

    def parts_for(self, tier: str) -> tuple[FilePart, ...]:
        """The conformity file of a use of this tier; empty where none is asked."""
        return self.conformity_file if tier in self.conformity_tiers else ()

    def part(self, key: str) -> FilePart | None:
        return next((part for part in self.conformity_file if part.key == key), None)


def read_checks(structure: Raw, words: Raw) -> tuple[Check, ...]:
    """Read the checks of a submission; an edition before release 2 has none."""
    checks = []
    for raw in structure.get("checks", {}).get("checks", ()):
        said = texts_at(words, "checks", "checks", raw["key"])
        checks.append(
            Check(
                key=raw["key"],
                kind=CheckKind(raw["kind"]),
                severity=Severity(raw["severity"]),
                when=parse(raw.get("when")),
                phrases=tuple(raw.get("phrases", ())),
                figures=dict(raw.get("figures", {})),
                label=text_at(said, "label"),
                advice=text_at(said, "advice"),
                unless=parse(raw["unless"]) if "unless" in raw else None,
            )
        )
    return tuple(checks)


def read_gates(structure: Raw, words: Raw) -> Gates:
    """Read what the tiers ask for beyond answers; an edition before release 2 asks for nothing."""
    raw: Raw | None = structure.get("gates")
    if raw is None:
        return Gates()
    return Gates(
        evidence=tuple(
            EvidenceGate(
                key=gate["key"],
                tiers=tuple(Tier(tier) for tier in gate["tiers"]),
                question=gate["question"],
                label=text_at(words, "gates", "evidence", gate["key"], "label"),
                asks=text_at(words, "gates", "evidence", gate["key"], "asks"),
            )
            for gate in raw["evidence"]
        ),
        conformity_tiers=tuple(Tier(tier) for tier in raw["conformity_tiers"]),
        conformity_file=tuple(
            FilePart(
                key=part["key"],
                kind=PartKind(part["kind"]),
                questions=tuple(part.get("questions", ())),
                label=text_at(words, "gates", "conformity_file", part["key"], "label"),
                asks=text_at(words, "gates", "conformity_file", part["key"], "asks"),
            )
            for part in raw["conformity_file"]
        ),
        approval={key: text_at(words, "gates", "approval", key) for key in raw["approval"]},
    )
