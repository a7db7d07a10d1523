"""The documents that wait, in the order in which they are made: who takes up the next one, and what a dead process left.

With a broker Celery workers make them. Without one the sweeping process does, and asks for the next one twice a second.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from assessments.core import work_notes
from assessments.documents import jobs
from assessments.documents.waking import URGENT_KINDS, wake
from assessments.models import Document, DocumentState

AT_ONCE = 100  # documents for which one sweep wakes workers
IN_TRANSIT = timedelta(minutes=1)  # so long a document may be on its way through the broker

log = logging.getLogger(__name__)


def waiting(now: datetime | None = None) -> QuerySet[Document]:
    """Return the documents that are to be made now: certificates, letters and notices first, then by age."""
    now = now or timezone.now()
    free = Q(state=DocumentState.PENDING, lease_until=None) | Q(lease_until__lt=now)
    unmade = Document.objects.filter(free, state__in=[DocumentState.PENDING, DocumentState.RUNNING])
    urgency = Case(When(kind__in=URGENT_KINDS, then=Value(0)), default=Value(1))
    return unmade.alias(urgency=urgency).order_by("urgency", "pk")


def make_next() -> bool:
    """Make the document that is next in order. Returns whether one waited. One query where none does."""
    pk = waiting().values_list("pk", flat=True).first()
    if pk is not None:
        jobs.make(pk)
    return pk is not None


def wake_workers(*, at_once: bool = False) -> int:
    """Wake Celery workers for documents that were left; returns for how many. `at_once`: also for those just asked for."""
    now = timezone.now()
    found = waiting(now)
    if not at_once:
        found = found.filter(~Q(state=DocumentState.PENDING) | Q(created_at__lt=now - IN_TRANSIT))
    found_now = list(found.only("pk", "kind")[:AT_ONCE])
    for document in found_now:
        wake(document)
    return len(found_now)


def take_back() -> int:
    """Let the documents wait again that a dead process of this machine had in hand; returns how many.

    Each is known by the very lease that its process had taken, so nothing of a living one is touched.
    """
    taken = 0
    for works in work_notes.left_by_the_dead():
        for work in works:
            lease = datetime.fromisoformat(work["lease_until"])
            held = Document.objects.filter(pk=work["document"], state=DocumentState.RUNNING, lease_until=lease)
            taken += held.update(state=DocumentState.PENDING, lease_until=None)
    if taken:
        log.warning("a process stopped unexpectedly: its %s documents will be created again", taken)
    return taken
