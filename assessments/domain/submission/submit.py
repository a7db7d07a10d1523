"""Submit an assessment: what keeps it from being signed, and what a new round takes over."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import roles
from assessments.access.roles import Action
from assessments.access.separation import delivery_team
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotReady, WrongState
from assessments.domain import workflow
from assessments.domain.certificates import staleness
from assessments.domain.facts.values import missing_facts
from assessments.domain.review import carried_marks, former, parts, rounds, seat_taking, telling
from assessments.domain.review.obstacles import Obstacle, words_of
from assessments.domain.submission import freeze
from assessments.domain.submission.obstacles import Code as ToSign
from assessments.domain.workflow import MOVES
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    DeclaredUse,
    FactRevision,
    Membership,
    ReviewSeat,
    RevisionOutcome,
    Role,
    Route,
    Seat,
    State,
    Submission,
    User,
)
from assessments.models.snapshots import changed_targets
from assessments.models.stale_reasons import StaleReason, because
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import reviewers_on

# --- what stands in the way ----------------------------------------------------------------------------------------------


def unanswered(assessment: Assessment) -> tuple[list[str], list[str]]:
    """Facts and questions (keys) that apply and have no answer yet."""
    edition, stored = assessment.compiled(), assessment.use.stored_facts()
    declared, answers = assessment.declared(stored), assessment.answer_values()
    questions = [question.key for question in declared.questions(edition) if question.key not in answers]
    return list(missing_facts(assessment.use, edition, stored)), questions


def obstacles_to_submit(assessment: Assessment) -> list[Obstacle]:
    """Return what keeps the assessment from being signed; empty when nothing does."""
    reasons = list[Obstacle]()
    if assessment.use.retired_at or assessment.use.system.retired_at:
        reasons.append(
            Obstacle(ToSign.RETIRED, _("The use is retired. An owner must put the use back into service first."))
        )
    if assessment.use.prohibited_by_facts:
        words = _(
            "You cannot submit this use, because the declared facts describe a prohibited use. You can only declare"
            " that it is prohibited."
        )
        reasons.append(Obstacle(ToSign.PROHIBITED, words))
    elif assessment.use.raised_tier == Tier.UNACCEPTABLE and not _facts_changed_since_raise(assessment.use):
        words = _(
            "A reviewer raised the tier to Unacceptable. You can submit the use again only after the facts have "
            "changed."
        )
        reasons.append(Obstacle(ToSign.RAISED, words))
    facts, questions = unanswered(assessment)
    if facts:
        words = ngettext("One fact has no answer yet.", "%(n)s facts have no answer yet.", len(facts))
        reasons.append(Obstacle(ToSign.FACTS, words % {"n": len(facts)}))
    if questions:
        words = ngettext("One question has no answer yet.", "%(n)s questions have no answer yet.", len(questions))
        reasons.append(Obstacle(ToSign.QUESTIONS, words % {"n": len(questions)}))
    return reasons


def _facts_changed_since_raise(use: DeclaredUse) -> bool:
    raised = use.raised_by
    saved = FactRevision.objects.filter(parent__in=use.fact_rows(), outcome=RevisionOutcome.CURRENT)
    return raised is not None and saved.filter(at__gt=raised.at).exists()


def closed_routes(assessment: Assessment) -> dict[Route, str]:
    """Return the routes on which nobody could review, each with the reason: two queries at most."""
    rows = Membership.objects.current().filter(role=Role.REVIEWER)
    rows = rows.filter(Q(organisation=assessment.organisation_id) | Q(organisation__is_reviewing_body=True))
    found = set(rows.values_list("user", "organisation", "organisation__is_reviewing_body"))
    closed = {
        Route.INSIDE: _("Your organisation has no reviewer yet. Invite a reviewer, or choose an independent reviewer."),
        Route.INDEPENDENT: _(
            "The reviewing body has no reviewer yet. Choose a reviewer of your organisation, or wait until the "
            "reviewing body has a reviewer."
        ),
    }
    inside = {user for user, organisation, _body in found if organisation == assessment.organisation_id}
    if inside and inside - delivery_team(assessment):
        del closed[Route.INSIDE]
    elif inside:
        closed[Route.INSIDE] = _(
            "All reviewers of your organisation have worked on this use, so they cannot review it. Invite another "
            "reviewer, or choose an independent reviewer."
        )
    if any(body for _user, _organisation, body in found):
        del closed[Route.INDEPENDENT]
    return closed


# --- the moves -----------------------------------------------------------------------------------------------------------


@proof.asked
@transaction.atomic
def submit(assessment: Assessment, *, by: User, route: Route, public_statement: str = "") -> Submission:
    """Freeze the answers into a Submission and hand it to review.

    All or nothing: new state, frozen answers, audit entry. The reviewers' mail leaves after the commit. Raises
    WrongState unless a draft or returned, NotReady with what is missing.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    if State.SUBMITTED not in MOVES[State(assessment.state)]:
        raise WrongState(assessment, State.SUBMITTED)
    reasons = words_of(obstacles_to_submit(assessment))
    closed = closed_routes(assessment)
    if route in closed:
        reasons.append(closed[route])
    if reasons:
        raise NotReady(_("This assessment cannot be submitted yet."), reasons)
    submission = freeze.freeze(assessment, by=by, route=route, public_statement=public_statement)
    workflow.settle_messages(assessment, MessageKind.RETURNED)
    _carry_marks(submission)
    _flag_overtaken(submission, by=by)
    workflow.move(assessment, State.SUBMITTED)
    told = {"submission": submission.reference, "sha256": submission.sha256, "route": str(route)}
    workflow.audit_move(AuditKind.SUBMITTED, assessment, by, [submission], **told)
    kept = _go_on_with_seats(assessment, submission)
    if assessment.state == State.SUBMITTED:
        notify(
            MessageKind.SUBMITTED,
            reviewers_on(route, assessment.organisation_id) - {seat.reviewer_id for seat in kept},
            about=f"submission:{submission.reference}",
            link=links.review(submission),
            context={
                "organisation": assessment.organisation,
                "use": assessment.use.title,
                "round": submission.round,
            },
        )
    return submission


def _go_on_with_seats(assessment: Assessment, submission: Submission) -> list[ReviewSeat]:
    """Let the reviewers of the round before keep their seats; with the first seat the case is in review at once."""
    kept = rounds.keep_seats(submission)
    telling.new_round(submission, kept)
    if any(seat.seat == Seat.FIRST for seat in kept):
        workflow.move(assessment, State.IN_REVIEW)
        workflow.audit_move(
            AuditKind.SEATS_KEPT, assessment, None, submission=submission.reference, seats=[seat.seat for seat in kept]
        )
    if telling.second_seat_is_free(submission, kept):
        seat_taking.tell_second_seat(assessment, submission, but={seat.reviewer_id for seat in kept})
    return kept


def _carry_marks(submission: Submission) -> None:
    """Carry the accepting marks of the last round, or of the last decision, over to what has not changed since."""
    previous = (
        Submission.objects.filter(assessment=submission.assessment_id, round__lt=submission.round)
        .order_by("-round")
        .first()
    )
    if previous is None:
        former.carry_marks(submission)
        return
    carried_marks.copy_marks(previous, submission, changed_targets(previous.content(), submission.content()))
    parts.copy_marks(previous, submission)


def _flag_overtaken(submission: Submission, *, by: User) -> None:
    """Flag the certified assessment of the use where an answer that was decided on is now declared to be another."""
    approvals = Assessment.objects.for_dashboard().filter(use=submission.assessment.use_id, state=State.CERTIFIED)
    for approval in approvals.exclude(pk=submission.assessment_id).select_related("current_submission"):
        if approval.current_submission is None:
            continue
        then, now = approval.current_submission.content()["answers"], submission.content()["answers"]
        other = [k for k in then.keys() & now.keys() if any(then[k][n] != now[k][n] for n in ("choice", "items"))]
        if other:
            cause = because(StaleReason.ANSWERS_DIFFER, n=len(other))
            staleness.flag(approval, staleness.Kind.ANSWER, cause, by=by)
