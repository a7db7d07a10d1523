"""The rows of a marking page: each drawn once for the same frozen answer, mark, evidence and way of looking at it.

Drawing rows takes most of such a page, and what they show changes with a mark at the most: the submission is frozen. All
that a row shows is in its key; a row with something typed in it, or with two versions, is never kept.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from assessments.forms.reviews import MarkForm
from assessments.models import EvidenceMark, ReviewMark
from assessments.models.base import sha256
from assessments.views.review_case import OPERATION, Case, Piece, Row

TEMPLATE = "assessments/reviews/row.html"


def draw(case: Case, rows: Sequence[Row], *, of_facts: bool) -> None:
    """Give each row its HTML; evidence hangs on the rows already."""
    of_page = (
        case.submission.sha256,
        case.submission.reference,
        case.round_before,
        case.is_open,
        of_facts,
        len(rows),
        get_language(),
    )
    for number, row in enumerate(rows, 1):
        context = {
            "row": row,
            "submission": case.submission,
            "number": number,
            "of": len(rows),
            "round_before": case.round_before,
            "of_facts": of_facts,
        }
        if row.form is not None or any(piece.form is not None for piece in row.pieces):
            row.form = row.form or (_form(row) if case.is_open else None)
            row.html = render_to_string(TEMPLATE, context)
            continue
        state = (
            of_page,
            number,
            row.target,
            _said(row.mark),
            _said(row.asked),
            [_piece(piece) for piece in row.pieces],
        )
        key = f"mark:{sha256(repr(state))}"
        html = caches["rows"].get(key)
        if html is None:
            row.form = _form(row) if case.is_open else None
            row.is_kept = True
            for piece in row.pieces:
                piece.is_kept = True
            html = render_to_string(TEMPLATE, context)
            if row.difference is None or not row.difference.page_is_full:  # another page may compare its texts
                caches["rows"].set(key, html)
        row.html = mark_safe(re.sub(OPERATION, lambda _found: str(uuid.uuid4()), html))  # noqa: S308 (a template's own)


def _form(row: Row) -> MarkForm:
    return MarkForm(prefix=row.anchor, row=row.mark)


def _said(mark: ReviewMark | EvidenceMark | None) -> tuple[object, ...]:
    if mark is None:
        return ()
    carried = mark.carried_from.submission.round if mark.carried_from else 0
    return (mark.pk, mark.revision, mark.at, mark.by_id, str(mark.by), carried)


def _piece(piece: Piece) -> tuple[object, ...]:
    return (piece.target, piece.since, piece.claim, piece.scan, piece.is_shown, piece.no_preview, _said(piece.mark))
