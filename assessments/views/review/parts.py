"""The conformity file as a reviewer judges it, part by part, on one page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.domain.answering import returned_parts
from assessments.domain.review import approval, cases, parts, supplements
from assessments.domain.review.opened import opened_contents
from assessments.domain.review.sampling import content_of, is_openable
from assessments.forms.judgements import JudgementForm
from assessments.models import PartMark, PartVerdict, Supplement
from assessments.views.assessment.conformity import PartLine
from assessments.views.review.case import ReviewCase
from assessments.views.review.judged import JudgedItem, errors_of
from assessments.views.review.overview import file_lines
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted


@dataclass(kw_only=True)
class JudgedPart(JudgedItem[PartMark]):
    """One part as the page shows it: as it was signed, what others say of it, and this reviewer's form."""

    line: PartLine
    others: list[PartMark] = field(default_factory=list)
    later: list[Supplement] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)  # evidence that the reader can open and has not opened

    @property
    def judged(self) -> bool:
        return bool(self.own and self.own.verdict)

    @property
    def lacking(self) -> bool:
        """Tell whether the part is missing or not complete: nobody has to judge it, and the case goes back for it."""
        return bool(self.line.lacks)

    @property
    def unsupported(self) -> str:
        """Say why the part cannot be found to support the file; empty where it can. Evidence added later is judged first."""
        if self.later:
            return ""
        if not self.line.cells and not self.line.pieces:
            return _("You cannot choose “Supports”, because the organisation has not provided this part.")
        return _("You cannot choose “Supports”, because this part is not complete.") if self.lacking else ""

    @property
    def stays(self) -> bool:
        """Tell whether the part stays locked when the case is returned, although something is missing in it."""
        return bool(self.own and self.own.verdict == PartVerdict.PARTLY and not self.own.returned)


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: SignedIn, reference: str) -> HttpResponse:
    """Judge each part of the conformity file; a POST saves every judgement that changed."""
    case = ReviewCase(request.user, reference)
    if not returned_parts.parts_of(case.submission):
        raise Http404
    data = posted(request)
    if data is None and not case.may_open:
        return to_declare(request, case.submission)
    if data is not None:
        case.require_seat()
    shown = _parts(case, data)
    # every part is tried
    results = [one.save(partial(_judge, case, one.line.part.key)) for one in shown] if data is not None else []
    if results and None not in results:
        left, lacking = _left(shown), sum(one.lacking for one in shown)
        messages.success(request, " ".join([_saved(left, lacking), *_staying([p for p in shown if p.stays])]))
        return redirect("review_parts", reference) if left else redirect(case.submission)
    if None in results:
        messages.warning(request, _saved_and_not(results))
    errors = errors_of(shown)
    context = {
        "case": case,
        "submission": case.submission,
        "parts": shown,
        "errors": errors,
        "judged": sum(one.judged for one in shown),
        "left": _left(shown) if case.is_open else 0,
        "lacking": sum(one.lacking for one in shown),
        "has_form": any(one.form is not None for one in shown),
        "returned": sum(bool(one.own and one.own.returned) for one in shown),
    }
    return render(request, "assessments/review/parts.html", context)


def _left(shown: list[JudgedPart]) -> int:
    """Count the parts that the reader has still to judge."""
    return sum(not one.judged and not one.lacking for one in shown)


def _saved(left: int, lacking: int) -> str:
    """Say after a save what is left to judge, and what the case has to go back for."""
    if left:
        words = ngettext(
            "Saved. You still have to judge one part.", "Saved. You still have to judge %(n)s parts.", left
        )
        return words % {"n": left}
    if lacking:
        words = ngettext(
            "Saved. One part is missing or not complete. Return the case for changes.",
            "Saved. %(n)s parts are missing or not complete. Return the case for changes.",
            lacking,
        )
        return words % {"n": lacking}
    return _("Saved. You have judged every part of the conformity file.")


def _staying(shown: list[JudgedPart]) -> list[str]:
    """Say which parts were judged “Partly” and do not go back with the case; empty where there is none."""
    if not shown:
        return []
    words = ngettext(
        "You judged this part “Partly” but did not tick “Return this part”: %(parts)s. It stays locked if you "
        "return the case.",
        "You judged these parts “Partly” but did not tick “Return this part”: %(parts)s. They stay locked if "
        "you return the case.",
        len(shown),
    )
    return [words % {"parts": ", ".join(one.label for one in shown)}]


def _saved_and_not(results: list[bool | None]) -> str:
    """Say how many judgements were saved and how many were not, beside the errors of those."""
    n = results.count(True)
    saved = ngettext("%(n)s judgement saved.", "%(n)s judgements saved.", n) % {"n": n}
    refused = _("Not saved yet: %(n)s.") % {"n": results.count(None)}
    return f"{saved} {refused}" if n else refused


def _judge(case: ReviewCase, part: str, *, base: int, operation: uuid.UUID | None, **fields: Any) -> PartMark:
    given = parts.GivenPartMark(**fields)
    return parts.judge_part(case.submission, part, given, by=case.user, base=base, operation=operation)


def _parts(case: ReviewCase, data: QueryDict | None) -> list[JudgedPart]:
    lacking = approval.missing_at_the_gates(case.submission, case.content)
    marks: dict[str, list[PartMark]] = {}
    for mark in parts.marks_on(case.submission):
        marks.setdefault(mark.part, []).append(mark)
    later: dict[str, list[Supplement]] = {}
    for row in supplements.of_assessment(case.assessment) if case.added else ():
        later.setdefault(row.target, []).append(row)
    approved = cases.has_approved(case.submission, case.user)
    lines = file_lines(case, lacking)
    may_open = case.reader and any(line.pieces for line in lines)
    opened = opened_contents(case.submission, case.reader) if may_open else set()
    found = []
    for line in lines:
        key = line.part.key
        part = JudgedPart(anchor=f"part-{key}", label=line.part.label, line=line, later=later.get(f"part:{key}", []))
        for mark in marks.get(key, ()):
            mine = case.seat is not None and mark.seat == case.seat.seat and mark.by_id == case.user.pk
            if mine:
                part.own = mark
            elif mark.verdict:
                part.others.append(mark)
        if (case.is_open and not approved) or data is not None:
            part.form = JudgementForm(data, prefix=part.anchor, row=part.own, unsupported=part.unsupported)
            part.unopened = [p["title"] for p in line.pieces if is_openable(p) and content_of(p) not in opened]
        found.append(part)
    return found
