"""When a line of somebody's inbox goes out as a mail: at once, in one mail a day, or only if it asks them to act.

The inbox shows every line, whatever is chosen. A row is its own outbox: what was not mailed says why not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import date, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Count, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.core import after_commit, throttling
from assessments.core.query_values import one_line
from assessments.models import MailWhen, Message, User
from assessments.notifications import inbox
from assessments.notifications.kinds import NEWS

log = logging.getLogger(__name__)

DIGEST_HOUR = 8  # Hong Kong time
MOST_LINES = 100  # in one daily mail; the inbox has them all
ATTEMPTS = 5
AT_ONCE = 100  # mails over one connection to the server
BROKEN_OFF = (SMTPServerDisconnected, ConnectionError, TimeoutError)  # the connection is of no more use
TRIED_AGAIN = 60.0  # seconds, until a line that could not go out is looked at again


def waits_for_the_digest() -> Q:
    return Q(recipient__mail_when=MailWhen.DAILY)


def unsent() -> QuerySet[Message]:
    """Return what still has to go out as a mail of its own."""
    return inbox.unmailed().filter(attempts__lt=ATTEMPTS).exclude(waits_for_the_digest())


def send(pk: int, connection: BaseEmailBackend | None = None) -> None:
    """Mail one line to its reader, as that one has chosen; nothing where it was mailed, or waits for the day's mail.

    Raises what the mail server raises, and the line waits for the next attempt. Where the server cannot be reached at
    all, no attempt is counted.
    """
    line = inbox.unmailed().filter(pk=pk)
    message = line.select_related("recipient").first()
    if message is None or message.recipient.mail_when == MailWhen.DAILY:
        return
    if message.recipient.mail_when == MailWhen.ACTING and message.kind in NEWS:
        inbox.leave_unmailed(line)
        return
    with nullcontext(connection) if connection else mailers.default as outlet:
        now = timezone.now()
        if not _has_room(message.recipient_id) or not inbox.claim(message, now):
            return
        text = f"{message.text}\n\n{_address(message)}\n"
        _deliver([message], now, one_line(message.subject), text, message.recipient.email, outlet)


def _deliver(
    lines: list[Message], claimed: datetime, subject: str, text: str, address: str, outlet: BaseEmailBackend
) -> None:
    """Hand a mail of claimed lines over, and keep that it was. If it fails, the lines wait again and the error is raised."""
    try:
        hand_over(outlet, EmailMessage(subject, text, None, [address]))
    except Exception:
        inbox.give_back(lines, claimed)
        raise
    inbox.mark_mailed(lines, claimed)


def hand_over(outlet: BaseEmailBackend, mail: EmailMessage) -> None:
    """Give a mail to the server."""
    outlet.send_messages([mail])


class Sender:
    """Sends new mails soon after their commit. Each line is tried once; what is left is for the sweep of the minute."""

    def __init__(self) -> None:
        self.tried: set[int] = set()
        self.forget_at = 0.0

    def new(self) -> QuerySet[Any]:
        """Return the lines whose mail was not tried yet."""
        return unsent().filter(attempts=0).exclude(pk__in=self.tried).order_by("pk")

    def is_sent(self, pk: int, outlet: BaseEmailBackend) -> bool:
        """Send one of them. False: the server has broken off."""
        return _is_sent(pk, outlet)

    def send_new(self, is_over: Callable[[], bool] = lambda: False) -> int:
        """Send the mails that wait and were not tried yet; returns how many waited. One query where none does.

        Between two mails it asks `is_over`: a process that is stopped sends the mail in hand and no other.
        """
        if time.monotonic() > self.forget_at:
            self.tried, self.forget_at = set(), time.monotonic() + TRIED_AGAIN
        found = list(self.new().values_list("pk", flat=True)[:AT_ONCE])
        if not found:
            return 0
        outlet = mailers.default
        try:
            outlet.open()
        except OSError as error:  # also every fault of SMTP
            log.warning("the mail server cannot be reached: %s", error)
            self.tried.update(found)
            return 0
        with suppress(OSError), outlet:
            for pk in found:
                if is_over():
                    break
                self.tried.add(pk)
                if not self.is_sent(pk, outlet):
                    break  # what is left gets a new connection
        return len(found)


def _is_sent(pk: int, outlet: BaseEmailBackend) -> bool:
    """Send a mail, and log why it could not be. False: the server has broken off."""
    try:
        send(pk, outlet)
    except Exception as error:
        log.exception("message %s could not be sent by email", pk)
        return not isinstance(error, BROKEN_OFF)
    return True


def say_unknown() -> int:
    """Log the mails of the last day of which nobody knows whether they arrived; returns how many.

    Their sender died while it handed them over. They are not sent again; their lines are in the inboxes.
    """
    now = timezone.now()
    lost = inbox.of_unknown_fate(now - timedelta(days=1), now - timedelta(minutes=1))
    found = list(lost.values_list("pk", flat=True))
    if found:
        log.warning(
            "a process died while it was sending these emails, so they may not have arrived: messages %s", found
        )
    return len(found)


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

    For the sweeper. A line that could not be sent so goes out by itself later. Raises OSError where the server cannot be
    reached: then all of them wait.
    """
    left = waiting_now(unsent().filter(attempts=0, at__lt=timezone.now() - timedelta(minutes=1)))
    several = left.order_by().values("recipient").annotate(lines=Count("pk")).filter(lines__gt=1)
    people = list(User.objects.filter(pk__in=several.values("recipient")).order_by("pk"))
    if not people:
        return 0
    with mailers.default as outlet:
        return sum(_send_together(user, left.filter(recipient=user), outlet) for user in people)


def _send_together(user: User, left: QuerySet[Message], outlet: BaseEmailBackend) -> bool:
    if user.mail_when == MailWhen.ACTING:
        inbox.leave_unmailed(left.filter(kind__in=NEWS))
    waiting = list(left.filter(unmailed_at=None).order_by("-at", "-pk"))
    if not waiting or not _has_room(user.pk):
        return False
    now = timezone.now()
    found = [line for line in waiting if inbox.claim(line, now)]  # of two sweepers one gets each line
    if not found:
        return False
    why = _("There were many notifications at once, so we put them in one email. Choose here when you get emails:")
    try:
        with translation.override(user.language):
            _deliver(found, now, *digest(found, why), user.email, outlet)
    except Exception:
        log.exception("the email with several notifications for person %s could not be sent", user.pk)
        return False
    return True


def _left(*, at_once: bool = False) -> list[int]:
    """Return the mails that may go out now and that nobody has in hand, by default those that wait for a minute."""
    left = unsent() if at_once else unsent().filter(at__lt=timezone.now() - timedelta(minutes=1))
    return list(waiting_now(left).values_list("pk", flat=True)[:AT_ONCE])


def send_left() -> int:
    """Send what is left for longer than a minute, line by line; returns how many. Raises as `send_together`."""
    return send_over_one_connection(_left(), _is_sent)


def send_over_one_connection(found: list[int], is_sent: Callable[[int, BaseEmailBackend], bool]) -> int:
    """Send mails one after the other, until the server breaks off; returns how many there were."""
    if not found:
        return 0
    with mailers.default as outlet:
        for pk in found:
            if not is_sent(pk, outlet):
                break
    return len(found)


def wake_workers(*, at_once: bool = False) -> int:
    """Wake Celery workers for mails that were left; returns for how many. `at_once`: also for those just written."""
    found = _left(at_once=at_once)
    for pk in found:
        after_commit.after_commit(inbox.SEND_MESSAGE, pk)
    return len(found)


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
    found = list(people.order_by("pk"))
    if not found:
        return 0
    with mailers.default as outlet:
        return sum(_send_digest(user, today, outlet) for user in found)


def _send_digest(user: User, today: date, outlet: BaseEmailBackend) -> bool:
    before = user.digest_on
    mine = User.objects.filter(pk=user.pk)
    if not mine.exclude(digest_on__gte=today).update(digest_on=today):
        return False  # another sweeper was quicker
    lines = inbox.unmailed().filter(recipient=user)
    # What was read in the inbox meanwhile needs no mail.
    inbox.leave_unmailed(lines.exclude(read_at=None))
    now = timezone.now()
    found = [line for line in lines.filter(read_at=None).order_by("-at", "-pk") if inbox.claim(line, now)]
    if not found:
        return False
    try:
        with translation.override(user.language):
            subject, text = digest(found, _("You get this email once a day. Choose here when you get emails:"))
            hand_over(outlet, EmailMessage(subject, text, None, [user.email]))
    except Exception:
        inbox.give_back(found, now, uncounted=True)
        mine.update(digest_on=before)
        log.exception("the daily email to person %s could not be sent", user.pk)
        return False
    inbox.mark_mailed(found, now)
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
        parts.append(
            ngettext("%(n)s more notification is in your inbox.", "%(n)s more notifications are in your inbox.", left)
            % {"n": left}
        )
    parts.append(f"{why} {settings.PUBLIC_URL}/account/settings/")
    return subject, "\n\n".join(parts) + "\n"
