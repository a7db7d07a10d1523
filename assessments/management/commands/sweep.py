"""manage.py sweep: make the documents and send the emails that wait, and do what the day asks (`scheduled.STEPS`)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from assessments import worker


class Command(BaseCommand):
    help = (
        "Do the pending work: create documents, send emails and reminders, suspend certificates with overdue "
        "conditions, and reopen actions when an accepted risk ends. With --every, the command runs until you stop it. "
        "With HKGUIDE_REDIS_URL, Celery workers create documents and send emails, and Celery beat does the other work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help=(
                "run until you stop it: create documents and send emails at once, and do the other work at this "
                "interval"
            ),
        )

    def handle(self, *args: Any, every: int | None = None, **options: Any) -> None:
        if not every:
            self.stdout.write(f"{worker.work_once()} jobs were done")
            return
        with worker.alone(self.stderr.write):
            worker.work(every)
