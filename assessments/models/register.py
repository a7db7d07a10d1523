"""The register of actions: narrowed, put in order and summed up by SQL over columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Lower

from assessments.models.portfolio import Order
from assessments.models.reviews import ActionStatus, RemediationAction

Actions = QuerySet[RemediationAction]


def _number(value: str) -> int:
    if len(value) > 18:
        raise ValueError("no database keeps such a number")
    return int(value)


def _text(value: str) -> str:
    if "\x00" in value:
        raise ValueError("PostgreSQL keeps no such sign")
    return value


def order_of(sort: str, priorities: Sequence[str]) -> Order:
    """The order of that name; `priorities` are the edition's, most urgent first."""
    urgency = Case(
        *(When(priority=key, then=Value(place)) for place, key in enumerate(priorities)),
        default=Value(len(priorities)),
        output_field=IntegerField(),
    )
    nobody = Value("", output_field=CharField())
    return {
        "priority": Order(urgency, False, _number),
        "owner": Order(Coalesce(Lower("owner__name"), nobody), False, _text),
        "system": Order(Lower("use__system__name"), False, _text),
        "newest": Order(F("id") * 1, True, _number),
    }.get(sort, Order(F("due"), False, date.fromisoformat))


def narrowed(actions: Any, chosen: Mapping[str, str], *, today: date, me: int) -> Any:
    """The actions that a choice asks for (see forms.acting.RegisterForm)."""
    status = chosen.get("status", "")
    if status == "":
        actions = actions.exclude(status=ActionStatus.CLOSED)
    elif status != "all":
        actions = actions.filter(status=status)
    when = chosen.get("when", "")
    if when == "late":
        actions = actions.filter(status=ActionStatus.OPEN, due__lt=today)
    elif when:
        actions = actions.filter(due__range=(today, today + timedelta(days=int(when))))
    if priority := chosen.get("priority"):
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
            actions = actions.filter(owner=_number(pk))
    for word in chosen.get("q", "").split():
        found = Q(title__icontains=word) | Q(use__title__icontains=word) | Q(use__system__name__icontains=word)
        if word.isdecimal() and len(word) < 9:
            found |= Q(number=int(word))
        actions = actions.filter(found)
    return actions


def sums_of(actions: Actions, today: date) -> dict[str, int]:
    """How many actions are open, late, to be checked, accepted as a risk, closed; one query."""
    is_open = Q(status=ActionStatus.OPEN)
    sums: dict[str, int] = actions.order_by().aggregate(
        open=Count("pk", filter=is_open),
        late=Count("pk", filter=is_open & Q(due__lt=today)),
        done=Count("pk", filter=Q(status=ActionStatus.DONE)),
        accepted=Count("pk", filter=Q(status=ActionStatus.ACCEPTED)),
        closed=Count("pk", filter=Q(status=ActionStatus.CLOSED)),
        all=Count("pk"),
    )
    return sums
