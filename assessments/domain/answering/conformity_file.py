"""Keeping the conformity file of a High use: one save a part, every version kept, nothing overwritten unseen."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import finders, roles
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.domain.answering import overseers, returned_parts
from assessments.domain.certificates import second_use
from assessments.guideline.gates import FilePart
from assessments.guideline.terms import ROWS, PartKind
from assessments.models import (
    Assessment,
    ConformityEvidence,
    ConformityPart,
    ConformityRevision,
    Evidence,
    EvidenceVersion,
    Involvement,
    RevisionOutcome,
    Sees,
    State,
    User,
)

MOST_ROWS = 12
LONGEST_CELL = 300
LONGEST_WORDS = 400  # the column of ConformityPart
# Monitoring goes on while the rest of the file is locked, and is what keeps the certificate alive (our judgement).
KEPT_FRESH = (State.SUBMITTED, State.IN_REVIEW, State.APPROVED, State.CERTIFIED)


def parts_asked(assessment: Assessment) -> tuple[FilePart, ...]:
    """The parts of the file that this assessment's use needs at its present tier; empty where it needs none."""
    return assessment.compiled().gates.parts_for(assessment.use.assigned_tier)


def open_parts(assessment: Assessment) -> set[str]:
    """The keys of the parts that may be changed now: of a returned assessment those that go back, and monitoring."""
    asked = parts_asked(assessment)
    fresh = assessment.is_editable or assessment.state in KEPT_FRESH
    found = {part.key for part in asked if part.kind == PartKind.MONITORING and fresh}
    if assessment.state == State.RETURNED:
        return found | returned_parts.open_when_returned(assessment, asked)
    return found | {part.key for part in asked if assessment.is_editable}


@dataclass(frozen=True, slots=True)
class GivenPart:
    """What somebody gives for one part of the file.

    `rows`: of overseers and measures; empty ones are dropped, half-filled ones are kept and said to be missing later.
    `evidence`: references of the pieces that support it from now on, `why`: by reference, why a piece serves this part
    too.
    """

    rows: Iterable[Mapping[str, str]] = ()
    words: str = ""
    evidence: Collection[str] = ()
    why: Mapping[str, str] = field(default_factory=dict)


def save_part(
    assessment: Assessment,
    key: str,
    given: GivenPart,
    *,
    by: User,
    base: int,
    operation: uuid.UUID | None = None,
) -> ConformityPart:
    """Save one part of the conformity file.

    `base`: the revision that the page showed. Raises Conflict, with what was sent kept as a version; Locked,
    NotPermitted, and InvalidAnswer that names the control.
    """
    with transaction.atomic():
        saved = _save(assessment, key, given, by=by, base=base, operation=operation or uuid.uuid4())
    if isinstance(saved, Conflict):  # raised out here, so that the version beside the newer one stays stored
        raise saved
    return saved


def _save(
    assessment: Assessment, key: str, given: GivenPart, *, by: User, base: int, operation: uuid.UUID
) -> ConformityPart | Conflict:
    assessment, member = roles.lock_with_member(by, assessment)
    if member.sees != Sees.ALL:
        raise NotPermitted(_("Only members with access to the whole assessment can see the conformity file."))
    asked = {part.key: part for part in parts_asked(assessment)}
    _require_open(assessment, key, asked)
    row = ConformityPart.objects.filter(use=assessment.use_id, key=key).select_related("by").first()
    row = row or ConformityPart(use=assessment.use, key=key, by=by)
    have = {one.evidence.reference: one for one in _leans_on(row)}
    value = _value_of(given, asked[key], assessment)
    if ConformityRevision.objects.filter(operation=operation).exists() or (
        row.pk and row.record(have, {key: one.why for key, one in have.items()}) == value and row.revision >= base
    ):
        return row
    if row.pk and row.revision != base:  # of a part that nobody has saved there is no other version
        _keep(row, value, by, base, operation, RevisionOutcome.CONFLICT)
        theirs = _("%(name)s changed this part while you were writing. Nothing was overwritten.")
        return Conflict(theirs % {"name": row.by}, row)
    chosen, said = _chosen(assessment, value["evidence"], have, by=by), value.get("why", {})
    second_use.require_words(
        second_use.served_elsewhere(assessment.use, key, chosen.values()),
        said,
        titles={reference: piece.title for reference, piece in chosen.items()},
        labels={part.key: part.label for part in asked.values()},
    )
    row.rows, row.words, row.by = value["rows"], value["words"], by
    row.revision = _newest(row) + 1
    row.save()
    _attach(row, chosen, have, said, by=by)
    _keep(row, value, by, base, operation, RevisionOutcome.CURRENT)
    log.record(
        AuditKind.CONFORMITY_CHANGED,
        assessment.use,
        by=by,
        organisation=assessment.organisation,
        details={"part": key, "evidence": value["evidence"]},
    )
    return row


def _require_open(assessment: Assessment, key: str, asked: Collection[str]) -> None:
    """Raise Locked where the use needs no such part, or where the part is closed to changes."""
    if key not in asked:
        raise Locked(_("This use does not need this part of a conformity file."))
    if key not in open_parts(assessment):
        if assessment.state == State.RETURNED:
            raise Locked(_("You can change only the parts that the reviewer returned."))
        raise Locked(
            _("Not saved: the assessment is locked (%(state)s). What you typed is still on this page.")
            % {"state": assessment.get_state_display()}
        )


def _value_of(given: GivenPart, part: FilePart, assessment: Assessment) -> dict[str, Any]:
    """Return what is given as its version is stored. Raises InvalidAnswer that names the control."""
    wanted = sorted(set(given.evidence)) if part.kind not in ROWS else []
    rows = given.rows
    if part.kind == PartKind.OVERSEERS:
        rows = overseers.with_links(assessment.use, list(rows))
    value: dict[str, Any] = {"rows": check_rows(part, rows), "words": given.words.strip(), "evidence": wanted}
    why = {reference: given.why.get(reference, "").strip() for reference in wanted}
    if said := {reference: words for reference, words in why.items() if words}:
        value["why"] = said
    if len(value["words"]) > LONGEST_WORDS:
        raise InvalidAnswer("words", _("Shorten this text. It is too long for the certificate."))
    return value


def _chosen(
    assessment: Assessment, wanted: Collection[str], have: Mapping[str, ConformityEvidence], *, by: User
) -> dict[str, Evidence]:
    """Find the wanted pieces, by reference, in the library or among those that the part has. Raises InvalidAnswer."""
    pieces = finders.evidence_for(by).in_use().filter(organisation=assessment.organisation_id)
    known = {piece.reference: piece for piece in pieces.filter(reference__in=wanted)}
    if set(wanted) - known.keys() - have.keys():
        raise InvalidAnswer("evidence", _("Choose from the evidence in your organisation's library."))
    return {reference: known.get(reference) or have[reference].evidence for reference in wanted}


def _attach(
    row: ConformityPart,
    chosen: Mapping[str, Evidence],
    have: Mapping[str, ConformityEvidence],
    why: Mapping[str, str],
    *,
    by: User,
) -> None:
    """Make these pieces (by reference) the only evidence of a part. `why` says what each is for, if given."""
    gone = ConformityEvidence.objects.filter(part=row).exclude(evidence__reference__in=chosen)
    given = EvidenceVersion.objects.filter(evidence__in=gone.values("evidence")).values_list("by_id", flat=True)
    Involvement.objects.keep(row.use_id, Involvement.Kind.ATTACHED, given)  # its revisions name who attached it
    gone.delete()
    ConformityEvidence.objects.bulk_create(
        ConformityEvidence(part=row, evidence=piece, why=why.get(reference, ""), by=by)
        for reference, piece in chosen.items()
        if reference not in have
    )
    for reference, one in have.items():
        if reference in chosen and one.why != why.get(reference, ""):
            one.why = why.get(reference, "")
            one.save(update_fields=["why"])


def _leans_on(row: ConformityPart) -> list[ConformityEvidence]:
    return list(row.evidence_uses.select_related("evidence")) if row.pk else []


def _newest(row: ConformityPart) -> int:
    if not row.pk:
        return 0
    newest = row.revisions.order_by("-number").values_list("number", flat=True).first()
    return int(newest or 0)


def _keep(row: ConformityPart, value: Any, by: User, base: int, operation: uuid.UUID, outcome: RevisionOutcome) -> None:
    number = row.revision if outcome == RevisionOutcome.CURRENT else _newest(row) + 1
    ConformityRevision.objects.create(
        parent=row, number=number, operation=operation, base=base, value=value, by=by, outcome=outcome
    )


def check_rows(part: FilePart, rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the rows as they are stored: their cells trimmed, empty rows left out. Raises InvalidAnswer with the cell."""
    cells = ROWS.get(part.kind, ())
    found = []
    for number, row in enumerate(rows if cells else ()):
        kept = {cell: str(row.get(cell, "")).strip() for cell in cells}
        if row.get(overseers.MEMBER) and part.kind == PartKind.OVERSEERS:
            kept[overseers.MEMBER] = row[overseers.MEMBER]
        for cell, text in kept.items():
            if len(text) > LONGEST_CELL:
                raise InvalidAnswer(
                    f"{cell}-{number}", _("Enter at most %(most)s characters.") % {"most": LONGEST_CELL}
                )
        if any(kept.values()):
            found.append(kept)
    if len(found) > MOST_ROWS:
        raise InvalidAnswer("rows", _("Enter at most %(most)s rows.") % {"most": MOST_ROWS})
    return found
