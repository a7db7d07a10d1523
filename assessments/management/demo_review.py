"""A case of the demo that is decided by the reviewing body and looked at a second time, by the functions that the pages use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from assessments.domain.answering import start
from assessments.domain.facts import declare
from assessments.domain.register import systems
from assessments.domain.review import (
    approval,
    leads,
    marks,
    opened,
    own_marks,
    seat_taking,
    second_look,
    second_look_comparing,
    second_look_giving,
)
from assessments.domain.review.sampling import own_set
from assessments.domain.review.second_look_giving import GivenMark
from assessments.domain.review.targets import review_targets
from assessments.domain.submission import submit
from assessments.models import AISystem, Assessment, MarkKind, Route, SecondLook, Submission, User

SHOWN = timedelta(seconds=40)  # that a reviewer of the demo takes for a mark


@dataclass(frozen=True, slots=True)
class DemoReviewed:
    """Another use of the system, answered alike: approved by one reviewer of the body, and looked at again by another.

    `asked`: why the second look is asked for; `again`: target to the words of a second mark that asks for a change.
    """

    use: dict[str, str]
    statement: str
    asked: str
    again: dict[str, str] = field(default_factory=dict)
    message: str = ""


def reviewers() -> list[User]:
    """Return the reviewers of the body, those who lead it first."""
    return [one.user for one in sorted(leads.reviewers_of_body(), key=lambda one: (not one.leads, one.pk))]


def declare_another(told: DemoReviewed, system: AISystem, facts: Mapping[str, Any], *, by: User) -> Assessment:
    use = systems.declare_use(system, by=by, **told.use)
    return start.start_assessment(declare.declare_facts(use, facts, by=by).use, by=by)


def review_twice(told: DemoReviewed, assessment: Assessment, conditions: Mapping[str, date], *, by: User) -> None:
    """Send it in, decide it, look at it again and write about the difference. `by`: who signs."""
    first, second = reviewers()[:2]
    submission = submit.submit(assessment, by=by, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=first)
    _accept_all(submission, first)
    approval.approve(submission, by=first, statement=told.statement, conditions=conditions)
    look = second_look_giving.take(second_look.ask(submission, by=first, reason=told.asked), by=second)
    _look_again(told, look, second)
    if told.message:
        second_look_comparing.write(look, by=second, text=told.message)


def _accept_all(submission: Submission, reviewer: User) -> None:
    seat = submission.seats.get(reviewer=reviewer)
    own = own_set(submission, seat.seat)
    together = marks.may_accept_together(submission, seat)
    if together:
        marks.accept_together(submission, together, by=reviewer)
    done = own_marks.marks_of(submission, seat.seat)
    for target in review_targets(submission.content()):
        if target in own.targets or target not in done:
            seen = opened.token(submission, target, reader=reviewer, at=timezone.now() - SHOWN)
            marks.save_mark(submission, target, marks.GivenMark(mark=MarkKind.ACCEPTED, seen=seen), by=reviewer)


def _look_again(told: DemoReviewed, look: SecondLook, reviewer: User) -> None:
    given = {}
    targets = second_look_giving.asked_of(look, second_look.with_snapshot(look).content())
    shown = timezone.now() - SHOWN * len(targets)
    for target in targets:
        words = told.again.get(target, "")
        mark = MarkKind.CHANGE_NEEDED if words else MarkKind.ACCEPTED
        given[target] = GivenMark(mark, words, opened.token(look.submission, target, reader=reviewer, at=shown))
    second_look_giving.save_marks(look, given, by=reviewer)
    second_look_giving.give(look, by=reviewer)
