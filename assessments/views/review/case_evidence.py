"""The page *Evidence in this case*: each content once, where it serves, and what was found of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.domain.evidence import previews
from assessments.domain.review import evidence_of_case, queries
from assessments.domain.review.evidence_of_case import CaseEvidence, Place
from assessments.views.evidence.item import kind_word
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn


@dataclass(slots=True)
class PlaceLine:
    place: Place
    title: str
    url: str
    about: str  # which kind of place it is


@dataclass(slots=True)
class CaseEvidenceLine:
    piece: CaseEvidence
    places: list[PlaceLine]
    kind: str
    is_shown: bool  # in a page


@require_safe
def pieces(request: SignedIn, reference: str) -> HttpResponse:
    case = ReviewCase(request.user, reference)
    if not case.may_open:
        return to_declare(request, case.submission)
    verdicts = queries.evidence_marks_on(case.submission)
    found = evidence_of_case.items_of_case(case.submission, case.marks, verdicts, reader=case.user)
    show = request.GET.get("show", "")
    chosen = [piece for piece in found if piece.warns] if show == "warned" else found
    return render(
        request,
        "assessments/review/case_evidence.html",
        {
            "case": case,
            "submission": case.submission,
            "lines": [line_of(case, piece) for piece in chosen],
            "total": len(found),
            "warned": sum(piece.warns for piece in found),
            "show": show if show == "warned" else "",
        },
    )


def line_of(case: ReviewCase, piece: CaseEvidence) -> CaseEvidenceLine:
    version = piece.version
    return CaseEvidenceLine(
        piece,
        [place_line(case, place) for place in piece.places],
        kind_word(version) if version else "",
        bool(version and not version.link and previews.can_show(version.media_type)),
    )


def place_line(case: ReviewCase, place: Place) -> PlaceLine:
    overview = case.submission.get_absolute_url()
    match place.kind:
        case "answer":
            target = f"q:{place.key}"
            return PlaceLine(place, case.title_of(target), case.pages.url_of(target), _("answer"))
        case "part":
            part = case.edition.gates.part(place.key)
            return PlaceLine(
                place, part.label if part else place.key, f"{overview}#part-{place.key}", _("conformity file")
            )
        case "action":
            url = reverse("action", args=[case.use.reference, int(place.key)])
            return PlaceLine(place, place.title, url, _("action %(n)s") % {"n": place.key})
    return PlaceLine(place, place.title, reverse("close_hold", args=[case.submission.reference, place.key]), _("hold"))
