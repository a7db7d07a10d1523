"""A document's address: its bytes when it is ready, else a page that says how far it is and waits for it."""

from __future__ import annotations

import re
import time

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments.access import finders, roles
from assessments.core import stored_files, throttling
from assessments.core.errors import NotPermitted
from assessments.documents import jobs, make_now, requests
from assessments.documents.waking import wake
from assessments.models import Assessment, Document, DocumentKind, User
from assessments.models.documents import DocumentState
from assessments.views.site.document_progress import DocumentLine, Progress, line_of, poll_address, progress_of
from assessments.views.site.gate import Undeclared, declare_first
from assessments.views.site.requests import SignedIn

WAIT_SECONDS = 5  # until a page without script looks again


def _document(request: SignedIn, reference: str) -> Document:
    found = finders.documents_for(request.user).filter(reference=reference).first()
    if found is None:
        raise Undeclared(finders.to_declare_for_document(request.user, reference))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@declare_first
def download(request: SignedIn, reference: str) -> HttpResponseBase:
    """Send the file, or the page that waits for it.

    A POST makes a failed document wait again, or has one made at once where nothing is making documents.
    """
    document = _document(request, reference)
    if request.method == "POST":
        throttling.spend("document", request)
        if jobs.ask_again(document):
            wake(document)
        elif make_now.is_left_alone(document) and not make_now.start(document):
            messages.warning(request, _("Other documents are being created at the moment. Try again in a few seconds."))
        return redirect(document)
    if document.state != DocumentState.READY:
        return _how_far(request, document)
    try:
        content = stored_files.open_as_stored(
            document.file.storage, str(document.file), sha256=document.sha256, size=document.size
        )
    except stored_files.NotAsStored as fault:  # only a restored store can help, never a second, different file
        name = str(document.get_kind_display())
        return not_as_stored(request, fault, name, document.use.title, document.reference, document.sha256)
    return FileResponse(content, as_attachment=True, filename=jobs.file_name(document), content_type="application/pdf")


@require_POST
def ask(request: SignedIn, reference: str, kind: str) -> HttpResponse:
    """Have a document of an assessment made: of what was signed, or marked Draft of the answers so far."""
    assessment = finders.find_assessment(request.user, reference)
    if assessment is None or kind not in requests.kinds_for(assessment):
        raise Http404
    if not _sees_all(request.user, assessment):
        raise NotPermitted(
            _(
                "You cannot open the documents, because they show all answers. You can see only the work "
                "assigned to you."
            )
        )
    throttling.spend("document", request, organisation=assessment.organisation_id)
    return redirect(requests.ask(assessment, DocumentKind(kind), wake=wake))


def offers_to(user: User, assessment: Assessment | None) -> tuple[requests.Offer, ...]:
    """Return the documents of an assessment that a page offers this person to have made."""
    return requests.offers(assessment) if assessment and _sees_all(user, assessment) else ()


def _sees_all(user: User, assessment: Assessment) -> bool:
    mine = roles.memberships_on_page(user)
    member = next((one for one in mine if one.organisation_id == assessment.organisation_id), None)
    return member is not None and roles.assigned_targets(user, assessment, member) is None


@require_safe
@declare_first
def state(request: SignedIn, reference: str) -> HttpResponse:
    """Say how far a document is: as JSON, and to a page that asks every second as what has changed on it."""
    document = _document(request, reference)
    if "shown" in request.GET:
        return _what_changed(request, document)
    return JsonResponse(
        {
            "state": str(document.state),
            "words": str(document.get_state_display()),
            "address": reverse("document", args=[document.reference]),
        }
    )


def _what_changed(request: SignedIn, document: Document) -> HttpResponse:
    """Return the part of a page that shows a document, or 204 while there is nothing else to show.

    What shows no progress any more, or has asked for too long, asks no more: it would keep the session alive.
    """
    progress, shown = progress_of(document), request.GET["shown"]
    if request.GET.get("as") == "line":
        line = line_of(document, progress=progress)
        part = "progress_line"
    else:
        since = request.GET.get("since", "")
        poll = poll_address(document, progress, since=int(since) if re.fullmatch("[0-9]{1,12}", since) else None)
        line = DocumentLine(document, "", progress, poll)
        part = "progress"
    if line.poll and shown == progress:
        return HttpResponse(status=204)
    context = {"document": document, "label": line.label, "progress": progress, "poll": line.poll}
    return render(request, f"assessments/documents/{part}.html", context)


def not_as_stored(
    request: HttpRequest, fault: stored_files.NotAsStored, name: str, of: str, reference: str, sha256: str
) -> HttpResponse:
    """Say that a stored file is missing or was changed, and who can help."""
    return render(
        request,
        "assessments/documents/not_as_stored.html",
        {"changed": fault.reason == "changed", "name": name, "of": of, "reference": reference, "sha256": sha256},
        status=503,
    )


def _how_far(request: SignedIn, document: Document) -> HttpResponse:
    progress = progress_of(document)
    context = {
        "document": document,
        "use": document.use,
        "progress": progress,
        "poll": poll_address(document, progress, since=time.time()),
        "look_again": WAIT_SECONDS if progress in (Progress.MAKING, Progress.NOBODY) else None,
    }
    return render(request, "assessments/documents/how_far.html", context)
