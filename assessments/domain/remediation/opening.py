"""Open, carry and close the actions of a submission."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.domain.remediation import conditions as remediation_conditions
from assessments.domain.remediation import history
from assessments.domain.remediation.history import Kind
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import (
    ActionStatus,
    Assessment,
    Condition,
    DeclaredUse,
    Edition,
    MarkKind,
    RemediationAction,
    Submission,
    User,
)
from assessments.models.action_notes import ActionNote, coded
from assessments.models.marks import combined_marks

NEVER_ACCEPTED = frozenset({"prohibited_or_hold", "table_1_or_overlay", "must"})
"""Priorities of which nobody may accept the risk. Our judgement: a must is met, or made a dated condition."""


# --- what a submission opens and closes ----------------------------------------------------------------------------------


def open_actions(
    assessment: Assessment, edition: CompiledEdition, content: Mapping[str, Any], *, by: User
) -> list[dict[str, Any]]:
    """Keep one action a question: open new ones with the next number, close those whose findings are gone.

    An accepted risk stands as long as it may: where the gap has become one that blocks, it is open again. What somebody
    planned by hand stays. Returns the actions as the snapshot keeps them.
    """
    use = assessment.use
    today = timezone.localdate()
    standing = use.actions.exclude(status=ActionStatus.CLOSED).exclude(question="").select_for_update(of=("self",))
    have: dict[str, list[RemediationAction]] = {}
    for row in standing.order_by("number"):
        have.setdefault(row.question, []).append(row)
    conditions = remediation_conditions.conditions_on([row for rows in have.values() for row in rows])
    drawn = []
    for proposed in content["actions"]:
        rows = have.pop(proposed["question"], [])
        if not rows:
            use.action_count += 1
            rows = [
                RemediationAction(
                    use=use,
                    organisation=assessment.organisation,
                    number=use.action_count,
                    question=proposed["question"],
                    due=today + timedelta(days=proposed["due_days"]),
                )
            ]
        for action in rows:  # several where it was split
            _take_up(action, proposed, today, conditions.get(action.pk))
            no_longer = action.status == ActionStatus.ACCEPTED and action.priority in NEVER_ACCEPTED
            if no_longer:
                action.status = ActionStatus.OPEN
            action.save()
            if no_longer:
                history.note(action, Kind.RISK_ENDED, by=by, words=coded(ActionNote.RISK_BLOCKS))
            drawn.append(_drawn(proposed, action))
    _close_without_finding([row for rows in have.values() for row in rows], by=by)
    _weigh_merged(use, {proposed["question"] for proposed in content["actions"]})
    use.save(update_fields=["action_count"])
    return drawn


def _take_up(action: RemediationAction, proposed: Mapping[str, Any], today: date, condition: Condition | None) -> None:
    """Bring an action up to what is proposed now; what a person wrote or planned stays, and a condition's date too."""
    title = proposed["title"][:200]
    if "title" in action.set_by_hand:
        action.original_title = title
    else:
        action.title = title
    action.requirements = proposed["requirements"]
    action.suggested_owner, action.priority = proposed["owner"], proposed["priority"]
    action.rank, action.package = proposed.get("rank") or 0, (proposed.get("package") or "")[:40]
    action.placed = (proposed.get("class") or "")[:24]
    action.whole_organisation = bool(proposed.get("whole_organisation"))
    action.why_here, action.stopgap = proposed.get("why_here") or "", proposed.get("stopgap") or ""
    if "effort" not in action.set_by_hand:
        action.effort = proposed["effort"]
    if "due" in action.set_by_hand or condition is not None:
        return
    action.due = min(action.due, today + timedelta(days=proposed["due_days"]))
    if proposed.get("full_days") is not None:
        full = today + timedelta(days=proposed["full_days"])
        action.full_due = max(action.due, min(action.full_due or full, full))
        if action.full_due == action.due:
            action.full_due = None


def _drawn(proposed: Mapping[str, Any], action: RemediationAction) -> dict[str, Any]:
    """Return the action as the snapshot keeps it: in the words and with the dates that it has now."""
    drawn = {**proposed, "number": action.number, "title": action.title, "effort": str(action.effort)}
    drawn |= {"due": action.due, "full_due": action.full_due}
    if action.own_steps:
        drawn |= {"steps": action.own_steps, "stopgap": action.own_steps[0], "edited": True}
    return drawn


def _weigh_merged(use: DeclaredUse, proposed: Collection[str]) -> None:
    """Give each action that others were merged into the most urgent priority of all of them.

    What undoing the merge gives back is its own priority, as it was proposed now or before.
    """
    others: dict[int, list[str]] = {}
    for row in use.actions.exclude(merged_into=None).exclude(status=ActionStatus.CLOSED):
        others.setdefault(row.merged_into_id or 0, []).append(row.priority)
    for action in use.actions.filter(pk__in=others):
        own = action.priority if action.question in proposed else action.undo["priority"]
        action.undo = {**action.undo, "priority": own}
        action.priority = most_urgent([own, *others[action.pk]])
        action.save(update_fields=["undo", "priority"])


def most_urgent(priorities: Iterable[str]) -> str:
    """Return the most urgent of some priorities, by the edition's order; an action of one's own comes last."""
    order = Edition.objects.current().compiled().policy.priorities
    return min(priorities, key=lambda key: order.index(key) if key in order else len(order))


def _close_without_finding(actions: Collection[RemediationAction], *, by: User | None) -> None:
    promised = remediation_conditions.conditions_on(actions)
    going = {action.pk for action in actions}
    merged = RemediationAction.objects.standing().filter(merged_into__in=going).exclude(pk__in=going)
    leading = set(merged.values_list("merged_into", flat=True))
    for action in actions:
        # A reviewer asked for it on accepting the answer, or an approval hangs on it: it is closed as it was agreed.
        # What other actions were merged into stays until they are closed as well.
        if action.asked or action.pk in promised or action.pk in leading:
            continue
        action.status, action.closed_at = ActionStatus.CLOSED, timezone.now()
        action.note = (action.note + "\n" + _("Closed, because the new answer closes the gap.")).strip()
        action.save(update_fields=["status", "closed_at", "note"])
        history.note(action, Kind.CLOSED, by=by, words=coded(ActionNote.NO_FINDING))


def close_superseded(submission: Submission, *, by: User | None) -> None:
    """Close what only the certificate before had hung on, once its renewal is issued and has no such finding."""
    named = {action["question"] for action in submission.content()["actions"]}
    use = submission.assessment.use_id
    rows = RemediationAction.objects.select_for_update().filter(use=use).exclude(status=ActionStatus.CLOSED)
    _close_without_finding(list(rows.exclude(question="").exclude(question__in=named)), by=by)


def close_accepted_reasons(submission: Submission, *, by: User) -> None:
    """Close the actions of which nothing is left once a reviewer accepted why it does not apply; with the approval.

    Nothing was put in place, so no answer is to be confirmed again: `verified_by` stays empty.
    """
    kinds: dict[str, set[str]] = {}
    for finding in submission.content()["findings"]:
        kinds.setdefault(finding["question"], set()).add(finding["kind"])
    reasons = [question for question, found in kinds.items() if found == {"not_applicable"}]
    marked = combined_marks(submission)
    accepted = [
        question
        for question in reasons
        if (mark := marked.get(f"q:{question}")) and mark.mark != MarkKind.CHANGE_NEEDED
    ]
    use = submission.assessment.use_id
    rows = RemediationAction.objects.select_for_update().filter(use=use, question__in=accepted)
    words = _("A reviewer accepted the reason why the action does not apply.")
    leading = RemediationAction.objects.standing().exclude(merged_into=None).exclude(question__in=accepted)
    rows = rows.exclude(pk__in=leading.values("merged_into"))
    for action in rows.exclude(status=ActionStatus.CLOSED):
        action.status, action.closed_at = ActionStatus.CLOSED, timezone.now()
        action.note = (action.note + "\n" + words).strip()
        action.save(update_fields=["status", "closed_at", "note"])
        history.note(action, Kind.CLOSED, by=by, words=coded(ActionNote.REASON_ACCEPTED))
