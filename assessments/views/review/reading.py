"""The way through a case: on to the next answer or fact without a mark."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.views.review.case import PageOfCase, ReviewCase
from assessments.views.review.rows import JudgedRow
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn


def page_around(request: SignedIn, case: ReviewCase, row: JudgedRow) -> PageOfCase | None:
    """Return the marking page on which a script saved a mark, to count it anew; None where the save came from elsewhere."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    group = next((group for group in case.marking_pages() if case.url(group.key) == path), None)
    return group if group and row.target in group.targets else None


@require_safe
def next_unmarked(request: SignedIn, reference: str) -> HttpResponse:
    """Lead to the next answer or fact without a mark: the first one after the target `after`, then from the beginning."""
    case = ReviewCase(request.user, reference)
    if not case.may_open:
        return to_declare(request, case.submission)
    after = request.GET.get("after", "")
    start = case.targets.index(after) + 1 if after in case.targets else 0
    ordered = (*case.targets[start:], *case.targets[:start])
    target = next((target for target in ordered if target not in case.marks), None)
    if target is None:
        messages.success(request, _("Every answer and fact has a mark."))
        return redirect(case.submission)
    return redirect(case.url_of(target))
