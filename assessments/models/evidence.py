"""What shows that an answer is true: evidence items of an organisation, their versions, and where each is used."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.models.assessments import Answer
from assessments.models.base import Frozen, Referenced
from assessments.models.holds import Hold
from assessments.models.people import Organisation
from assessments.models.remediation import Condition, RemediationAction
from assessments.models.systems import DeclaredFact, Involvement


class Confidentiality(models.TextChoices):
    INTERNAL = "internal", _("Internal: for members, and for the reviewers of a submission that uses the evidence")
    CONFIDENTIAL = "confidential", _("Confidential: like internal, and each viewing is logged")
    ON_REQUEST = "on_request", _("Shown on request only: no file here, only a description and a contact person")


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def in_use(self) -> Self:
        """Evidence items that were not withdrawn from the library."""
        return self.filter(withdrawn_at=None)

    def expired(self, today: date | None = None) -> Self:
        """Evidence items whose expiry has passed: they are good to the end of that day, Hong Kong time."""
        return self.filter(expires_on__lt=today or timezone.localdate())

    def expiring(self, days: int, today: date | None = None) -> Self:
        """Evidence items that are still good, but not for longer than so many days."""
        today = today or timezone.localdate()
        return self.filter(expires_on__range=(today, today + timedelta(days=days)))

    def unused(self) -> Self:
        """Evidence items on which no answer and no part of a conformity file leans."""
        return self.filter(uses=None, conformity_uses=None)

    def for_list(self) -> Self:
        """Return rows with owner and organisation, and `times_used`: how many answers use each."""
        used = EvidenceUse.objects.filter(evidence=OuterRef("pk")).order_by().values("evidence")
        counted = used.annotate(n=Count("pk")).values("n")
        return self.select_related("owner", "organisation").annotate(times_used=Coalesce(Subquery(counted), 0))


class Evidence(Referenced):
    """One evidence item of an organisation: a file, a link, or the word that it is shown on request."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="evidence")
    title = models.CharField(_("title"), max_length=160)
    proves = models.TextField(_("what it proves"), max_length=1000)
    period_from = models.DateField(_("covers the period from"), null=True, blank=True)
    period_to = models.DateField(_("to"), null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confidentiality = models.CharField(
        _("who may read it"), max_length=12, choices=Confidentiality, default=Confidentiality.INTERNAL
    )
    held_by = models.CharField(_("contact person"), max_length=160, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    version = models.PositiveIntegerField(default=0)  # number of the newest version; 0: shown on request only
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    times_used: int  # set by `for_list`

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "expires_on"]), models.Index(fields=["organisation", "title"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_from=None) | Q(period_to=None) | Q(period_from__lte=F("period_to")),
                name="evidence_period_in_order",
                violation_error_message=_("The period ends before it begins."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evidence_piece", args=[self.reference])

    def is_expired(self, today: date | None = None) -> bool:
        return self.expires_on is not None and self.expires_on < (today or timezone.localdate())

    def expires_within(self, days: int, today: date | None = None) -> bool:
        today = today or timezone.localdate()
        return self.expires_on is not None and today <= self.expires_on <= today + timedelta(days=days)


class Scan(models.TextChoices):
    CLEAN = "clean", _("Scanned, nothing found")
    NOT_SCANNED = "not_scanned", _("Not checked for malware")


class EvidenceVersion(Frozen):
    """One file or link of an evidence item; never changed, and never deleted once a submission names it."""

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    link = models.URLField(max_length=1000, blank=True)
    storage_key = models.CharField(max_length=200, blank=True)  # name in Django's storage; says nothing of the content
    file_name = models.CharField(max_length=255, blank=True)  # as uploaded, without folders
    media_type = models.CharField(max_length=100, blank=True)  # found from the content
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # of the file's bytes, or of the link
    scan = models.CharField(max_length=12, choices=Scan, default=Scan.NOT_SCANNED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evidence", "number"], name="one_evidence_version_a_number"),
            models.CheckConstraint(
                condition=(Q(link="") & ~Q(storage_key="")) | (~Q(link="") & Q(storage_key="")),
                name="evidence_version_is_file_or_link",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name or self.link} ({self.number})"


EVIDENCE_TARGETS = ("answer", "fact", "hold", "condition", "action")


class EvidenceUseQuerySet(models.QuerySet["EvidenceUse"]):
    def take_away(self, use: int) -> int:
        """Delete these rows of a declared use; who attached and who gave the evidence items stay in its delivery team.

        Returns how many.
        """
        rows = self.values_list("by_id", "evidence_id")
        people, pieces = {by for by, _piece in rows}, {piece for _by, piece in rows}
        given = EvidenceVersion.objects.filter(evidence__in=pieces).values_list("by_id", flat=True)
        Involvement.objects.keep(use, Involvement.Kind.ATTACHED, people.union(given))
        return self.delete()[0]


class EvidenceUse(models.Model):
    """An evidence item that an answer, fact, hold, condition or action leans on. It hangs on the answer, not on its lines."""

    evidence = models.ForeignKey(Evidence, models.PROTECT, related_name="uses")
    answer = models.ForeignKey(Answer, models.PROTECT, null=True, related_name="evidence_uses")
    fact = models.ForeignKey(DeclaredFact, models.PROTECT, null=True, related_name="evidence_uses")
    hold = models.ForeignKey(Hold, models.PROTECT, null=True, related_name="evidence_uses")
    condition = models.ForeignKey(Condition, models.PROTECT, null=True, related_name="evidence_uses")
    action = models.ForeignKey(RemediationAction, models.PROTECT, null=True, related_name="evidence_uses")
    # of an action: the answer by which it is shown, with the evidence items of that answer
    taken_from = models.ForeignKey(Answer, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField()  # the newest when it was attached or looked at again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)  # when it was attached or looked at again

    objects = EvidenceUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=reduce(
                    or_,
                    (
                        Q(**{f"{other}__isnull": other != target for other in EVIDENCE_TARGETS})
                        for target in EVIDENCE_TARGETS
                    ),
                ),
                name="evidence_use_has_one_target",
            ),
            *(
                models.UniqueConstraint(fields=["evidence", target], name=f"one_evidence_use_a_{target}")
                for target in EVIDENCE_TARGETS
            ),
        ]

    @property
    def is_replaced(self) -> bool:
        """Whether a newer version came since somebody looked at it."""
        return self.version < self.evidence.version

    @property
    def has_expired(self) -> bool:
        """Whether it expired since somebody looked at it."""
        expiry = self.evidence.expires_on
        return expiry is not None and self.evidence.is_expired() and timezone.localdate(self.at) <= expiry

    @property
    def needs_a_look(self) -> bool:
        return self.is_replaced or self.has_expired
