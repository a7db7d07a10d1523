"""The register of certificates that the reviewing body issued: narrowed and cut into pages by SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from assessments.models.certificates import Assurance, Certificate, CertificateEvent, CertificateStatus
from assessments.models.remediation import Condition

EXPIRING_DAYS = 30  # as `certificates.status_after` says


def issued_by_the_body(today: date | None = None) -> QuerySet[Any]:
    """Return the certificates that rest on a review of the reviewing body, the newest first.

    `stands`: the status of today, as `Certificate.status` says it; `still_open`: how many conditions are not met.
    """
    today = today or timezone.localdate()
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    ended = (CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED)
    conditions = Condition.objects.filter(decision__submission=OuterRef("submission"), met_at=None)
    count = conditions.order_by().values("decision__submission").annotate(n=Count("pk")).values("n")
    rows = Certificate.objects.filter(assurance=Assurance.REVIEWED_INDEPENDENTLY)
    rows = rows.annotate(last_event=Subquery(events), still_open=Subquery(count))
    stands = Case(
        When(last_event__in=ended, then=F("last_event")),
        When(expires_on__lt=today, then=Value(CertificateStatus.EXPIRED)),
        When(last_event=CertificateStatus.SUSPENDED, then=Value(CertificateStatus.SUSPENDED)),
        When(expires_on__lte=today + timedelta(days=EXPIRING_DAYS), then=Value(CertificateStatus.EXPIRING)),
        default=Value(CertificateStatus.VALID),
        output_field=CharField(),
    )
    return rows.annotate(stands=stands).order_by("-pk")


def narrowed(rows: QuerySet[Any], chosen: Mapping[str, str]) -> QuerySet[Any]:
    """Keep what was asked for: `q` in number, organisation, system or use; `status`; `tier`."""
    for word in chosen.get("q", "").split():
        named = ("number", "organisation__name_en", "organisation__name_zh", "use__title", "use__system__name")
        found = Q()
        for name in named:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    if status := chosen.get("status"):
        rows = rows.filter(stands=status)
    if tier := chosen.get("tier"):
        rows = rows.filter(tier=tier)
    return rows


def counts_of(rows: QuerySet[Any]) -> dict[str, int]:
    """Return how many of the rows have each status: one query."""
    return dict(rows.order_by().values_list("stands").annotate(n=Count("pk")))
