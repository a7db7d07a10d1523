"""``manage.py check_guideline``: the faults of an edition, or how much of the Guideline it covers, and of whom it asks what."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.guideline.asking import Hinge
from assessments.guideline.conditions import Answer, as_written
from assessments.guideline.edition import Edition
from assessments.guideline.reading import Coverage, EditionFaults, coverage, default_directory, read_edition
from assessments.guideline.terms import TIERS
from assessments.scoring.case_file import AssessedCase, CaseFileFaults, assess, read_cases
from assessments.scoring.order import opened_by


class Command(BaseCommand):
    help = (
        "Check an edition of the question bank and print its coverage. This command needs no database and no settings."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--edition", type=Path, metavar="DIR", help="the folder of the edition")
        parser.add_argument(
            "--cases",
            type=Path,
            metavar="FILE.yaml",
            help="also print the questions for these declared uses, and the number of questions that each fact adds",
        )

    def handle(self, *args: Any, edition: Path | None = None, cases: Path | None = None, **options: Any) -> None:
        try:
            source = read_edition(edition or default_directory())
        except FileNotFoundError as error:
            raise CommandError(str(error)) from error
        except EditionFaults as error:
            for fault in error.faults:
                self.stderr.write(str(fault))
            number = len(error.faults)
            raise CommandError(f"{number} fault{'' if number == 1 else 's'}.") from error
        found = coverage(source.edition)
        lines = [*openings(found), "", *report(source.edition, found)]
        if cases is not None:
            try:
                assessed = [assess(source.edition, case) for case in read_cases(cases, source.edition)]
            except CaseFileFaults as error:
                raise CommandError(str(error), returncode=2) from None
            lines += ["", *worked(source.edition, assessed)]
        for line in lines:
            self.stdout.write(line)


def openings(found: Coverage) -> Iterator[str]:
    """Yield for each question, part by part, the facts by which it opens and closes."""
    yield "Facts that decide whether each question is asked"
    for key, hinges in found.hinges.items():
        yield f"  {key}"
        for said, parts in _together(hinges).items():
            yield from textwrap.wrap(
                f"{', '.join(parts)}: {said}", 116, initial_indent="    ", subsequent_indent="      "
            )


def _together(hinges: Iterable[Hinge]) -> dict[str, list[str]]:
    """Bring parts together for which a question hangs on the same facts."""
    together: dict[str, list[str]] = {}
    for hinge in hinges:
        said = (
            "always open"
            if hinge.always
            else f"opened by {_facts(hinge.opens) or 'the part of the organisation alone'}"
        )
        if hinge.closes:
            said += f"; closed unless {_facts(hinge.closes)}"
        together.setdefault(said, []).append(str(hinge.part))
    return together


def _facts(tests: Mapping[str, frozenset[Answer]]) -> str:
    return ", ".join(
        fact if answers == {True} else f"{fact} ({', '.join(sorted(map(as_written, answers)))})"
        for fact, answers in tests.items()
    )


def worked(edition: Edition, cases: Iterable[AssessedCase]) -> Iterator[str]:
    """Yield for each declared use how many questions it is put, and how many each of its facts had a part in opening."""
    yield "Questions for the declared uses"
    for one in cases:
        brought: Counter[str] = Counter()
        alone = 0
        for question in one.questions:
            facts = opened_by(edition, question, one.declared)
            brought.update(facts)
            alone += not facts
        module = sum(bool(question.module) for question in one.questions)
        wide = sum(question.organisation_wide for question in one.questions)
        parts = " + ".join(edition.terms[f"stakeholders.{part}"] for part in one.case.parts)
        yield f"  {one.case.id}: {len(one.questions)} questions for the {parts}, {edition.terms[f'tiers.{one.declared.tier}']}"
        yield (
            f"    {module} from the sector's module, {wide} answered once for the whole organisation, {alone} "
            f"opened by the part of the organisation alone"
        )
        by_fact = sorted(brought.items(), key=lambda pair: (-pair[1], pair[0]))
        said = ", ".join(f"{fact} {number}" for fact, number in by_fact)
        yield from textwrap.wrap(
            f"opened by {said or 'no fact'}", 116, initial_indent="    ", subsequent_indent="      "
        )


def report(edition: Edition, found: Coverage) -> Iterable[str]:
    """Yield the tables line by line: duties by part, questions by part, the most cited, the tiers, and the sum."""
    names = {part.part: edition.terms[f"stakeholders.{part.part}"] for part in found.parts}
    yield f"{edition.title}"
    yield f"Edition {edition.key}, release {edition.release}, checksum {edition.checksum[:12]}"
    yield ""
    yield _row("Requirements of the register", "duties", "covered", "", "later", "to read", "notices")
    for part in found.parts:
        share = f"{100 * part.covered // part.duties} %" if part.duties else "-"
        yield _row(f"  {names[part.part]}", part.duties, part.covered, share, part.later, part.awareness, part.notices)
    yield ""
    yield _row("Questions", "in all", "shown at most", "largest module", "organisation")
    for part in found.parts:
        yield _row(
            f"  {names[part.part]}", part.questions, part.shown_at_most, part.module_at_most, part.organisation_wide
        )
    for parts, shown in found.shown_together:
        yield _row(f"  {' + '.join(names[part] for part in parts)}", "", shown)
    yield ""
    yield (
        f"Questions also ask further parts of an organisation about {found.extended} requirements. For "
        f"{found.extended_to_owing} of these, one of those parts already has the duty. "
        f"Each of these requirements counts only once."
    )
    yield ""
    yield "Questions answered once for the whole organisation"
    for question in edition.questions.values():
        if question.organisation_wide:
            said = f"{question.key}: {question.wide_because}"
            yield from textwrap.wrap(said, 116, initial_indent="  ", subsequent_indent="    ")
    yield ""
    yield "Questions that cite the most requirements"
    for key, number in found.cites_most:
        yield f"  {number:>3}  {key}: {edition.questions[key].title}"
    yield ""
    yield "Tiers that the facts can lead to"
    for tier in TIERS:
        rule = found.tiers.get(tier)
        yield f"  {edition.terms[f'tiers.{tier}']:<14}{f'by {rule}' if rule else 'by no rule'}"
    yield ""
    whole = 100 * found.covered // found.duties if found.duties else 100
    yield f"{len(edition.questions)} questions cover {whole} % of the {found.duties} duties in scope."


def _row(name: str, *figures: object) -> str:
    return f"{name:<62}" + "".join(f"{figure:>{max(9, len(str(figure)) + 2)}}" for figure in figures)
