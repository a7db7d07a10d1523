"""The evidence of the rows of a case: as it was submitted, what became of it, and what reviewers found of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.evidence.previews import can_show
from assessments.domain.review import queries, supplements
from assessments.domain.review.opened import opened_contents
from assessments.domain.review.sampling import content_of
from assessments.models import EvidenceMark, Scan
from assessments.views.review.rows import EvidenceRow, JudgedRow

if TYPE_CHECKING:
    from assessments.views.review.case import ReviewCase

LONG_AGO = 365  # days between the end of a period and the signing from which a page says so


def add_evidence(case: ReviewCase, rows: Iterable[JudgedRow]) -> None:
    """Give these rows their evidence, with what became of it and what was found of it: three queries.

    Two more queries where evidence was added after the signing.
    """
    rows = list(rows)
    _add_supplements(case, rows)
    rows = [row for row in rows if row.is_answer and not row.pieces and row.now.get("evidence")]
    if not rows:
        return
    named = {(p["reference"], p["version"]) for row in rows for p in row.now["evidence"]}
    versions = queries.versions_submitted(case.submission, named)
    found: dict[tuple[str, str], list[EvidenceMark]] = {}
    for mark in queries.evidence_marks_on(case.submission):
        mark.submission = case.submission
        found.setdefault((mark.question, mark.piece), []).append(mark)
    opened = opened_contents(case.submission, case.reader) if case.reader else set()
    signed = timezone.localdate(case.submission.at)
    for row in rows:
        key = row.target.removeprefix("q:")
        row.pieces = [
            describe(_item(case, given, key, found.get((key, given["reference"]), ()), opened), versions, signed)
            for given in row.now["evidence"]
        ]


def _add_supplements(case: ReviewCase, rows: Iterable[JudgedRow]) -> None:
    """Give the rows of answers the evidence that was added after the signing."""
    answers = {row.target: row for row in rows if row.is_answer}
    if not answers or not case.added:
        return
    for row in answers.values():
        row.later = []
    for supplement in supplements.of_assessment(case.assessment, within=answers):
        answers[supplement.target].later.append(supplement)


def _item(
    case: ReviewCase, given: dict[str, Any], question: str, marks: Iterable[EvidenceMark], opened: Collection[str]
) -> EvidenceRow:
    seat = case.seat.seat if case.reader and case.seat else ""
    content = content_of(given)
    return EvidenceRow(
        given,
        question,
        mark=next((mark for mark in marks if mark.seat == seat), None),
        others=[mark for mark in marks if mark.seat != seat and mark.verdict],
        reader=case.reader,
        is_own=case.own is not None and content in case.own.pieces,
        is_opened=content in opened,
    )


def describe(piece: EvidenceRow, versions: Mapping[tuple[str, int], Any], signed: date) -> EvidenceRow:
    """Add to an evidence item how its period relates to the signing, and what became of it since."""
    given = piece.given
    start, end = given["period_from"], given["period_to"]
    if start and end:
        days = (end - start).days + 1
        piece.claim.append(
            ngettext(
                "This evidence covers a period of %(n)s day.", "This evidence covers a period of %(n)s days.", days
            )
            % {"n": days}
        )
    elif not start and not end:
        piece.claim.append(_("The organisation did not say which period this evidence covers."))
    if end and (signed - end).days > LONG_AGO:
        piece.claim.append(
            _("This evidence covers a period that ended %(n)s days before the submission was signed.")
            % {"n": (signed - end).days}
        )
    if start and start > signed:
        piece.claim.append(_("This evidence covers a period that begins after the submission was signed."))
    version = versions.get((given["reference"], given["version"]))
    if version is None:
        piece.no_preview = "" if given["on_request"] else _("This version is no longer in the library.")
        return piece
    now = version.evidence
    if now.withdrawn_at:
        piece.since.append(
            _("withdrawn on %(day)s") % {"day": date_format(timezone.localdate(now.withdrawn_at), "j M Y")}
        )
    if now.version > version.number:
        piece.since.append(_("replaced by version %(n)s") % {"n": now.version})
    if now.is_expired():
        piece.since.append(_("expired on %(day)s") % {"day": date_format(now.expires_on, "j M Y")})
    if not version.link:
        piece.scan = str(version.get_scan_display())
        piece.is_unscanned = version.scan == Scan.NOT_SCANNED
        piece.is_shown = can_show(version.media_type)
        if not piece.is_shown:
            piece.no_preview = _(
                "A file of this type can contain programs. You cannot view it here, but you can download it."
            )
    return piece
