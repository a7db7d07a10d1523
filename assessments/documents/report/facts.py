"""The facts of a use in a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assessments.documents.report.dates import day, moment
from assessments.guideline.edition import Edition
from assessments.guideline.wording import fact_answer, in_short


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact with its answer in words."""

    label: str
    words: str
    reason: str
    group: str
    agreed_by: str = ""
    agreed_reason: str = ""
    signed_worst: str = ""  # who signed it at its worst answer, and when
    denied: bool = False  # answered no, or none of its values
    affirmed: bool = False  # answered yes
    prohibited: bool = False  # asks about a prohibited use
    unknown: bool = False

    @property
    def short(self) -> str:
        """Return the answer without its explanation: *Grave* of *Grave: death, lasting injury*."""
        return "; ".join(in_short(part) for part in self.words.split("; ") if part[:1].isupper()) or self.words


def build_fact(edition: Edition, fact: Mapping[str, Any]) -> FactLine:
    """Build the line of one fact of a snapshot."""
    entry = edition.facts[fact["key"]]
    groups = {group.key: group.title for group in edition.fact_groups}
    return FactLine(
        label=entry.label,
        words=fact_answer(entry, fact["value"]),
        reason=fact["reason"],
        group=groups.get(entry.group, ""),
        agreed_by=fact["agreed_by"] or "",
        agreed_reason=fact["agreed_reason"],
        signed_worst=_signed(fact.get("signed_worst")),
        denied=fact["value"] in (False, "none", [], ["none"]),
        affirmed=fact["value"] is True,
        prohibited=entry.prohibited_use,
        unknown=fact["value"] == "unknown",
    )


def _signed(drawn: Mapping[str, Any] | None) -> str:
    """Say who signed a fact at its worst answer, and when; empty where nobody did."""
    return f"{drawn['by']}, {day(moment(drawn['at']))}" if drawn else ""
