"""The Celery task that makes a document."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from assessments.core import after_commit


def ask_notice(certificate: Any) -> None:
    """Ask for the status notice of a certificate's newest change, in the transaction of the change."""
    from assessments.models import Document

    document = Document.objects.ask_notice(certificate)
    if document is not None:
        after_commit.after_commit(render_document, document.pk)


@shared_task(name="assessments.tasks.render_document")
def render_document(pk: int) -> None:
    from assessments.documents.jobs import make

    make(pk)
