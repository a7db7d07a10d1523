"""Marking the facts and answers of a submission, page by page and one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from assessments.core import query_values
from assessments.core.errors import Conflict
from assessments.domain.review import marks as review_marks
from assessments.forms.base import refusals
from assessments.forms.review import EvidenceMarkForm, MarkForm
from assessments.models import MarkKind, MarkReason
from assessments.views.review.case import ReviewCase
from assessments.views.review.case_pages import CHANGES, FACTS, NOT_APPLICABLE, OWN, PageOfCase
from assessments.views.review.marks_cache import draw
from assessments.views.review.reading import page_around
from assessments.views.review.rows import EvidenceRow, JudgedRow
from assessments.views.site.expired_forms import forget_typed, said_of_typed, typed_before
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, refusals_as_messages

FILTERS = {
    "waits": gettext_lazy("Only facts and answers that have changed, have a reply or have no mark yet"),
    "changed": gettext_lazy("Only facts and answers that have changed"),
    "unmarked": gettext_lazy("Only facts and answers without a mark"),
    "decisive": gettext_lazy("Only facts and answers that decide the tier or the certificate"),
    "all": gettext_lazy("Everything"),
}
LATER_ONLY = ("waits", "changed")
"""Filters that need something to hold the submission against."""


@require_http_methods(["GET", "HEAD", "POST"])
def facts(request: SignedIn, reference: str) -> HttpResponse:
    return _marking(request, reference, FACTS)


@require_http_methods(["GET", "HEAD", "POST"])
def section(request: SignedIn, reference: str, key: str) -> HttpResponse:
    if key == CHANGES:
        raise Http404
    return _marking(request, reference, key)


@require_http_methods(["GET", "HEAD", "POST"])
def not_applicable(request: SignedIn, reference: str) -> HttpResponse:
    """Show every must that is answered not applicable, with its reason, to be accepted or not in one place."""
    return _marking(request, reference, NOT_APPLICABLE)


@require_http_methods(["GET", "HEAD", "POST"])
def own_set(request: SignedIn, reference: str) -> HttpResponse:
    """Show what the reader's seat opens and judges by itself, on one page; a reader without a seat is led to the case."""
    case = ReviewCase(request.user, reference)
    if request.method != "POST" and case.may_open and case.seat is None:
        return redirect(case.submission)
    return _marking(request, reference, OWN, case)


@require_http_methods(["GET", "HEAD", "POST"])
def changes(request: SignedIn, reference: str) -> HttpResponse:
    """Show all that differs from the round before, with the replies, on one page; `since` holds it against an older round."""
    given = request.GET.get("since", "")
    case = ReviewCase(request.user, reference, query_values.key(given))
    if case.before is None:
        if case.former is not None:
            messages.info(
                request,
                _("The earlier submission was not sent to you, so you cannot compare it with this one."),
            )
        else:
            messages.info(request, _("This is the first round, so there is nothing to compare it with."))
        return redirect(case.submission)
    return _marking(request, reference, CHANGES, case)


def _marking(request: SignedIn, reference: str, key: str, case: ReviewCase | None = None) -> HttpResponse:
    """Show one page of facts or answers; a POST saves every mark of it that changed, and keeps what could not be saved."""
    case = case or ReviewCase(request.user, reference)
    group = case.pages.group(key)
    if request.method != "POST":
        if not case.may_open:
            return to_declare(request, case.submission)
        _fill_typed(case, group, typed_before(request))
        return _marking_page(request, case, group)
    case.require_seat()
    undone, _colon, base = request.POST.get("undo", "").rpartition(":")
    saved = _save_marks(request, case, [row for row in group.rows if row.anchor != undone], request.POST)
    stay = undone or request.POST.get("request", "").partition(":")[0]
    _say_saved(request, saved, "" if stay or "together" in request.POST else _marked_of(group, saved))
    if saved.refused:
        return _marking_page(request, case, group)
    forget_typed(request)
    if undone:
        _undo(request, case, group, undone, base)
    if "together" in request.POST:
        return redirect(f"{reverse('review_together', args=[reference])}?{urlencode({'of': key})}")
    if stay:
        return redirect(f"{_with_filter(case.pages.url(key), request)}#{stay}")
    if group.left:
        return _back_to_what_is_left(request, case, group)
    if key == NOT_APPLICABLE:
        return redirect(case.submission)
    following = _next_with_work(case, group)
    if following is None and key == CHANGES and case.changes:
        return redirect("send_back", reference)
    if following is None:
        return redirect(case.submission)
    return redirect(_with_filter(case.pages.url(following.key), request))


def _say_saved(request: SignedIn, saved: SavedMarks, marked: str) -> None:
    """Say what was saved and what was not, and how far the page is: a script may have saved its marks one by one before."""
    if words := " ".join(part for part in (saved.words, marked) if part):
        (messages.warning if saved.refused else messages.success)(request, words)


def _marked_of(group: PageOfCase, saved: SavedMarks) -> str:
    """Say how many facts and answers of a page have a saved mark; empty for a page without any.

    Where this save had nothing new, a script has saved the marks of the page one by one, and the words say so.
    """
    if not group.targets:
        return ""
    words = _("Marked on the page “%(title)s”: %(marked)s of %(all)s.")
    said = words % {"title": group.title, "marked": group.marked, "all": len(group.targets)}
    if saved or saved.refused or not group.marked:
        return said
    return " ".join((_("Your marks on this page are saved."), said))


def _next_with_work(case: ReviewCase, group: PageOfCase) -> PageOfCase | None:
    """Return the next page after this one on which something has no mark; after the last page come the first ones."""
    groups = [*case.pages.groups]
    place = next((n for n, other in enumerate(groups) if other.key == group.key), -1) + 1
    return next((other for other in groups[place:] + groups[:place] if other.left), None)


def _back_to_what_is_left(request: SignedIn, case: ReviewCase, group: PageOfCase) -> HttpResponse:
    """Lead back to a page on which something has no mark, with words that say so, and past a filter that hides it."""
    left = [target for target in group.targets if target not in case.marks]
    words = ngettext(
        "To continue, mark “%(title)s” as well. It has no mark yet.",
        "To continue, mark %(n)s more facts and answers on this page. The first one is “%(title)s”.",
        len(left),
    )
    messages.warning(request, words % {"n": len(left), "title": case.title_of(left[0])})
    if _let_through(case, _filter_of(request, case, group), left):
        return redirect(_with_filter(case.pages.url(group.key), request))
    return redirect(f"{case.pages.url(group.key)}?show=unmarked")


def _fill_typed(case: ReviewCase, group: PageOfCase, data: QueryDict | None) -> None:
    """Put what was typed on this page before a session ended into its rows again; each that differs says so."""
    if data is None:
        return
    rows = list(group.rows)
    case.add_evidence(rows)
    for row in rows:
        form = row.form_for(data)
        if f"{row.anchor}-mark" in data and not (form.is_valid() and not form.changes_something):
            form.add_error(None, said_of_typed())
            row.form = form
        for piece in row.pieces:
            of_piece = EvidenceMarkForm(data, prefix=piece.anchor, row=piece.to_edit)
            posted = f"{piece.anchor}-verdict" in data or f"{piece.anchor}-note" in data
            if posted and not (of_piece.is_valid() and not of_piece.changes_something):
                piece.form, piece.problem = of_piece, said_of_typed()


def _with_filter(url: str, request: SignedIn) -> str:
    """Return the address with the filter that this page was shown with."""
    show = request.GET.get("show", "")
    return f"{url}?{urlencode({'show': show})}" if show in FILTERS else url


class SavedMarks(NamedTuple):
    """How many marks on facts and answers were saved, which a case counts, and how many judgements on evidence.

    `refused`: how many marks and judgements of the page could not be saved; the form of each says why.
    """

    marks: int = 0
    judgements: int = 0
    refused: int = 0

    def __bool__(self) -> bool:
        return bool(self.marks or self.judgements)

    @property
    def words(self) -> str:
        marks = ngettext("%(n)s mark saved.", "%(n)s marks saved.", self.marks) % {"n": self.marks}
        of_evidence = ngettext(
            "%(n)s judgement on evidence saved.", "%(n)s judgements on evidence saved.", self.judgements
        ) % {"n": self.judgements}
        refused = _("Not saved yet: %(n)s.") % {"n": self.refused}
        said = ((self.marks, marks), (self.judgements, of_evidence), (self.refused, refused))
        return " ".join(words for n, words in said if n)


def _save_marks(request: SignedIn, case: ReviewCase, rows: Iterable[JudgedRow], data: QueryDict) -> SavedMarks:
    """Save the marks that changed; where one of them cannot be saved, the others are saved all the same."""
    marks, judgements, failed = 0, 0, 0
    rows = list(rows)
    if any(name.startswith("e-") for name in data):
        case.add_evidence(rows)
    resolve, _colon, seen = data.get("resolve", "").rpartition(":")
    asked, _colon, piece = data.get("request", "").partition(":")
    for row in rows:
        for each in row.pieces:
            kept = _save_piece(case, each, data)
            judgements, failed = judgements + bool(kept), failed + (kept is None)
        if f"{row.anchor}-mark" not in data:
            continue  # not on the page: the filter left it out
        given = _asking_for_another(data, row, piece) if asked == row.anchor else data
        kept = _save_mark(case, row, given, seen if resolve == row.anchor else "")
        marks, failed = marks + bool(kept), failed + (kept is None)
        if kept and asked == row.anchor:
            words = _(
                "The mark on “%(title)s” is now “change needed”. To reverse this change, select “Undo this mark”."
            )
            messages.warning(request, words % {"title": row.title})
    return SavedMarks(marks, judgements, failed)


def _save_mark(case: ReviewCase, row: JudgedRow, data: QueryDict, seen: str = "") -> bool | None:
    """Save one mark; None where it could not be. `seen`: the newer revision that the reviewer chose to replace."""
    form = row.form = row.form_for(data)
    if not form.is_valid():
        return None
    if not form.changes_something:
        return False
    base = form.cleaned_data["base"] or 0
    base = query_values.count(seen) or base
    with refusals(form, at={Conflict: "mark"}) as refused:
        mark = review_marks.save_mark(
            case.submission,
            row.target,
            review_marks.GivenMark(seen=form.cleaned_data["seen"], **form.fields_to_save),
            by=case.user,
            base=base,
            operation=form.cleaned_data["operation"],
        )
        case.took(row, mark)
        return True
    if conflict := refused.error_as(Conflict):
        row.theirs = row.mark = conflict.current
    return None


def _save_piece(case: ReviewCase, piece: EvidenceRow, data: QueryDict) -> bool | None:
    if f"{piece.anchor}-verdict" not in data and f"{piece.anchor}-note" not in data:
        return False
    form = piece.form = EvidenceMarkForm(data, prefix=piece.anchor, row=piece.to_edit)
    if not form.is_valid():
        piece.problem = str(next(iter(form.errors.values()))[0])
        return None
    if not form.changes_something:
        return False
    with refusals() as refused:
        piece.mark = review_marks.mark_evidence(
            case.submission,
            piece.question,
            piece.given["reference"],
            review_marks.GivenVerdict(**form.fields_to_save),
            by=case.user,
            base=form.cleaned_data["base"] or 0,
            operation=form.cleaned_data["operation"],
        )
        return True
    piece.problem = refused.words
    if conflict := refused.error_as(Conflict):
        piece.mark = conflict.current
    return None


def _asking_for_another(data: QueryDict, row: JudgedRow, reference: str) -> QueryDict:
    """The mark that asks for another piece: *change needed* with that reason, and words where none were written."""
    title = next((p["title"] for p in row.now.get("evidence", ()) if p["reference"] == reference), "")
    data = data.copy()
    data[f"{row.anchor}-mark"] = str(MarkKind.CHANGE_NEEDED)
    data[f"{row.anchor}-reason"] = str(MarkReason.OTHER_EVIDENCE)
    if not data.get(f"{row.anchor}-would_satisfy", "").strip():
        data[f"{row.anchor}-would_satisfy"] = _("Replace the evidence “%(title)s” with other evidence.") % {
            "title": title
        }
    return data


def _undo(request: SignedIn, case: ReviewCase, group: PageOfCase, anchor: str, base: str) -> None:
    row = next((row for row in group.rows if row.anchor == anchor), None)
    if row is None:
        raise Http404
    with refusals_as_messages(request):
        mark = review_marks.undo_mark(case.submission, row.target, by=case.user, base=query_values.count(base) or 0)
        case.took(row, mark)
        messages.success(request, _("Your last mark on “%(title)s” has been undone.") % {"title": row.title})


def _let_through(case: ReviewCase, show: str, targets: Iterable[str]) -> list[str]:
    """Return the targets that a filter lets through."""
    kept: Callable[[str], bool] = {
        "waits": case.waits,
        "changed": lambda target: target in case.changed,
        "unmarked": lambda target: target not in case.marks,
        "decisive": lambda target: target in case.sent.decisive,
        "all": lambda target: True,
    }[show]
    return [target for target in targets if kept(target)]


def _shown(case: ReviewCase, show: str, targets: Sequence[str]) -> list[str]:
    """Return the targets that a filter lets through, and those that were posted with a page that could not be saved."""
    found = set(_let_through(case, show, targets))
    found |= {target for target, row in case.rows.items() if row.form is not None and row.form.is_bound}
    return [target for target in targets if target in found]


def _usual_filter(case: ReviewCase) -> str:
    return "waits" if case.before is not None and case.is_open else "all"


def _filter_of(request: SignedIn, case: ReviewCase, group: PageOfCase) -> str:
    """Return the filter that the page is shown with: the one that its address names, else the usual one."""
    show = request.GET.get("show", "")
    if show not in FILTERS or (show in LATER_ONLY and case.before is None):
        return "all" if group.key == CHANGES else _usual_filter(case)
    return show


def _marking_page(request: SignedIn, case: ReviewCase, group: PageOfCase) -> HttpResponse:
    show, usual = _filter_of(request, case, group), _usual_filter(case)
    rows = [case.rows[target] for target in _shown(case, show, group.targets)]
    case.add_evidence(rows)
    draw(case, rows, of_facts=group.key == FACTS)
    errors = [*_errors(rows)]
    page_url = case.pages.url(group.key)
    own = set(case.plain) if group.key == CHANGES else set(case.plain).intersection(group.targets)
    return render(
        request,
        "assessments/review/marking.html",
        {
            "case": case,
            "submission": case.submission,
            "group": group,
            "rows": rows,
            "has_form": case.is_open or bool(errors),
            "left_out": len(group.targets) - len(rows),
            "errors": errors,
            "outline": [
                (other, f"{case.pages.url(other.key)}{'' if show == usual else f'?show={show}'}")
                for other in case.pages.groups
                if other.key == group.key or _shown(case, show, other.targets)
            ],
            "show": show,
            "filters": [
                (key, word, f"{page_url}?show={key}", len(_let_through(case, key, group.targets)))
                for key, word in FILTERS.items()
                if key not in LATER_ONLY or case.before is not None
            ],
            "everything": show == "all",
            "of_changes": group.key == CHANGES,
            "of_facts": group.key == FACTS,
            "rounds": range(1, case.submission.round),
            "kinds": _kinds(case),
            "plain": len(own),
            "one_by_one": 0 if group.key == CHANGES else group.left - len(own),
            "total": len(case.targets),
            "marked": len(case.targets) - case.left,
            "page_url": _with_filter(page_url, request),
            "of_not_applicable": group.key == NOT_APPLICABLE,
            "of_own_set": group.key == OWN,
        },
    )


def _errors(rows: Iterable[JudgedRow]) -> Iterable[tuple[str, str]]:
    """Return one line for each mark or judgement that could not be saved, however many of its fields are at fault."""
    for row in rows:
        if row.form is not None and row.form.is_bound and row.form.errors:
            said = " ".join(str(message) for found in row.form.errors.values() for message in found)
            yield row.anchor, f"{row.title}: {said}"
        for piece in row.pieces:
            if piece.problem:
                yield piece.anchor, f"{piece.given['title']}: {piece.problem}"


def _kinds(case: ReviewCase) -> list[tuple[str, int]]:
    """Return how many unchanged marks of each kind were carried, for the outline of a later round."""
    carried = [target for target in case.targets if not case.waits(target)] if case.before is not None else []
    marks = [str(case.marks[target].mark) for target in carried if target in case.marks]
    return [(str(kind.label).lower(), marks.count(kind)) for kind in MarkKind]


@require_POST
def mark(request: SignedIn, reference: str) -> HttpResponse:
    """Save one mark while the reviewer works: fields `target`, mark, reason, words, would_satisfy, private_note and more.

    The fields may carry the target's prefix, as they do on the page. A target `e:<question>/<piece>` judges an evidence item of
    evidence. htmx gets the saved state; a plain form is led back to the page, where whatever could not be saved stands as
    it was typed.
    """
    case = ReviewCase(request.user, reference)
    target = request.POST.get("target", "")
    if target.startswith("e:"):
        return _mark_piece(request, case, target)
    if target not in case.targets:
        raise Http404
    row = case.rows[target]
    case.require_seat()
    data = request.POST.copy()
    if f"{row.anchor}-mark" not in data:
        for name in MarkForm.base_fields:
            data[f"{row.anchor}-{name}"] = request.POST.get(name, "")
        if not data[f"{row.anchor}-base"]:  # whoever names no revision speaks of the mark that stands
            data[f"{row.anchor}-base"] = str(row.mark.revision if row.mark else 0)
    elif f"{row.anchor}-base" not in data:
        data[f"{row.anchor}-base"] = str(row.mark.revision if row.mark else 0)
    saved = _save_mark(case, row, data)
    if getattr(request, "htmx", False):
        form = row.form
        problems = [str(message) for found in form.errors.values() for message in found] if form else []
        case.add_evidence([row])
        return render(
            request,
            "assessments/review/saved.html",
            {
                "row": row,
                "case": case,
                "group": page_around(request, case, row),
                "own_page": case.pages.group(row_group(case, row)),
                "problems": problems,
                "begun": form is not None and form.has_begun,
                "at": timezone.localtime(),
                "total": len(case.targets),
                "marked": len(case.targets) - case.left,
                "swap": True,
            },
        )
    group = next(group for group in case.pages.groups if target in group.targets)
    if saved is None:
        return _marking_page(request, case, group)
    messages.success(request, _("The mark is saved."))
    return redirect(case.pages.url(group.key, target))


def _mark_piece(request: SignedIn, case: ReviewCase, target: str) -> HttpResponse:
    question, _slash, reference = target.removeprefix("e:").partition("/")
    if f"q:{question}" not in case.targets:
        raise Http404
    row = case.rows[f"q:{question}"]
    case.add_evidence([row])
    piece = next((one for one in row.pieces if one.given["reference"] == reference), None)
    if piece is None:
        raise Http404
    case.require_seat()
    saved = _save_piece(case, piece, request.POST)
    if getattr(request, "htmx", False):
        context = {"piece": piece, "row": row, "at": timezone.localtime(), "swap": True}
        return render(request, "assessments/review/piece_saved.html", context)
    if saved is None:
        return _marking_page(request, case, case.pages.group(row_group(case, row)))
    _say_saved(request, SavedMarks(judgements=int(saved)), "")
    return redirect(case.pages.url(row_group(case, row), row.target))


def row_group(case: ReviewCase, row: JudgedRow) -> str:
    """The key of the page on which a row stands."""
    return next(group.key for group in case.pages.groups if row.target in group.targets)
