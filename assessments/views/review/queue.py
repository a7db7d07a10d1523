"""The reviewers' queue: what waits, what I hold, what others hold, and what is done; narrowed, and cut into pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from assessments.access import finders, separation
from assessments.core.errors import NotPermitted
from assessments.core.working_days import working_days
from assessments.domain.review import own_work, second_look
from assessments.domain.review import queue as review_queue
from assessments.domain.review.queue_rows import (
    ACTIONS,
    APPEALS,
    DONE,
    GROUPS,
    MINE,
    OTHER_WORK,
    RETURNED,
    UNDER_REVIEW,
    WAITING,
    Page,
    late_before,
)
from assessments.forms.review import GROUP_WORDS, QueueForm
from assessments.guideline.terms import Tier
from assessments.models import (
    DecisionKind,
    ReviewSeat,
    Seat,
    State,
    Submission,
    User,
)
from assessments.views.assessment.timeline import appeal_words
from assessments.views.site.requests import SignedIn

ROWS = 25  # of each group on the page of all, 50 on the page of one
KEPT = "queue"  # where the session keeps the filter that was used last
TAKEN = gettext_lazy("taken by %(name)s")
TAKEN_FIRST = gettext_lazy("taken by %(name)s as first reviewer")
MOVES = {
    DecisionKind.RETURN: gettext_lazy("returned by %(name)s"),
    DecisionKind.APPROVE: gettext_lazy("approved by %(name)s"),
    DecisionKind.TAKE_BACK: gettext_lazy("approval withdrawn by %(name)s"),
    DecisionKind.REFUSE: gettext_lazy("refused by %(name)s"),
    DecisionKind.WITHDRAW: gettext_lazy("withdrawn by %(name)s"),
    DecisionKind.SELF_CERTIFY: gettext_lazy("self-certified by %(name)s"),
    DecisionKind.DECLARE_PROHIBITED: gettext_lazy("declared as a prohibited use by %(name)s"),
}


@dataclass(frozen=True)
class QueueLine:
    """One submission of the queue, what its row shows, and when something last happened to it."""

    submission: Submission
    shown: QueueRow
    last_at: datetime


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What the row of a submission shows, in plain values by which it is kept once it was drawn.

    `days`: working days since it came; `over`: how many above the target; `seats`: who holds it, and until when away.
    """

    reference: str
    title: str
    organisation: str
    system: str
    last: str
    last_at: str
    tier: str
    round: int
    changed: int | None
    state: str
    days: int
    over: int
    second: bool
    route: str
    conflicts: tuple[str, ...]
    seats: tuple[tuple[str, str], ...]
    asked: tuple[str, ...]
    answer_by: str = ""  # of a returned case: the day by which it is asked for
    own: bool = False  # the reviewer has worked on the use, so somebody else takes it
    blind: bool = False  # a second look is offered to the reviewer: outcome and names are not shown before it


@dataclass(frozen=True)
class Group:
    key: str
    words: Any
    lines: list[Any]  # a Line for each submission; of actions and appeals what their own tables show
    count: int = 0
    more: str = ""  # the address of the page of this group alone, or of its next page


@require_safe
def queue(request: SignedIn) -> HttpResponse:
    """Show all that waits for this reviewer or did, in groups. The queries are the same for one row and for thousands.

    The filter is in the address. The one used last is kept in the session until it is cleared or somebody signs out, but
    not whose cases it showed: a link to the queue always shows the reader's own cases, first where there are any.
    """
    user = request.user
    reviews_for = separation.reviewing_organisations(user)
    if not reviews_for:
        raise NotPermitted(_("This page is for reviewers."))
    if not request.GET and request.session.get(KEPT):
        return redirect(f"{reverse('reviews')}?{request.session[KEPT]}")
    form = QueueForm(request.GET, organisations=review_queue.organisations_in_queue(user))
    chosen = form.chosen()
    _keep_filter(request, chosen)
    today = timezone.localdate()
    target = finders.current_edition().policy.review_target_days
    only = chosen.get("who", "")
    size, after = ROWS * 2 if only else ROWS, request.GET.get("after", "")
    given = {"tier": chosen.get("tier", ""), "organisation": chosen.get("organisation", "")}
    late = late_before(today, target) if chosen.get("late") else None
    hints = review_queue.hints_for(user)
    found: dict[str, Page] = {}
    if only not in OTHER_WORK:
        found |= review_queue.queue_for(user, size, only=only, after=after, late=late, **given)
    if only not in GROUPS and not late:  # what has no target is never late
        found |= review_queue.work_for(user, size, only=only, after=after, reported=hints.has_reported, **given)
    worked_on: set[int] | None = None
    if WAITING in found and found[WAITING].rows:
        worked_on = own_work.uses_worked_on(user) if hints.has_worked else set()
    second_looks = second_look.offered_to(user, worked_on)
    blind = {look.submission_id for look in second_looks}
    groups = {
        key: Group(
            key,
            words,
            _lines(key, page.rows, today, target, worked_on or (), blind),
            page.count,
            _address({**chosen, "who": key}, page.after if only else "") if page.after else "",
        )
        for key, words in GROUP_WORDS.items()
        for page in [found.get(key, Page([]))]
    }
    for_the_body = separation.reviews_for_the_body(user)
    context: dict[str, Any] = {
        "form": form,
        "filtered": bool(chosen),
        "groups": [
            group
            for key, group in sorted(groups.items(), key=lambda one: one[0] != MINE or not one[1].count)
            if only == key or (not only and (key != APPEALS or for_the_body))
        ],
        "only": only,
        "begins": "after" in request.GET and only,
        "first_page": _address(chosen),
        "target": target,
        "for_the_body": for_the_body,
        "last_closed": max((line.last_at for line in groups[DONE].lines), default=None),
        "today": today,
        "second_looks": [] if chosen else second_looks,
    }
    return render(request, "assessments/review/queue.html", context | groups)


def _keep_filter(request: SignedIn, chosen: Mapping[str, Any]) -> None:
    """Keep the filter of the address for the next time, but not whose cases it showed; a write only where it changed."""
    kept = urlencode({name: value for name, value in chosen.items() if name != "who"})
    if request.GET and request.session.get(KEPT, "") != kept:
        request.session[KEPT] = kept


def _lines(
    key: str, rows: Sequence[Any], today: date, target: int, worked_on: Collection[int], blind: Collection[int]
) -> list[Any]:
    if key == ACTIONS:
        return list(rows)
    if key == APPEALS:
        return [(appeal, appeal_words(appeal)) for appeal in rows]
    lines = [_line(submission, today, target, worked_on if key == WAITING else ()) for submission in rows]
    return [_blinded(line) if line.submission.pk in blind else line for line in lines]


def _blinded(line: QueueLine) -> QueueLine:
    """Return the line of a decided case to which a second look is offered, without outcome and names."""
    shown = replace(line.shown, blind=True, last=_("decided"), state="", seats=(), asked=(), conflicts=())
    return QueueLine(line.submission, shown, line.last_at)


def _address(chosen: dict[str, str], after: str = "") -> str:
    return "?" + urlencode({**chosen, **({"after": after} if after else {})})


def _line(submission: Any, today: date, target: int, worked_on: Collection[int] = ()) -> QueueLine:
    """Return a row of `queue_rows.read` as it is shown."""
    assessment = submission.assessment
    current = assessment.current_submission_id == submission.pk
    under_review = current and assessment.state in UNDER_REVIEW
    state = "recalled" if assessment.state == State.DRAFT else str(assessment.state)
    before = "returned" if submission.was_returned else "recalled"  # what ended an earlier round
    days = working_days(timezone.localdate(submission.at), today)
    # what happened, as its moment and its words, to be filled in for the last one alone
    moves: list[tuple[datetime, Any, dict[str, Any]]] = [(submission.at, gettext_lazy("submitted"), {})]
    is_high = submission.assigned_tier == Tier.HIGH
    moves += [
        (seat.taken_at, TAKEN_FIRST if is_high and seat.seat == Seat.FIRST else TAKEN, {"name": seat.reviewer})
        for seat in submission.held
        if seat.kept_from_id is None  # the others went over with the submission
    ]
    moves += [(made.at, MOVES[made.kind], {"name": made.by}) for made in submission.decided]
    if submission.wrote_at:
        moves.append((submission.wrote_at, gettext_lazy("message from the organisation"), {}))
    last_at, last, names = max(moves, key=lambda move: move[0])
    shown = QueueRow(
        reference=submission.reference,
        title=assessment.use.title,
        organisation=submission.organisation.name_en,
        system=assessment.use.system.name,
        last=str(last) % names,
        last_at=date_format(timezone.localtime(last_at), "j M, H:i"),
        tier=str(submission.assigned_tier),
        round=submission.round,
        changed=submission.changed,
        state=state if current else before,
        days=days,
        over=max(days - target, 0) if under_review else 0,
        second=under_review and assessment.state == State.IN_REVIEW and wants_second(submission, submission.held),
        route=str(submission.route),
        conflicts=tuple(str(one.reviewer) for one in submission.conflicts) if under_review else (),
        seats=tuple((str(seat.reviewer), _away(seat.reviewer)) for seat in submission.held),
        asked=tuple(str(one.to) for one in submission.asked) if under_review else (),
        answer_by=_answer_by(submission) if state == State.RETURNED else "",
        own=assessment.use_id in worked_on,
    )
    return QueueLine(submission, shown, last_at)


def _answer_by(submission: Any) -> str:
    days = [made.answer_by for made in submission.decided if made.kind == DecisionKind.RETURN and made.answer_by]
    return date_format(days[-1], "j M Y") if days else ""


def _away(user: User) -> str:
    return date_format(user.away_until, "j M") if user.is_away and user.away_until else ""


def wants_second(submission: Submission, seats: Sequence[ReviewSeat]) -> bool:
    """Tell whether the second seat of a High case is free; `seats`: all of its seats."""
    return submission.assigned_tier == Tier.HIGH and len(seats) == 1 and seats[0].seat == Seat.FIRST


def cases_of(user: User, today: date) -> dict[str, int]:
    """Return what a reviewer has to do and has done: how many rows each group of the queue has, and how many cases are late."""
    target = finders.current_edition().policy.review_target_days
    counts, late = review_queue.counts_for(user, late_before(today, target))
    shown = (WAITING, MINE, ACTIONS, APPEALS, RETURNED, DONE)
    return {key: counts.get(key, 0) for key in shown} | {"late": late.get(WAITING, 0) + late.get(MINE, 0)}
