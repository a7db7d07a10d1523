"""Certificates, the events of their status, and their numbers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from stdnum import luhn

from assessments.models.base import Frozen, FrozenRow
from assessments.models.people import Organisation
from assessments.models.public_reasons import words_of
from assessments.models.submissions import Submission
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
    """Return the status of a certificate by the kind of its last event and its last day."""
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
        raise FrozenRow("Only `listed` and `ended_at` of a certificate may change.")


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
        """Return the last event, then today's date in Hong Kong; a certificate ends at the end of its last day."""
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


NOTED = (CertificateStatus.SUSPENDED, "reinstated", CertificateStatus.REVOKED)
"""The kinds of events of a certificate of which a status notice is made."""
