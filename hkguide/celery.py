"""The Celery application. Without a broker it does nothing: the sweeping process does the jobs (`assessments/worker.py`)."""

import os
from contextlib import AbstractContextManager
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_ready

from assessments.core.request_context import Origin, coming_from

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
app = Celery("hkguide")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = ("assessments.documents.tasks", "assessments.notifications.tasks", "assessments.scheduled_tasks")

_running: dict[str, AbstractContextManager[None]] = {}


@task_prerun.connect
def enter(task_id: str, task: Any, **_more: Any) -> None:
    """Record what a job changes as the job's."""
    _running[task_id] = coming_from(Origin(system=str(task.name).rpartition(".")[2]))
    _running[task_id].__enter__()


@task_postrun.connect
def leave(task_id: str, **_more: Any) -> None:
    if task_id in _running:
        _running.pop(task_id).__exit__(None, None, None)


@worker_ready.connect
def begin(**_more: Any) -> None:
    from assessments import worker  # the models are loaded by now

    worker.begin_with_celery()
