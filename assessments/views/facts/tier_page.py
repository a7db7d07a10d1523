"""The tier of a use with every reason, and what would change it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.certificates import staleness
from assessments.domain.facts import declare
from assessments.domain.review import holds as review_holds
from assessments.guideline.edition import Edition
from assessments.guideline.terms import TIERS, Basis, HoldKind, Tier
from assessments.guideline.wording import RuleCard, rule_card
from assessments.models import Assessment, DeclaredUse, Hold, Role, State, assessments
from assessments.scoring.held import assign_held_tier, held_counterfactuals
from assessments.scoring.tiers import Change, FiredRule, TierResult, assign_tier, nearest_together
from assessments.views.assessment import tier_changes
from assessments.views.assessment.next_step import NextStep, step_of, to_read, why_prohibited
from assessments.views.facts import agreement
from assessments.views.facts.use_facts import PLACE, PROCEDURAL, PROHIBITED, SHOWN_ASSESSMENTS, ChangeLine, Facts
from assessments.views.site.documents import offers_to
from assessments.views.site.requests import SignedIn
from assessments.views.wording import answer_on_its_page, open_incident

# --- the tier --------------------------------------------------------------------------------------------------------


@require_safe
def tier(request: SignedIn, reference: str) -> HttpResponse:
    """Show the tier of a use with every reason; before the facts, what will stand here."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    role = roles.require(request.user, Action.VIEW, use)
    every = list(use.assessments.for_dashboard().order_by("-pk")[:SHOWN_ASSESSMENTS])
    newest = every[0] if every else None
    locked = bool(newest and newest.state in assessments.LOCKED_STATES)
    may_change = role in roles.MAY[Action.DECLARE] and not locked
    returned = may_change and newest is not None and newest.state == State.RETURNED
    facts = Facts.of(use, may_change=may_change, open_ones=declare.editable_facts(use) if returned else None)
    context: dict[str, Any] = {
        "place": PLACE,
        "use": use,
        "facts": facts,
        "owns": role in roles.MAY[Action.REGISTER],
        "may_declare": role in roles.MAY[Action.DECLARE],
        "locked": locked,
        "assessment": newest,
        "earlier": every if len(every) > 1 else [],
        "main": _main(facts, newest, role),
        "last": facts.last_saved(),
        "incident": open_incident(facts.edition, ((row.key, row.value, row.reason) for row in facts.rows.values())),
        "before_signing": newest is None or newest.current_submission_id is None,
    }
    approved = next((one for one in every if one.state in staleness.APPROVALS), None)
    if approved is not None:  # a change or an incident is reported there, also while the next assessment is a draft
        context["changes_of"] = approved if role in roles.MAY[Action.SIGN] else None
        context["stale"] = staleness.shown(approved) if approved is newest else []
    context["offers"] = offers_to(request.user, newest)
    context["may_sign"] = role in roles.MAY[Action.SIGN] and not locked
    if use.assigned_tier:
        context |= _tier_context(facts, request.user.pk)
        agreed_by = facts.rows[PROCEDURAL].agreed_by_id if PROCEDURAL in facts.rows else None
        may_disagree = agreed_by == request.user.pk or role == Role.OWNER
        context["may_disagree"] = facts.may_change and agreed_by is not None and may_disagree
    return render(request, "assessments/facts/tier.html", context)


def _main(facts: Facts, newest: Assessment | None, role: Role) -> NextStep | None:
    use = facts.use
    may = role in roles.MAY[Action.ANSWER]
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
        label = _("Fill in the remaining details") if only_details else _("Continue with the facts")
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
    fired = {rule.id for rule in result.rules}
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
        "holds": (held := [_hold(facts, hold) for hold in holds]),
        "answered_holds": any(one["is_answered"] and one["hold"].rule in fired for one in held),
        "deciding": [card_of_rule(facts, rule) for rule in deciding],
        "holding": [card_of_rule(facts, rule) for rule in holding],
        "lower": [card_of_rule(facts, rule) for rule in lower],
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
        "agreement": agreement.agreement_box(facts, user),
    }


def _text_clauses(edition: Edition, result: TierResult) -> list[tuple[str, str]]:
    """Return the clauses by which the Guideline's own text gives its tier."""
    ids = dict.fromkeys(
        clause
        for rule in result.rules
        if rule.basis == Basis.EXPLICIT and rule.tier is not None and rule.tier == result.text_tier
        for clause in rule.clauses
    )
    return [(id, edition.cited(id)) for id in ids]


def card_of_rule(facts: Facts, fired: FiredRule) -> RuleCard:
    return rule_card(facts.edition, fired.id, map(facts.line, fired.facts))


def raised_words(use: DeclaredUse) -> dict[str, Any] | None:
    """Return the raise of a reviewer that stands, as parts/raised.html takes it; None, and no query, where there is none."""
    if not use.raised_tier or use.raised_by is None:
        return None
    decision = use.raised_by
    said = {"by": decision.by_name, "at": decision.at, "independent": decision.independent}
    return {"tier": use.raised_tier, "reason": decision.statement, **said}


def _hold(facts: Facts, hold: Hold) -> dict[str, Any]:
    """Return an open hold: what it waits for and what closes it."""
    fact = facts.line(hold.fact)
    answer = fact.answer if fact.state == "answered" else ""
    closes = review_holds.who_closes(facts.edition, hold, answer)
    is_answered = bool(answer) and hold.kind == HoldKind.OPEN_QUESTION
    return {"hold": hold, "fact": fact, "closes": closes, "is_answered": is_answered}


def _behind(result: TierResult) -> list[str]:
    """Return the facts that made a rule fire, those of the deciding rules first."""
    ordered = sorted(result.rules, key=lambda rule: rule.tier != result.assigned_tier)
    return list(dict.fromkeys(key for rule in ordered for key in rule.facts))


def _prohibited(facts: Facts) -> dict[str, Any]:
    """Return the facts on prohibited uses in one line, where all of them stand alike."""
    lines = [facts.line(key) for key, fact in facts.edition.facts.items() if fact.prohibited_use]
    answers = {line.answer for line in lines}
    url = f"{facts.page_url(PROHIBITED)}?then=tier" if facts.may_change else ""
    return {"lines": lines, "alike": answers.pop() if len(answers) == 1 else "", "url": url}


def _what_if(facts: Facts, result: TierResult) -> dict[str, Any]:
    """Return what would change the tier, with the finding as its heading."""
    edition = facts.edition
    changes = held_counterfactuals(edition, facts.values, result)
    together: list[ChangeLine] = []
    together_tier = ""
    if changes.together:
        milder = nearest_together(edition, facts.values, changes.together)
        together_tier = str(assign_tier(edition, {**facts.values, **milder}).assigned_tier)
        for key, to in milder.items():
            together.append(ChangeLine(facts.line(key), answer_on_its_page(edition.facts[key], to), ""))
    count = len(changes.lower)
    if count:
        heading = ngettext("One answer would lower the tier", "Each of these %(n)s answers would lower the tier", count)
        heading %= {"n": count}
    elif result.assigned_tier == Tier.LOW:
        heading = _("No lower tier exists")
    elif together:
        heading = _("No single change would lower the tier")
    else:
        heading = _("No change to the facts would lower the tier")
    touched = {*changes.together, *(change.fact for change in changes.lower)}
    return {
        "heading": heading,
        "lower": [_change(facts, change, _also_lower(facts, change, result.assigned_tier)) for change in changes.lower],
        "higher": [_change(facts, change) for change in changes.higher],
        "next_higher": tier_changes.nearest(edition, str(result.assigned_tier), map(_as_said, changes.higher)),
        "next_lower": tier_changes.nearest(edition, str(result.assigned_tier), map(_as_said, changes.lower)),
        "together": together,
        "together_tier": together_tier,
        "held": assign_tier(edition, facts.values).assigned_tier.rank < result.assigned_tier.rank,
        "evidence": any(edition.facts[key].prohibited_use for key in touched),
    }


def _as_said(change: Change) -> dict[str, Any]:
    return {"fact": change.fact, "from": change.was, "to": change.to, "tier": str(change.tier)}


def _also_lower(facts: Facts, change: Change, now: Tier) -> tuple[str, ...]:
    """Return the other answers to a fact that would lower the tier too: the change itself names only the nearest one."""
    fact = facts.edition.facts[change.fact]
    if fact.many:
        return ()
    others = [value for value in fact.values if value not in (change.was, change.to)]
    return tuple(
        answer_on_its_page(fact, value)
        for value in others
        if TIERS.index(assign_tier(facts.edition, {**facts.values, change.fact: value}).assigned_tier)
        < TIERS.index(now)
    )


def _change(facts: Facts, change: Change, also: tuple[str, ...] = ()) -> ChangeLine:
    to = answer_on_its_page(facts.edition.facts[change.fact], change.to)
    return ChangeLine(facts.line(change.fact), to, str(change.tier), also)
