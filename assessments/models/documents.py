"""Documents that are asked for, made and kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Assessment
from assessments.models.base import Referenced
from assessments.models.certificates import NOTED, Certificate
from assessments.models.submissions import Submission
from assessments.models.systems import DeclaredUse


class DocumentKind(models.TextChoices):
    CERTIFICATE = "certificate", _("Certificate")
    PLAN = "plan", _("Remediation plan")
    DECISION_LETTER = "decision_letter", _("Decision letter")
    BOARD_PAPER = "board_paper", _("Board paper")
    PLAN_ANNEX = "plan_annex", _("Annex to the plan: every action in full")
    RESULTS = "results", _("Results")
    STATUS_NOTICE = "status_notice", _("Status notice")


class DocumentState(models.TextChoices):
    PENDING = "pending", _("waiting")
    RUNNING = "running", _("being created")
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
        # Not a partial index: SQLite would not use it for a query whose states are parameters.
        indexes = [models.Index(fields=["state", "lease_until"], name="documents_by_state")]

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
