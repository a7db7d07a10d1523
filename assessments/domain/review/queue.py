"""The queue of a reviewer: submissions, actions to check, appeals to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from assessments.access import finders, separation
from assessments.domain.review import queries
from assessments.domain.review.queue_rows import ACTIONS, OTHER_WORK, Page, counted, cursor_of, pages
from assessments.models import Appeal, User


def queue_for(
    user: User, size: int, *, only: str = "", after: str = "", late: datetime | None = None, **chosen: str
) -> Mapping[str, Page]:
    """Return a reviewer's queue in the pages of `queue_rows`: six queries, seven for one group. `chosen`: tier, organisation.

    `late`: only what came before that moment and is not done.
    """
    return pages(queries.rows_for(user, late, **chosen), size, only=only, after=after)


def counts_for(user: User, late: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many rows each group of the queue has, and how many cases of them came before `late`: four queries at most.

    What else waits (OTHER_WORK) has no target, so none of it is late.
    """
    work = {kind: _work(user, kind).count() for kind in _work_of(user)}
    return dict(counted(queries.rows_for(user))) | work, dict(counted(queries.rows_for(user, late)))


def _work_of(user: User) -> tuple[str, ...]:
    """Return what can wait for this reviewer beside submissions: appeals come to the reviewing body alone."""
    return OTHER_WORK if separation.reviews_for_the_body(user) else (ACTIONS,)


def _work(user: User, kind: str, *, tier: str = "", organisation: str = "") -> Any:
    """Return one kind of work beside submissions, oldest first."""
    if kind == ACTIONS:
        rows: Any = finders.actions_waiting_for(user)
        place, of_tier, at = "organisation", "use__assigned_tier", "reported_at"
    else:
        rows = finders.appeals_for(user).filter(answer=None)
        place, of_tier, at = "assessment__organisation", "submission__assigned_tier", "at"
    if tier:
        rows = rows.filter(**{of_tier: tier})
    if organisation:
        rows = rows.filter(**{f"{place}__reference": organisation})
    return rows.order_by(at, "pk")


def work_for(user: User, size: int, *, only: str = "", after: str = "", **chosen: str) -> Mapping[str, Page]:
    """Return what waits for a reviewer beside submissions: actions to check and appeals to answer, each cut as the queue is.

    Two queries a kind. `only`, `after`: a later page of one of them; `chosen`: tier, organisation.
    """
    cursor = cursor_of(after) if only in OTHER_WORK else None
    found = {kind: Page([]) for kind in OTHER_WORK}
    for kind in _work_of(user):
        if only and only != kind:
            continue
        every = later = _work(user, kind, **chosen)
        if cursor:
            at, pk = ("reported_at" if kind == ACTIONS else "at"), cursor[1]
            later = every.filter(Q(**{f"{at}__gt": cursor[0]}) | Q(**{at: cursor[0], "pk__gt": pk}))
        rows = list(later[: size + 1])
        end = _place(rows[size - 1]) if len(rows) > size else ""
        count = len(rows) if not (end or cursor) else every.count()
        found[kind] = Page(rows[:size], count, end)
    return found


def _place(row: Any) -> str:
    at = row.at if isinstance(row, Appeal) else row.reported_at
    return f"{at.isoformat()}~{row.pk}"


def organisations_in_queue(user: User) -> list[tuple[str, str]]:
    """Return the reference and name of each organisation that `user` reviews something of, by name."""
    rows = finders.submissions_for(user).order_by("organisation__name_en")
    return list(rows.values_list("organisation__reference", "organisation__name_en").distinct())
