"""Monitoring of certified High uses: suspend a certificate when its evidence grows old, reinstate it when it is fresh."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assessments.audit.kinds import AuditKind
from assessments.domain import workflow
from assessments.domain.certificates import freshness, issue, status
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Certificate, State, Submission, edition_for
from assessments.models.certificates import MONITORING
from assessments.models.public_reasons import PublicReason, coded


def watch_monitoring() -> int:
    """Suspend the certificates whose monitoring has gone stale, and lift that again; the sweeper asks this daily.

    A High certificate stands only while its monitoring evidence is fresh (tiering.md section 7, our judgement). Fresh
    evidence lifts a suspension of this kind alone, and lets an approval be issued that waited for nothing else. Twice is
    once. Returns how many changed.
    """
    today = timezone.localdate()
    running = Certificate.objects.filter(tier=Tier.HIGH, ended_at=None, expires_on__gte=today)
    waiting = Submission.objects.filter(
        assigned_tier=Tier.HIGH, assessment__state=State.APPROVED, assessment__current_submission=F("pk")
    )
    return sum(_watch_certificate(pk) for pk in list(running.values_list("pk", flat=True))) + sum(
        issue.issue_waiting(pk) for pk in list(waiting.values_list("pk", flat=True))
    )


@transaction.atomic
def _watch_certificate(pk: int) -> bool:
    found = Certificate.objects.select_related("submission").get(pk=pk)
    assessment = Assessment.objects.lock(found.submission.assessment_id)
    certificate = Certificate.objects.select_for_update(of=("self",)).select_related("submission").get(pk=pk)
    submission = certificate.submission
    last = certificate.events.order_by("-pk").first()
    edition = edition_for(submission.edition_checksum)
    fresh = freshness.is_monitored(submission, edition)
    lapsed = certificate.lapsed_by_monitoring()
    standing = last is None or last.kind in ("issued", "reinstated")
    if certificate.ended_at or fresh == (not lapsed) or not (standing or lapsed):
        return False
    if fresh:
        event, reason = status.Event.REINSTATED, coded(PublicReason.MONITORING_FRESH)
    else:
        event = status.Event.SUSPENDED
        reason = coded(PublicReason.MONITORING_TOO_OLD, days=edition.policy.monitoring_days)
    row = status.change(certificate, event, by=None, reason=reason, words=MONITORING)
    kind = AuditKind.CERTIFICATE_REINSTATED if fresh else AuditKind.CERTIFICATE_SUSPENDED
    workflow.audit_move(kind, assessment, None, [row], certificate=certificate.number, reason=MONITORING)
    return True
