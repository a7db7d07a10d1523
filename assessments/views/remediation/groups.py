"""The actions of one use under headings: by the time in which they are due, by priority, or by dimension."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension
from assessments.models import RemediationAction
from assessments.views.remediation.rows import ActionRow, heading_key, headings

WITHIN = (7, 30, 90)
"""Days by which the actions of a use are told apart."""
LATE, LATER, NO_DIMENSION = "late", "later", "none"


@dataclass
class Group:
    """Some actions under one heading."""

    title: str
    lines: list[Any] = field(default_factory=list)


def grouped(lines: Iterable[Any], edition: Edition, by: str, today: date) -> list[Group]:
    """Under the time in which each is due next, under each priority, or under the first dimension that an action touches.

    The most urgent comes first in each group.
    """
    if by == "priority":
        titles = headings(edition)
    elif by == "date":
        within = {str(days): _("Within %(n)s days") % {"n": days} for days in WITHIN}
        titles = {LATE: _("Late"), **within, LATER: _("Later")}
    else:
        dimensions = {str(one): edition.terms[f"dimensions.{one}"] for one in Dimension}
        titles = {**dimensions, NO_DIMENSION: _("No dimension")}
    groups = {key: Group(title) for key, title in titles.items()}
    for line in lines:
        action = line.row.action
        if by == "priority":
            key = heading_key(action)
        elif by == "date":
            key = time_of(line.row, today)
        else:
            key = next(map(str, dimensions_of(action, edition)), NO_DIMENSION)
        groups.setdefault(key, Group(key)).lines.append(line)
    return [group for group in groups.values() if group.lines]


def time_of(row: ActionRow, today: date) -> str:
    """Return the key of the time in which an action has its next date."""
    if row.late:
        return LATE
    left = (row.action.next_due - today).days
    return next((str(days) for days in WITHIN if left <= days), LATER)


def dimensions_of(action: RemediationAction, edition: Edition) -> tuple[Dimension, ...]:
    """Return the dimensions that an action touches, in the order of the Guideline."""
    named = {d for id in action.requirements if id in edition.requirements for d in edition.requirements[id].dimensions}
    return tuple(one for one in Dimension if one in named)
