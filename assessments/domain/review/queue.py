"""The queue of a reviewer: submissions, actions to check, appeals to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    Q,
    QuerySet,
    Value,
)

from assessments.access import finders, roles, separation
from assessments.domain.review import own_work
from assessments.domain.review.queries import GIVEN_USER
from assessments.domain.review.queue_rows import (
    ACTIONS,
    DONE,
    OTHER_WORK,
    RETURNED,
    Page,
    counted,
    cursor_of,
    grouped,
    placed,
    rows_of_groups,
)
from assessments.models import Appeal, User
from assessments.models.prepared import Placeholder, Prepared

# --- the queue -----------------------------------------------------------------------------------------------------------


class _Queue:
    """The queries of the queue for one kind of choice, the same for everybody who makes it but for who asks and what for."""

    def __init__(self, own: int, size: int, only: str, *, body: bool, named: frozenset[str], later: bool) -> None:
        self.own, self.body, self.named = own, body, named
        cursor = (Placeholder("at", DateTimeField()), Placeholder("pk")) if later else None
        self.counts: Prepared[Any] = Prepared(lambda: counted(self.rows()))
        self.places: Prepared[Any] = Prepared(lambda: placed(self.rows(), size, only, cursor))

    def rows(self) -> Any:
        own = [Placeholder(f"own{n}") for n in range(self.own)]
        rows = grouped(finders.submissions_for(GIVEN_USER), GIVEN_USER, body=self.body, own=own)
        if "tier" in self.named:
            rows = rows.filter(assigned_tier=Placeholder("tier", CharField()))
        if "organisation" in self.named:
            rows = rows.filter(organisation__reference=Placeholder("organisation", CharField()))
        if "late" in self.named:
            rows = rows.filter(at__lt=Placeholder("late", DateTimeField())).exclude(stands_in__in=(DONE, RETURNED))
        return rows


_queue = lru_cache(maxsize=64)(_Queue)


def queue_for(
    user: User, size: int, *, only: str = "", after: str = "", late: datetime | None = None, **chosen: str
) -> Mapping[str, Page]:
    """Return a reviewer's queue in the pages of `queue_rows`: six queries, seven for one group. `chosen`: tier, organisation.

    `late`: only what came before that moment and is not done.
    """
    mine = sorted(roles.belongs_to(user))
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    if late:
        given["late"] = late
    cursor = cursor_of(after) if only else None
    queries = _queue(
        len(mine),
        size,
        only,
        body=separation.reviews_for_the_body(user),
        named=frozenset(given),
        later=cursor is not None,
    )
    given |= {"user": user.pk, **{f"own{n}": pk for n, pk in enumerate(mine)}}
    counts = dict(queries.counts.all(**given)) if only else None
    at, pk = cursor or (None, None)
    return rows_of_groups(queries.places.all(**given, at=at, pk=pk), size, counts)


def counts_for(user: User, late: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Return how many rows each group of the queue has, and how many cases of them came before `late`: four queries at most.

    What else waits (OTHER_WORK) has no target, so none of it is late.
    """
    mine = sorted(roles.belongs_to(user))
    given = {"user": user.pk, **{f"own{n}": pk for n, pk in enumerate(mine)}}
    body = separation.reviews_for_the_body(user)
    every, old = (_queue(len(mine), 1, "", body=body, named=frozenset(named), later=False) for named in ((), ("late",)))
    work = {kind: _work(kind, 1, frozenset(), later=False).count(user) for kind in _work_of(user)}
    return dict(every.counts.all(**given)) | work, dict(old.counts.all(**given, late=late))


def _work_of(user: User) -> tuple[str, ...]:
    """Return what can wait for this reviewer beside submissions: appeals come to the reviewing body alone."""
    return OTHER_WORK if separation.reviews_for_the_body(user) else (ACTIONS,)


class _Work:
    """The queries of one kind of work beside submissions: how many there are, and a page of them, oldest first."""

    def __init__(self, kind: str, size: int, named: frozenset[str], *, later: bool) -> None:
        self.kind, self.named, self.later = kind, named, later
        self.counts: Prepared[Any] = Prepared(
            lambda: self.rows().order_by().values_list(Value(1)).annotate(n=Count("pk"))
        )
        self.pages: Prepared[Any] = Prepared(lambda: self.page()[: size + 1])

    def rows(self) -> Any:
        rows: Any = finders.actions_waiting_for(GIVEN_USER)
        place, tier = "organisation", "use__assigned_tier"
        if self.kind != ACTIONS:
            rows = finders.appeals_for(GIVEN_USER).filter(answer=None)
            place, tier = "assessment__organisation", "submission__assigned_tier"
        if "tier" in self.named:
            rows = rows.filter(**{tier: Placeholder("tier", CharField())})
        if "organisation" in self.named:
            rows = rows.filter(**{f"{place}__reference": Placeholder("organisation", CharField())})
        return rows

    def page(self) -> Any:
        at = "reported_at" if self.kind == ACTIONS else "at"
        rows = self.rows().order_by(at, "pk")
        if self.later:
            given: Any = Placeholder("at", DateTimeField())
            rows = rows.filter(Q(**{f"{at}__gt": given}) | Q(**{at: given, "pk__gt": Placeholder("pk")}))
        return rows

    def count(self, user: User, **given: Any) -> int:
        return sum(n for _one, n in self.counts.all(user=user.pk, **given))


_work = lru_cache(maxsize=64)(_Work)


class Hints(NamedTuple):
    """What a quick question says of a reviewer: two that the database plans long are asked only where they can find any."""

    has_reported: bool  # actions that may wait for them
    has_worked: bool  # uses that they may have worked on


def _hints() -> QuerySet[Any, Any]:
    reported = Exists(finders.actions_that_may_wait_for(GIVEN_USER))
    worked = ExpressionWrapper(own_work.may_have_worked(GIVEN_USER), output_field=BooleanField())
    return User.objects.filter(pk=GIVEN_USER).values_list(reported, worked)


_HINTS: Prepared[Any] = Prepared(_hints)


def hints_for(user: User) -> Hints:
    """Return what can be spared of the queue of this reviewer: one query."""
    return Hints(*map(bool, _HINTS.all(user=user.pk)[0]))


def work_for(
    user: User, size: int, *, only: str = "", after: str = "", reported: bool = True, **chosen: str
) -> Mapping[str, Page]:
    """Return what waits for a reviewer beside submissions: actions to check and appeals to answer, each cut as the queue is.

    Two queries a kind. `only`, `after`: a later page of one of them; `chosen`: tier, organisation; `reported`: whether there
    can be actions to check.
    """
    given = {name: value for name, value in chosen.items() if value}
    cursor = cursor_of(after) if only in OTHER_WORK else None
    found = {kind: Page([]) for kind in OTHER_WORK}
    for kind in _work_of(user):
        if (only and only != kind) or (kind == ACTIONS and not reported):
            continue
        queries = _work(kind, size, frozenset(given), later=cursor is not None)
        at, pk = cursor or (None, None)
        rows = queries.pages.all(user=user.pk, **given, at=at, pk=pk)
        end = _place(rows[size - 1]) if len(rows) > size else ""
        count = len(rows) if not (end or cursor) else queries.count(user, **given)
        found[kind] = Page(rows[:size], count, end)
    return found


def _place(row: Any) -> str:
    at = row.at if isinstance(row, Appeal) else row.reported_at
    return f"{at.isoformat()}~{row.pk}"


_NAMES: Prepared[tuple[str, str]] = Prepared(
    lambda: (
        finders.submissions_for(GIVEN_USER)
        .order_by("organisation__name_en")
        .values_list("organisation__reference", "organisation__name_en")
        .distinct()
    )
)


def organisations_in_queue(user: User) -> list[tuple[str, str]]:
    """The reference and name of each organisation that `user` reviews something of, by name."""
    return _NAMES.all(user=user.pk)
