"""An evidence item shown in the page of a case, without a download: by a script in its place, else on its own page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.access import finders
from assessments.core import query_values, stored_files, throttling
from assessments.domain.evidence import previews
from assessments.domain.evidence.previews import NoSuchPage, NotShown, Preview
from assessments.domain.review import opened
from assessments.models import EvidenceVersion, Submission, edition_for
from assessments.models.snapshots import pieces_of
from assessments.views.evidence.item import kind_word, note
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn

CLOSED = "sandbox; default-src 'none'"


@require_safe
def preview(request: SignedIn, reference: str, piece: str, number: int) -> HttpResponse:
    """Show a version of an evidence item, or one page or sheet of it (`page`). `seen`: that this opening was logged before."""
    submission = find_submission(request, reference)
    if not finders.is_open_to(request.user, submission.assessment_id):
        if finders.submitted_version(submission, piece, number) is None:
            raise Http404
        return to_declare(request, submission)
    version = find_version(request, submission, piece, number)
    throttling.spend("preview", request, step=10)
    shown, why, busy = None, "", False
    try:
        shown = previews.look(version, page_of(request))
    except NoSuchPage:
        raise Http404 from None
    except NotShown as error:
        why, busy = str(error), error.busy
    except stored_files.NotAsStored:
        why, busy = (
            _("The stored file is missing or was changed, so we cannot show it. Ask the operator to restore it."),
            True,
        )
    if shown is not None and not previews.is_ticket_for(request.GET.get("seen", ""), version, request.user):
        note(request, version, submission.reference)
        if request.method == "GET":
            opened.note_opening(submission, piece, number, by=request.user)
    in_place = bool(getattr(request, "htmx", False))
    is_blind = not in_place and finders.gives_second_look(request.user, submission)  # the case is closed to them
    return render(
        request,
        "assessments/review/preview.html" if in_place else "assessments/review/preview_page.html",
        {
            "submission": submission,
            "in_place": in_place,
            "version": version,
            "piece": version.evidence,
            "kind": kind_word(version),
            "why": why,
            "preview": shown,
            "places": [] if in_place or is_blind else places_of(submission, piece),
            "is_blind": is_blind,
            **addresses(request, submission, version, shown),
        },
        status=503 if busy and not in_place else 200,
    )


def places_of(submission: Submission, piece: str) -> list[tuple[str, str]]:
    """Return where an evidence item of a submission is judged: title and address of each answer and part that names it."""
    edition, content = edition_for(submission.edition_checksum), submission.content()
    found = []
    for key, answer in content["answers"].items():
        if any(given["reference"] == piece for given in pieces_of(answer)):
            question = edition.questions[key]
            page = reverse("review_section", args=[submission.reference, question.section])
            found.append((question.title, f"{page}?show=all#q-{key}"))
    for part in content.get("conformity", ()):
        if any(given["reference"] == piece for given in part["evidence"]):
            known = edition.gates.part(part["part"])
            page = reverse("review_parts", args=[submission.reference])
            found.append((known.label if known else part["part"], f"{page}#part-{part['part']}"))
    return found


@require_safe
def image(request: SignedIn, reference: str, piece: str, number: int) -> HttpResponse:
    """Send the picture of a preview, for the page that showed it: without the ticket of a logged opening there is none."""
    submission = find_submission(request, reference)
    if not finders.is_open_to(request.user, submission.assessment_id):
        if finders.submitted_version(submission, piece, number) is None:
            raise Http404
        return to_declare(request, submission)
    version = find_version(request, submission, piece, number)
    if not previews.is_ticket_for(request.GET.get("seen", ""), version, request.user):
        raise Http404
    throttling.spend("preview", request, step=10)
    try:
        media_type, content = previews.draw(version, page_of(request))
    except (NoSuchPage, NotShown, stored_files.NotAsStored):
        raise Http404 from None
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Security-Policy"] = CLOSED
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def find_submission(request: SignedIn, reference: str) -> Submission:
    found: Submission = get_object_or_404(
        finders.submissions_with_evidence_for(request.user).defer(None), reference=reference
    )
    return found


def find_version(request: SignedIn, submission: Submission, piece: str, number: int) -> EvidenceVersion:
    version = previews.find(submission, piece, number, by=request.user)
    if version is None:
        raise Http404
    return version


def page_of(request: SignedIn) -> int:
    """Return the page or sheet that the address asks for."""
    given = request.GET.get("page", "1")
    number = query_values.count(given)
    if not number:
        raise Http404
    return number


def addresses(
    request: SignedIn, submission: Submission, version: EvidenceVersion, shown: Preview | None
) -> dict[str, object]:
    """Return where the file is, and the picture and the other pages of what is shown, each with the ticket of this opening."""
    args = [submission.reference, version.evidence.reference, version.number]
    found: dict[str, object] = {"file_url": reverse("review_evidence", args=args)}
    if shown is None:
        return found
    ticket = previews.ticket_for(version, request.user)

    def with_page(name: str, page: int | None) -> str:
        return f"{reverse(name, args=args)}?{urlencode({'page': page, 'seen': ticket})}" if page else ""

    sheets = list(enumerate(shown.sheets, 1)) if len(shown.sheets) > 1 else []
    return found | {
        "picture_url": with_page("evidence_picture", shown.number),
        "before_url": with_page("evidence_preview", shown.before),
        "after_url": with_page("evidence_preview", shown.after),
        "sheets": [(number, name, with_page("evidence_preview", number)) for number, name in sheets],
    }
