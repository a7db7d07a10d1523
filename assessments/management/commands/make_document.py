"""manage.py make_document: make one document that waits. A page starts it where nothing else makes documents."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.documents import jobs, queue
from assessments.models import Document


class Command(BaseCommand):
    help = (
        "Create one document that is waiting to be created. If another process is already creating the "
        "document, it is not created twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="the reference of the document, as in its web address")

    def handle(self, *args: Any, reference: str, **options: Any) -> None:
        queue.take_back()
        document = Document.objects.filter(reference=reference).first()
        if document is None:
            raise CommandError(f"There is no document {reference}.")
        jobs.make(document.pk)
        document.refresh_from_db()
        self.stdout.write(f"{reference}: {document.get_state_display()}")
