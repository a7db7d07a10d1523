"""What anybody may see without an account: what this is, and whether a certificate stands."""

from __future__ import annotations

import json
import logging
from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assessments.access import finders
from assessments.core import heartbeat, notices, throttling
from assessments.documents.record import certificate_rows
from assessments.forms.organisations import ROLE_SENTENCES
from assessments.forms.public import NumberForm
from assessments.models import Certificate, CertificateStatus, Role, edition_for
from assessments.models.certificates import Assurance
from assessments.views.wording import as_day

log = logging.getLogger(__name__)

STANDS = {CertificateStatus.VALID, CertificateStatus.EXPIRING}
OPEN_IN = STANDS | {CertificateStatus.SUSPENDED}  # the states in which it still matters which conditions are open
SHOWN_AS = {"issued": "valid", "reinstated": "valid"}  # an event's kind to the state that it leads to


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "assessments/site/start.html", {"number_form": NumberForm()})


@login_not_required
@require_safe
def explain(request: HttpRequest) -> HttpResponse:
    """Explain the steps of an assessment, the roles, the words of the pages, and what people ask most."""
    roles = [(role.label, ROLE_SENTENCES[role]) for role in Role]
    return render(request, "assessments/site/help.html", {"roles": roles})


@login_not_required
@require_safe
def notice(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page that the operator edits: privacy, terms, accessibility, contact, how to complain; 503 where it is faulty."""
    if name not in notices.NAMES:
        raise Http404
    runs_it = bool(getattr(request.user, "is_staff", False))
    try:
        page = notices.page(name, marked=runs_it)
    except notices.CannotRead:
        log.exception("a page of the operator cannot be shown")
        return render(request, "assessments/site/notice.html", {"page": None}, status=503)
    context = {"page": page, "to_set": notices.to_set(page) if runs_it else []}
    return render(request, "assessments/site/notice.html", context)


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Say "ok" when the database answers, for whatever watches the installation; 503 with one line otherwise.

    Asked for the worker too (`?worker`), it also answers 503 while nothing makes documents and sends emails.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        log.exception("health: the database is not responding")
        return HttpResponse("the database is not responding\n", status=503, content_type="text/plain")
    if "worker" in request.GET and heartbeat.is_silent():
        return HttpResponse(
            "no worker is running: documents and emails are waiting\n", status=503, content_type="text/plain"
        )
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Send where to report a weakness, as RFC 9116 asks; good for half a year from the day it is read."""
    until = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=180)
    lines = (
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, zh",
        f"Canonical: {settings.PUBLIC_URL}{request.path}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@login_not_required
@never_cache
@require_safe
def verify(request: HttpRequest, number: str = "") -> HttpResponse:
    """Show the status of a certificate now; every way of typing its number leads to the one address of it."""
    typed = number or request.GET.get("number", "")
    if not typed and "number" not in request.GET:
        return _form(request, NumberForm())
    form = NumberForm({"number": typed})
    if not form.is_valid():
        return _form(request, form)
    canonical = form.cleaned_data["number"]
    if number != canonical:
        return redirect("verify", canonical)
    throttling.spend("verification", request, step=10)
    try:
        certificate = finders.public_certificate(canonical)
        shown = _shown(certificate) if certificate else None
    except DatabaseError:
        log.exception("verify: the database is not responding")
        # Neither session nor messages can be read now: the page is drawn for nobody in particular.
        context = {"number": canonical, "now": timezone.now(), "user": AnonymousUser(), "messages": ()}
        return render(request, "assessments/site/could_not_check.html", context, status=503)
    if shown is None:
        form = NumberForm(initial={"number": canonical})
        return render(request, "assessments/site/not_found.html", {"number": canonical, "form": form}, status=404)
    return render(request, "assessments/site/certificate.html", shown)


def _form(request: HttpRequest, form: NumberForm) -> HttpResponse:
    return render(request, "assessments/site/verify.html", {"form": form})


def _shown(certificate: Certificate) -> dict[str, Any]:
    """Return all that the public page says: the rows of the paper from the public record, and beside them the status today."""
    record = json.loads(certificate.public_record)
    edition = edition_for(record["edition"]["checksum"])
    status = certificate.status(expiring_days=edition.policy.expiring_days)
    events = sorted(certificate.events.all(), key=lambda event: event.pk, reverse=True)
    last = events[0] if events else None
    successor = next(iter(certificate.superseded_by.all()), None)
    asks_open = status in OPEN_IN and record["open_actions"]["count"]
    open_now = [one for one in finders.conditions_of(certificate) if one.met_at is None] if asks_open else []
    return {
        "record": record,
        "rows": certificate_rows(record, edition),
        "number": certificate.number,
        "status": str(status),
        "stands": status in STANDS,
        "since": last.at if last and last.kind == status else None,
        "reason": last.public_words if last and last.kind == status else "",
        "successor": successor.number if successor else "",
        "events": [
            {
                "state": SHOWN_AS.get(event.kind, event.kind),
                "at": event.at,
                "kind": event.kind,
                "reason": event.public_words,
            }
            for event in events
        ],
        "expires_on": as_day(record["expires_on"]),
        "asks_open": asks_open,
        "open_now": len(open_now),
        "next_due": min((condition.due_on for condition in open_now), default=None),
        "is_self_declared": certificate.assurance == Assurance.SELF_DECLARED,
        "checked_at": timezone.now(),
        "checks": _checks(status),
    }


def _checks(status: CertificateStatus) -> list[tuple[bool, str]]:
    in_dates = status != CertificateStatus.EXPIRED
    stands = status not in (CertificateStatus.SUSPENDED, CertificateStatus.REVOKED, CertificateStatus.SUPERSEDED)
    return [
        (True, _("We have issued this number")),
        (
            in_dates,
            _("The certificate has not expired") if in_dates else _("The certificate has expired"),
        ),
        (
            stands,
            _("The certificate is not suspended, revoked or replaced")
            if stands
            else _("The status of the certificate is “%(status)s”") % {"status": status.label},
        ),
    ]
