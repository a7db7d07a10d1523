"""What the organisation reads once its case is decided: each reviewer's marks, words, actions and statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from assessments.domain.review import approvals
from assessments.models import Assessment, DecisionKind, RemediationAction, ReviewDecision, ReviewMark, State

DECIDED = (State.APPROVED, State.CERTIFIED, State.REFUSED, State.SUPERSEDED)


class ToldMark(NamedTuple):
    """A reviewer's mark on an answer, without what is private to reviewers. `number`: of the action of the answer."""

    by: str
    taken_over_from: str
    mark: str
    words: str
    would_satisfy: str
    action: str
    due: date | None
    number: int | None


def told_marks(assessment: Assessment, questions: Iterable[str]) -> dict[str, list[ToldMark]]:
    """Return the marks on some answers, by question; nothing before the decision. Two queries, none before it."""
    if assessment.state not in DECIDED or assessment.current_submission_id is None:
        return {}
    targets = [f"q:{key}" for key in questions]
    rows = ReviewMark.objects.filter(submission=assessment.current_submission_id, target__in=targets).order_by("seat")
    found: dict[str, list[ToldMark]] = {}
    actions = RemediationAction.objects.listed().filter(use=assessment.use_id).exclude(question="")
    numbers = dict(actions.order_by("-number").values_list("question", "number"))
    for row in rows.select_related("by", "taken_over_from"):
        key = row.target.removeprefix("q:")
        told = ToldMark(
            by=str(row.by),
            taken_over_from=str(row.taken_over_from or ""),
            mark=str(row.mark),
            words=row.words,
            would_satisfy=row.would_satisfy,
            action=row.action_title,
            due=row.action_due,
            number=numbers.get(key) if row.action_title else None,
        )
        found.setdefault(key, []).append(told)
    return found


def told_statements(assessment: Assessment) -> list[ReviewDecision]:
    """Return the decisions on the last round with what each reviewer stated; nothing before the case is decided. One query."""
    submission = assessment.current_submission
    if assessment.state not in DECIDED or submission is None:
        return []
    decisions = submission.decisions.select_related("by").order_by("pk")
    standing = {one.pk for one in approvals.standing(decisions)}
    return [one for one in decisions if one.kind == DecisionKind.REFUSE or one.pk in standing]
