"""What `ask` and `plan` share: a file of declared uses in, each of them worked out, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.guideline.edition import Edition
from assessments.guideline.reading import EditionFaults, default_directory, read_edition
from assessments.scoring.case_file import AssessedCase, CaseFileFaults, assess, read_cases


class CaseFileCommand(BaseCommand):
    """A command that prints something of each declared use in a file; needs no database and no setting."""

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.yaml")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: Any) -> None:
        """Print it; exits with status 2, nothing printed on stdout, when anything in the file is wrong."""
        edition, assessed = assessed_cases(options["file"])
        if options["format"] == "json":
            listed = [self.as_json(edition, one) for one in assessed]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2))
            return
        for one in assessed:
            self.stdout.write("\n".join(self.as_lines(edition, one)))

    def as_json(self, edition: Edition, assessed: AssessedCase) -> dict[str, object]:
        raise NotImplementedError

    def as_lines(self, edition: Edition, assessed: AssessedCase) -> Iterator[str]:
        raise NotImplementedError


def assessed_cases(file: Path) -> tuple[Edition, tuple[AssessedCase, ...]]:
    """Read the edition and a file of cases, and work each out. Raises CommandError with every fault, exit status 2."""
    try:
        edition = read_edition(default_directory()).edition
    except EditionFaults as error:
        raise CommandError(f"the edition cannot be used.\n{error}", returncode=2) from None
    try:
        cases = read_cases(file, edition)
    except CaseFileFaults as error:
        raise CommandError(f"nothing was calculated.\n{error}", returncode=2) from None
    return edition, tuple(assess(edition, case) for case in cases)
