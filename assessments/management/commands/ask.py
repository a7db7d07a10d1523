"""manage.py ask FILE.yaml: the questions put to each declared use in a file, with no database and no setting."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assessments.guideline.edition import Edition
from assessments.management.case_files import CaseFileCommand
from assessments.scoring.case_file import AssessedCase, questions_json


class Command(CaseFileCommand):
    help = "For each declared use in a YAML file, print its questions and the facts that opened each question."

    def as_json(self, edition: Edition, assessed: AssessedCase) -> dict[str, object]:
        questions = questions_json(edition, assessed)
        return {"id": assessed.case.id, "tier": str(assessed.result.assigned_tier), "questions": questions}

    def as_lines(self, edition: Edition, assessed: AssessedCase) -> Iterator[str]:
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
                f"opened by {opened or 'the part of the organisation alone'}",
                112,
                initial_indent="      ",
                subsequent_indent="        ",
            )
        yield ""
