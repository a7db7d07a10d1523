"""The conformity file of a High use: what an approval will ask for, part by part, and one page to fill each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import Conflict, NotPermitted
from assessments.domain.answering import conformity_file
from assessments.domain.certificates import requirements, second_use
from assessments.domain.review import parts, supplements
from assessments.forms.base import refusals
from assessments.forms.conformity import CELLS, MEMBER, PartForm
from assessments.guideline.edition import Edition
from assessments.guideline.gates import FilePart
from assessments.guideline.terms import ROWS, PartKind
from assessments.models import PartMark, State
from assessments.views.assessment.member_case import MemberCase, find_case


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
    judgements: list[PartMark] = field(default_factory=list)  # what reviewers found, once the organisation may read it
    back: bool = False  # returned by a reviewer

    @property
    def lacks_beyond(self) -> str:
        """Return what is missing without the description of the part, which the page shows above it.

        Empty where nothing was given at all.
        """
        return self.lacks.removesuffix(self.part.asks).strip()

    @property
    def state(self) -> str:
        """The word of its state: given until it is judged, then the stricter of the judgements."""
        if self.lacks:
            return "part_missing"
        found = {str(mark.verdict) for mark in self.judgements}
        return next((f"part_{one}" for one in ("does_not", "partly", "supports") if one in found), "part_given")


def lines_of(
    edition: Edition, content: dict[str, Any], lacking: dict[str, str], judged: Iterable[PartMark] = ()
) -> list[PartLine]:
    """Return the parts that the tier of a snapshot asks for, filled or not. `lacking`: key to what is missing."""
    given = {part["part"]: part for part in content.get("conformity", ())}
    shared = second_use.shared_in(given.values())
    labels = {part.key: part.label for part in edition.gates.conformity_file}
    marks: dict[str, list[PartMark]] = {}
    for mark in judged:
        marks.setdefault(mark.part, []).append(mark)
    lines = []
    for part in edition.gates.parts_for(content["tier"]["assigned"]):
        stands = given.get(part.key, {"rows": [], "evidence": [], "words": ""})
        days = ("period_from", "period_to", "expires_on")
        lines.append(
            PartLine(
                part=part,
                lacks=lacking.get(part.key, ""),
                cells=[
                    [
                        *((str(CELLS[cell][0]), row.get(cell, "")) for cell in ROWS.get(part.kind, ())),
                        *([(_("Member"), _("Yes, a member of the organisation"))] if row.get(MEMBER) else []),
                    ]
                    for row in stands["rows"]
                ],
                pieces=[
                    {
                        **piece,
                        **{name: requirements.as_day(piece[name]) for name in days},
                        "also": [labels[key] for key in shared.get((part.key, piece["reference"]), ())],
                    }
                    for piece in stands["evidence"]
                ],
                words=stands["words"],
                judgements=marks.get(part.key, []),
                back=any(mark.returned for mark in marks.get(part.key, ())),
            )
        )
    return lines


def _find(request: HttpRequest, reference: str) -> MemberCase:
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(_("Only members with access to the whole assessment can see the conformity file."))
    if not conformity_file.parts_asked(case.assessment):
        raise Http404
    return case


@require_safe
def file(request: HttpRequest, reference: str) -> HttpResponse:
    """Show the whole file: what each part holds, and what is missing."""
    case = _find(request, reference)
    assessment = case.assessment
    content = finders.conformity_of(assessment, case.declared)
    sent = assessment.current_submission
    later = supplements.supporting(sent) if sent is not None else {}
    found = requirements.missing(
        case.edition, {**content, "questions": [], "answers": {}}, today=timezone.localdate(), supplements=later
    )
    lines = lines_of(case.edition, content, {lack.part: lack.words for lack in found}, parts.told(assessment))
    writes = case.member is not None and case.member.role in roles.MAY[Action.ANSWER]
    may_change = conformity_file.open_parts(assessment) if writes else set()
    for line in lines:
        if line.part.key in may_change:
            line.url = reverse("conformity_part", args=[reference, line.part.key])
    return render(
        request,
        "assessments/assessment/file.html",
        {
            "case": case,
            "assessment": assessment,
            "use": assessment.use,
            "lines": lines,
            "left": sum(bool(line.lacks) for line in lines),
            "back": sum(line.back for line in lines) if assessment.state == State.RETURNED else 0,
            "takes_more": writes and supplements.is_open(assessment),
            "first": next((line for line in lines if line.lacks and line.url), None),
            "days": case.edition.policy.monitoring_days,
        },
    )


def _members(case: MemberCase) -> list[tuple[str, str]]:
    """Return the members whom a row of overseers may name, by name."""
    rows = finders.members_of(case.assessment).order_by("user__name", "pk")
    return [(str(row.user_id), str(row.user)) for row in rows]


def _form(request: HttpRequest, case: MemberCase, asked: FilePart) -> tuple[PartForm, bool]:
    """Return the form of one part with what it holds now, and whether there is any evidence to choose from."""
    content = finders.conformity_of(case.assessment, case.declared)
    stands = next((one for one in content["conformity"] if one["part"] == asked.key), None)
    pieces = finders.evidence_for_part(case.user, case.assessment, asked, stands) if asked.kind not in ROWS else []
    served = second_use.served_elsewhere(case.assessment.use, asked.key, pieces) if pieces else {}
    labels = {one.key: one.label for one in case.edition.gates.conformity_file}
    before = {f"why-{piece['reference']}": piece["why"] for piece in stands["evidence"]} if stands else {}
    form = PartForm(
        request.POST if request.method == "POST" else None,
        part=asked,
        rows=stands["rows"] if stands else [],
        pieces=[(piece.reference, piece.title) for piece in pieces],
        served={
            reference: ", ".join(dict.fromkeys(labels[one.part] for one in others if one.part in labels))
            for reference, others in served.items()
        },
        members=_members(case) if asked.kind == PartKind.OVERSEERS else (),
        initial=before
        | {
            "base": stands["revision"] if stands else 0,
            "words": stands["words"] if stands else "",
            "evidence": [piece["reference"] for piece in stands["evidence"]] if stands else [],
        },
    )
    return form, bool(pieces)


@require_http_methods(["GET", "HEAD", "POST"])
def part(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Fill one part; what was typed stands on the page until it is saved."""
    case = _find(request, reference)
    roles.require(case.user, Action.ANSWER, case.assessment)
    asked = case.edition.gates.part(key)
    if asked is None:
        raise Http404
    form, has_pieces = _form(request, case, asked)
    theirs = None
    if request.method == "POST" and form.is_valid():
        with refusals(form) as refused:
            conformity_file.save_part(
                case.assessment,
                key,
                conformity_file.GivenPart(
                    rows=form.rows,
                    words=form.cleaned_data["words"],
                    evidence=form.cleaned_data.get("evidence", ()),
                    why=form.why,
                ),
                by=case.user,
                base=form.cleaned_data["base"],
                operation=form.operation_id,
            )
            messages.success(request, _("Saved: %(part)s.") % {"part": asked.label})
            return redirect("conformity", reference)
        if conflict := refused.error_as(Conflict):
            theirs = conflict.current
            form.write_again(theirs.revision)
    return render(
        request,
        "assessments/assessment/part.html",
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
            "is_open": key in conformity_file.open_parts(case.assessment),
            "judgements": [mark for mark in parts.told(case.assessment) if mark.part == key],
            "is_monitoring": asked.kind == PartKind.MONITORING,
            "has_pieces": has_pieces,
            "days": case.edition.policy.monitoring_days,
        },
    )
