"""Who is woken for a document that is to be made: a Celery worker by the name of its task, where there is a broker."""

from __future__ import annotations

from typing import Any

from assessments.core import after_commit
from assessments.models.documents import Document, DocumentKind

RENDER_DOCUMENT = "assessments.tasks.render_document"
URGENT_KINDS = (DocumentKind.CERTIFICATE, DocumentKind.DECISION_LETTER, DocumentKind.STATUS_NOTICE)
"""Kinds that are made before plans and papers: somebody waits for them, and they are short."""


def wake(document: Document) -> None:
    """Wake a worker for a document after the commit. Without a broker the sweeping process finds the row."""
    urgent = document.kind in URGENT_KINDS
    after_commit.after_commit(
        RENDER_DOCUMENT, document.pk, priority=after_commit.FIRST if urgent else after_commit.LAST
    )


def ask_notice(certificate: Any) -> None:
    """Ask for the status notice of a certificate's newest change, in the transaction of the change."""
    document = Document.objects.ask_notice(certificate)
    if document is not None:
        wake(document)
