"""What waits for a reviewer, as the home page says it: the numbers are those of the queue (`review.queue.cases_of`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.domain.review.queue_rows import ACTIONS, APPEALS, MINE, WAITING
from assessments.notifications.kinds import MessageKind

COUNTED = (
    MessageKind.SUBMITTED,
    MessageKind.SECOND_SEAT,
    MessageKind.CASE_ROUND,
    MessageKind.APPEAL,
    MessageKind.ACTION_REPORTED,
)
"""Kinds of message about what these lines count: the home page does not list them a second time."""


def lines_of(cases: Mapping[str, int] | None) -> list[dict[str, Any]]:
    """Return one line for each group of the queue in which something waits, as the fields of a need. None: reviews nothing."""
    if cases is None:
        return []
    late = cases["late"]
    said = ngettext("%(n)s open case is late.", "%(n)s open cases are late.", late) % {"n": late} if late else ""
    mine, waiting, actions, appeals = (cases[group] for group in (MINE, WAITING, ACTIONS, APPEALS))
    lines = (
        (
            MINE,
            ngettext("%(n)s case is assigned to you", "%(n)s cases are assigned to you", mine),
            _("Open your cases"),
        ),
        (
            WAITING,
            ngettext("%(n)s case needs a reviewer", "%(n)s cases need a reviewer", waiting),
            _("Open these cases"),
        ),
        (
            ACTIONS,
            ngettext(
                "%(n)s action is reported as done and needs a check",
                "%(n)s actions are reported as done and need a check",
                actions,
            ),
            _("Check the evidence"),
        ),
        (
            APPEALS,
            ngettext("%(n)s appeal or complaint to answer", "%(n)s appeals and complaints to answer", appeals),
            _("Answer appeals and complaints"),
        ),
    )
    return [
        {
            "title": words % {"n": cases[group]},
            "text": said if group in (MINE, WAITING) else "",
            "url": f"{reverse('reviews')}?who={group}",
            "label": label,
            "when": _("Reviews"),
            "rank": 2,
            "things": cases[group],
        }
        for group, words, label in lines
        if cases[group]
    ]
