"""What the whole organisation has to do: each of its practices once, with the uses whose plan has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from assessments.access import finders
from assessments.domain.remediation import organisation_plan as plan
from assessments.views.remediation.register import PLACE
from assessments.views.remediation.rows import ActionRow, by_package, row_of
from assessments.views.site.requests import SignedIn

USES = 6  # named in a row; the others are counted
ALL_USES = 500  # on the page of one practice


@require_safe
def organisation(request: SignedIn) -> HttpResponse:
    """Show each practice of the whole organisation that this person sees an action of, once; `of` narrows it to one practice.

    The queries are the same for one use and for thousands.
    """
    user, today, edition = request.user, timezone.localdate(), finders.current_edition()
    actions = plan.to_do(finders.actions_for(user))
    one = request.GET.get("of", "")
    if one in edition.organisation_wide:
        actions = actions.filter(question=one)
    else:
        one = ""
    over = plan.over_uses(actions, edition, today, shown=ALL_USES if one else USES)
    rows = []
    standing: QuerySet[Any] = plan.organisation_plan(actions, edition).select_related("organisation")
    for action in standing:
        action.over = over[action.organisation_id, action.question]
        rows.append(replace(row_of(action, edition, today), late=action.over.late, blocks=bool(action.over.blocks)))
    rows = most_urgent_first(rows)
    context = {
        "place": PLACE,
        "rows": rows,
        "groups": by_package(rows, edition),
        "late": sum(row.late for row in rows),
        "blocking": sum(row.blocks for row in rows),
        "one": one,
        "several": len({row.action.organisation_id for row in rows}) > 1,
    }
    return render(request, "assessments/remediation/organisation.html", context)


def most_urgent_first(rows: Iterable[ActionRow]) -> list[ActionRow]:
    """Put the package with the most urgent action first, and in it the most urgent action; what has no package is last."""
    rows = list(rows)
    first: dict[str, int] = {}
    for row in rows:
        first[row.action.package] = min(first.get(row.action.package, plan.UNRANKED), _over(row).rank)

    def place(row: ActionRow) -> tuple[Any, ...]:
        package = row.action.package
        return (not package, first[package], package, _over(row).rank, _over(row).all_done, row.action.pk)

    return sorted(rows, key=place)


def _over(row: ActionRow) -> plan.OverUses:
    over: plan.OverUses = row.action.over  # type: ignore[attr-defined]
    return over
