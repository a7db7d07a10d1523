"""The reviewers' queue: what waits, what I hold, what others hold, and what is done."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments import access
from assessments.errors import NotPermitted
from assessments.guideline.terms import Tier
from assessments.models import (
    Seat,
    State,
    Submission,
)
from assessments.views.requests import SignedIn

DONE_ROWS = 30
UNDER_REVIEW = (State.SUBMITTED, State.IN_REVIEW)


@login_required
@require_safe
def queue(request: SignedIn) -> HttpResponse:
    """What waits, what I hold, what others hold, and what is done."""
    user = request.user
    if not access.is_reviewer(user):
        raise NotPermitted(_("This page is for reviewers."))
    rows = access.submissions_for(user).for_queue()
    open_now = Q(assessment__current_submission=F("pk"), assessment__state__in=UNDER_REVIEW)
    memberships = list(access.organisations_for(user))
    of_body = any(organisation.is_reviewing_body for organisation in memberships)
    own = {organisation.pk for organisation in memberships}
    waiting: list[dict[str, Any]] = []
    held: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for submission in rows.filter(open_now).order_by("at", "pk"):
        line = _queue_line(submission)
        independent = of_body and submission.organisation_id not in own
        if any(seat.reviewer_id == user.pk for seat in line["seats"]):
            held.append(line)
        elif submission.assessment.state == State.SUBMITTED or (wants_second(submission) and independent):
            waiting.append(line)
        else:
            others.append(line)
    done = [_queue_line(submission) for submission in rows.exclude(open_now).order_by("-at", "-pk")[:DONE_ROWS]]
    return render(
        request,
        "assessments/reviews/queue.html",
        {"waiting": waiting, "held": held, "others": others, "done": done},
    )


def _queue_line(submission: Submission) -> dict[str, Any]:
    assessment = submission.assessment
    current = assessment.current_submission_id == submission.pk
    state = "recalled" if assessment.state == State.DRAFT else str(assessment.state)
    before = "returned" if submission.was_returned else "recalled"  # what ended an earlier round
    return {
        "submission": submission,
        "use": assessment.use,
        "seats": list(submission.seats.all()),
        "days": (timezone.localdate() - timezone.localdate(submission.at)).days,
        "state": state if current else before,
        "second": current and assessment.state == State.IN_REVIEW and wants_second(submission),
    }


def wants_second(submission: Submission) -> bool:
    seats = list(submission.seats.all())
    return submission.assigned_tier == Tier.HIGH and len(seats) == 1 and seats[0].seat == Seat.FIRST
