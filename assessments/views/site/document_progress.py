"""How far a document is, as pages show it, and the address at which they ask again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.documents import make_now
from assessments.models import Document, State
from assessments.models.documents import DocumentState

ASKED_FOR = 15 * 60  # seconds, for which a page asks by itself


class Progress(StrEnum):
    MAKING = "making"
    NOBODY = "nobody"  # it waits, and nothing is making documents
    READY = "ready"
    FAILED = "failed"


def progress_of(document: Document) -> Progress:
    """Return how far a document is. One query where it waits for a while, else none."""
    match document.state:
        case DocumentState.READY:
            return Progress.READY
        case DocumentState.FAILED:
            return Progress.FAILED
    return Progress.NOBODY if make_now.is_left_alone(document) else Progress.MAKING


def poll_address(document: Document, progress: Progress, *, since: float | None = None, in_list: bool = False) -> str:
    """Return where a page asks again every second; empty where nothing more comes, or it has asked for too long.

    `since`: when the page was opened, in seconds; a list asks for new documents alone.
    """
    begun = document.created_at.timestamp() if since is None or in_list else since
    if progress not in (Progress.MAKING, Progress.NOBODY) or time.time() - begun > ASKED_FOR:
        return ""
    shown = {"shown": str(progress)} | ({"as": "line"} if in_list else {"since": str(int(begun))})
    return f"{reverse('document_state', args=[document.reference])}?{urlencode(shown)}"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document in a list."""

    document: Document
    label: str
    progress: Progress
    poll: str


def line_of(document: Document, *, progress: Progress | None = None) -> DocumentLine:
    """Return a document as a list shows it. By default the list does not look whether something makes it: it asks later."""
    if progress is None:
        known = {DocumentState.READY: Progress.READY, DocumentState.FAILED: Progress.FAILED}
        progress = known.get(DocumentState(document.state), Progress.MAKING)
    return DocumentLine(document, _label(document), progress, poll_address(document, progress, in_list=True))


def _label(document: Document) -> str:
    """Return the kind of a document, and its round where that was returned: another one follows."""
    kind = str(document.get_kind_display())
    submission = document.submission
    if submission is not None and submission.assessment.state == State.RETURNED:
        return _("%(kind)s for round %(n)s") % {"kind": kind, "n": submission.round}
    return kind
