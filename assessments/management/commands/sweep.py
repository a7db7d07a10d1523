"""manage.py sweep: take up documents and mails that a stopped process left."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assessments.tasks import sweep


class Command(BaseCommand):
    help = "Make the documents and send the mails that a stopped process left; also run by Celery beat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sweep()} jobs taken up")
