"""Evidence that was added after the signing, as a reviewer judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.domain.review import cases, supplements
from assessments.forms.judgements import JudgementForm
from assessments.models import Supplement, SupplementMark
from assessments.views.review.case import ReviewCase
from assessments.views.review.judged import JudgedItem, errors_of
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted


@dataclass(kw_only=True)
class JudgedSupplement(JudgedItem[SupplementMark]):
    """One evidence item as the page shows it."""

    row: Supplement
    title: str
    url: str
    others: list[SupplementMark] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: SignedIn, reference: str) -> HttpResponse:
    """Judge what was added after the signing; a POST saves every judgement that changed."""
    case = ReviewCase(request.user, reference)
    data = posted(request)
    if data is None and not case.may_open:
        return to_declare(request, case.submission)
    if data is not None:
        case.require_seat()
    shown = _rows(case, data)
    save = partial(supplements.judge_supplement, case.submission, by=case.user)
    # every evidence item is tried
    results = [one.save(partial(save, one.row.pk)) for one in shown] if data is not None else []
    if data is not None and None not in results:
        messages.success(request, _("Saved."))
        return redirect("review_supplements", reference)
    errors = errors_of(shown)
    context = {
        "case": case,
        "submission": case.submission,
        "rows": shown,
        "errors": errors,
        "left": sum(one.own is None or not one.own.verdict for one in shown),
        "has_form": any(one.form is not None for one in shown),
    }
    return render(request, "assessments/review/supplements.html", context)


def _rows(case: ReviewCase, data: QueryDict | None) -> list[JudgedSupplement]:
    titles = supplements.targets(case.submission, case.content)
    is_open = case.is_open and not cases.has_approved(case.submission, case.user)
    found = []
    for row in supplements.of_assessment(case.assessment):
        one = JudgedSupplement(
            anchor=f"later-{row.pk}",
            label=row.version.evidence.title,
            row=row,
            title=titles.get(row.target, row.target),
            url=case.pages.url_of_target(row.target),
        )
        one.own = next((mark for mark in row.marks.all() if mark.by_id == case.user.pk), None)
        one.others = [mark for mark in row.marks.all() if mark != one.own]
        if is_open or data is not None:
            one.form = JudgementForm(data, prefix=one.anchor, row=one.own, of_part=False)
        found.append(one)
    return found
