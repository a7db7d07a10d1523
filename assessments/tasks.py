"""Background jobs: fetch by id, hand over. The row is the truth, Celery only wakes a worker; each may run twice."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def after_commit(task: Any, *args: Any) -> None:
    """Wake a worker once the transaction stands; without a broker the sweeper will find the row."""
    from django.db import transaction

    def send() -> None:
        try:
            task.delay(*args)
        except OperationalError:
            log.warning("%s%s waits for the sweeper: the broker cannot be reached", task.name, args)

    transaction.on_commit(send)


@shared_task(name="assessments.tasks.render_document")
def render_document(pk: int) -> None:
    from assessments.documents.jobs import make

    make(pk)


@shared_task(name="assessments.tasks.send_message")
def send_message(pk: int) -> None:
    from django.conf import settings
    from django.core.mail import send_mail
    from django.db.models import F
    from django.utils import timezone

    from assessments.models import Message

    if Message.objects.filter(pk=pk, mailed_at=None).update(attempts=F("attempts") + 1) != 1:
        return
    message = Message.objects.select_related("recipient").get(pk=pk)
    send_mail(
        message.subject,
        f"{message.text}\n\n{settings.PUBLIC_URL}{message.link}\n",
        None,
        [message.recipient.email],
    )
    Message.objects.filter(pk=pk).update(mailed_at=timezone.now())


@shared_task(name="assessments.tasks.sweep")
def sweep() -> int:
    """Take up what a dead worker or a lost broker left: documents to make, mail to send. Returns how many.

    Forms that were kept for somebody signed out are forgotten after their hour; approvals whose evidence has expired are
    flagged as stale; certificates whose monitoring went stale are suspended.
    """
    from datetime import timedelta

    from django.db import transaction
    from django.db.models import Q
    from django.utils import timezone

    from assessments import held, staleness, workflow
    from assessments.models import Document, Message

    held.sweep()
    with transaction.atomic():
        staleness.flag_expired()
    workflow.watch_monitoring()
    now = timezone.now()
    left = Q(state="pending", created_at__lt=now - timedelta(minutes=1)) | Q(state="running", lease_until__lt=now)
    documents = list(Document.objects.filter(left).values_list("pk", flat=True)[:100])
    messages = list(
        Message.objects.filter(mailed_at=None, attempts__lt=5, at__lt=now - timedelta(minutes=1)).values_list(
            "pk", flat=True
        )[:100]
    )
    for pk in documents:
        render_document.delay(pk)
    for pk in messages:
        send_message.delay(pk)
    return len(documents) + len(messages)
