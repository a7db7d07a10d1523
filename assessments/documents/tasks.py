"""The Celery task that makes a document. It is sent by its name (`waking`)."""

from __future__ import annotations

from celery import shared_task

from assessments.documents import jobs, waking


@shared_task(name=waking.RENDER_DOCUMENT)
def render_document(pk: int) -> None:
    jobs.make(pk)
