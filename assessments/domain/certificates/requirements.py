"""What an approval needs beyond good answers: evidence of the tier's duties, and the conformity file of a High use.

The edition names the gates (gates.yaml); `missing` holds a snapshot, living or frozen, against them. An approval with
anything missing is refused; the same list is shown to the owner before signing as what will be asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assessments.domain.certificates import second_use
from assessments.guideline.edition import Edition
from assessments.guideline.gates import FilePart
from assessments.guideline.terms import ROWS, PartKind
from assessments.models.conformity import speaks_until
from assessments.models.snapshots import pieces_of


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that an approval will ask for. Either `question` says where its evidence belongs, or `part` of the file."""

    label: str
    words: str
    question: str = ""
    part: str = ""

    @property
    def target(self) -> str:
        """Name the answer (`q:`) or the part of the file (`part:`) as marks and supplements do."""
        return f"q:{self.question}" if self.question else f"part:{self.part}"


def missing(
    edition: Edition,
    content: Mapping[str, Any],
    *,
    today: date,
    withdrawn: Collection[str] = (),
    monitored: date | None = None,
    supplements: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
) -> list[Missing]:
    """Say what a snapshot lacks; empty where the tier asks for nothing, or all of it is there.

    `withdrawn`: references of evidence items taken out of the library since. `monitored`: the last day that the use's living
    monitoring evidence speaks for; a review may take longer than a record stays fresh, so the newest one counts.
    `supplements`: what was attached after the signing and found to support its target (`q:`, `part:`); it counts too.
    """
    later = supplements or {}
    found = list(_evidence(edition, content, today, withdrawn, later))
    parts = {part["part"]: part for part in content.get("conformity", ())}
    unsaid = second_use.without_words(parts.values())
    for asked in edition.gates.parts_for(content["tier"]["assigned"]):
        given = _with_later(parts.get(asked.key), later.get(f"part:{asked.key}", ()))
        words = _part(edition, asked, given, today, withdrawn, monitored)
        if not words and asked.key in unsaid:
            words = _("Another part uses the same evidence: %(titles)s. Say why this part can use it too.") % {
                "titles": ", ".join(unsaid[asked.key])
            }
        if words:
            found.append(Missing(asked.label, words, part=asked.key))
    return found


def _with_later(given: Mapping[str, Any] | None, later: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return a part of the file with what was attached to it after the signing."""
    if not later:
        return given
    return {**(given or {"rows": []}), "evidence": [*(given["evidence"] if given else ()), *later]}


def _evidence(
    edition: Edition,
    content: Mapping[str, Any],
    today: date,
    withdrawn: Collection[str],
    later: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Iterator[Missing]:
    asked = {shown["question"] for shown in content["questions"]}
    for gate in edition.gates.evidence:
        if content["tier"]["assigned"] not in gate.tiers or gate.question not in asked:
            continue
        pieces = [*pieces_of(content["answers"].get(gate.question)), *later.get(f"q:{gate.question}", ())]
        if not any(is_current(piece, today, withdrawn) for piece in pieces):
            expired = _("The attached evidence has expired or has been withdrawn.")
            words = gate.asks if not pieces else expired + " " + gate.asks
            yield Missing(gate.label, words, question=gate.question)


def _part(
    edition: Edition,
    asked: FilePart,
    given: Mapping[str, Any] | None,
    today: date,
    withdrawn: Collection[str],
    monitored: date | None,
) -> str:
    """Say what one part of the conformity file lacks, or nothing."""
    if asked.kind in ROWS:
        rows = given["rows"] if given else []
        if not rows:
            return asked.asks
        whole = all(row.get(cell) for row in rows for cell in ROWS[asked.kind])
        return "" if whole else _("Fill in every field of each entry.") + " " + asked.asks
    pieces = [piece for piece in (given["evidence"] if given else ()) if is_current(piece, today, withdrawn)]
    if not pieces:
        return asked.asks
    if asked.kind == PartKind.MONITORING:
        days = edition.policy.monitoring_days
        until = max((day for day in map(monitored_by, pieces) if day), default=None)
        until = max((day for day in (until, monitored) if day), default=None)
        if not is_fresh(until, today, days):
            return (
                _(
                    "Enter the period that the newest monitoring record covers. At least one day of this period must"
                    " be within the last %(days)s days."
                )
                % {"days": days}
                + " "
                + asked.asks
            )
    return ""


def is_current(piece: Mapping[str, Any], today: date, withdrawn: Collection[str] = ()) -> bool:
    """Tell whether an evidence item of a snapshot is good on that day and was not withdrawn since."""
    expires = as_day(piece["expires_on"])
    return piece["reference"] not in withdrawn and (expires is None or expires >= today)


def monitored_by(piece: Mapping[str, Any]) -> date | None:
    return speaks_until(as_day(piece["period_to"]), as_day(piece.get("given_on")))


def is_fresh(until: date | None, today: date, days: int) -> bool:
    """Tell whether monitoring that speaks up to `until` counts today; `days`: how old it may be."""
    return until is not None and until >= today - timedelta(days=days)


def as_day(value: date | str | None) -> date | None:
    """Return a day of a snapshot, which is a date while it lives and a text once it is frozen."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def evidence_asked_for(edition: Edition, content: Mapping[str, Any]) -> set[str]:
    """Return references of the evidence items that a snapshot names where a gate of its tier asks for evidence."""
    tier = content["tier"]["assigned"]
    questions = [gate.question for gate in edition.gates.evidence if tier in gate.tiers]
    answers = [piece for key in questions for piece in pieces_of(content["answers"].get(key))]
    file = [piece for part in content.get("conformity", ()) for piece in part["evidence"]]
    return {piece["reference"] for piece in (*answers, *file)}
