"""How the dates of actions changed since the last plan, and which actions became conditions of the certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.utils.translation import gettext as _

from assessments.documents.report.dates import day
from assessments.documents.report.model import ChangeSince
from assessments.models import ActionEvent, Condition, RemediationAction

FIRST, ALL = ActionEvent.Kind.DUE, ActionEvent.Kind.FULL_DUE


def put_off(events: Iterable[ActionEvent]) -> int:
    """Count how often an action was put off; the two dates that one press moves count once."""
    later = [event for event in events if event.kind in (FIRST, ALL) and event.old and event.new > event.old]
    return max(sum(event.kind == kind for event in later) for kind in (FIRST, ALL))  # ISO dates sort as days do


def dates_in_words(action: RemediationAction, events: Sequence[ActionEvent]) -> str:
    """Say how the dates of an action changed, old and new; empty where each is what it was."""
    moved = {kind: found for kind in (FIRST, ALL) if (found := _moved([one for one in events if one.kind == kind]))}
    if FIRST in moved and ALL not in moved and action.full_due is None:
        return moved[FIRST]
    titles = {FIRST: _("first step: %(dates)s"), ALL: _("all steps: %(dates)s")}
    return "; ".join(titles[kind] % {"dates": words} for kind, words in moved.items())


def _moved(events: Sequence[ActionEvent]) -> str:
    if not events or events[0].old == events[-1].new:
        return ""
    new = day(date.fromisoformat(events[-1].new))
    if not events[0].old:
        return _("by %(day)s") % {"day": new}
    return _("%(old)s → %(new)s") % {"old": day(date.fromisoformat(events[0].old)), "new": new}


def became_conditions(
    use: int, actions: Mapping[int, RemediationAction], window: tuple[datetime, datetime]
) -> list[ChangeSince]:
    """List the actions that an approval of this time made conditions of the certificate. One query."""
    rows = Condition.objects.filter(decision__submission__assessment__use=use, decision__at__range=window)
    due = dict(rows.values_list("question", "due_on"))
    words = _("due on %(day)s; the action no longer blocks the certificate")
    return [
        ChangeSince(action.number, action.title, words % {"day": day(due[action.question])})
        for action in actions.values()
        if action.question in due
    ]
