"""Words that are used again: those offered for one mark, and the page on which reviewers keep their texts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import roles
from assessments.core import query_values
from assessments.core.errors import NotPermitted
from assessments.domain.review import earlier_words, kept_texts, marks, opened
from assessments.domain.review.earlier_words import From, Offer
from assessments.forms.base import refusals
from assessments.forms.review_words import KeptTextForm, ReuseForm
from assessments.models import ASKING, KeptText, MarkReason, ReviewMark, SharedText
from assessments.views.review.case import ReviewCase
from assessments.views.review.rows import JudgedRow
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: SignedIn, reference: str, anchor: str) -> HttpResponse:
    """List the words that fit one mark; `take` puts one of them into a form, and a POST saves the mark."""
    case = ReviewCase(request.user, reference)
    target = anchor.replace("-", ":", 1)
    if target not in case.targets:
        raise Http404
    if request.method != "POST" and not case.may_open:
        return to_declare(request, case.submission)
    case.require_seat()
    row = case.rows[target]
    if request.method != "POST" and not case.is_open:
        return redirect(case.pages.url_of(target))
    offers = earlier_words.offers(case.submission, case.content, target, by=case.user)
    taken = next((offer for offer in offers if offer.key == request.GET.get("take", "")), None)
    form = None
    if taken is not None:
        form = _form_of(request, case, row, taken)
        if request.method == "POST" and form.is_valid() and _save(request, case, row, taken, form):
            return redirect(case.pages.url_of(target))
    elif "take" in request.GET:
        messages.warning(request, _("This text is no longer available. Choose another one."))
    case.add_evidence([row])
    context = {
        "case": case,
        "submission": case.submission,
        "row": row,
        "url": case.pages.url_of(target),
        "taken": _shown(taken) if taken else None,
        "form": form,
        "groups": _groups(offers),
        "offered": len(offers),
        "keep_url": _keep_url(row, case),
    }
    return render(request, "assessments/review/words.html", context)


def _form_of(request: SignedIn, case: ReviewCase, row: JudgedRow, taken: Offer) -> ReuseForm:
    initial = dict(taken.said)
    initial["base"] = row.mark.revision if row.mark else 0
    initial["seen"] = opened.token(case.submission, row.target, reader=case.user, at=timezone.now())
    return ReuseForm(
        posted(request),
        initial=initial,
        reasons=row.reasons(),
        foreign=taken.is_foreign,
        asks_action=row.is_answer,
    )


def _save(request: SignedIn, case: ReviewCase, row: JudgedRow, taken: Offer, form: ReuseForm) -> bool:
    """Save the mark; where it could not be, the form says why."""
    kept = row.mark if row.mark and row.mark.by_id == case.user.pk else None
    said: dict[str, Any] = form.said
    note = kept.private_note if kept else ""
    given = marks.GivenMark(**said, private_note=note, seen=form.cleaned_data["seen"])
    with refusals(form):
        earlier_words.save(
            case.submission,
            row.target,
            given,
            by=case.user,
            source=taken.key,
            has_read=bool(form.cleaned_data.get("has_read")),
            base=form.cleaned_data["base"] or 0,
        )
        messages.success(request, _("The mark is saved."))
        return True
    return False


def _shown(offer: Offer) -> dict[str, Any]:
    """Return an offer as a page shows it: whose it is, its words, and the key by which it is taken."""
    mark, shown = offer.earlier, {"offer": offer, "said": offer.said, "at": offer.at}
    shown["reason"] = MarkReason(offer.said["reason"]).label if offer.said["reason"] else ""
    if mark is not None:
        shown |= {"by": mark.by, "use": mark.submission.assessment.use, "organisation": mark.submission.organisation}
        shown["round"] = mark.submission.round
    return shown


def _groups(offers: list[Offer]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return the offers by where they come from: heading, a word on it, rows; a group with nothing in it is left out."""
    titles = {
        From.LAST: (_("Same as last time"), _("your most recent mark on this point for this organisation")),
        From.OWN: (_("Your own texts"), ""),
        From.SHARED: (_("Shared texts"), _("for all reviewers")),
        From.CASE: (_("From your cases"), _("newest first")),
    }
    found = []
    for origin, (title, note) in titles.items():
        rows = [_shown(offer) for offer in offers if offer.origin == origin]
        if rows:
            found.append((title, note, rows))
    return found


def _keep_url(row: JudgedRow, case: ReviewCase) -> str:
    """Where the reader's own mark is kept as a text, if it asks for something."""
    if _own_mark(case, row.target) is None:
        return ""
    return f"{reverse('review_texts')}?{urlencode({'from': case.submission.reference, 'mark': row.anchor})}#new"


def _own_mark(case: ReviewCase, target: str) -> ReviewMark | None:
    """Return the reader's own mark of a target, if it asks for something."""
    mine = (one for one in case.all_marks if one.target == target and one.by_id == case.user.pk)
    return next((one for one in mine if one.mark in ASKING and one.taken_over_from_id is None), None)


# --- the texts themselves ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def texts(request: SignedIn) -> HttpResponse:
    """Show the texts that a reviewer keeps, their own and those of each organisation; a POST adds, deletes or brings back."""
    if not roles.is_reviewer(request.user):
        raise NotPermitted(_("Only reviewers can use saved texts."))
    organisations = {one.reference: one for one in kept_texts.organisations_of(request.user)}
    names = {key: str(one) for key, one in organisations.items()}
    if request.method == "POST" and ("delete" in request.POST or "back" in request.POST):
        return _deleted_or_back(request)
    start, source = _from_mark(request)
    form = KeptTextForm(posted(request), initial=start, organisations=names)
    if request.method == "POST" and form.is_valid():
        chosen = organisations.get(form.cleaned_data["belongs"])
        fields = {**form.said, "title": form.cleaned_data["title"]}
        with refusals(form):
            if source is not None:
                earlier_words.require_no_names(fields, source)
            kept_texts.keep(fields, by=request.user, organisation=chosen)
            messages.success(request, _("The text is saved."))
            return redirect("review_texts")
    own = [_line(one) for one in kept_texts.own_texts(request.user)]
    shared = [_line(one) for one in kept_texts.shared_texts(request.user)]
    gone = [*kept_texts.own_texts(request.user, deleted=True), *kept_texts.shared_texts(request.user, deleted=True)]
    context = {
        "form": form,
        "own": own,
        "shared": shared,
        "count": len(own) + len(shared),
        "gone": [_line(one) for one in gone],
        "days": kept_texts.KEPT_DAYS,
        "source": source,
    }
    return render(request, "assessments/review/texts.html", context)


def _from_mark(request: SignedIn) -> tuple[dict[str, Any], Any]:
    """Return what a new text starts with: the reader's own mark of a case, and that case; nothing where there is none."""
    reference, anchor = request.GET.get("from", ""), request.GET.get("mark", "")
    if not reference or not anchor:
        return {}, None
    case = ReviewCase(request.user, reference)
    target = anchor.replace("-", ":", 1)
    if target not in case.targets or not case.may_open or case.seat is None:
        raise Http404
    mark = _own_mark(case, target)
    if mark is None:
        raise Http404
    said = {name: value for name, value in mark.record().items() if name in kept_texts.FIELDS}
    return {**said, "title": case.title_of(target)}, case.submission


def _deleted_or_back(request: SignedIn) -> HttpResponse:
    """Delete a text, or bring one back: by a button with its key."""
    key = request.POST.get("delete") or request.POST.get("back", "")
    text = kept_texts.find(request.user, key)
    if text is None:
        raise Http404
    with refusals_as_messages(request):
        if "delete" in request.POST:
            kept_texts.remove(text, by=request.user)
            messages.success(request, _("“%(title)s” has been deleted. You can restore it below.") % {"title": text})
        else:
            kept_texts.bring_back(text, by=request.user)
            messages.success(request, _("“%(title)s” has been restored.") % {"title": text})
    return redirect("review_texts")


@require_http_methods(["GET", "HEAD", "POST"])
def edit_text(request: SignedIn, key: str) -> HttpResponse:
    """Change one text."""
    text = kept_texts.find(request.user, key)
    if text is None or text.deleted_at is not None:
        raise Http404
    form = KeptTextForm(posted(request), initial={**text.said(), "title": text.title, "base": text.revision})
    if request.method == "POST" and form.is_valid():
        fields = {**form.said, "title": form.cleaned_data["title"]}
        base = query_values.count(str(form.cleaned_data["base"] or "")) or 0
        with refusals(form):
            kept_texts.change(text, fields, by=request.user, base=base)
            messages.success(request, _("The text has been changed."))
            return redirect("review_texts")
    return render(request, "assessments/review/text.html", {"form": form, "text": text, "line": _line(text)})


def _line(text: KeptText) -> dict[str, Any]:
    organisation = text.organisation if isinstance(text, SharedText) else None
    by = text.by if isinstance(text, SharedText) else None
    return {"key": kept_texts.key_of(text), "text": text, "organisation": organisation, "by": by}
