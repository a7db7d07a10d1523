"""The register of actions: narrowed, put in order and summed up by SQL over columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, Min, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, Lower

from assessments.core import query_values
from assessments.domain.portfolio import Order
from assessments.models import remediation
from assessments.models.remediation import BLOCKS, NEXT_DUE, ActionStatus, RemediationAction, is_due_by, is_late
from assessments.scoring.order import MONTH_DAYS, NEEDED, STOP

PLACES = 100_000  # ranks inside one package
Actions = QuerySet[RemediationAction]


def packages_in_order(actions: Actions) -> dict[str, int]:
    """Return the packages of some actions, each with how many a list shows of it; one query.

    The one with the most urgent action comes first, "" last.
    """
    listed = Count("pk", filter=Q(merged_into=None))
    rows = actions.order_by().values("package").annotate(first=Min("rank"), n=listed)
    found = sorted(rows.values_list("first", "package", "n"), key=lambda row: (not row[1], row[0], row[1]))
    return {package: n for _first, package, n in found}


def sizes_of_packages(actions: Actions) -> dict[str, int]:
    """Return how many of some actions each package has. One query."""
    return dict(actions.order_by().values("package").annotate(n=Count("pk")).values_list("package", "n"))


def order_of(sort: str, priorities: Sequence[str], packages: Iterable[str] = ()) -> Order:
    """Return the order of that name; `priorities` are the edition's, most urgent first, `packages` as they are shown."""
    # What gave an action its place comes before its priority: what prohibited uses ask takes its ordinary place.
    keys = [STOP, NEEDED, *priorities]
    urgency = Case(
        *(When(placed=key, then=Value(place)) for place, key in enumerate(keys)),
        *(When(placed="", priority=key, then=Value(place)) for place, key in enumerate(keys)),
        default=Value(len(keys)),
        output_field=IntegerField(),
    )
    packages = list(packages)
    nobody = Value("", output_field=CharField())
    place = Case(
        *(When(package=key, then=Value(number * PLACES)) for number, key in enumerate(packages)),
        default=Value(len(packages) * PLACES),
        output_field=IntegerField(),
    )
    # What somebody added, and what a reviewer asked for, has no rank: it follows what has one.
    rank = Case(When(rank=0, then=Value(PLACES - 1)), default=F("rank"), output_field=IntegerField())
    return {
        "package": Order(place + rank, False, query_values.place_number),
        "priority": Order(urgency, False, query_values.place_number),
        "owner": Order(Coalesce(Lower("owner__name"), nobody), False, query_values.place_word),
        "system": Order(Lower("use__system__name"), False, query_values.place_word),
        "newest": Order(F("id") * 1, True, query_values.place_number),
    }.get(sort, Order(NEXT_DUE, False, date.fromisoformat))


def narrowed(actions: Any, chosen: Mapping[str, str], *, today: date, me: int) -> Any:
    """Return the actions that a choice asks for (see `forms.remediation.RegisterForm`)."""
    actions = actions.listed().annotate(next_date=NEXT_DUE)
    status = chosen.get("status", "")
    if status == "":
        actions = actions.exclude(status=ActionStatus.CLOSED)
    elif status != "all":
        actions = actions.filter(status=status)
    when = chosen.get("when", "")
    if when == "late":
        actions = actions.filter(is_late(today))
    elif when:
        until = today + timedelta(days=int(when))
        # Where a status was asked for, its actions are shown, although only open ones count as due.
        actions = actions.filter(Q(next_date__lte=until) if status else is_due_by(until))
    actions = actions.annotate(is_condition=remediation.is_condition())
    if chosen.get("priority") == "blocking":
        actions = actions.filter(BLOCKS, is_condition=False)
    elif chosen.get("priority") == "condition":
        actions = actions.filter(is_condition=True)
    elif priority := chosen.get("priority"):
        actions = actions.filter(priority=priority)
    if system := chosen.get("system"):
        actions = actions.filter(use__system__reference=system)
    match chosen.get("owner", ""):
        case "":
            pass
        case "mine":
            actions = actions.filter(owner=me)
        case "nobody":
            actions = actions.filter(owner=None)
        case "left":
            actions = actions.left_alone()
        case pk:
            actions = actions.filter(owner=query_values.place_number(pk))
    for word in chosen.get("q", "").split():
        found = Q(title__icontains=word) | Q(use__title__icontains=word) | Q(use__system__name__icontains=word)
        if number := query_values.whole_number(word):
            found |= Q(number=number)
        actions = actions.filter(found)
    return actions


def sums_of(actions: Actions, today: date, organisation_wide: Collection[str] = ()) -> dict[str, int]:
    """Count the actions that are open, late, due this month, to be checked, set aside, closed, blocking or conditions; one query.

    `shared` counts the practices among `organisation_wide` (keys of questions) that an organisation still has to do.
    """
    over = Q(status__in=[ActionStatus.CLOSED, ActionStatus.NOT_RELEVANT])
    practice = Concat(Cast("organisation", CharField()), Value("/"), "question", output_field=CharField())
    is_open = Q(status=ActionStatus.OPEN)
    listed = actions.listed().annotate(is_condition=remediation.is_condition())  # type: ignore[attr-defined]
    stands = ~Q(status=ActionStatus.CLOSED)
    sums: dict[str, int] = listed.order_by().aggregate(
        open=Count("pk", filter=is_open),
        late=Count("pk", filter=is_late(today)),
        soon=Count("pk", filter=is_due_by(today + timedelta(days=MONTH_DAYS))),
        blocking=Count("pk", filter=stands & BLOCKS & Q(is_condition=False)),
        conditions=Count("pk", filter=stands & Q(is_condition=True)),
        not_relevant=Count("pk", filter=Q(status=ActionStatus.NOT_RELEVANT)),
        done=Count("pk", filter=Q(status=ActionStatus.DONE)),
        accepted=Count("pk", filter=Q(status=ActionStatus.ACCEPTED)),
        closed=Count("pk", filter=Q(status=ActionStatus.CLOSED)),
        all=Count("pk"),
        shared=Count(practice, distinct=True, filter=~over & Q(question__in=list(organisation_wide))),
    )
    return sums
