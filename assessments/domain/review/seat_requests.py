"""Ask a colleague to take a free seat, or to take over a held one; absence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.access.separation import Reviewer
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError, WrongState
from assessments.domain.review import interests, rounds, seats
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    Interest,
    Membership,
    RequestOutcome,
    ReviewSeat,
    Role,
    Route,
    Seat,
    SeatRequest,
    State,
    Submission,
    User,
)
from assessments.notifications import links, texts
from assessments.notifications.inbox import notify, withdraw_notification
from assessments.notifications.kinds import MessageKind

# --- asking a colleague for a seat -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Colleague:
    """Somebody who may be asked to take a seat; `away_until`: the last day of an absence that has begun."""

    user: User
    away_until: date | None

    def __str__(self) -> str:
        if self.away_until is None:
            return str(self.user)
        until = date_format(self.away_until, "j F Y")
        return _("%(name)s (away until %(until)s)") % {"name": self.user, "until": until}


def colleagues(submission: Submission, seat: Seat, by: User, team: set[int] | None = None) -> list[Colleague]:
    """Return who may be asked to take this seat, by name.

    Reviewers beside `by` who may reach the case, did not work on the use, hold no seat and have declared no conflict; for
    a second seat, independent ones. `team`: the delivery team, where a page has read it.
    """
    assessment = submission.assessment
    team = separation.delivery_team(assessment) if team is None else team
    conflicted = Interest.objects.filter(assessment=assessment).exclude(words="").values("reviewer")
    beside = finders.colleagues_of(by).exclude(pk__in=team).exclude(pk__in=conflicted)
    beside = beside.exclude(pk__in=submission.seats.values("reviewer"))
    rows = Membership.objects.current().filter(user__in=beside.values("pk")).select_related("organisation")
    of_user: dict[int, list[Membership]] = {}
    for row in rows:
        of_user.setdefault(row.user_id, []).append(row)
    return [
        Colleague(user, user.away_until if user.is_away else None)
        for user in beside
        if _reaches(of_user.get(user.pk, []), submission, seat)
    ]


def _reaches(memberships: list[Membership], submission: Submission, seat: Seat) -> bool:
    """As `finders.submissions_for` and `is_independent` say it, for many people at once."""
    here = [m for m in memberships if m.organisation_id == submission.organisation_id]
    inside = any(m.role == Role.REVIEWER for m in here)
    of_body = any(m.role == Role.REVIEWER and m.organisation.is_reviewing_body for m in memberships)
    sent = submission.route == Route.INDEPENDENT or submission.assigned_tier == Tier.HIGH
    if seat == Seat.SECOND or submission.route == Route.INDEPENDENT:
        return of_body and not here and sent
    return inside or (of_body and sent)


def seat_to_ask_for(submission: Submission, seat: Seat, by: User, team: set[int] | None = None) -> ReviewSeat | None:
    """Return the held seat that is to be handed over, None for a free one; raises where `by` may not ask for it.

    A free seat: any reviewer who may reach the case and has no part in it; the first of what was sent to the reviewing
    body: an independent one. A held one: whoever holds it, and a colleague when the holder is away, has left, has declared
    a conflict or is independent no longer where that is asked. Never one with an approval: that stays with its giver.
    """
    assessment = submission.assessment
    if not finders.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
    if by.pk in (separation.delivery_team(assessment) if team is None else team):
        raise NotPermitted(_("You worked on this use yourself, so other people decide who reviews the case."))
    current = assessment.current_submission_id == submission.pk
    if not current or assessment.state not in (State.SUBMITTED, State.IN_REVIEW):
        raise WrongState(assessment, State.IN_REVIEW)
    held: ReviewSeat | None = submission.seats.filter(seat=seat).select_related("reviewer").first()
    if held is None:
        second = assessment.state == State.IN_REVIEW and submission.assigned_tier == Tier.HIGH
        if seat == Seat.SECOND and not second:
            raise WorkflowError(_("This case does not need a second reviewer."))
        if separation.has_conflict(by, assessment):
            raise NotPermitted(
                _("You have declared a conflict of interest, so other people decide who reviews the case.")
            )
        if seat == Seat.FIRST:
            separation.require_route(submission, independent=separation.is_independent(by, submission.organisation_id))
        return None
    if submission.decisions.approvals().filter(by=held.reviewer_id).exists():
        raise WorkflowError(
            _("%(name)s has already approved the submission, so the case cannot be reassigned.")
            % {"name": held.reviewer}
        )
    if held.reviewer_id != by.pk and not is_released(held):
        raise NotPermitted(
            _(
                "This case is assigned to %(name)s. %(name)s can reassign the case. A colleague can do so only "
                "while %(name)s is away."
            )
            % {"name": held.reviewer}
        )
    return held


def is_released(held: ReviewSeat) -> bool:
    """Tell whether colleagues may hand a seat over without its holder: away, no reviewer of it any more, or conflicted."""
    holder, submission = held.reviewer, held.submission
    if holder.is_away or separation.has_conflict(holder, submission.assessment_id):
        return True
    asks_for_independence = held.seat == Seat.SECOND or submission.route == Route.INDEPENDENT
    if asks_for_independence and not separation.is_independent(holder, submission.organisation_id):
        return True
    return not finders.submissions_for(holder).filter(pk=held.submission_id).exists()


@proof.factor_asked
@transaction.atomic
def ask(
    submission: Submission, seat: Seat, to: User, *, by: User, note: str = "", although_away: bool = False
) -> SeatRequest:
    """Ask a colleague to take a free seat or to take over a held one; nothing moves until they have declared.

    A held seat needs a note. Raises InvalidAnswer for somebody who may not be asked, and for one who is away unless
    `although_away`.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    submission = Submission.objects.for_list().get(pk=submission.pk)
    held = seat_to_ask_for(submission, seat, by)
    found = next((one for one in colleagues(submission, seat, by) if one.user.pk == to.pk), None)
    if found is None:
        raise InvalidAnswer(
            "to", _("Choose another colleague. You cannot ask %(name)s to review this case.") % {"name": to}
        )
    if held and not note.strip():
        raise InvalidAnswer(
            "note",
            _(
                "Say what you have reviewed and what your colleague should look at. Your colleague gets no other "
                "information."
            ),
        )
    if found.away_until and not although_away:
        raise InvalidAnswer(
            "although_away",
            _("%(name)s is away until %(until)s. Tick the box if you want to ask this person anyway.")
            % {"name": to, "until": date_format(found.away_until, "j F Y")},
        )
    SeatRequest.objects.filter(submission=submission, seat=seat).end(RequestOutcome.REPLACED)
    asked = SeatRequest.objects.create(
        submission=submission, seat=seat, holder=held.reviewer if held else None, to=to, by=by, note=note
    )
    notify(
        MessageKind.ASSIGNED,
        [to.pk],
        about=f"request:{asked.pk}",
        link=links.take(submission),
        context={
            "seat": texts.cases.Seat.HANDED_OVER if held else texts.cases.Seat.ASKED,
            "name": by,
            "use": assessment.use.title,
            "organisation": assessment.organisation,
            "note": note,
        },
    )
    interests.audit_case(
        AuditKind.HAND_OVER_ASKED if held else AuditKind.ASSIGNED,
        assessment,
        by,
        submission=submission.reference,
        seat=str(seat),
        to=str(to),
        holder=str(held.reviewer) if held else "",
    )
    return asked


def may_stop_asking(asked: SeatRequest, by: User) -> bool:
    """Tell whether `by` may take a request back: whoever asked, and whose seat it is. Others ask somebody else instead."""
    return asked.ended_at is None and by.pk in (asked.by_id, asked.holder_id)


@transaction.atomic
def stop_asking(asked: SeatRequest, *, by: User) -> None:
    """Take a request for a seat back; the colleague is told where they know of it. Raises NotPermitted, WorkflowError."""
    submission = asked.submission
    assessment = Assessment.objects.lock(submission.assessment_id)
    asked = SeatRequest.objects.select_related("submission", "to", "holder").get(pk=asked.pk)
    if not finders.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
    if asked.ended_at is not None:
        raise WorkflowError(_("The request to %(name)s has already been withdrawn or answered.") % {"name": asked.to})
    if not may_stop_asking(asked, by):
        raise NotPermitted(
            _("Only the person who made the request, or the reviewer of the case, can withdraw the request.")
        )
    asked.end(RequestOutcome.RECALLED)
    about = f"request:{asked.pk}"
    if withdraw_notification(MessageKind.ASSIGNED, about=[about], recipient=asked.to_id):
        notify(
            MessageKind.ASKED_NO_MORE,
            [asked.to_id],
            about=about,
            link=links.review(submission),
            context={"name": by, "use": assessment.use.title},
        )
    interests.audit_case(
        AuditKind.REQUEST_TAKEN_BACK,
        assessment,
        by,
        submission=submission.reference,
        seat=str(asked.seat),
        to=str(asked.to),
    )


@proof.factor_asked
@transaction.atomic
def take_over(asked: SeatRequest, *, by: User) -> ReviewSeat:
    """Take over the seat that a colleague hands over, having declared no conflict; marks keep the names of their givers."""
    submission = asked.submission
    assessment = Assessment.objects.lock(submission.assessment_id)
    asked = SeatRequest.objects.select_related("submission", "by", "holder").get(pk=asked.pk)
    reviewer = Reviewer(by, submission, assessment)
    held = seats.require_handed_over(reviewer, asked)
    Interest.objects.create(assessment=assessment, reviewer=by)
    held.reviewer, held.independent, held.taken_at = by, reviewer.is_independent, timezone.now()
    held.conflict_declared = ""
    declared = rounds.declared_now(assessment) | {"kept_from": None}
    for name, value in declared.items():
        setattr(held, name, value)
    held.save(update_fields=["reviewer", "independent", "conflict_declared", "taken_at", *declared])
    asked.end(RequestOutcome.TAKEN)
    notify(
        MessageKind.ASSIGNED,
        {asked.by_id, asked.holder_id or asked.by_id} - {by.pk},
        about=f"taken-over:{asked.pk}",
        link=links.review(submission),
        context={"seat": texts.cases.Seat.TAKEN_OVER, "name": by, "use": assessment.use.title},
    )
    interests.audit_case(
        AuditKind.HANDED_OVER,
        assessment,
        by,
        submission=submission.reference,
        seat=str(asked.seat),
        holder=str(asked.holder),
        to=str(by),
    )
    return held


# --- being away ----------------------------------------------------------------------------------------------------------


def set_absence(user: User, away_from: date | None, away_until: date | None) -> None:
    """Set or clear the days on which a reviewer is away. Colleagues then see it and may hand their seats over."""
    if away_from and not away_until:
        raise InvalidAnswer("away_until", _("Enter the last day of absence, or remove the first day."))
    if away_until and not away_from:
        raise InvalidAnswer("away_from", _("Enter the first day of absence, or remove the last day."))
    if away_from and away_until and away_until < away_from:
        raise InvalidAnswer(
            "away_until", _("Choose a later day. The last day cannot be before the first day of absence.")
        )
    user.away_from, user.away_until = away_from, away_until
    user.save(update_fields=["away_from", "away_until"])
