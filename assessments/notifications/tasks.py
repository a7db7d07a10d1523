"""The Celery tasks that send one email. The row is the truth, a task only wakes a worker; it may run twice."""

from __future__ import annotations

from celery import shared_task

from assessments.notifications import inbox, mail, sealed_mail


@shared_task(name=inbox.SEND_MESSAGE)
def send_message(pk: int) -> None:
    """Mail one line of an inbox."""
    mail.send(pk)


@shared_task(name=sealed_mail.SEND_SEALED_EMAIL)
def send_sealed_email(pk: int) -> None:
    """Send one email about an account, or of an invitation."""
    sealed_mail.is_sent(pk)
