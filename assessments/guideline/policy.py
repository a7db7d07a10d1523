"""Weights, bands, periods and kinds of change: our judgement, as named data of the edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from assessments.guideline.readiness_rules import ReadinessRules, read_readiness_rules
from assessments.guideline.terms import TIERS, Strength, Tier
from assessments.guideline.texts import Raw, flat_texts

ACCEPTED_RISK_DAYS = 180
REMINDER_DAYS: Mapping[str, tuple[int, ...]] = {
    "condition": (14, 3),
    "action": (7,),
    "risk": (14,),
    "evidence": (30,),
    "monitoring": (7,),
}
"""What holds for releases that were published before these became named data."""


class Asked(Protocol):
    """A question, by the names that a kind of change knows it by."""

    @property
    def key(self) -> str: ...

    @property
    def section(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """A kind of change after an approval, with the answers that it opens again. `everything`: all of them."""

    key: str
    label: str
    help: str
    sections: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    everything: bool = False
    suspends: bool = False  # the certificate, at once

    def opens(self, question: Asked) -> bool:
        return self.everything or question.section in self.sections or question.key in self.questions


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights, bands, periods and priorities: our judgement, as data of the edition."""

    weights: Mapping[Strength, int]
    bands: tuple[tuple[int, str], ...]  # (at least this per cent, key), highest first
    due_days: Mapping[Tier, Mapping[Strength, int]]
    blocking_due_days: Mapping[Tier, int]  # Table 1, overlays, prohibited uses, holds
    priorities: tuple[str, ...]  # keys, most urgent first
    condition_days: int
    first_audit_months: int
    self_declared_na_share: int  # per cent of the musts in scope
    expiring_days: int
    monitoring_days: int
    review_target_days: int  # working days in Hong Kong
    words: Mapping[str, str]  # texts of bands, priorities, efforts and methods
    hold_days: int = 14  # from its opening until a hold is due; releases stored before it was named count the same
    changes: tuple[ChangeKind, ...] = ()  # empty in releases stored before there were any
    accepted_risk_days: int = ACCEPTED_RISK_DAYS  # longest that the risk of an open action may be accepted
    reminder_days: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: REMINDER_DAYS)
    readiness: ReadinessRules | None = None  # from release 3 on


def read_policy(structure: Raw, words: Raw) -> Policy:
    """Read the policy; what a release stored earlier does not name has its value of then."""
    raw: Raw = structure["policy"]
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
        changes=_read_changes(structure, words),
        accepted_risk_days=raw.get("accepted_risk_days", ACCEPTED_RISK_DAYS),
        reminder_days={what: tuple(days) for what, days in {**REMINDER_DAYS, **raw.get("reminder_days", {})}.items()},
        words=dict(flat_texts(words.get("policy"))),
        readiness=read_readiness_rules(structure),
    )


def _read_changes(structure: Raw, words: Raw) -> tuple[ChangeKind, ...]:
    raw: Raw = structure["policy"]
    said = (words.get("policy") or {}).get("changes") or {}
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
