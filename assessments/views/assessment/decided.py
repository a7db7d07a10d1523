"""What the page of a decided assessment says of its actions and of its conformity file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders
from assessments.domain.review.told_marks import DECIDED
from assessments.models import RemediationAction, State, Submission
from assessments.models import parts as models_parts
from assessments.views.assessment.member_case import MemberCase

SHOWN = 5


@dataclass(frozen=True, slots=True)
class OpenActions:
    """The actions that go on after the decision: the first of them by date, and how many more there are."""

    shown: list[RemediationAction]
    more: int


def open_actions(case: MemberCase) -> OpenActions | None:
    """Return the actions that are still open; None before the decision, after the next one, and for who sees only a part.

    One query.
    """
    state = case.assessment.state
    if not case.sees_all or state not in DECIDED or state == State.SUPERSEDED:
        return None
    found = [action for action in finders.open_actions_of(case.assessment) if action.merged_into_id is None]
    found.sort(key=lambda action: (action.full_due or action.due, action.number))
    return OpenActions(found[:SHOWN], max(0, len(found) - SHOWN))


@dataclass(frozen=True, slots=True)
class FileState:
    """How far the conformity file of a signed round is: a state of `hk.STATES`, its word, and the count."""

    state: str
    word: str
    count: str


def file_state(case: MemberCase, submission: Submission | None) -> FileState | None:
    """Return the state of the signed file; None while it can be edited. Two queries."""
    if submission is None or case.assessment.is_editable or not case.sees_all:
        return None
    states = Counter(models_parts.state_of(submission).values())
    given, judged = sum(states.values()), states[models_parts.JUDGED]
    count = ngettext("%(n)s part", "%(n)s parts", given) % {"n": given}
    if not given:
        return FileState("part_missing", _("Not filled in"), "")
    if judged == given:
        return FileState("done", _("Judged"), count)
    if judged:
        words = _("%(judged)s of %(given)s parts judged") % {"judged": judged, "given": given}
        return FileState("part_given", words, "")
    return FileState("part_given", _("Filled in, not judged yet"), count)
