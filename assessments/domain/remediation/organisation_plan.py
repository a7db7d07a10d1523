"""The organisation's own actions, without doubles.

A practice that is true of the whole organisation has an action in the plan of each use, ranked there. For the
organisation it is one action: the one that is due first stands for all of them.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery

from assessments.guideline.edition import Edition
from assessments.models import ActionStatus, RemediationAction


def organisation_plan(actions: QuerySet[RemediationAction], edition: Edition) -> QuerySet[RemediationAction]:
    """Return one open action for each practice of the whole organisation among `actions`, with `in_uses`.

    `actions` are those that the reader may see (`access.actions_for`), filtered at will. `in_uses` counts the uses whose
    plan has the practice. The one that is due first stands for the others.
    """
    shared = _shared(actions, edition)
    same = shared.filter(organisation=OuterRef("organisation"), question=OuterRef("question")).order_by()
    first = same.order_by("due", "pk").values("pk")[:1]
    count = same.values("question").annotate(uses=Count("use", distinct=True)).values("uses")
    return shared.filter(pk=Subquery(first)).annotate(in_uses=Subquery(count, output_field=IntegerField()))


def elsewhere(
    action: RemediationAction, actions: QuerySet[RemediationAction], edition: Edition
) -> QuerySet[RemediationAction]:
    """Return the open actions of the same practice in the other uses of the organisation; none for any other action."""
    same = _shared(actions, edition).filter(organisation=action.organisation_id, question=action.question)
    return same.exclude(pk=action.pk).order_by("due", "pk")


def is_shared(action: RemediationAction, edition: Edition) -> bool:
    """Tell whether the practice of an action is true of the whole organisation."""
    return action.question in edition.organisation_wide


def _shared(actions: QuerySet[RemediationAction], edition: Edition) -> QuerySet[Any]:
    return actions.filter(question__in=edition.organisation_wide).exclude(status=ActionStatus.CLOSED)
