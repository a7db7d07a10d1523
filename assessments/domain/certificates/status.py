"""Changes of a certificate's status: one writer of the event, its status notice and what the people concerned are told."""

from __future__ import annotations

from django.urls import reverse

from assessments import access, tasks
from assessments.models import (
    Assessment,
    AuditEntry,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    User,
)
from assessments.models.public_reasons import PublicReason, coded
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of

SUSPENDED, REINSTATED, REVOKED = "suspended", "reinstated", "revoked"


def change(
    certificate: Certificate, kind: str, *, by: User | None, reason: str, words: str = "", notify: bool = True
) -> CertificateEvent:
    """Record a change of status, ask for its notice, and tell the owners and the reviewers of the case.

    `reason`: the public reason as `coded` gives it; `words`: the private one. The person who makes the change is not told;
    `notify=False` tells nobody, where the caller has more to say. The caller holds the locks and writes the audit entry.
    """
    event: CertificateEvent = CertificateEvent.objects.create(
        certificate=certificate, kind=kind, by=by, public_reason=reason, private_reason=words
    )
    tasks.ask_notice(certificate)
    if notify:
        _tell(certificate, event)
    return event


def suspend_at_once(assessment: Assessment, reason: PublicReason, *, by: User) -> bool:
    """Suspend the running certificate of the assessment's use, if one is in force. Returns whether one was.

    One that only waits for fresh monitoring is suspended anew, for this reason: a fresh record does not lift it then.
    """
    rows = Certificate.objects.select_related("submission", "use").defer("submission__snapshot")
    certificate = rows.filter(use=assessment.use_id, ended_at=None).first()
    if certificate is None:
        return False
    if certificate.status() == CertificateStatus.SUSPENDED and not certificate.lapsed_by_monitoring():
        return False
    event = change(certificate, SUSPENDED, by=by, reason=coded(reason))
    AuditEntry.objects.record(
        "certificate_suspended",
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"certificate": certificate.number},
        rows=[event],
    )
    return True


def _tell(certificate: Certificate, event: CertificateEvent) -> None:
    """Tell the owners and the seated reviewers, but for the person who made the change."""
    people = access.seated_now(certificate.submission) | owners_of(certificate.organisation_id)
    notify(
        MessageKind(f"certificate_{event.kind}"),
        people - {event.by_id},
        about=f"certificate:{certificate.number}",
        link=reverse("standing", args=[certificate.number]),
        context={"use": certificate.use.title, "number": certificate.number, "reason": event.public_reason},
    )
