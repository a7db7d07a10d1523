"""manage.py sweep: take up what a stopped process left, and do what the day asks (`scheduled.STEPS`)."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from assessments.scheduled_tasks import sweep


class Command(BaseCommand):
    help = (
        "Make the documents and send the emails that a stopped process left. Suspend certificates with conditions that "
        "are overdue, reopen actions when an accepted risk ends, send reminders and daily emails. Celery beat runs it too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="repeat at this interval until stopped, where Celery beat does not run",
        )

    def handle(self, *args: Any, every: int | None = None, **options: Any) -> None:
        self.stdout.write(f"{sweep()} jobs done")
        while every:
            close_old_connections()
            try:
                time.sleep(every)
            except KeyboardInterrupt:
                return
            sweep()
