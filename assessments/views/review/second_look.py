"""The pages of a blind second look: taking it, marking, giving it, and both sides beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from assessments.access import finders
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.review import opened, second_look, second_look_comparing, second_look_giving
from assessments.domain.review.second_look_comparing import Pair
from assessments.domain.review.second_look_giving import GivenMark
from assessments.forms.base import refusals
from assessments.forms.second_look import AskForm, LookMarkForm, ReportForm, TakeLookForm, WriteForm
from assessments.models import SecondLook
from assessments.views.review.blind_case import BlindCase
from assessments.views.review.rows import JudgedRow
from assessments.views.site.requests import SignedIn, posted


def _find(request: SignedIn, reference: str) -> SecondLook:
    found = second_look.find(request.user, reference)
    if found is None:
        raise Http404
    return found


def _case(request: SignedIn, look: SecondLook) -> BlindCase:
    return BlindCase(request.user, look, second_look.with_snapshot(look))


def _is_giving(request: SignedIn, look: SecondLook) -> bool:
    return look.reviewer_id == request.user.pk and not look.is_given


@require_http_methods(["GET", "HEAD", "POST"])
def look(request: SignedIn, reference: str) -> HttpResponse:
    """Show how far a look is to who gives it, and both sides once it is given; whom it is offered to may take it."""
    found = _find(request, reference)
    if found.is_given:
        return _compare(request, found)
    if not _is_giving(request, found):
        return redirect("second_look_take", reference)
    errors: list[tuple[str, str]] = []
    if request.method == "POST":
        with refusals() as refused:
            if request.POST.get("do") == "put_back":
                second_look_giving.put_back(found, by=request.user)
                messages.success(
                    request,
                    _(
                        "The second look is offered to other reviewers again. The marks that you set in it have been deleted."
                    ),
                )
                return redirect("reviews")
            second_look_giving.give(found, by=request.user)
            messages.success(request, _("Your second look has been submitted. You can now see both reviewers’ marks."))
            return redirect("second_look", reference)
        if error := refused.error_as(WorkflowError):
            errors = [("", line) for line in (error.reasons or [str(error)])]
    case = _case(request, found)
    pages = case.progress(second_look_giving.marks_of(found))
    marked, total = sum(n for _group, n in pages), len(case.wanted)
    context = {
        "look": found,
        "submission": found.submission,
        "pages": [(group.title, _url(reference, group.key), n, len(group.targets)) for group, n in pages],
        "marked": marked,
        "total": total,
        "left": total - marked,
        "next": next((_url(reference, group.key) for group, n in pages if n < len(group.targets)), ""),
        "use": case.content["use"],
        "rules": found.rules,
        "errors": errors,
    }
    return render(request, "assessments/review/second_look.html", context)


def _url(reference: str, group: str) -> str:
    return reverse("second_look_marks", args=[reference, group])


@require_http_methods(["GET", "HEAD", "POST"])
def take(request: SignedIn, reference: str) -> HttpResponse:
    """Take a look that is offered, with what the reviewer declares about the case."""
    found = _find(request, reference)
    if found.is_given or _is_giving(request, found):
        return redirect("second_look", reference)
    form = TakeLookForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            if form.declaration:
                second_look_giving.decline(found, by=request.user, words=form.declaration)
                messages.success(
                    request, _("Your declaration is recorded. Another reviewer will carry out this second look.")
                )
                return redirect("reviews")
            second_look_giving.take(found, by=request.user)
            messages.success(
                request,
                _("You have started this second look. You cannot open the rest of the case until you submit it."),
            )
            return redirect("second_look", reference)
    context = {"look": found, "submission": found.submission, "form": form}
    return render(request, "assessments/review/second_look_take.html", context)


# --- marking -------------------------------------------------------------------------------------------------------------


@dataclass
class LookRow:
    """One fact or answer with the second reviewer's form."""

    row: JudgedRow
    form: LookMarkForm
    decisive: bool
    number: int
    of: int


@require_http_methods(["GET", "HEAD", "POST"])
def marks(request: SignedIn, reference: str, group: str) -> HttpResponse:
    """Show what is judged of the facts or a section; a POST keeps every mark that can be kept."""
    found = _find(request, reference)
    if not _is_giving(request, found):
        return redirect("second_look", reference)
    case = _case(request, found)
    shown = next((one for one in case.wanted_groups if one.key == group), None)
    if shown is None:
        raise Http404
    kept, data, now = second_look_giving.marks_of(found), posted(request), timezone.now()
    lines = []
    for number, row in enumerate(shown.rows, start=1):
        have = kept.get(row.target)
        seen = opened.token(found.submission, row.target, reader=request.user, at=now)
        given = {"mark": str(have.mark), "words": have.words} if have else {}
        form = LookMarkForm(data, prefix=row.anchor, seen=seen, **given)
        lines.append(LookRow(row, form, row.decisive, number, len(shown.targets)))
    if data is not None and _save(request, found, lines):
        left = [one for one, n in case.progress(second_look_giving.marks_of(found)) if n < len(one.targets)]
        following = next((one for one in left if one.key != group), None)
        return redirect(_url(reference, following.key) if following else reverse("second_look", args=[reference]))
    case.add_evidence(shown.rows)
    errors = [
        (line.form[name].auto_id if name in line.form.fields else "", f"{line.row.title}: {words[0]}")
        for line in lines
        if line.form.is_bound
        for name, words in line.form.errors.items()
    ]
    pages = [
        (one.title, _url(reference, one.key), one.key == group, n, len(one.targets)) for one, n in case.progress(kept)
    ]
    context = {
        "look": found,
        "submission": found.submission,
        "group": shown,
        "lines": lines,
        "pages": pages,
        "errors": errors,
    }
    return render(request, "assessments/review/second_look_marks.html", context)


def _save(request: SignedIn, look: SecondLook, lines: list[LookRow]) -> bool:
    """Keep the marks that can be kept; tell whether all that was typed was."""
    faultless = [line for line in lines if line.form.is_valid()]
    given = {
        line.row.target: GivenMark(*(line.form.cleaned_data[name] for name in ("mark", "words", "seen")))
        for line in faultless
        if not line.form.is_empty
    }
    with refusals() as refused:
        saved = second_look_giving.save_marks(look, given, by=request.user) if given else []
    if refused:
        named = refused.error_as(InvalidAnswer)
        line = next((line for line in lines if named and line.row.target == named.field), lines[0])
        line.form.add_error("mark" if named else None, refused.words)
        return False
    if saved:
        words = ngettext("%(n)s mark saved.", "%(n)s marks saved.", len(saved))
        messages.success(request, words % {"n": len(saved)})
    return len(faultless) == len(lines)


# --- both sides ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PairLine:
    """A fact or answer with both marks, as the page lists it."""

    title: str
    pair: Pair


def _compare(request: SignedIn, found: SecondLook) -> HttpResponse:
    """Show both marks beside each other, with what was written; a POST writes to the other side or tells those who lead."""
    is_report = request.POST.get("do") == "report"
    write_form = WriteForm(posted(request) if not is_report else None, prefix="write")
    report_form = ReportForm(posted(request) if is_report else None, prefix="report")
    if request.method == "POST":
        form: Any = report_form if is_report else write_form
        if form.is_valid() and _said(request, found, form, is_report=is_report):
            return redirect("second_look", found.submission.reference)
    case = _case(request, found)
    pairs = second_look_comparing.compare(found, by=request.user)
    lines = [PairLine(case.title_of(pair.target), pair) for pair in pairs]
    certificate = second_look.certificate_of(found)
    hearers = second_look_comparing.hearers(found, request.user)
    context = {
        "look": found,
        "submission": found.submission,
        "apart": [
            line for line in lines if line.pair.kind in (second_look_comparing.STRICTER, second_look_comparing.MILDER)
        ],
        "alike": [line for line in lines if line.pair.kind == second_look_comparing.SAME],
        "unmarked": [line for line in lines if not line.pair.kind],
        "compared": sum(bool(line.pair.kind) for line in lines),
        "firsts": sorted({str(pair.first.by) for pair in pairs if pair.first is not None}),
        "talk": second_look.talk_of(found),
        "write_form": write_form,
        "report_form": report_form,
        "error_form": report_form if is_report else write_form,
        "hearers": hearers,
        "heard_by_own": any(pair.first is not None and pair.first.by in hearers for pair in pairs),
        "judged": len(lines),
        "of_all": len(case.content["facts"]) + len(case.content["questions"]),
        "certificate": certificate,
        "may_read_case": finders.submissions_to_read(request.user).filter(pk=found.submission_id).exists(),
    }
    return render(request, "assessments/review/second_look_compare.html", context)


def _said(request: SignedIn, found: SecondLook, form: Any, *, is_report: bool) -> bool:
    with refusals(form):
        if is_report:
            second_look_comparing.report(found, by=request.user, words=form.cleaned_data["words"])
            messages.success(
                request,
                _("The difference has been reported. The certificate keeps its status unless a reviewer suspends it."),
            )
        else:
            second_look_comparing.write(found, by=request.user, text=form.cleaned_data["text"])
            messages.success(request, _("Your message has been sent."))
        return True
    return False


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedIn, reference: str) -> HttpResponse:
    """Ask for a second look at one decided case, as one who leads the reviewing body."""
    submission = get_object_or_404(second_look.to_ask_for(request.user), reference=reference)
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            second_look.ask(submission, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("The second look is now offered to other reviewers."))
            return redirect("quality_reviewers")
    return render(request, "assessments/review/second_look_ask.html", {"submission": submission, "form": form})
