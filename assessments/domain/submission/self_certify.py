"""Sign a Low use on the owner's own word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotReady, WrongState
from assessments.domain import workflow
from assessments.domain.certificates import blockers, incidents, issue, issuing, least_readiness
from assessments.domain.certificates import conditions as certificates_conditions
from assessments.domain.certificates.blockers import Blocker
from assessments.domain.certificates.conditions import too_many_to_promise
from assessments.domain.review.obstacles import Obstacle, words_of
from assessments.domain.submission import freeze, submit
from assessments.domain.submission.obstacles import Code as ToSign
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Certificate, DecisionKind, FactRevision, ReviewDecision, State, User
from assessments.models.snapshots import build_snapshot


def obstacles_to_self_certify(
    assessment: Assessment, content: Mapping[str, Any] | None = None, found: Sequence[Blocker] | None = None
) -> list[Obstacle]:
    """Return what keeps a Low use from being certified on its owner's word alone.

    `content`: its final snapshot; `found`: its `blockers_to_self_certify`, where a page has them.
    """
    reasons = submit.obstacles_to_submit(assessment)
    use, edition = assessment.use, assessment.compiled()
    if use.assigned_tier != Tier.LOW:
        words = _("Only a use in the Low tier can be self-certified. A reviewer must decide on this use.")
        reasons.append(Obstacle(ToSign.TIER, words))
    if use.open_holds or use.provisional:
        words = _("The tier is provisional, because it depends on unknown facts. Find out these facts first.")
        if use.open_holds:
            words = _("Every hold on this use must be lifted first.")
        reasons.append(Obstacle(ToSign.HELD, words))
    if incident := incidents.obstacle_to_sign(use):
        reasons.append(Obstacle(ToSign.INCIDENT, incident))
    reasons += lasting_obstacles_to_self_certify(assessment)
    content = content or build_snapshot(assessment, final=True)
    below = least_readiness.below_as_signed(edition, content)
    if below is not None:
        reasons.append(Obstacle(ToSign.READINESS, below.words))
    found = blockers.blockers_to_self_certify(assessment, content) if found is None else found
    if too_many := too_many_to_promise(sum(one.conditionable for one in found)):
        reasons.append(Obstacle(ToSign.CONDITIONS, too_many))
    return reasons + too_many_not_applicable(edition, content["musts"])


def too_many_not_applicable(edition: Edition, musts: Mapping[str, int]) -> list[Obstacle]:
    """Return the obstacle that a reviewer has to judge so many reasons for *not applicable*; none where they are few."""
    allowed = musts["in_scope"] * edition.policy.self_declared_na_share // 100
    if musts["not_applicable"] <= allowed:
        return []
    words = ngettext(
        "A reviewer must decide on this use, because %(n)s mandatory requirement is answered “not applicable”. "
        "Without a reviewer, at most %(allowed)s of all mandatory requirements may be answered “not applicable”.",
        "A reviewer must decide on this use, because %(n)s mandatory requirements are answered “not applicable”. "
        "Without a reviewer, at most %(allowed)s of all mandatory requirements may be answered “not applicable”.",
        musts["not_applicable"],
    )
    return [Obstacle(ToSign.NOT_APPLICABLE, words % {"n": musts["not_applicable"], "allowed": allowed})]


def lasting_obstacles_to_self_certify(assessment: Assessment) -> list[Obstacle]:
    """Return what keeps a Low use from its owner's word for good: no change of an answer takes it away. Two queries."""
    use, edition, reasons = assessment.use, assessment.compiled(), list[Obstacle]()
    # Taken back, withdrawn or begun anew: what a reviewer did not let pass is not signed past the reviewers.
    kinds = (DecisionKind.RETURN, DecisionKind.REFUSE, DecisionKind.APPROVE)
    decided = ReviewDecision.objects.filter(submission__assessment__use=use, kind__in=kinds).order_by("-pk")
    newest = decided.values_list("kind", flat=True).first()
    if newest == DecisionKind.RETURN:
        words = _("A reviewer has asked for changes, so a reviewer must decide on this use.")
        reasons.append(Obstacle(ToSign.SENT_BACK, words))
    elif newest == DecisionKind.REFUSE:
        words = _("A reviewer has refused this use, so a reviewer must decide on it again.")
        reasons.append(Obstacle(ToSign.REFUSED, words))
    prohibited = [key for key, fact in edition.facts.items() if fact.prohibited_use]
    history = FactRevision.objects.filter(parent__use=use, parent__key__in=prohibited).values_list("value", flat=True)
    if any(saved["value"] is not False for saved in history):
        words = _(
            "An answer about a prohibited use was once “yes” or “do not know”, so a reviewer must see the "
            "history of that answer."
        )
        reasons.append(Obstacle(ToSign.HISTORY, words))
    return reasons


@proof.asked
@transaction.atomic
def self_certify(
    assessment: Assessment, *, by: User, conditions: Mapping[str, date] | None = None, public_statement: str = ""
) -> Certificate:
    """Sign a Low use and issue its certificate, which says *self-declared*.

    Raises NotReady with everything that stands in the way, the blocking findings among it.
    """
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    if assessment.state != State.DRAFT:
        raise WrongState(assessment, State.CERTIFIED)
    reasons = words_of(obstacles_to_self_certify(assessment))
    if reasons:
        raise NotReady(_("This use cannot be self-certified yet."), reasons)
    submission = freeze.freeze(
        assessment, by=by, route=None, kind=DecisionKind.SELF_CERTIFY, public_statement=public_statement
    )
    rules = issuing.signed_with_rules("", timezone.localdate())
    decision = ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.SELF_CERTIFY, signed=rules)
    certificates_conditions.set_conditions(submission, decision, conditions or {})
    left = blockers.blockers(submission)
    if left:
        raise NotReady(
            _("This use cannot be self-certified yet. These duties are not met:"),
            [blocker.words for blocker in left],
        )
    workflow.move(assessment, State.CERTIFIED)
    certificate = issue.issue_if_clear(assessment, submission, by=by)
    if certificate is None:
        raise NotReady(
            _("The certificate cannot be issued, because the facts have changed. Check the answers, then sign again.")
        )
    told = {"certificate": certificate.number, "conditions": dict(conditions or {})}
    workflow.audit_move(AuditKind.SELF_CERTIFIED, assessment, by, [submission, decision], **told)
    return certificate
