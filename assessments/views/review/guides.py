"""What a reviewer may read beside an answer: good evidence, what closes the gap, why it matters, and the duties.

The same texts that owners see, from the edition; only the lines of a checklist that are not ticked say what closes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from assessments.guideline.edition import Question


@dataclass(frozen=True, slots=True)
class Guide:
    why: str
    good_evidence: tuple[str, ...]
    closes: tuple[tuple[str, str], ...]  # the line of a checklist, "" for a practice; what closes it
    duties: tuple[tuple[str, str, str], ...]  # clause as cited, our paraphrase, the strongest word


def guide_to(
    question: Question,
    items: Collection[str],
    given: Mapping[str, Any] | None,
    duties: Collection[tuple[str, str, str]],
) -> Guide:
    """Return the guide to one answer. `items`: the lines that were asked; `duties`: those in scope."""
    return Guide(question.why, question.good_evidence, _closes(question, items, given), tuple(duties))


def _closes(question: Question, items: Collection[str], given: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return what closes the practice; of a checklist what closes each open line, each line where none is open."""
    if not question.is_checklist:
        return (("", question.remedy.closes_it),) if question.remedy else ()
    ticks = (given or {}).get("items", {})
    asked = [item for item in question.items if item.key in items]
    left = [item for item in asked if ticks.get(item.key) is not True]
    return tuple((item.text, item.remedy.closes_it) for item in left or asked)
