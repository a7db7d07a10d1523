"""The status of a certificate: `change` is the only writer of its events and of its end, and tells the people concerned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assessments import access, tasks, teamwork
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    CertificateStatus,
    Membership,
    Role,
    User,
)
from assessments.models.certificates import NOTED
from assessments.models.public_reasons import PublicReason, coded


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
        tasks.ask_notice(certificate)
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


@dataclass(frozen=True, slots=True)
class StatusMessage:
    """A message about a change of status, in the language that was active when it was made."""

    kind: str
    subject: str
    text: str
    todo: str = ""  # what an owner can do about it


def _tell(certificate: Certificate, event: CertificateEvent) -> None:
    """Tell the owners and the seated reviewers, each in their own language, but for the person who made the change."""
    members = Membership.objects.current().filter(organisation=certificate.organisation_id, role=Role.OWNER)
    owners = set(members.values_list("user_id", flat=True))
    reviewers = access.seated_now(certificate.submission) - owners
    for people, to_owners in ((owners, True), (reviewers, False)):
        link = _link(certificate, event, to_owners=to_owners)
        for language, readers in _by_language(people - {event.by_id}):
            with translation.override(language):
                message = _message(certificate, event)
            text = f"{message.text} {message.todo}" if to_owners and message.todo else message.text
            about = f"certificate:{certificate.number}"
            teamwork.tell(readers, message.kind, about, message.subject, text, link)


def _by_language(people: set[int | None]) -> Iterator[tuple[str, list[int]]]:
    """Yield each language of these people with the ids of those who read it."""
    languages: dict[str, list[int]] = {}
    for pk, language in User.objects.filter(pk__in=people).order_by("pk").values_list("pk", "language"):
        languages.setdefault(language, []).append(pk)
    yield from languages.items()


def _message(certificate: Certificate, event: CertificateEvent) -> StatusMessage:
    """Put a change into words, in the active language."""
    said = {"use": certificate.use.title, "number": certificate.number}
    if event.kind == Event.ISSUED:
        text = _("Nothing blocks it any more. Certificate %(number)s is issued.") % said
        return StatusMessage("case_certified", _("Certificate issued: %(use)s") % said, text)
    subject = {
        Event.SUSPENDED: _("Certificate suspended: %(use)s"),
        Event.REINSTATED: _("Certificate reinstated: %(use)s"),
        Event.REVOKED: _("Certificate revoked: %(use)s"),
    }[Event(event.kind)]
    if not event.is_by_monitoring:
        text = f"{certificate.number}. {event.public_words}"
        return StatusMessage(f"certificate_{event.kind}", subject % said, text)
    if event.kind == Event.REINSTATED:
        return StatusMessage("monitoring_fresh", _("Valid again: %(use)s") % said, event.public_words)
    todo = _("Add the newest monitoring record, and the certificate is valid again.")
    return StatusMessage("monitoring_lapsed", subject % said, event.public_words, todo)


def _link(certificate: Certificate, event: CertificateEvent, *, to_owners: bool) -> str:
    """The page to go on from: an owner adds monitoring records, a reviewer sees the case of a new certificate."""
    if to_owners and event.is_by_monitoring:
        return reverse("conformity", args=[certificate.submission.assessment.reference])
    if not to_owners and event.kind == Event.ISSUED:
        return reverse("review", args=[certificate.submission.reference])
    return reverse("standing", args=[certificate.number])
