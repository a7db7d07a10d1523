"""What a return asks for, as the reviewers of the case read it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assessments.domain.answering import returned_parts
from assessments.domain.facts import declare
from assessments.domain.review import queries, returns
from assessments.models import DecisionKind, PartMark, PartVerdict, ReviewDecision, Submission
from assessments.views.review.case import ReviewCase


def marked_changes(case: ReviewCase) -> list[tuple[Any, Any, str]]:
    """Return the facts and answers marked “change needed”: row, mark and address of each. No query."""
    return [(case.rows[mark.target], mark, case.pages.url_of(mark.target)) for mark in case.changes]


def parts_back(case: ReviewCase, back: Mapping[str, list[PartMark]]) -> list[tuple[str, list[PartMark], str]]:
    """Return the parts of the conformity file that go back: name, judgements, and where they are judged. No query."""
    labels = {part.key: part.label for part in returned_parts.parts_of(case.submission)}
    return [(labels[key], marks, case.pages.url_of_target(f"part:{key}")) for key, marks in back.items()]


def parts_staying_locked(
    case: ReviewCase, back: Mapping[str, list[PartMark]], possible: Iterable[returns.Obstacle]
) -> list[tuple[str, str]]:
    """Return the parts that a reviewer judged “Partly” and that neither go back nor can be asked for as a task.

    One query, none where the tier asks for no conformity file.
    """
    asked = returned_parts.parts_of(case.submission)
    rows = case.submission.part_marks.filter(verdict=PartVerdict.PARTLY) if asked else ()
    partly = {mark.part for mark in rows} - set(back) - {one.key.removeprefix("part:") for one in possible}
    return [(part.label, case.pages.url_of_target(f"part:{part.key}")) for part in asked if part.key in partly]


def newest_return(decisions: Iterable[ReviewDecision]) -> ReviewDecision | None:
    """Return the last return among the decisions on a round, which come oldest first."""
    return next((one for one in reversed(list(decisions)) if one.kind == DecisionKind.RETURN), None)


def requested_of(case: ReviewCase, decision: ReviewDecision) -> dict[str, Any]:
    """Return what a return of this round asks for: the message, the changes, the parts of the file and the tasks.

    Two queries; one where the tier asks for no conformity file.
    """
    has_file = bool(returned_parts.parts_of(case.submission))
    return {
        "decision": decision,
        "changes": marked_changes(case),
        "parts": parts_back(case, returned_parts.returned(case.submission)) if has_file else [],
        "tasks": list(decision.tasks.order_by("pk")),
    }


def context_of(case: ReviewCase, rounds: Iterable[tuple[Submission, list[ReviewDecision]]]) -> dict[str, Any]:
    """Return what the case page shows of returns: the requests of this round, or the earlier round that was returned last."""
    if not case.may_open:
        return {}
    returns = {one: found for one, decisions in rounds if (found := newest_return(decisions))}
    mine = next((found for one, found in returns.items() if one.pk == case.submission.pk), None)
    earlier = [one for one in returns if one.round < case.submission.round]
    return {
        "requested": requested_of(case, mine) if mine else None,
        "requested_before": max(earlier, key=lambda one: one.round, default=None),
    }


def facts_staying_locked(
    case: ReviewCase, possible: Iterable[returns.Obstacle]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the facts that a return asks about and the organisation cannot change.

    First those that a task is about and nobody marked, each with the place where it is marked; then those marked that the
    review of another use of the system keeps locked. No query, one where a hold is open, one for a fact of the system.
    """
    keys = {one.key for one in possible}
    asked = set(case.content["tier"]["waits_for"]) if "tier" in keys else set()
    if any(key.startswith("hold:") for key in keys):
        asked |= {hold.fact for hold in queries.holds_on(case.use) if f"hold:{hold.pk}" in keys}
    marked = {mark.target.removeprefix("f:") for mark in case.changes if mark.target.startswith("f:")}
    unmarked = [f"f:{key}" for key in asked - declare.open_with(marked)]
    of_system = [key for key in marked if key in case.edition.facts and case.edition.facts[key].level == "system"]
    held = of_system if of_system and declare.others_locked(case.use) else []
    return (
        [(case.title_of(target), case.pages.url_of(target)) for target in case.targets if target in unmarked],
        [case.title_of(target) for target in case.targets if target.removeprefix("f:") in held],
    )
