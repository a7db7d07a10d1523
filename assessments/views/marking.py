"""Marking the facts and answers of a submission, page by page and one by one."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from assessments import declaring
from assessments.errors import InvalidAnswer, WorkflowError
from assessments.forms.reviews import MarkForm
from assessments.views.requests import SignedIn
from assessments.views.review_case import FACTS, NOT_APPLICABLE, Case, Group, Row


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def facts(request: SignedIn, reference: str) -> HttpResponse:
    return _marking(request, reference, FACTS)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: SignedIn, reference: str, key: str) -> HttpResponse:
    return _marking(request, reference, key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def not_applicable(request: SignedIn, reference: str) -> HttpResponse:
    """Every must that is answered not applicable, with its reason, to be accepted or not in one place."""
    return _marking(request, reference, NOT_APPLICABLE)


def _marking(request: SignedIn, reference: str, key: str) -> HttpResponse:
    """One page of facts or answers; a POST saves every mark of it that changed, and keeps what could not be saved."""
    case = Case(request.user, reference)
    group = case.not_applicable if key == NOT_APPLICABLE else case.group(key)
    if request.method != "POST":
        return _marking_page(request, case, group)
    case.require_seat()
    saved = _save_marks(request, case, group.rows, request.POST)
    if saved is None:
        return _marking_page(request, case, group)
    if saved:  # with script they were saved one by one before
        messages.success(request, ngettext("%(n)s mark saved.", "%(n)s marks saved.", saved) % {"n": saved})
    following = case.next_group
    if group.key == NOT_APPLICABLE:
        return redirect(case.submission if not group.left else case.url(group.key))
    if group.left or following is None:
        return redirect(case.submission if not group.left else case.url(group.key))
    return redirect(case.url(following.key))


def _save_marks(request: SignedIn, case: Case, rows: Iterable[Row], data: QueryDict) -> int | None:
    """Save the marks that changed; None where one of them could not be, the others are saved all the same."""
    saved, failed = 0, False
    for row in rows:
        if f"{row.anchor}-mark" not in data:
            continue  # not on the page: the filter left it out
        form = row.form = MarkForm(data, prefix=row.anchor, row=row.mark)
        if form.is_valid() and form.changes_something:
            try:
                row.mark = declaring.save_mark(case.submission, row.target, by=case.user, **form.fields_to_save)
            except InvalidAnswer as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            except WorkflowError as error:
                form.add_error(None, str(error))
            else:
                saved += 1
                case.marks[row.target] = row.mark
        failed = failed or not form.is_valid()
    return None if failed else saved


def _marking_page(request: SignedIn, case: Case, group: Group) -> HttpResponse:
    everything = case.before is None or request.GET.get("show") == "all" or not case.is_open
    rows = [row for row in group.rows if everything or row.waits or row.form is not None]
    for row in rows:
        if row.form is None and case.is_open:
            row.form = MarkForm(prefix=row.anchor, row=row.mark)
    errors = [
        (row.anchor, f"{row.title}: {message}")
        for row in rows
        if row.form is not None and row.form.is_bound
        for messages_of_field in row.form.errors.values()
        for message in messages_of_field
    ]
    outline = case.groups
    return render(
        request,
        "assessments/reviews/marking.html",
        {
            "case": case,
            "submission": case.submission,
            "group": group,
            "rows": rows,
            "has_form": case.is_open or bool(errors),
            "left_out": len(group.rows) - len(rows),
            "errors": errors,
            "outline": [(g, case.url(g.key)) for g in outline if everything or g.waiting or g is group],
            "everything": everything,
            "total": len(case.targets),
            "marked": len(case.targets) - case.left,
            "of_facts": group.key == FACTS,
            "of_not_applicable": group.key == NOT_APPLICABLE,
            "page_url": case.url(group.key),
        },
    )


@login_required
@require_POST
def mark(request: SignedIn, reference: str) -> HttpResponse:
    """Save one mark while the reviewer works: fields `target`, mark, reason, words, would_satisfy, private_note.

    The fields may carry the target's prefix, as they do on the page. htmx gets the saved state; a plain form is led
    back to the page, where whatever could not be saved stands as it was typed.
    """
    case = Case(request.user, reference)
    target = request.POST.get("target", "")
    row = case.rows.get(target)
    if row is None:
        raise Http404
    case.require_seat()
    data = request.POST.copy()
    if f"{row.anchor}-mark" not in data:
        for name in MarkForm.base_fields:
            data[f"{row.anchor}-{name}"] = request.POST.get(name, "")
        # Whoever names no revision speaks of the mark that stands.
        data.setdefault(f"{row.anchor}-base", str(row.mark.revision if row.mark else 0))
        if not data[f"{row.anchor}-base"]:
            data[f"{row.anchor}-base"] = str(row.mark.revision if row.mark else 0)
    saved = _save_marks(request, case, [row], data)
    if getattr(request, "htmx", False):
        form = row.form
        problems = [str(message) for found in form.errors.values() for message in found] if form else []
        return render(
            request,
            "assessments/reviews/saved.html",
            {
                "row": row,
                "problems": problems,
                "at": timezone.localtime(),
                "total": len(case.targets),
                "marked": len(case.targets) - case.left,
                "swap": True,
            },
        )
    group = next(group for group in case.groups if row in group.rows)
    if saved is None:
        return _marking_page(request, case, group)
    messages.success(request, _("Mark saved."))
    return redirect(case.url(group.key, target))
