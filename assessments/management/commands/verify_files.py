"""manage.py verify_files: read every stored file and say which is missing or is not what was stored."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assessments.domain.storage import every_file


class Command(BaseCommand):
    help = (
        "Read every evidence file and every document, and compare each one with its stored SHA-256. List each "
        "file that is "
        "missing or changed. The exit status is 1 if a file is missing or changed. This command changes no file."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        files = size = 0
        counts = {"missing": 0, "changed": 0}
        for file in every_file():
            files, size = files + 1, size + file.size
            fault = file.fault
            if fault:
                counts[fault] += 1
                self.stdout.write(f"{fault}: {file.of}: {file.name}, SHA-256 {file.sha256}")
        words = f"{files} files with {size} bytes were read"
        if any(counts.values()):
            raise CommandError(f"{words}: {counts['missing']} missing, {counts['changed']} changed, listed above")
        self.stdout.write(f"{words}: no file is missing or changed")
