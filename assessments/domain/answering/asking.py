"""Ask a colleague to answer, change or take back the request, and say that it is done."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import Locked, NotPermitted
from assessments.domain.answering import assignments
from assessments.models import Assessment, Assignment, Involvement, Membership, User
from assessments.notifications import links
from assessments.notifications.inbox import notify, settle, withdraw_notification
from assessments.notifications.kinds import MessageKind

# --- asking somebody to answer ---------------------------------------------------------------------------------------


def title_of(assignment: Assignment) -> str:
    edition = assignment.assessment.compiled()
    if assignment.question:
        return edition.questions[assignment.question].title
    return edition.section_of[assignment.section].title


def context_of(assignment: Assignment, by: User) -> dict[str, Any]:
    return {"name": by, "title": title_of(assignment), "use": assignment.assessment.use.title}


@transaction.atomic
def ask(
    assessment: Assessment,
    section: str,
    member: Membership,
    *,
    by: User,
    question: str = "",
    due: date | None = None,
    note: str = "",
) -> Assignment:
    """Ask a colleague to answer a section or one question, and tell them; asking again changes the date and the note."""
    if not assessment.is_editable:
        raise Locked(_("Nobody can answer questions now, because the assessment is locked."))
    assigned = assignments.assign_section(assessment, section, member, by=by, due=due, question=question, note=note)
    assigned.assessment, assigned.member = assessment, member  # as they were loaded
    _tell_asked(assigned, by)
    return assigned


def _tell_asked(assignment: Assignment, by: User) -> None:
    if assignment.member.user_id == by.pk:
        return
    notify(
        MessageKind.ASKED,
        [assignment.member.user_id],
        about=f"assignment:{assignment.pk}",
        link=links.asked(assignment),
        context={**context_of(assignment, by), "due": assignment.due, "note": assignment.note},
    )


def may_change(assignment: Assignment, by: User, role: str | None) -> bool:
    """Tell whether `by` may change or take back a request: an owner, or whoever asked."""
    return role in roles.MAY[Action.PEOPLE] or (assignment.by_id == by.pk and role in roles.MAY[Action.ASK])


def _require_change(assignment: Assignment, by: User) -> None:
    if not may_change(assignment, by, roles.role_in(by, assignment.assessment.organisation_id)):
        raise NotPermitted(_("Only the person who asked, or an owner, can change this request."))


@transaction.atomic
def change_asked(assignment: Assignment, *, by: User, due: date | None, note: str) -> None:
    """Change the date and the note of a request; the person who was asked is told."""
    _require_change(assignment, by)
    if (assignment.due, assignment.note) == (due, note):
        return
    old = assignment.due.isoformat() if assignment.due else ""
    assignment.due, assignment.note = due, note
    assignment.save(update_fields=["due", "note"])
    if assignment.done_at is None:
        _tell_asked(assignment, by)
    _audit(AuditKind.ASSIGNMENT_CHANGED, assignment, by, old_due=old, due=due.isoformat() if due else "")


@transaction.atomic
def stop_asking(assignment: Assignment, *, by: User) -> None:
    """Take a request back, and say so to whoever knows of it already and has not answered.

    Who sees only what is assigned no longer sees it; what they answered stays, and so do they in the delivery team.
    """
    _require_change(assignment, by)
    pk = assignment.pk
    use, asked = assignment.assessment.use_id, assignment.member.user_id
    known = withdraw_notification(MessageKind.ASKED, about=[f"assignment:{pk}"], recipient=asked)
    Involvement.objects.keep(use, Involvement.Kind.ASSIGNED, [asked])
    assignment.delete()
    assignment.pk = pk
    _forget_unseen(assignment)
    if known and assignment.done_at is None and asked != by.pk:
        notify(
            MessageKind.ASKED_NO_MORE,
            [asked],
            about=f"assignment:{pk}",
            link=links.home(),  # the assessment itself may be closed to them now
            context=context_of(assignment, by),
        )
    _audit(AuditKind.ASSIGNMENT_REMOVED, assignment, by)


def _forget_unseen(assignment: Assignment) -> None:
    """Take messages out of an inbox that lead to comments which the person cannot open any more."""
    user, assessment = assignment.member.user, assignment.assessment
    targets = roles.assigned_targets(user, assessment, assignment.member)
    if targets is None:
        return
    questions = assessment.compiled().questions
    closed = [
        f"comment:{pk}"
        for pk, key in assessment.comments.values_list("pk", "question")
        if key in questions and not targets & {key, questions[key].section}
    ]
    withdraw_notification(MessageKind.MENTION, MessageKind.REPLY, about=closed, recipient=user.pk)


@transaction.atomic
def finish(assignment: Assignment, *, by: User) -> None:
    """Say that what one was asked for is answered; whoever asked is told. Saying it again changes nothing."""
    if assignment.member.user_id != by.pk:
        raise NotPermitted(_("Only the person who was asked can mark the request as done."))
    now = timezone.now()
    if not Assignment.objects.filter(pk=assignment.pk, done_at=None).update(done_at=now):
        return
    assignment.done_at = now
    settle(MessageKind.ASKED, about=[f"assignment:{assignment.pk}"])
    if assignment.by_id and assignment.by_id != by.pk:
        notify(
            MessageKind.ANSWERED,
            [assignment.by_id],
            about=f"assignment:{assignment.pk}",
            link=links.asked(assignment),
            context=context_of(assignment, by),
        )
    _audit(AuditKind.ASSIGNMENT_DONE, assignment, by)


def _audit(kind: AuditKind, assignment: Assignment, by: User, **details: str) -> None:
    log.record(
        kind,
        assignment.assessment,
        by=by,
        organisation=assignment.assessment.organisation,
        details={
            "section": assignment.section,
            "question": assignment.question,
            "member": assignment.member.user.email,
            **details,
        },
    )
