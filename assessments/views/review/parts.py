"""The conformity file as a reviewer judges it, part by part, on one page."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments import workflow
from assessments.domain.evidence import supplements
from assessments.domain.review import cases, parts
from assessments.errors import Conflict, InvalidAnswer, WorkflowError
from assessments.forms.judgements import JudgementForm
from assessments.models import PartMark, Supplement
from assessments.views.conformity import PartLine
from assessments.views.gate import to_declare
from assessments.views.requests import SignedIn, posted
from assessments.views.review_case import Case
from assessments.views.reviews import file_lines


@dataclass
class JudgedPart:
    """One part as the page shows it: as it was signed, what others say of it, and this reviewer's form."""

    line: PartLine
    own: PartMark | None = None
    others: list[PartMark] = field(default_factory=list)
    later: list[Supplement] = field(default_factory=list)
    form: JudgementForm | None = None
    theirs: PartMark | None = None  # saved on another page meanwhile

    @property
    def key(self) -> str:
        return self.line.part.key

    @property
    def anchor(self) -> str:
        return f"part-{self.key}"


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: SignedIn, reference: str) -> HttpResponse:
    """Judge each part of the conformity file; a POST saves every judgement that changed."""
    case = Case(request.user, reference)
    if not parts.parts_of(case.submission):
        raise Http404
    data = posted(request)
    if data is None and not case.may_open:
        return to_declare(request, case.submission)
    if data is not None:
        case.require_seat()
    shown = _parts(case, data)
    results = [_save(case, one) for one in shown] if data is not None else []  # every part is tried
    if results and None not in results:
        left = sum(one.own is None or not one.own.verdict for one in shown)
        if left:
            words = ngettext("Saved. One part is left to judge.", "Saved. %(n)s parts are left to judge.", left)
            messages.success(request, words % {"n": left})
            return redirect("review_parts", reference)
        messages.success(request, _("Saved. You have judged every part of the conformity file."))
        return redirect(case.submission)
    errors = [
        (f"{one.anchor}-{name}" if name != "__all__" else one.anchor, f"{one.line.part.label}: {message}")
        for one in shown
        if one.form is not None and one.form.is_bound
        for name, found in one.form.errors.items()
        for message in found
    ]
    judged = sum(bool(one.own and one.own.verdict) for one in shown)
    context = {
        "case": case,
        "submission": case.submission,
        "parts": shown,
        "errors": errors,
        "judged": judged,
        "left": len(shown) - judged,
        "has_form": any(one.form is not None for one in shown),
        "returned": sum(bool(one.own and one.own.returned) for one in shown),
    }
    return render(request, "assessments/review/parts.html", context, status=422 if errors else 200)


def _parts(case: Case, data: QueryDict | None) -> list[JudgedPart]:
    lacking = workflow.missing_at_the_gates(case.submission, case.content)
    marks: dict[str, list[PartMark]] = {}
    for mark in parts.marks_on(case.submission):
        marks.setdefault(mark.part, []).append(mark)
    later: dict[str, list[Supplement]] = {}
    for row in supplements.of_assessment(case.assessment) if case.added else ():
        later.setdefault(row.target, []).append(row)
    approved = cases.has_approved(case.submission, case.user)
    found = []
    for line in file_lines(case, lacking):
        part = JudgedPart(line, later=later.get(f"part:{line.part.key}", []))
        for mark in marks.get(line.part.key, ()):
            mine = case.seat is not None and mark.seat == case.seat.seat and mark.by_id == case.user.pk
            if mine:
                part.own = mark
            elif mark.verdict:
                part.others.append(mark)
        if (case.is_open and not approved) or data is not None:
            part.form = JudgementForm(data, prefix=part.anchor, row=part.own)
        found.append(part)
    return found


def _save(case: Case, part: JudgedPart) -> bool | None:
    """Save one judgement if it changed. None: it could not be saved, and the form says why."""
    form = part.form
    if form is None or not form.is_valid():
        return None
    if not form.changes_something:
        return False
    try:
        part.own = parts.judge_part(
            case.submission,
            part.key,
            by=case.user,
            base=form.cleaned_data["base"] or 0,
            operation=form.cleaned_data["operation"],
            **form.to_save,
        )
    except InvalidAnswer as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None
    except Conflict as error:
        part.theirs = error.current
        form.add_error(None, str(error))
        form.write_again(error.current.revision)
        return None
    except WorkflowError as error:
        form.add_error(None, str(error))
        return None
    return True
