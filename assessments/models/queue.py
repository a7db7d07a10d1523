"""The reviewers' queue: who has which case, how long it waits against the target, cut into groups and pages by SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.utils import timezone

from assessments.guideline.terms import Tier
from assessments.models.assessments import State
from assessments.models.desk import CaseMessage, Interest, SeatRequest
from assessments.models.reviews import DecisionKind, ReviewDecision, ReviewSeat, Seat, Submission, SubmissionQuerySet

UNDER_REVIEW = (State.SUBMITTED, State.IN_REVIEW)
WAITING, MINE, TEAM, DONE = GROUPS = ("waiting", "mine", "team", "done")


# --- working days ----------------------------------------------------------------------------------------------------


def working_days(since: date, until: date) -> int:
    """Count the days from Monday to Friday after `since`, up to and with `until`; public holidays count as days."""
    if until <= since:
        return 0
    weeks, rest = divmod((until - since).days, 7)
    return weeks * 5 + sum((since + timedelta(days=n)).weekday() < 5 for n in range(1, rest + 1))


def working_days_later(day: date, n: int) -> date:
    """The working day that lies so many after `day`."""
    weeks, rest = divmod(n, 5)
    day += timedelta(weeks=weeks)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() < 5
    while day.weekday() >= 5:  # only where `day` itself was none
        day += timedelta(days=1)
    return day


def late_before(today: date, target: int) -> datetime:
    """What came before this moment has waited longer than the target."""
    day = today
    while working_days(day, today) <= target:
        day -= timedelta(days=1)
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


# --- groups ----------------------------------------------------------------------------------------------------------


def grouped(rows: SubmissionQuerySet, reviewer: int, *, body: bool, own: Iterable[int]) -> Any:
    """Say of each submission in which of GROUPS it stands for this reviewer (column `stands_in`).

    `body`: reviews for the reviewing body, so a free second seat of a High case waits for them; `own`: the ids of
    their organisations, in which it does not.
    """
    seats = ReviewSeat.objects.filter(submission=OuterRef("pk"))
    is_open = Q(assessment__current_submission=F("pk"), assessment__state__in=UNDER_REVIEW)
    second = Q(assigned_tier=Tier.HIGH) & ~Q(Exists(seats.filter(seat=Seat.SECOND))) & ~Q(organisation__in=list(own))
    waits = Q(assessment__state=State.SUBMITTED) | second if body else Q(assessment__state=State.SUBMITTED)
    return rows.annotate(
        stands_in=Case(
            When(~is_open, then=Value(DONE)),
            When(Exists(seats.filter(reviewer=reviewer)), then=Value(MINE)),
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
    """Cut the first rows of each group, or a page of the one asked for: two queries and those of `with_work`.

    What waits stands oldest first, what is done newest first. `after` is the cursor of the page before; one that cannot
    be read counts as none.
    """
    counts = dict(rows.order_by().values_list("stands_in").annotate(n=Count("pk")))
    ids = rows.filter(stands_in=only) if only else rows
    if only and (cursor := _cursor(after)):
        at, pk = cursor
        sign = "lt" if only == DONE else "gt"
        ids = ids.filter(Q(**{f"at__{sign}": at}) | Q(at=at, **{f"pk__{sign}": pk}))
    numbered = ids.order_by().annotate(
        place=Window(RowNumber(), partition_by=[F("stands_in")], order_by=[F("at").asc(), F("pk").asc()]),
        from_end=Window(RowNumber(), partition_by=[F("stands_in")], order_by=[F("at").desc(), F("pk").desc()]),
        nth=Case(When(stands_in=DONE, then=F("from_end")), default=F("place"), output_field=IntegerField()),
    )
    wanted = numbered.filter(nth__lte=size + 1).values_list("pk", "stands_in", "nth")
    found = {pk: (group, nth) for pk, group, nth in wanted}
    read: Any = with_work(Submission.objects.filter(pk__in=list(found) or [0]))
    of_group: dict[str, list[Any]] = {group: [] for group in GROUPS}
    for row in sorted(read, key=lambda row: found[row.pk][1]):
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


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _tilde, pk = text.rpartition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, int(pk)) if timezone.is_aware(moment) and len(pk) < 19 else None
    except (ValueError, OverflowError):
        return None


def with_work(rows: Any) -> SubmissionQuerySet:
    """The rows with who holds them, what was decided, declared and asked, and when the applicant last wrote."""
    seats = Prefetch("seats", ReviewSeat.objects.select_related("reviewer").order_by("pk"))
    decisions = Prefetch("decisions", ReviewDecision.objects.select_related("by").order_by("pk"))
    conflicts = Interest.objects.exclude(words="").select_related("reviewer").order_by("pk")
    asked = SeatRequest.objects.filter(ended_at=None).select_related("to").order_by("pk")
    returned = ReviewDecision.objects.filter(submission=OuterRef("pk"), kind=DecisionKind.RETURN)
    said = CaseMessage.objects.filter(submission=OuterRef("pk"), from_reviewer=False).order_by("-pk")
    found: SubmissionQuerySet = (
        rows.for_list()
        .annotate(
            was_returned=Exists(returned),
            wrote_at=Subquery(said.values("at")[:1]),
        )
        .prefetch_related(
            seats,
            decisions,
            Prefetch("assessment__interests", conflicts, to_attr="conflicts"),
            Prefetch("requests", asked, to_attr="asked"),
        )
    )
    return found
