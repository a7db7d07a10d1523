"""The Celery task that mails one line of an inbox. The row is the truth, a task only wakes a worker; it may run twice."""

from __future__ import annotations

from celery import shared_task

from assessments.notifications import inbox, mail


@shared_task(name=inbox.SEND_MESSAGE)
def send_message(pk: int) -> None:
    """Mail one line of an inbox."""
    mail.send(pk)
