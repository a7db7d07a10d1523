"""The index of evidence in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assessments.documents.report.dates import short_date
from assessments.models.snapshots import pieces_of


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """One evidence item of the whole plan. `supports`: how many answers name it."""

    number: int
    title: str
    period: str
    supports: int
    sha256: str
    shown_by: str


def evidence_index(content: Mapping[str, Any]) -> Iterable[EvidenceEntry]:
    """Yield each evidence item once, in the order in which answers name it."""
    named: dict[str, Mapping[str, Any]] = {}
    supports: dict[str, int] = {}
    for shown in content["questions"]:
        for piece in pieces_of(content["answers"].get(shown["question"])):
            named.setdefault(piece["reference"], piece)
            supports[piece["reference"]] = supports.get(piece["reference"], 0) + 1
    for number, (reference, entry) in enumerate(named.items(), 1):
        yield EvidenceEntry(
            number=number,
            title=entry["title"],
            period=_period(entry),
            supports=supports[reference],
            sha256=entry["sha256"],
            shown_by=entry["held_by"] if entry["on_request"] else "",
        )


def _period(piece: Mapping[str, Any]) -> str:
    """Say which period an evidence item covers."""
    start, end = (date.fromisoformat(piece[key]) if piece[key] else None for key in ("period_from", "period_to"))
    if start and end:
        return _("%(start)s to %(end)s") % {"start": short_date(start), "end": short_date(end)}
    if start:
        return _("from %(day)s") % {"day": short_date(start)}
    return _("to %(day)s") % {"day": short_date(end)} if end else _("not stated")
