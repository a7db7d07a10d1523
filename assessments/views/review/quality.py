"""Figures of reviewers: one's own, and for those who lead the reviewing body those of all its reviewers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import separation
from assessments.core import query_values
from assessments.core.errors import NotPermitted
from assessments.domain.review import leads, quality, quality_rules, second_look
from assessments.views.site.requests import SignedIn, refusals_as_messages

PERIOD_WORDS = {
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("A year"),
    "all": gettext_lazy("All time"),
}


def _period(request: SignedIn) -> str:
    asked = request.GET.get("period", "")
    return asked if asked in quality.PERIODS else "90"


def _periods(period: str) -> list[tuple[str, str, bool]]:
    return [(key, str(words), key == period) for key, words in PERIOD_WORDS.items()]


@require_safe
def own(request: SignedIn) -> HttpResponse:
    """Show the reader's own figures."""
    if not separation.reviewing_organisations(request.user):
        raise NotPermitted(_("This page is for reviewers."))
    period, for_the_body = _period(request), separation.reviews_for_the_body(request.user)
    context = {
        "for_the_body": for_the_body,
        "figures": quality.own_figures(request.user, period),
        "periods": _periods(period),
        "looks": second_look.of_reviewer(request.user),
        "rules": quality_rules.rules_on(timezone.localdate()),
        "is_lead": for_the_body and leads.is_lead(request.user),
    }
    return render(request, "assessments/review/quality.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def reviewers(request: SignedIn) -> HttpResponse:
    """Show the figures of every reviewer of the body by name, its second looks, and who leads it."""
    period = _period(request)
    found = quality.figures_of_body(period, by=request.user)
    if request.method == "POST":
        member = query_values.key(request.POST.get("member", "")) or 0
        with refusals_as_messages(request):
            if request.POST.get("do") == "end":
                changed = leads.end_lead(member, by=request.user)
                messages.success(
                    request, _("%(name)s is no longer a lead of the reviewing body.") % {"name": changed.user}
                )
            else:
                changed = leads.name_lead(member, by=request.user)
                messages.success(request, _("%(name)s is now a lead of the reviewing body.") % {"name": changed.user})
        return redirect("quality_reviewers" if leads.is_lead(request.user) else "quality")
    context = {
        "people": found,
        "periods": _periods(period),
        "rules": quality_rules.rules_on(timezone.localdate()),
        "looks": second_look.of_body(),
        "to_ask": second_look.to_ask_for(request.user)[: second_look.LISTED],
        "body": quality.body_agreement(),
    }
    return render(request, "assessments/review/quality_reviewers.html", context)
