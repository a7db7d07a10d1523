"""One evidence item: its page, its versions and its file."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders
from assessments.core import stored_files, throttling
from assessments.core.errors import NotPermitted
from assessments.domain.evidence import files, library
from assessments.domain.review import opened
from assessments.forms.base import refusals, status_of
from assessments.forms.evidence import ChangeEvidenceForm, ReplaceForm
from assessments.models import Confidentiality, Evidence, EvidenceUse, EvidenceVersion, User, edition_for
from assessments.views.assessment.evidence_strip import period_words
from assessments.views.evidence import library as evidence_library
from assessments.views.site.documents import not_as_stored
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, refusals_as_messages

USES = 50  # of an evidence item, on its page


# --- one item ----------------------------------------------------------------------------------------------------------


def find_item(request: SignedIn, reference: str) -> Evidence:
    return get_object_or_404(finders.evidence_for(request.user).for_list(), reference=reference)


@dataclass(frozen=True, slots=True)
class Leaning:
    """One answer that leans on an evidence item."""

    use: EvidenceUse
    question: str
    system: str
    url: str


@require_safe
def piece(request: SignedIn, reference: str) -> HttpResponse:
    """Show what an evidence item is, its versions, and what leans on it."""
    found = find_item(request, reference)
    uses = finders.evidence_uses_for(request.user).filter(evidence=found)
    rows = uses.select_related("evidence", "answer__question__section", "answer__assessment__use__system")
    rows = rows.select_related("answer__assessment__edition").defer("answer__assessment__edition__content")
    rows = rows.select_related("action__use__system")
    shown = list(rows.order_by("-pk")[: USES + 1])
    context = {
        "piece": found,
        "period": period_words(found),
        "state": evidence_library.state_of(found),
        "on_request": found.confidentiality == Confidentiality.ON_REQUEST,
        "versions": [(v, kind_word(v)) for v in found.versions.select_related("by").order_by("-number")],
        "leaning": [leaning_of(use) for use in shown[:USES]],
        "more": found.times_used - len(shown[:USES]),
        "may_write": may_write(found, request.user),
    }
    return render(request, "assessments/evidence/piece.html", context)


def may_write(found: Evidence, user: User) -> bool:
    try:
        library.require_writer(found, user)
    except NotPermitted:
        return False
    return found.withdrawn_at is None


def kind_word(version: EvidenceVersion) -> str:
    kind = files.KINDS.get(version.media_type)
    return str(kind.word) if kind else _("link")


def leaning_of(use: EvidenceUse) -> Leaning:
    answer, action = use.answer, use.action
    if action is not None:
        title = _("Action %(n)s: %(title)s") % {"n": action.number, "title": action.title}
        return Leaning(use, title, f"{action.use.system.name}, {action.use.title}", action.get_absolute_url())
    assert answer is not None
    assessment, key = answer.assessment, answer.question.key
    section = reverse("section", args=[assessment.reference, answer.question.section.key])
    return Leaning(
        use,
        edition_for(assessment.edition.checksum).questions[key].title,
        f"{assessment.use.system.name}, {assessment.use.title}",
        f"{section}#q-{key}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, reference: str) -> HttpResponse:
    """Change what is said of an evidence item, and who owns it."""
    found = find_item(request, reference)
    library.require_writer(found, request.user)
    owners = finders.writers_of(found.organisation)
    title = found.title
    form = ChangeEvidenceForm(request.POST or None, instance=found, owners=owners)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            library.update(found, by=request.user, **form.changes())
            messages.success(request, _("The changes were saved."))
            return redirect(found)
    return render(request, "assessments/evidence/edit.html", {"form": form, "piece": found, "title": title})


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: SignedIn, reference: str) -> HttpResponse:
    """Put a newer file or link in the place of an evidence item's newest one; the older ones stay."""
    found = find_item(request, reference)
    library.require_writer(found, request.user)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReplaceForm(*posted, endings=files.endings(), limit=settings.EVIDENCE_MAX_BYTES)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        throttling.spend("upload", request, organisation=found.organisation_id)
        with refusals(form):
            library.add_version(found, by=request.user, file=given["file"], link=given["link"], details=form.details())
            words = ngettext(
                "The evidence was replaced. %(n)s answer that uses it shows a warning.",
                "The evidence was replaced. %(n)s answers that use it show a warning.",
                found.times_used,
            )
            messages.success(
                request, words % {"n": found.times_used} if found.times_used else _("The evidence was replaced.")
            )
            return redirect(found)
    evidence_library.remind_of_file(form)
    return render(request, "assessments/evidence/replace.html", {"form": form, "piece": found}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedIn, reference: str) -> HttpResponse:
    """Take an evidence item out of the library, after saying what that does."""
    found = find_item(request, reference)
    library.require_writer(found, request.user)
    if request.method == "POST":
        with refusals_as_messages(request):
            library.withdraw(found, by=request.user)
            messages.success(request, _("“%(title)s” was withdrawn.") % {"title": found})
        return redirect(found)
    return render(request, "assessments/evidence/withdraw.html", {"piece": found})


# --- the file itself -----------------------------------------------------------------------------------------------------


@require_safe
def file(request: SignedIn, reference: str, number: int) -> HttpResponseBase:
    """Send a version of an evidence item as a download, or lead to its link."""
    found = find_item(request, reference)
    version = get_object_or_404(found.versions.select_related("evidence__organisation"), number=number)
    return send(request, version)


@require_safe
def of_submission(request: SignedIn, reference: str, piece: str, number: int) -> HttpResponseBase:
    """Send a reviewer a version that the submission names, and no other."""
    submission = get_object_or_404(finders.submissions_with_evidence_for(request.user).defer(None), reference=reference)
    version = finders.submitted_version(submission, piece, number)
    if version is None:
        raise Http404
    if not finders.is_open_to(request.user, submission.assessment_id):
        return to_declare(request, submission)
    sent = send(request, version, submission=submission.reference)
    if request.method == "GET" and sent.status_code in (200, 302):
        opened.note_opening(submission, piece, number, by=request.user)
    return sent


def send(request: SignedIn, version: EvidenceVersion, *, submission: str = "") -> HttpResponseBase:
    """Log the reading of a confidential evidence item, then send it so that no browser shows or runs it in our name."""
    if version.link:
        note(request, version, submission)
        response: HttpResponseBase = redirect(version.link)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    try:
        content = library.open_file(version)
    except stored_files.NotAsStored as fault:
        found = version.evidence
        return not_as_stored(
            request, fault, found.title, str(found.organisation), f"{found.reference}/{version.number}", version.sha256
        )
    note(request, version, submission)
    response = FileResponse(content, as_attachment=True, filename=version.file_name, content_type=version.media_type)
    response.headers["Content-Length"] = str(version.size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def note(request: SignedIn, version: EvidenceVersion, submission: str) -> None:
    if request.method == "GET":
        library.note_reading(version, by=request.user, submission=submission)
