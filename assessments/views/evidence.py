"""The library of evidence: its list, a page for each piece, and what an answer leans on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.forms import Form
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments import access, evidence
from assessments.access import Action
from assessments.core import query_values, stored_files, throttling
from assessments.domain.evidence import quotas, supplements
from assessments.domain.review import opened, parts
from assessments.errors import InvalidAnswer, NotPermitted
from assessments.evidence import files
from assessments.forms.base import refusals, status_of
from assessments.forms.evidence import ChangeEvidenceForm, LibraryForm, NewEvidenceForm, ReplaceForm
from assessments.guideline.edition import Question
from assessments.models import (
    Confidentiality,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Organisation,
    User,
    edition_for,
)
from assessments.models.evidence import EvidenceQuerySet
from assessments.views.case import Case, find_case
from assessments.views.documents import not_as_stored
from assessments.views.gate import to_declare
from assessments.views.question import stored_answers, unlocked_on_page
from assessments.views.requests import SignedIn, refusals_as_messages
from assessments.views.strips import Strip, make_strip, period_words

ROWS = 50
CHOICES = 20  # of the library, under an answer
USES = 50  # of a piece, on its page
SOON_DAYS = 30
KINDS_OF_A_SECTION = 3
ASSESSMENTS_READ = 3


# --- the library -------------------------------------------------------------------------------------------------------


@require_safe
def library(request: SignedIn) -> HttpResponse:
    """What can be shown, with what expires and what nothing leans on."""
    user = request.user
    form = LibraryForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    query, show = str(given.get("q", "")), str(given.get("show", ""))
    pieces = narrowed(access.evidence_for(user), user, query, show)
    page = Paginator(pieces.for_list().order_by("title", "pk"), ROWS).get_page(request.GET.get("page"))
    mine = access.organisations_where(user, Action.ANSWER)
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
    """The state of parts/state.html that a piece is in; "" where there is nothing to say."""
    if piece.withdrawn_at:
        return "withdrawn"
    if piece.is_expired():
        return "expired"
    return "expiring" if piece.expires_within(SOON_DAYS) else ""


def kinds_of_evidence(user: User) -> list[tuple[str, list[str]]]:
    """What the questions of a reader's newest assessments usually ask for, by section: what each names first."""
    found: dict[str, dict[str, None]] = {}
    for assessment in access.assessments_for(user).order_by("-pk")[:ASSESSMENTS_READ]:
        edition = assessment.compiled()
        for question in assessment.declared().questions(edition):
            if question.good_evidence:
                title = edition.section_of[question.section].title
                found.setdefault(title, {})[question.good_evidence[0]] = None
    return [(title, list(kinds)[:KINDS_OF_A_SECTION]) for title, kinds in found.items()]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Put a piece into the library."""
    organisations = list(access.organisations_where(request.user, Action.ANSWER))
    if not organisations:
        raise NotPermitted(_("Evidence is added by owners and contributors of an organisation."))
    form = new_form(request, organisations)
    if request.method == "POST" and form.is_valid():
        by_reference = {organisation.reference: organisation for organisation in organisations}
        organisation = by_reference[form.cleaned_data.get("organisation") or organisations[0].reference]
        throttling.spend("upload", request, organisation=organisation.pk)
        piece = add_from(form, organisation, by=request.user)
        if piece:
            messages.success(request, _("“%(title)s” is in the library.") % {"title": piece})
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
        return evidence.add(organisation, by=by, file=given["file"], link=given["link"], to=to, **form.details())
    return None


def remind_of_file(form: Form) -> None:
    """Where something else keeps a form from being taken, say that its file has to be chosen again."""
    if form.is_bound and form.errors and "file" in form.files and "file" not in form.errors:
        form.add_error("file", _("Choose the file again: a browser does not keep it."))


# --- a piece -----------------------------------------------------------------------------------------------------------


def find_piece(request: SignedIn, reference: str) -> Evidence:
    return get_object_or_404(access.evidence_for(request.user).for_list(), reference=reference)


@dataclass(frozen=True, slots=True)
class Leaning:
    """One answer that leans on a piece."""

    use: EvidenceUse
    question: str
    system: str
    url: str


@require_safe
def piece(request: SignedIn, reference: str) -> HttpResponse:
    """What a piece is, its versions, and what leans on it."""
    found = find_piece(request, reference)
    uses = access.evidence_uses_for(request.user).filter(evidence=found)
    rows = uses.select_related("evidence", "answer__question__section", "answer__assessment__use__system")
    rows = rows.select_related("answer__assessment__edition").defer("answer__assessment__edition__content")
    rows = rows.select_related("action__use__system")
    shown = list(rows.order_by("-pk")[: USES + 1])
    context = {
        "piece": found,
        "period": period_words(found),
        "state": state_of(found),
        "on_request": found.confidentiality == Confidentiality.ON_REQUEST,
        "versions": [(v, kind_word(v)) for v in found.versions.select_related("by").order_by("-number")],
        "leaning": [leaning_of(use) for use in shown[:USES]],
        "more": found.times_used - len(shown[:USES]),
        "may_write": may_write(found, request.user),
    }
    return render(request, "assessments/evidence/piece.html", context)


def may_write(found: Evidence, user: User) -> bool:
    try:
        evidence.require_writer(found, user)
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
    """Change what is said of a piece, and who owns it."""
    found = find_piece(request, reference)
    evidence.require_writer(found, request.user)
    owners = access.writers_of(found.organisation)
    title = found.title
    form = ChangeEvidenceForm(request.POST or None, instance=found, owners=owners)
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            evidence.update(found, by=request.user, **form.changes())
            messages.success(request, _("The changes are saved."))
            return redirect(found)
    return render(request, "assessments/evidence/edit.html", {"form": form, "piece": found, "title": title})


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: SignedIn, reference: str) -> HttpResponse:
    """Put a newer file or link in the place of a piece's newest one; the older ones stay."""
    found = find_piece(request, reference)
    evidence.require_writer(found, request.user)
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReplaceForm(*posted, endings=files.endings(), limit=settings.EVIDENCE_MAX_BYTES)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        throttling.spend("upload", request, organisation=found.organisation_id)
        with refusals(form):
            evidence.add_version(found, by=request.user, file=given["file"], link=given["link"], details=form.details())
            words = ngettext(
                "Replaced. %(n)s answer that leans on it says so.",
                "Replaced. %(n)s answers that lean on it say so.",
                found.times_used,
            )
            messages.success(request, words % {"n": found.times_used} if found.times_used else _("Replaced."))
            return redirect(found)
    remind_of_file(form)
    return render(request, "assessments/evidence/replace.html", {"form": form, "piece": found}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedIn, reference: str) -> HttpResponse:
    """Take a piece out of the library, after saying what that does."""
    found = find_piece(request, reference)
    evidence.require_writer(found, request.user)
    if request.method == "POST":
        with refusals_as_messages(request):
            evidence.withdraw(found, by=request.user)
            messages.success(request, _("“%(title)s” is withdrawn.") % {"title": found})
        return redirect(found)
    return render(request, "assessments/evidence/withdraw.html", {"piece": found})


# --- the file itself -----------------------------------------------------------------------------------------------------


@require_safe
def file(request: SignedIn, reference: str, number: int) -> HttpResponseBase:
    """Send a version of a piece as a download, or lead to its link."""
    found = find_piece(request, reference)
    version = get_object_or_404(found.versions.select_related("evidence__organisation"), number=number)
    return send(request, version)


@require_safe
def of_submission(request: SignedIn, reference: str, piece: str, number: int) -> HttpResponseBase:
    """Send a reviewer a version that the submission names, and no other."""
    submission = get_object_or_404(access.submissions_with_evidence_for(request.user).defer(None), reference=reference)
    version = access.submitted_version(submission, piece, number)
    if version is None:
        raise Http404
    if not access.is_open_to(request.user, submission.assessment_id):
        return to_declare(request, submission)
    sent = send(request, version, submission=submission.reference)
    if request.method == "GET" and sent.status_code in (200, 302):
        opened.note_opening(submission, piece, number, by=request.user)
    return sent


def send(request: SignedIn, version: EvidenceVersion, *, submission: str = "") -> HttpResponseBase:
    """Log the reading of a confidential piece, then send it so that no browser shows or runs it in our name."""
    if version.link:
        note(request, version, submission)
        response: HttpResponseBase = redirect(version.link)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    try:
        content = evidence.open_file(version)
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
        evidence.note_reading(version, by=request.user, submission=submission)


# --- what an answer leans on ---------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def of_answer(request: SignedIn, reference: str, question: str) -> HttpResponse:
    """The evidence of one answer: attach, detach, add. A script gets the strip alone, and puts it in its place."""
    case = find_case(request, reference)
    asked = next((one for one in case.questions if one.key == question), None)
    if asked is None:
        raise Http404
    form, problem = None, ""
    if request.method == "POST":
        access.require(request.user, Action.ANSWER, case.assessment)
        form, problem, said = act(request, case, asked)
        if form is None and not problem:
            if getattr(request, "htmx", False):
                return strip_response(request, case, asked, said=said)
            messages.success(request, said)
            return redirect("answer_evidence", reference, question)
    if getattr(request, "htmx", False):
        return strip_response(request, case, asked, form=form, problem=problem)
    return answer_page(request, case, asked, form, problem)


def act(request: SignedIn, case: Case, asked: Question) -> tuple[NewEvidenceForm | None, str, str]:
    """Do what was posted; returns the form if it has to be shown again, what was in the way, and what was done."""
    acts = {
        "attach": (evidence.attach, _("Attached: %(title)s.")),
        "detach": (evidence.detach, _("Detached: %(title)s. It stays in the library.")),
        "confirm": (evidence.confirm_again, _("Noted: “%(title)s” still shows it.")),
    }
    name = next((name for name in acts if name in request.POST), "")
    form = None
    with refusals() as refused:
        if name:
            do, words = acts[name]
            mine = access.evidence_for(request.user).filter(organisation=case.assessment.organisation_id)
            found = get_object_or_404(mine, reference=query_values.reference(request.POST[name]))
            do(found, case.assessment, asked.key, by=request.user)
            return None, "", words % {"title": found}
        form = new_form(request)
        if form.is_valid():
            throttling.spend("upload", request, organisation=case.assessment.organisation_id)
            piece = add_from(form, case.assessment.organisation, by=request.user, to=(case.assessment, asked.key))
            if piece:
                known = piece.title != form.cleaned_data["title"]
                words = _("The library has this file already: “%(title)s” was attached.")
                return None, "", (words if known else _("Attached: %(title)s.")) % {"title": piece}
        return form, "", ""
    return form, refused.words, ""  # with the form, where one was filled in: what was typed stays


def strip_of(case: Case, asked: Question) -> Strip:
    uses = access.evidence_on(case.assessment, [asked.key]).get(asked.key, [])
    stored = stored_answers(case, [asked])
    unlocked = unlocked_on_page(case, stored, [asked])
    editable = case.may_answer and (unlocked is None or asked.key in unlocked)
    strip = make_strip(case, asked.key, uses, editable=editable)
    strip.answered = asked.key in stored
    return strip


def choose_from(request: SignedIn, case: Case, strip: Strip, query: str) -> None:
    """Put the pieces that may still be attached onto a strip, the newest first."""
    pieces = access.evidence_for(request.user).filter(organisation=case.assessment.organisation_id)
    have = [line.piece.pk for line in strip.lines]
    shown = narrowed(pieces, request.user, query, "").exclude(pk__in=have).for_list().order_by("-pk")
    strip.pieces, strip.query = list(shown[:CHOICES]), query


def strip_response(
    request: SignedIn,
    case: Case,
    asked: Question,
    *,
    form: NewEvidenceForm | None = None,
    problem: str = "",
    said: str = "",
) -> HttpResponse:
    """The strip alone; closed where the script asks for that."""
    strip = strip_of(case, asked)
    strip.is_open = (strip.editable and "closed" not in request.GET) or form is not None
    strip.problem, strip.said, strip.form = problem, said, form
    if strip.is_open:
        choose_from(request, case, strip, request.GET.get("q", ""))
    context = {"view": {"evidence": strip}, "endings": files.endings(), "limit": settings.EVIDENCE_MAX_BYTES // 1024**2}
    return render(request, "assessments/answering/evidence.html", context, status=status_of(form))


def answer_page(
    request: SignedIn, case: Case, asked: Question, form: NewEvidenceForm | None, problem: str
) -> HttpResponse:
    strip = strip_of(case, asked)
    query = request.GET.get("q", "")
    if form is not None:
        remind_of_file(form)
    if strip.editable:
        choose_from(request, case, strip, query)
    section = case.edition.section_of[asked.section]
    context = {
        "case": case,
        "assessment": case.assessment,
        "question": asked,
        "section": section,
        "strip": strip,
        "form": form or (empty_form() if strip.editable and strip.answered else None),
        "problem": problem,
        "later": supplements.of_assessment(case.assessment, within=[f"q:{asked.key}"]),
        "later_told": parts.is_told(case.assessment),
        "takes_more": supplements.is_open(case.assessment) and not strip.editable,
        "back": f"{reverse('section', args=[case.assessment.reference, section.key])}#q-{asked.key}",
    }
    return render(request, "assessments/evidence/of_answer.html", context, status=status_of(form))


def empty_form() -> NewEvidenceForm:
    return NewEvidenceForm(endings=files.endings(), limit=settings.EVIDENCE_MAX_BYTES)
