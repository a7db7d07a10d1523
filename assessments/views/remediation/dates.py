"""One date for several actions: what it changes is shown first, and can be taken back afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.domain.remediation import conditions as remediation_conditions
from assessments.domain.remediation import dates as remediation_dates
from assessments.forms.remediation import DatesForm
from assessments.models import RemediationAction
from assessments.views.remediation.workspace import PLACE
from assessments.views.site.requests import SignedIn

MOST_AT_ONCE = 200  # dates set in one go


# --- several dates in one go ---------------------------------------------------------------------------------------------


def picked(request: SignedIn, names: Iterable[str], *, most: int = MOST_AT_ONCE) -> list[RemediationAction]:
    """Return the actions that a form names, of those that this person sees; what is no name is left out."""
    wanted: dict[str, set[int]] = {}
    for name in list(names)[:most]:
        reference, _slash, number = name.partition("/")
        if place := query_values.count(number):
            wanted.setdefault(query_values.reference(reference), set()).add(place)
    asked = Q(pk=0)
    for reference, numbers in wanted.items():
        asked |= Q(use__reference=reference, number__in=numbers)
    found = finders.actions_for(request.user).filter(asked).select_related("organisation")
    return list(found.order_by("use__system__name", "use", "number"))


@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: SignedIn) -> HttpResponse:
    """Give several actions one date: what it changes is shown first, and can be taken back afterwards."""
    given = request.POST if request.method == "POST" else request.GET
    actions = picked(request, given.getlist("pick"))
    if actions:
        for organisation in {action.organisation for action in actions}:
            roles.require(request.user, Action.ANSWER, organisation)
    form = DatesForm(given if "due" in given else None)
    due = form.cleaned_data["due"] if form.is_bound and form.is_valid() else None
    if request.method == "POST" and actions and due:
        done = remediation_dates.move_dates(actions, due, by=request.user)
        if done.changed:
            return redirect("actions_moved", done.batch)
        messages.warning(request, _("No due date was changed."))
        return redirect("actions")
    conditions = remediation_conditions.conditions_on(actions) if actions else {}
    lines = [
        (action, remediation_dates.date_problem(action, due, conditions.get(action.pk)) if due else "")
        for action in actions
    ]
    context = {
        "place": PLACE,
        "form": form,
        "lines": lines,
        "due": due,
        "movable": sum(not problem and action.last_due != due for action, problem in lines),
        "picks": [f"{action.use.reference}/{action.number}" for action in actions],
    }
    return render(request, "assessments/remediation/dates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def moved(request: SignedIn, batch: UUID) -> HttpResponse:
    """Show what one press changed, and the press that takes it back."""
    # Where both dates were moved, the one for all of it says how it stands.
    events = list({event.action_id: event for event in finders.dates_moved_by(request.user, batch)}.values())
    if not events:
        raise Http404
    for organisation in {event.action.organisation for event in events}:
        roles.require(request.user, Action.ANSWER, organisation)
    if request.method == "POST":
        back = remediation_dates.take_back_dates(batch, by=request.user)
        if back.changed:
            said = ngettext("%(n)s date was restored.", "%(n)s dates were restored.", back.changed)
            messages.success(request, said % {"n": back.changed})
        if back.left:
            said = ngettext(
                "%(n)s date was not restored, because somebody has changed it since.",
                "%(n)s dates were not restored, because somebody has changed them since.",
                back.left,
            )
            messages.warning(request, said % {"n": back.left})
        return redirect("actions")
    lines = [
        (event.action, date.fromisoformat(event.old), getattr(event.action, event.kind).isoformat() == event.new)
        for event in events
    ]
    context = {
        "place": PLACE,
        "lines": lines,
        "due": date.fromisoformat(events[0].new),
        "still": sum(stands for _action, _old, stands in lines),
        "batch": batch,
    }
    return render(request, "assessments/remediation/moved.html", context)
