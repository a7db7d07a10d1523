"""An action and an entry of its history, as lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition, Question
from assessments.models import ActionEvent, Assessment
from assessments.models.action_notes import words_of
from assessments.views.remediation.gaps import gap_of
from assessments.views.remediation.groups import dimensions_of
from assessments.views.remediation.rows import ActionRow, row_of

EVENTS = 100  # of an action's history, on its page


# --- the workspace of one use ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action with what a person needs to know to do it."""

    row: ActionRow
    gap: dict[str, Any]
    why: str
    events: list[HistoryEntry]
    pieces: int
    answer_url: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of an action's history, in words."""

    what: str
    who: str
    at: Any
    words: str


def line_of(
    action: Any, edition: Edition, content: dict[str, Any] | None, assessment: Assessment | None, today: date
) -> ActionLine:
    question = edition.questions.get(action.question)
    return ActionLine(
        row=row_of(action, edition, today),
        gap=gap_of(action, question, content, edition),
        why=question.why if question else "",
        events=[event_of(event, edition) for event in action.history],
        pieces=action.pieces,
        answer_url=answer_url(assessment, question),
        dimensions=tuple(edition.terms[f"dimensions.{one}"] for one in dimensions_of(action, edition)),
    )


def answer_url(assessment: Assessment | None, question: Question | None) -> str:
    if assessment is None or question is None:
        return ""
    return f"{reverse('section', args=[assessment.reference, question.section])}#q-{question.key}"


def event_of(event: ActionEvent, edition: Edition) -> HistoryEntry:
    """Say what happened in words: *Due date changed, 3 March to 4 April 2027*."""
    old, new = event.old, event.new
    kind = ActionEvent.Kind(event.kind)
    if kind in (kind.DUE, kind.FULL_DUE, kind.RISK_ACCEPTED, kind.RISK_ENDED):
        old, new = (date_format(date.fromisoformat(day), "DATE_FORMAT") if day else "" for day in (old, new))
    elif kind == kind.EFFORT:
        old, new = (edition.policy.words.get(f"efforts.{size}", size) for size in (old, new))
    elif kind == kind.OWNER:
        old, new = old or _("no owner"), new or _("no owner")
    what = str(kind.label)
    if old and new:
        what += ": " + _("%(old)s → %(new)s") % {"old": old, "new": new}
    elif kind == kind.RISK_ACCEPTED:
        what += " " + _("until %(day)s") % {"day": new}
    elif (old or new) and kind != kind.RISK_ENDED:
        what += f": {old or new}"
    return HistoryEntry(what, str(event.by) if event.by else _("automatically"), event.at, words_of(event.words))
