"""The rows of a marking page: each drawn once for the same frozen answer, mark, evidence and way of looking at it.

Drawing rows takes most of such a page, and what they show changes with a mark at the most: the submission is frozen. All
that a row shows is in its key; a row with something typed in it, or with two versions, is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from assessments.core.operations import operations
from assessments.domain.review import opened
from assessments.models import EvidenceMark, ReviewMark, Supplement
from assessments.models.base import sha256
from assessments.views.review.case import ReviewCase
from assessments.views.review.rows import OPERATION, SEEN, EvidenceRow, JudgedRow, carried_words

TEMPLATE = "assessments/review/row.html"


def draw(case: ReviewCase, rows: Sequence[JudgedRow], *, of_facts: bool) -> None:
    """Give each row its HTML; evidence hangs on the rows already."""
    of_page = (
        case.submission.sha256,
        case.submission.reference,
        case.round_before,
        case.since,
        case.is_open,
        of_facts,
        len(rows),
        get_language(),
        case.reader,
    )
    shown, names = timezone.now(), operations()
    for number, row in enumerate(rows, 1):
        row.token = opened.token(case.submission, row.target, reader=case.user, at=shown) if case.is_open else ""
        context = {
            "row": row,
            "submission": case.submission,
            "number": number,
            "of": len(rows),
            "round_before": case.round_before,
            "since": case.since,
            "of_facts": of_facts,
        }
        if row.form is not None or any(piece.form is not None for piece in row.pieces):
            row.form = row.form or (row.form_for() if case.is_open else None)
            row.html = render_to_string(TEMPLATE, context)
            continue
        state = (
            of_page,
            number,
            row.target,
            (row.is_own, row.is_drawn),
            _said(row.mark),
            [_said(mark) for mark in row.others],
            _said(row.asked),
            [_piece(piece) for piece in row.pieces],
            [_later(supplement) for supplement in row.later],
        )
        key = f"mark:{sha256(repr(state))}"
        html = caches["rows"].get(key)
        if html is None:
            row.form = row.form_for() if case.is_open else None
            row.is_kept = True
            for piece in row.pieces:
                piece.is_kept = True
            html = render_to_string(TEMPLATE, context)
            if row.difference is None or not row.difference.page_is_full:  # another page may compare its texts
                caches["rows"].set(key, html)
        html = re.sub(OPERATION, lambda _found: next(names), html)
        row.html = mark_safe(html.replace(SEEN, row.token))  # noqa: S308 (a template's own, and a signed token)


def _said(mark: ReviewMark | EvidenceMark | None) -> tuple[object, ...]:
    if mark is None:
        return ()
    taken_from = getattr(mark, "taken_over_from_id", None)
    opened_since = getattr(mark, "shown_at", None) is not None
    by = (mark.by_id, str(mark.by), taken_from)
    return (mark.pk, mark.revision, mark.at, by, carried_words(mark), opened_since, mark.seat)


def _piece(piece: EvidenceRow) -> tuple[object, ...]:
    others = [_said(mark) for mark in piece.others]
    looked = (piece.is_own, piece.is_opened, piece.reader)
    of_file = (piece.since, piece.claim, piece.scan, piece.is_shown, piece.no_preview)
    return (piece.target, of_file, looked, _said(piece.mark), others)


def _later(supplement: Supplement) -> tuple[object, ...]:
    marks = [(mark.pk, mark.revision, mark.at, str(mark.by)) for mark in supplement.marks.all()]
    piece = supplement.version.evidence
    return (supplement.pk, piece.title, piece.withdrawn_at, piece.expires_on, str(supplement.by), marks)
