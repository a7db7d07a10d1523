"""Decide on a hold of a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import separation
from assessments.access.separation import Reviewer
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError, WrongState
from assessments.domain import workflow
from assessments.domain.facts import holds, tier
from assessments.domain.review import decisions, marks
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import HoldKind
from assessments.models import Assessment, Hold, HoldOutcome, MarkKind, MarkReason, State, Submission, User
from assessments.models.marks import not_opened

LAWFUL_EXCEPTION, ILLEGAL_PURPOSE = "lawful_exception_claimed", "illegal_purpose"

OUTCOMES: Mapping[str, tuple[HoldOutcome, ...]] = {  # what a reviewer may decide on a hold
    HoldKind.OPEN_QUESTION: (HoldOutcome.ANSWERED, HoldOutcome.CORRECT),
    HoldKind.LEGAL_REVIEW: (HoldOutcome.STANDS, HoldOutcome.CORRECT),
    HoldKind.EXCEPTION_EVIDENCE: (HoldOutcome.ACCEPTED, HoldOutcome.CORRECT),
}

WHILE_JUDGING: Mapping[str, tuple[State, ...]] = {
    HoldKind.OPEN_QUESTION: (State.IN_REVIEW, State.APPROVED, State.CERTIFIED),
}
"""The states of a case in which a reviewer decides on a hold, where not under review alone."""


# --- the reviewer's side -----------------------------------------------------------------------------------------------


class NotUnderReview(WrongState):
    """The case of a hold is not in a state in which its reviewers decide on the hold."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(assessment, State.IN_REVIEW)
        self.args = (_("The submission is not under review now, so you cannot decide on the hold."),)


def obstacles_to_decide(hold: Hold, submission: Submission, by: User, known: Reviewer | None = None) -> list[str]:
    """Say what keeps this person from deciding on an open hold; empty when nothing does. `known`: of a page."""
    reviewer = known or Reviewer(by, submission)
    reasons = [str(one) for one in _refusals(hold, reviewer)]
    if reviewer.seat is not None and (left := left_to_open(hold, reviewer.assessment, by)):
        reasons.append(left)
    return reasons


def _refusals(hold: Hold, reviewer: Reviewer) -> Iterator[NotPermitted | WorkflowError]:
    """Yield each reason why a reviewer may not decide on a hold, what is about the person first."""
    try:
        separation.require_seat(reviewer)
    except (NotPermitted, SeparationOfDuties) as refusal:
        yield refusal
    if not _is_judged(hold, reviewer.assessment, reviewer.submission):
        yield NotUnderReview(reviewer.assessment)
    if hold.kind == HoldKind.LEGAL_REVIEW and reviewer.seat is not None and not reviewer.is_independent:
        yield SeparationOfDuties(_("This hold is for a legal review, so only an independent reviewer can lift it."))
    if waits := waits_for_answer(hold):
        yield WorkflowError(waits)


def left_to_open(hold: Hold, assessment: Assessment, by: User) -> str:
    """Say which evidence items on a hold this reviewer has not opened; empty where all are."""
    uses = hold.evidence_uses.filter(evidence__withdrawn_at=None).select_related("evidence").order_by("pk")
    shown = [(use.evidence, use.evidence.version) for use in uses]
    left = not_opened(shown, assessment=assessment.pk, reviewer=by.pk)
    return (
        _("Open all the evidence before you decide. Not opened yet: %(titles)s.") % {"titles": "; ".join(left)}
        if left
        else ""
    )


def waits_for_answer(hold: Hold) -> str:
    """Say that an open question has no answer with evidence yet; empty for an answered one, and for every other hold."""
    if hold.kind != HoldKind.OPEN_QUESTION or hold.answered_at:
        return ""
    return _("The organisation still has to answer this question and add evidence.")


def _is_judged(hold: Hold, assessment: Assessment, submission: Submission) -> bool:
    states = WHILE_JUDGING.get(hold.kind, (State.IN_REVIEW,))
    return assessment.state in states and assessment.current_submission_id == submission.pk


@proof.asked
@transaction.atomic
def close(
    hold: Hold, submission: Submission, *, by: User, decision: str, outcome: HoldOutcome | str | None = None
) -> Hold:
    """Decide on a hold, on the record: a reviewer with a seat, outside the team, independent for a legal review.

    `outcome`: the first of `OUTCOMES` when left out. *Correct* leaves the hold open and marks the fact *change needed*: it
    closes with this decision once the returned fact is corrected, which runs the rules again (a refused claim becomes
    `lawful_exception_claimed: false`). An open question that is sent back so has to be answered or shown again, and waits
    for a reviewer once more. Call `close_hold`, which also returns a submission whose tier changes by it. Raises
    InvalidAnswer where the decision is not written down, NotPermitted,
    SeparationOfDuties, WorkflowError where evidence of an exception is to be accepted and there is none.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    use, hold = holds.lock(hold)
    if hold.use_id != assessment.use_id:
        raise WorkflowError(_("This hold has already been lifted."))
    for refusal in _refusals(hold, Reviewer(by, submission, assessment)):
        raise refusal
    chosen = HoldOutcome(outcome or OUTCOMES[hold.kind][0])
    if chosen not in OUTCOMES[hold.kind]:
        raise InvalidAnswer("outcome", _("Choose one of the decisions in the list."))
    if chosen == HoldOutcome.CORRECT and assessment.state != State.IN_REVIEW:
        raise InvalidAnswer(
            "outcome", _("You can return a fact for correction only while the submission is under review.")
        )
    if not decision.strip():
        raise InvalidAnswer(
            "decision", _("Write what you decided, and which advice or evidence supports the decision.")
        )
    if chosen == HoldOutcome.ACCEPTED and not hold.evidence_uses.filter(evidence__withdrawn_at=None).exists():
        raise WorkflowError(
            _("There is no evidence to accept. The organisation has to attach evidence to the hold first.")
        )
    if left := left_to_open(hold, assessment, by):
        raise WorkflowError(left)
    hold.closed_by, hold.decision, hold.outcome = by, decision, chosen
    if chosen == HoldOutcome.CORRECT:
        _ask_for_correction(hold, submission, by=by)
        if hold.kind == HoldKind.OPEN_QUESTION:
            hold.answered_at, hold.sent_back_at = None, timezone.now()
    else:
        hold.closed_at = timezone.now()
    hold.save(update_fields=["answered_at", "sent_back_at", "closed_at", "closed_by", "decision", "outcome"])
    if hold.kind == HoldKind.OPEN_QUESTION:
        tier.run_rules(use, by=by)  # the tier follows the declared facts from now on
    use.open_holds = use.holds.filter(closed_at=None).count()
    use.save(update_fields=["open_holds"])
    kind = AuditKind.HOLD_CLOSED if hold.closed_at else AuditKind.HOLD_CORRECTION_ASKED
    holds.audit_hold(kind, hold, by, outcome=str(chosen), submission=submission.reference)
    return hold


def _ask_for_correction(hold: Hold, submission: Submission, *, by: User) -> None:
    fact, would_satisfy = hold.fact, _("Change the fact so that it agrees with the decision on the hold.")
    if hold.kind == HoldKind.OPEN_QUESTION:
        would_satisfy = _(
            "Correct the answer, or attach evidence to the hold. The evidence must show that the answer is true."
        )
    elif hold.fact in (LAWFUL_EXCEPTION, ILLEGAL_PURPOSE):
        fact, would_satisfy = (
            LAWFUL_EXCEPTION,
            _("Change the fact to “no”. This withdraws the claim that a lawful exception applies."),
        )
    given = marks.GivenMark(
        mark=MarkKind.CHANGE_NEEDED, reason=MarkReason.WRONG_FACT, words=hold.decision, would_satisfy=would_satisfy
    )
    marks.save_mark(submission, f"f:{fact}", given, by=by)


def who_closes(edition: CompiledEdition, hold: Hold, answer: str = "") -> str:
    """Say who closes a hold. Our judgement for an open question; the edition's words for the others.

    `answer`: the answer that the fact of an open question has by now, in words; empty while it is not known.
    """
    if hold.kind == HoldKind.OPEN_QUESTION and answer:
        said = _(
            "The answer has changed from “do not know” to “%(answer)s”. The new answer alone does not lift the"
            " hold. The organisation attaches evidence for the answer, and an owner sends the assessment for review."
            " A reviewer then lifts the hold. An organisation without reviewers sends the assessment to an"
            " independent reviewer. Until the hold is lifted, the rules are applied twice: once with the answer, and"
            " once with “do not know”. "
            "The higher of the two tiers counts. This rule is our judgement."
        )
        return said % {"answer": answer}
    if hold.kind == HoldKind.OPEN_QUESTION:
        return _(
            "The organisation answers the question and attaches evidence. A reviewer of the case then lifts the"
            " hold. Until then, the rules are applied twice: once with the answer, and once with “do not know”. "
            "The higher of the two tiers counts. This rule is our judgement."
        )
    return edition.holds[HoldKind(hold.kind)]


@proof.asked
@transaction.atomic
def close_hold(
    hold: Hold, submission: Submission, *, by: User, decision: str, outcome: HoldOutcome | str | None = None
) -> Hold:
    """Decide on a hold of the case: see `close`.

    Where the tier changes because an open question is closed, the submission goes back to be signed as what it is.
    """
    done = close(hold, submission, by=by, decision=decision, outcome=outcome)
    assessment = Assessment.objects.lock(submission.assessment_id)
    tier = assessment.use.assigned_tier
    if done.closed_at and assessment.state == State.IN_REVIEW and tier != submission.assigned_tier:
        seat = separation.require_seat(Reviewer(by, submission, assessment))
        said = _("A hold was lifted. This changed the tier, so an owner has to sign the assessment again.")
        returned = decisions.return_for_tier(assessment, submission, seat, by=by, words=f"{said}\n{decision}")
        workflow.audit_move(AuditKind.RETURNED, assessment, by, [returned], submission=submission.reference, changes=0)
    return done
