"""One action after its opening: attach evidence, report it as done, accept or decline what was reported.

One function, one transaction each, the actor always named, `by=`. Each writes a line of the action's own history
(`ActionEvent`) and an audit entry. `certificates.issue.close_action` closes an action, since a certificate may wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.remediation import closing, history
from assessments.domain.remediation.history import Kind
from assessments.domain.remediation.reopen import reopen_answer
from assessments.models import (
    ActionEvent,
    ActionStatus,
    Answer,
    Assessment,
    Condition,
    Evidence,
    EvidenceUse,
    RemediationAction,
    ReviewSeat,
    Submission,
    User,
)
from assessments.models.action_notes import ActionNote, coded
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned, owners_of, reviewers_on


def notify_of(action: RemediationAction, kind: MessageKind, recipients: Iterable[int], **context: Any) -> None:
    """Tell people of an action; the message leads to its page."""
    about = f"action:{action.use.reference}/{action.number}"
    notify(kind, recipients, about=about, link=action.get_absolute_url(), context={"action": action, **context})


@transaction.atomic
def comment(action: RemediationAction, text: str, *, by: User) -> ActionEvent:
    """Leave a note in an action's history; it never leaves the organisation."""
    roles.require(by, Action.ANSWER, action.organisation)
    if not text.strip():
        raise InvalidAnswer("words", _("Enter your note."))
    event = history.note(action, Kind.NOTE, by=by, words=text.strip())
    history.audit_action(AuditKind.ACTION_NOTED, action, by)
    return event


# --- what shows that it is done ------------------------------------------------------------------------------------------


@transaction.atomic
def attach(action: RemediationAction, piece: Evidence, *, by: User, answer: Answer | None = None) -> EvidenceUse:
    """Attach the current version of an evidence item of the library to the closing of an action. Idempotent.

    `answer`: the answer by which it is shown, where a whole answer is linked (`link_answer`).
    """
    roles.require(by, Action.ANSWER, action.organisation)
    action = history.lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("This action is closed, so its evidence cannot be changed."))
    piece = Evidence.objects.select_for_update(of=("self",)).get(pk=piece.pk)
    if piece.organisation_id != action.organisation_id:
        raise NotPermitted(_("This evidence belongs to another organisation."))
    if piece.withdrawn_at:
        raise WorkflowError(_("This evidence was withdrawn from the library."))
    use, created = EvidenceUse.objects.get_or_create(
        evidence=piece, action=action, defaults={"version": piece.version, "by": by, "taken_from": answer}
    )
    if created:
        history.note(action, Kind.ATTACHED, by=by, new=piece.title)
        history.audit_action(
            AuditKind.ACTION_EVIDENCE_ATTACHED, action, by, evidence=piece.reference, version=piece.version
        )
    return use


@transaction.atomic
def link_answer(action: RemediationAction, answer: Answer, *, by: User) -> list[EvidenceUse]:
    """Show an action by an answer of the use: its evidence items are shown for the action too, as they stand now.

    Raises NotPermitted for an answer of another use, InvalidAnswer on `evidence` for one without evidence.
    """
    return [
        attach(action, use.evidence, by=by, answer=answer) for use in closing.evidence_of_answer(action, answer, by=by)
    ]


@transaction.atomic
def detach(action: RemediationAction, piece: Evidence, *, by: User) -> None:
    """Take an evidence item away from an action that is not closed; it stays in the library."""
    roles.require(by, Action.ANSWER, action.organisation)
    action = history.lock(action)
    if action.status == ActionStatus.CLOSED:
        raise WorkflowError(_("This action is closed, so its evidence cannot be changed."))
    if EvidenceUse.objects.filter(evidence=piece, action=action).take_away(action.use_id):
        history.note(action, Kind.DETACHED, by=by, old=piece.title)
        history.audit_action(AuditKind.ACTION_EVIDENCE_DETACHED, action, by, evidence=piece.reference)


@transaction.atomic
def report(
    action: RemediationAction, *, by: User, note: str, pieces: Iterable[Evidence] = (), answers: Iterable[Answer] = ()
) -> None:
    """Say that an action is done, and what shows it; a reviewer (self-declared: an owner) checks it and is told.

    `pieces` and `answers` are attached with it. Raises InvalidAnswer on `evidence` where the action blocks the certificate
    and no stored evidence item shows it.
    """
    roles.require(by, Action.ANSWER, action.organisation)
    if not note.strip():
        raise InvalidAnswer("note", _("Say what was done and which evidence shows it."))
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
    history.note(action, Kind.REPORTED, by=by, words=note)
    notify_of(action, MessageKind.ACTION_REPORTED, set(checkers_of(action)) - {by.pk}, name=by, note=note)
    history.audit_action(AuditKind.ACTION_REPORTED, action, by)


def checkers_of(action: RemediationAction) -> Sequence[int]:
    """Return who may be asked to accept an action.

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

    `findings`: what `by` finds of its evidence items, kept with it; each item has to be judged. Where a certificate of a High use
    depends on the action, it is closed once the other reviewer of the case has confirmed it. The submission and its
    printed readiness stay as they were. Call `certificates.issue.close_action`: it also issues the certificate that
    waited for it.
    """
    assessment, submission = lock_to_check(action, by=by)
    action = history.lock(action)
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
    history.note(action, Kind.APPROVED, by=by)
    others = finders.seated_now(submission) - {by.pk}
    notify_of(action, MessageKind.ACTION_REPORTED, others, name=by, to_confirm=True)
    history.audit_action(AuditKind.ACTION_ACCEPTED, action, by)


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
        history.note(row, Kind.CLOSED, by=by, words=together)
        late = _meet(row, by=by) or late
    owners = owners_of(action.organisation_id) | concerned(action, action.owner_id)
    notify_of(action, MessageKind.ACTION_CLOSED, owners - {by.pk}, name=by, condition_late=late)
    history.audit_action(AuditKind.ACTION_CLOSED, action, by, **({"accepted_by": str(accepted)} if confirmed else {}))


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

    `findings`: what `by` finds of its evidence items, kept with it.
    """
    lock_to_check(action, by=by)
    if not words.strip():
        raise InvalidAnswer("words", _("Say what is still missing."))
    closing.judge(action, findings or {}, by=by)
    done = RemediationAction.objects.filter(pk=action.pk, status=ActionStatus.DONE)
    if not done.update(status=ActionStatus.OPEN, **NOT_ACCEPTED):
        raise WorkflowError(_("This action has not been reported as done."))
    action = history.lock(action)
    history.note(action, Kind.REOPENED, by=by, words=words.strip())
    recipients = concerned(action, action.owner_id) - {by.pk}
    notify_of(action, MessageKind.ACTION_DECLINED, recipients, words=words.strip())
    history.audit_action(AuditKind.ACTION_DECLINED, action, by)
