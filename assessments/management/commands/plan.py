"""manage.py plan FILE.yaml: the packages and actions of each declared use in a file, with no database and no setting."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assessments.guideline.edition import Edition
from assessments.management.case_files import CaseFileCommand
from assessments.scoring.case_file import AssessedCase, plan_json


class Command(CaseFileCommand):
    help = "For each declared use in a YAML file, print the remediation plan: packages, actions, order and dates."

    def as_json(self, edition: Edition, assessed: AssessedCase) -> dict[str, object]:
        return plan_json(edition, assessed)

    def as_lines(self, edition: Edition, assessed: AssessedCase) -> Iterator[str]:
        actions = sum(len(packaged.actions) for packaged in assessed.packages)
        yield (
            f"{assessed.case.id}: {assessed.result.assigned_tier}, {len(assessed.questions)} questions, "
            f"{assessed.findings} findings ({assessed.blocking} block the certificate), {actions} actions"
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
            yield from _wrapped(f"Reasons that a reviewer has to accept: {', '.join(assessed.to_accept)}")
        yield ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent="         ", subsequent_indent="           ")
