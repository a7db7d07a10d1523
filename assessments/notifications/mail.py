"""When a line of somebody's inbox goes out as a mail: at once, in one mail a day, or only if it asks them to act.

The inbox shows every line, whatever is chosen. A row is its own outbox: what was not mailed says why not.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.core import throttling
from assessments.core.query_values import one_line
from assessments.models import MailWhen, Message, User
from assessments.notifications import inbox
from assessments.notifications.kinds import NEWS

log = logging.getLogger(__name__)

DIGEST_HOUR = 8  # Hong Kong time
MOST_LINES = 100  # in one daily mail; the inbox has them all
ATTEMPTS = 5


def waits_for_the_digest() -> Q:
    return Q(recipient__mail_when=MailWhen.DAILY)


def unsent() -> QuerySet[Message]:
    """Return what still has to go out as a mail of its own."""
    return inbox.unmailed().filter(attempts__lt=ATTEMPTS).exclude(waits_for_the_digest())


def send(pk: int) -> None:
    """Mail one line to its reader, as that one has chosen; nothing where it was mailed, or waits for the day's mail."""
    line = inbox.unmailed().filter(pk=pk)
    message = line.select_related("recipient").first()
    if message is None or message.recipient.mail_when == MailWhen.DAILY:
        return
    if message.recipient.mail_when == MailWhen.ACTING and message.kind in NEWS:
        inbox.leave_unmailed(line)
        return
    if not _has_room(message.recipient_id):
        return
    if inbox.count_attempt(line) != 1:
        return
    send_mail(one_line(message.subject), f"{message.text}\n\n{_address(message)}\n", None, [message.recipient.email])
    inbox.mark_mailed([message])


def _has_room(recipient: int) -> bool:
    """Count a mail to this person; False once they have had so many within the hour: the rest waits and goes out as one."""
    try:
        throttling.spend("mails_to_person", thing=recipient)
    except throttling.TooOften:
        return False
    return True


def waiting_now(waiting: QuerySet[Message]) -> QuerySet[Message]:
    """Return what may go out now of what waits: nothing to people who have had their mails of the hour."""
    people = waiting.order_by().values_list("recipient", flat=True).distinct()
    full = [pk for pk in people if throttling.is_spent("mails_to_person", pk)]
    return waiting.exclude(recipient__in=full)


def send_together() -> int:
    """Send what has waited for people's next hour, each their lines as one mail; returns how many mails.

    For the sweeper. A line that could not be sent so goes out by itself later.
    """
    left = waiting_now(unsent().filter(attempts=0, at__lt=timezone.now() - timedelta(minutes=1)))
    several = left.order_by().values("recipient").annotate(lines=Count("pk")).filter(lines__gt=1)
    people = User.objects.filter(pk__in=several.values("recipient"))
    return sum(_send_together(user, left.filter(recipient=user)) for user in people.order_by("pk"))


def _send_together(user: User, left: QuerySet[Message]) -> bool:
    if user.mail_when == MailWhen.ACTING:
        inbox.leave_unmailed(left.filter(kind__in=NEWS))
    found = list(left.filter(unmailed_at=None).order_by("-at", "-pk"))
    mine = inbox.unmailed().filter(attempts=0)
    # Of two sweepers one gets each line.
    found = [line for line in found if inbox.count_attempt(mine.filter(pk=line.pk))]
    if not found or not _has_room(user.pk):
        return False
    why = _("There were many notifications at once, so they are in one email. Choose here when you get emails:")
    try:
        with translation.override(user.language):
            subject, text = digest(found, why)
            send_mail(subject, text, None, [user.email])
    except Exception:
        log.exception("the gathered mail of person %s could not be sent", user.pk)
        return False
    inbox.mark_mailed(found)
    return True


def _address(message: Message) -> str:
    return f"{settings.PUBLIC_URL}{message.link}"


def send_digests(today: date | None = None) -> int:
    """Send the daily mail to everybody who wants one and has something new; returns how many.

    For the sweeper, from eight in the morning: once a day for each person. A mail that cannot be sent is tried again.
    """
    now = timezone.localtime()
    today = today or now.date()
    if now.hour < DIGEST_HOUR:
        return 0
    waiting = inbox.unmailed().filter(read_at=None).filter(waits_for_the_digest())
    people = User.objects.filter(pk__in=waiting.values("recipient")).exclude(digest_on__gte=today)
    return sum(_send_digest(user, today) for user in people.order_by("pk"))


def _send_digest(user: User, today: date) -> bool:
    before = user.digest_on
    mine = User.objects.filter(pk=user.pk)
    if not mine.exclude(digest_on__gte=today).update(digest_on=today):
        return False  # another sweeper was quicker
    lines = inbox.unmailed().filter(recipient=user)
    # What was read in the inbox meanwhile needs no mail.
    inbox.leave_unmailed(lines.exclude(read_at=None))
    found = list(lines.filter(read_at=None).order_by("-at", "-pk"))
    if not found:
        return False
    try:
        with translation.override(user.language):
            subject, text = digest(found, _("You get this email once a day, as you chose here:"))
            send_mail(subject, text, None, [user.email])
    except Exception:
        mine.update(digest_on=before)
        log.exception("the daily mail of person %s could not be sent", user.pk)
        return False
    inbox.count_attempt(lines.filter(pk__in=[line.pk for line in found]))
    inbox.mark_mailed(found)
    return True


def digest(lines: list[Message], why: str) -> tuple[str, str]:
    """Write the mail of several lines: what asks to act first, each line with its address; `why`: its last sentence."""
    count = len(lines)
    subject = ngettext("%(n)s notification for you", "%(n)s notifications for you", count) % {"n": count}
    parts = []
    shown = lines[:MOST_LINES]
    groups = (
        (_("To do"), [line for line in shown if line.kind not in NEWS]),
        (_("News"), [line for line in shown if line.kind in NEWS]),
    )
    for title, group in groups:
        if group:
            parts.append(f"{title}\n" + "\n".join(f"- {line.subject}\n  {_address(line)}" for line in group))
    if count > MOST_LINES:
        left = count - MOST_LINES
        parts.append(ngettext("And %(n)s more in your inbox.", "And %(n)s more in your inbox.", left) % {"n": left})
    parts.append(f"{why} {settings.PUBLIC_URL}/account/settings/")
    return subject, "\n\n".join(parts) + "\n"
