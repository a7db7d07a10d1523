"""manage.py ask FILE.yaml: the questions put to each declared use in a file, with no database and no setting."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.guideline.edition import Edition
from assessments.guideline.reading import EditionFaults, default_directory, read_edition
from assessments.scoring.case_file import Assessed, CaseFileFaults, assess, questions_json, read_cases


class Command(BaseCommand):
    help = "Print the questions put to the declared uses of a YAML file, and the facts that opened each."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.yaml")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: Any) -> None:
        """Print the questions; exits with status 2, nothing printed on stdout, when anything in the file is wrong."""
        edition, assessed = assessed_cases(options["file"])
        if options["format"] == "json":
            listed = [
                {"id": one.case.id, "tier": str(one.result.assigned_tier), "questions": questions_json(edition, one)}
                for one in assessed
            ]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2))
            return
        for one in assessed:
            self.stdout.write("\n".join(_table(edition, one)))


def assessed_cases(file: Path) -> tuple[Edition, tuple[Assessed, ...]]:
    """Read the edition and a file of cases, and work each out. Raises CommandError with every fault, exit status 2."""
    try:
        edition = read_edition(default_directory()).edition
    except EditionFaults as error:
        raise CommandError(f"the edition cannot be used.\n{error}", returncode=2) from None
    try:
        cases = read_cases(file, edition)
    except CaseFileFaults as error:
        raise CommandError(f"nothing was worked out.\n{error}", returncode=2) from None
    return edition, tuple(assess(edition, case) for case in cases)


def _table(edition: Edition, assessed: Assessed) -> Iterator[str]:
    asked = questions_json(edition, assessed)
    lines = sum(len(assessed.declared.items(edition, question)) for question in assessed.questions)
    yield f"{assessed.case.id}: {assessed.result.assigned_tier}, {len(asked)} questions, {lines} lines"
    section = ""
    for question in assessed.questions:
        if question.section != section:
            section = question.section
            yield f"  {edition.section_of[section].title}"
        entry = asked[assessed.questions.index(question)]
        opened = ", ".join(map(str, entry["opened_by"])) if isinstance(entry["opened_by"], list) else ""
        yield f"    {question.key}: {question.text}"
        for item in assessed.declared.items(edition, question):
            yield f"      - {item.text}"
        yield from textwrap.wrap(
            f"opened by {opened or 'the part alone'}", 112, initial_indent="      ", subsequent_indent="        "
        )
    yield ""
