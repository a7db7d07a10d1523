"""The register of certificates that the reviewing body issued, for its reviewers: searched, narrowed, taken as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.access import finders, separation
from assessments.core import query_values
from assessments.core.errors import NotPermitted
from assessments.core.throttling import limited
from assessments.exchange import certificates as exchange
from assessments.forms.issued import IssuedForm
from assessments.models.issued import counts_of, narrowed
from assessments.views.site.requests import SignedIn

ROWS = 50
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def _register(request: SignedIn) -> Any:
    if not separation.reviews_for_the_body(request.user):
        raise NotPermitted(_("This page is for reviewers from the reviewing body."))
    return finders.certificates_issued_for(request.user)


@require_safe
def register(request: SignedIn) -> HttpResponse:
    """Show every certificate that rests on a review of the body, the newest first; the queries do not grow with the rows."""
    every = _register(request)
    form = IssuedForm(request.GET)
    chosen = form.chosen()
    counts = counts_of(narrowed(every, {name: chosen[name] for name in chosen if name != "status"}))
    found = narrowed(every, chosen)
    after = query_values.key(request.GET.get("after", ""))
    rows = list((found.filter(pk__lt=after) if after else found)[: ROWS + 1])
    count = counts.get(chosen["status"], 0) if "status" in chosen else sum(counts.values())
    context = {
        "form": form,
        "filtered": bool(chosen),
        "query": form.query(),
        "rows": rows[:ROWS],
        "count": count,
        "counts": [(key, counts[key]) for key, _word in form.fields["status"].choices if counts.get(key)],  # type: ignore[attr-defined]
        "begins": bool(after),
        "more": f"?{urlencode({**chosen, 'after': rows[ROWS - 1].pk})}" if len(rows) > ROWS else "",
        "first_page": f"?{form.query()}",
    }
    return render(request, "assessments/review/issued.html", context)


@require_safe
@limited("export", step=10)
def export(request: SignedIn) -> HttpResponse:
    """Send the register as it is narrowed, as CSV or XLSX."""
    kind = "xlsx" if request.GET.get("as") == "xlsx" else "csv"
    found = narrowed(_register(request), IssuedForm(request.GET).chosen())
    data = exchange.as_file(exchange.rows_of(found), kind)
    name = f"certificates-{timezone.localdate().isoformat()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=TYPES[kind], headers=headers)
