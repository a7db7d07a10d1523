"""The status of a certificate: `change` is the only writer of its events and of its end, and tells the people concerned."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils import timezone

from assessments.access import finders
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.documents import waking
from assessments.domain.certificates import status
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    User,
)
from assessments.models.certificates import NOTED
from assessments.models.public_reasons import PublicReason, coded
from assessments.notifications import links
from assessments.notifications.inbox import notify as notify_people
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of


class Event(StrEnum):
    """A change of a certificate's status, as its row keeps it."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REINSTATED = "reinstated"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


ENDING = frozenset({Event.REVOKED, Event.SUPERSEDED})
"""The events after which no other follows: another certificate of the use may be issued."""


def change(
    certificate: Certificate, event: Event, *, by: User | None, reason: str = "", words: str = "", notify: bool = True
) -> CertificateEvent:
    """Write a change of a certificate's status, ask for its status notice, and tell its owners and reviewers.

    The only writer of the events of a certificate and of `ended_at`. `reason`: the public reason as `coded` gives it;
    `words`: the private one. `notify`: False where the move of the caller sends a message of its own, or none. The caller
    holds the locks and writes the audit entry.
    """
    if event in ENDING:
        certificate.ended_at = timezone.now()
        certificate.save(update_fields=["ended_at"])
    row: CertificateEvent = CertificateEvent.objects.create(
        certificate=certificate, kind=event, by=by, public_reason=reason, private_reason=words
    )
    if event in NOTED:
        waking.ask_notice(certificate)
    if notify:
        _tell(certificate, row)
    return row


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
    event = change(certificate, Event.SUSPENDED, by=by, reason=coded(reason))
    log.record(
        AuditKind.CERTIFICATE_SUSPENDED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"certificate": certificate.number},
        rows=[event],
    )
    return True


# --- messages ----------------------------------------------------------------------------------------------------------


def _tell(certificate: Certificate, event: CertificateEvent) -> None:
    """Tell the owners and the seated reviewers, but for the person who made the change."""
    owners = owners_of(certificate.organisation_id)
    reviewers = finders.seated_now(certificate.submission) - owners
    kind, context = _message(certificate, event)
    about = f"certificate:{certificate.number}"
    for people, to_owners in ((owners, True), (reviewers, False)):
        link = _link(certificate, event, to_owners=to_owners)
        if kind == MessageKind.MONITORING_LAPSED:
            context = context | {"to_owners": to_owners}
        notify_people(kind, people - {event.by_id}, about=about, link=link, context=context)


def _message(certificate: Certificate, event: CertificateEvent) -> tuple[MessageKind, dict[str, Any]]:
    """Return the kind of the message about a change, and what its text says."""
    said = {"use": certificate.use.title}
    if event.kind == Event.ISSUED:
        return MessageKind.CASE_CERTIFIED, said | {"number": certificate.number}
    if event.is_by_monitoring:
        fresh = event.kind == Event.REINSTATED
        kind = MessageKind.MONITORING_FRESH if fresh else MessageKind.MONITORING_LAPSED
        return kind, said | {"reason": event.public_reason}
    kind = MessageKind(f"certificate_{event.kind}")
    return kind, said | {"number": certificate.number, "reason": event.public_reason}


def _link(certificate: Certificate, event: CertificateEvent, *, to_owners: bool) -> str:
    """Return the page to go on from: an owner adds monitoring records, a reviewer sees the case of a new certificate."""
    if to_owners and event.is_by_monitoring:
        return links.conformity(certificate.submission.assessment)
    if not to_owners and event.kind == Event.ISSUED:
        return links.review(certificate.submission)
    return links.certificate_status(certificate.number)


SUSPEND, REINSTATE, REVOKE = status.Event.SUSPENDED, status.Event.REINSTATED, status.Event.REVOKED

RECORDED_AS: dict[str, AuditKind] = {
    SUSPEND: AuditKind.CERTIFICATE_SUSPENDED,
    REINSTATE: AuditKind.CERTIFICATE_REINSTATED,
    REVOKE: AuditKind.CERTIFICATE_REVOKED,
}

FROM: dict[str, set[CertificateStatus]] = {
    SUSPEND: {CertificateStatus.VALID, CertificateStatus.EXPIRING},
    REINSTATE: {CertificateStatus.SUSPENDED},
    REVOKE: {
        CertificateStatus.VALID,
        CertificateStatus.EXPIRING,
        CertificateStatus.SUSPENDED,
        CertificateStatus.EXPIRED,
    },
}


def moves_from(certificate: Certificate, move: str, status: CertificateStatus | None = None) -> bool:
    """Tell whether a move is possible. A certificate that waits for fresh monitoring can be suspended for another reason."""
    if move == SUSPEND and certificate.ended_at is None and certificate.lapsed_by_monitoring():
        return True
    return (status or certificate.status()) in FROM[move]
