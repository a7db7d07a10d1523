"""The certificates of a member's organisations."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assessments.access import finders
from assessments.models import DocumentKind
from assessments.models.certificates import Assurance
from assessments.views.site.requests import SignedIn

ROWS = 50


@require_safe
def certificates(request: SignedIn) -> HttpResponse:
    """Show every certificate, the newest first, with its status today and its document."""
    rows = finders.certificates_for(request.user).prefetch_related("events").order_by("-issued_at", "-pk")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    found = list(page.object_list)
    documents = {
        document.certificate_id: document
        for document in finders.documents_for(request.user).filter(
            certificate__in=[certificate.pk for certificate in found], kind=DocumentKind.CERTIFICATE
        )
    }
    stale = {one.current_submission_id: one for one in finders.stale_for(request.user)[:ROWS]}
    lines = [
        {
            "certificate": certificate,
            "status": str(certificate.status()),
            "assurance": Assurance(certificate.assurance).label,
            "document": documents.get(certificate.pk),
            "stale": stale.get(certificate.submission_id),
        }
        for certificate in found
    ]
    organisations = {certificate.organisation_id for certificate in found}
    return render(
        request,
        "assessments/certificates/certificates.html",
        {
            "lines": lines,
            "page": page,
            "standing": sum(line["status"] in ("valid", "expiring") for line in lines),
            "several_organisations": len(organisations) > 1,
        },
    )
