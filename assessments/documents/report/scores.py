"""The scorecard of a report: readiness by heading, its bands, and the duties behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension, Tier
from assessments.models.assessments import answer_value
from assessments.models.snapshots import declared_in
from assessments.scoring import tally
from assessments.scoring.conditions import SELF_CERTIFICATION
from assessments.scoring.readiness import DutyCredit

DIMENSION_CLAUSES = {dimension: f"2.2.{number}" for number, dimension in enumerate(Dimension, 1)}
ALL = 100


@dataclass(frozen=True, slots=True)
class Readiness:
    """One heading of the scorecard. `value` in per cent, None: not assessed. The counts are duties and add up."""

    name: str
    clause: str
    value: Decimal | None
    band: str
    duties: int
    full: int
    half: int
    unknown: int
    none: int
    unanswered: int


def duties_in(edition: Edition, content: Mapping[str, Any], *, final: bool) -> tuple[tuple[DutyCredit, str], ...]:
    """Return each duty with how it stands, as the page of results counts it."""
    declared = declared_in(content)
    met = frozenset({SELF_CERTIFICATION}) if final and declared.tier == Tier.LOW else frozenset()
    answers = {
        key: answer_value(given["choice"], given["items"], None, given["reason"], given.get("figure"))
        for key, given in content["answers"].items()
    }
    return tally.told_apart(edition, declared, answers, final=final, met=met)


def build_readiness(
    edition: Edition,
    content: Mapping[str, Any],
    duties: Sequence[tuple[DutyCredit, str]],
    kind: str,
    key: str,
    clause: str,
) -> Readiness:
    """Build one row of the scorecard, with its duties counted by how they stand."""
    score = content["scorecard"][kind][key]
    counts = tally.count(duties, kind, key)
    value = None if score["value"] is None else Decimal(score["value"])
    return Readiness(
        name=edition.terms[f"{kind}.{key}"],
        clause=clause,
        value=value,
        band=band_words(edition, value),
        duties=score["duties"],
        full=score["full"],
        half=counts[tally.HALF],
        unknown=counts[tally.NOT_KNOWN],
        none=counts[tally.NONE],
        unanswered=score["duties"] - score["answered"],
    )


def band_words(edition: Edition, value: Decimal | None) -> str:
    """Name the band of a score in words; *not assessed* where nothing was in scope."""
    if value is None:
        return _("Not assessed")
    if value == ALL:
        return _("All in place")
    return edition.policy.words[f"bands.{band_key(edition, value)}"]


def band_key(edition: Edition, value: Decimal) -> str:
    """Return the key of the band that a score falls into."""
    return next(key for least, key in edition.policy.bands if value >= least)
