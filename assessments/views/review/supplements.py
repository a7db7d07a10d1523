"""Evidence that was added after the signing, as a reviewer judges it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.domain.evidence import supplements
from assessments.domain.review import cases
from assessments.errors import Conflict, InvalidAnswer, WorkflowError
from assessments.forms.judgements import JudgementForm
from assessments.models import Supplement, SupplementMark
from assessments.views.gate import to_declare
from assessments.views.requests import SignedIn, posted
from assessments.views.review_case import Case


@dataclass
class JudgedSupplement:
    """One piece of evidence as the page shows it."""

    row: Supplement
    title: str
    url: str
    own: SupplementMark | None = None
    others: list[SupplementMark] = field(default_factory=list)
    form: JudgementForm | None = None

    @property
    def anchor(self) -> str:
        return f"later-{self.row.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: SignedIn, reference: str) -> HttpResponse:
    """Judge what was added after the signing; a POST saves every judgement that changed."""
    case = Case(request.user, reference)
    data = posted(request)
    if data is None and not case.may_open:
        return to_declare(request, case.submission)
    if data is not None:
        case.require_seat()
    shown = _rows(case, data)
    results = [_save(case, one) for one in shown] if data is not None else []  # every piece is tried
    if data is not None and None not in results:
        messages.success(request, _("Saved."))
        return redirect("review_supplements", reference)
    errors = [
        (f"{one.anchor}-{name}" if name != "__all__" else one.anchor, f"{one.row.version.evidence}: {message}")
        for one in shown
        if one.form is not None and one.form.is_bound
        for name, found in one.form.errors.items()
        for message in found
    ]
    context = {
        "case": case,
        "submission": case.submission,
        "rows": shown,
        "errors": errors,
        "left": sum(one.own is None or not one.own.verdict for one in shown),
        "has_form": any(one.form is not None for one in shown),
    }
    return render(request, "assessments/review/supplements.html", context, status=422 if errors else 200)


def _rows(case: Case, data: QueryDict | None) -> list[JudgedSupplement]:
    titles = supplements.targets(case.submission, case.content)
    is_open = case.is_open and not cases.has_approved(case.submission, case.user)
    found = []
    for row in supplements.of_assessment(case.assessment):
        one = JudgedSupplement(row, titles.get(row.target, row.target), case.url_of_target(row.target))
        one.own = next((mark for mark in row.marks.all() if mark.by_id == case.user.pk), None)
        one.others = [mark for mark in row.marks.all() if mark != one.own]
        if is_open or data is not None:
            one.form = JudgementForm(data, prefix=one.anchor, row=one.own, of_part=False)
        found.append(one)
    return found


def _save(case: Case, one: JudgedSupplement) -> bool | None:
    """Save one judgement if it changed. None: it could not be saved, and the form says why."""
    form = one.form
    if form is None or not form.is_valid():
        return None
    if not form.changes_something:
        return False
    try:
        one.own = supplements.judge_supplement(
            case.submission,
            one.row.pk,
            by=case.user,
            base=form.cleaned_data["base"] or 0,
            operation=form.cleaned_data["operation"],
            **form.to_save,
        )
    except InvalidAnswer as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return None
    except Conflict as error:
        form.add_error(None, str(error))
        form.write_again(error.current.revision)
        return None
    except WorkflowError as error:
        form.add_error(None, str(error))
        return None
    return True
