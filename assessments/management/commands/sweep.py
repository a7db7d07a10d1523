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
        "Make the documents and send the mails that a stopped process left; suspend the certificates of missed "
        "conditions, open ended risks again, remind, send the daily mails. Also run by Celery beat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="sweep again and again, where no Celery beat runs, until stopped",
        )

    def handle(self, *args: Any, every: int | None = None, **options: Any) -> None:
        self.stdout.write(f"{sweep()} jobs taken up")
        while every:
            close_old_connections()
            try:
                time.sleep(every)
            except KeyboardInterrupt:
                return
            sweep()
