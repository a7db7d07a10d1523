"""The notes of the reviewers on a case."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.core import query_values
from assessments.domain.review import case_notes
from assessments.forms.base import refusals
from assessments.forms.review_words import NoteForm
from assessments.views.review.case import ReviewCase
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted, refusals_as_messages
from assessments.views.site.seen import seen


@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: SignedIn, reference: str) -> HttpResponse:
    """Read and write notes; a note of one's own is changed (`edit`), shared, deleted and brought back."""
    case = ReviewCase(request.user, reference)
    if request.method != "POST" and not case.may_open:
        return to_declare(request, case.submission)
    case.require_seat()
    for name in ("share", "delete", "back"):
        if name in request.POST:
            return _moved(request, case, name)
    shown = case_notes.read_by(request.user, case.submission)
    edited = None
    if given := request.GET.get("edit", ""):
        mine = (one for one in shown if str(one.pk) == given and one.author_id == case.user.pk)
        edited = next((one for one in mine if not one.shared_at or request.method == "POST"), None)
        if edited is None:
            raise Http404
    initial = {"text": edited.text, "base": edited.revision} if edited else {}
    form = NoteForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        with refusals(form):
            if edited is not None:
                base = form.cleaned_data["base"] or 0
                case_notes.change(case.submission, edited.pk, text, by=case.user, base=base)
            else:
                case_notes.write(case.submission, text, by=case.user)
            messages.success(request, _("The note is saved."))
            return redirect("case_notes", reference)
    seen(request)
    context = {
        "case": case,
        "submission": case.submission,
        "notes": [one for one in shown if one is not edited],
        "edited": edited,
        "gone": case_notes.deleted_by(request.user, case.submission),
        "days": case_notes.KEPT_DAYS,
        "may_write": case_notes.may_write(case.assessment),
        "form": form,
    }
    return render(request, "assessments/review/notes.html", context)


def _moved(request: SignedIn, case: ReviewCase, name: str) -> HttpResponse:
    """Share, delete or bring back the note whose key the button has."""
    pk = query_values.key(request.POST[name])
    with refusals_as_messages(request):
        if name == "share":
            case_notes.share(case.submission, pk, by=case.user)
            messages.success(request, _("The note is shared with the other reviewer."))
        elif name == "delete":
            case_notes.remove(case.submission, pk, by=case.user)
            messages.success(request, _("The note has been deleted. You can restore it below."))
        else:
            case_notes.bring_back(case.submission, pk, by=case.user)
            messages.success(request, _("The note has been restored."))
    return redirect("case_notes", case.submission.reference)
