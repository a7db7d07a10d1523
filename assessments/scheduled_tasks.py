"""The Celery task that does what the day asks."""

from __future__ import annotations

from celery import shared_task

from assessments import scheduled


@shared_task(name="assessments.tasks.sweep")
def sweep() -> int:
    """Take up what was left, and do what the day asks (`scheduled.STEPS`). Returns how many things were taken up."""
    return scheduled.sweep()
