"""Comments on questions: write, take back, resolve and reopen them. A comment may mention colleagues.

Comments never leave the organisation: no submission, document or reviewer's page reads them. Every function names its
actor, `by=`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.models import Assessment, Comment, Membership, User
from assessments.notifications import links
from assessments.notifications.inbox import notify, settle, withdraw_notification
from assessments.notifications.kinds import MessageKind

TAKE_BACK = timedelta(minutes=15)
"""How long the author of a comment may take it back."""


SAME_AGAIN = timedelta(minutes=1)
"""Within it the same words of the same person are one comment that was sent twice."""


# --- comments --------------------------------------------------------------------------------------------------------


def mentioned(text: str, members: Iterable[Membership]) -> list[Membership]:
    """Return the members whom a text names: `@` with a full name, a mail address, or a first name that only one of them has."""
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
        raise InvalidAnswer("text", _("Write a comment."))
    if reply_to is not None:
        reply_to = Comment.objects.select_for_update().get(pk=reply_to.reply_to_id or reply_to.pk)
    newest = Comment.objects.filter(assessment=assessment, question=question).order_by("-pk").first()
    again = (by.pk, text, reply_to.pk if reply_to else None)
    if newest and (newest.author_id, newest.text, newest.reply_to_id) == again and _is_fresh(newest):
        return newest
    said = Comment.objects.create(assessment=assessment, question=question, text=text, author=by, reply_to=reply_to)
    if reply_to is not None and reply_to.resolved_at:
        _set_resolved(reply_to, None, None)
    members = [m for m in finders.members_who_see(assessment, asked.section, question) if m.user_id != by.pk]
    chosen = {member.pk for member in to}
    named = {m.user_id for m in [*mentioned(text, members), *(m for m in members if m.pk in chosen)]}
    use = assessment.use.title
    context = {"name": by, "question": asked.title, "asked": asked.text, "comment": text, "use": use}
    about, link = f"comment:{said.pk}", links.comment(said)
    notify(MessageKind.MENTION, named, about=about, link=link, context=context)
    if reply_to is not None:
        thread = Comment.objects.filter(reply_to=reply_to).values_list("author_id", flat=True)
        others = {reply_to.author_id, *thread} & {member.user_id for member in members}
        notify(MessageKind.REPLY, others - named, about=about, link=link, context=context)
    return said


def _is_fresh(comment: Comment) -> bool:
    return timezone.now() - comment.at < SAME_AGAIN


def _may_comment(assessment: Assessment, section: str, question: str, by: User) -> None:
    member = roles.require_member(by, Action.ANSWER, assessment)
    targets = roles.assigned_targets(by, assessment, member)
    if targets is not None and not targets & {section, question}:
        raise NotPermitted(
            _("Ask an owner to assign this question to you. You have access only to work that is assigned to you.")
        )


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
            _("Only the author can withdraw a comment, within 15 minutes of writing it and only if nobody has replied.")
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
