"""Pages that take in an inventory or a model card, and send the register of systems as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.core.throttling import limited
from assessments.domain.register import imports, suggestions
from assessments.exchange import inventory, model_card, tables
from assessments.forms.base import refusals, status_of
from assessments.forms.imports import ImportForm, ModelCardForm
from assessments.models import FactSuggestion
from assessments.views.facts.use_facts import Facts
from assessments.views.site.requests import SignedIn, refusals_as_messages
from assessments.views.site.uploads import file_refusals
from assessments.views.wording import answer_on_its_page

PLACE = "systems"
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
    mine = list(finders.organisations_where(request.user, Action.REGISTER))
    if not mine:
        raise NotPermitted(_("Ask an owner of the organisation. Only owners can register systems."))
    form = ImportForm(request.POST if request.method == "POST" else None, request.FILES or None, organisations=mine)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("organisation", mine[0].reference)
        organisation = next(one for one in mine if one.reference == chosen)
        upload = form.cleaned_data["file"]
        with file_refusals(form):
            data = upload.read(tables.MAX_BYTES + 1)
            draft = imports.keep_import(organisation, data, by=request.user, file_name=upload.name)
            return redirect("import_report", draft.reference)
    context = {"place": PLACE, "form": form, "columns": inventory.COLUMNS, "organisation": mine[0]}
    return render(request, "assessments/register/import.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
def import_report(request: SignedIn, reference: str) -> HttpResponse:
    """Show what would be registered, and what has to be mended first; the press that registers the good rows."""
    draft = get_object_or_404(finders.imports_for(request.user), reference=reference)
    if request.method == "POST":
        with refusals_as_messages(request):
            taken = imports.take_import(draft, by=request.user)
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
    return render(request, "assessments/register/import_report.html", context)


def _taken_words(taken: imports.ImportResult) -> str:
    systems = ngettext("%(n)s system", "%(n)s systems", taken.systems) % {"n": taken.systems}
    uses = ngettext("%(n)s use", "%(n)s uses", taken.uses) % {"n": taken.uses}
    words = _("Registered: %(systems)s and %(uses)s.") % {"systems": systems, "uses": uses}
    if taken.left_out:
        left = ngettext(
            "%(n)s row was not imported, because its content was registered in the meantime.",
            "%(n)s rows were not imported, because their content was registered in the meantime.",
            taken.left_out,
        )
        words = f"{words} {left % {'n': taken.left_out}}"
    return words


@require_safe
@limited("export", step=10)
def import_faulty(request: SignedIn, reference: str) -> HttpResponse:
    """Send the faulty rows as a file, with a column that says what to mend; mended, it can be chosen in its turn."""
    draft = get_object_or_404(finders.imports_for(request.user), reference=reference)
    kind = _kind(request)
    return _download(inventory.write_faulty(draft.rows, kind), "rows-to-mend", kind)


@require_safe
def inventory_template(request: SignedIn) -> HttpResponse:
    """Send an empty inventory with one row as an example."""
    kind = _kind(request)
    return _download(inventory.write_template(kind), "inventory-template", kind)


@require_safe
@limited("export", step=10)
def export_systems(request: SignedIn) -> HttpResponse:
    """Send the register of one organisation as a file that `import_inventory` reads again without loss."""
    kind = _kind(request)
    systems = finders.systems_for(request.user).filter(retired_at=None)
    chosen = systems.filter(organisation__reference=request.GET.get("organisation", ""))
    if "organisation" not in request.GET:
        first = systems.order_by("organisation__name_en", "organisation").values("organisation")[:1]
        chosen = systems.filter(organisation__in=first)
    rows = inventory.export_rows(chosen.order_by("name", "pk"), finders.current_edition())
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
    """Show what the model's card says about the facts of a use: read from an upload, confirmed by a person."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.DECLARE, use)
    form = ModelCardForm(
        request.POST if "read" in request.POST else None, request.FILES if "read" in request.POST else None
    )
    rows = finders.suggestions_for(request.user).filter(use=use)
    problem = ""
    if request.method == "POST" and form.is_bound:
        if form.is_valid():
            upload = form.cleaned_data["file"]
            with file_refusals(form):
                found = model_card.read(upload.read(model_card.MAX_BYTES + 1), finders.current_edition())
                count = suggestions.suggest(use, found, by=request.user, source=upload.name)
                if not count:
                    messages.success(
                        request,
                        _("The model card suggests no new answers. You have already declared all of its answers."),
                    )
                return redirect("model_card", reference)
    elif request.method == "POST":
        with refusals() as refused:
            messages.success(request, _settle(request, use, rows))
            return redirect("model_card", reference)
        problem = refused.words
    context = _card_context(use, list(rows.order_by("pk")), request)
    context |= {"form": form, "problem": problem}
    return render(request, "assessments/register/model_card.html", context, status=status_of(form))


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
            count = suggestions.dismiss_suggestions(use, ids, by=request.user)
            return ngettext(
                "%(n)s line of the model card is hidden.", "%(n)s lines of the model card are hidden.", count
            ) % {"n": count}
        changed = suggestions.confirm_suggestions(use, ids, by=request.user, replace=name == "replace")
        said = ngettext("%(n)s fact is now declared.", "%(n)s facts are now declared.", len(changed))
        return said % {"n": len(changed)}
    raise WorkflowError(_("First choose a suggestion. Then confirm or hide it."))


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
