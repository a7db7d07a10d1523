"""The facts of a declared use, page by page: shown, saved, and drafts of half-filled pages."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core.errors import Locked, WouldHide
from assessments.domain.facts import declare, drafts
from assessments.domain.facts import values as facts_values
from assessments.forms.base import refusals
from assessments.forms.facts import FactsForm, condition_tree, parts_of_reason, standing_alone, to_form
from assessments.guideline.edition import Fact, FactGroup
from assessments.guideline.reach import is_shown
from assessments.guideline.terms import Tier
from assessments.models import DeclaredUse, State, User
from assessments.views.assessment.question import moment
from assessments.views.assessment.save import is_of_another, said_of_another
from assessments.views.facts import use_facts
from assessments.views.facts.use_facts import PLACE, PROHIBITED, FactPage, Facts
from assessments.views.site.expired_forms import forget_typed, said_of_typed, typed_before
from assessments.views.site.requests import SignedIn, posted
from assessments.views.wording import answer_on_its_page

# --- answering facts -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: SignedIn, reference: str, group: str) -> HttpResponse:
    """Show one page of facts. What is chosen and valid is saved even where another answer on the page is missing."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.DECLARE, use)
    facts = Facts.of(use)
    page = next((g for g in facts.edition.fact_groups if g.key == group), None)
    if page is None:
        raise Http404
    asked = facts.on_page(page)
    if not facts.of_group(page):
        messages.info(
            request,
            _("You do not have to fill in anything here, because no question about this system needs these details."),
        )
        return redirect(use)
    locked, why_locked = _locked(use, [fact.key for fact in asked])
    data = posted(request)
    if data is not None:
        data = _resolved(data, facts)
    draft = None if data is not None else drafts.find_draft(use, group, by=request.user)
    given = typed_before(request) if data is None else None
    form = _form(data if given is None else given, facts, asked, locked, draft.fields if draft else None)
    then = request.POST.get("then") or request.GET.get("then", "")
    context: dict[str, Any] = {"draft": draft}
    if given is not None:
        form.add_error(None, said_of_typed())
    if data is not None and is_of_another(request):
        form.add_error(None, said_of_another())
        context |= _group_context(facts, page, form, then, locked, why_locked)
        return render(request, "assessments/facts/group.html", context, status=409)
    if data is not None:
        valid, resolving = form.is_valid(), "resolve" in data
        hiding = [name for name in data.get("hide", "").split(",") if name]
        context["refused"] = refused = _refused(facts, form, locked)
        with refusals(form) as refusal:
            saved = _save(use, form, request.user, hiding)
            conflicts = saved.conflicts if saved else ()
            drafts.discard_draft(use, group, by=request.user)
            if valid and not conflicts and not refused:
                forget_typed(request)
                _tell_hidden(request, len(hiding))
                if resolving:
                    messages.success(request, _("Saved."))
                    return redirect(f"{facts.page_url(group)}?then={then}" if then else facts.page_url(group))
                return redirect(_after(Facts.of(use), group, then, saved))
            if saved and saved.changed:
                messages.success(request, _("Your other answers are saved."))
            facts = Facts.of(use)
            form = _as_saved(form, facts, asked, locked, conflicts)
        if would_hide := refusal.error_as(WouldHide):
            context["hides"] = _hides(use, would_hide)
        if refused:
            form.add_error(None, _("Not saved, because some of these facts are locked. Your answers are shown below."))
    context |= _group_context(facts, page, form, then, locked, why_locked)
    return render(request, "assessments/facts/group.html", context)


def _form(
    data: QueryDict | None,
    facts: Facts,
    asked: Collection[Fact],
    locked: Collection[str],
    draft: Mapping[str, list[str]] | None = None,
) -> FactsForm:
    return FactsForm(
        data,
        facts=asked,
        rows=facts.rows,
        locked=locked,
        every=facts.edition.facts,
        known=facts.values,
        draft=draft,
    )


@require_POST
def draft(request: SignedIn, reference: str, group: str) -> HttpResponse:
    """Keep what a page of facts holds, as it is; with `discard`, forget it and show what is declared."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.DECLARE, use)
    if group not in {one.key for one in facts_values.current_edition(use).fact_groups}:
        raise Http404
    if "discard" in request.POST:
        drafts.discard_draft(use, group, by=request.user)
        messages.success(request, _("Your choices were discarded. The page shows the declared facts."))
        return redirect("facts", use.reference, group)
    if is_of_another(request):
        return HttpResponse(said_of_another(), status=409, content_type="text/plain; charset=utf-8")
    # A draft is kept as it was typed, but for the sign NUL, which PostgreSQL does not take in JSON.
    fields = {name: [text.replace("\x00", "") for text in request.POST.getlist(name)] for name in request.POST}
    try:
        kept = drafts.keep_draft(use, group, fields, by=request.user)
    except Locked as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    return HttpResponse(moment(kept.at) if kept else "", content_type="text/plain; charset=utf-8")


def _save(use: DeclaredUse, form: FactsForm, user: User, hiding: Collection[str]) -> declare.FactsSaved | None:
    """Save what is fit to be saved; None where nothing is."""
    values = form.values()
    if not values:
        return None
    return declare.declare_facts(
        use,
        values,
        by=user,
        reasons=form.reasons(),
        bases=form.bases(),
        operation=form.cleaned_data.get("operation"),
        hiding=hiding,
    )


def _resolved(data: QueryDict, facts: Facts) -> QueryDict:
    """Return what was posted, with the choice between two versions carried out: `resolve` is mine:<fact> or theirs:<fact>.

    Mine is saved over the version that was shown (`seen_<fact>`), lest a third one be overwritten.
    """
    how, _colon, key = data.get("resolve", "").partition(":")
    row, fact = facts.rows.get(key), facts.edition.facts.get(key)
    if row is None or fact is None or how not in ("mine", "theirs"):
        return data
    data = data.copy()
    if how == "mine":
        data[f"base_{key}"] = data.get(f"seen_{key}", data.get(f"base_{key}", ""))
        return data
    value = to_form(fact, row.value)
    data.setlist(key, value if isinstance(value, list) else [value])
    data[f"base_{key}"] = str(row.revision)
    words, day = parts_of_reason(fact, row.reason)
    for name, text in ((f"reason_{key}", words), (f"date_{key}", day)):
        if name in data:
            data[name] = text
    return data


def _as_saved(
    form: FactsForm, facts: Facts, asked: Collection[Fact], locked: Collection[str], conflicts: Collection[str]
) -> FactsForm:
    """Return the posted form once more; where what stands is what was posted, the next save goes on from there."""
    posted: Any = form.data
    data, reasons = posted.copy(), form.reasons()
    for key, value in form.values().items():
        row = facts.rows.get(key)
        if row is not None and (row.value, row.reason) == (value, reasons.get(key, row.reason)):
            data[f"base_{key}"] = str(row.revision)
    again = _form(data, facts, asked, locked)
    for key in conflicts:
        words = _(
            "%(fact)s: %(name)s changed this answer while you were on the page. Nothing was overwritten. Choose an answer."
        )
        again.add_error(None, words % {"fact": facts.edition.facts[key].label, "name": facts.rows[key].by})
        again.conflicts.append(key)
    return again


def _refused(facts: Facts, form: FactsForm, locked: Collection[str]) -> list[tuple[str, str, str]]:
    """Return what was given for locked facts, where it says something else than what stands: label, answer, reason."""
    found = []
    for key in form.facts:
        if key not in locked:
            continue
        row, value = facts.rows.get(key), form.given(key)
        reason = str(form.data.get(f"reason_{key}", ""))
        stands = (row.value, row.reason) if row else (None, "")
        if value is not None and (value, reason or stands[1]) != stands:
            fact = facts.edition.facts[key]
            found.append((fact.label, answer_on_its_page(fact, value), reason))
    return found


def _hides(use: DeclaredUse, error: WouldHide) -> dict[str, Any]:
    """Return the answers that a save would hide, for the panel that asks; `name` is what its button has to say."""
    own = [answer for answer in error.answers if answer.use == use.title]
    return {
        "answers": [*own, *(answer for answer in error.answers if answer not in own)],
        "others": len(own) < len(error.answers),
        "name": ",".join(answer.name for answer in error.answers),
    }


def _tell_hidden(request: HttpRequest, count: int) -> None:
    if count:
        words = ngettext(
            "%(n)s answer is hidden. The answer is kept and appears again when its question applies again.",
            "%(n)s answers are hidden. The answers are kept and appear again when their questions apply again.",
            count,
        )
        messages.success(request, words % {"n": count})


def _versions(facts: Facts, form: FactsForm, fact: Fact) -> list[dict[str, Any]]:
    """Both versions of a fact, one's own first."""
    row = facts.rows[fact.key]
    reason = form.data.get(f"reason_{fact.key}", "")
    return [
        {"own": True, "answer": answer_on_its_page(fact, form.given(fact.key)), "reason": reason},
        {
            "own": False,
            "answer": answer_on_its_page(fact, row.value),
            "reason": row.reason,
            "who": row.by,
            "at": moment(row.at),
            "seen": row.revision,
        },
    ]


def _locked(use: DeclaredUse, keys: Collection[str]) -> tuple[set[str], str]:
    """Return which of the facts cannot be changed now, and why."""
    try:
        editable = declare.editable_facts(use)
    except Locked:
        return set(keys), _(
            "The facts are locked while the use is under review. You can change them if the submission is returned."
        )
    if editable is None:
        return set(), ""
    locked = set(keys) - editable
    return locked, _(
        "Only the items that the reviewer marked “change needed” can be changed now. The other answers are locked."
    ) if locked else ""


def _after(facts: Facts, group: str, then: str, saved: declare.FactsSaved | None) -> str:
    """Say where saving a page leads: an early stop, the page after it, or the tier."""
    here = facts.use.get_absolute_url()
    if group == PROHIBITED and saved and saved.result.assigned_tier == Tier.UNACCEPTABLE:
        return reverse("prohibited", args=[facts.use.reference])
    if then == "tier":
        return here
    if then == "returned":
        sent_back = facts.use.assessments.filter(state=State.RETURNED).first()
        return reverse("returned", args=[sent_back.reference]) if sent_back else here
    return _next_page_url(facts, group) or here


def _next_page_url(facts: Facts, group: str) -> str:
    """Return the page after this one; empty after the last, where the tier is."""
    page = _next_page(facts, group)
    return page.url if page else ""


def _next_page(facts: Facts, group: str) -> FactPage | None:
    pages = facts.pages
    keys = [page.key for page in pages]
    if group not in keys or group == keys[-1]:
        return None
    return pages[keys.index(group) + 1]


def _when(facts: Facts, form: FactsForm, fact: Fact) -> str | None:
    """Say when a question of the page is asked, for the page's script; None: always."""
    if fact.otherwise is None:
        return None
    return json.dumps(condition_tree(fact.shown_when, form.facts, facts.values))


def _group_context(
    facts: Facts, group: FactGroup, form: FactsForm, then: str, locked: set[str], why_locked: str
) -> dict[str, Any]:
    following = _next_page(facts, group.key)
    keys = [page.key for page in facts.pages]
    label = _("Save and see the tier")
    if then == "returned":
        label = _("Save and go back to the changes")
    elif then != "tier" and following:
        label = _("Save and continue to “%(title)s”") % {"title": following.title}
    questions = []
    form.is_valid()  # a form that was made anew from what was posted
    now = form.completed() if form.is_bound else facts.values
    for fact in form.facts.values():
        row = facts.rows.get(fact.key)
        shown = is_shown(fact, now)
        questions.append(
            {
                "fact": fact,
                "field": form[fact.key],
                "reason": form[f"reason_{fact.key}"] if f"reason_{fact.key}" in form.fields else None,
                "locked": fact.key in locked,
                "state": use_facts.state_of_fact(facts, form, fact.key, locked),
                "when": _when(facts, form, fact),
                "shown": shown,
                "otherwise": "" if fact.otherwise is None else answer_on_its_page(fact, fact.otherwise),
                "implied": row is None and form.implied(fact) is not None,
                "alone": standing_alone(fact) if fact.many else [],
                "day": form[f"date_{fact.key}"] if f"date_{fact.key}" in form.fields else None,
                "answer": facts.line(fact.key).answer,
                "row": row,
                "whole_system": fact.level == "system",
                "yes_no": fact.yes_no,
                "base": form[f"base_{fact.key}"],
                "versions": _versions(facts, form, fact) if fact.key in form.conflicts else [],
            }
        )
    return {
        "place": PLACE,
        "use": facts.use,
        "group": group,
        "is_general": facts.use.system.is_developer or facts.use.system.is_provider,
        "form": form,
        "questions": questions,
        "then": then,
        "label": label,
        "why_locked": why_locked,
        "all_locked": len(locked) == len(questions),
        "pages": facts.pages,
        "number": keys.index(group.key) + 1,
        "of": len(keys),
        "answered": facts.answered,
        "asked": len(facts.counted),
        "later": len(facts.asked) - len(facts.counted),
        "for_tier": any(fact.key in facts.of_the_tier for fact in group.facts),
        "may_see_tier": bool(facts.use.assigned_tier),
    }
