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

from django.conf import settings

from assessments.domain.certificates.rule_files import percent, read_releases, release_on
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
    return read_releases(folder, _one)


def _one(raw: Any, text: bytes) -> QualityRules:
    share, few = raw["share_percent"], raw["too_few"]
    return QualityRules(
        release=int(raw["release"]),
        sha256=hashlib.sha256(text).hexdigest(),
        share_percent={str(tier): percent(share[tier]) for tier in LOOKED_AT_TWICE},
        rest_percent=percent(raw["rest_percent"]),
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


def rules_on(day: date, folder: Path = FOLDER) -> QualityRules:
    """Return the rules that hold on that day."""
    return release_on(day, releases(folder), folder)
