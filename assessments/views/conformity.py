"""The conformity file of a High use: what an approval will ask for, part by part, and one page to fill each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import access, conformity, gates
from assessments.access import Action
from assessments.errors import Conflict, InvalidAnswer, NotPermitted, WorkflowError
from assessments.forms.conformity import CELLS, PartForm
from assessments.guideline.edition import Edition, FilePart
from assessments.guideline.terms import ROWS, PartKind
from assessments.views.case import Case, find_case


@dataclass
class PartLine:
    """One part of the file as a list shows it. `lacks`: what is missing, or nothing."""

    part: FilePart
    url: str = ""  # where it is filled; empty where it is only read
    lacks: str = ""
    cells: list[list[tuple[str, str]]] = field(default_factory=list)  # row by row: label and words
    pieces: list[dict[str, Any]] = field(default_factory=list)
    words: str = ""
    changed: bool = False


def lines_of(edition: Edition, content: dict[str, Any], lacking: dict[str, str]) -> list[PartLine]:
    """The parts that the tier of a picture asks for, filled or not. `lacking`: key to what is missing."""
    given = {part["part"]: part for part in content.get("conformity", ())}
    lines = []
    for part in edition.gates.parts_for(content["tier"]["assigned"]):
        stands = given.get(part.key, {"rows": [], "evidence": [], "words": ""})
        days = ("period_from", "period_to", "expires_on")
        lines.append(
            PartLine(
                part=part,
                lacks=lacking.get(part.key, ""),
                cells=[
                    [(str(CELLS[cell][0]), row.get(cell, "")) for cell in ROWS.get(part.kind, ())]
                    for row in stands["rows"]
                ],
                pieces=[
                    {**piece, **{name: gates.as_day(piece[name]) for name in days}} for piece in stands["evidence"]
                ],
                words=stands["words"],
            )
        )
    return lines


def _find(request: HttpRequest, reference: str) -> Case:
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(_("The conformity file takes somebody who sees the whole assessment."))
    if not conformity.parts_asked(case.assessment):
        raise Http404
    return case


@require_safe
def file(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole file: what each part holds, and what is missing."""
    case = _find(request, reference)
    assessment = case.assessment
    content = access.conformity_of(assessment, case.declared)
    found = gates.missing(case.edition, {**content, "questions": [], "answers": {}}, today=timezone.localdate())
    lines = lines_of(case.edition, content, {lack.part: lack.words for lack in found})
    writes = case.member is not None and case.member.role in access.MAY[Action.ANSWER]
    for line in lines:
        if writes and conformity.is_open(assessment, line.part):
            line.url = reverse("conformity_part", args=[reference, line.part.key])
    return render(
        request,
        "assessments/conformity/file.html",
        {
            "case": case,
            "assessment": assessment,
            "use": assessment.use,
            "lines": lines,
            "left": sum(bool(line.lacks) for line in lines),
            "first": next((line for line in lines if line.lacks and line.url), None),
            "days": case.edition.policy.monitoring_days,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Fill one part; what was typed stands on the page until it is saved."""
    case = _find(request, reference)
    access.require(case.user, Action.ANSWER, case.assessment)
    asked = case.edition.gates.part(key)
    if asked is None:
        raise Http404
    content = access.conformity_of(case.assessment, case.declared)
    stands = next((one for one in content["conformity"] if one["part"] == key), None)
    pieces = access.pieces_for_part(case.user, case.assessment, asked, stands)
    form = PartForm(
        request.POST if request.method == "POST" else None,
        part=asked,
        rows=stands["rows"] if stands else [],
        pieces=[(piece.reference, piece.title) for piece in pieces],
        initial={
            "base": stands["revision"] if stands else 0,
            "words": stands["words"] if stands else "",
            "evidence": [piece["reference"] for piece in stands["evidence"]] if stands else [],
        },
    )
    theirs = None
    if request.method == "POST" and form.is_valid():
        try:
            conformity.save_part(
                case.assessment,
                key,
                rows=form.rows,
                words=form.cleaned_data["words"],
                evidence=form.cleaned_data.get("evidence", ()),
                by=case.user,
                base=form.cleaned_data["base"],
                operation=form.operation_id,
            )
        except InvalidAnswer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        except Conflict as error:
            form.add_error(None, str(error))
            theirs = error.current
            form.overwrite_next(theirs.revision)
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved: %(part)s.") % {"part": asked.label})
            return redirect("conformity", reference)
    return render(
        request,
        "assessments/conformity/part.html",
        {
            "case": case,
            "assessment": case.assessment,
            "use": case.assessment.use,
            "part": asked,
            "form": form,
            "theirs": theirs,
            "their_rows": [[(str(CELLS[c][0]), row.get(c, "")) for c in ROWS[asked.kind]] for row in theirs.rows]
            if theirs and asked.kind in ROWS
            else [],
            "is_open": conformity.is_open(case.assessment, asked),
            "is_monitoring": asked.kind == PartKind.MONITORING,
            "has_pieces": bool(pieces),
            "days": case.edition.policy.monitoring_days,
        },
        status=422 if form.errors else 200,
    )
