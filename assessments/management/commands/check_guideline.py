"""``manage.py check_guideline``: the faults of an edition, or how much of the Guideline it covers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.guideline.edition import Edition
from assessments.guideline.reading import Coverage, EditionFaults, coverage, default_directory, read_edition
from assessments.guideline.terms import TIERS


class Command(BaseCommand):
    help = "Check an edition of the question bank and print what it covers. Needs no database and no setting."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--edition", type=Path, metavar="DIR", help="the edition's folder")

    def handle(self, *args: Any, edition: Path | None = None, **options: Any) -> None:
        try:
            source = read_edition(edition or default_directory())
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        except EditionFaults as error:
            for fault in error.faults:
                self.stderr.write(str(fault))
            number = len(error.faults)
            raise CommandError(f"{number} fault{'' if number == 1 else 's'}.") from error
        for line in report(source.edition, coverage(source.edition)):
            self.stdout.write(line)


def report(edition: Edition, found: Coverage) -> Iterable[str]:
    """Yield the tables line by line: duties by part, questions by part, the most cited, the tiers, and the sum."""
    names = {part.part: edition.terms[f"stakeholders.{part.part}"] for part in found.parts}
    yield f"{edition.title}"
    yield f"Edition {edition.key}, release {edition.release}, checksum {edition.checksum[:12]}"
    yield ""
    yield _row("Requirements of the register", "duties", "covered", "", "later", "to read", "notices")
    for part in found.parts:
        share = f"{100 * part.covered // part.duties} %" if part.duties else "-"
        figures = (part.duties, part.covered, share, part.later, part.awareness, part.notices)
        yield _row(f"  {names[part.part]}", *figures)
    yield ""
    yield _row("Questions", "in all", "shown at most")
    for part in found.parts:
        yield _row(f"  {names[part.part]}", part.questions, part.shown_at_most)
    for parts, shown in found.shown_together:
        yield _row(f"  {' + '.join(names[part] for part in parts)}", "", shown)
    yield ""
    yield "Questions that cite most requirements"
    for key, number in found.cites_most:
        yield f"  {number:>3}  {key}: {edition.questions[key].title}"
    yield ""
    yield "Tiers that facts reach"
    for tier in TIERS:
        rule = found.tiers.get(tier)
        yield f"  {edition.terms[f'tiers.{tier}']:<14}{f'by {rule}' if rule else 'by no rule'}"
    yield ""
    whole = 100 * found.covered // found.duties if found.duties else 100
    yield f"{whole} % of {found.duties} duties in scope covered by {len(edition.questions)} questions."


def _row(name: str, *figures: object) -> str:
    return f"{name:<62}" + "".join(f"{figure:>{max(9, len(str(figure)) + 2)}}" for figure in figures)
