"""Raise the tier of a use under review by a reviewer's judgement, and withdraw the raise."""

from __future__ import annotations

from django.db import models, transaction
from django.utils.translation import gettext as _

from assessments.access.separation import delivery_team
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, SeparationOfDuties, WorkflowError
from assessments.domain import workflow
from assessments.domain.facts.tier import run_rules
from assessments.domain.review import decisions, seat_taking
from assessments.guideline.terms import Tier
from assessments.models import DecisionKind, ReviewDecision, Submission, User
from assessments.models.public_reasons import PublicReason


@proof.asked
@transaction.atomic
def raise_tier(submission: Submission, *, by: User, tier: Tier, reason: str) -> ReviewDecision:
    """Raise the tier of the use under review, as a reviewer's judgement beside the rules; it is never lowered this way.

    The duties of the higher tier are asked from now on, so the submission goes back; raised to Unacceptable it is refused.
    The raise stands until a reviewer of a later submission withdraws it. A tier is lowered by correcting a fact alone.
    """
    assessment, seat = seat_taking.require_under_review(submission, by)
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to judge its tier."))
    use = assessment.use
    if Tier(tier).rank <= Tier(use.assigned_tier).rank:
        raise InvalidAnswer(
            "tier",
            _(
                "You can raise a tier, but you cannot lower it. If the tier should be lower, mark the wrong fact as "
                "“change needed”. When that fact is corrected, the rules are applied again."
            ),
        )
    if not reason.strip():
        raise InvalidAnswer(
            "reason", _("Say why you are raising the tier. The reason is printed wherever the tier is printed.")
        )
    before = use.assigned_tier
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.RAISE_TIER,
        independent=seat.independent,
        tier=tier,
        statement=reason,
    )
    use.raised_tier, use.raised_by = tier, decision
    use.save(update_fields=["raised_tier", "raised_by"])
    written: list[models.Model] = [decision]
    if tier == Tier.UNACCEPTABLE:
        decisions.refuse(submission, by=by, statement=_("The tier was raised to Unacceptable.") + "\n" + reason)
    else:
        said = _("The tier was raised, so more duties apply.") + "\n" + reason
        written.append(decisions.return_for_tier(assessment, submission, seat, by=by, words=said))
    run_rules(use, by=by, suspended_for=PublicReason.TIER_RAISED)
    told = {"submission": submission.reference, "old": before, "new": str(tier), "reason": reason}
    workflow.audit_move(AuditKind.TIER_RAISED, assessment, by, written, **told)
    return decision


@proof.asked
@transaction.atomic
def withdraw_raise(submission: Submission, *, by: User, reason: str) -> ReviewDecision:
    """Withdraw the raise of an earlier submission; the tier is what the rules give again.

    Our judgement: what an independent reviewer raised, an independent one withdraws. Where the tier changes by it, the
    submission goes back to be signed as what it is.
    """
    assessment, seat = seat_taking.require_under_review(submission, by)
    use = assessment.use
    if not use.raised_tier or use.raised_by is None:
        raise WorkflowError(_("The tier is not raised at the moment, so there is nothing to withdraw."))
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to judge its tier."))
    if use.raised_by.independent and not seat.independent:
        raise SeparationOfDuties(
            _("An independent reviewer raised the tier, so only an independent reviewer can withdraw that decision.")
        )
    if not reason.strip():
        raise InvalidAnswer(
            "reason",
            _(
                "Say why you are withdrawing the decision to raise the tier. Your reason is kept together with the "
                "reason for raising the tier."
            ),
        )
    before, raised = use.assigned_tier, use.raised_tier
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.WITHDRAW_RAISE,
        independent=seat.independent,
        tier=raised,
        statement=reason,
    )
    use.raised_tier, use.raised_by = "", None
    use.save(update_fields=["raised_tier", "raised_by"])
    written: list[models.Model] = [decision]
    if use.rules_tier != before:
        words = _("The decision to raise the tier was withdrawn, so an owner has to sign the assessment again.")
        said = words + "\n" + reason
        written.append(decisions.return_for_tier(assessment, submission, seat, by=by, words=said))
    run_rules(use, by=by)
    details = {"old": before, "new": use.assigned_tier, "reason": reason}
    workflow.audit_move(
        AuditKind.TIER_RAISE_WITHDRAWN, assessment, by, written, submission=submission.reference, **details
    )
    return decision
