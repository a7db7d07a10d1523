"""The rules of the reviewing body: named data in fixtures/issuing, versioned apart from the question set.

The rules of the day of a decision hold, and the decision keeps them. So a draft on an older release of the question set
is judged by the same rules as every other, and a later release of the rules changes no decision that was made before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from assessments.domain.certificates.rule_files import percent, read_releases, release_on
from assessments.guideline.terms import Tier
from assessments.models import DecisionKind, ReviewDecision, Submission
from assessments.models.base import canonical_json

FOLDER = settings.BASE_DIR / "fixtures" / "issuing"
KEY = "issuing_rules"
"""Where a decision keeps its rules, in the JSON that is signed with it."""
CERTIFYING = (DecisionKind.APPROVE, DecisionKind.SELF_CERTIFY)


@dataclass(frozen=True, slots=True)
class IssuingRules:
    """One release of the rules. `may_be_little`: by tier, how many dimensions may read *little in place*."""

    release: int
    sha256: str
    may_be_little: Mapping[str, int]
    most_conditions: int
    drawn_percent: (
        int  # of what is neither decisive nor a must, for each seat; 0 where an older decision did not keep it
    )
    short_look_seconds: int  # a median below this is told to the other seat
    first_day: date | None = None  # None: from the beginning
    reasons: Mapping[str, str] | None = None  # by tier and by name of the number; None where a decision kept the rules

    def kept(self) -> dict[str, Any]:
        """Return the rules as a decision keeps them."""
        return {
            "release": self.release,
            "sha256": self.sha256,
            "may_be_little": dict(self.may_be_little),
            "most_conditions": self.most_conditions,
            "drawn_percent": self.drawn_percent,
            "short_look_seconds": self.short_look_seconds,
        }


def releases(folder: Path = FOLDER) -> tuple[IssuingRules, ...]:
    """Return all releases, the oldest first. Raises FaultyRules, whose message names the file."""
    return _read(folder)


@cache
def _read(folder: Path) -> tuple[IssuingRules, ...]:
    return read_releases(folder, _one)


def _one(raw: Any, text: bytes) -> IssuingRules:
    least, most, own = raw["least_readiness"], raw["most_conditions"], raw["own_set"]
    tiers = [str(tier) for tier in (Tier.LOW, Tier.LIMITED, Tier.HIGH)]
    return IssuingRules(
        release=int(raw["release"]),
        sha256=hashlib.sha256(text).hexdigest(),
        may_be_little={tier: int(least[tier]["may_be_little"]) for tier in tiers},
        most_conditions=int(most["most"]),
        drawn_percent=percent(own["drawn_percent"]),
        short_look_seconds=int(own["short_look_seconds"]),
        first_day=raw.get("from"),
        reasons={tier: str(least[tier]["reason"]) for tier in tiers}
        | {"most_conditions": str(most["reason"])}
        | {"drawn_percent": str(own["drawn_reason"]), "short_look_seconds": str(own["short_look_reason"])},
    )


def rules_on(day: date) -> IssuingRules:
    """Return the rules that hold on that day."""
    return release_on(day, releases(), FOLDER)


def rules_today() -> IssuingRules:
    """Return the rules that hold today."""
    return rules_on(timezone.localdate())


def signed_with_rules(signed: str, day: date) -> str:
    """Add the rules of the day to the JSON that is signed with a decision."""
    return canonical_json({**(json.loads(signed) if signed else {}), KEY: rules_on(day).kept()})


def rules_of(submission: Submission, signed: str | None = None) -> IssuingRules | None:
    """Return the rules by which a submission was decided; None where its decision is older than the rules.

    `signed`: what its newest certifying decision signed, where it is read already; else one query.
    """
    if signed is None:
        decided = ReviewDecision.objects.filter(submission=submission.pk, kind__in=CERTIFYING).order_by("-pk")
        signed = decided.values_list("signed", flat=True).first()
    kept = json.loads(signed or "{}").get(KEY)
    if kept is None:
        return None
    return IssuingRules(
        release=kept["release"],
        sha256=kept["sha256"],
        may_be_little=kept["may_be_little"],
        most_conditions=kept["most_conditions"],
        drawn_percent=kept.get("drawn_percent", 0),
        short_look_seconds=kept.get("short_look_seconds", 0),
    )
