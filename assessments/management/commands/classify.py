"""manage.py classify FILE.yaml: the tier of each declared use in a file, with no database and no setting."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition
from assessments.guideline.reading import EditionFaults, default_directory, read_edition
from assessments.scoring.case_file import CaseFileFaults, read_all_facts, read_raw
from assessments.scoring.tiers import Change, Counterfactuals, TierResult, assign_tier, counterfactuals

type Cases = Mapping[str, Mapping[str, Answer]]
"""A use's id to its facts, complete."""


class Command(BaseCommand):
    help = (
        "For each declared use in a YAML file, print its tier. The file has a list `cases:`; each case has "
        "an `id` and `facts`."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.yaml")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: Any) -> None:
        """Print the results; exits with status 2, nothing printed on stdout, when anything in the file is wrong."""
        try:
            edition = read_edition(default_directory()).edition
        except EditionFaults as error:
            raise CommandError(f"the edition cannot be used.\n{error}", returncode=2) from None
        file: Path = options["file"]
        cases, faults = read_cases(file, edition)
        if faults:
            raise CommandError("nothing was classified.\n" + "\n".join(faults), returncode=2)
        results = {id: assign_tier(edition, facts) for id, facts in cases.items()}
        if options["format"] == "json":
            changes = {id: counterfactuals(edition, facts) for id, facts in cases.items()}
            listed = [as_json(id, result, changes[id]) for id, result in results.items()]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_table(results))


def read_cases(file: Path, edition: Edition) -> tuple[Cases, list[str]]:
    """Read the declared uses of a file, and everything that is wrong in it: file, case, key."""
    try:
        listed, faults = read_raw(file)
    except CaseFileFaults as error:
        return {}, list(error.faults)
    cases: dict[str, Mapping[str, Answer]] = {}
    for id, case in listed:
        facts, found = read_all_facts(case, edition)
        faults += [f"{file}: case {id}: {fault}" for fault in found]
        cases[id] = facts
    return cases, faults


def as_json(id: str, result: TierResult, changes: Counterfactuals) -> dict[str, object]:
    """Return one classified use as the JSON format lists it."""
    return {
        "id": id,
        "assigned_tier": result.assigned_tier,
        "text_tier": result.text_tier,
        "provisional": result.provisional,
        "waits_for": result.waits_for,
        "holds": [{"kind": hold.kind, "facts": hold.facts} for hold in result.holds],
        "rules": [
            {
                "id": rule.id,
                "tier": rule.tier,
                "basis": rule.basis,
                "clause": "; ".join(rule.clauses) or None,
                "facts": rule.facts,
            }
            for rule in result.rules
        ],
        "counterfactuals": {
            "lower": [_change(change) for change in changes.lower],
            "higher": [_change(change) for change in changes.higher],
            "together": changes.together,
        },
    }


def _change(change: Change) -> dict[str, object]:
    return {"fact": change.fact, "from": change.was, "to": change.to, "tier": change.tier}


def as_table(results: Mapping[str, TierResult]) -> str:
    """Return the results for a person: one line a use with the rules that decided it, and under it what is still open."""
    rows = [("use", "tier", "the Guideline's text", "state", "decided by")]
    rows += [(id, *_row(result)) for id, result in results.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    head, *body = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    lines = [head, "  ".join("-" * width for width in widths)]
    for line, result in zip(body, results.values(), strict=True):
        lines += [line, *_open_points(result)]
    return "\n".join(lines)


def _row(result: TierResult) -> tuple[str, str, str, str]:
    states = ["provisional"] if result.provisional else []
    states += ["on hold"] if result.holds else []
    deciding = [rule.id for rule in result.rules if rule.tier == result.assigned_tier]
    return (
        result.assigned_tier.capitalize(),
        result.text_tier.capitalize() if result.text_tier else "not stated",
        ", ".join(states) or "final",
        ", ".join(deciding),
    )


def _open_points(result: TierResult) -> list[str]:
    points = [("answers still needed", result.waits_for)] if result.provisional else []
    points += [(f"hold, {hold.kind.replace('_', ' ')}", hold.facts) for hold in result.holds]
    wrapper = textwrap.TextWrapper(116, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    return [line for words, facts in points for line in wrapper.wrap(f"{words}: {', '.join(facts)}")]
