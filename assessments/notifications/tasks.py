"""The background job of the mails. The row is the truth, a task only wakes a worker; it may run twice."""

from __future__ import annotations

from celery import shared_task


@shared_task(name="assessments.tasks.send_message")
def send_message(pk: int) -> None:
    """Mail one line of an inbox."""
    from assessments.notifications import mail  # not at the top: the inbox, which `mail` reads, starts this task

    mail.send(pk)
