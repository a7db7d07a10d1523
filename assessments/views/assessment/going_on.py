"""What an assessment page says once its case is decided: how its certificate stands, and how the use goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Certificate, CertificateStatus, State
from assessments.models.going_on import REVOKED, after_refusal
from assessments.views.assessment.member_case import MemberCase

STANDS = (CertificateStatus.VALID, CertificateStatus.EXPIRING)


@dataclass(frozen=True, slots=True)
class GoesOn:
    """The text that says how the use goes on; `newer`: the assessment that was started since; else who may, starts one.

    `facts_first`: the facts have to change before; their page starts the assessment then.
    """

    words: str
    newer: Assessment | None
    may_start: bool
    facts_first: bool


def goes_on(case: MemberCase, *, declared_prohibited: bool, certificate: Certificate | None) -> GoesOn | None:
    """Say how a use goes on after a refusal or a revocation; None where the case is not at such an end. One query."""
    assessment = case.assessment
    use, prohibited = assessment.use, False
    if assessment.state == State.REFUSED:
        prohibited = declared_prohibited or use.raised_tier == Tier.UNACCEPTABLE
        words = after_refusal(prohibited=prohibited).en
    elif certificate is not None and certificate.status() == CertificateStatus.REVOKED:
        words = REVOKED.en
    else:
        return None
    newer = finders.assessments_for(case.user).filter(use=use, pk__gt=assessment.pk).order_by("-pk").first()
    retired = use.retired_at or use.system.retired_at
    role = case.member.role if case.member else None
    may_start = newer is None and not retired and role in roles.MAY[Action.ANSWER] and not prohibited
    return GoesOn(str(words), newer, may_start, prohibited)


@dataclass(frozen=True, slots=True)
class Stands:
    """How a certificate stands today: the heading of its page, and since when and why where it does not count."""

    status: str
    heading: str
    counts: bool
    since: datetime | None
    reason: str


def stands(certificate: Certificate | None) -> Stands | None:
    """Say how a certificate stands; its events are read already."""
    if certificate is None:
        return None
    status = certificate.status()
    heading = {
        CertificateStatus.SUSPENDED: _("The certificate is suspended"),
        CertificateStatus.REVOKED: _("The certificate was revoked"),
        CertificateStatus.EXPIRED: _("The certificate has expired"),
        CertificateStatus.SUPERSEDED: _("The certificate was replaced by a newer one"),
    }.get(status, _("The certificate has been issued"))
    last = max(certificate.events.all(), key=lambda event: event.pk, default=None)
    changed = last if last is not None and last.kind == status else None
    return Stands(
        status=str(status),
        heading=heading,
        counts=status in STANDS,
        since=timezone.localtime(changed.at) if changed else None,
        reason=changed.public_words if changed else "",
    )
