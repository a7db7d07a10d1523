"""The schedule of a case: what the reader's seat opens and judges by itself, and how far that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.domain.certificates import issuing
from assessments.domain.review import parts, queries
from assessments.domain.review.opened import evidence_named_in, opened_contents
from assessments.domain.review.sampling import content_of, is_openable
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn


@dataclass(frozen=True, slots=True)
class OwnSetLine:
    """One evidence item of the own set: where it is opened, where it is judged, and what of that is done."""

    title: str
    url: str  # of the file or link; nothing for what is shown on request
    show: str  # of the page that shows the file; nothing for a link
    place: str  # where it is judged
    at: str  # the title of the answer there; nothing for a part of the conformity file
    of_file: bool  # judged with a part of the conformity file
    is_opened: bool
    is_judged: bool


@require_safe
def own_set(request: SignedIn, reference: str) -> HttpResponse:
    """List the own set of the reader's seat; whoever has none is led to the case."""
    case = ReviewCase(request.user, reference)
    if not case.may_open:
        return to_declare(request, case.submission)
    if case.seat is None or case.own is None:
        return redirect(case.submission)
    own = case.own
    targets = [target for target in case.targets if target in own.targets]
    lines = [(case.rows[t], case.pages.url_of(t), case.marks.get(t)) for t in targets]
    pieces = _pieces(case)
    return render(
        request,
        "assessments/review/own_set.html",
        {
            "case": case,
            "submission": case.submission,
            "lines": lines,
            "pieces": pieces,
            "judged": sum(mark is not None for *_line, mark in lines),
            "opened": sum(piece.is_opened for piece in pieces if piece.url),
            "to_open": sum(bool(piece.url) for piece in pieces),
            "with_answers": sum(not piece.of_file for piece in pieces),
            "of_file": sum(piece.of_file for piece in pieces),
            "rules": issuing.rules_today(),
            "drawn": len(own.drawn),
            "rest": own.rest,
        },
    )


def _pieces(case: ReviewCase) -> list[OwnSetLine]:
    """Return the evidence items of the own set, each content once: two queries, and one more where there is a conformity file."""
    own = case.own
    assert own is not None
    opened = opened_contents(case.submission, case.user.pk)
    found = queries.evidence_marks_on(case.submission)
    seat = case.seat.seat if case.seat else ""
    judged = {(m.question, m.piece) for m in found if m.verdict and m.seat == seat and m.by_id == case.user.pk}
    lines: dict[str, OwnSetLine] = {}
    in_parts = _parts_of_contents(case)
    found_parts = parts.marks_on(case.submission) if in_parts else []
    judged_parts = {m.part for m in found_parts if m.verdict and (m.seat, m.by_id) == (seat, case.user.pk)}
    for piece in evidence_named_in(case.content):
        content = content_of(piece)
        if content in lines or content not in own.openable | own.pieces.keys():
            continue
        places = sorted(own.pieces.get(content, ()))
        lines[content] = OwnSetLine(
            title=piece["title"],
            url=case.pages.evidence_url(piece) if is_openable(piece) else "",
            show=_preview_url(case, piece) if is_openable(piece) and not piece["link"] else "",
            place=case.pages.url_of(f"q:{places[0][0]}")
            if places
            else case.pages.url_of_target(f"part:{in_parts[content]}"),
            at=case.title_of(f"q:{places[0][0]}") if places else "",
            of_file=not places,
            is_opened=content in opened,
            is_judged=bool(own.pieces.get(content, frozenset()) & judged)
            if places
            else in_parts[content] in judged_parts,
        )
    return list(lines.values())


def _preview_url(case: ReviewCase, piece: Mapping[str, Any]) -> str:
    return reverse("evidence_preview", args=[case.submission.reference, piece["reference"], piece["version"]])


def _parts_of_contents(case: ReviewCase) -> dict[str, str]:
    """Return the first part of the conformity file that names each content."""
    found: dict[str, str] = {}
    for part in case.content.get("conformity", ()):
        for piece in part["evidence"]:
            found.setdefault(content_of(piece), part["part"])
    return found


def own_set_words(case: ReviewCase) -> str:
    """Return one sentence on how far the own set is, for the overview."""
    if case.own is None:
        return ""
    done = sum(target in case.marks for target in case.own.targets)
    return _("You have opened and marked %(n)s of %(all)s required facts and answers.") % {
        "n": done,
        "all": len(case.own.targets),
    }
