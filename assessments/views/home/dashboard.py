"""The home page: what needs a member now, the uses, the next actions and the certificates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db.models import Count, F, Prefetch, Q, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders, separation
from assessments.access import roles as access_roles
from assessments.access.roles import Action
from assessments.domain.certificates import staleness
from assessments.models import (
    NEXT_DUE,
    ActionStatus,
    Assessment,
    DeclaredUse,
    Membership,
    RemediationAction,
    Role,
    State,
    User,
)
from assessments.models.remediation import is_due_by
from assessments.notifications.inbox import unread_for
from assessments.views.home import review_needs
from assessments.views.home.inbox import open_message
from assessments.views.home.needs import SOON_DAYS, Need, may_work_on, needs_of, stale_need, unowned_need
from assessments.views.home.use_rows import use_row
from assessments.views.review.queue import cases_of

ROWS = 50  # on a page of a list
USES = 20  # on the dashboard; the others are found through the list of AI systems


@dataclass(frozen=True, slots=True)
class NextActions:
    """The open actions that are due next, with the number of all open ones and of the late ones."""

    shown: list[Any]
    open: int
    late: int
    soon: int  # those due within a month, as every page counts them
    unowned: int  # those without an owner in organisations that the reader may sign for

    def due_soon(self, today: date) -> list[RemediationAction]:
        return [action for action in self.shown if action.next_due <= today + timedelta(days=SOON_DAYS)]


@require_http_methods(["GET", "HEAD", "POST"])
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what the member should do next, late things first. The number of queries does not grow with the rows."""
    user: Any = request.user
    if request.method == "POST":
        return open_message(request, user)
    today = timezone.localdate()
    memberships = sorted(access_roles.memberships_on_page(user), key=lambda one: one.pk)
    only_reviews = bool(memberships) and all(m.role in access_roles.REVIEWING_ROLES for m in memberships)
    uses = newest_uses(user)
    open_ones, changed = open_and_changed(user, memberships)
    owned = {m.organisation_id for m in memberships if m.role in access_roles.MAY[Action.SIGN]}
    actions = next_actions(user, today, owned=owned, only_reviews=only_reviews)
    roles = {membership.organisation_id: membership for membership in memberships}
    worked_on = [action for action in actions.due_soon(today) if may_work_on(action, roles)]
    more = bool(worked_on) and actions.open > len(worked_on)
    needs = needs_of(user, memberships, open_ones, worked_on)
    cases = cases_of(user, today) if separation.reviewing_organisations(user) else None
    needs += [stale_need(approval) for approval in changed]
    if actions.unowned and not worked_on:  # one that is due soon asks for its owner itself
        needs.append(unowned_need(actions.unowned))
    needs += [Need(**line) for line in review_needs.lines_of(cases)]
    needs.sort(key=lambda need: need.order)
    certificates = list(
        finders.certificates_for(user).filter(ended_at=None).prefetch_related("events").order_by("expires_on")[:5]
        if not only_reviews
        else ()
    )
    rows = [use_row(use) for use in uses[:USES]]
    context = {
        "organisations": [membership.organisation for membership in memberships],
        "needs": needs,
        "heading": heading_of(sum(need.things for need in needs), more=more),
        "more_actions": next_of(len(worked_on), actions.open, actions.soon) if more else "",
        "today": date_format(timezone.localtime(), "l j F Y"),
        "begun": [row for row in rows if row.assessment],
        "not_begun": [row for row in rows if not row.assessment],
        "more_uses": len(uses) > USES,
        "certificates": [(c, c.status(today), (c.expires_on - today).days) for c in certificates],
        "actions": actions,
        "next_action": actions.shown[0] if actions.shown and not worked_on else None,
        "cases": cases,
        "only_reviews": only_reviews,
        "unread": unread_for(user).count(),
        "first_step": first_step(user, memberships) if not rows and not needs else None,
        "may_register": any(m.role == Role.OWNER for m in memberships),
    }
    return render(request, "assessments/home/dashboard.html", context)


def newest_uses(user: User) -> list[DeclaredUse]:
    """Return the newest uses, one more than are shown, each with its assessments, the newest first: two queries."""
    newest = finders.assessments_for(user).annotate(sent_to=F("current_submission__route")).order_by("-pk")
    uses = finders.uses_for(user).filter(retired_at=None, system__retired_at=None).order_by("-pk")
    return list(uses.prefetch_related(Prefetch("assessments", newest, to_attr="newest_first"))[: USES + 1])


def open_and_changed(user: User, memberships: Iterable[Membership]) -> tuple[list[Assessment], list[Assessment]]:
    """Return the assessments to be worked on, and up to 5 stale approvals of organisations that the user owns: one query."""
    waiting = Q(state__in=[State.DRAFT, State.RETURNED], use__retired_at=None, use__system__retired_at=None)
    stale = Q(state__in=staleness.APPROVALS, stale_since__isnull=False)
    found = list(finders.assessments_for(user).filter(waiting | stale).order_by("-updated_at")[:ROWS])
    owned = {m.organisation_id for m in memberships if m.role in access_roles.MAY[Action.SIGN]}
    changed = [one for one in found if not one.is_editable and one.organisation_id in owned][:5]
    return [one for one in found if one.is_editable], changed


def next_actions(user: User, today: date, *, owned: Collection[int], only_reviews: bool) -> NextActions:
    """Return the open actions that are due next: one query, none for a member who only reviews.

    `owned`: the organisations that the reader may sign for.
    """
    actions = finders.actions_for(user).none() if only_reviews else finders.actions_for(user)
    found: list[Any] = list(
        actions.listed()  # type: ignore[attr-defined]
        .filter(status=ActionStatus.OPEN)
        .annotate(next=NEXT_DUE)
        .annotate(
            all_open=Window(Count("pk")),
            all_soon=Window(Count("pk", filter=is_due_by(today + timedelta(days=SOON_DAYS)))),
            all_late=Window(Count("pk", filter=Q(next__lt=today))),
            all_unowned=Window(Count("pk", filter=Q(owner=None, organisation__in=owned))),
        )
        .order_by("next", "pk")[:5]
    )
    if not found:
        return NextActions([], 0, 0, 0, 0)
    first = found[0]
    return NextActions(found, first.all_open, first.all_late, first.all_soon, first.all_unowned)


def next_of(shown: int, every: int, soon: int) -> str:
    """Say how many of all open actions the page names, and how many are due within a month."""
    due = ngettext("%(n)s is due within 30 days.", "%(n)s are due within 30 days.", soon) % {"n": soon}
    if shown == 1:
        return _("The first of %(all)s open actions.") % {"all": every} + f" {due}"
    return _("The first %(n)s of %(all)s open actions.") % {"n": shown, "all": every} + f" {due}"


def heading_of(n: int, *, more: bool = False) -> str:
    """Return the heading with the number of needs; without it where there are `more` actions than the page shows."""
    if not n:
        return _("You have no tasks now")
    if more:
        return _("Your next tasks")
    words = ngettext("%(n)s task", "%(n)s tasks", n)
    said = words % {"n": apnumber(n)}
    return said[:1].upper() + said[1:]


def first_step(user: User, memberships: list[Membership]) -> str:
    """Return the next step of a beginning: `found`, `register` or `use`, `review` for a reviewer, else `wait`."""
    if not memberships:
        return "found"
    owned = [m for m in memberships if m.role == Role.OWNER]
    if not owned:
        return "review" if any(m.role == Role.REVIEWER for m in memberships) else "wait"
    return "use" if finders.systems_for(user).exists() else "register"
