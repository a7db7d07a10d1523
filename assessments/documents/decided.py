"""What became of a submission by a certain moment, in sentences: its plan says so beside who signed it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.documents.report.dates import day
from assessments.guideline.terms import Tier
from assessments.models import Certificate, CertificateEvent, DecisionKind, ReviewDecision, Submission


def decided_by(submission: Submission, moment: datetime) -> tuple[str, ...]:
    """Say what was decided on a submission and became of its certificate up to that moment. Three queries at most."""
    rows = submission.decisions.filter(at__lte=moment).select_related("by").order_by("pk")
    decisions = {str(row.kind): row for row in rows}
    ended = next((decisions[kind] for kind in ENDS if kind in decisions), None)
    if ended is not None:
        return (ENDS[DecisionKind(ended.kind)]() % _words(ended),)
    approvals = [row for row in rows if row.kind == DecisionKind.APPROVE]
    said = list(_approved(submission, approvals))
    certificate = Certificate.objects.filter(submission=submission, issued_at__lte=moment).first()
    if certificate is not None:
        said += [_event(certificate, event) for event in certificate.events.filter(at__lte=moment).order_by("pk")]
    return tuple(said)


ENDS = {
    DecisionKind.REFUSE: lambda: _("Refused on %(day)s by %(name)s: no certificate is issued for this submission."),
    DecisionKind.RETURN: lambda: _(
        "Returned for changes on %(day)s by %(name)s. The decision letter lists the points to answer. The next "
        "signed submission replaces this submission."
    ),
    DecisionKind.WITHDRAW: lambda: _("Withdrawn on %(day)s by %(name)s, without a decision."),
}
"""The decisions after which nothing else is said of a submission, each with its sentence."""


def _words(row: ReviewDecision) -> dict[str, str]:
    return {"day": day(timezone.localtime(row.at)), "name": row.by_name}


def _approved(submission: Submission, approvals: list[ReviewDecision]) -> Iterable[str]:
    for number, row in enumerate(approvals, 1):
        first = submission.assigned_tier == Tier.HIGH and number == 1
        words = _("%(name)s gave the first of two approvals on %(day)s.") if first else None
        yield (words or _("Approved on %(day)s by %(name)s.")) % _words(row)


def _event(certificate: Certificate, event: CertificateEvent) -> str:
    words = {
        "issued": _("Certificate %(number)s was issued on %(day)s."),
        "suspended": _("Certificate %(number)s was suspended on %(day)s."),
        "reinstated": _("Certificate %(number)s was reinstated on %(day)s."),
        "revoked": _("Certificate %(number)s was revoked on %(day)s."),
        "superseded": _("Certificate %(number)s was replaced by a newer one on %(day)s."),
    }[event.kind]
    return words % {"number": certificate.number, "day": day(timezone.localtime(event.at))}
