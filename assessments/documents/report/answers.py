"""The answers of a report, each with its evidence and what the reviewer said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Choice
from assessments.guideline.wording import choice_words
from assessments.models.assessments import answer_value
from assessments.models.figures import figure_words
from assessments.models.snapshots import pieces_of


@dataclass(frozen=True, slots=True)
class ReviewWords:
    """What the reviewer said of one answer, for the organisation to read; never the private note."""

    mark: str
    words: str
    would_satisfy: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item of a checklist with its state; `reason`: why it does not apply."""

    text: str
    state: str  # ticked, open or not_applicable
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One evidence item that an answer names; `sha256` is empty and `shown_by` filled where it is shown on request only."""

    title: str
    proves: str
    version: int
    sha256: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question that applied, with all that was answered to it; `choice` is empty where nothing was."""

    key: str
    section: str
    title: str
    question: str
    choice: str
    words: str
    items: tuple[ItemLine, ...]
    note: str
    reason: str
    planned_for: date | None
    by: str
    dimension: str
    good: bool
    review: ReviewWords | None
    evidence: tuple[EvidenceLine, ...]
    figure: str = ""  # measured value and target in words

    @property
    def given(self) -> str:
        """Return the answer in a few words, with its figure; for a checklist, how many items are ticked."""
        words = self.words
        if self.choice == Choice.TICKED:
            ticked = sum(item.state == "ticked" for item in self.items)
            words = _("%(n)s of %(all)s points ticked") % {"n": ticked, "all": len(self.items)}
        return ", ".join(filter(None, (words, self.figure)))

    @property
    def left_out(self) -> tuple[ItemLine, ...]:
        """Return the items that do not apply."""
        return tuple(item for item in self.items if item.state == "not_applicable")


def build_answer(
    edition: Edition, shown: Mapping[str, Any], content: Mapping[str, Any], reviews: Mapping[str, ReviewWords]
) -> AnswerLine:
    """Build the line of one question that the snapshot shows. `reviews`: what reviewers said, by question key."""
    question = edition.questions[shown["question"]]
    given = content["answers"].get(question.key, {})
    choice = given.get("choice", "")
    items = tuple(_item(item.text, given.get("items", {}).get(item.key)) for item in _items(question, shown["items"]))
    open_lines = any(item.state == "open" for item in items)
    some_ticked = any(item.state == "ticked" for item in items)  # items that do not apply are not in place
    figure = given.get("figure") or {}
    value = answer_value(choice, given.get("items", {}), None, "", figure) if figure else None
    missed = value is not None and value.misses_target(question)
    return AnswerLine(
        key=question.key,
        section=edition.section_of[question.section].title,
        title=question.title,
        question=question.text,
        choice=choice,
        words=_(choice_words(choice)),
        items=items if choice in (Choice.TICKED, Choice.NONE) else (),
        note=given.get("text", ""),
        reason=given.get("reason", ""),
        planned_for=date.fromisoformat(given["planned_for"]) if given.get("planned_for") else None,
        by=given.get("by", ""),
        dimension=_dimension(edition, question),
        good=not missed and (choice == Choice.IN_PLACE or (choice == Choice.TICKED and not open_lines and some_ticked)),
        figure=figure_words(question, value) if value else "",
        review=reviews.get(question.key),
        evidence=tuple(
            EvidenceLine(
                piece["title"],
                piece["proves"],
                piece["version"],
                piece["sha256"],
                piece["held_by"] if piece["on_request"] else "",
            )
            for piece in pieces_of(given)
        ),
    )


def _items(question: Question, keys: Iterable[str]) -> list[Any]:
    """Return the items of a checklist that were asked, in its order."""
    wanted = set(keys)
    return [item for item in question.items if item.key in wanted]


def _item(text: str, stored: Any) -> ItemLine:
    """Build the line of an item. `stored`: True where it is ticked, a reason where it does not apply."""
    if stored is True:
        return ItemLine(text, "ticked")
    return ItemLine(text, "not_applicable", stored) if stored else ItemLine(text, "open")


def _dimension(edition: Edition, question: Question) -> str:
    """Name the first dimension that the duties of a question belong to."""
    for id in question.requirements:
        for dimension in edition.requirements[id].dimensions:
            return edition.terms[f"dimensions.{dimension}"]
    return _("Across all dimensions")
