"""The organisation's own actions, without doubles.

A practice that is true of the whole organisation has an action in the plan of each use, ranked there. For the
organisation it is one action: the one that is due first stands for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, IntegerField, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, DenseRank, Lower, RowNumber

from assessments.guideline.edition import Edition
from assessments.models import ActionStatus, RemediationAction
from assessments.models.remediation import BLOCKS, NEXT_DUE, is_condition, is_late

PRACTICE = [F("organisation"), F("question")]
UNRANKED = 100_000  # the place of what has no rank: behind all that has one


@dataclass(frozen=True, slots=True)
class OverUses:
    """What the uses of the organisation say together of one practice."""

    rank: int  # the most urgent of the uses'
    first_step: date | None  # the earliest that is not done yet
    all_done: date
    late: bool
    blocks: int  # uses whose certificate it blocks
    uses: int
    without_owner: int  # uses in which nobody has it
    owners: tuple[tuple[str, bool], ...]  # name, and whether they left
    actions: tuple[RemediationAction, ...]  # one a use, by the name of the use; as many as were asked for

    @property
    def more(self) -> int:
        """How many uses are not among `actions`."""
        return self.uses - len(self.actions)

    @property
    def alike(self) -> bool:
        """Whether two of the uses have the same name, so that their systems have to be named as well."""
        return len({action.use.title for action in self.actions}) < len(self.actions)


def organisation_plan(actions: QuerySet[RemediationAction], edition: Edition) -> QuerySet[RemediationAction]:
    """Return one open action for each practice of the whole organisation among `actions`, with `in_uses`.

    `actions` are those that the reader may see (`finders.actions_for`), filtered at will. `in_uses` counts the uses whose
    plan has the practice. The one that is due first stands for the others.
    """
    shared = _shared(actions, edition)
    place = Window(RowNumber(), partition_by=PRACTICE, order_by=[F("due").asc(), F("pk").asc()])
    first = shared.order_by().annotate(place=place).filter(place=1).values("pk")
    same = shared.filter(organisation=OuterRef("organisation"), question=OuterRef("question")).order_by()
    count = same.values("question").annotate(uses=Count("use", distinct=True)).values("uses")
    return shared.filter(pk__in=first).annotate(in_uses=Subquery(count, output_field=IntegerField()))


def to_do(actions: QuerySet[RemediationAction]) -> QuerySet[RemediationAction]:
    """Return what the organisation has to do of some actions: without what was merged or marked as not relevant."""
    return actions.filter(merged_into=None).exclude(status__in=[ActionStatus.CLOSED, ActionStatus.NOT_RELEVANT])


def over_uses(
    actions: QuerySet[RemediationAction], edition: Edition, today: date, *, shown: int
) -> dict[tuple[int, str], OverUses]:
    """Sum up each practice of the whole organisation over its uses, by organisation and question; four queries.

    Dates are those of open actions; where all are reported as done or accepted, of these. At most `shown` uses a
    practice come with their action. A condition of an approval keeps no certificate back.
    """
    shared = _shared(actions, edition).order_by()
    last, is_open, ranked = Coalesce("full_due", "due"), Q(status=ActionStatus.OPEN), ~Q(rank=0)
    begun = Q(first_step_on__isnull=False)
    sums = (
        shared.annotate(is_condition=is_condition())
        .values("organisation", "question")
        .annotate(
            least=Min("rank", filter=ranked),
            first=Min("due", filter=is_open & ~begun & Q(full_due__isnull=False)),
            last=Coalesce(Min(last, filter=is_open), Min(last)),
            late=Count("pk", filter=is_late(today)),
            blocks=Count("use", filter=BLOCKS & Q(is_condition=False), distinct=True),
            uses=Count("use", distinct=True),
            free=Count("use", filter=Q(owner=None), distinct=True),
        )
    )
    owners, uses = _owners(shared), _one_a_use(shared, shown)
    return {
        key: OverUses(
            rank=row["least"] or UNRANKED,
            first_step=row["first"],
            all_done=row["last"],
            late=bool(row["late"]),
            blocks=row["blocks"],
            uses=row["uses"],
            without_owner=row["free"],
            owners=tuple(owners.get(key, ())),
            actions=tuple(uses.get(key, ())),
        )
        for row in sums
        for key in [(row["organisation"], row["question"])]
    }


def _shared(actions: QuerySet[RemediationAction], edition: Edition) -> QuerySet[Any]:
    return actions.filter(question__in=edition.organisation_wide).exclude(status=ActionStatus.CLOSED)


def _owners(shared: QuerySet[Any]) -> dict[tuple[int, str], list[tuple[str, bool]]]:
    """Name who has each practice in some use, and tell whether they left the organisation."""
    owned = shared.exclude(owner=None)
    left = set(owned.left_alone().values_list("organisation", "owner").distinct())  # type: ignore[attr-defined]
    rows = owned.values_list("organisation", "question", "owner", "owner__name").distinct()
    found: dict[tuple[int, str], list[tuple[str, bool]]] = {}
    for organisation, question, owner, name in sorted(rows, key=lambda row: (row[3].lower(), row[2])):
        found.setdefault((organisation, question), []).append((name, (organisation, owner) in left))
    return found


def _one_a_use(shared: QuerySet[Any], shown: int) -> dict[tuple[int, str], Iterable[RemediationAction]]:
    """Return an action a use for each practice, the first due of a split one; the first uses by name."""
    place = Window(DenseRank(), partition_by=PRACTICE, order_by=[Lower("use__title").asc(), F("use").asc()])
    rows = shared.select_related("use__system").annotate(place=place).filter(place__lte=shown)
    found: dict[tuple[int, str], dict[int, RemediationAction]] = {}
    for row in rows.order_by("place", NEXT_DUE, "pk"):
        found.setdefault((row.organisation_id, row.question), {}).setdefault(row.use_id, row)
    return {key: by_use.values() for key, by_use in found.items()}
