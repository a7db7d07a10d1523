"""What reviewers do around a case: declare their interest, ask colleagues for a seat, be away, write, answer appeals.

`workflow` moves the assessment; nothing here does. A decision is never rewritten: an appeal that is upheld says what
happens next, and that is a move of its own. Every function names its actor, `by=`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments import access, declaring, standing, starting
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.domain.answering import carry_over
from assessments.domain.review import rounds, seats
from assessments.domain.review.seats import Reviewer
from assessments.errors import InvalidAnswer, Locked, NotPermitted, SeparationOfDuties, WorkflowError, WrongState
from assessments.guideline.terms import Tier
from assessments.models import (
    Appeal,
    AppealAnswer,
    AppealKind,
    Assessment,
    CaseMessage,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    DecisionKind,
    Interest,
    Membership,
    RequestOutcome,
    ReviewDecision,
    ReviewSeat,
    Role,
    Route,
    Seat,
    SeatRequest,
    Sees,
    State,
    Submission,
    User,
)
from assessments.notifications import texts
from assessments.notifications.inbox import notify, settle, withdraw_notification
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of

APPEALABLE = (DecisionKind.RETURN, DecisionKind.REFUSE)
"""The decisions of a reviewer against which an owner may appeal; of an approval one may only complain."""
STOPPED = (CertificateStatus.SUSPENDED, CertificateStatus.REVOKED)
TALKING = (State.IN_REVIEW, State.RETURNED)
SAME_AGAIN = timedelta(minutes=1)
"""Within it the same words of the same person are one message that was sent twice."""


def _audit(kind: AuditKind, assessment: Assessment, by: User, **details: Any) -> None:
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=details)


def _page(name: str, submission: Submission, *more: Any) -> str:
    return reverse(name, args=[submission.reference, *more])


# --- declaring an interest -----------------------------------------------------------------------------------------------


@proof.factor_asked
@transaction.atomic
def declare_none(submission: Submission, *, by: User) -> None:
    """Say that nothing lies between oneself and a case, to read its answers without a seat."""
    assessment = Assessment.objects.lock(submission.assessment_id)
    _require_reading(submission, by)
    if access.has_conflict(by, assessment):
        raise SeparationOfDuties(_("You have declared a conflict of interest, so the answers stay closed to you."))
    Interest.objects.create(assessment=assessment, reviewer=by)
    rounds.declare_again(assessment, by=by)
    _audit(AuditKind.NO_INTEREST_DECLARED, assessment, by, submission=submission.reference)


@proof.factor_asked
@transaction.atomic
def decline(submission: Submission, *, by: User, words: str) -> Interest:
    """Declare a conflict of interest: nothing is taken, colleagues see it, and whoever asked is told.

    Our judgement: who declares one reviews nothing in the case, and no colleague can lift that. A seat that they hold
    stays in name until somebody takes it over; with it nothing can be marked or decided.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    _require_reading(submission, by)
    if not words.strip():
        raise InvalidAnswer("words", _("Say what it is, in a sentence."))
    declared = Interest.objects.create(assessment=assessment, reviewer=by, words=words[:400])
    told: set[int] = set()
    for asked in SeatRequest.objects.filter(submission=submission, to=by, ended_at=None):
        asked.end(RequestOutcome.DECLINED)
        told.add(asked.by_id)
    if submission.seats.filter(reviewer=by).exists():
        told |= set(access.colleagues_of(by).values_list("pk", flat=True))
    notify(
        MessageKind.ASSIGNED,
        told - {by.pk},
        about=f"interest:{declared.pk}",
        link=_page("review", submission),
        context={"seat": texts.cases.Seat.CONFLICT, "name": by, "use": assessment.use.title},
    )
    _audit(AuditKind.CONFLICT_DECLARED, assessment, by, submission=submission.reference, words=words[:400])
    return declared


def _require_reading(submission: Submission, by: User) -> None:
    if not access.submissions_to_read(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you."))


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
    """Who may be asked to take this seat, by name.

    Reviewers beside `by` who may reach the case, did not work on the use, hold no seat and have declared no conflict; for
    a second seat, independent ones. `team`: the delivery team, where a page has read it.
    """
    assessment = submission.assessment
    team = declaring.delivery_team(assessment) if team is None else team
    conflicted = Interest.objects.filter(assessment=assessment).exclude(words="").values("reviewer")
    beside = access.colleagues_of(by).exclude(pk__in=team).exclude(pk__in=conflicted)
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
    """As `access.submissions_for` and `is_independent` say it, for many people at once."""
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
    if not access.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you."))
    if by.pk in (declaring.delivery_team(assessment) if team is None else team):
        raise NotPermitted(_("You worked on this use yourself, so others decide who reviews it."))
    current = assessment.current_submission_id == submission.pk
    if not current or assessment.state not in (State.SUBMITTED, State.IN_REVIEW):
        raise WrongState(assessment, State.IN_REVIEW)
    held: ReviewSeat | None = submission.seats.filter(seat=seat).select_related("reviewer").first()
    if held is None:
        second = assessment.state == State.IN_REVIEW and submission.assigned_tier == Tier.HIGH
        if seat == Seat.SECOND and not second:
            raise WorkflowError(_("This case has no second seat to give."))
        if access.has_conflict(by, assessment):
            raise NotPermitted(_("You have declared a conflict of interest, so others decide who reviews this."))
        if seat == Seat.FIRST:
            access.require_route(submission, independent=access.is_independent(by, submission.organisation_id))
        return None
    if submission.decisions.approvals().filter(by=held.reviewer_id).exists():
        raise WorkflowError(_("%(name)s has approved, and an approval is not handed over.") % {"name": held.reviewer})
    if held.reviewer_id != by.pk and not is_released(held):
        raise NotPermitted(
            _("%(name)s holds this seat. It is handed over by them, or by a colleague while they are away.")
            % {"name": held.reviewer}
        )
    return held


def is_released(held: ReviewSeat) -> bool:
    """Tell whether colleagues may hand a seat over without its holder: away, no reviewer of it any more, or conflicted."""
    holder, submission = held.reviewer, held.submission
    if holder.is_away or access.has_conflict(holder, submission.assessment_id):
        return True
    asks_for_independence = held.seat == Seat.SECOND or submission.route == Route.INDEPENDENT
    if asks_for_independence and not access.is_independent(holder, submission.organisation_id):
        return True
    return not access.submissions_for(holder).filter(pk=held.submission_id).exists()


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
        raise InvalidAnswer("to", _("%(name)s cannot be asked to take this seat.") % {"name": to})
    if held and not note.strip():
        raise InvalidAnswer("note", _("Say how far it is and what to look at: it is all your colleague gets."))
    if found.away_until and not although_away:
        raise InvalidAnswer(
            "although_away",
            _("%(name)s is away until %(until)s. Tick the box to ask all the same.")
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
        link=_page("take", submission),
        context={
            "seat": texts.cases.Seat.HANDED_OVER if held else texts.cases.Seat.ASKED,
            "name": by,
            "use": assessment.use.title,
            "organisation": assessment.organisation,
            "note": note,
        },
    )
    _audit(
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
    if not access.submissions_for(by).filter(pk=submission.pk).exists():
        raise NotPermitted(_("This submission was not sent to you."))
    if asked.ended_at is not None:
        raise WorkflowError(_("%(name)s is not asked any more.") % {"name": asked.to})
    if not may_stop_asking(asked, by):
        raise NotPermitted(_("Only the person who asked, or the person whose seat it is, can take it back."))
    asked.end(RequestOutcome.RECALLED)
    about = f"request:{asked.pk}"
    if withdraw_notification(MessageKind.ASSIGNED, about=[about], recipient=asked.to_id):
        notify(
            MessageKind.ASKED_NO_MORE,
            [asked.to_id],
            about=about,
            link=_page("review", submission),
            context={"name": by, "use": assessment.use.title},
        )
    _audit(
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
        link=_page("review", submission),
        context={"seat": texts.cases.Seat.TAKEN_OVER, "name": by, "use": assessment.use.title},
    )
    _audit(
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
        raise InvalidAnswer("away_until", _("Say until when, or clear the first date."))
    if away_until and not away_from:
        raise InvalidAnswer("away_from", _("Say from when, or clear the last date."))
    if away_from and away_until and away_until < away_from:
        raise InvalidAnswer("away_until", _("Choose the first day or a later one."))
    user.away_from, user.away_until = away_from, away_until
    user.save(update_fields=["away_from", "away_until"])


# --- messages with the applicant -----------------------------------------------------------------------------------------


def why_no_message(assessment: Assessment, submission: Submission) -> str:
    """Say why nothing can be written to the other side now; empty when it can."""
    if assessment.current_submission_id == submission.pk and assessment.state in TALKING:
        return ""
    if assessment.state in (State.DRAFT, State.SUBMITTED):
        return _("Nobody has the case now. Messages can be written once a reviewer has taken it.")
    return _("The case is decided, so nothing more can be written here. What was said stays.")


def side_of(user: User, assessment: Assessment, submission: Submission) -> str:
    """Tell for whom `user` may write: "reviewer" with a seat, "member" who sees the whole assessment, "" for neither."""
    sits = submission.seats.filter(reviewer=user, to_declare=False).exists()
    if sits and access.submissions_for(user).filter(pk=submission.pk).exists():
        return "" if access.has_conflict(user, assessment) else "reviewer"
    member = access.membership_in(user, assessment.organisation_id)
    writes = member is not None and member.role in access.MAY[Action.ANSWER] and member.sees == Sees.ALL
    return "member" if writes else ""


@transaction.atomic
def say(submission: Submission, text: str, *, by: User) -> CaseMessage:
    """Write to the other side without returning anything; they are told by inbox and mail.

    Raises NotPermitted for whoever has neither a seat nor a full view, Locked when nobody has the case or it is decided.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    side = side_of(by, assessment, submission)
    if not side:
        raise NotPermitted(_("Reviewers with a seat, owners and contributors who see everything write here."))
    if why := why_no_message(assessment, submission):
        raise Locked(why)
    if not text.strip():
        raise InvalidAnswer("text", _("Write what you want to say."))
    thread = CaseMessage.objects.filter(submission__assessment=assessment)
    newest = thread.order_by("-pk").first()
    if newest and (newest.author_id, newest.text) == (by.pk, text) and timezone.now() - newest.at < SAME_AGAIN:
        return newest
    said = CaseMessage.objects.create(submission=submission, author=by, from_reviewer=side == "reviewer", text=text)
    if side == "reviewer":
        wrote = thread.filter(from_reviewer=False).values("author")
        members = Membership.objects.current().filter(organisation=assessment.organisation_id, user__in=wrote)
        still = members.filter(role__in=access.WORKING_ROLES)
        told = {*owners_of(assessment.organisation_id), *still.values_list("user", flat=True)}
        link = reverse("case", args=[assessment.reference])
    else:
        told = access.seated_now(submission)
        link = _page("review_messages", submission)
    notify(
        MessageKind.CASE_MESSAGE,
        told - {by.pk},
        about=f"case_message:{said.pk}",
        link=f"{link}#message-{said.pk}",
        context={"name": by, "use": assessment.use.title, "words": text},
    )
    return said


# --- appeals and complaints ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contestable:
    """Something of a case that an owner may appeal against or complain about; `value` names it in a form."""

    kind: AppealKind
    words: str
    submission: Submission
    decision: ReviewDecision | None = None
    event: CertificateEvent | None = None

    @property
    def value(self) -> str:
        about = f"d{self.decision.pk}" if self.decision else f"e{self.event.pk}" if self.event else "case"
        return f"{self.kind}-{about}"


def contestable(assessment: Assessment) -> list[Contestable]:
    """What may still be contested, newest first: each decision once by appeal and once by complaint, and the handling."""
    have = {(a.kind, a.decision_id, a.event_id, a.submission_id) for a in access.appeals_in(assessment)}
    found: list[Contestable] = []
    decisions = ReviewDecision.objects.filter(submission__assessment=assessment).select_related("submission", "by")
    for decision in decisions.defer("submission__snapshot").order_by("-pk"):
        if decision.kind not in (*APPEALABLE, DecisionKind.APPROVE):
            continue
        what = _("%(decision)s, %(day)s, %(name)s") % {
            "decision": decision.get_kind_display(),
            "day": date_format(timezone.localtime(decision.at), "j F Y"),
            "name": decision.by_name,
        }
        if decision.kind in APPEALABLE:
            found.append(Contestable(AppealKind.APPEAL, what, decision.submission, decision))
        found.append(Contestable(AppealKind.COMPLAINT, what, decision.submission, decision))
    events = CertificateEvent.objects.filter(certificate__submission__assessment=assessment, kind__in=STOPPED)
    for event in events.select_related("certificate__submission").defer("certificate__submission__snapshot"):
        what = _("Certificate %(number)s %(status)s, %(day)s") % {
            "number": event.certificate.number,
            "status": str(CertificateStatus(event.kind).label).lower(),
            "day": date_format(timezone.localtime(event.at), "j F Y"),
        }
        for kind in AppealKind:
            found.append(Contestable(kind, what, event.certificate.submission, None, event))
    sent = assessment.current_submission
    if sent and sent.route:
        words = _("How the case is handled, round %(n)s") % {"n": sent.round}
        found.append(Contestable(AppealKind.COMPLAINT, words, sent))
    return [
        one
        for one in found
        if (
            one.kind,
            one.decision.pk if one.decision else None,
            one.event.pk if one.event else None,
            one.submission.pk,
        )
        not in have
    ]


@transaction.atomic
def contest(assessment: Assessment, value: str, reasons: str, *, by: User) -> Appeal:
    """Appeal against a decision or complain about it, once each; an owner only. `value`: of one of `contestable`.

    It goes to the reviewers of the reviewing body who had no part in the case, also where the organisation's own
    reviewer decided. It changes no state.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    access.require(by, Action.SIGN, assessment)
    about = next((one for one in contestable(assessment) if one.value == value), None)
    if about is None:
        raise InvalidAnswer("about", _("Choose what it is about. Each decision can be contested once."))
    if not reasons.strip():
        raise InvalidAnswer("reasons", _("Say why: the person who answers has nothing else to go by."))
    appeal = Appeal.objects.create(
        kind=about.kind,
        assessment=assessment,
        submission=about.submission,
        decision=about.decision,
        event=about.event,
        by=by,
        reasons=reasons,
    )
    notify(
        MessageKind.APPEAL,
        _who_may_answer(appeal),
        about=f"appeal:{appeal.reference}",
        link=reverse("appeal", args=[appeal.reference]),
        context={
            "kind": about.kind,
            "use": assessment.use.title,
            "organisation": assessment.organisation,
            "about": about.words,
        },
    )
    _audit(
        AuditKind.APPEAL_LODGED if about.kind == AppealKind.APPEAL else AuditKind.COMPLAINT_LODGED,
        assessment,
        by,
        appeal=appeal.reference,
        about=about.value,
        submission=str(about.submission),
    )
    return appeal


def _who_may_answer(appeal: Appeal) -> list[int]:
    body = Membership.objects.current().filter(role=Role.REVIEWER, organisation__is_reviewing_body=True)
    people = [member.user for member in body.select_related("user")]
    return [user.pk for user in people if access.appeals_for(user).filter(pk=appeal.pk).exists()]


def why_no_answer(appeal: Appeal, by: User) -> str:
    """Say why `by`, who may know of the appeal, may not answer it; empty when they may."""
    if getattr(appeal, "answer", None):
        return _("This has been answered.")
    if by.pk in declaring.delivery_team(appeal.assessment):
        return _("You worked on this use yourself, so somebody else has to answer.")
    if access.has_conflict(by, appeal.assessment):
        return _("You have declared a conflict of interest, so somebody else has to answer.")
    return ""


@proof.asked
@transaction.atomic
def answer(appeal: Appeal, *, by: User, upheld: bool, words: str) -> AppealAnswer:
    """Answer an appeal or complaint, for good. `words`: upheld, what happens next; rejected, why.

    Nothing that was decided is rewritten. Raises NotPermitted for whoever had a part in the case.
    """
    assessment = Assessment.objects.lock(appeal.assessment_id)
    found = access.appeals_for(by).filter(pk=appeal.pk).first()
    if found is None:
        raise NotPermitted(
            _("The person who answers must belong to the reviewing body and have had no part in the case.")
        )
    if why := why_no_answer(found, by):
        raise SeparationOfDuties(why)
    if not words.strip():
        raise InvalidAnswer("words", _("Say what happens next.") if upheld else _("Say why it is rejected."))
    given = AppealAnswer.objects.create(appeal=found, by=by, upheld=upheld, words=words)
    _tell_answer(found, given)
    found.answer = given
    certificate = wrongly_suspended(found)
    if certificate is not None:  # nothing is reinstated by itself: whoever may do it is asked to
        notify(
            MessageKind.TO_REINSTATE,
            standing.who_may_reinstate(certificate),
            about=f"appeal:{found.reference}",
            link=reverse("standing", args=[certificate.number]),
            context={"use": assessment.use.title, "number": certificate.number, "words": words},
        )
    is_appeal = found.kind == AppealKind.APPEAL
    answered = AuditKind.APPEAL_ANSWERED if is_appeal else AuditKind.COMPLAINT_ANSWERED
    _audit(answered, assessment, by, appeal=found.reference, upheld=upheld)
    return given


def _tell_answer(appeal: Appeal, given: AppealAnswer) -> None:
    """Tell both sides how an appeal was answered; nobody has to answer it any more."""
    assessment, about = appeal.assessment, f"appeal:{appeal.reference}"
    context = {"kind": appeal.kind, "use": assessment.use.title, "upheld": given.upheld, "words": given.words}
    link = f"{reverse('contest', args=[assessment.reference])}#appeal-{appeal.reference}"
    notify(MessageKind.APPEAL_ANSWERED, owners_of(assessment.organisation_id), about=about, link=link, context=context)
    link = f"{_page('review_messages', appeal.submission)}#appeals"
    reviewers = _reviewers_of(appeal) - {given.by_id}
    notify(MessageKind.APPEAL_ANSWERED, reviewers, about=about, link=link, context=context)
    settle(MessageKind.APPEAL, about=[about])


def _reviewers_of(appeal: Appeal) -> set[int]:
    return access.seated_now(*Submission.objects.filter(assessment=appeal.assessment_id).defer("snapshot"))


def _is_upheld(appeal: Appeal) -> bool:
    answer: AppealAnswer | None = getattr(appeal, "answer", None)
    return appeal.kind == AppealKind.APPEAL and answer is not None and answer.upheld


def wrongly_suspended(appeal: Appeal) -> Certificate | None:
    """The certificate that is suspended still, though an appeal against that was upheld: it waits to be reinstated."""
    if not _is_upheld(appeal) or appeal.event is None or appeal.event.kind != CertificateStatus.SUSPENDED:
        return None
    rows = Certificate.objects.select_related("submission__assessment", "use", "organisation")
    found = rows.defer("submission__snapshot").get(pk=appeal.event.certificate_id)
    return found if found.status() == CertificateStatus.SUSPENDED else None


def opens_again(appeal: Appeal) -> bool:
    """Tell whether an appeal lets the use be assessed anew with the answers of the case.

    After a refusal, and after a revocation: that one is for good, and only a new assessment leads to a certificate.
    """
    refused = appeal.decision is not None and appeal.decision.kind == DecisionKind.REFUSE
    revoked = appeal.event is not None and appeal.event.kind == CertificateStatus.REVOKED
    return _is_upheld(appeal) and (refused or revoked)


@transaction.atomic
def open_again(appeal: Appeal, *, by: User) -> Assessment:
    """Start the assessment that an upheld appeal opens: the answers are copied, each to be confirmed.

    What was decided stays as it is. Where a newer one is open already, it is the one.
    """
    case = Assessment.objects.for_dashboard().get(pk=appeal.assessment_id)
    access.require(by, Action.SIGN, case)
    if not opens_again(appeal):
        raise WorkflowError(_("Only an upheld appeal against a refusal or a revocation opens a new assessment."))
    begun = declaring.start_assessment(case.use, by=by, follows=case)
    if begun.state != State.DRAFT:
        return begun
    asked = [question.key for question in begun.declared().questions(begun.compiled())]
    carry_over.copy(begun, starting.offered(begun, asked, case), by=by)
    return begun
