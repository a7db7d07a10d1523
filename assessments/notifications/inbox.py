"""The lines of people's inboxes: the only file that writes, reads or deletes rows of `Message`.

A row is its own outbox: `mail` sends what is neither mailed, nor left without a mail, nor in hand. The caller is in a
transaction, and the mails leave after its commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, Q, QuerySet
from django.utils import timezone, translation

from assessments.core import after_commit
from assessments.core.query_values import one_line
from assessments.models import Message, User
from assessments.models.prepared import Placeholder, Prepared
from assessments.notifications import texts
from assessments.notifications.kinds import MessageKind

SEND_MESSAGE = "assessments.tasks.send_message"

SUBJECT_LENGTH = 200

# --- saying something, and taking it back ------------------------------------------------------------------------------


def notify(
    kind: MessageKind,
    recipients: Iterable[int],
    *,
    about: str,
    link: str,
    context: Mapping[str, Any] | None = None,
) -> None:
    """Write a line into each inbox in its reader's language, and mail it after the commit. Two queries.

    `about` names the object: `submission:<reference>`. The same line on the same day, that is of this kind and about this
    object, is replaced, unread again and mailed anew. Whoever wants to say a thing once decides before (`said_since`).
    """
    people = set(recipients)
    if not people:
        return
    readers: dict[str, list[int]] = {}
    for pk, language in User.objects.filter(pk__in=people).order_by("pk").values_list("pk", "language"):
        readers.setdefault(language, []).append(pk)
    same: dict[str, Any] = {"kind": kind, "object": about, "day": timezone.localdate(), "link": link}
    lines = []
    for language, of_language in readers.items():
        with translation.override(language):
            subject, text = texts.write(kind, context or {})
        subject = one_line(subject)[:SUBJECT_LENGTH]
        lines += [Message(recipient_id=pk, subject=subject, text=text, **same) for pk in of_language]
    Message.objects.bulk_create(
        lines,
        update_conflicts=True,
        unique_fields=["recipient", "kind", "object", "day"],
        update_fields=["subject", "text", "link", "read_at", "mailed_at", "unmailed_at", "sending_at", "attempts"],
    )
    for line in lines:
        after_commit.after_commit(SEND_MESSAGE, line.pk)


def withdraw_notification(*kinds: MessageKind, about: Iterable[str], recipient: int | None = None) -> bool:
    """Delete the lines of these kinds about these objects, of one person or of everybody.

    Returns whether somebody knows of it already: a line was read or mailed.
    """
    lines = Message.objects.filter(kind__in=kinds, object__in=list(about))
    if recipient is not None:
        lines = lines.filter(recipient=recipient)
    known = lines.exclude(read_at=None, mailed_at=None).exists()
    lines.delete()
    return known


def settle(*kinds: MessageKind, about: Iterable[str]) -> None:
    """Mark the lines of these kinds about these objects as seen for everybody: what they asked for is done."""
    mark_seen(Message.objects.filter(kind__in=kinds, object__in=list(about)))


def forget_links(reference: str) -> None:
    """Delete every line that leads to something with this reference, or is about it."""
    Message.objects.filter(Q(link__contains=f"/{reference}/") | Q(object__contains=reference)).delete()


def said_since(kind: MessageKind, since: Mapping[str, date]) -> set[tuple[int, str]]:
    """Return who was told what since the day that is given for each object, as recipient and object. One query."""
    if not since:
        return set()
    rows = Message.objects.filter(kind=kind, object__in=list(since), day__gte=min(since.values()))
    return {
        (recipient, about)
        for recipient, about, day in rows.values_list("recipient_id", "object", "day")
        if day >= since[about]
    }


# --- reading -----------------------------------------------------------------------------------------------------------


def messages_for(user: Any) -> QuerySet[Message]:
    """Return the lines of a person's inbox."""
    return Message.objects.filter(recipient=user)


def unread_for(user: Any) -> QuerySet[Message]:
    """Return the lines of a person's inbox that were not read; its `count()` is the number in the head of the pages."""
    return messages_for(user).filter(read_at=None)


_UNREAD: Prepared[int] = Prepared(
    lambda: (
        unread_for(Placeholder("user"))
        .filter(
            Q(link=Placeholder("path", CharField()))
            | Q(link__startswith=Placeholder("place", CharField()))
            | Q(link__startswith=Placeholder("query", CharField()))
        )
        .values_list("pk", flat=True)
    )
)


def unread_at(user: User, path: str) -> list[int]:
    """Return the ids of the unread lines that lead to this page, or to a place on it. One query."""
    return _UNREAD.all(user=user.pk, path=path, place=f"{path}#", query=f"{path}?")


def mark_seen(lines: QuerySet[Message]) -> int:
    """Mark lines as read. Returns how many were not."""
    return lines.filter(read_at=None).update(read_at=timezone.now())


# --- the outbox ----------------------------------------------------------------------------------------------------------


def unmailed() -> QuerySet[Message]:
    """Return the lines of all people that wait for their mail: neither mailed, nor left without one, nor in hand."""
    return Message.objects.filter(mailed_at=None, unmailed_at=None, sending_at=None)


def claim(line: Message, at: datetime) -> bool:
    """Take a line to mail it, and count the attempt. One UPDATE decides: of two senders one gets the line.

    The claim is kept before the mail leaves, so that a line is never mailed twice, whenever its sender dies.
    """
    return unmailed().filter(pk=line.pk).update(attempts=F("attempts") + 1, sending_at=at) == 1


def give_back(lines: Iterable[Message], at: datetime, *, uncounted: bool = False) -> None:
    """Let lines wait again whose mail was not sent. `uncounted`: the attempt does not count."""
    back = F("attempts") - 1 if uncounted else F("attempts")
    _claimed(lines, at).update(sending_at=None, attempts=back)


def mark_mailed(lines: Iterable[Message], at: datetime) -> None:
    """Keep that these lines were mailed. A line that was replaced meanwhile waits for its new mail."""
    _claimed(lines, at).update(mailed_at=timezone.now(), sending_at=None)


def _claimed(lines: Iterable[Message], at: datetime) -> QuerySet[Message]:
    return Message.objects.filter(pk__in=[line.pk for line in lines], sending_at=at, mailed_at=None)


def of_unknown_fate(since: datetime, until: datetime) -> QuerySet[Message]:
    """Return the lines whose sender died while it handed the mail over: nobody knows whether it arrived."""
    return Message.objects.filter(mailed_at=None, sending_at__gte=since, sending_at__lt=until)


def leave_unmailed(lines: QuerySet[Message]) -> None:
    """Keep that these lines need no mail, as their reader has chosen."""
    lines.update(unmailed_at=timezone.now())
