"""Conditions that hang on actions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from assessments.domain.remediation import history
from assessments.models import Condition, RemediationAction, User
from assessments.models.action_notes import ActionNote, coded


def conditions_on(
    actions: Iterable[RemediationAction], *, merged: Iterable[RemediationAction] | None = None
) -> dict[int, Condition]:
    """Return the open condition that an action has to meet, by the action's id: two queries.

    Where several actions were merged into one, it has to meet the earliest of theirs; `merged`: these, where a page has
    read them.
    """
    found: dict[tuple[int, str], list[int]] = {}
    for action in actions:
        found.setdefault((action.use_id, action.question), []).append(action.pk)
    if merged is None:
        leads = [pk for pks in found.values() for pk in pks]
        merged = RemediationAction.objects.standing().filter(merged_into__in=leads)
    for row in merged:
        found.setdefault((row.use_id, row.question), []).append(row.merged_into_id or 0)
    standing = Condition.objects.standing().filter(
        decision__submission__assessment__use__in={use for use, _question in found},
        question__in={question for _use, question in found},
    )
    conditions: dict[int, Condition] = {}
    standing = standing.select_related("decision__submission__assessment").defer("decision__submission__snapshot")
    for condition in standing.order_by("-due_on"):
        for pk in found.get((condition.decision.submission.assessment.use_id, condition.question), ()):
            conditions[pk] = condition
    return conditions


def bind_to_condition(use: int, question: str, due: date, *, by: User) -> None:
    """Give the open actions of a question the date of the condition under which its use is approved.

    All of it is due on that day, whatever its effort; the first step not later. So it is for what it was merged into.
    """
    bound = Q(question=question) | Q(merged__question=question, merged__closed_at=None)
    keys = RemediationAction.objects.standing().filter(bound, use=use).values_list("pk", flat=True)
    words = coded(ActionNote.CONDITION_SET)
    for action in RemediationAction.objects.select_for_update(of=("self",)).filter(pk__in=set(keys)).order_by("pk"):
        last = due if action.question == question else min(due, action.last_due)  # others in it may be due sooner
        dates = {"due": last} if action.full_due is None else {"full_due": last, "due": min(action.due, last)}
        for which, day in dates.items():
            old: date = getattr(action, which)
            if old != day:
                history.note(action, which, by=by, old=old.isoformat(), new=day.isoformat(), words=words)
                setattr(action, which, day)
        action.save(update_fields=["due", "full_due"])
