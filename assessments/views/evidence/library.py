"""The library of evidence: its list, and a new item."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders
from assessments.access.roles import Action
from assessments.core import throttling
from assessments.core.errors import InvalidAnswer, NotPermitted
from assessments.domain.evidence import files, quotas
from assessments.domain.evidence import library as evidence_library
from assessments.forms.base import refusals, status_of
from assessments.forms.evidence import LibraryForm, NewEvidenceForm
from assessments.models import Evidence, Organisation, User
from assessments.models.evidence import EvidenceQuerySet
from assessments.views.assessment.evidence_strip import period_words
from assessments.views.site.requests import SignedIn

ROWS = 50
SOON_DAYS = 30
KINDS_OF_A_SECTION = 3
ASSESSMENTS_READ = 3


# --- the library -------------------------------------------------------------------------------------------------------


@require_safe
def library(request: SignedIn) -> HttpResponse:
    """Show the library, with what expires and what nothing leans on."""
    user = request.user
    form = LibraryForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    query, show = str(given.get("q", "")), str(given.get("show", ""))
    pieces = narrowed(finders.evidence_for(user), user, query, show)
    page = Paginator(pieces.for_list().order_by("title", "pk"), ROWS).get_page(request.GET.get("page"))
    mine = finders.organisations_where(user, Action.ANSWER)
    narrow = bool(query or show)
    filled = page.paginator.count > 0
    context = {
        "page": page,
        "rows": [(piece, period_words(piece), state_of(piece)) for piece in page],
        "form": form,
        "narrow": narrow,
        "query": f"&{urlencode({'q': query, 'show': show})}" if narrow else "",
        "may_add": mine.exists(),
        "quotas": quotas.nearly_used(mine),
        "kinds": [] if filled or narrow else kinds_of_evidence(request.user),
    }
    return render(request, "assessments/evidence/library.html", context)


def narrowed(pieces: EvidenceQuerySet, user: User, query: str, show: str) -> EvidenceQuerySet:
    if query:
        pieces = pieces.filter(
            Q(title__icontains=query) | Q(proves__icontains=query) | Q(versions__file_name__icontains=query)
        ).distinct()
    if show == "withdrawn":
        return pieces.exclude(withdrawn_at=None)
    pieces = pieces.in_use()
    match show:
        case "expired":
            return pieces.expired()
        case "soon":
            return pieces.expiring(SOON_DAYS)
        case "unused":
            return pieces.unused()
        case "mine":
            return pieces.filter(owner=user)
    return pieces


def state_of(piece: Evidence) -> str:
    """Return the state of parts/state.html that an evidence item is in; "" where there is nothing to say."""
    if piece.withdrawn_at:
        return "withdrawn"
    if piece.is_expired():
        return "expired"
    return "expiring" if piece.expires_within(SOON_DAYS) else ""


def kinds_of_evidence(user: User) -> list[tuple[str, list[str]]]:
    """Return what the questions of a reader's newest assessments usually ask for, by section: what each names first."""
    found: dict[str, dict[str, None]] = {}
    for assessment in finders.assessments_for(user).order_by("-pk")[:ASSESSMENTS_READ]:
        edition = assessment.compiled()
        for question in assessment.declared().questions(edition):
            if question.good_evidence:
                title = edition.section_of[question.section].title
                found.setdefault(title, {})[question.good_evidence[0]] = None
    return [(title, list(kinds)[:KINDS_OF_A_SECTION]) for title, kinds in found.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Put an evidence item into the library."""
    organisations = list(finders.organisations_where(request.user, Action.ANSWER))
    if not organisations:
        raise NotPermitted(_("Only owners and contributors of an organisation can add evidence."))
    form = new_form(request, organisations)
    if request.method == "POST" and form.is_valid():
        by_reference = {organisation.reference: organisation for organisation in organisations}
        organisation = by_reference[form.cleaned_data.get("organisation") or organisations[0].reference]
        throttling.spend("upload", request, organisation=organisation.pk)
        piece = add_from(form, organisation, by=request.user)
        if piece:
            messages.success(request, _("“%(title)s” was added to the library.") % {"title": piece})
            return redirect(piece)
    remind_of_file(form)
    context = {"form": form, "organisation": organisations[0]}
    return render(request, "assessments/evidence/new.html", context, status=status_of(form))


def new_form(request: SignedIn, organisations: list[Organisation] | None = None) -> NewEvidenceForm:
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    return NewEvidenceForm(
        *posted,
        organisations=organisations or [],
        endings=files.endings(),
        limit=settings.EVIDENCE_MAX_BYTES,
    )


def add_from(
    form: NewEvidenceForm, organisation: Organisation, *, by: User, to: tuple[Any, str] | None = None
) -> Evidence | None:
    """Add what a valid form holds; None where the library refuses it, with the reason at its field."""
    given = form.cleaned_data
    with refusals(form, of=(InvalidAnswer, ValidationError)):
        return evidence_library.add(
            organisation, by=by, file=given["file"], link=given["link"], to=to, **form.details()
        )
    return None


def remind_of_file(form: Form) -> None:
    """Say that a file has to be chosen again, where something else keeps its form from being taken."""
    if form.is_bound and form.errors and "file" in form.files and "file" not in form.errors:
        form.add_error("file", _("Choose the file again. Your browser did not keep it."))
