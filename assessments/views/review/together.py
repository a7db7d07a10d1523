"""Accepting several answers in one action: first a list with a box each, then the save."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.domain.review import marks
from assessments.forms.base import refusals
from assessments.views.review.case import ReviewCase
from assessments.views.review.case_pages import CHANGES, PageOfCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn


@require_http_methods(["GET", "HEAD", "POST"])
def together(request: SignedIn, reference: str) -> HttpResponse:
    """List what may be accepted together, of one page (`of`) or of the whole case; POST accepts what is selected."""
    case = ReviewCase(request.user, reference)
    if request.method != "POST" and not case.may_open:
        return to_declare(request, case.submission)
    case.require_seat()
    key = request.GET.get("of", "")
    group = case.pages.group(key) if key and key != CHANGES else None
    problem = ""
    if request.method == "POST":
        chosen = request.POST.getlist("target")
        if not set(chosen) <= set(case.targets):
            raise Http404
        problem = _accept(request, case, chosen)
        if not problem:
            return redirect(_following(case, group))
    elif not case.is_open:
        return redirect(case.submission)
    plain = [target for target in case.plain if group is None or target in group.targets]
    ticked = set(request.POST.getlist("target")) if request.method == "POST" else set(plain)
    if request.method != "POST" and request.GET.get("ticks") == "none":
        ticked = set()
    return render(
        request,
        "assessments/review/together.html",
        {
            "case": case,
            "submission": case.submission,
            "group": group,
            "groups": [
                (one, [(case.rows[t], case.pages.url_of(t), t in ticked) for t in one.targets if t in plain])
                for one in case.pages.groups
                if not set(one.targets).isdisjoint(plain)
            ],
            "plain": len(plain),
            "problem": problem,
        },
    )


def _accept(request: SignedIn, case: ReviewCase, chosen: list[str]) -> str:
    """Accept what is selected; says what was in the way, or nothing."""
    if not chosen:
        return _("Select at least one fact or answer.")
    with refusals() as refused:
        accepted = marks.accept_together(case.submission, chosen, by=case.user)
    if refused:
        return refused.words
    for mark in accepted:
        case.took(case.rows[mark.target], mark)
    n, left = len(accepted), len(set(chosen)) - len(accepted)
    alone = ngettext(
        "One of the selected facts and answers cannot be accepted together with others. Judge it separately.",
        "%(n)s of the selected facts and answers cannot be accepted together with others. Judge them one by one.",
        left,
    )
    if not n:
        return alone % {"n": left}
    words = ngettext("%(n)s fact or answer was accepted.", "%(n)s facts and answers were accepted together.", n)
    messages.success(request, words % {"n": n})
    if left:
        messages.warning(request, alone % {"n": left})
    return ""


def _following(case: ReviewCase, group: PageOfCase | None) -> str:
    """Back to the page that it came from while something is left there, else on."""
    return case.pages.url(group.key) if group is not None and group.left else case.pages.next_url
