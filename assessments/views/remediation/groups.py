"""The actions of one use under headings: by the time in which they are due, by priority, or by dimension."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Dimension
from assessments.views.remediation.rows import Row, headings

WITHIN = (7, 30, 90)
"""Days by which the actions of a use are told apart."""


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
        titles = list(headings(edition).values())
    elif by == "date":
        titles = [_("Late"), *(_within(days) for days in WITHIN), _("Later")]
    else:
        titles = [*(edition.terms[f"dimensions.{dimension}"] for dimension in Dimension), _("None of the five")]
    groups = {title: Group(title) for title in titles}
    for line in lines:
        if by == "priority":
            own = line.row.priority
        elif by == "date":
            own = time_of(line.row, today)
        else:
            own = next(iter(line.dimensions), _("None of the five"))
        groups.setdefault(own, Group(own)).lines.append(line)
    return [group for group in groups.values() if group.lines]


def _within(days: int) -> str:
    return _("Within %(n)s days") % {"n": days}


def time_of(row: Row, today: date) -> str:
    """The time in which an action has its next date, in words."""
    if row.late:
        return _("Late")
    left = (row.action.next_due - today).days
    return next((_within(days) for days in WITHIN if left <= days), _("Later"))
