"""How colleagues talk and share the work: comments, requests to answer, invitations, roles.

`declaring` fills the assessment; this module is what people say to each other beside it. Every function names its
actor, `by=`. Comments never leave the organisation: no submission, document or reviewer's page reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments import access, declaring
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.errors import InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.models import (
    Assessment,
    Assignment,
    Comment,
    Invitation,
    Involvement,
    Membership,
    Organisation,
    Role,
    Sees,
    User,
)
from assessments.notifications.inbox import notify, settle, withdraw_notification
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owner_memberships

TAKE_BACK = timedelta(minutes=15)
"""How long the author of a comment may take it back."""
SAME_AGAIN = timedelta(minutes=1)
"""Within it the same words of the same person are one comment that was sent twice."""


# --- comments --------------------------------------------------------------------------------------------------------


def mentioned(text: str, members: Iterable[Membership]) -> list[Membership]:
    """The members whom a text names: `@` with a full name, a mail address, or a first name that only one of them has."""
    names: dict[str, list[Membership]] = {}
    for member in members:
        words = [member.user.name, member.user.email, *member.user.name.split()[:1]]
        for word in dict.fromkeys(word.casefold() for word in words if word):
            names.setdefault(word, []).append(member)
    found: dict[int, Membership] = {}
    rest = text.casefold()
    for name in sorted(names, key=len, reverse=True):
        # A Chinese name may run on into the sentence, a Latin one ends with its word.
        end = r"(?!\w)" if name[-1].isascii() else ""
        rest, times = re.subn(rf"@{re.escape(name)}{end}", " ", rest)
        if times and len(names[name]) == 1:
            found[names[name][0].pk] = names[name][0]
    return list(found.values())


def link_to(comment: Comment) -> str:
    page = reverse("comments", args=[comment.assessment.reference, comment.question])
    return f"{page}?at={comment.pk}#comment-{comment.pk}"


@transaction.atomic
def comment(
    assessment: Assessment,
    question: str,
    text: str,
    *,
    by: User,
    reply_to: Comment | None = None,
    to: Iterable[Membership] = (),
) -> Comment:
    """Say something about a question, or in one of its threads; whoever is named or took part is told.

    `to`: members to be told beside those whom the text names. A reply opens a resolved thread again.
    """
    asked = assessment.compiled().questions[question]
    _may_comment(assessment, asked.section, question, by)
    if not text.strip():
        raise InvalidAnswer("text", _("Write what you want to say."))
    if reply_to is not None:
        reply_to = Comment.objects.select_for_update().get(pk=reply_to.reply_to_id or reply_to.pk)
    newest = Comment.objects.filter(assessment=assessment, question=question).order_by("-pk").first()
    again = (by.pk, text, reply_to.pk if reply_to else None)
    if newest and (newest.author_id, newest.text, newest.reply_to_id) == again and _is_fresh(newest):
        return newest
    said = Comment.objects.create(assessment=assessment, question=question, text=text, author=by, reply_to=reply_to)
    if reply_to is not None and reply_to.resolved_at:
        _set_resolved(reply_to, None, None)
    members = [m for m in access.members_who_see(assessment, asked.section, question) if m.user_id != by.pk]
    chosen = {member.pk for member in to}
    named = {m.user_id for m in [*mentioned(text, members), *(m for m in members if m.pk in chosen)]}
    use = assessment.use.title
    context = {"name": by, "question": asked.title, "asked": asked.text, "comment": text, "use": use}
    about, link = f"comment:{said.pk}", link_to(said)
    notify(MessageKind.MENTION, named, about=about, link=link, context=context)
    if reply_to is not None:
        thread = Comment.objects.filter(reply_to=reply_to).values_list("author_id", flat=True)
        others = {reply_to.author_id, *thread} & {member.user_id for member in members}
        notify(MessageKind.REPLY, others - named, about=about, link=link, context=context)
    return said


def _is_fresh(comment: Comment) -> bool:
    return timezone.now() - comment.at < SAME_AGAIN


def _may_comment(assessment: Assessment, section: str, question: str, by: User) -> None:
    member = access.require_member(by, Action.ANSWER, assessment)
    targets = access.assigned_targets(by, assessment, member)
    if targets is not None and not targets & {section, question}:
        raise NotPermitted(_("This question is not assigned to you."))


def may_take_back(comment: Comment, thread: Iterable[Comment], by: User, now: datetime | None = None) -> bool:
    """Tell whether `by` may still take a comment back: their own, the last of its thread, not older than 15 minutes."""
    is_last = all(other.pk <= comment.pk for other in thread)
    return comment.author_id == by.pk and is_last and (now or timezone.now()) - comment.at < TAKE_BACK


@transaction.atomic
def take_back(comment: Comment, *, by: User) -> None:
    """Delete one's own last comment, and what was told of it; raises WorkflowError where it is too late."""
    thread = list(Comment.objects.select_for_update().filter(reply_to=comment.reply_to_id or comment.pk))
    if not may_take_back(comment, thread, by):
        raise WorkflowError(
            _("A comment can be taken back by its author within 15 minutes, as long as nobody wrote after it.")
        )
    withdraw_notification(MessageKind.MENTION, MessageKind.REPLY, about=[f"comment:{comment.pk}"])
    comment.delete()


@transaction.atomic
def resolve(comment: Comment, *, by: User) -> None:
    """Close a thread; it is off the list of everybody who was asked in it."""
    _may_comment(
        comment.assessment, comment.assessment.compiled().questions[comment.question].section, comment.question, by
    )
    first = Comment.objects.select_for_update().get(pk=comment.reply_to_id or comment.pk)
    if first.resolved_at is None:
        _set_resolved(first, timezone.now(), by)
    thread = [first.pk, *first.replies.values_list("pk", flat=True)]
    settle(MessageKind.MENTION, MessageKind.REPLY, about=[f"comment:{pk}" for pk in thread])


@transaction.atomic
def reopen(comment: Comment, *, by: User) -> None:
    _may_comment(
        comment.assessment, comment.assessment.compiled().questions[comment.question].section, comment.question, by
    )
    _set_resolved(Comment.objects.select_for_update().get(pk=comment.reply_to_id or comment.pk), None, None)


def _set_resolved(first: Comment, at: datetime | None, by: User | None) -> None:
    first.resolved_at, first.resolved_by = at, by
    first.save(update_fields=["resolved_at", "resolved_by"])


# --- asking somebody to answer ---------------------------------------------------------------------------------------


def place_of(assignment: Assignment) -> str:
    """The address of what is asked: the section, or the very question on its page."""
    section = reverse("section", args=[assignment.assessment.reference, assignment.section])
    return f"{section}#q-{assignment.question}" if assignment.question else section


def title_of(assignment: Assignment) -> str:
    edition = assignment.assessment.compiled()
    if assignment.question:
        return edition.questions[assignment.question].title
    return edition.section_of[assignment.section].title


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
        raise Locked(_("Nobody can answer now: the assessment is locked."))
    assigned = declaring.assign_section(assessment, section, member, by=by, due=due, question=question, note=note)
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
        link=place_of(assignment),
        context={**_said(assignment, by), "due": assignment.due, "note": assignment.note},
    )


def _said(assignment: Assignment, by: User) -> dict[str, Any]:
    return {"name": by, "title": title_of(assignment), "use": assignment.assessment.use.title}


def may_change(assignment: Assignment, by: User, role: str | None) -> bool:
    """Tell whether `by` may change or take back a request: an owner, or whoever asked."""
    return role in access.MAY[Action.PEOPLE] or (assignment.by_id == by.pk and role in access.MAY[Action.ASK])


def _require_change(assignment: Assignment, by: User) -> None:
    if not may_change(assignment, by, access.role_in(by, assignment.assessment.organisation_id)):
        raise NotPermitted(_("Only the person who asked, or an owner, can change this."))


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
            link=reverse("dashboard"),  # the assessment itself may be closed to them now
            context=_said(assignment, by),
        )
    _audit(AuditKind.ASSIGNMENT_REMOVED, assignment, by)


def _forget_unseen(assignment: Assignment) -> None:
    """Take messages out of an inbox that lead to comments which the person cannot open any more."""
    user, assessment = assignment.member.user, assignment.assessment
    targets = access.assigned_targets(user, assessment, assignment.member)
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
        raise NotPermitted(_("Only the person who was asked can say that it is done."))
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
            link=place_of(assignment),
            context=_said(assignment, by),
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


# --- people ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask_by_mail(
    assessment: Assessment, question: str, email: str, *, by: User, due: date | None = None, note: str = ""
) -> tuple[Invitation, str]:
    """Invite an address as a contributor who sees only what is assigned, to answer one question; owners only."""
    if not assessment.is_editable:
        raise Locked(_("Nobody can answer now: the assessment is locked."))
    organisation = assessment.use.system.organisation
    invitation, token = declaring.invite(organisation, by=by, email=email, role=Role.CONTRIBUTOR, sees=Sees.ASSIGNED)
    invitation.asked = {
        "assessment": assessment.pk,
        "question": question,
        "due": due.isoformat() if due else None,
        "note": note,
    }
    invitation.save(update_fields=["asked"])
    return invitation, token


class CannotInvite(WorkflowError):
    """Some of the addresses cannot be invited; `why` says for each address why not. Nobody was."""

    def __init__(self, why: dict[str, str]) -> None:
        super().__init__(next(iter(why.values())))
        self.why = why


@transaction.atomic
def invite_all(
    organisation: Organisation, *, by: User, emails: Iterable[str], role: Role, sees: Sees = Sees.ALL, note: str = ""
) -> list[tuple[Invitation, str]]:
    """Invite several addresses into one role, with a note; all of them or, where one cannot be, none.

    Returns each invitation with the token of its link. Raises CannotInvite for members and for who is invited already.
    """
    open_ones = {
        invitation.email.lower(): invitation
        for invitation in organisation.invitations.filter(accepted_at=None, expires_at__gt=timezone.now())
    }
    made, why = [], {}
    for email in emails:
        if before := open_ones.get(email.lower()):
            words = _("%(email)s is invited already, since %(day)s. Send that invitation again, or cancel it first.")
            why[email] = words % {
                "email": email,
                "day": date_format(timezone.localtime(before.created_at), "DATE_FORMAT"),
            }
            continue
        try:
            made.append(declaring.invite(organisation, by=by, email=email, role=role, sees=sees))
        except WorkflowError as error:
            why[email] = str(error)
    if why:
        raise CannotInvite(why)
    for invitation, _token in made:
        invitation.note = note
        invitation.save(update_fields=["note"])
    return made


@transaction.atomic
def accept(invitation: Invitation, *, by: User) -> Membership:
    """Join with an open invitation; every open one to this address is used up, and its question is asked."""
    member = declaring.accept_invitation(invitation, by=by)
    others = Invitation.objects.filter(
        organisation=invitation.organisation_id, email__iexact=by.email, accepted_at=None, expires_at__gt=timezone.now()
    )
    for one in [invitation, *others.select_related("by")]:
        _ask_as_invited(one, member)
    others.update(accepted_at=timezone.now())
    return member


def _ask_as_invited(invitation: Invitation, member: Membership) -> None:
    asked = invitation.asked
    assessment = Assessment.objects.for_dashboard().filter(pk=asked.get("assessment", 0)).first()
    if assessment is None or asked["question"] not in assessment.compiled().questions:
        return
    section = assessment.compiled().questions[asked["question"]].section
    due = date.fromisoformat(asked["due"]) if asked["due"] else None
    try:
        ask(assessment, section, member, by=invitation.by, question=asked["question"], due=due, note=asked["note"])
    except (WorkflowError, NotPermitted):
        return  # locked meanwhile, or whoever asked may not ask any more: joining is none the worse for it


@transaction.atomic
def cancel_invitation(invitation: Invitation, *, by: User) -> None:
    """Make the link of an open invitation worthless."""
    organisation, email = invitation.organisation, invitation.email
    access.require_people(by, organisation)
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()[0]:
        raise WorkflowError(_("This invitation has been used already."))
    _audit_people(AuditKind.INVITATION_CANCELLED, organisation, by, email=email)


@transaction.atomic
def renew_invitation(invitation: Invitation, *, by: User) -> str:
    """Give an invitation a new link and a new term, and return its token; the link sent before is worthless."""
    access.require_people(by, invitation.organisation)
    token = Invitation.objects.renew(invitation)
    if not token:
        raise WorkflowError(_("This invitation has been used already."))
    _audit_people(AuditKind.INVITATION_SENT_AGAIN, invitation.organisation, by, email=invitation.email)
    return token


@transaction.atomic
def change_role(membership: Membership, role: Role, sees: Sees, *, by: User) -> None:
    """Give a member another role; the last owner stays one, and members of the reviewing body review."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    access.require(by, Action.PEOPLE, organisation)
    if (membership.role, membership.sees) == (role, sees):
        return
    owners = owner_memberships(organisation.pk)
    if membership.role == Role.OWNER and role != Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise WorkflowError(_("The last owner stays owner. Make somebody else an owner first."))
    old = f"{membership.role} {membership.sees}"
    membership.role, membership.sees = role, sees
    membership.save(update_fields=["role", "sees"])
    details = {"member": membership.user.email, "old": old, "new": f"{role} {sees}"}
    log.record(
        AuditKind.ROLE_CHANGED, organisation, by=by, organisation=organisation, details=details, rows=[membership]
    )


def _audit_people(kind: AuditKind, organisation: Organisation, by: User, **details: str) -> None:
    log.record(kind, organisation, by=by, organisation=organisation, details=details)
