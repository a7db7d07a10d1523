"""Certificates and what happens to them; documents, each its own outbox; messages."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from assessments.models.assessments import Assessment
from assessments.models.base import Frozen, FrozenRow, Referenced
from assessments.models.people import Organisation
from assessments.models.public_reasons import words_of
from assessments.models.reviews import Submission
from assessments.models.systems import DeclaredUse, TierChoices

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U


def new_number() -> str:
    """Make a certificate number HKG-XXXX-XXXX-C: eight random characters and a check character (Luhn mod 32)."""
    body = "".join(secrets.choice(CROCKFORD) for _n in range(8))
    return f"HKG-{body[:4]}-{body[4:]}-{luhn.calc_check_digit(body, CROCKFORD)}"


def read_number(typed: str) -> str | None:
    """Read a number as people type it (spaces, lower case, O for 0, I and L for 1); None when the check fails."""
    compact = "".join(c for c in typed.upper() if c.isalnum()).removeprefix("HKG")
    compact = compact.translate(str.maketrans("OIL", "011"))
    if len(compact) != 9 or any(c not in CROCKFORD for c in compact) or not luhn.is_valid(compact, CROCKFORD):
        return None
    return f"HKG-{compact[:4]}-{compact[4:8]}-{compact[8]}"


class Assurance(models.TextChoices):
    SELF_DECLARED = "self_declared", _("Self-declared")
    REVIEWED_INSIDE = "reviewed_inside", _("Reviewed within the organisation")
    REVIEWED_INDEPENDENTLY = "reviewed_independently", _("Reviewed independently")


class CertificateStatus(models.TextChoices):
    VALID = "valid", _("Valid")
    EXPIRING = "expiring", _("Expiring")
    EXPIRED = "expired", _("Expired")
    SUSPENDED = "suspended", _("Suspended")
    REVOKED = "revoked", _("Revoked")
    SUPERSEDED = "superseded", _("Superseded")


MAY_CHANGE = frozenset({"listed", "ended_at"})  # of a certificate, whatever else happens to it


def status_after(
    last_event: str, expires_on: date, today: date | None = None, expiring_days: int = 30
) -> CertificateStatus:
    """The status of a certificate by the kind of its last event and its last day."""
    today = today or timezone.localdate()
    if last_event in (CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED):
        return CertificateStatus(last_event)
    if today > expires_on:
        return CertificateStatus.EXPIRED
    if last_event == CertificateStatus.SUSPENDED:
        return CertificateStatus.SUSPENDED
    if (expires_on - today).days <= expiring_days:
        return CertificateStatus.EXPIRING
    return CertificateStatus.VALID


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def update(self, **kwargs: Any) -> int:
        _refuse_others(kwargs)
        return super().update(**kwargs)

    def delete(self) -> NoReturn:
        raise FrozenRow("Certificates are never deleted.")


def _refuse_others(fields: Iterable[str]) -> None:
    if not MAY_CHANGE.issuperset(fields):
        raise FrozenRow("Of a certificate only `listed` and `ended_at` may change.")


MONITORING = "monitoring"
"""The private reason of a suspension for want of fresh monitoring, by which it is known again: a fresh record ends it."""


class Certificate(models.Model):
    """What an approval or a self-certification issues for one declared use; its facts never change."""

    number = models.CharField(max_length=16, unique=True, default=new_number, editable=False)
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="certificate")
    use = models.ForeignKey(DeclaredUse, models.PROTECT, related_name="certificates")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="certificates")
    assurance = models.CharField(max_length=24, choices=Assurance)
    tier = models.CharField(max_length=12, choices=TierChoices)
    issued_at = models.DateTimeField(auto_now_add=True)
    issued_on = models.DateField()
    expires_on = models.DateField()
    first_issued_on = models.DateField()
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, related_name="superseded_by")
    public_record = models.TextField()  # canonical JSON: all that the certificate and the public page may say
    listed = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use"], condition=Q(ended_at=None), name="one_running_certificate_a_use")
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse_others(kwargs.get("update_fields") or ["all"])
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("verify", args=[self.number])

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        raise FrozenRow("Certificates are never deleted.")

    def status(self, today: date | None = None, expiring_days: int = 30) -> CertificateStatus:
        """The last event, then today's date in Hong Kong; a certificate ends at the end of its last day."""
        last = max(self.events.all(), key=lambda e: e.pk, default=None)
        return status_after(last.kind if last else "", self.expires_on, today, expiring_days)

    def lapsed_by_monitoring(self) -> bool:
        """Tell whether it is suspended for want of fresh monitoring and for nothing else that came later."""
        last = max(self.events.all(), key=lambda e: e.pk, default=None)
        return last is not None and last.kind == CertificateStatus.SUSPENDED and last.is_by_monitoring


class CertificateEvent(Frozen):
    """A change of a certificate's status: issued, suspended, reinstated, revoked, superseded."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    public_reason = models.CharField(max_length=400, blank=True)  # a code: models/public_reasons.py
    private_reason = models.TextField(blank=True)

    @property
    def is_by_monitoring(self) -> bool:
        """Whether the daily check of monitoring made the change: by nobody. A person may write the same word as a reason."""
        return self.by_id is None and self.private_reason == MONITORING

    @property
    def public_words(self) -> str:
        """The public reason in the language of the reader; empty where there is none."""
        return words_of(self.public_reason)


class StepRun(models.Model):
    """The last day, Hong Kong time, on which a daily step of the sweeper was done."""

    name = models.CharField(max_length=40, unique=True)
    day = models.DateField()


class DocumentKind(models.TextChoices):
    CERTIFICATE = "certificate", _("Certificate")
    PLAN = "plan", _("Remediation plan")
    DECISION_LETTER = "decision_letter", _("Decision letter")
    BOARD_PAPER = "board_paper", _("Board paper")
    PLAN_ANNEX = "plan_annex", _("Annex to the plan: every action in full")
    RESULTS = "results", _("Results")
    STATUS_NOTICE = "status_notice", _("Status notice")


NOTED = (CertificateStatus.SUSPENDED, "reinstated", CertificateStatus.REVOKED)
"""The kinds of events of a certificate of which a status notice is made."""


class DocumentState(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("being made")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class DocumentQuerySet(models.QuerySet["Document"]):
    def ask(self, kind: DocumentKind, **parent: Any) -> tuple[Document, bool]:
        """Get the document of that parent, or a new row that waits to be rendered."""
        return self.get_or_create(kind=kind, **parent)

    def ask_notice(self, certificate: Certificate) -> Document | None:
        """Ask for the notice of the newest change of status; its version is the number of that change.

        None for a certificate of a deleted organisation: nobody is left to read it.
        """
        if certificate.organisation.deleted_at is not None:
            return None
        changes = certificate.events.filter(kind__in=NOTED).count()
        return self.create(kind=DocumentKind.STATUS_NOTICE, certificate=certificate, version=changes)

    def claim(self, pk: int, now: datetime, lease_until: datetime) -> Document | None:
        """Take a document to render: one UPDATE decides, on SQLite and PostgreSQL alike. None: somebody else has it."""
        free = Q(state=DocumentState.PENDING) | Q(state=DocumentState.RUNNING, lease_until__lt=now)
        taken = self.filter(free, pk=pk).update(
            state=DocumentState.RUNNING, lease_until=lease_until, attempts=models.F("attempts") + 1
        )
        return self.get(pk=pk) if taken == 1 else None


class Document(Referenced):
    """A PDF of exactly one parent; the row is its own outbox, and the bytes of a `ready` row never change.

    A draft is of an assessment; what was signed is of a submission or of a certificate.
    """

    kind = models.CharField(max_length=16, choices=DocumentKind)
    submission = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="documents")
    certificate = models.ForeignKey(Certificate, models.PROTECT, null=True, related_name="documents")
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="drafts")
    language = models.CharField(max_length=8, default="en")
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=8, choices=DocumentState, default=DocumentState.PENDING)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    file = models.FileField(upload_to="documents/%Y/%m", blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(submission__isnull=False, certificate=None, assessment=None)
                | Q(submission=None, certificate__isnull=False, assessment=None)
                | Q(submission=None, certificate=None, assessment__isnull=False),
                name="a_document_has_one_parent",
            ),
            models.UniqueConstraint(
                fields=["submission", "kind", "language", "version"], name="one_document_a_submission"
            ),
            models.UniqueConstraint(
                fields=["certificate", "kind", "language", "version"], name="one_document_a_certificate"
            ),
            models.UniqueConstraint(
                fields=["assessment", "kind", "language", "version"], name="one_draft_document_a_version"
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                condition=Q(state__in=["pending", "running"]),
                name="documents_to_make",
            )
        ]

    def get_absolute_url(self) -> str:
        return reverse("document", args=[self.reference])

    @property
    def use(self) -> DeclaredUse:
        """The declared use that it is about."""
        if self.assessment is not None:
            return self.assessment.use
        if self.certificate is not None:
            return self.certificate.submission.assessment.use
        assert self.submission is not None
        return self.submission.assessment.use


class Message(models.Model):
    """One line in somebody's inbox, and the mail that goes with it; written in the transaction of the move."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="inbox")
    kind = models.CharField(max_length=24)
    object = models.CharField(max_length=80)
    day = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    link = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    unmailed_at = models.DateTimeField(null=True)  # when it was left without a mail, as its reader has chosen
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recipient", "kind", "object", "day"], name="one_message_a_day")]
        indexes = [models.Index(fields=["recipient", "read_at"])]
