"""What a use waits for before anything is certified: its holds, and the open answers of a provisional tier.

Who may close a hold is refused here, whatever page asks. An open question is answered by the organisation, with evidence,
and closed by a reviewer of the case; until then the tier is the worse one. This replaces tiering.md 4 on that point. A legal
review is closed by an independent reviewer's written decision, evidence of an exception by a reviewer outside the team.

Our judgement: a Low use has no way round it. Whoever once did not know an answer on a prohibited use is not certified on
their own word, so such a use goes to a reviewer. Where its tier falls by the decision, it goes back and is signed as what it
is. Every function names its actor, `by=`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments import access, declaring, reviewing
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.domain.review import seats
from assessments.domain.review.seats import Reviewer
from assessments.errors import InvalidAnswer, NotPermitted, SeparationOfDuties, WorkflowError, WrongState
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import HoldKind, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import (
    Assessment,
    DeclaredUse,
    Evidence,
    EvidenceUse,
    Hold,
    HoldOutcome,
    MarkKind,
    MarkReason,
    Role,
    SignedWorst,
    State,
    Submission,
    User,
)
from assessments.models.marks import not_opened
from assessments.models.systems import declared_facts
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.scoring.held import assign_held_tier
from assessments.scoring.tiers import assign_tier

PLEA, PLEADED = "lawful_exception_claimed", "illegal_purpose"
OUTCOMES: Mapping[str, tuple[HoldOutcome, ...]] = {  # what a reviewer may decide on a hold
    HoldKind.OPEN_QUESTION: (HoldOutcome.ANSWERED, HoldOutcome.CORRECT),
    HoldKind.LEGAL_REVIEW: (HoldOutcome.STANDS, HoldOutcome.CORRECT),
    HoldKind.EXCEPTION_EVIDENCE: (HoldOutcome.ACCEPTED, HoldOutcome.CORRECT),
}


WHILE_JUDGING: Mapping[str, tuple[State, ...]] = {
    HoldKind.OPEN_QUESTION: (State.IN_REVIEW, State.APPROVED, State.CERTIFIED),
}
"""The states of a case in which a reviewer decides on a hold, where not under review alone."""


def _lock(hold: Hold) -> tuple[DeclaredUse, Hold]:
    """Lock the use, then read its hold afresh."""
    locked = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation")
    use = locked.get(pk=hold.use_id)
    hold = Hold.objects.select_related("owner").get(pk=hold.pk)
    hold.use = use
    if hold.closed_at:
        raise WorkflowError(_("This hold is closed already."))
    return use, hold


def _audit(kind: AuditKind, hold: Hold, by: User, **details: Any) -> None:
    about = {"hold": str(hold.kind), "fact": hold.fact, **details}
    log.record(kind, hold.use, by=by, organisation=hold.use.system.organisation, details=about)


# --- the organisation's side -------------------------------------------------------------------------------------------


@transaction.atomic
def assign(hold: Hold, *, by: User, owner: User, due: date) -> Hold:
    """Say who looks after a hold and by when: an Owner, or whoever looks after it now. The new one is told."""
    use, hold = _lock(hold)
    require_keeper(hold, by)
    if access.role_in(owner, use.organisation_id) not in access.MAY[Action.ANSWER]:
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))
    if due < timezone.localdate() and due != hold.due:
        raise InvalidAnswer("due", _("Choose today or a later day."))
    before = {"owner": str(hold.owner) if hold.owner else "", "due": hold.due}
    is_new = hold.owner_id != owner.pk
    hold.owner, hold.due = owner, due
    hold.save(update_fields=["owner", "due"])
    if is_new and owner.pk != by.pk:
        notify(
            MessageKind.HOLD,
            [owner.pk],
            about=f"hold:{hold.pk}",
            link=reverse("hold", args=[use.reference, hold.pk]),
            context={"name": by, "use": use.title, "due": due},
        )
    _audit(AuditKind.HOLD_ASSIGNED, hold, by, old=before, new={"owner": str(owner), "due": due})
    return hold


def require_keeper(hold: Hold, by: User) -> None:
    """Raise NotPermitted for anybody but the hold's owner, while a member who declares, and the organisation's Owners."""
    role = access.require(by, Action.DECLARE, hold.use)
    if role != Role.OWNER and hold.owner_id != by.pk:
        raise NotPermitted(_("The person who looks after this hold does that, or an owner of the organisation."))


def may_keep(hold: Hold, by: User) -> bool:
    """Whether `by` may assign the hold and change its evidence: for a page, which shows what can be done."""
    try:
        require_keeper(hold, by)
    except NotPermitted:
        return False
    return True


@transaction.atomic
def attach(hold: Hold, piece: Evidence, *, by: User) -> EvidenceUse:
    """Let a hold lean on a piece of the library; twice is once. With its answer given, an open question is answered."""
    use, hold = _lock(hold)
    require_keeper(hold, by)
    piece = Evidence.objects.select_for_update(of=("self",)).get(pk=piece.pk)
    if piece.organisation_id != use.organisation_id:
        raise NotPermitted(_("This piece belongs to another organisation."))
    if piece.withdrawn_at:
        raise WorkflowError(_("This piece was withdrawn from the library."))
    row, created = EvidenceUse.objects.get_or_create(
        evidence=piece, hold=hold, defaults={"version": piece.version, "by": by}
    )
    if created:
        declaring.run_rules(use, by=by)
        _audit(AuditKind.HOLD_EVIDENCE_ATTACHED, hold, by, piece=piece.reference, version=piece.version)
    return row


@transaction.atomic
def detach(hold: Hold, piece: Evidence, *, by: User) -> None:
    """Take a piece away from an open hold; it stays in the library."""
    use, hold = _lock(hold)
    require_keeper(hold, by)
    if EvidenceUse.objects.filter(evidence=piece, hold=hold).take_away(hold.use_id):
        declaring.run_rules(use, by=by)
        _audit(AuditKind.HOLD_EVIDENCE_DETACHED, hold, by, piece=piece.reference)


# --- the reviewer's side -----------------------------------------------------------------------------------------------


class NotUnderReview(WrongState):
    """The case of a hold is not in a state in which its reviewers decide on the hold."""

    def __init__(self, assessment: Assessment) -> None:
        super().__init__(assessment, State.IN_REVIEW)
        self.args = (_("The submission is not under review now."),)


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
        seats.require_seat(reviewer)
    except (NotPermitted, SeparationOfDuties) as refusal:
        yield refusal
    if not _is_judged(hold, reviewer.assessment, reviewer.submission):
        yield NotUnderReview(reviewer.assessment)
    if hold.kind == HoldKind.LEGAL_REVIEW and reviewer.seat is not None and not reviewer.is_independent:
        yield SeparationOfDuties(_("A legal review is closed by an independent reviewer."))
    if waits := waits_for_answer(hold):
        yield WorkflowError(waits)


def left_to_open(hold: Hold, assessment: Assessment, by: User) -> str:
    """Say which pieces of evidence on a hold this reviewer has not opened; empty where all are."""
    uses = hold.evidence_uses.filter(evidence__withdrawn_at=None).select_related("evidence").order_by("pk")
    shown = [(use.evidence, use.evidence.version) for use in uses]
    left = not_opened(shown, assessment=assessment.pk, reviewer=by.pk)
    return _("Open each piece of evidence before you decide: %(titles)s.") % {"titles": "; ".join(left)} if left else ""


def waits_for_answer(hold: Hold) -> str:
    """Say that an open question has no answer with evidence yet; empty for an answered one, and for every other hold."""
    if hold.kind != HoldKind.OPEN_QUESTION or hold.answered_at:
        return ""
    return _("The organisation has not answered this question with evidence yet.")


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
    for a reviewer once more. Call `workflow.close_hold`, which also returns a submission whose tier changes by it. Raises
    InvalidAnswer where the decision is not written down, NotPermitted,
    SeparationOfDuties, WorkflowError where evidence of an exception is to be accepted and there is none.
    """
    assessment = Assessment.objects.lock(submission.assessment_id)
    use, hold = _lock(hold)
    if hold.use_id != assessment.use_id:
        raise WorkflowError(_("This hold is closed already."))
    for refusal in _refusals(hold, Reviewer(by, submission, assessment)):
        raise refusal
    chosen = HoldOutcome(outcome or OUTCOMES[hold.kind][0])
    if chosen not in OUTCOMES[hold.kind]:
        raise InvalidAnswer("outcome", _("Choose one of the decisions given."))
    if chosen == HoldOutcome.CORRECT and assessment.state != State.IN_REVIEW:
        raise InvalidAnswer("outcome", _("Only a submission under review can be returned to have a fact corrected."))
    if not decision.strip():
        raise InvalidAnswer("decision", _("Write down what was decided and on what advice."))
    if chosen == HoldOutcome.ACCEPTED and not hold.evidence_uses.filter(evidence__withdrawn_at=None).exists():
        raise WorkflowError(_("There is no evidence to accept: the organisation attaches it to the hold first."))
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
        declaring.run_rules(use, by=by)  # the tier follows the declared facts from now on
    use.open_holds = use.holds.filter(closed_at=None).count()
    use.save(update_fields=["open_holds"])
    kind = AuditKind.HOLD_CLOSED if hold.closed_at else AuditKind.HOLD_CORRECTION_ASKED
    _audit(kind, hold, by, outcome=str(chosen), submission=submission.reference)
    return hold


def _ask_for_correction(hold: Hold, submission: Submission, *, by: User) -> None:
    fact, would_satisfy = hold.fact, _("The fact is declared as the decision on the hold says.")
    if hold.kind == HoldKind.OPEN_QUESTION:
        would_satisfy = _("The answer is corrected, or evidence is attached to the hold that shows it.")
    elif hold.fact in (PLEA, PLEADED):
        fact, would_satisfy = PLEA, _("The claim of a lawful exception is taken back: the fact is declared as “no”.")
    reviewing.save_mark(
        submission,
        f"f:{fact}",
        by=by,
        mark=MarkKind.CHANGE_NEEDED,
        reason=MarkReason.WRONG_FACT,
        words=hold.decision,
        would_satisfy=would_satisfy,
    )


def who_closes(edition: CompiledEdition, hold: Hold) -> str:
    """Say who closes a hold. Our judgement for an open question; the edition's words for the others."""
    if hold.kind == HoldKind.OPEN_QUESTION:
        return _(
            "The organisation answers the question, with evidence. A reviewer of the case then closes the hold. Until that"
            " is done, the tier is the worse of the tier for the answer and the tier for an unknown answer (our judgement)."
        )
    return edition.holds[HoldKind(hold.kind)]


# --- whether the tier changes ------------------------------------------------------------------------------------------


def tiers_of(hold: Hold) -> tuple[Tier, Tier]:
    """The tier of the use now, and the one that it has once this open question is closed as answered; three queries."""
    use = hold.use
    edition = declaring.current_edition(use)
    facts = declared_facts(edition, use.fact_rows())
    held = use.held_facts()
    others = [fact for fact in held if fact != hold.fact]
    now, then = (assign_held_tier(edition, facts, one).assigned_tier for one in (held, others))
    return use.tier_over(now), use.tier_over(then)


# --- signing the worst answer ------------------------------------------------------------------------------------------


def open_answers(edition: CompiledEdition, facts: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answers that a provisional tier waits for: those that may be signed at their worst, and those that may not.

    Signing some may make others count, so it is tried until the tier is provisional no more. Facts on prohibited uses,
    and the plea of a lawful exception, are never declared by signing: somebody has to know.
    """
    signed: dict[str, Any] = {}
    never: dict[str, None] = {}
    result = assign_tier(edition, facts)
    while result.provisional:
        waiting = [key for key in result.waits_for if key not in signed and key not in never]
        for key in waiting:
            fact = edition.facts[key]
            if fact.prohibited_use or fact.worst is None:
                never[key] = None
            else:
                signed[key] = fact.worst
        if not waiting:
            break
        result = assign_tier(edition, {**facts, **signed})
    return signed, tuple(never)


def worst_statement(use: DeclaredUse, edition: CompiledEdition, answers: Mapping[str, Any]) -> str:
    """The text that an Owner signs; it is stored word for word."""
    lines = [
        f"{edition.facts[key].label}: {fact_answer(edition.facts[key], value, short=True)}"
        for key, value in answers.items()
    ]
    words = ngettext(
        "For the use “%(use)s” we do not know the answer to the following fact. I declare it at its worst answer, as if "
        "it were known, and let the tier follow from it. It stands until a new answer is declared in its place.",
        "For the use “%(use)s” we do not know the answers to the following facts. I declare each at its worst answer, as if "
        "it were known, and let the tier follow from them. They stand until new answers are declared in their place.",
        len(lines),
    )
    return "\n".join([words % {"use": use.title}, *lines])


@proof.asked
@transaction.atomic
def sign_worst(use: DeclaredUse, *, by: User, shown: Mapping[str, Any] | None = None) -> SignedWorst:
    """Declare the open answers of a provisional tier at their worst, on an Owner's signature; the rules run again.

    The facts take the worst value by revisions like any other and can be changed like any other, which takes the mark of
    the signature from them. `shown`: the answers that the page showed. Raises WorkflowError where nothing waits, where a
    fact waits that is never signed, or where other answers are open by now; Locked as `declaring.declare_facts`.
    """
    access.require(by, Action.SIGN, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    edition = declaring.current_edition(use)
    rows = {row.key: row for row in use.fact_rows()}
    answers, never = open_answers(edition, declared_facts(edition, rows.values()))
    if never:
        labels = "; ".join(edition.facts[key].label for key in never)
        words = _("These facts are never signed at their worst answer. Somebody has to answer them first: %(facts)s.")
        raise WorkflowError(words % {"facts": labels})
    if not answers:
        raise WorkflowError(_("The tier waits for no answer that could be signed."))
    if shown is not None and dict(shown) != answers:
        raise WorkflowError(_("Other answers are open by now than the page showed. Read the statement again."))
    before = {key: rows[key].value if key in rows else None for key in answers}
    declaring.declare_facts(use, answers, by=by)
    signed = SignedWorst.objects.create(
        use=use,
        facts=[{"fact": key, "was": before[key], "value": value} for key, value in answers.items()],
        statement=worst_statement(use, edition, answers),
        by=by,
    )
    use.fact_rows().filter(key__in=answers).update(signed_worst=signed)
    log.record(
        AuditKind.WORST_ANSWERS_SIGNED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"facts": signed.facts, "statement": signed.statement},
    )
    return signed
