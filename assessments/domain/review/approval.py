"""Approve a submission: what keeps a person from it, what it signs, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import separation
from assessments.access.separation import delivery_team
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotReady, SeparationOfDuties, WorkflowError
from assessments.documents import requests
from assessments.domain import workflow
from assessments.domain.certificates import blockers, freshness, issue, issuing, requirements, waiting
from assessments.domain.certificates import conditions as certificates_conditions
from assessments.domain.certificates.blockers import Blocker
from assessments.domain.remediation import opening
from assessments.domain.review import agreed_actions, approvals, parts, seat_taking, supplements, targets, telling
from assessments.domain.review.obstacles import Code, Obstacle, words_of
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import PartKind, Tier
from assessments.models import (
    Assessment,
    Certificate,
    Condition,
    DecisionKind,
    DocumentKind,
    Evidence,
    MarkKind,
    ReviewDecision,
    ReviewSeat,
    Seat,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models.base import canonical_json
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of


@dataclass(frozen=True, slots=True)
class PreloadedCase:
    """What a page has loaded of a case already. None: it is not loaded yet."""

    content: Mapping[str, Any] | None = None  # the snapshot
    found: Sequence[Blocker] | None = None
    lacking: Sequence[requirements.Missing] | None = None
    look: approvals.Look | None = None  # what the person's seat looked at
    changes: int | None = None  # how many are asked for
    of_seat: Sequence[Obstacle] | None = None  # what the seat has not judged of file and supplements


NOTHING_PRELOADED = PreloadedCase()


def obstacles_to_approve(
    submission: Submission, by: User, preloaded: PreloadedCase = NOTHING_PRELOADED
) -> list[Obstacle]:
    """Return what keeps this person from approving this submission; empty when nothing does."""
    assessment = submission.assessment
    content = preloaded.content or submission.content()
    found = blockers.blockers(submission, content) if preloaded.found is None else preloaded.found
    reasons = list[Obstacle]()
    seat = submission.seats.filter(reviewer=by).first() if preloaded.look is None else None
    look = approvals.look_of(submission, seat) if seat else preloaded.look
    left = look.targets - look.marked if look else len(targets.review_targets(content))
    if left:
        words = ngettext(
            "You still have to mark %(n)s answer or fact.", "You still have to mark %(n)s answers and facts.", left
        )
        reasons.append(Obstacle(Code.UNMARKED, words % {"n": left}))
    reasons += approvals.obstacles(look) if look else []
    changes = preloaded.changes
    if changes is None:
        changes = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).values("target").distinct().count()
    if changes:
        words = ngettext(
            "%(n)s answer or fact is marked “change needed”. Return the submission instead.",
            "%(n)s answers and facts are marked “change needed”. Return the submission instead.",
            changes,
        )
        reasons.append(Obstacle(Code.CHANGES, words % {"n": changes}))
    if submission.assigned_tier == Tier.UNACCEPTABLE:
        reasons.append(Obstacle(Code.PROHIBITED, _("Nobody can approve a prohibited use.")))
    reasons += [Obstacle(Code.HELD, b.words) for b in found if not b.question]
    lacking = missing_at_the_gates(submission, content) if preloaded.lacking is None else preloaded.lacking
    reasons += [Obstacle(Code.GATE, said(submission, content, lack), lack.target) for lack in lacking]
    of_seat = preloaded.of_seat
    if of_seat is None:
        seat = submission.seats.filter(reviewer=by).select_related("reviewer").first()
        missing_parts = {lack.part for lack in lacking}
        of_seat = [*parts.obstacles(submission, seat, missing_parts), *supplements.obstacles(submission, seat)]
    reasons += of_seat
    if by.pk in delivery_team(assessment):
        words = _("You worked on this use yourself, so somebody else has to approve the submission.")
        reasons.append(Obstacle(Code.OWN_WORK, words))
    return reasons


def said(submission: Submission, content: Mapping[str, Any], lack: requirements.Missing) -> str:
    """Say of one thing that it is missing, or handed in but not enough, before the words that tell what is needed.

    The words alone (“Reports of the tests …”) read as if the reports were there.
    """
    gates = edition_for(submission.edition_checksum).gates
    asks = {one.asks for one in gates.evidence} | {part.asks for part in gates.conformity_file}
    given = any(one["part"] == lack.part and (one["rows"] or one["evidence"]) for one in content.get("conformity", ()))
    named = {"what": lack.label, "words": lack.words}
    if lack.words in asks and not given:
        return _("%(what)s: not provided. Needed: %(words)s") % named
    return _("%(what)s: not complete. Needed: %(words)s") % named


def missing_at_the_gates(
    submission: Submission, content: Mapping[str, Any], *, as_signed: bool = False
) -> list[requirements.Missing]:
    """What the tier asks for beyond answers and this submission lacks today: evidence, parts of the conformity file.

    One query at tiers that ask for something; another where the monitoring that was signed has grown old. An overview
    spares the first (`as_signed`): it takes pieces for good that were withdrawn since.
    """
    edition, today = edition_for(submission.edition_checksum), timezone.localdate()
    named = set() if as_signed else requirements.evidence_asked_for(edition, content)
    found = Evidence.objects.filter(reference__in=named).exclude(withdrawn_at=None)
    withdrawn = set(found.values_list("reference", flat=True)) if named else set()
    lacking = requirements.missing(edition, content, today=today, withdrawn=withdrawn)
    later = supplements.supporting(submission) if lacking else {}
    if later:
        lacking = requirements.missing(edition, content, today=today, withdrawn=withdrawn, supplements=later)
    monitoring = {part.key for part in edition.gates.conformity_file if part.kind == PartKind.MONITORING}
    if any(lack.part in monitoring for lack in lacking):
        monitored = freshness.monitored_to(submission, edition)
        kept = {"withdrawn": withdrawn, "monitored": monitored, "supplements": later}
        lacking = requirements.missing(edition, content, today=today, **kept)  # type: ignore[arg-type]
    return lacking


def approval_sentences(edition: CompiledEdition, seat: ReviewSeat, *, independent: bool) -> list[str]:
    """The fixed sentences that an approval from this seat signs; none in an edition without them."""
    stands = {
        "looked_at": True,
        "outside_team": True,
        "independent": independent,
        "inside": not independent,
        "no_conflict": not seat.conflict_declared,
        "conflict_declared": bool(seat.conflict_declared),
    }
    return [sentence for key, sentence in edition.gates.approval.items() if stands.get(key)]


def _signed(submission: Submission, sentences: Sequence[str], look: approvals.Look) -> str:
    signed = {"edition": submission.edition_checksum, "sentences": sentences} if sentences else {}
    return canonical_json(signed | {"looked_at": approvals.record(look)})


@proof.asked
@transaction.atomic
def approve(
    submission: Submission, *, by: User, statement: str, conditions: Mapping[str, date] | None = None
) -> ReviewDecision:
    """Approve a submission; the second approval of a High one, or the only one, leads on to the certificate.

    `conditions`: question key to the date by which its musts have to be met. Raises SeparationOfDuties, NotReady with
    what is missing, InvalidAnswer for a condition that the policy does not allow.
    """
    assessment, seat = seat_taking.require_under_review(submission, by)
    reasons = obstacles_to_approve(submission, by)
    if reasons:
        raise NotReady(_("This submission cannot be approved yet."), words_of(reasons))
    given = list(submission.decisions.approvals())
    if any(decision.by_id == by.pk for decision in given):
        raise WorkflowError(_("You have already approved this submission."))
    _require_sound(given, assessment)
    independent = separation.is_independent(by, assessment.organisation_id)
    high = submission.assigned_tier == Tier.HIGH
    separation.require_route(submission, independent=independent)
    if high and seat.seat == Seat.SECOND and not independent:
        raise SeparationOfDuties(
            _("The second approval of a use in the High tier must come from an independent reviewer.")
        )
    decision = _signed_approval(submission, seat, independent=independent, statement=statement)
    certificates_conditions.set_conditions(submission, decision, conditions or {})
    # High: two people, one of them independent. The first seat of one reviewed inside may be either: both have to speak.
    complete = not high or (len(given) == 1 and (independent or given[0].independent))
    workflow.move(assessment, State.APPROVED if complete else State.IN_REVIEW)
    workflow.audit_move(
        AuditKind.APPROVED,
        assessment,
        by,
        [decision],
        submission=submission.reference,
        independent=independent,
        complete=complete,
        conditions=dict(conditions or {}),
    )
    certificate = _complete(submission, assessment, by=by) if complete else None
    telling.approved(submission, decision, complete=complete, has_certificate=certificate is not None)
    return decision


def _require_sound(given: Sequence[ReviewDecision], assessment: Assessment) -> None:
    """Raise NotReady where somebody who approved before has worked on the use or has a conflict of interest by now."""
    team = delivery_team(assessment) if given else set()
    for decision in given:
        if decision.by_id in team or separation.has_conflict(decision.by, assessment):
            words = _(
                "%(name)s gave the first approval, but has worked on the use or declared a conflict of interest "
                "since then."
            )
            more = _(
                "Return the submission. The first approval then no longer counts, and somebody else has to give a "
                "new one."
            )
            raise NotReady(_("This submission cannot be approved yet."), [f"{words % {'name': decision.by}} {more}"])


def _complete(submission: Submission, assessment: Assessment, *, by: User) -> Certificate | None:
    """Do what follows from the last approval: actions, certificate, documents, message. Return the certificate, if any."""
    workflow.settle_messages(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
    opening.close_accepted_reasons(submission, by=by)
    promised = Condition.objects.filter(decision__submission=submission).exists()
    agreed = agreed_actions.open_agreed_actions(submission)  # first: the certificate says what is open at its issue
    certificate = issue.issue_if_clear(assessment, submission, by=by)
    if agreed or promised:  # with what was agreed, the dates of the conditions, and the certificate
        requests.print_plan_again(submission)
    # The letter says whether the certificate is issued.
    requests.ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    notify(
        MessageKind.APPROVED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=links.assessment(assessment),
        context=waiting.approval_context(submission, None if certificate else issue.no_certificate_yet(submission)),
    )
    return certificate


def _signed_approval(submission: Submission, seat: ReviewSeat, *, independent: bool, statement: str) -> ReviewDecision:
    """Write the approval of a seat's holder with its sentences and what they looked at."""
    by, look = seat.reviewer, approvals.look_of(submission, seat)
    sentences = approval_sentences(edition_for(submission.edition_checksum), seat, independent=independent)
    decision: ReviewDecision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.APPROVE,
        attempt=submission.decisions.filter(kind=DecisionKind.APPROVE, by=by).count() + 1,
        independent=independent,
        statement=statement,
        signed=issuing.signed_with_rules(_signed(submission, sentences, look), timezone.localdate()),
    )
    approvals.tell_of_short_look(submission, look, by=by)
    return decision
