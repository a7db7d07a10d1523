"""The facts of a declared use, page by page, and the tier that they give, with every reason."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import access, declaring, holding, staleness
from assessments.access import Action
from assessments.domain.answering import organisation_answers
from assessments.domain.facts import drafts
from assessments.errors import Locked, WouldHide
from assessments.forms.base import refusals
from assessments.forms.facts import AgreeForm, FactsForm, condition_tree, parts_of_reason, standing_alone, to_form
from assessments.guideline.edition import Edition, Fact, FactGroup
from assessments.guideline.reach import ASSUMED, is_shown
from assessments.guideline.terms import TIERS, UNKNOWN, Basis, HoldKind, Tier
from assessments.guideline.wording import RuleCard, fact_answer, rule_card
from assessments.models import Assessment, DeclaredFact, DeclaredUse, Hold, Role, State, User, going_on
from assessments.models.snapshots import asked_facts, fact_vocabulary
from assessments.models.systems import declared_facts
from assessments.scoring.held import assign_held_tier
from assessments.scoring.inputs import Declared
from assessments.scoring.tiers import Change, FiredRule, TierResult, assign_tier, counterfactuals
from assessments.views.assessment import tier_changes
from assessments.views.assessment.next_step import NextStep, step_of, to_read, why_prohibited
from assessments.views.documents import offers_to
from assessments.views.held import forget_typed, said_of_typed, typed_before
from assessments.views.question import moment
from assessments.views.requests import SignedIn, posted, refusals_as_messages
from assessments.views.saving import is_of_another, said_of_another
from assessments.views.wording import answer_on_its_page, open_incident

PROHIBITED = "prohibited"
PROCEDURAL = "minor_procedural_task"
SHOWN_ASSESSMENTS = 20  # of one use, newest first
PLACE = "systems"  # the place of the site that these pages lie in


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as a list shows it. `state`: answered, unknown or empty; `note`: what it counts as, where not as it reads."""

    key: str
    label: str
    answer: str
    state: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactPage:
    """A group as the outline of pages shows it."""

    key: str
    title: str
    url: str
    answered: int
    total: int
    is_open: bool  # something may still be asked here

    @property
    def state(self) -> str:
        if self.answered == self.total and not self.is_open:
            return "complete"
        return "in_progress" if self.answered else "not_started"


@dataclass(frozen=True, slots=True)
class ChangeLine:
    fact: FactLine
    to: str
    tier: str


@dataclass(frozen=True)
class Facts:
    """A use with its declared facts, read once for a page."""

    use: DeclaredUse
    edition: Edition
    rows: Mapping[str, DeclaredFact]
    may_change: bool = True
    open_ones: Collection[str] | None = None  # those that a return left open; None: all

    @classmethod
    def of(cls, use: DeclaredUse, *, may_change: bool = True, open_ones: Collection[str] | None = None) -> Facts:
        rows = {row.key: row for row in use.fact_rows().select_related("by", "agreed_by")}
        return cls(use, declaring.current_edition(use), rows, may_change, open_ones)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The answers with all that follows from them."""
        return declared_facts(self.edition, self.rows.values())

    @cached_property
    def declared(self) -> Declared:
        return Declared(self.values, self.use.system.parts, Tier(self.use.assigned_tier or Tier.LOW))

    @cached_property
    def asked(self) -> tuple[str, ...]:
        return asked_facts(self.edition, self.declared)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        return tuple(key for key in self.asked if not self.is_answered(key))

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The facts of which it is certain that they are asked: none that an open answer may still make needless."""
        open_ones = set(self.missing)
        return tuple(
            key
            for key in self.asked
            if key not in open_ones or not any(t.fact in open_ones for t in self.edition.facts[key].shown_when.tests())
        )

    def is_answered(self, key: str) -> bool:
        """Tell whether somebody answered a fact, or it follows from other answers."""
        return key in self.rows or (key in self.values and key not in ASSUMED)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        return tuple(key for key in self.asked if self.values.get(key) == UNKNOWN)

    @property
    def known(self) -> int:
        return len(self.asked) - len(self.missing) - len(self.unknown)

    @cached_property
    def of_the_tier(self) -> frozenset[str]:
        """The facts that a rule of the tier reads, whatever kind they are."""
        return tier_facts(self.edition)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(fact_vocabulary(self.edition, self.declared))

    def of_group(self, group: FactGroup) -> tuple[Fact, ...]:
        """The facts of a group that are asked of this use."""
        return tuple(fact for fact in group.facts if fact.key in self.asked)

    def in_list(self, group: FactGroup) -> tuple[Fact, ...]:
        """The facts of a group that the tier page lists: those asked, and those of the tier that follow from others."""
        return tuple(
            fact
            for fact in group.facts
            if fact.key in self.asked or (fact.kind == "tier" and self.is_answered(fact.key))
        )

    def on_page(self, group: FactGroup) -> tuple[Fact, ...]:
        """The facts of a group that its page has: those asked, and those that an answer on the page may ask for."""
        here = {fact.key for fact in group.facts if fact.key in self.vocabulary}
        return tuple(
            fact
            for fact in group.facts
            if fact.key in here
            and (fact.key in self.asked or any(test.fact in here for test in fact.shown_when.tests()))
        )

    @cached_property
    def pages(self) -> tuple[FactPage, ...]:
        """Every group that asks something, in order."""
        found = []
        for group in self.edition.fact_groups:
            keys = [fact.key for fact in group.facts if fact.key in self.counted]
            if self.of_group(group):
                answered = sum(self.is_answered(key) for key in keys)
                open_here = any(fact.key in self.missing for fact in self.of_group(group))
                url = self.page_url(group.key)
                found.append(FactPage(group.key, group.title, url, answered, len(keys), open_here))
        return tuple(found)

    def page_url(self, group: str) -> str:
        return reverse("facts", args=[self.use.reference, group])

    def line(self, key: str) -> FactLine:
        fact = self.edition.facts[key]
        row = self.rows.get(key)
        url = f"{self.page_url(fact.group)}?then=tier#fact-{key}" if self.may_change_fact(key) else ""
        if self.is_answered(key) and (row is None or not is_shown(fact, self.values)):
            note = _("follows from other answers")
            return FactLine(key, fact.label, answer_on_its_page(fact, self.values[key]), "filled_in", url, note)
        if row is None:
            counts = _("counts as the worst case") if key in self.of_the_tier else ""
            return FactLine(key, fact.label, fact_answer(fact, None), "empty", url, counts)
        note = ""
        if row.value == UNKNOWN and not fact.prohibited_use:
            for_duties = _("counts as the worst case for the duties, not for the tier")
            note = _("counts as the worst case") if key in self.of_the_tier else for_duties
        if key == PROCEDURAL and row.value is True and row.agreed_by_id is None:
            note = _("counts as no until a second member agrees")
        if row.signed_worst_id:
            note = _("signed at its worst answer")
        state = "unknown" if row.value == UNKNOWN else "answered"
        return FactLine(key, fact.label, answer_on_its_page(fact, row.value), state, url, note)

    def may_change_fact(self, key: str) -> bool:
        return self.may_change and (self.open_ones is None or key in self.open_ones)

    def next_url(self) -> str:
        """Where the first fact without an answer is asked."""
        first = next(fact for group in self.edition.fact_groups for fact in group.facts if fact.key in self.missing)
        return f"{self.page_url(first.group)}#fact-{first.key}"

    def last_saved(self) -> DeclaredFact | None:
        return max(self.rows.values(), key=lambda row: row.at, default=None)


@lru_cache(maxsize=8)
def tier_facts(edition: Edition) -> frozenset[str]:
    """The facts that a rule reads which gives a tier or a hold."""
    conditions = [one for rule in edition.rules if rule.tier or rule.hold for one in (rule.when, rule.unless) if one]
    return frozenset(test.fact for condition in conditions for test in condition.tests())


# --- answering facts -------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: SignedIn, reference: str, group: str) -> HttpResponse:
    """One page of facts. What is chosen and valid is saved even where another answer on the page is missing."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.DECLARE, use)
    facts = Facts.of(use)
    page = next((g for g in facts.edition.fact_groups if g.key == group), None)
    if page is None:
        raise Http404
    asked = facts.on_page(page)
    if not facts.of_group(page):
        messages.info(request, _("Nothing is asked here: no question for this system needs these details."))
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
                messages.success(request, _("What you answered is saved."))
            facts = Facts.of(use)
            form = _as_saved(form, facts, asked, locked, conflicts)
        if would_hide := refusal.error_as(WouldHide):
            context["hides"] = _hides(use, would_hide)
        if refused:
            form.add_error(None, _("Not saved: what is locked cannot be changed now. What you gave stands below."))
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
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.DECLARE, use)
    if group not in {one.key for one in declaring.current_edition(use).fact_groups}:
        raise Http404
    if "discard" in request.POST:
        drafts.discard_draft(use, group, by=request.user)
        messages.success(request, _("Discarded. The page shows what is declared."))
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


def _save(use: DeclaredUse, form: FactsForm, user: User, hiding: Collection[str]) -> declaring.FactsSaved | None:
    """Save what is fit to be saved; None where nothing is."""
    values = form.values()
    if not values:
        return None
    return declaring.declare_facts(
        use,
        values,
        by=user,
        reasons=form.reasons(),
        bases=form.bases(),
        operation=form.cleaned_data.get("operation"),
        hiding=hiding,
    )


def _resolved(data: QueryDict, facts: Facts) -> QueryDict:
    """What was posted, with the choice between two versions carried out: `resolve` is mine:<fact> or theirs:<fact>.

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
    """The posted form once more; where what stands is what was posted, the next save goes on from there."""
    posted: Any = form.data
    data, reasons = posted.copy(), form.reasons()
    for key, value in form.values().items():
        row = facts.rows.get(key)
        if row is not None and (row.value, row.reason) == (value, reasons.get(key, row.reason)):
            data[f"base_{key}"] = str(row.revision)
    again = _form(data, facts, asked, locked)
    for key in conflicts:
        words = _("%(fact)s: %(name)s changed this answer while you were on the page. Nothing was overwritten: choose.")
        again.add_error(None, words % {"fact": facts.edition.facts[key].label, "name": facts.rows[key].by})
        again.conflicts.append(key)
    return again


def _refused(facts: Facts, form: FactsForm, locked: Collection[str]) -> list[tuple[str, str, str]]:
    """What was given for locked facts, where it says something else than what stands: label, answer, reason."""
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
    """The answers that a save would hide, for the panel that asks; `name` is what its button has to say."""
    own = [answer for answer in error.answers if answer.use == use.title]
    return {
        "answers": [*own, *(answer for answer in error.answers if answer not in own)],
        "others": len(own) < len(error.answers),
        "name": ",".join(answer.name for answer in error.answers),
    }


def _tell_hidden(request: HttpRequest, count: int) -> None:
    if count:
        words = ngettext(
            "%(n)s answer is hidden. It is kept and comes back as soon as its question is asked again.",
            "%(n)s answers are hidden. They are kept and come back as soon as their questions are asked again.",
            count,
        )
        messages.success(request, words % {"n": count})


def _state(facts: Facts, form: FactsForm, key: str, locked: Collection[str]) -> str:
    if key in form.conflicts:
        return "conflict"
    return "locked" if key in locked else facts.line(key).state


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
    """Which of the facts cannot be changed now, and why."""
    try:
        editable = declaring.editable_facts(use)
    except Locked:
        return set(keys), _("The facts are locked while the use is under review. They open again if it is returned.")
    if editable is None:
        return set(), ""
    locked = set(keys) - editable
    return locked, _("Only what the reviewer marked can be changed now; the other answers stand.") if locked else ""


def _after(facts: Facts, group: str, then: str, saved: declaring.FactsSaved | None) -> str:
    """Where saving a page leads: an early stop, the page after it, or the tier."""
    here = facts.use.get_absolute_url()
    if group == PROHIBITED and saved and saved.result.assigned_tier == Tier.UNACCEPTABLE:
        return reverse("stopped", args=[facts.use.reference])
    if then == "tier":
        return here
    if then == "returned":
        sent_back = facts.use.assessments.filter(state=State.RETURNED).first()
        return reverse("returned", args=[sent_back.reference]) if sent_back else here
    return _next_page_url(facts, group) or here


def _next_page_url(facts: Facts, group: str) -> str:
    """The page after this one; empty after the last, where the tier is."""
    page = _next_page(facts, group)
    return page.url if page else ""


def _next_page(facts: Facts, group: str) -> FactPage | None:
    pages = facts.pages
    keys = [page.key for page in pages]
    if group not in keys or group == keys[-1]:
        return None
    return pages[keys.index(group) + 1]


def _when(facts: Facts, form: FactsForm, fact: Fact) -> str | None:
    """When a question of the page is asked, for the page's script; None: always."""
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
        label = _("Save and go on to “%(title)s”") % {"title": following.title}
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
                "state": _state(facts, form, fact.key, locked),
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
        "answered": len(facts.asked) - len(facts.missing),
        "asked": len(facts.counted),
        "for_tier": any(fact.key in facts.of_the_tier for fact in group.facts),
        "may_see_tier": bool(facts.use.assigned_tier),
    }


# --- the tier --------------------------------------------------------------------------------------------------------


@require_safe
def tier(request: SignedIn, reference: str) -> HttpResponse:
    """The tier of a use with every reason; before the facts, what will stand here."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    role = access.require(request.user, Action.VIEW, use)
    every = list(use.assessments.for_dashboard().order_by("-pk")[:SHOWN_ASSESSMENTS])
    newest = every[0] if every else None
    locked = bool(newest and newest.state in declaring.LOCKED_STATES)
    may_change = role in access.MAY[Action.DECLARE] and not locked
    returned = may_change and newest is not None and newest.state == State.RETURNED
    facts = Facts.of(use, may_change=may_change, open_ones=declaring.editable_facts(use) if returned else None)
    context: dict[str, Any] = {
        "place": PLACE,
        "use": use,
        "facts": facts,
        "owns": role in access.MAY[Action.REGISTER],
        "may_declare": role in access.MAY[Action.DECLARE],
        "locked": locked,
        "assessment": newest,
        "earlier": every if len(every) > 1 else [],
        "main": _main(facts, newest, role),
        "last": facts.last_saved(),
        "incident": open_incident(facts.edition, ((row.key, row.value, row.reason) for row in facts.rows.values())),
        "before_signing": newest is None or newest.current_submission_id is None,
    }
    if newest is not None and newest.state in staleness.APPROVALS:
        context["stale"] = staleness.shown(newest)
        context["may_say"] = role in access.MAY[Action.SIGN]
    context["offers"] = offers_to(request.user, newest)
    context["may_sign"] = role in access.MAY[Action.SIGN] and not locked
    if use.assigned_tier:
        context |= _tier_context(facts, request.user.pk)
        agreed_by = facts.rows[PROCEDURAL].agreed_by_id if PROCEDURAL in facts.rows else None
        may_disagree = agreed_by == request.user.pk or role == Role.OWNER
        context["may_disagree"] = facts.may_change and agreed_by is not None and may_disagree
    return render(request, "assessments/facts/tier.html", context)


def _main(facts: Facts, newest: Assessment | None, role: Role) -> NextStep | None:
    use = facts.use
    may = role in access.MAY[Action.ANSWER]
    is_open = newest is not None and newest.is_open
    if use.retired_at or use.system.retired_at:  # nothing can be started or submitted
        return to_read(newest) if newest else None
    prohibited = use.prohibited_by_facts
    if prohibited and not (is_open and newest and not newest.is_editable):
        if newest and newest.state == State.REFUSED:
            return NextStep(_("See the decision"), newest.get_absolute_url())
        return why_prohibited(use)
    if may and (newest is None or not is_open or newest.is_editable) and facts.missing:
        only_details = all(facts.edition.facts[key].kind != "tier" for key in facts.missing)
        label = _("Answer the last details") if only_details else _("Go on with the facts")
        return NextStep(label if facts.rows else _("Declare the facts"), facts.next_url())
    if newest is not None and is_open:
        return step_of(newest, may_work=may)
    if may and (newest is None or newest.state != State.CERTIFIED):
        return NextStep(_("Start the questions"), reverse("use_start", args=[use.reference]), posts=True)
    return to_read(newest) if newest else None


def _tier_context(facts: Facts, user: int | None) -> dict[str, Any]:
    edition, use = facts.edition, facts.use
    holds = list(use.holds.filter(closed_at=None).select_related("owner"))
    result = assign_held_tier(edition, facts.values, [h.fact for h in holds if h.kind == HoldKind.OPEN_QUESTION])
    deciding = [r for r in result.rules if r.tier == result.assigned_tier]
    holding = [r for r in result.rules if r.tier is None]
    lower = [r for r in result.rules if r.tier is not None and r.tier != result.assigned_tier]
    assigned = use.tier_over(result.assigned_tier)
    obligation = edition.obligations[assigned]
    context = facts.declared.context
    return {
        "result": result,
        "assigned": str(assigned),
        "by_rules": str(result.assigned_tier),
        "raised": raised_words(use),
        "text": str(result.text_tier or ""),
        "text_clauses": _text_clauses(edition, result),
        "judged": [r for r in deciding if r.basis == Basis.JUDGEMENT],
        "differ": result.text_tier != result.assigned_tier,
        "waits_for": [facts.line(key) for key in result.waits_for],
        "holds": [_hold(facts, hold) for hold in holds],
        "deciding": [_card(facts, rule) for rule in deciding],
        "holding": [_card(facts, rule) for rule in holding],
        "lower": [_card(facts, rule) for rule in lower],
        "what_if": _what_if(facts, result),
        "behind": [facts.line(key) for key in dict.fromkeys((*_behind(result), *facts.unknown))],
        "prohibited": _prohibited(facts),
        "groups": [
            (group.title, [facts.line(fact.key) for fact in facts.in_list(group)])
            for group in edition.fact_groups
            if facts.of_group(group)
        ],
        "obligation": obligation,
        "tiers": [(str(tier), edition.obligations[tier].meaning) for tier in TIERS],
        "overlays": [(o, edition.cited(o.clause)) for o in edition.overlays if o.when.holds(context)],
        "flags": [flag for flag in edition.flags if flag.when.holds(context, unknown=False)],
        "agreement": _agreement(facts, user),
    }


def _text_clauses(edition: Edition, result: TierResult) -> list[tuple[str, str]]:
    """The clauses by which the Guideline's own text gives its tier."""
    ids = dict.fromkeys(
        clause
        for rule in result.rules
        if rule.basis == Basis.EXPLICIT and rule.tier is not None and rule.tier == result.text_tier
        for clause in rule.clauses
    )
    return [(id, edition.cited(id)) for id in ids]


def _card(facts: Facts, fired: FiredRule) -> RuleCard:
    return rule_card(facts.edition, fired.id, map(facts.line, fired.facts))


def raised_words(use: DeclaredUse) -> dict[str, Any] | None:
    """The raise of a reviewer that stands, as parts/raised.html takes it; None, and no query, where there is none."""
    if not use.raised_tier or use.raised_by is None:
        return None
    decision = use.raised_by
    said = {"by": decision.by_name, "at": decision.at, "independent": decision.independent}
    return {"tier": use.raised_tier, "reason": decision.statement, **said}


def _hold(facts: Facts, hold: Hold) -> dict[str, Any]:
    """An open hold: what it waits for and what closes it."""
    return {"hold": hold, "fact": facts.line(hold.fact), "closes": holding.who_closes(facts.edition, hold)}


def _behind(result: TierResult) -> list[str]:
    """The facts that made a rule fire, those of the deciding rules first."""
    ordered = sorted(result.rules, key=lambda rule: rule.tier != result.assigned_tier)
    return list(dict.fromkeys(key for rule in ordered for key in rule.facts))


def _prohibited(facts: Facts) -> dict[str, Any]:
    """The facts on prohibited uses in one line, where all of them stand alike."""
    lines = [facts.line(key) for key, fact in facts.edition.facts.items() if fact.prohibited_use]
    answers = {line.answer for line in lines}
    url = f"{facts.page_url(PROHIBITED)}?then=tier" if facts.may_change else ""
    return {"lines": lines, "alike": answers.pop() if len(answers) == 1 else "", "url": url}


def _what_if(facts: Facts, result: TierResult) -> dict[str, Any]:
    """What would change the tier, with the finding as its heading."""
    edition = facts.edition
    changes = counterfactuals(edition, facts.values)
    together: list[ChangeLine] = []
    together_tier = ""
    if changes.together:
        mildest = {key: to for key in changes.together if (to := edition.facts[key].mildest) is not None}
        together_tier = str(assign_tier(edition, {**facts.values, **mildest}).assigned_tier)
        for key, to in mildest.items():
            alone = assign_tier(edition, {**facts.values, key: to}).assigned_tier
            words = answer_on_its_page(edition.facts[key], to)
            together.append(ChangeLine(facts.line(key), words, str(alone)))
    count = len(changes.lower)
    if count:
        heading = ngettext("One answer would lower the tier", "%(n)s answers would each lower the tier", count)
        heading %= {"n": count}
    elif result.assigned_tier == Tier.LOW:
        heading = _("No lower tier exists")
    elif together:
        heading = _("No single fact would lower the tier")
    else:
        heading = _("No change of facts would lower the tier")
    touched = {*changes.together, *(change.fact for change in changes.lower)}
    return {
        "heading": heading,
        "lower": [_change(facts, change) for change in changes.lower],
        "higher": [_change(facts, change) for change in changes.higher],
        "next_higher": tier_changes.nearest(edition, str(result.assigned_tier), map(_as_said, changes.higher)),
        "next_lower": tier_changes.nearest(edition, str(result.assigned_tier), map(_as_said, changes.lower)),
        "no_lower": not changes.lower and result.assigned_tier != Tier.LOW,
        "together": together,
        "together_tier": together_tier,
        "evidence": any(edition.facts[key].prohibited_use for key in touched),
    }


def _as_said(change: Change) -> dict[str, Any]:
    return {"fact": change.fact, "from": change.was, "to": change.to, "tier": str(change.tier)}


def _change(facts: Facts, change: Change) -> ChangeLine:
    to = answer_on_its_page(facts.edition.facts[change.fact], change.to)
    return ChangeLine(facts.line(change.fact), to, str(change.tier))


def _agreement(facts: Facts, user: int | None) -> dict[str, Any] | None:
    """The box for the second member, while a yes to *minor procedural task* waits for one, and what it said after."""
    row = facts.rows.get(PROCEDURAL)
    if row is None or row.value is not True:
        return None
    return {
        "row": row,
        "open": row.agreed_by_id is None,
        "own": row.by_id == user,
        "form": AgreeForm() if facts.may_change and row.agreed_by_id is None and row.by_id != user else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def agree(request: SignedIn, reference: str) -> HttpResponse:
    """A second member agrees that the use is a minor procedural task; only then does the answer count."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.DECLARE, use)
    facts = Facts.of(use)
    agreement = _agreement(facts, request.user.pk)
    if agreement is None:
        messages.info(request, _("Nobody has declared this use a minor procedural task."))
        return redirect(use)
    form = AgreeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            declaring.agree_procedural(use, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("You agreed. The answer counts from now on; the tier was worked out again."))
            return redirect(use)
    context = {"place": PLACE, "use": use, "agreement": agreement, "form": form}
    return render(request, "assessments/facts/agree.html", context)


# --- from the tier on ------------------------------------------------------------------------------------------------


@require_safe
def stopped(request: SignedIn, reference: str) -> HttpResponse:
    """The early stop: what the Guideline's top tier means, why this use is there, and the two ways on."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    role = access.require(request.user, Action.VIEW, use)
    if not use.prohibited_by_facts:
        return redirect(use)
    newest = use.assessments.for_dashboard().order_by("-pk").first()
    locked = bool(newest and newest.state in declaring.LOCKED_STATES)
    may_declare = role in access.MAY[Action.DECLARE]
    facts = Facts.of(use, may_change=may_declare and not locked)
    result = assign_tier(facts.edition, facts.values)
    owners = use.organisation.memberships.current().filter(role=Role.OWNER).select_related("user")
    context = {
        "place": PLACE,
        "use": use,
        "obligation": facts.edition.obligations[Tier.UNACCEPTABLE],
        "deciding": [_card(facts, rule) for rule in result.rules if rule.tier == Tier.UNACCEPTABLE],
        "correct_url": f"{facts.page_url(PROHIBITED)}?then=tier" if facts.may_change else "",
        "may_sign": role in access.MAY[Action.SIGN],
        "owners": [] if role in access.MAY[Action.SIGN] else list(owners.order_by("user__name", "pk")[:5]),
        "decided": newest if newest and newest.state == State.REFUSED else None,
        "going_on": going_on.PROHIBITED.en,
    }
    return render(request, "assessments/facts/stopped.html", context)


@require_POST
def start(request: SignedIn, reference: str) -> HttpResponse:
    """Open the assessment of a use, or go to the open one; an owner may go on to declare a prohibited use."""
    use = get_object_or_404(access.uses_for(request.user), reference=reference)
    access.require(request.user, Action.ANSWER, use)
    facts = Facts.of(use)
    if facts.edition.order is not None and facts.missing and not use.prohibited_by_facts and use.assigned_tier:
        messages.info(request, _("Answer these facts first: they decide which questions you will see."))
        return redirect(facts.next_url())
    declares = request.POST.get("to") == "declare_prohibited"
    with refusals_as_messages(request):
        assessment = organisation_answers.start(use, by=request.user)
        if declares and access.may(request.user, Action.SIGN, use.organisation_id):
            return redirect("declare_prohibited", assessment.reference)
        return redirect(assessment)
    return redirect(use)
