"""manage.py sweep: make the documents and send the emails that wait, and do what the day asks (`scheduled.STEPS`)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from assessments import worker


class Command(BaseCommand):
    help = (
        "Make the documents and send the emails that wait. Suspend certificates with conditions that are overdue, reopen "
        "actions when an accepted risk ends, send reminders and daily emails. With --every it runs beside the site until "
        "it is stopped. With HKGUIDE_REDIS_URL Celery workers make documents and send emails, and Celery beat does the rest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="run until stopped: look for documents and emails twice a second, and do the rest this often",
        )

    def handle(self, *args: Any, every: int | None = None, **options: Any) -> None:
        if not every:
            self.stdout.write(f"{worker.work_once()} jobs done")
            return
        with worker.alone(self.stderr.write):
            worker.work(every)
