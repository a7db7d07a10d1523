"""The portfolio: declared uses with where each stands, sorted, cut into pages and summed up by SQL over columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import (
    Avg,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Least, Lower, NullIf
from django.utils.translation import gettext as _

from assessments.core import query_values
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.guideline.terms import TIERS, Dimension, Tier
from assessments.models import AISystem, DeclaredUse, SavedFilter, User
from assessments.models.assessments import Assessment
from assessments.models.certificates import Certificate
from assessments.models.prepared import Placeholder, Prepared, PreparedUpdate
from assessments.models.remediation import NEXT_DUE, ActionStatus, Condition, RemediationAction
from assessments.models.systems import DeclaredUseQuerySet

NEVER = date(9999, 12, 31)  # sorts behind every date; shown as none
DATES = ("action_due", "certificate_ends", "condition_due")


# --- the columns of a use that lists read ----------------------------------------------------------------------------

_FOLLOWED = ("newest_assessment", "newest_state", "newest_progress", "changed_at")
NOTHING_ASKED, NO_TIER = -1, 0


def _which_may_follow() -> DeclaredUseQuerySet:
    newest = Placeholder("newest_assessment")
    older = Q(newest_assessment=None) | Q(newest_assessment__lte=newest)
    return DeclaredUse.objects.filter(older, pk=Placeholder("use"))


_FOLLOW = PreparedUpdate(_which_may_follow, _FOLLOWED)


def follow_newest(assessment: Assessment) -> None:
    """Write into the use what lists show of its newest assessment; nothing where a newer one exists.

    Call it in the transaction that adds an assessment or changes its state or `updated_at`. One query.
    """
    _FOLLOW.write(
        use=assessment.use_id,
        newest_assessment=assessment.pk,
        newest_state=str(assessment.state),
        newest_progress=_progress(assessment),
        changed_at=assessment.updated_at,
    )


def tier_rank(tier: str) -> int:
    """Return the place of an assigned tier in the order of tiers. Write it wherever the tier of a use is written."""
    return Tier(tier).rank + 1 if tier else NO_TIER


def _progress(assessment: Assessment) -> int:
    """Return how much of an assessment is answered, in thousandths."""
    return assessment.answered * 1000 // assessment.applicable if assessment.applicable else NOTHING_ASKED


def _columns() -> dict[str, Any]:
    """Return what each derived column of a use has to say, as the database works it out from the other rows."""
    newest = Assessment.objects.filter(use=OuterRef("pk")).order_by("-pk")
    system = AISystem.objects.filter(pk=OuterRef("system"))
    progress = Cast(F("answered"), IntegerField()) * 1000 / NullIf(F("applicable"), 0)
    return {
        "newest_assessment": Subquery(newest.values("pk")[:1]),
        "newest_state": Coalesce(Subquery(newest.values("state")[:1]), Value(""), output_field=CharField()),
        "newest_progress": Coalesce(
            Subquery(newest.annotate(thousandths=progress).values("thousandths")[:1]),
            Value(NOTHING_ASKED),
            output_field=IntegerField(),
        ),
        "changed_at": Coalesce(Subquery(newest.values("updated_at")[:1]), F("changed_at")),
        "in_use": Case(When(Q(retired_at=None) & Exists(system.filter(retired_at=None)), then=True), default=False),
        "tier_rank": Case(
            *(When(assigned_tier=str(tier), then=Value(tier_rank(tier))) for tier in TIERS), default=Value(NO_TIER)
        ),
        "system_name": Lower(Subquery(system.values("name")[:1])),
    }


def rebuild_columns(uses: DeclaredUseQuerySet) -> None:
    """Work out the derived columns of these uses anew.

    Call it where uses are declared or change together, where one is retired, or where a system gets another name.
    """
    uses.order_by().update(**_columns())


def wrong_columns(uses: DeclaredUseQuerySet) -> dict[str, list[str]]:
    """Return by the reference of a use which of its derived columns are wrong; it has to be empty."""
    right = {f"right_{name}": what for name, what in _columns().items()}
    found = {}
    for row in uses.order_by("pk").annotate(**right).values("reference", *_columns(), *right):
        wrong = [name for name in _columns() if row[name] != row[f"right_{name}"]]
        if wrong:
            found[row["reference"]] = wrong
    return found


# --- what a list adds to a use -----------------------------------------------------------------------------------------


def with_newest(uses: DeclaredUseQuerySet, of: QuerySet[Assessment] | None = None) -> DeclaredUseQuerySet:
    """Annotate each use with its newest assessment (`of` those, if given) and that one's state, "" where there is none."""
    if of is None:
        return uses.annotate(newest=F("newest_assessment"), state=F("newest_state"))
    newest = of.filter(use=OuterRef("pk")).order_by("-pk")
    return uses.annotate(
        newest=Subquery(newest.values("pk")[:1]),
        state=Coalesce(Subquery(newest.values("state")[:1]), Value(""), output_field=CharField()),
    )


def with_dates(uses: DeclaredUseQuerySet) -> DeclaredUseQuerySet:
    """Annotate each use with its next dates (see DATES); None where there is none."""
    actions = RemediationAction.objects.listed().filter(use=OuterRef("pk"), status=ActionStatus.OPEN)
    running = Certificate.objects.filter(use=OuterRef("pk"), ended_at=None)
    open_ones = Condition.objects.filter(met_at=None, decision__submission__certificate__use=OuterRef("pk"))
    return uses.annotate(
        action_due=_first(actions, "use", NEXT_DUE),
        certificate_ends=Subquery(running.values("expires_on")[:1]),
        condition_due=_first(
            open_ones.filter(decision__submission__certificate__ended_at=None),
            "decision__submission__certificate__use",
            "due_on",
        ),
    )


def _first(rows: QuerySet[Any], of: str, column: Any) -> Subquery:
    return Subquery(rows.order_by().values(of).annotate(first=Min(column)).values("first")[:1])


def next_date_of(use: Any) -> tuple[str, date] | None:
    """Return which of DATES comes first, and when; None where nothing is due."""
    found = [(getattr(use, name), name) for name in DATES if getattr(use, name)]
    return (min(found)[1], min(found)[0]) if found else None


def newest_assessments(uses: Iterable[Any]) -> dict[int, Assessment]:
    """Return the newest assessment of each use of `with_newest`, by the use's id, without its sections: one query.

    Beside it stand the numbers of a complete draft (`if_signed`) and the checksum of its edition.
    """
    # Asked even where there is none, so that a page costs the same whatever is on it.
    ids = [use.newest for use in uses if use.newest] or [0]
    rows = _newest(len(ids)).all(**{f"pk{n}": pk for n, pk in enumerate(ids)})
    return {assessment.use_id: assessment for assessment in rows}


@lru_cache(maxsize=64)
def _newest(how_many: int) -> Prepared[Assessment]:
    ids: Any = [Placeholder(f"pk{n}") for n in range(how_many)]
    return Prepared(
        lambda: (
            Assessment.objects.for_list()
            .annotate(if_signed=F("progress__if_signed"), checksum=F("edition__checksum"))
            .filter(pk__in=ids)
        )
    )


# --- order and pages -----------------------------------------------------------------------------------------------


type Adding = Callable[[Any], Any]
"""Adds columns to the rows of a query."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the portfolio: an expression without nulls, and how its values are written into an address."""

    expression: Any
    down: bool
    read: Any  # text to value; ValueError where it is none
    needs: Adding = lambda rows: rows  # the columns that the expression reads

    def keyed(self, rows: Any) -> Any:
        return self.needs(rows).annotate(key=self.expression)

    def key(self, text: str) -> tuple[Any, int]:
        value, _tilde, pk = text.rpartition("~")
        return self.read(value), query_values.place_number(pk)


ORDERS: Mapping[str, Order] = {
    "changed": Order(F("changed_at"), True, query_values.place_moment),
    "date": Order(
        Least(*(Coalesce(F(name), Value(NEVER, output_field=DateField())) for name in DATES)),
        False,
        date.fromisoformat,
        with_dates,
    ),
    "tier": Order(F("tier_rank"), True, query_values.place_number),
    "progress": Order(F("newest_progress"), False, query_values.place_number),
    "system": Order(F("system_name"), False, query_values.place_word),
    "use": Order(Lower("title"), False, query_values.place_word),
}
"""Each but `date` has an index of `DeclaredUse`: the database walks it and stops when a page is full."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a long list, cut by the key of its ends and not by counting rows: page 100 costs what page 1 does."""

    rows: list[Any]
    before: str  # cursor of the rows before these; empty where there are none
    after: str


def page_of(
    uses: QuerySet[Any], order: Order, size: int, *, after: str = "", before: str = "", shown: Adding | None = None
) -> Page:
    """Cut one page out of `uses`; one query. A cursor that cannot be read counts as none. `shown`: as of `_rows_of`."""
    ordered = order.keyed(uses)
    back = False
    for text, backwards in ((after, False), (before, True)):
        try:
            key, pk = order.key(text)
        except (ValueError, OverflowError):
            continue
        smaller = order.down != backwards
        sign = "lt" if smaller else "gt"
        further = Q(**{f"key__{sign}": key}) | Q(**{f"pk__{sign}": pk})
        ordered = ordered.filter(
            further, **{f"key__{sign}e": key}
        )  # a range that an index finds, then what is left of it
        back = backwards
        break
    rows = list(_rows_of(ordered, order, size, shown, down=order.down != back))
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    moved = bool(after or before)
    has_before = more if back else moved
    has_after = True if back else more
    return Page(rows, _cursor(rows, 0) if has_before else "", _cursor(rows, -1) if has_after else "")


def _rows_of(ordered: Any, order: Order, size: int, shown: Adding | None, *, down: bool) -> QuerySet[Any]:
    """Return the rows of one page, and the next one.

    `shown` adds what a page shows of a row. It is given the rows of the page alone: the database sorts the whole list by
    keys, and does not look up what nobody sees.
    """
    by = (F("key").desc(), "-pk") if down else (F("key").asc(), "pk")
    rows: QuerySet[Any] = ordered.order_by(*by)[: size + 1]
    if shown is None:
        return rows
    found: QuerySet[Any] = order.keyed(shown(ordered.model.objects.filter(pk__in=rows.values("pk")))).order_by(*by)
    return found


def first_rows(uses: QuerySet[Any], order: Order, size: int, shown: Adding | None = None) -> QuerySet[Any]:
    """Return the rows of the first page and the next one, as `page_of` takes them; `first_page` sees whether more follow."""
    return _rows_of(order.keyed(uses), order, size, shown, down=order.down)


def first_page(rows: list[Any], size: int) -> Page:
    return Page(rows[:size], "", _cursor(rows[:size], -1) if len(rows) > size else "")


def _cursor(rows: list[Any], at: int) -> str:
    if not rows:
        return ""
    key = rows[at].key
    return f"{key.isoformat() if isinstance(key, date) else key}~{rows[at].pk}"


# --- sums ------------------------------------------------------------------------------------------------------------

MOST_COUNTED = 1000
"""Our judgement: a list counts its rows up to here and says *more than* beyond, so that a long one costs no more to open."""


def counted_rows(uses: DeclaredUseQuerySet) -> QuerySet[Any, Any]:
    """Return the ids of these uses in no order, one more than MOST_COUNTED at most: a list counts them.

    Counted in the database they are joined with the whole table, since no queryset counts the rows of a slice.
    """
    return uses.order_by().values_list("pk", flat=True)[: MOST_COUNTED + 1]


def tier_rows(uses: DeclaredUseQuerySet) -> QuerySet[Any, Any]:
    """Return how many uses stand in each tier, as (tier, count); "" counts those without one."""
    return uses.order_by().values_list("assigned_tier").annotate(n=Count("pk"))


def readiness_row(uses: DeclaredUseQuerySet) -> QuerySet[Any, Any]:
    """Return one row for `readiness_in`: what is asked of the newest assessments of these uses."""
    columns = {str(dimension): f"readiness_{dimension}" for dimension in Dimension}
    rows = Assessment.objects.filter(pk__in=uses.order_by().values("newest_assessment"))
    together = rows.annotate(one=Value(1)).values("one")
    return together.annotate(
        **{f"mean_{key}": Avg(column) for key, column in columns.items()},
        **{f"count_{key}": Count(column) for key, column in columns.items()},
    )


def readiness_in(row: Mapping[str, Any]) -> dict[str, tuple[float | None, int]]:
    """Return of each dimension the mean over the newest assessments in per cent (None: not assessed), and over how many."""
    means = {str(dimension): row[f"mean_{dimension}"] for dimension in Dimension}
    return {key: (None if mean is None else float(mean) / 10, row[f"count_{key}"]) for key, mean in means.items()}


LONGEST_QUERY = 400  # the column of SavedFilter


# --- the portfolio -----------------------------------------------------------------------------------------------------


def keep_filter(user: User, name: str, query: str) -> SavedFilter:
    """Keep a filter of the portfolio under a name of one's own; InvalidAnswer where one has that name already."""
    if not query:
        raise WorkflowError(_("Choose at least one filter first. Without a filter, there is nothing to save."))
    if len(query) > LONGEST_QUERY:
        raise WorkflowError(_("Use fewer search words. The filter is too long to save."))
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(user=user, name=name, query=query)
    except IntegrityError:
        raise InvalidAnswer("name", _("Choose another name. You already have a filter with this name.")) from None


def forget_filter(one: SavedFilter, *, by: User) -> None:
    if one.user_id != by.pk:
        raise NotPermitted(_("You cannot delete this filter, because it belongs to somebody else."))
    one.delete()
