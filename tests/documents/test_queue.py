"""The documents that wait: their order, the query that looks for them, and what a dead process left."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.core import after_commit, work_notes
from assessments.documents import jobs, queue, waking
from assessments.models import Document
from tests.support.factories import make_assessment

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR = tmp_path
    return tmp_path


def kinds() -> list[str]:
    return list(queue.waiting().values_list("kind", flat=True))


@pytest.mark.long
def test_certificates_and_letters_are_made_before_plans():
    make_assessment("certified", "low")
    make_assessment("refused", "unacceptable")
    assert list(Document.objects.order_by("pk").values_list("kind", flat=True)) == [
        "plan",
        "certificate",
        "decision_letter",
    ]
    assert kinds() == ["certificate", "decision_letter", "plan"]


def test_workers_are_woken_in_the_same_order(monkeypatch):
    woken = []
    monkeypatch.setattr(after_commit, "after_commit", lambda task, pk, *, priority: woken.append((priority, pk)))
    make_assessment("certified", "low")
    woken.clear()
    assert queue.wake_workers() == 0  # they are on their way
    assert queue.wake_workers(at_once=True) == 2
    names = {document.pk: document.kind for document in Document.objects.all()}
    assert [names[pk] for _priority, pk in sorted(woken)] == ["certificate", "plan"]


def test_nothing_waits_costs_one_query_that_reads_an_index():
    with CaptureQueriesContext(connection) as queries:
        assert queue.make_next() is False
    assert len(queries) == 1
    if connection.vendor == "postgresql":  # which reads a table of few rows as it is
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = queue.waiting().explain()
    assert "documents_by_state" in plan
    assert "SCAN" not in plan


@pytest.mark.long
def test_a_document_that_failed_is_not_tried_again_at_once(monkeypatch):
    make_assessment("certified", "low")
    monkeypatch.setattr(jobs, "_draw", lambda document: 1 / 0)
    assert queue.make_next()
    assert kinds() == ["plan"]
    later = timezone.now() + jobs.NEXT_ATTEMPT + timedelta(seconds=1)
    assert [document.kind for document in queue.waiting(later)] == ["certificate", "plan"]


def leave_in_hand(var, document: Document) -> None:
    """What a process leaves that is killed while it makes this document."""
    lease = timezone.now() + jobs.LEASE
    assert Document.objects.claim(document.pk, timezone.now(), lease)
    note = [{"document": document.pk, "lease_until": lease.isoformat()}]
    (var / "work").mkdir(exist_ok=True)
    (var / "work" / f"{document.pk}.json").write_text(json.dumps(note), "utf-8")


def test_what_a_dead_process_had_in_hand_is_made_at_once(var):
    make_assessment("certified", "low")
    document = queue.waiting()[0]
    leave_in_hand(var, document)
    assert kinds() == ["plan"]
    assert queue.take_back() == 1
    assert kinds() == ["certificate", "plan"]
    assert list((var / "work").iterdir()) == []
    assert queue.take_back() == 0


def test_what_a_living_process_has_in_hand_is_left_to_it(var):
    make_assessment("certified", "low")
    document = queue.waiting()[0]
    lease = timezone.now() + jobs.LEASE
    with work_notes.in_hand(document=document.pk, lease_until=lease.isoformat()):
        assert Document.objects.claim(document.pk, timezone.now(), lease)
        assert queue.take_back() == 0
    assert kinds() == ["plan"]


def test_a_document_that_another_process_took_since_is_left_to_it(var):
    make_assessment("certified", "low")
    document = queue.waiting()[0]
    leave_in_hand(var, document)
    other = timezone.now() + timedelta(minutes=10)
    Document.objects.filter(pk=document.pk).update(lease_until=other, attempts=2)
    assert queue.take_back() == 0
    document.refresh_from_db()
    assert (document.state, document.lease_until) == ("running", other)


def test_a_process_that_is_stopped_leaves_its_note(var):
    with pytest.raises(KeyboardInterrupt), work_notes.in_hand(document=1):
        raise KeyboardInterrupt
    (note,) = (var / "work").iterdir()
    assert json.loads(note.read_text("utf-8")) == [{"document": 1}]
    with pytest.raises(ValueError), work_notes.in_hand(document=2):
        raise ValueError
    assert json.loads(note.read_text("utf-8")) == [{"document": 1}]


def test_a_half_written_note_takes_nothing_back(var):
    (var / "work").mkdir()
    (var / "work" / "half.json").write_text('[{"docu', "utf-8")
    assert queue.take_back() == 0
    assert list((var / "work").iterdir()) == []


def test_without_a_broker_no_task_is_sent(settings, django_capture_on_commit_callbacks):
    settings.JOBS_BY_CELERY = False
    with django_capture_on_commit_callbacks() as callbacks:
        make_assessment("certified", "low")
        waking.wake(Document.objects.first())
    assert callbacks == []
