"""The register of actions: one table, a group of rows for each package; and the same as a file."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.throttling import limited
from assessments.domain.portfolio import page_of
from assessments.domain.remediation.register import narrowed, order_of, packages_in_order, sizes_of_packages, sums_of
from assessments.exchange import actions as exchange
from assessments.forms.remediation import DatesForm, RegisterForm
from assessments.guideline.edition import Edition
from assessments.models import Sees, User
from assessments.scoring.order import INCIDENT
from assessments.views.remediation.gaps import gaps_in
from assessments.views.remediation.rows import PackageGroup, by_package, flag_those_left_alone, row_of
from assessments.views.site.requests import SignedIn
from assessments.views.wording import Incident, open_incident

PLACE = "actions"
ROWS = 50
SYSTEMS = 200  # in the choice that narrows the register; the search finds the others
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def register_form(request: SignedIn, edition: Edition, *, packages: bool) -> RegisterForm:
    systems = finders.systems_for(request.user).order_by("name", "pk")[:SYSTEMS]
    return RegisterForm(
        request.GET,
        priorities=[(key, edition.policy.words.get(f"priorities.{key}", key)) for key in edition.policy.priorities],
        owners=finders.owners_of_actions(request.user),
        systems=[(reference, name) for reference, name in systems.values_list("reference", "name")],
        packages=packages,
    )


@require_safe
def register(request: SignedIn) -> HttpResponse:
    """Show every action that this person sees. The queries are the same for one action and for thousands.

    Actions stand by package where the plan has packages, the most urgent package first; else those due first come first.
    """
    user, today, edition = request.user, timezone.localdate(), finders.current_edition()
    packages = packages_in_order(finders.actions_for(user).standing())  # type: ignore[attr-defined]
    grouped = any(packages)
    form = register_form(request, edition, packages=grouped)
    chosen = form.chosen()
    found = narrowed(finders.actions_for(user), chosen, today=today, me=user.pk)
    sort = chosen.get("sort", "") or form.sorts[0][0]
    page = page_of(
        found.select_related("organisation"),
        order_of(sort, edition.policy.priorities, packages),
        ROWS,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    flag_those_left_alone(user, page.rows)
    sums = sums_of(finders.actions_for(user), today, edition.organisation_wide)
    rows = [row_of(action, edition, today) for action in page.rows]
    mine = roles.memberships_on_page(user)
    filtered = bool(set(chosen) - {"sort"})
    by_packages = grouped and sort == "package"
    standing = sums["all"] - sums["closed"]  # what an unfiltered list shows
    sizes = sizes_of_packages(found) if filtered else packages
    context = {
        "place": PLACE,
        "form": form,
        "filtered": filtered,
        "found": sum(sizes.values()) if filtered else standing,
        "query": form.query(),
        "rows": rows,
        "groups": by_package(rows, edition, sizes) if by_packages else [PackageGroup("", "", rows)],
        "before": f"?{urlencode({**chosen, 'before': page.before})}" if page.before else "",
        "after": f"?{urlencode({**chosen, 'after': page.after})}" if page.after else "",
        "counts": sums,
        "incidents": incidents_before_signing(user, edition) if not sums["all"] else [],
        "shared": sums["shared"],
        "may_plan": any(m.role in roles.MAY[Action.ANSWER] for m in mine),
        "may_add": any(m.role in roles.MAY[Action.ANSWER] and m.sees == Sees.ALL for m in mine),
        "dates_form": DatesForm(),
        "several": len({m.organisation_id for m in mine}) > 1,
        "many_uses": len({row.action.use_id for row in rows}) > 1,
    }
    return render(request, "assessments/remediation/register.html", context)


def incidents_before_signing(user: User, edition: Edition) -> list[tuple[Incident, str]]:
    """Return the open incidents that are declared and have no action yet, each with where to read on; one query."""
    found = (
        (open_incident(edition, [(row.key, row.value, row.reason)]), row)
        for row in finders.affirmed_before_signing(user, INCIDENT)
    )
    return [(incident, row.use.get_absolute_url()) for incident, row in found if incident and row.use]


@require_safe
@limited("export", step=10)
def export(request: SignedIn) -> HttpResponse:
    """Send the register as it is narrowed, as CSV or XLSX, under the numbers that never change."""
    kind = "xlsx" if request.GET.get("as") == "xlsx" else "csv"
    edition = finders.current_edition()
    chosen = register_form(request, edition, packages=True).chosen()
    found = narrowed(finders.actions_for(request.user), chosen, today=timezone.localdate(), me=request.user.pk)
    rows = found.select_related("verified_by", "risk_by").order_by("use__system__name", "use", "number")
    gaps = gaps_in(finders.newest_submissions(found))
    data = exchange.as_file(exchange.rows_of(rows, edition, late=_("Late"), gaps=gaps), kind)
    name = f"actions-{timezone.localdate().isoformat()}.{kind}"
    return HttpResponse(
        data,
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
