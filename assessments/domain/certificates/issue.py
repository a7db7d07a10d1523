"""Issue a certificate: at once with the decision, or later when the last blocker is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.documents import requests
from assessments.domain import workflow
from assessments.domain.certificates import blockers, freshness, least_readiness, public_facts, status, waiting
from assessments.domain.certificates.plan_now import PlanNow
from assessments.domain.remediation import actions, opening
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    Assurance,
    AuditEntry,
    Certificate,
    Condition,
    DecisionKind,
    DocumentKind,
    Organisation,
    RemediationAction,
    ReviewDecision,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.models import marks as models_marks
from assessments.models import parts as models_parts
from assessments.models.base import canonical_json


def issue_if_clear(
    assessment: Assessment, submission: Submission, *, by: User | None, notify: bool = False
) -> Certificate | None:
    """Issue the certificate when nothing blocks; the caller holds the locks and has moved the assessment.

    `notify`: whether owners and reviewers are told of it; the message of an approval says it already.
    """
    edition = edition_for(submission.edition_checksum)
    if blockers.blockers(submission) or assessment.stale_since or not freshness.is_monitored(submission, edition):
        return None
    if least_readiness.below(submission) is not None:
        return None
    months = edition.obligations[Tier(submission.assigned_tier)].valid_months
    if months is None:
        return None
    today = timezone.localdate()
    written: list[models.Model] = []
    previous = Certificate.objects.filter(use=assessment.use, ended_at=None).first()
    if previous:
        written.append(status.change(previous, status.Event.SUPERSEDED, by=by, notify=False))
        opening.close_superseded(submission, by=by)
    for old in Assessment.objects.filter(use=assessment.use, state=State.CERTIFIED).exclude(pk=assessment.pk):
        workflow.move(old, State.SUPERSEDED)
        workflow.audit_move(
            AuditKind.SUPERSEDED, old, by, certificate=previous.number if previous else "", follows=assessment.reference
        )
    certificate = Certificate(
        submission=submission,
        use=assessment.use,
        organisation=assessment.organisation,
        assurance=_assurance(submission),
        tier=submission.assigned_tier,
        issued_on=today,
        expires_on=_months_later(today, months),
        first_issued_on=previous.first_issued_on if previous else today,
        supersedes=previous,
    )
    while Certificate.objects.filter(number=certificate.number).exists():
        certificate.number = Certificate._meta.get_field("number").get_default()
    # The newest entry as it stands before the one of the issue: cutting off or rewriting what led here shows by it.
    newest = AuditEntry.objects.newest(assessment.organisation)
    certificate.public_record = canonical_json(public_record(certificate, edition) | {"log": newest})
    certificate.save()
    written += [certificate, status.change(certificate, status.Event.ISSUED, by=by, notify=notify)]
    if assessment.state != State.CERTIFIED:
        workflow.move(assessment, State.CERTIFIED)
    requests.ask_document(DocumentKind.CERTIFICATE, certificate=certificate)
    workflow.audit_move(
        AuditKind.CERTIFICATE_ISSUED, assessment, by, written, certificate=certificate.number, tier=certificate.tier
    )
    return certificate


def no_certificate_yet(
    submission: Submission, content: Mapping[str, Any] | None = None, plan: PlanNow | None = None
) -> waiting.NoCertificateYet:
    """Say what the certificate of an approved submission waits for; at most four queries."""
    content, plan = content or submission.content(), plan or PlanNow(submission)
    found = blockers.blockers(submission, content, plan)
    return waiting.no_certificate_yet(submission, [(one.question, one.words) for one in found], plan, content)


def _months_later(day: date, months: int) -> date:
    """Return the day before the same day of the month, so many months on: twelve months are valid through that day."""
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day)) - timedelta(days=1)


def _assurance(submission: Submission) -> Assurance:
    given = submission.decisions.approvals()
    if not given.exists():
        return Assurance.SELF_DECLARED
    if given.filter(independent=True).exists():
        return Assurance.REVIEWED_INDEPENDENTLY
    return Assurance.REVIEWED_INSIDE


def public_record(certificate: Certificate, edition: CompiledEdition) -> dict[str, Any]:
    """Return all that certificate and public page may say: no answer, finding, note or evidence title is in it."""
    submission = certificate.submission
    content = submission.content()
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None)
    deciders = [
        {"name": d.by_name, "role": _decider_role(d), "kind": str(d.kind), "at": d.at, "looked_at": d.looked_at}
        for d in submission.decisions.decided().select_related("by").order_by("pk")
    ]
    states = models_parts.state_of(submission)
    return {
        "number": certificate.number,
        "issuer": _issuer(),
        "organisation": {k: v for k, v in content["organisation"].items() if k != "reference"},
        "system": {k: content["system"][k] for k in ("name", "version", "parts")},
        "use": {
            k: content["use"][k]
            for k in ("title", "purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions")
        },
        "tier": str(certificate.tier),
        "assurance": str(certificate.assurance),
        "edition": content["edition"] | {"guideline_version": edition.guideline_version},
        "issued_on": certificate.issued_on,
        "expires_on": certificate.expires_on,
        "first_issued_on": certificate.first_issued_on,
        "round": content["round"],
        "deciders": deciders,
        "signed_by": {k: content["signed"][k] for k in ("name", "role", "at")},
        "public_statement": content["signed"]["public_statement"],
        "conformity": [
            {"part": part["part"], "words": part["words"], "state": states[part["part"]]}
            for part in content.get("conformity", ())
        ],
        "not_applicable": not_applicable_count(submission, content),
        "counts": content["counts"],
        "dimensions": {k: v["value"] for k, v in content["scorecard"]["dimensions"].items()},
        "open_actions": {
            "count": conditions.count(),
            "latest_due": max((c.due_on for c in conditions), default=None),
        },
        "worst_answers": sum(bool(fact.get("signed_worst")) for fact in content["facts"]),
        "submission": submission.reference,
        "snapshot_sha256": submission.sha256,
        **public_facts.of_issue(certificate, edition, content),
    }


def not_applicable_count(submission: Submission, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many musts stand as not applicable, how many of them a reviewer accepted, and who did."""
    left_out: dict[str, set[str]] = {}
    for finding in content["findings"]:
        if finding["kind"] == "not_applicable" and finding["strength"] == "must":
            left_out.setdefault(f"q:{finding['question']}", set()).add(finding["requirement"])
    accepted = models_marks.accepted_by_every_seat(submission) & left_out.keys()
    marks = submission.marks.filter(target__in=accepted).select_related("by")
    return {
        "musts": len(set().union(*left_out.values())),
        "accepted": len(set().union(*(left_out[target] for target in accepted))),
        "by": sorted({str(mark.by) for mark in marks}),
    }


def _issuer() -> str:
    body = Organisation.objects.reviewing_body()
    return str(body) if body else "hkguide"


def _decider_role(decision: ReviewDecision) -> str:
    if decision.kind == DecisionKind.SELF_CERTIFY:
        return "signer"
    return "independent_reviewer" if decision.independent else "in_house_reviewer"


# --- after the decision --------------------------------------------------------------------------------------------------


@proof.asked
@transaction.atomic
def close_action(
    action: RemediationAction, *, by: User, findings: Mapping[str, actions.closing.Finding] | None = None
) -> None:
    """Accept what shows that an action is done; meets its condition, and may be the last thing before a certificate.

    `findings`: what `by` finds of each item. Of what was self-declared an owner accepts, otherwise a reviewer with a seat
    in the case.
    """
    assessment, submission = actions.accept(action, by=by, findings=findings)
    if assessment.state == State.APPROVED:
        _issue_later(assessment, submission, by=by)


def _issue_later(assessment: Assessment, submission: Submission, *, by: User | None) -> bool:
    """Issue a certificate that waited after the approval, if nothing blocks it any more; owners and reviewers are told."""
    return issue_if_clear(assessment, submission, by=by, notify=True) is not None


@transaction.atomic
def issue_waiting(pk: int) -> bool:
    submission = Submission.objects.defer(None).get(pk=pk)
    assessment = Assessment.objects.lock(submission.assessment_id)
    submission.assessment = assessment
    if assessment.state != State.APPROVED or assessment.current_submission_id != pk:
        return False
    return _issue_later(assessment, submission, by=None)
