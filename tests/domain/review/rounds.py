"""Cases that are returned and sent again."""

from __future__ import annotations

from assessments.domain.review import approval, decisions, marks, seat_taking
from assessments.domain.submission import submit
from assessments.models import Route, State, Submission
from tests.support.factories import make_assessment, mark_all, save

QUESTION = "use-register"


def sent(assessment):
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def return_it(submission, by):
    mark_all(submission, by=by, change={f"q:{QUESTION}": "Show the newest entry."})
    decisions.send_back(submission, by=by, words="Please mend this.")


def resubmit(assessment, cast, by=None):
    assessment.refresh_from_db()
    save(assessment, QUESTION, {"choice": "in_place", "text": "Here it is."}, by=by or cast.owner)
    return submit.submit(assessment, by=cast.owner, route=Route(sent(assessment).route))


def returned_high(cast):
    """A High case with both seats, returned by the second reviewer after the first had approved."""
    case = make_assessment(State.IN_REVIEW, "high", cast=cast)
    submission = sent(case)
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Fine.")
    marks.save_mark(
        submission,
        f"q:{QUESTION}",
        marks.GivenMark(mark="change_needed", reason="not_shown", would_satisfy="Show the newest entry."),
        by=cast.second_independent,
    )
    decisions.send_back(submission, by=cast.second_independent, words="Please mend this.")
    return case
