"""The reasons for which something does not apply, in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.answers import AnswerLine
from assessments.guideline.terms import Choice


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One *not applicable* that a reviewer accepts or refuses, with the mark so far."""

    question: str
    item: str
    reason: str
    by: str
    mark: str


def build_reasons(
    content: Mapping[str, Any], answers: Iterable[AnswerLine], actions: Iterable[ActionBlock]
) -> tuple[ReasonLine, ...]:
    """Return the reasons that a reviewer judges: of answers, then of actions marked as not relevant."""
    return (*_of_answers(content, answers), *_of_actions(actions))


def _of_answers(content: Mapping[str, Any], answers: Iterable[AnswerLine]) -> Iterable[ReasonLine]:
    """Yield every *not applicable* of a whole question or of an item, in the order of the questions."""
    wanted = set(content.get("to_accept", ()))
    for answer in answers:
        if answer.key not in wanted:
            continue
        mark = answer.review.mark if answer.review else ""
        if answer.choice == Choice.NOT_APPLICABLE:
            yield ReasonLine(answer.question, "", answer.reason, answer.by, mark)
        for item in answer.left_out:
            yield ReasonLine(answer.question, item.text, item.reason, answer.by, mark)


def _of_actions(actions: Iterable[ActionBlock]) -> Iterable[ReasonLine]:
    """Yield every action that the organisation marked as not relevant; a reviewer sees it with its reason."""
    for action in actions:
        if action.now and action.now.not_relevant:
            title = _("Action %(n)s: %(title)s") % {"n": action.number, "title": action.title}
            yield ReasonLine(title, "", action.now.not_relevant, action.now.not_relevant_by, "")
