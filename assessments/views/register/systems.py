"""AI systems and the uses declared of them."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import NotPermitted
from assessments.domain.register import systems as register_systems
from assessments.forms.base import refusals
from assessments.forms.scope import SCOPE_LENGTH, derive_scope, one_sentence
from assessments.forms.systems import PARTS, SystemForm, UseForm, derive_use, people_called
from assessments.guideline.terms import Tier
from assessments.models import AISystem, Assessment, DeclaredUse, State
from assessments.models.editions import newest_edition
from assessments.views.assessment.next_step import NextStep, next_step
from assessments.views.site.requests import SignedIn

PER_PAGE = 50
TOLD = ("purpose", "setting", "people_affected", "people_word", "scope_en", "scope_zh", "exclusions")
"""What the previews of the scope and of the word for people are made from."""
SHOWN_CERTIFICATES = 10  # on the page that retires their system


@dataclass(frozen=True, slots=True)
class UseLine:
    use: DeclaredUse
    assessment: Assessment | None
    next: NextStep


def listed(systems: QuerySet[AISystem]) -> QuerySet[AISystem]:
    """Return the systems with what a list shows of their uses, in two queries however many."""
    return systems.order_by("name", "pk").prefetch_related("uses")


def row(system: AISystem) -> dict[str, Any]:
    """Return a system as a list shows it, its uses read already."""
    uses = [use for use in system.uses.all() if not use.retired_at]
    return {
        "system": system,
        "parts": part_words(system),
        "tier": highest_tier(uses),
        "provisional": _highest_is_provisional(uses),
        "uses": len(uses),
    }


def part_words(system: AISystem) -> list[str]:
    return [str(part.name) for key, part in PARTS.items() if getattr(system, key)]


def highest_tier(uses: Iterable[DeclaredUse]) -> str:
    """Return the gravest tier of a system's uses; empty where none is declared in full."""
    tiers = [Tier(use.assigned_tier) for use in uses if use.assigned_tier]
    return str(max(tiers, key=lambda tier: tier.rank)) if tiers else ""


@require_safe
def systems(request: SignedIn) -> HttpResponse:
    every = finders.systems_for(request.user)
    retired = "retired" in request.GET
    found = every.filter(retired_at__isnull=not retired)
    page = Paginator(listed(found), PER_PAGE).get_page(request.GET.get("page"))
    members_of = list(finders.organisations_for(request.user))
    context = {
        "page": page,
        "rows": [row(system) for system in page],
        "member_of_none": not members_of,
        "several": len(members_of) > 1,
        "may_register": finders.organisations_where(request.user, Action.REGISTER).exists(),
        "retired": retired,
        "others": every.filter(retired_at__isnull=retired).count(),
        "query": "&retired=1" if retired else "",
        "exported": [one for one in members_of if one.pk in finders.seen_in_full(request.user)],
    }
    return render(request, "assessments/register/systems.html", context)


def _highest_is_provisional(uses: Collection[DeclaredUse]) -> bool:
    """Tell whether the highest tier rests on provisional uses alone."""
    tier = highest_tier(uses)
    highest = [use for use in uses if tier and use.assigned_tier == tier]
    return bool(highest) and all(use.provisional for use in highest)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    mine = list(finders.organisations_where(request.user, Action.REGISTER))
    if not mine:
        raise NotPermitted(_("Ask an owner of the organisation. Only owners can register systems."))
    wanted = next((o for o in mine if o.reference == request.GET.get("organisation")), mine[0])
    initial = {"organisation": wanted.reference}
    form = SystemForm(request.POST or None, organisations=mine, edition=newest_edition(), initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("organisation", wanted.reference)
        owner = next(o for o in mine if o.reference == chosen)
        system = register_systems.register_system(owner, by=request.user, **form.system_fields())
        messages.success(request, _("%(name)s is registered. Next, declare one use of the system.") % {"name": system})
        return redirect(system)
    context = {"form": form, "system": None, "organisation": wanted}
    return render(request, "assessments/register/system_form.html", context)


@require_safe
def system(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.systems_for(request.user), reference=reference)
    may_work = roles.may(request.user, Action.DECLARE, found.organisation_id)
    lines = [
        _line(use, found, may_work=may_work)
        for use in found.uses.order_by("title", "pk").prefetch_related("assessments")
    ]
    context = {
        "system": found,
        "parts": part_words(found),
        "lines": lines,
        "tier": highest_tier(line.use for line in lines),
        "owns": roles.may(request.user, Action.REGISTER, found.organisation_id),
    }
    return render(request, "assessments/register/system.html", context)


def _line(use: DeclaredUse, system: AISystem, *, may_work: bool) -> UseLine:
    use.system = system
    newest = max(use.assessments.all(), key=lambda assessment: assessment.pk, default=None)
    return UseLine(use, newest, next_step(use, newest, may_work=may_work))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.systems_for(request.user), reference=reference)
    roles.require(request.user, Action.REGISTER, found)
    form = SystemForm(request.POST or None, instance=copy.copy(found), edition=newest_edition())
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            register_systems.update_system(found, by=request.user, **form.system_fields())
            messages.success(request, _("Saved."))
            return redirect(found)
    context = {"form": form, "system": found, "organisation": found.organisation}
    return render(request, "assessments/register/system_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def use_new(request: SignedIn, reference: str) -> HttpResponse:
    found = get_object_or_404(finders.systems_for(request.user), reference=reference)
    roles.require(request.user, Action.REGISTER, found)
    is_first = not found.uses.exists()
    form = UseForm(request.POST or None, initial=derive_use(found) if is_first else {})
    if _is_preview(request):
        return _preview(request, found, None)
    if request.method == "POST" and form.is_valid():
        use = register_systems.declare_use(found, by=request.user, **form.cleaned_data)
        messages.success(request, _("“%(title)s” is declared. Next, declare its facts.") % {"title": use})
        return redirect("facts", use.reference, "prohibited")
    return _use_page(request, form, found, None)


@require_http_methods(["GET", "HEAD", "POST"])
def use_edit(request: SignedIn, reference: str) -> HttpResponse:
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.REGISTER, use)
    if _is_preview(request):
        return _preview(request, use.system, use)
    form = UseForm(request.POST or None, instance=copy.copy(use))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            register_systems.update_use(use, by=request.user, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect(use)
    return _use_page(request, form, use.system, use)


@require_http_methods(["GET", "HEAD", "POST"])
def retire_system(request: SignedIn, reference: str) -> HttpResponse:
    """Show what it means to retire a system, or to take it back, and the button that does it."""
    found = get_object_or_404(finders.systems_for(request.user), reference=reference)
    return _standing_page(request, found, found)


@require_http_methods(["GET", "HEAD", "POST"])
def retire_use(request: SignedIn, reference: str) -> HttpResponse:
    """Show what it means to retire a use, or to take it back, and the button that does it."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    return _standing_page(request, use, use.system)


def _standing_page(request: SignedIn, about: AISystem | DeclaredUse, system: AISystem) -> HttpResponse:
    roles.require(request.user, Action.REGISTER, about)
    refused = ""
    if request.method == "POST":
        # The button says which of the two it does: a page that was left open undoes nothing.
        back = "restore" in request.POST
        with refusals() as refusal:
            (register_systems.restore if back else register_systems.retire)(about, by=request.user)
            words = _("“%(name)s” is back in service.") if back else _("“%(name)s” is retired.")
            messages.success(request, words % {"name": about})
            return redirect(about)
        refused = refusal.words
    is_system = isinstance(about, AISystem)
    uses: dict[str, Any] = {"use__system" if is_system else "use": about}
    running = finders.certificates_for(request.user).filter(ended_at=None, **uses)
    drafts = finders.assessments_for(request.user).filter(state=State.DRAFT, **uses)
    context = {
        "place": "systems",
        "about": about,
        "is_system": is_system,
        "system": system,
        "refused": refused,
        "certificates": list(running.order_by("expires_on")[:SHOWN_CERTIFICATES]),
        "drafts": drafts.count(),
    }
    return render(request, "assessments/register/retire.html", context)


def _is_preview(request: HttpRequest) -> bool:
    return request.method == "POST" and "preview" in request.POST


def _preview(request: HttpRequest, system: AISystem, use: DeclaredUse | None) -> HttpResponse:
    """Show the scope as typed, and save nothing; without script the page comes back with all that was typed."""
    if request.headers.get("HX-Request"):
        typed = {name: request.POST.get(name, "") for name in TOLD}
        context = {**_scope(typed), "called": _called(typed), "swapped": True}
        return render(request, "assessments/register/scope_preview.html", context)
    typed = {name: request.POST.get(name, "") for name in UseForm.Meta.fields}
    return _use_page(request, UseForm(initial=typed), system, use)


def _use_page(request: HttpRequest, form: UseForm, system: AISystem, use: DeclaredUse | None) -> HttpResponse:
    typed = {name: form[name].value() or "" for name in TOLD}
    context: dict[str, Any] = {"place": "systems", "form": form, "system": system, "use": use, **_scope(typed)}
    context["called"] = _called(typed)
    return render(request, "assessments/register/use_form.html", context)


def _called(typed: dict[str, str]) -> str:
    return people_called(typed["people_word"], typed["people_affected"])


def _scope(typed: dict[str, str]) -> dict[str, Any]:
    """Return the scope as the certificate prints it, with what is left of its length."""
    texts = {name: one_sentence(text) for name, text in typed.items()}
    derived = not texts["scope_en"]
    composed = derive_scope(*(texts[name] for name in ("purpose", "setting", "people_affected")))
    if derived:
        texts["scope_en"] = composed.text
    left = SCOPE_LENGTH - len(texts["scope_en"])
    count = (
        _("%(n)s of %(all)s characters") % {"n": len(texts["scope_en"]), "all": SCOPE_LENGTH}
        if left >= 0
        else ngettext("%(n)s character too many", "%(n)s characters too many", -left) % {"n": -left}
    )
    return {
        "scope": texts,
        "count": count,
        "too_long": left < 0,
        "derived": derived and bool(composed.text),
        "left_out": composed.left_out if derived else (),
    }
