"""Check a PDF: the browser reads its sum and its numbers and keeps the file; without script it is sent, read and forgotten."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from assessments.core import throttling
from assessments.domain.certificates import file_check
from assessments.domain.certificates.file_check import Answer, FileCheckResult
from assessments.forms.base import status_of
from assessments.forms.public import FileForm, NumberForm
from assessments.models import edition_for
from assessments.models.certificates import CertificateStatus
from assessments.views.site.uploads import file_refusals

log = logging.getLogger(__name__)
ANSWERS = (
    (Answer.EXACT, gettext_lazy("this is our unchanged file (the page also shows the status of the certificate)")),
    (Answer.ALTERED, gettext_lazy("we issued this number, but the file was changed")),
    (Answer.NOT_OURS, gettext_lazy("we did not issue this number")),
    (Answer.NOT_RECOGNISED, gettext_lazy("we found no number in the file: enter the number instead")),
    (Answer.COULD_NOT_CHECK, gettext_lazy("we cannot tell whether the file is ours")),
)
"""The five answers, each with what it means, as the page explains them."""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_file(request: HttpRequest) -> HttpResponse:
    """Say whether a file is one that we issued.

    GET without a sum: the page on which a file is chosen. GET with `sha256` and `number`: what the browser read of it.
    POST: the file itself, where no script runs; it is read here and thrown away.
    """
    if request.method == "POST":
        throttling.spend("verification", request)
        return _uploaded(request)
    if "unread" in request.GET:
        return _answered(request, None, sent=False)
    if "sha256" not in request.GET:
        return _page(request, FileForm())
    throttling.spend("verification", request)
    read = file_check.read_given(
        request.GET["sha256"], request.GET.getlist("number"), is_pdf=request.GET.get("pdf") != "no"
    )
    return _answered(request, read, sent=False)


def _page(request: HttpRequest, form: FileForm) -> HttpResponse:
    context = {"form": form, "answers": ANSWERS}
    return render(request, "assessments/site/check_file.html", context, status=status_of(form))


def _uploaded(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    with file_refusals(form) as refused, form.cleaned_data["file"] as file:
        read = file_check.read_file(file.chunks())
    if refused:
        return _page(request, form)
    if read is None:
        form.add_error(
            "file", _("Choose a file of at most 10 MB. Our certificates and status notices are never larger.")
        )
        return _page(request, form)
    return _answered(request, read, sent=True)


def _answered(request: HttpRequest, read: file_check.Read | None, *, sent: bool) -> HttpResponse:
    context: dict[str, Any] = {"answers": ANSWERS, "now": timezone.now(), "sent": sent, "form": NumberForm()}
    if read is None:
        return render(request, "assessments/site/file_answer.html", context | {"answer": Answer.COULD_NOT_CHECK})
    try:
        checked = file_check.check(read)
        context |= _shown(checked)
    except DatabaseError:
        log.exception("verify: the database is not responding")
        # Neither session nor messages can be read now: the page is drawn for nobody in particular.
        context |= {"answer": Answer.COULD_NOT_CHECK, "user": AnonymousUser(), "messages": ()}
        return render(request, "assessments/site/file_answer.html", context, status=503)
    return render(request, "assessments/site/file_answer.html", context)


def _shown(checked: FileCheckResult) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "answer": checked.answer,
        "yours": short(checked.read.sha256),
        "issued": short(checked.issued),
        "number": checked.number,
        "is_notice": checked.is_notice,
        "is_pdf": checked.read.is_pdf,
        "numbers_sent": len(checked.read.numbers),
    }
    if checked.certificate is not None:
        record = json.loads(checked.certificate.public_record)
        edition = edition_for(record["edition"]["checksum"])
        status = checked.certificate.status(expiring_days=edition.policy.expiring_days)
        shown |= {
            "record": record,
            "certificate": checked.certificate,
            "status": str(status),
            "stands": status in (CertificateStatus.VALID, CertificateStatus.EXPIRING),
        }
    return shown


def short(digest: str) -> str:
    """Show a sum by its first four and last two groups; the whole of it tells a reader no more."""
    groups = [digest[place : place + 4] for place in range(0, len(digest), 4)]
    return " ".join([*groups[:4], "…", *groups[-2:]]) if digest else ""
