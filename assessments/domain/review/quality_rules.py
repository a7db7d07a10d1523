"""The rules for second looks and for stating figures of reviewers: named data in fixtures/issuing/quality, versioned.

A second look keeps the rules of the day of the decision, so a later release changes nothing that was drawn before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from assessments.domain.certificates.issuing import FaultyRules
from assessments.guideline.terms import Tier

FOLDER = settings.BASE_DIR / "fixtures" / "issuing" / "quality"
LOOKED_AT_TWICE = (Tier.LOW, Tier.LIMITED)
"""The tiers with one reviewer, of whose cases a share gets a second look."""


@dataclass(frozen=True, slots=True)
class QualityRules:
    """One release. `share_percent`: by tier. `least_items`, `least_cases`: below them a share is too few to say."""

    release: int
    sha256: str
    share_percent: Mapping[str, int]
    rest_percent: int
    offered_days: int
    least_items: int
    least_cases: int
    first_day: date | None
    reasons: Mapping[str, str]  # by `share`, `rest`, `offered`, `too_few`

    def kept(self) -> dict[str, Any]:
        """Return the rules as a second look keeps them."""
        return {
            "release": self.release,
            "sha256": self.sha256,
            "share_percent": dict(self.share_percent),
            "rest_percent": self.rest_percent,
        }


@cache
def releases(folder: Path = FOLDER) -> tuple[QualityRules, ...]:
    """Return all releases, the oldest first. Raises FaultyRules, whose message names the file."""
    found = [_one(path) for path in sorted(folder.glob("*.yaml"), key=lambda path: (len(path.stem), path.stem))]
    if not found:
        raise FaultyRules(f"{folder}: there are no rules for second looks")
    days = [rules.first_day or date.min for rules in found]
    if [rules.release for rules in found] != list(range(1, len(found) + 1)) or days != sorted(set(days)):
        raise FaultyRules(f"{folder}: releases count from 1, and each starts on a later day than the one before it")
    return tuple(found)


def _one(path: Path) -> QualityRules:
    text = path.read_bytes()
    try:
        raw = yaml.safe_load(text)
        share, few = raw["share_percent"], raw["too_few"]
        rules = QualityRules(
            release=int(raw["release"]),
            sha256=hashlib.sha256(text).hexdigest(),
            share_percent={str(tier): _percent(share[tier]) for tier in LOOKED_AT_TWICE},
            rest_percent=_percent(raw["rest_percent"]),
            offered_days=int(raw["offered_days"]),
            least_items=int(few["items"]),
            least_cases=int(few["cases"]),
            first_day=raw.get("from"),
            reasons={
                "share": str(share["reason"]),
                "rest": str(raw["rest_reason"]),
                "offered": str(raw["offered_reason"]),
                "too_few": str(few["reason"]),
            },
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise FaultyRules(f"{path}: {error}") from error
    if path.stem != str(rules.release) or raw.get("basis") != "judgement":
        raise FaultyRules(f"{path}: the file is named by its release, and its basis is judgement")
    return rules


def _percent(given: Any) -> int:
    if not 0 <= int(given) <= 100:
        raise ValueError(f"{given} is no share in per cent")
    return int(given)


def rules_on(day: date, folder: Path = FOLDER) -> QualityRules:
    """Return the rules that hold on that day."""
    found = [rules for rules in releases(folder) if rules.first_day is None or rules.first_day <= day]
    if not found:
        raise FaultyRules(f"{folder}: no rules hold on {day.isoformat()}")
    return found[-1]
