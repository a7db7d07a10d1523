"""What a return asks for beside answers and facts: parts of the conformity file, and tasks that it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.domain.evidence import supplements
from assessments.domain.review import parts
from assessments.models import ActionStatus, PartMark, ReturnTask, Submission
from assessments.views.case import Case


@dataclass
class ReturnedPart:
    """A part of the conformity file that a reviewer sent back."""

    key: str
    label: str
    asks: str
    marks: list[PartMark]
    url: str
    dealt_with: bool


@dataclass
class ShownTask:
    """A task of the return, with the page on which it is done. `state`: a key of hk.STATES, `word` its words."""

    label: str
    words: str
    url: str
    link: str
    is_done: bool


def returned_parts(case: Case, submission: Submission, content: Mapping[str, Any]) -> list[ReturnedPart]:
    """The parts that go back, each dealt with once it was saved anew. Two queries, none without a file."""
    if not parts.parts_of(submission):
        return []
    then = {part["part"]: part["revision"] for part in content.get("conformity", ())}
    back = parts.returned(submission)
    now = {part.key: part.revision for part in case.assessment.use.conformity.filter(key__in=back)} if back else {}
    asked = {part.key: part for part in parts.parts_of(submission)}
    return [
        ReturnedPart(
            key=key,
            label=asked[key].label,
            asks=asked[key].asks,
            marks=marks,
            url=reverse("conformity_part", args=[case.assessment.reference, key]),
            dealt_with=now.get(key, 0) != then.get(key, 0),
        )
        for key, marks in back.items()
    ]


def shown_tasks(case: Case, tasks: Iterable[ReturnTask], content: Mapping[str, Any]) -> list[ShownTask]:
    """The tasks of a return as the owner's page shows them: at most four queries, none without tasks."""
    tasks = list(tasks)
    if not tasks:
        return []
    use, reference = case.assessment.use, case.assessment.reference
    added = {row.target for row in supplements.of_assessment(case.assessment)}
    open_holds = set(use.holds.filter(closed_at=None).values_list("pk", flat=True))
    then = {part["part"]: part["revision"] for part in content.get("conformity", ())}
    changed = {part.key for part in use.conformity.all() if part.revision != then.get(part.key, 0)}
    actions = {row.question: row for row in use.actions.listed().order_by("-number")}
    found = []
    for task in tasks:
        kind, _colon, key = task.key.partition(":")
        add = f"{reverse('supplements', args=[reference])}?for="
        match kind:
            case "hold":
                url, link, done = (
                    reverse("hold", args=[use.reference, key]),
                    _("Open the hold"),
                    int(key) not in open_holds,
                )
            case "part":
                url, link = reverse("conformity_part", args=[reference, key]), _("Open this part")
                done = key in changed or f"part:{key}" in added
            case "answer" if key in actions:
                url, link = actions[key].get_absolute_url(), _("Open the action")
                done = actions[key].status in (ActionStatus.DONE, ActionStatus.CLOSED) or f"q:{key}" in added
            case "tier":
                url, link, done = use.get_absolute_url(), _("See the facts"), not use.provisional
            case _:
                url, link, done = f"{add}q:{key}", _("Add evidence"), f"q:{key}" in added
        found.append(ShownTask(task.label, task.words, url, link, done))
    return found
