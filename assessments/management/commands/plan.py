"""manage.py plan FILE.yaml: the packages and actions of each declared use in a file, with no database and no setting."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from assessments.guideline.edition import Edition
from assessments.management.commands.ask import assessed_cases
from assessments.scoring.case_file import Assessed, plan_json


class Command(BaseCommand):
    help = "Print the remediation plan of the declared uses of a YAML file: packages, actions, order, dates."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.yaml")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: Any) -> None:
        """Print the plans; exits with status 2, nothing printed on stdout, when anything in the file is wrong."""
        edition, assessed = assessed_cases(options["file"])
        if options["format"] == "json":
            self.stdout.write(json.dumps([plan_json(edition, one) for one in assessed], ensure_ascii=False, indent=2))
            return
        for one in assessed:
            self.stdout.write("\n".join(_table(edition, one)))


def _table(edition: Edition, assessed: Assessed) -> Iterator[str]:
    actions = sum(len(packaged.actions) for packaged in assessed.packages)
    yield (
        f"{assessed.case.id}: {assessed.result.assigned_tier}, {len(assessed.questions)} questions, "
        f"{assessed.findings} findings ({assessed.blocking} block), {actions} actions"
    )
    for packaged in assessed.packages:
        yield f"  {packaged.package.title} ({len(packaged.actions)})"
        for action in packaged.actions:
            owner = edition.owners.get(action.owner, action.owner)
            full = action.full_days if action.full_days is not None else action.due_days
            yield f"    {action.rank:>3}. {action.title}"
            yield from _wrapped(
                f"[{action.placed or action.priority}] {owner}, effort {action.effort}, first step in {action.due_days} "
                f"days, all in {full}; {', '.join(edition.cited(clause) for clause in action.clauses)}"
            )
            yield from _wrapped(action.why_here)
            for step in action.steps:
                yield from _wrapped(f"- {step}")
    if assessed.to_accept:
        yield from _wrapped(f"Reasons to be accepted: {', '.join(assessed.to_accept)}")
    yield ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent="         ", subsequent_indent="           ")
