"""The reviewers' queue: who has which case, how long it waits against the target, cut into groups and pages by SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from assessments.core import query_values, working_days
from assessments.guideline.terms import Tier
from assessments.models.assessments import Route, State
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.review_case import CaseMessage, Interest, SeatRequest
from assessments.models.reviews import DecisionKind, ReviewDecision, ReviewSeat, Seat
from assessments.models.submissions import Submission, SubmissionQuerySet

UNDER_REVIEW = (State.SUBMITTED, State.IN_REVIEW)
WAITING, MINE, RETURNED, TEAM, DONE = GROUPS = ("waiting", "mine", "returned", "team", "done")
ACTIONS, APPEALS = OTHER_WORK = ("actions", "appeals")
"""Groups of the queue beside those of submissions: what else waits for a reviewer."""


def late_before(today: date, target: int) -> datetime:
    """Return the moment before which a case came that has waited longer than the target."""
    day = today
    while working_days.working_days(day, today) <= target:
        day -= timedelta(days=1)
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


# --- groups ----------------------------------------------------------------------------------------------------------


def grouped(rows: SubmissionQuerySet, reviewer: Any, *, body: bool, own: Iterable[Any]) -> Any:
    """Say of each submission in which of GROUPS it stands for this reviewer (column `stands_in`).

    `body`: reviews for the reviewing body, so a free second seat of a High case waits for them; `own`: the ids of
    their organisations, in which it does not. What was sent to the reviewing body waits for its reviewers alone, and
    nothing waits for a reviewer with a declared conflict of interest. A returned case is with the organisation, for
    everybody; an approved one is with the colleague who has still to approve it.
    """
    seats = ReviewSeat.objects.filter(submission=OuterRef("pk"))
    is_open = Q(assessment__current_submission=F("pk"), assessment__state__in=UNDER_REVIEW)
    outside = ~Q(organisation__pk__in=list(own)) if body else Q(pk__in=[])
    second = Q(assigned_tier=Tier.HIGH) & ~Q(Exists(seats.filter(seat=Seat.SECOND))) & outside
    first = Q(assessment__state=State.SUBMITTED) & (~Q(route=Route.INDEPENDENT) | outside)
    conflict = Exists(Interest.objects.filter(assessment=OuterRef("assessment"), reviewer=reviewer).exclude(words=""))
    waits = (first | second) & ~conflict
    back = Q(assessment__current_submission=F("pk"), assessment__state=State.RETURNED)
    approved = Exists(ReviewDecision.objects.approvals().filter(submission=OuterRef("pk"), by=reviewer))
    return rows.annotate(
        stands_in=Case(
            When(back, then=Value(RETURNED)),
            When(~is_open, then=Value(DONE)),
            # Of a case that this reviewer has approved the other seat has to act.
            When(
                Exists(seats.filter(reviewer=reviewer)),
                then=Case(When(approved, then=Value(TEAM)), default=Value(MINE), output_field=CharField()),
            ),
            When(waits, then=Value(WAITING)),
            default=Value(TEAM),
            output_field=CharField(),
        )
    )


@dataclass(frozen=True)
class Page:
    """The rows of one group, how many it has in all, and where the next page begins."""

    rows: list[Any]
    count: int = 0
    after: str = ""


def pages(rows: Any, size: int, *, only: str = "", after: str = "") -> Mapping[str, Page]:
    """Cut the first rows of each group, or a page of the one asked for: one query, or two, and those of `read`.

    What waits stands oldest first, what is done newest first. `after` is the cursor of the page before; one that cannot
    be read counts as none.
    """
    counts = dict(counted(rows)) if only else None
    return rows_of_groups(placed(rows, size, only, cursor_of(after) if only else None), size, counts)


def counted(rows: Any) -> Any:
    """Return how many rows each group has, as pairs."""
    return rows.order_by().values_list("stands_in").annotate(n=Count("pk"))


_OPEN = Q(assessment__current_submission=F("pk"), assessment__state__in=(*UNDER_REVIEW, State.RETURNED))

_OLDEST_FIRST_BUT_DONE: tuple[Any, ...] = (
    Case(When(_OPEN, then=F("at"))).asc(),  # the same for all that is done
    F("at").desc(),
    Case(When(_OPEN, then=F("pk")), default=-F("pk")).asc(),
)


def placed(rows: Any, size: int, only: str = "", cursor: tuple[Any, Any] | None = None) -> Any:
    """Return which rows stand on the page, one more than fit: id, group, place in it, how many there are in it."""
    ids = rows.filter(stands_in=only) if only else rows
    if cursor:
        at, pk = cursor
        sign = "lt" if only == DONE else "gt"
        ids = ids.filter(Q(**{f"at__{sign}": at}) | Q(at=at, **{f"pk__{sign}": pk}))
    numbered = ids.order_by().annotate(
        nth=Window(RowNumber(), partition_by=[F("stands_in")], order_by=_OLDEST_FIRST_BUT_DONE),
        in_all=Window(Count("pk"), partition_by=[F("stands_in")]),
    )
    return numbered.filter(nth__lte=size + 1).values_list("pk", "stands_in", "nth", "in_all")


def rows_of_groups(
    wanted: Iterable[tuple[int, str, int, int]], size: int, counts: Mapping[str, int] | None = None
) -> Mapping[str, Page]:
    """Read the rows that stand on the page and put them into their groups.

    `counts`: how many each group has, where `wanted` is of one group or a later page and does not say it of all.
    """
    wanted = list(wanted)
    found = {pk: (group, nth) for pk, group, nth, _in_all in wanted}
    if counts is None:
        counts = {group: in_all for _pk, group, _nth, in_all in wanted}
    of_group: dict[str, list[Any]] = {group: [] for group in GROUPS}
    for row in sorted(read(list(found)), key=lambda row: found[row.pk][1]):
        row.stands_in = found[row.pk][0]
        of_group[row.stands_in].append(row)
    return {
        group: Page(
            some[:size],
            counts.get(group, 0),
            f"{some[size - 1].at.isoformat()}~{some[size - 1].pk}" if len(some) > size else "",
        )
        for group, some in of_group.items()
    }


def cursor_of(text: str) -> tuple[datetime, int] | None:
    at, _tilde, pk = text.rpartition("~")
    try:
        return query_values.place_moment(at), query_values.place_number(pk)
    except ValueError:
        return None


STEP = 26  # rows are read by as many places at a time, so that few queries have to be compiled


@lru_cache(maxsize=16)
def _reading(places: int) -> tuple[Prepared[Any], ...]:
    """The rows of the queue, their seats, decisions, declared conflicts and open requests."""
    ids: Any = [Placeholder(f"pk{n}") for n in range(places)]
    returned = ReviewDecision.objects.filter(submission=OuterRef("pk"), kind=DecisionKind.RETURN)
    said = CaseMessage.objects.filter(submission=OuterRef("pk"), from_reviewer=False).order_by("-pk")
    rows = Submission.objects.filter(pk__in=ids).select_related("assessment__use__system", "organisation")
    names = ("assessment__use__title", "assessment__use__system__name", "organisation__name_en")
    own = ("reference", "round", "at", "route", "assigned_tier", "changed", "assessment__state")
    rows = rows.only(*own, *names, "assessment__current_submission").annotate(
        was_returned=Exists(returned), wrote_at=Subquery(said.values("at")[:1])
    )
    seats = ReviewSeat.objects.filter(submission__pk__in=ids).select_related("reviewer").order_by("pk")
    decisions = ReviewDecision.objects.filter(submission__pk__in=ids).select_related("by").order_by("pk")
    conflicts = Interest.objects.filter(assessment__pk__in=ids).exclude(words="").select_related("reviewer")
    asked = SeatRequest.objects.filter(submission__pk__in=ids, ended_at=None).select_related("to").order_by("pk")
    every: tuple[Any, ...] = (rows, seats, decisions, conflicts.order_by("pk"), asked)
    return tuple(Prepared(one.all) for one in every)


def read(ids: Sequence[int]) -> list[Any]:
    """The rows with who holds them (`held`), what was `decided`, declared (`conflicts`) and `asked`: five queries.

    `wrote_at`: when the applicant last wrote; `was_returned`.
    """
    places = -(-max(len(ids), 1) // STEP) * STEP
    rows, seats, decisions, conflicts, asked = _reading(places)

    def ask(query: Prepared[Any], keys: Sequence[int], by: str) -> dict[int, list[Any]]:
        of: dict[int, list[Any]] = {}
        for one in query.all(**{f"pk{n}": key for n, key in enumerate([*keys, *[0] * (places - len(keys))])}):
            of.setdefault(getattr(one, by), []).append(one)
        return of

    found = [row for (row,) in ask(rows, ids, "pk").values()]
    held, decided = ask(seats, ids, "submission_id"), ask(decisions, ids, "submission_id")
    requests = ask(asked, ids, "submission_id")
    interests = ask(conflicts, sorted({row.assessment_id for row in found}), "assessment_id")
    for row in found:
        row.held, row.decided, row.asked = (of.get(row.pk, []) for of in (held, decided, requests))
        row.conflicts = interests.get(row.assessment_id, [])
    return found
