"""Changes of a certificate's status: one writer of the event, its status notice and what the people concerned are told."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from assessments import access, tasks, teamwork
from assessments.models import (
    Assessment,
    AuditEntry,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    User,
)
from assessments.models.public_reasons import PublicReason, coded
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
    """Tell the owners and the seated reviewers, each in their own language, but for the person who made the change."""
    for language, people in _readers(certificate, but=event.by_id):
        with translation.override(language):
            subject = {
                SUSPENDED: _("Certificate suspended: %(use)s"),
                REINSTATED: _("Certificate reinstated: %(use)s"),
                REVOKED: _("Certificate revoked: %(use)s"),
            }[event.kind]
            teamwork.tell(
                people,
                f"certificate_{event.kind}",
                f"certificate:{certificate.number}",
                subject % {"use": certificate.use.title},
                f"{certificate.number}. {event.public_words}",
                reverse("standing", args=[certificate.number]),
            )


def _readers(certificate: Certificate, *, but: int | None) -> Iterator[tuple[str, list[int]]]:
    """Yield the languages of those to be told, each with the ids of its readers."""
    people = access.seated_now(certificate.submission) | owners_of(certificate.organisation_id)
    languages: dict[str, list[int]] = {}
    for pk, language in User.objects.filter(pk__in=people - {but}).order_by("pk").values_list("pk", "language"):
        languages.setdefault(language, []).append(pk)
    yield from languages.items()
