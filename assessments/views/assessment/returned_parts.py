"""What a return asks for beside answers and facts: parts of the conformity file, and tasks that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.domain.answering import returned_parts
from assessments.domain.review import returns
from assessments.models import ActionStatus, ReviewDecision, Submission
from assessments.views.assessment.member_case import MemberCase


@dataclass
class ReturnedPart:
    """A part of the conformity file that a reviewer sent back."""

    key: str
    label: str
    asks: str
    marks: list[returns.PartJudgement]
    url: str
    dealt_with: bool


@dataclass
class ShownTask:
    """A task of the return, with the page on which it is done (`url`, and `link` as its words)."""

    label: str
    words: str
    url: str
    link: str
    is_done: bool
    action: str = ""  # the page of the action that brings a locked answer up to date


def beside_answers(
    case: MemberCase, submission: Submission, decision: ReviewDecision | None, content: Mapping[str, Any]
) -> tuple[list[ReturnedPart], list[ShownTask]]:
    """Return the parts that go back and the tasks of the return, each with whether it is dealt with. One query."""
    if decision is None:
        return [], []
    standing = returns.standing_of(decision, submission, case.assessment.use_id)
    then = {part["part"]: part["revision"] for part in content.get("conformity", ())}
    changed = {key for key, revision in standing.parts.items() if revision != then.get(key, 0)}
    back = [
        ReturnedPart(
            key=part.key,
            label=part.label,
            asks=part.asks,
            marks=standing.returned[part.key],
            url=reverse("conformity_part", args=[case.assessment.reference, part.key]),
            dealt_with=part.key in changed,
        )
        for part in returned_parts.parts_of(submission)
        if part.key in standing.returned
    ]
    return back, [_shown(case, task, standing, changed) for task in standing.tasks]


def _shown(case: MemberCase, task: returns.Obstacle, standing: returns.Standing, changed: set[str]) -> ShownTask:
    use, reference = case.assessment.use, case.assessment.reference
    kind, _colon, key = task.key.partition(":")
    done, action = f"q:{key}" in standing.added, ""
    if key in standing.actions and kind in ("answer", "gate"):
        number, status = standing.actions[key]
        action = reverse("action", args=[use.reference, number])
        done = (done and kind == "answer") or status in (ActionStatus.DONE, ActionStatus.CLOSED)
    if kind == "hold":
        url, link, done = reverse("hold", args=[use.reference, key]), _("See the hold"), key not in standing.holds
    elif kind == "tier":
        url, link, done = use.get_absolute_url(), _("See the facts"), not use.provisional
    elif kind == "part":
        url, link = reverse("conformity_part", args=[reference, key]), _("Open this part")
        done = key in changed or f"part:{key}" in standing.added
    elif kind == "answer" and action:
        url, link = action, _("Open the action")
    else:
        url, link = f"{reverse('supplements', args=[reference])}?for=q:{key}", _("Add evidence")
    return ShownTask(task.label, task.words, url, link, done, action)
