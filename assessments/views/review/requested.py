"""What a return asks for, as the reviewers of the case read it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assessments.domain.answering import returned_parts
from assessments.models import DecisionKind, PartMark, ReviewDecision, Submission
from assessments.views.review.case import ReviewCase


def marked_changes(case: ReviewCase) -> list[tuple[Any, Any, str]]:
    """Return the facts and answers marked “change needed”: row, mark and address of each. No query."""
    return [(case.rows[mark.target], mark, case.pages.url_of(mark.target)) for mark in case.changes]


def parts_back(case: ReviewCase, back: Mapping[str, list[PartMark]]) -> list[tuple[str, list[PartMark], str]]:
    """Return the parts of the conformity file that go back: name, judgements, and where they are judged. No query."""
    labels = {part.key: part.label for part in returned_parts.parts_of(case.submission)}
    return [(labels[key], marks, case.pages.url_of_target(f"part:{key}")) for key, marks in back.items()]


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
