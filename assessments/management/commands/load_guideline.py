"""manage.py load_guideline: check an edition and store it as a published release."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from assessments.guideline.reading import EditionFaults, read_edition
from assessments.models import Edition, PublishedDiffers


class Command(BaseCommand):
    help = "Check an edition of the question bank and store it. If it is stored already, nothing changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--edition", type=Path, default=settings.EDITION_DIR, metavar="DIR")

    def handle(self, *args: Any, edition: Path, **options: Any) -> None:
        try:
            source = read_edition(edition)
            row, new = Edition.objects.publish(source)
        except EditionFaults as faults:
            raise CommandError("\n".join(str(fault) for fault in faults.faults)) from None
        except PublishedDiffers as differs:
            raise CommandError(str(differs)) from None
        done = "loaded" if new else "is already loaded"
        self.stdout.write(f"{row} {done}, checksum {row.checksum[:12]}")
