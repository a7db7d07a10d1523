"""One action split into parts, several merged into one, and the way back.

The parts of a split action share its question: the findings close when all parts are closed. What was merged into another
action keeps its row and number, is not listed, and is closed together with that action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.remediation import conditions, opening
from assessments.domain.remediation import dates as remediation_dates
from assessments.domain.remediation.changes import (
    Kind,
    lock_action,
    lock_use,
    note,
    record,
    require_open,
    require_planner,
)
from assessments.domain.remediation.own_actions import TITLE, rename
from assessments.models import ActionStatus, RemediationAction, User
from assessments.models.action_notes import ActionNote, coded

MOST_PARTS, MOST_MERGED = 6, 12
COPIED = (
    "use", "organisation", "question", "requirements", "suggested_owner", "due", "full_due", "effort", "priority",
    "package", "placed", "rank", "whole_organisation", "why_here", "stopgap", "clause", "added_by",
)  # fmt: skip
"""What a part takes over from the action that was split."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an action that is split: its task, who does it, and by when; None leaves owner or date."""

    title: str
    owner: User | None = None
    due: date | None = None


@transaction.atomic
def split(action: RemediationAction, parts: Sequence[Part], *, by: User) -> list[RemediationAction]:
    """Split an open action: it becomes the first part under its own number, each other part gets the next number.

    Raises InvalidAnswer naming the field (`title-2`: of the second part), WorkflowError where it is not open, was merged,
    or others were merged into it.
    """
    require_planner(action.organisation, by=by)
    use = lock_use(action.use)
    action = lock_action(action)
    require_open(action)
    if action.merged.exclude(status=ActionStatus.CLOSED).exists():
        raise WorkflowError(_("Other actions were merged into this one. Undo the merge first."))
    if len(parts) < 2:
        raise InvalidAnswer("title-2", _("Enter at least two parts."))
    if len(parts) > MOST_PARTS:
        raise InvalidAnswer(f"title-{MOST_PARTS + 1}", _("Enter at most %(n)s parts.") % {"n": MOST_PARTS})
    condition = conditions.conditions_on([action]).get(action.pk)
    for place, part in enumerate(parts, 1):
        if not part.title.strip():
            raise InvalidAnswer(f"title-{place}", _("Say what needs to be done in this part."))
        if part.owner is not None and not roles.may(part.owner, Action.ANSWER, use.organisation_id):
            raise InvalidAnswer(f"owner-{place}", _("Choose an owner or contributor of the organisation."))
        problem = remediation_dates.date_problem(action, part.due, condition) if part.due else ""
        if problem:
            raise InvalidAnswer(f"due-{place}", problem)
    kept = {"kind": "split", "title": action.title, "original": action.original_title, "by_hand": action.set_by_hand}
    made = []
    for part in parts[1:]:
        use.action_count += 1
        row = RemediationAction(**{name: getattr(action, name) for name in COPIED})
        row.number, row.title = use.action_count, part.title.strip()[:TITLE]
        row.original_title = "" if action.is_own else action.original_title or action.title
        row.owner = part.owner
        row.set_by_hand = sorted({*action.set_by_hand, "title"})
        row.part_of_id = action.part_of_id or action.pk
        _date(row, part.due)
        row.save()
        note(row, Kind.SPLIT, by=by, words=coded(ActionNote.SPLIT_FROM, n=action.number))
        made.append(row)
    use.save(update_fields=["action_count"])
    numbers = [row.number for row in made]
    action.undo = {**kept, "parts": [row.pk for row in made], "dates": _dates(action)}
    rename(action, parts[0].title.strip()[:TITLE], by=by)
    _date(action, parts[0].due)
    action.save()
    note(action, Kind.SPLIT, by=by, new=", ".join(str(n) for n in numbers))
    first = parts[0]
    if first.owner is not None and first.owner != action.owner:
        remediation_dates.plan(action, by=by, owner=first.owner, due=action.due, effort=str(action.effort))
    for row in made:
        if row.owner is not None and row.owner != by:
            remediation_dates.tell_owner(row, by)
    record(AuditKind.ACTION_SPLIT, action, by, parts=numbers)
    return [action, *made]


@transaction.atomic
def merge(
    actions: Sequence[RemediationAction], *, by: User, into: RemediationAction, title: str = ""
) -> RemediationAction:
    """Merge open actions of one use into one of them, which keeps its number.

    It takes the earliest first step, the latest date for all of it that no condition forbids, and the most urgent class.
    Each of the others keeps its findings and its condition; they are met when `into` is accepted.
    """
    others = sorted({row.pk for row in actions} - {into.pk})
    require_planner(into.organisation, by=by)
    if not others:
        raise WorkflowError(_("Choose at least two actions to merge."))
    if len(others) >= MOST_MERGED:
        raise WorkflowError(_("Merge at most %(n)s actions.") % {"n": MOST_MERGED})
    if {row.use_id for row in actions} != {into.use_id}:
        raise WorkflowError(_("Choose actions of the same use. Actions of different uses cannot be merged."))
    lock_use(into.use)
    lead = lock_action(into)
    rows = [lock_action(row) for row in sorted(actions, key=lambda row: row.pk) if row.pk in others]
    for row in (lead, *rows):
        require_open(row)
        if row.merged.exclude(status=ActionStatus.CLOSED).exists():
            raise WorkflowError(_("Action %(n)s has already been merged. Undo that merge first.") % {"n": row.number})
    kept = {"kind": "merge", "title": lead.title, "original": lead.original_title, "by_hand": lead.set_by_hand}
    lead.undo = {**kept, "priority": lead.priority, "dates": _dates(lead)}
    for row in rows:
        row.merged_into = lead
        row.save(update_fields=["merged_into"])
    everything = [lead, *rows]
    condition = conditions.conditions_on([lead]).get(lead.pk)
    last = max(row.last_due for row in everything)
    if condition is not None:
        last = min(last, condition.due_on)
    lead.due = min(*(row.due for row in everything), last)
    lead.full_due = last if last != lead.due else None
    lead.priority = opening.most_urgent([row.priority for row in everything])
    lead.set_by_hand = sorted({*lead.set_by_hand, "due"})
    if title.strip():
        rename(lead, title.strip()[:TITLE], by=by)
    lead.save()
    for row in rows:
        note(row, Kind.MERGED, by=by, words=coded(ActionNote.MERGED_INTO, n=lead.number))
    numbers = [row.number for row in rows]
    note(lead, Kind.MERGED, by=by, new=", ".join(str(n) for n in numbers))
    record(AuditKind.ACTION_MERGED, lead, by, merged=numbers)
    return lead


@transaction.atomic
def undo(action: RemediationAction, *, by: User) -> None:
    """Undo the last split or merge of an action; title, dates and class are as they were before.

    Raises WorkflowError once a part was reported or closed, or what was merged is not open any more.
    """
    require_planner(action.organisation, by=by)
    lock_use(action.use)
    action = lock_action(action)
    require_open(action)
    kind = action.undo.get("kind")
    if kind == "split":
        _undo_split(action, by=by)
    elif kind == "merge":
        _undo_merge(action, by=by)
    else:
        raise WorkflowError(_("There is no split or merge to undo."))
    rename(action, action.undo["title"], by=by)
    action.original_title, action.set_by_hand = action.undo["original"], action.undo["by_hand"]
    condition = conditions.conditions_on([action]).get(action.pk)
    if condition is None:  # a condition that was set since keeps its date
        dates = action.undo["dates"]
        action.due = date.fromisoformat(dates["due"])
        action.full_due = date.fromisoformat(dates["full_due"]) if dates["full_due"] else None
    action.undo = {}
    action.save()
    record(AuditKind.ACTION_UNDONE, action, by, what=kind)


def _undo_split(action: RemediationAction, *, by: User) -> None:
    parts = [lock_action(row) for row in action.use.actions.filter(pk__in=action.undo["parts"]).order_by("pk")]
    for row in parts:
        if row.status != ActionStatus.OPEN or row.merged_into_id or row.merged.exists() or row.undo:
            raise WorkflowError(
                _("You cannot undo the split, because action %(n)s has changed since the split.") % {"n": row.number}
            )
    words = _("The split was undone. Action %(n)s is one action again.") % {"n": action.number}
    for row in parts:
        row.status, row.closed_at, row.note = ActionStatus.CLOSED, timezone.now(), words
        row.save(update_fields=["status", "closed_at", "note"])
        note(row, Kind.UNDONE, by=by, words=coded(ActionNote.SPLIT_UNDONE_INTO, n=action.number))
    note(action, Kind.UNDONE, by=by, words=coded(ActionNote.SPLIT_UNDONE))


def _undo_merge(action: RemediationAction, *, by: User) -> None:
    words = coded(ActionNote.MERGE_UNDONE)
    for row in action.merged.exclude(status=ActionStatus.CLOSED).select_for_update(of=("self",)).order_by("pk"):
        row.merged_into = None
        row.save(update_fields=["merged_into"])
        note(row, Kind.UNDONE, by=by, words=words)
    action.priority = action.undo["priority"]
    note(action, Kind.UNDONE, by=by, words=words)


def _dates(action: RemediationAction) -> dict[str, Any]:
    return {"due": action.due.isoformat(), "full_due": action.full_due.isoformat() if action.full_due else None}


def _date(action: RemediationAction, day: date | None) -> None:
    """Make that day the date for all of it; the first step is not later."""
    if day is None or day == action.last_due:
        return
    if action.full_due is not None and day > action.due:
        action.full_due = day
    else:
        action.due, action.full_due = day, None
    action.set_by_hand = sorted({*action.set_by_hand, "due"})
