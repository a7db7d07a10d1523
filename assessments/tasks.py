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


def ask_notice(certificate: Any) -> None:
    """Ask for the status notice of a certificate's newest change, in the transaction of the change."""
    from assessments.models import Document

    document = Document.objects.ask_notice(certificate)
    if document is not None:
        after_commit(render_document, document.pk)


@shared_task(name="assessments.tasks.render_document")
def render_document(pk: int) -> None:
    from assessments.documents.jobs import make

    make(pk)


@shared_task(name="assessments.tasks.sweep")
def sweep() -> int:
    """Take up what was left, and do what the day asks (`sweeping.STEPS`). Returns how many things were taken up."""
    from assessments import sweeping

    return sweeping.sweep()
