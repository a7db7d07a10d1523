"""Assessments with too little in place in one dimension, how they are approved, and how their actions are closed."""

from __future__ import annotations

from assessments.domain.certificates import blockers
from assessments.domain.remediation import actions
from assessments.domain.review import approval, seat_taking
from assessments.models import State
from tests.support.acting import close_as, report_done
from tests.support.factories import in_days, make_assessment, mark_all

DIMENSION = "crime_prevention"


def touching(assessment, dimension):
    """The questions that count in a dimension."""
    edition, declared = assessment.compiled(), assessment.declared()
    return [
        question
        for question in declared.questions(edition)
        for source in [(question, *question.items)]
        if any(dimension in edition.requirements[id].dimensions for one in source for id in one.requirements)
    ]


def empty(question):
    return {"choice": "none"} if question.is_checklist else {"choice": "not_in_place"}


def lacking(cast, tier, state=State.DRAFT, dimensions=(DIMENSION,)):
    """An assessment in which nothing of these dimensions is in place, and all else is."""
    like = make_assessment(State.DRAFT, tier, cast=cast)
    answers = {q.key: empty(q) for dimension in dimensions for q in touching(like, dimension)}
    return make_assessment(state, tier, cast=cast, answers=answers)


def approve(assessment, cast, *, dates=True):
    """Have it approved by everybody who has to; each must that may get a date gets one."""
    submission = assessment.current_submission
    seats = [cast.independent, cast.second_independent] if submission.assigned_tier == "high" else [cast.independent]
    for by in seats:
        if not submission.seats.filter(reviewer=by).exists():
            seat_taking.take(submission, by=by)
        mark_all(submission, by=by)
        days = {b.question: in_days(30) for b in blockers.blockers(submission) if b.conditionable} if dates else {}
        approval.approve(submission, by=by, statement="Read.", conditions=days)
    assessment.refresh_from_db()
    return submission


def close(action, cast, *, evidence):
    if evidence:
        report_done(action, by=cast.contributor)
    else:
        actions.report(action, by=cast.contributor, note="Done.")
    action.refresh_from_db()
    close_as(action, by=cast.independent)
