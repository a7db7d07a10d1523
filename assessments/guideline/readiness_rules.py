"""How far a dimension's figure can be trusted: named data of the edition (ADVICE sections 1 and 6). Our judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReadinessRules:
    """`least_duties`: a figure that rests on fewer is *too few to say*. `organisation_part`: answers that are true of
    the whole organisation carry at most one part in so many of a dimension's weight."""

    least_duties: int
    organisation_part: int


def read_readiness_rules(structure: Raw) -> ReadinessRules | None:
    """Read the rules from the policy; None in an edition before release 3, which shows every figure as it is."""
    raw = (structure.get("policy") or {}).get("readiness")
    return ReadinessRules(raw["least_duties"], raw["organisation_part"]) if raw else None
