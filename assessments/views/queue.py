"""The reviewers' queue: what waits, what I hold, what others hold, and what is done; narrowed, and cut into pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assessments import access
from assessments.errors import NotPermitted
from assessments.forms.desk import GROUP_WORDS, QueueForm
from assessments.guideline.terms import Tier
from assessments.models import (
    Appeal,
    DecisionKind,
    Interest,
    ReviewSeat,
    Seat,
    SeatRequest,
    State,
    Submission,
    User,
)
from assessments.models.queue import DONE, GROUPS, UNDER_REVIEW, grouped, late_before, pages, working_days
from assessments.views.requests import SignedIn
from assessments.views.timeline import appeal_words

ROWS = 25  # of each group on the page of all, 50 on the page of one
KEPT = "queue"  # where the session keeps the filter that was used last
MOVES = {
    DecisionKind.RETURN: gettext_lazy("returned"),
    DecisionKind.APPROVE: gettext_lazy("approved"),
    DecisionKind.REFUSE: gettext_lazy("refused"),
    DecisionKind.WITHDRAW: gettext_lazy("withdrawn"),
    DecisionKind.SELF_CERTIFY: gettext_lazy("self-certified"),
    DecisionKind.DECLARE_PROHIBITED: gettext_lazy("declared as prohibited"),
}


@dataclass(frozen=True)
class Line:
    """One submission as the queue shows it; `days`: working days since it came; `over`: how many above the target."""

    submission: Submission
    days: int
    over: int
    state: str
    second: bool
    last_at: datetime
    last: str
    wrote_at: datetime | None
    seats: list[ReviewSeat] = field(default_factory=list)
    asked: list[SeatRequest] = field(default_factory=list)
    conflicts: list[Interest] = field(default_factory=list)
    mine_asked: bool = False

    @property
    def use(self) -> Any:
        return self.submission.assessment.use


@dataclass(frozen=True)
class Group:
    key: str
    words: Any
    lines: list[Line]
    count: int
    more: str = ""  # the address of the page of this group alone, or of its next page


@login_required
@require_safe
@never_cache
def queue(request: SignedIn) -> HttpResponse:
    """Every submission that this reviewer may judge, in four groups. The queries are the same for one and for thousands.

    The filter stands in the address; the one used last is kept in the session until it is cleared or somebody signs out.
    """
    user = request.user
    reviews_for = access.reviewing_organisations(user)
    if not reviews_for:
        raise NotPermitted(_("This page is for reviewers."))
    if not request.GET and request.session.get(KEPT):
        return redirect(f"{reverse('reviews')}?{request.session[KEPT]}")
    rows: Any = access.submissions_for(user)
    names = rows.order_by("organisation__name_en").values_list("organisation__reference", "organisation__name_en")
    form = QueueForm(request.GET, organisations=list(names.distinct()))
    chosen = form.chosen()
    if request.GET and request.session.get(KEPT, "") != form.query():
        request.session[KEPT] = form.query()
    today = timezone.localdate()
    target = access.current_edition().policy.review_target_days
    body = access.reviews_for_the_body(user)
    own = {membership.organisation_id for membership in access.memberships_on_page(user)}
    rows = grouped(rows, user.pk, body=body, own=own)
    if tier := chosen.get("tier"):
        rows = rows.filter(assigned_tier=tier)
    if organisation := chosen.get("organisation"):
        rows = rows.filter(organisation__reference=organisation)
    if chosen.get("late"):
        rows = rows.filter(at__lt=late_before(today, target)).exclude(stands_in=DONE)
    only = chosen.get("who", "")
    size = ROWS * 2 if only else ROWS
    found = pages(rows, size, only=only, after=request.GET.get("after", ""))
    groups = {
        key: Group(
            key,
            GROUP_WORDS[key],
            [_line(submission, user, today, target) for submission in page.rows],
            page.count,
            _address({**chosen, "who": key}, page.after if only else "") if page.after else "",
        )
        for key, page in found.items()
    }
    appeals: list[Appeal] = list(access.appeals_for(user).filter(answer=None).order_by("pk")) if body else []
    context: dict[str, Any] = {
        "form": form,
        "filtered": bool(chosen),
        "groups": [groups[key] for key in GROUPS if not only or key == only],
        "only": only,
        "begins": "after" in request.GET and only,
        "first_page": _address(chosen),
        "target": target,
        "appeals": [(appeal, appeal_words(appeal)) for appeal in appeals],
        "last_closed": max((line.last_at for line in groups[DONE].lines), default=None),
        "today": today,
    }
    return render(request, "assessments/reviews/queue.html", context | groups)


def _address(chosen: dict[str, str], after: str = "") -> str:
    return "?" + urlencode({**chosen, **({"after": after} if after else {})})


def _line(submission: Any, user: User, today: date, target: int) -> Line:
    assessment = submission.assessment
    current = assessment.current_submission_id == submission.pk
    under_review = current and assessment.state in UNDER_REVIEW
    state = "recalled" if assessment.state == State.DRAFT else str(assessment.state)
    before = "returned" if submission.was_returned else "recalled"  # what ended an earlier round
    days = working_days(timezone.localdate(submission.at), today)
    seats = list(submission.seats.all())
    moves = [(submission.at, _("submitted"))]
    moves += [(seat.taken_at, _("taken by %(name)s") % {"name": seat.reviewer}) for seat in seats]
    moves += [
        (made.at, _("%(move)s by %(name)s") % {"move": MOVES[made.kind], "name": made.by})
        for made in submission.decisions.all()
    ]
    if submission.wrote_at:
        moves.append((submission.wrote_at, _("message of the applicant")))
    last_at, last = max(moves, key=lambda move: move[0])
    return Line(
        submission=submission,
        days=days,
        over=max(days - target, 0) if under_review else 0,
        state=state if current else before,
        second=under_review and assessment.state == State.IN_REVIEW and wants_second(submission, seats),
        last_at=last_at,
        last=last,
        wrote_at=submission.wrote_at,
        seats=seats,
        asked=submission.asked if under_review else [],
        conflicts=assessment.conflicts if under_review else [],
        mine_asked=under_review and any(one.to_id == user.pk for one in submission.asked),
    )


def wants_second(submission: Submission, seats: Sequence[ReviewSeat]) -> bool:
    """Tell whether the second seat of a High case is free; `seats`: all of its seats."""
    return submission.assigned_tier == Tier.HIGH and len(seats) == 1 and seats[0].seat == Seat.FIRST
