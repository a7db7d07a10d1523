"""The status notice: that a certificate was suspended, reinstated or revoked, since when, why, and what to do.

It carries the public record of the certificate and the public reason of the change, and nothing else of the case.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from assessments.documents import engine, letter_words
from assessments.documents.letter_words import Pair, dated
from assessments.documents.shared_parts import shortened
from assessments.models import Assurance, CertificateEvent, Document, Organisation
from assessments.models.certificates import NOTED
from assessments.models.going_on import REVOKED


@dataclass(frozen=True, slots=True)
class Notice:
    """All that a status notice says. `by_monitoring`: the change came of monitoring alone, and goes with it."""

    reference: str
    number: str
    record: dict[str, Any]
    kind: str
    at: datetime
    reason: Pair
    by_monitoring: bool
    expires_on: date
    body: Pair


def notice_of(document: Document) -> Notice:
    """Read the change that the document is about: its version is the number of the change. Three queries at most."""
    certificate = document.certificate
    assert certificate is not None
    events = certificate.events.filter(kind__in=NOTED).order_by("pk")
    event: CertificateEvent = events[document.version - 1]
    body = Organisation.objects.reviewing_body()
    return Notice(
        reference=document.reference,
        number=certificate.number,
        record=json.loads(certificate.public_record),
        kind=event.kind,
        at=timezone.localtime(event.at),
        reason=letter_words.public_reason(event.public_reason),
        by_monitoring=event.is_by_monitoring,
        expires_on=certificate.expires_on,
        body=letter_words.body_of(body, body.name_zh if body else ""),
    )


def notice_html(notice: Notice) -> str:
    record = notice.record
    organisation = Pair(record["organisation"]["name_en"], record["organisation"]["name_zh"])
    independent = record["assurance"] == Assurance.REVIEWED_INDEPENDENTLY
    sender = Pair(record["issuer"], "") if independent else organisation
    stopped = notice.kind != "reinstated"
    context = {
        "notice": notice,
        "c": record,
        "organisation": organisation,
        "sender": sender,
        "head_name": shortened(sender.en),
        "heading": letter_words.STATUS_HEADINGS[notice.kind],
        "dated": dated(notice.at),
        "means": letter_words.STATUS_MEANS[notice.kind].of(last=dated(notice.expires_on)),
        "next": _next(notice),
        "appeal": letter_words.STATUS_APPEAL.of(body=notice.body) if stopped else letter_words.NO_APPEAL,
        "standing": settings.PUBLIC_URL + reverse("certificate_status", args=[notice.number]) if stopped else "",
        "address": f"{settings.PUBLIC_URL}/verify/{notice.number}/",
    }
    with translation.override("en"):
        return render_to_string("assessments/documents/status_notice.html", context)


def notice_pdf(notice: Notice, *, identifier: str) -> bytes:
    """Render the notice; the same notice and identifier give the same bytes."""
    return engine.render(notice_html(notice), identifier=identifier, created=notice.at)


def _next(notice: Notice) -> Pair:
    if notice.kind == "revoked":
        with translation.override("en"):
            return Pair(str(REVOKED.en), REVOKED.zh)
    if notice.kind == "suspended" and notice.by_monitoring:
        return letter_words.STATUS_NEXT["monitoring"]
    return letter_words.STATUS_NEXT[notice.kind]
