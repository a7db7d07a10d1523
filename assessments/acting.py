"""Remediation actions: opened by a submission, planned, done, accepted; and the risks that somebody accepts instead.

One function, one transaction each, the actor always named, `by=`. Each writes a line of the action's own history
(`ActionEvent`) and an audit entry. `workflow` closes an action, since a certificate may hang on it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments import access, tasks
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.domain.remediation import closing
from assessments.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Answer,
    Assessment,
    Condition,
    DeclaredUse,
    Document,
    DocumentKind,
    DocumentState,
    Edition,
    EffortChoices,
    Evidence,
    EvidenceUse,
    Involvement,
    MarkKind,
    RemediationAction,
    ReviewSeat,
    Submission,
    User,
)
from assessments.models.action_notes import ActionNote, coded
from assessments.models.marks import combined_marks
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned, owners_of, reviewers_on
from assessments.reopening import reopen_answer

Kind = ActionEvent.Kind
DATES = (Kind.DUE, Kind.FULL_DUE)
"""The lines of an action's history that change one of its two dates; each is named as the date is."""
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
    conditions = conditions_on([row for rows in have.values() for row in rows])
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
                _note(action, Kind.RISK_ENDED, by=by, words=coded(ActionNote.RISK_BLOCKS))
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
    promised = conditions_on(actions)
    going = {action.pk for action in actions}
    merged = RemediationAction.objects.standing().filter(merged_into__in=going).exclude(pk__in=going)
    leading = set(merged.values_list("merged_into", flat=True))
    for action in actions:
        # A reviewer asked for it on accepting the answer, or an approval hangs on it: it is closed as it was agreed.
        # What other actions were merged into stays until they are closed as well.
        if action.asked or action.pk in promised or action.pk in leading:
            continue
        action.status, action.closed_at = ActionStatus.CLOSED, timezone.now()
        action.note = (action.note + "\n" + _("Closed: the new answer leaves no finding.")).strip()
        action.save(update_fields=["status", "closed_at", "note"])
        _note(action, Kind.CLOSED, by=by, words=coded(ActionNote.NO_FINDING))


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
    words = _("A reviewer accepted why it does not apply.")
    leading = RemediationAction.objects.standing().exclude(merged_into=None).exclude(question__in=accepted)
    rows = rows.exclude(pk__in=leading.values("merged_into"))
    for action in rows.exclude(status=ActionStatus.CLOSED):
        action.status, action.closed_at = ActionStatus.CLOSED, timezone.now()
        action.note = (action.note + "\n" + words).strip()
        action.save(update_fields=["status", "closed_at", "note"])
        _note(action, Kind.CLOSED, by=by, words=coded(ActionNote.REASON_ACCEPTED))


# --- who, by when, how much work -----------------------------------------------------------------------------------------


def _lock(action: RemediationAction) -> RemediationAction:
    rows = RemediationAction.objects.select_for_update(of=("self",))
    return rows.select_related("use__system", "organisation", "owner").get(pk=action.pk)


def _note(
    action: RemediationAction,
    kind: str,
    *,
    by: User | None,
    old: str = "",
    new: str = "",
    words: str = "",
    batch: uuid.UUID | None = None,
) -> ActionEvent:
    event: ActionEvent = ActionEvent.objects.create(
        action=action, kind=kind, by=by, old=old[:200], new=new[:200], words=words, batch=batch
    )
    return event


def _audit(kind: AuditKind, action: RemediationAction, by: User | None, **details: Any) -> None:
    log.record(kind, action.use, by=by, organisation=action.organisation, details={"number": action.number, **details})


def notify_of(action: RemediationAction, kind: MessageKind, recipients: Iterable[int], **context: Any) -> None:
    """Tell people of an action; the message leads to its page."""
    about = f"action:{action.use.reference}/{action.number}"
    notify(kind, recipients, about=about, link=action.get_absolute_url(), context={"action": action, **context})


def conditions_on(
    actions: Iterable[RemediationAction], *, merged: Iterable[RemediationAction] | None = None
) -> dict[int, Condition]:
    """The open condition that an action has to meet, by the action's id: two queries.

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


def date_problem(action: RemediationAction, due: date, condition: Condition | None) -> str:
    """Say why an action cannot be due on that day; empty when it can."""
    if action.status == ActionStatus.CLOSED:
        return _("It is closed.")
    if due < timezone.localdate():
        return _("The day is over. Choose today or a later day.")
    if condition is not None and due > condition.due_on:
        return _("A condition of the approval has to be met by %(day)s. Choose that day or an earlier one.") % {
            "day": date_format(condition.due_on, "DATE_FORMAT")
        }
    return ""


@transaction.atomic
def plan(
    action: RemediationAction,
    *,
    by: User,
    owner: User | None,
    due: date,
    effort: str,
    full_due: date | None = None,
) -> RemediationAction:
    """Say who does an action, by when, and how much work it is; only what differs is changed and told.

    `full_due`: the day on which all of it is due; None leaves it as it is, and never before the first step.

    Raises InvalidAnswer naming the field, WorkflowError where the action is closed.
    """
    access.require(by, Action.ANSWER, action.organisation)
    action = _lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("The action is closed: its plan stays as it was."))
    changed: list[str] = []
    before = _planned(action)
    if owner != action.owner:
        _check_owner(action, owner)
        Involvement.objects.keep(action.use_id, Involvement.Kind.OWNED, [action.owner_id])
        old, action.owner = str(action.owner or ""), owner
        _note(action, Kind.OWNER, by=by, old=old, new=str(owner or ""))
        changed.append("owner")
    full = full_due or action.full_due
    if action.full_due is None and full == due:  # the first step is all of it
        full = None
    if full is not None and (due, full) != (action.due, action.full_due) and full < due:
        raise InvalidAnswer("full_due", _("All of it cannot be due before the first step. Choose a later day."))
    condition = conditions_on([action]).get(action.pk)
    for name, day in (("due", due), ("full_due", full)):
        if day == getattr(action, name) or day is None:
            continue
        problem = date_problem(action, day, condition)
        if problem:
            raise InvalidAnswer(name, problem)
        _set_due(action, day, by=by, which=name)
        changed.append(name)
    if effort != action.effort:
        if effort not in EffortChoices.values:
            raise InvalidAnswer("effort", _("Choose how much work it is."))
        _note(action, Kind.EFFORT, by=by, old=str(action.effort), new=effort)
        action.effort = effort
        action.set_by_hand = sorted({*action.set_by_hand, "effort"})
        changed.append("effort")
    if not changed:
        return action
    action.save(update_fields=["owner", "due", "full_due", "effort", "set_by_hand"])
    if "owner" in changed and owner is not None and owner != by:
        tell_owner(action, by)
    now = _planned(action)
    changes = {"old": {name: before[name] for name in changed}, "new": {name: now[name] for name in changed}}
    _audit(AuditKind.ACTION_PLANNED, action, by, **changes)
    return action


def _planned(action: RemediationAction) -> dict[str, Any]:
    """What a plan says of an action, as the log keeps it."""
    return {
        "owner": str(action.owner or ""),
        "due": action.due,
        "full_due": action.full_due,
        "effort": str(action.effort),
    }


def _check_owner(action: RemediationAction, owner: User | None) -> None:
    if owner is not None and access.role_in(owner, action.organisation_id) not in access.MAY[Action.ANSWER]:
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))
    if action.status == ActionStatus.ACCEPTED:
        if owner is None:
            raise InvalidAnswer("owner", _("An accepted risk keeps an owner, who watches it."))
        if owner.pk == action.risk_by_id:
            raise InvalidAnswer("owner", _("The person who accepted the risk cannot own the action as well."))
    if owner is None and action.status == ActionStatus.DONE:
        raise InvalidAnswer("owner", _("It was reported as done, so somebody owns it."))


def _set_due(
    action: RemediationAction,
    due: date,
    *,
    by: User,
    which: str = "due",
    batch: uuid.UUID | None = None,
    words: str = "",
) -> None:
    """Set one of the two dates of an action: `due` or `full_due`, as the kinds of its history name them."""
    old: date | None = getattr(action, which)
    _note(action, which, by=by, old=old.isoformat() if old else "", new=due.isoformat(), words=words, batch=batch)
    setattr(action, which, due)
    action.set_by_hand = sorted({*action.set_by_hand, "due"})


def tell_owner(action: RemediationAction, by: User) -> None:
    if action.owner_id is not None:
        notify_of(action, MessageKind.ACTION_ASSIGNED, [action.owner_id], name=by)


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
                _note(action, which, by=by, old=old.isoformat(), new=day.isoformat(), words=words)
                setattr(action, which, day)
        action.save(update_fields=["due", "full_due"])


@dataclass(frozen=True, slots=True)
class Moved:
    """What one press did: how many dates were set, and how many were left as they were."""

    batch: uuid.UUID
    changed: int
    left: int


@transaction.atomic
def move_dates(actions: Iterable[RemediationAction], due: date, *, by: User) -> Moved:
    """Give several actions one date for all of it; those that cannot have it are left, and a first step is not later.

    `batch` names the press, to take it back.
    """
    rows = RemediationAction.objects.select_for_update(of=("self",)).filter(pk__in=[action.pk for action in actions])
    found = list(rows.select_related("use", "organisation").order_by("pk"))
    for organisation in {action.organisation for action in found}:
        access.require(by, Action.ANSWER, organisation)
    conditions = conditions_on(found)
    batch, moved = uuid.uuid4(), []
    for action in found:
        if action.last_due == due or date_problem(action, due, conditions.get(action.pk)):
            continue
        for which in ("full_due", "due") if action.full_due else ("due",):
            if which == "full_due" or action.full_due is None or action.due > due:
                _set_due(action, due, by=by, which=which, batch=batch)
        action.save(update_fields=["due", "full_due", "set_by_hand"])
        moved.append(action)
    for action in moved:  # the audit's lock comes last
        _audit(AuditKind.ACTION_PLANNED, action, by, changed=["due"], due=due, batch=str(batch))
    return Moved(batch, len(moved), len(found) - len(moved))


@transaction.atomic
def take_back_dates(batch: uuid.UUID, *, by: User) -> Moved:
    """Set back the dates of one press, where nobody has changed them since; each step stays in the history."""
    events = list(ActionEvent.objects.filter(batch=batch, kind__in=DATES).order_by("action", "pk"))
    rows = RemediationAction.objects.select_for_update(of=("self",)).filter(
        pk__in=[event.action_id for event in events]
    )
    found = {action.pk: action for action in rows.select_related("use", "organisation").order_by("pk")}
    for organisation in {action.organisation for action in found.values()}:
        access.require(by, Action.ANSWER, organisation)
    back, taken = uuid.uuid4(), []
    for action in found.values():
        mine = [event for event in events if event.action_id == action.pk]
        newer = ActionEvent.objects.filter(action=action, kind__in=DATES, pk__gt=mine[-1].pk).exists()
        stands = all(getattr(action, event.kind).isoformat() == event.new for event in mine)
        if newer or not stands or action.status == ActionStatus.CLOSED:
            continue
        for event in mine:
            old = date.fromisoformat(event.old)
            _set_due(action, old, by=by, which=event.kind, batch=back, words=_("Taken back."))
        action.save(update_fields=["due", "full_due", "set_by_hand"])
        taken.append(action)
    for action in taken:
        _audit(AuditKind.ACTION_PLANNED, action, by, changed=["due"], due=action.last_due, took_back=str(batch))
    return Moved(back, len(taken), len(found) - len(taken))


@transaction.atomic
def take_rows(rows: Iterable[tuple[RemediationAction, User | None, date | None, date | None, str]], *, by: User) -> int:
    """Take what a file says of several actions: owner, both dates, and what was done; all of it or nothing.

    None and "" leave what stands. Returns how many actions were changed. Raises as `plan` and `report`.
    """
    done = 0
    for action, owner, due, full_due, note in rows:
        stands = RemediationAction.objects.select_related("owner", "organisation").get(pk=action.pk)
        plan(
            stands,
            by=by,
            owner=owner or stands.owner,
            due=due or stands.due,
            full_due=full_due,
            effort=str(stands.effort),
        )
        if note:
            report(RemediationAction.objects.select_related("use", "organisation").get(pk=action.pk), by=by, note=note)
        done += 1
    return done


@transaction.atomic
def comment(action: RemediationAction, text: str, *, by: User) -> ActionEvent:
    """Leave a note in an action's history; it never leaves the organisation."""
    access.require(by, Action.ANSWER, action.organisation)
    if not text.strip():
        raise InvalidAnswer("words", _("Write what you want to note."))
    event = _note(action, Kind.NOTE, by=by, words=text.strip())
    _audit(AuditKind.ACTION_NOTED, action, by)
    return event


# --- what shows that it is done ------------------------------------------------------------------------------------------


@transaction.atomic
def attach(action: RemediationAction, piece: Evidence, *, by: User, answer: Answer | None = None) -> EvidenceUse:
    """Attach the current version of a piece of the library to the closing of an action. Idempotent.

    `answer`: the answer by which it is shown, where a whole answer is linked (`link_answer`).
    """
    access.require(by, Action.ANSWER, action.organisation)
    action = _lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("The action is closed: what closed it stays as it was."))
    piece = Evidence.objects.select_for_update(of=("self",)).get(pk=piece.pk)
    if piece.organisation_id != action.organisation_id:
        raise NotPermitted(_("This piece belongs to another organisation."))
    if piece.withdrawn_at:
        raise WorkflowError(_("This piece was withdrawn from the library."))
    use, created = EvidenceUse.objects.get_or_create(
        evidence=piece, action=action, defaults={"version": piece.version, "by": by, "taken_from": answer}
    )
    if created:
        _note(action, Kind.ATTACHED, by=by, new=piece.title)
        _audit(AuditKind.ACTION_EVIDENCE_ATTACHED, action, by, evidence=piece.reference, version=piece.version)
    return use


@transaction.atomic
def link_answer(action: RemediationAction, answer: Answer, *, by: User) -> list[EvidenceUse]:
    """Show an action by an answer of the use: its pieces are shown for the action too, as they stand now.

    Raises NotPermitted for an answer of another use, InvalidAnswer on `evidence` for one without evidence.
    """
    return [
        attach(action, use.evidence, by=by, answer=answer) for use in closing.pieces_of_answer(action, answer, by=by)
    ]


@transaction.atomic
def detach(action: RemediationAction, piece: Evidence, *, by: User) -> None:
    """Take a piece away from an action that is not closed; it stays in the library."""
    access.require(by, Action.ANSWER, action.organisation)
    action = _lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("The action is closed: what closed it stays as it was."))
    if EvidenceUse.objects.filter(evidence=piece, action=action).take_away(action.use_id):
        _note(action, Kind.DETACHED, by=by, old=piece.title)
        _audit(AuditKind.ACTION_EVIDENCE_DETACHED, action, by, evidence=piece.reference)


@transaction.atomic
def report(
    action: RemediationAction, *, by: User, note: str, pieces: Iterable[Evidence] = (), answers: Iterable[Answer] = ()
) -> None:
    """Say that an action is done, and what shows it; a reviewer (self-declared: an owner) checks it and is told.

    `pieces` and `answers` are attached with it. Raises InvalidAnswer on `evidence` where the action blocks the certificate
    and no stored piece shows it.
    """
    access.require(by, Action.ANSWER, action.organisation)
    if not note.strip():
        raise InvalidAnswer("note", _("Say what was done and what shows it."))
    for piece in pieces:
        attach(action, piece, by=by)
    for answer in answers:
        link_answer(action, answer, by=by)
    closing.require_shown(action)
    changed = (
        RemediationAction.objects.listed()
        .filter(pk=action.pk, status=ActionStatus.OPEN)
        .update(status=ActionStatus.DONE, note=note, owner=action.owner_id or by.pk, **NOT_ACCEPTED)
    )
    if not changed:
        raise WorkflowError(_("This action is not open."))
    _note(action, Kind.REPORTED, by=by, words=note)
    notify_of(action, MessageKind.ACTION_REPORTED, set(checkers_of(action)) - {by.pk}, name=by, note=note)
    _audit(AuditKind.ACTION_REPORTED, action, by)


def checkers_of(action: RemediationAction) -> Sequence[int]:
    """Who may be asked to accept an action.

    Owners of what was self-declared, else the reviewers of the case, else those whom it was sent to.
    """
    assessment = closing.case_of(action)
    submission = assessment.current_submission if assessment else None
    if submission is None:
        return []
    if submission.is_self_declared:
        return list(owners_of(action.organisation_id))
    seats = list(ReviewSeat.objects.filter(submission=submission).values_list("reviewer_id", flat=True))
    current = reviewers_on(submission.route, action.organisation_id)
    return [pk for pk in seats if pk in current] or list(current)


def require_checker(action: RemediationAction, *, by: User) -> None:
    """Raise NotPermitted, SeparationOfDuties or WorkflowError where `by` may not accept or decline an action."""
    with transaction.atomic():
        lock_to_check(action, by=by)


def lock_to_check(action: RemediationAction, *, by: User) -> tuple[Assessment, Submission]:
    """Lock the case of an action for somebody who may accept or decline it: see `closing.require_judge`."""
    return closing.require_judge(action, by=by)


NOT_ACCEPTED: Mapping[str, Any] = {"accepted_by": None, "accepted_at": None, "confirmed_by": None}


@proof.asked
@transaction.atomic
def accept(
    action: RemediationAction, *, by: User, findings: Mapping[str, closing.Finding] | None = None
) -> tuple[Assessment, Submission]:
    """Accept what shows that an action is done: it is closed, meets its condition, and its practice is in place.

    `findings`: what `by` finds of its pieces, kept with it; each piece has to be judged. Where a certificate of a High use
    depends on the action, it is closed once the other reviewer of the case has confirmed it. The submission and its
    printed readiness stay as they were. Call `workflow.close_action`, which also issues the certificate that waited for it.
    """
    assessment, submission = lock_to_check(action, by=by)
    action = _lock(action)
    if action.status != ActionStatus.DONE:
        raise WorkflowError(_("This action has not been reported as done."))
    closes = closing.require_turn(action, submission, by=by)
    closing.judge(action, findings or {}, by=by)
    closing.require_judged(action, by=by)
    closing.require_opened(action, submission, by=by)
    if closes:
        _close(action, by=by)
    else:
        _ask_to_confirm(action, submission, by=by)
    return assessment, submission


def _ask_to_confirm(action: RemediationAction, submission: Submission, *, by: User) -> None:
    """Keep that the independent reviewer accepts an action, and ask the other one to confirm it."""
    action.accepted_by, action.accepted_at = by, timezone.now()
    action.save(update_fields=["accepted_by", "accepted_at"])
    _note(action, Kind.APPROVED, by=by)
    others = access.seated_now(submission) - {by.pk}
    notify_of(action, MessageKind.ACTION_REPORTED, others, name=by, to_confirm=True)
    _audit(AuditKind.ACTION_ACCEPTED, action, by)


def _close(action: RemediationAction, *, by: User) -> None:
    now = timezone.now()
    accepted, confirmed = (action.accepted_by, by) if action.accepted_by_id else (by, None)
    late = False
    merged = RemediationAction.objects.standing().filter(merged_into=action)
    rows = merged.select_for_update(of=("self",)).select_related("use__system", "organisation").order_by("pk")
    for row in (action, *rows):
        row.status, row.closed_at, row.verified_by, row.confirmed_by = ActionStatus.CLOSED, now, accepted, confirmed
        row.save(update_fields=["status", "closed_at", "verified_by", "confirmed_by"])
        together = "" if row is action else coded(ActionNote.CLOSED_TOGETHER, n=action.number)
        _note(row, Kind.CLOSED, by=by, words=together)
        late = _meet(row, by=by) or late
    owners = owners_of(action.organisation_id) | concerned(action, action.owner_id)
    notify_of(action, MessageKind.ACTION_CLOSED, owners - {by.pk}, name=by, condition_late=late)
    _audit(AuditKind.ACTION_CLOSED, action, by, **({"accepted_by": str(accepted)} if confirmed else {}))


def _meet(action: RemediationAction, *, by: User) -> bool:
    """Meet the condition of a closed action and keep its practice as in place, once no other part of it is open.

    Returns whether the condition was met late.
    """
    whole = action.part_of_id or action.pk
    if RemediationAction.objects.standing().filter(Q(pk=whole) | Q(part_of=whole)).exists():
        return False
    met = Condition.objects.filter(decision__submission__assessment__use=action.use_id, question=action.question)
    late = met.filter(met_at=None).exclude(missed_at=None).exists()
    met.filter(met_at=None).update(met_at=timezone.now(), met_by=by)
    closing.keep_practice(action)
    reopen_answer(action, by=action.owner or by)
    return late


@proof.factor_asked
@transaction.atomic
def decline(
    action: RemediationAction, *, by: User, words: str, findings: Mapping[str, closing.Finding] | None = None
) -> None:
    """Say that what was reported does not show it yet, and why: the action is open again, and its owner is told.

    `findings`: what `by` finds of its pieces, kept with it.
    """
    lock_to_check(action, by=by)
    if not words.strip():
        raise InvalidAnswer("words", _("Say what is still missing."))
    closing.judge(action, findings or {}, by=by)
    done = RemediationAction.objects.filter(pk=action.pk, status=ActionStatus.DONE)
    if not done.update(status=ActionStatus.OPEN, **NOT_ACCEPTED):
        raise WorkflowError(_("This action has not been reported as done."))
    action = _lock(action)
    _note(action, Kind.REOPENED, by=by, words=words.strip())
    recipients = concerned(action, action.owner_id) - {by.pk}
    notify_of(action, MessageKind.ACTION_DECLINED, recipients, words=words.strip())
    _audit(AuditKind.ACTION_DECLINED, action, by)


# --- the plan as it stands ---------------------------------------------------------------------------------------------


@transaction.atomic
def ask_plan(use: DeclaredUse, *, by: User) -> Document:
    """Ask for the remediation plan as it stands now, as a new version; the one that is being made is not asked for twice.

    Earlier versions stay as they are. Raises WorkflowError where nothing was submitted yet.
    """
    access.require(by, Action.ANSWER, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=use.pk)
    assessment = use.assessments.exclude(current_submission=None).order_by("-pk").first()
    newest = None
    if assessment is not None:
        plans = Document.objects.filter(kind=DocumentKind.PLAN, submission=assessment.current_submission_id)
        newest = plans.order_by("-version").first()
    if newest is None:
        raise WorkflowError(_("Nothing was submitted yet, or the use is one that gets no plan."))
    if newest.state in (DocumentState.PENDING, DocumentState.RUNNING):
        return newest
    document = Document.objects.create(
        kind=DocumentKind.PLAN, submission_id=newest.submission_id, language=newest.language, version=newest.version + 1
    )
    tasks.after_commit(tasks.render_document, document.pk)
    log.record(AuditKind.PLAN_ASKED, use, by=by, organisation=use.organisation, details={"version": document.version})
    return document


# --- accepting a risk instead --------------------------------------------------------------------------------------------


def risk_obstacle(action: RemediationAction) -> str:
    """Say why the risk of an action cannot be accepted by anybody; empty where an owner may."""
    if action.priority in NEVER_ACCEPTED:
        return _(
            "The risk of this action cannot be accepted: what Table 1, an overlay or a must asks is put in place, or a must"
            " is made a condition with a date."
        )
    if action.status != ActionStatus.OPEN or action.merged_into_id:
        return _("Only the risk of an open action is accepted.")
    if action.owner_id is None:
        return _("Name the owner of the action first: somebody else than its owner accepts the risk.")
    if conditions_on([action]):
        return _("It is a condition of the approval, so it has to be met.")
    return ""


def longest_risk(today: date | None = None) -> date:
    """The last day until which a risk may be accepted now (named data of the edition)."""
    days = Edition.objects.current().compiled().policy.accepted_risk_days
    return (today or timezone.localdate()) + timedelta(days=days)


@proof.asked
@transaction.atomic
def accept_risk(action: RemediationAction, *, by: User, reason: str, until: date, review: date) -> None:
    """Accept the risk of an open action until a day; then it comes back by itself.

    By an owner of the organisation who is not the owner of the action. The gap stays a finding and earns no credit. Our
    judgement: never for what blocks. Raises InvalidAnswer naming the field, SeparationOfDuties.
    """
    access.require(by, Action.SIGN, action.organisation)
    action = _lock(action)
    problem = risk_obstacle(action)
    if problem:
        raise WorkflowError(problem)
    if action.owner_id == by.pk:
        raise SeparationOfDuties(_("You own this action, so another owner has to accept its risk."))
    today = timezone.localdate()
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why the risk can be borne, and what makes up for it."))
    if not today < until <= longest_risk(today):
        raise InvalidAnswer(
            "until",
            _("Choose a day after today and not later than %(day)s.")
            % {"day": date_format(longest_risk(today), "DATE_FORMAT")},
        )
    if not today < review <= until:
        raise InvalidAnswer("review", _("Choose a day after today, and not after the risk comes back."))
    action.status, action.risk_reason, action.risk_by, action.risk_at = (
        ActionStatus.ACCEPTED,
        reason.strip(),
        by,
        timezone.now(),
    )
    action.risk_until, action.risk_review = until, review
    action.save(update_fields=["status", "risk_reason", "risk_by", "risk_at", "risk_until", "risk_review"])
    _note(action, Kind.RISK_ACCEPTED, by=by, new=until.isoformat(), words=reason.strip())
    recipients = concerned(action, action.owner_id) - {by.pk}
    notify_of(action, MessageKind.RISK_ACCEPTED, recipients, name=by, until=until)
    _audit(AuditKind.RISK_ACCEPTED, action, by, until=until, review=review, reason=reason.strip())


@transaction.atomic
def end_risk(action: RemediationAction, *, by: User) -> None:
    """Take an accepted risk back before its day: the action is open again."""
    access.require(by, Action.ANSWER, action.organisation)
    _reopen_risk(_lock(action), by=by, words=coded(ActionNote.RISK_TAKEN_BACK))


def _reopen_risk(action: RemediationAction, *, by: User | None, words: str) -> None:
    if action.status != ActionStatus.ACCEPTED:
        raise WorkflowError(_("The risk of this action is not accepted now."))
    action.status = ActionStatus.OPEN
    action.save(update_fields=["status"])
    _note(action, Kind.RISK_ENDED, by=by, old=action.risk_until.isoformat() if action.risk_until else "", words=words)
    recipients = concerned(action, action.owner_id, action.risk_by_id) - ({by.pk} if by else set())
    notify_of(action, MessageKind.RISK_RETURNED, recipients)
    _audit(AuditKind.RISK_ENDED, action, by)


def return_risks(today: date | None = None) -> int:
    """Open again each action whose accepted risk has come to its end; for the sweeper, and may run twice."""
    today = today or timezone.localdate()
    done = 0
    for action in RemediationAction.objects.filter(status=ActionStatus.ACCEPTED, risk_until__lt=today).order_by("pk"):
        with transaction.atomic():
            locked = _lock(action)
            if locked.status == ActionStatus.ACCEPTED and locked.risk_until and locked.risk_until < today:
                _reopen_risk(locked, by=None, words=coded(ActionNote.RISK_DAY_OVER))
                done += 1
    return done
