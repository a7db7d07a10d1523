"""Conditions that pass their day without being met, and what becomes of the certificate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from assessments.access import finders
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.domain.certificates import status
from assessments.domain.certificates.status import RECORDED_AS, SUSPEND
from assessments.models import Assessment, Certificate, CertificateEvent, Condition, RemediationAction, Submission, User
from assessments.models.public_reasons import PublicReason, coded
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import concerned, owners_of


def missed(submission: Submission) -> Iterable[Condition]:
    """Return the conditions of a submission whose day is over and that are not met."""
    today = timezone.localdate()
    return Condition.objects.filter(decision__submission=submission, met_at=None, due_on__lt=today).order_by("pk")


def lock_certificate(certificate: Certificate) -> Certificate:
    assessment = Assessment.objects.lock(certificate.submission.assessment_id)
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("submission")
    found: Certificate = rows.defer("submission__snapshot").get(pk=certificate.pk)
    found.use, found.organisation = assessment.use, assessment.use.system.organisation
    found.submission.assessment = assessment
    return found


def audit_certificate(
    certificate: Certificate, move: str, by: User | None, event: CertificateEvent, **details: str
) -> None:
    log.record(
        RECORDED_AS[move],
        certificate.submission.assessment,
        by=by,
        organisation=certificate.organisation,
        details={"certificate": certificate.number, **details},
        rows=[event],
    )


# --- conditions that pass their date -------------------------------------------------------------------------------------


def miss_conditions(today: date | None = None) -> int:
    """Note each condition whose last day, Hong Kong time, is over and that is not met; its certificate is suspended.

    For the sweeper: from the start of the day after, once for each condition, however often it runs. A certificate that
    is suspended already stays so, and one that was superseded or revoked is left alone. Returns how many were missed.
    """
    today = today or timezone.localdate()
    rows = Condition.objects.standing().filter(missed_at=None, due_on__lt=today)
    return sum(_miss(pk, today) for pk in rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _miss(pk: int, today: date) -> bool:
    of = Condition.objects.select_related("decision__submission").defer("decision__submission__snapshot").get(pk=pk)
    submission = of.decision.submission
    assessment = Assessment.objects.lock(submission.assessment_id)
    condition = Condition.objects.select_for_update().filter(pk=pk, met_at=None, missed_at=None).first()
    if condition is None:
        return False
    condition.missed_at = timezone.now()
    condition.save(update_fields=["missed_at"])
    certificate = Certificate.objects.filter(submission=submission, ended_at=None).first()
    event = None
    if certificate is not None:
        certificate = lock_certificate(certificate)
        if status.moves_from(certificate, SUSPEND, certificate.status(today)):
            reason = coded(PublicReason.CONDITION_MISSED)
            event = status.change(certificate, SUSPEND, by=None, reason=reason, words=condition.words)
    action = RemediationAction.objects.select_related("use").filter(use=assessment.use_id, question=condition.question)
    _tell_missed(assessment, condition, action.exclude(status="closed").order_by("-pk").first(), submission)
    log.record(
        AuditKind.CONDITION_MISSED,
        assessment,
        by=None,
        organisation=assessment.organisation,
        details={
            "condition": condition.pk,
            "question": condition.question,
            "due": condition.due_on,
            "certificate": certificate.number if certificate else "",
        },
    )
    if certificate is not None and event is not None:
        audit_certificate(certificate, SUSPEND, None, event, reason="condition")
    return True


def _tell_missed(
    assessment: Assessment, condition: Condition, action: RemediationAction | None, submission: Submission
) -> None:
    owners = owners_of(assessment.organisation_id)
    if action:
        owners |= concerned(action, action.owner_id)
    context = {"words": condition.words, "use": assessment.use.title, "due": condition.due_on}
    about, link = f"condition:{condition.pk}", (action or assessment).get_absolute_url()
    notify(MessageKind.CONDITION_MISSED, owners, about=about, link=link, context=context)
    reviewers = finders.seated_now(submission) - owners
    link = links.review(submission)
    notify(MessageKind.CONDITION_MISSED, reviewers, about=about, link=link, context=context)
