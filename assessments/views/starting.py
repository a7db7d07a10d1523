"""Starting fast: an inventory in and out, a model card's suggestions, answers that stand elsewhere already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments import access, starting
from assessments.access import Action
from assessments.core import query_values
from assessments.core.throttling import limited
from assessments.domain.answering import carry_over, organisation_answers
from assessments.errors import NotPermitted, WorkflowError
from assessments.exchange import inventory, model_card, tables
from assessments.forms.base import refusals, status_of
from assessments.forms.starting import ImportForm, ModelCardForm
from assessments.guideline.edition import Edition, Question
from assessments.models import Answer, Assessment, FactSuggestion, State
from assessments.views.case import Case, find_case
from assessments.views.facts import Facts
from assessments.views.requests import SignedIn, refusals_as_messages
from assessments.views.strips import Line
from assessments.views.uploads import file_refusals
from assessments.views.wording import answer_on_its_page, said_lines, whole_word

PLACE = "systems"
SOURCES = 50  # assessments that one may choose to copy from, the last changed ones
SHOWN_ROWS = 200  # of a report; the file with all that is to be mended can be downloaded
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NOTES = {
    "note.licence": gettext_lazy("Licence"),
    "note.languages": gettext_lazy("Languages"),
    "note.data_sets": gettext_lazy("Data sets"),
    "note.training_data": gettext_lazy("Training data"),
    "note.intended_use": gettext_lazy("Intended use"),
    "note.out_of_scope": gettext_lazy("Out of scope"),
}


# --- an inventory ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@limited("upload", files=True)
def import_inventory(request: SignedIn) -> HttpResponse:
    """Choose an inventory. It is read and checked; nothing is registered before its report is confirmed."""
    mine = list(access.organisations_where(request.user, Action.REGISTER))
    if not mine:
        raise NotPermitted(_("Systems are registered by an owner of the organisation. Ask one of yours."))
    form = ImportForm(request.POST if request.method == "POST" else None, request.FILES or None, organisations=mine)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("organisation", mine[0].reference)
        organisation = next(one for one in mine if one.reference == chosen)
        upload = form.cleaned_data["file"]
        with file_refusals(form):
            data = upload.read(tables.MAX_BYTES + 1)
            draft = starting.keep_import(organisation, data, by=request.user, file_name=upload.name)
            return redirect("import_report", draft.reference)
    context = {"place": PLACE, "form": form, "columns": inventory.COLUMNS, "organisation": mine[0]}
    return render(request, "assessments/starting/import.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
def import_report(request: SignedIn, reference: str) -> HttpResponse:
    """What would be registered, and what has to be mended first; the press that registers the good rows."""
    draft = get_object_or_404(access.imports_for(request.user), reference=reference)
    if request.method == "POST":
        with refusals_as_messages(request):
            taken = starting.take_import(draft, by=request.user)
            messages.success(request, _taken_words(taken))
            if not inventory.faulty_rows(draft.rows):
                return redirect("systems")
        return redirect("import_report", reference)
    good, faulty = inventory.good_rows(draft.rows), inventory.faulty_rows(draft.rows)
    context = {
        "place": PLACE,
        "draft": draft,
        "good": good[:SHOWN_ROWS],
        "good_count": len(good),
        "systems": len({row["group"] for row in good}),
        "uses": sum(row["use"] is not None for row in good),
        "faulty": faulty[:SHOWN_ROWS],
        "faulty_count": len(faulty),
        "ignored": draft.rows["ignored"],
        "shown": SHOWN_ROWS,
    }
    return render(request, "assessments/starting/import_report.html", context)


def _taken_words(taken: starting.Taken) -> str:
    systems = ngettext("%(n)s system", "%(n)s systems", taken.systems) % {"n": taken.systems}
    uses = ngettext("%(n)s use", "%(n)s uses", taken.uses) % {"n": taken.uses}
    words = _("Registered: %(systems)s and %(uses)s.") % {"systems": systems, "uses": uses}
    if taken.left_out:
        left = ngettext(
            "%(n)s row was left out: it was registered meanwhile.",
            "%(n)s rows were left out: they were registered meanwhile.",
            taken.left_out,
        )
        words = f"{words} {left % {'n': taken.left_out}}"
    return words


@require_safe
@limited("export", step=10)
def import_faulty(request: SignedIn, reference: str) -> HttpResponse:
    """The faulty rows as a file, with a column that says what to mend; mended, it can be chosen in its turn."""
    draft = get_object_or_404(access.imports_for(request.user), reference=reference)
    kind = _kind(request)
    return _download(inventory.write_faulty(draft.rows, kind), "rows-to-mend", kind)


@require_safe
def inventory_template(request: SignedIn) -> HttpResponse:
    """An empty inventory with one row as an example."""
    kind = _kind(request)
    return _download(inventory.write_template(kind), "inventory-template", kind)


@require_safe
@limited("export", step=10)
def export_systems(request: SignedIn) -> HttpResponse:
    """The register of one organisation as a file that `import_inventory` reads again without loss."""
    kind = _kind(request)
    systems = access.systems_for(request.user).filter(retired_at=None)
    chosen = systems.filter(organisation__reference=request.GET.get("organisation", ""))
    if "organisation" not in request.GET:
        first = systems.order_by("organisation__name_en", "organisation").values("organisation")[:1]
        chosen = systems.filter(organisation__in=first)
    rows = inventory.export_rows(chosen.order_by("name", "pk"), access.current_edition())
    data = inventory.write(rows, inventory.EXPORTED, kind)
    return _download(data, f"ai-systems-{timezone.localdate().isoformat()}", kind)


def _kind(request: HttpRequest) -> str:
    return "xlsx" if request.GET.get("as") == "xlsx" else "csv"


def _download(data: bytes, name: str, kind: str) -> HttpResponse:
    return HttpResponse(
        data,
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


# --- a model card ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@limited("upload", files=True)
def card(request: SignedIn, reference: str) -> HttpResponse:
    """What the model's card says about the facts of a use: read from an upload, confirmed by a person."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.DECLARE, use)
    form = ModelCardForm(
        request.POST if "read" in request.POST else None, request.FILES if "read" in request.POST else None
    )
    rows = access.suggestions_for(request.user).filter(use=use)
    problem = ""
    if request.method == "POST" and form.is_bound:
        if form.is_valid():
            upload = form.cleaned_data["file"]
            with file_refusals(form):
                found = model_card.read(upload.read(model_card.MAX_BYTES + 1), access.current_edition())
                count = starting.suggest(use, found, by=request.user, source=upload.name)
                if not count:
                    messages.success(request, _("The card says nothing that is not declared already."))
                return redirect("model_card", reference)
    elif request.method == "POST":
        with refusals() as refused:
            messages.success(request, _settle(request, use, rows))
            return redirect("model_card", reference)
        problem = refused.words
    context = _card_context(use, list(rows.order_by("pk")), request)
    context |= {"form": form, "problem": problem}
    return render(request, "assessments/starting/model_card.html", context, status=status_of(form))


def _settle(request: SignedIn, use: Any, rows: Any) -> str:
    """Do what a button of the list says; returns what was done, in words."""
    for name in ("confirm", "replace", "dismiss"):
        if name not in request.POST:
            continue
        wanted = request.POST.getlist(name)
        ids = [query_values.key(pk) for pk in wanted]
        if wanted == ["all"]:
            ids = list(rows.exclude(key__startswith=model_card.NOTE).values_list("pk", flat=True))
        if name == "dismiss":
            count = starting.dismiss_suggestions(use, ids, by=request.user)
            return ngettext("Put away.", "%(n)s put away.", count) % {"n": count}
        changed = starting.confirm_suggestions(use, ids, by=request.user, replace=name == "replace")
        said = ngettext("One fact is declared.", "%(n)s facts are declared.", len(changed))
        return said % {"n": len(changed)}
    raise WorkflowError(_("Choose what to confirm."))


def _card_context(use: Any, rows: list[FactSuggestion], request: SignedIn) -> dict[str, Any]:
    facts = Facts.of(use)
    suggested = []
    for row in rows:
        fact = facts.edition.facts.get(row.key)
        if fact is None:
            continue
        declared = facts.rows.get(row.key)
        suggested.append(
            {
                "row": row,
                "fact": fact,
                "answer": answer_on_its_page(fact, row.value),
                "declared": answer_on_its_page(fact, declared.value) if declared else "",
                "asked": row.key in facts.asked,
                "url": f"{facts.page_url(fact.group)}#fact-{row.key}" if row.key in facts.asked else "",
            }
        )
    notes = [(row, NOTES[row.key]) for row in rows if row.key in NOTES]
    return {
        "place": PLACE,
        "use": use,
        "suggested": suggested,
        "fresh": sum(not one["declared"] for one in suggested),
        "notes": notes,
        "source": rows[0] if rows else None,
    }


# --- answers that stand elsewhere -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def reuse(request: HttpRequest, reference: str) -> HttpResponse:
    """Answers of other assessments: what could be taken over, and what was and waits to be confirmed, one by one."""
    case = find_case(request, reference)
    access.require(case.user, Action.ANSWER, case.assessment)
    source = _source(case, request.POST.get("from") or request.GET.get("from", ""))
    here = reverse("reuse", args=[reference]) + (f"?from={source.reference}" if source else "")
    problem = ""
    if request.method == "POST":
        with refusals() as refused:
            messages.success(request, _reuse(request, case, source))
            return redirect(here)
        problem = refused.words
    asked = [question.key for question in case.questions]
    waiting = [row for row in starting.carried(case.assessment) if row.question.key in asked]
    may_take = case.may_answer and case.assessment.state == State.DRAFT
    offered = starting.offered(case.assessment, asked, source) if may_take else []
    context = {
        "case": case,
        "edition": case.edition,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "source": source,
        "sources": _sources(case) if may_take and case.sees_all else [],
        "waiting": [_shown(case.edition, row) for row in waiting] if case.may_answer else [],
        "ticked": set(request.POST.getlist("true")),
        "offered": [_shown(case.edition, row) for row in offered],
        "news": carry_over.news_in(case.assessment),
        "at_once": bool(case.edition.order) and source is None and not case.assessment.follows_id,
        "may_take": may_take,
        "problem": problem,
    }
    return render(request, "assessments/starting/reuse.html", context)


def _sources(case: Case) -> Iterable[Assessment]:
    """The other assessments of the organisation with answers, last changed first."""
    rows = access.assessments_for(case.user).filter(organisation=case.assessment.organisation_id, answered__gt=0)
    return rows.exclude(pk=case.assessment.pk).order_by("-updated_at", "-pk")[:SOURCES]


def _source(case: Case, reference: str) -> Assessment | None:
    """The assessment to copy from, where one is chosen; who sees only what is assigned copies from none."""
    if not reference or not case.sees_all:
        return None
    rows = access.assessments_for(case.user).filter(organisation=case.assessment.organisation_id)
    return get_object_or_404(rows.exclude(pk=case.assessment.pk), reference=query_values.reference(reference))


def _reuse(request: HttpRequest, case: Case, source: Assessment | None) -> str:
    """Confirm one carried answer, or take over those that are ticked; returns what was done, in words."""
    if "confirm" in request.POST:
        key, _colon, base = request.POST["confirm"].partition(":")
        seen = query_values.count(base)
        starting.confirm_carried(case.assessment, key, by=case.user, base=-1 if seen is None else seen)
        question = case.edition.questions[key]
        return _("Confirmed: %(title)s.") % {"title": question.title}
    if "together" in request.POST:
        return _confirm_several(request, case)
    ticked = set(request.POST.getlist("take"))
    offered = starting.offered(case.assessment, [question.key for question in case.questions], source)
    chosen = [row for row in offered if str(row.pk) in ticked]
    if not chosen:
        raise WorkflowError(_("Tick the answers to take over."))
    if source is None and case.edition.order:
        taken = organisation_answers.take_over(case.assessment, chosen, by=case.user)
    else:
        taken = carry_over.copy(case.assessment, chosen, by=case.user)
    if taken and not any(row.to_confirm for row in taken):
        said = ngettext(
            "One answer was taken over. Change it where this use is different.",
            "%(n)s answers were taken over. Change one where this use is different.",
            len(taken),
        )
        return said % {"n": len(taken)}
    said = ngettext(
        "One answer was taken over. Confirm it, or change it where it is not true here.",
        "%(n)s answers were taken over. Confirm each, or change it where it is not true here.",
        len(taken),
    )
    return said % {"n": len(taken)}


def _confirm_several(request: HttpRequest, case: Case) -> str:
    """Confirm the carried answers that are ticked; what could not be confirmed says why."""
    chosen = []
    for ticked in request.POST.getlist("true"):
        key, _colon, base = ticked.partition(":")
        seen = query_values.count(base)
        chosen.append((key, -1 if seen is None else seen))
    if not chosen:
        raise WorkflowError(_("Tick the answers that are true for this use too."))
    confirmed = carry_over.confirm_several(case.assessment, chosen, by=case.user)
    for key, reason in confirmed.problems:
        known = case.edition.questions.get(key)
        messages.error(request, f"{known.title}: {reason}" if known else reason)
    n = len(confirmed.done)
    return ngettext("%(n)s answer is confirmed.", "%(n)s answers are confirmed.", n) % {"n": n}


def _shown(edition: Edition, row: Answer) -> dict[str, Any]:
    """An answer as the lists show it, with where it comes from."""
    question: Question = edition.questions[row.question.key]
    origin = row.carried_from if row.to_confirm and row.carried_from else row
    return {
        "row": row,
        "question": question,
        "word": whole_word(row.record()),
        "lines": said_lines(question, row.items),
        "text": row.text,
        "value": f"{question.key}:{row.revision}",
        "evidence": [Line(use) for use in row.evidence_uses.all()] if row.to_confirm else [],
        "use": origin.assessment.use,
        "by": origin.by,
        "at": origin.at,
    }
