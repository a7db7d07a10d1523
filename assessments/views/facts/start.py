"""What follows the facts: the early stop of a prohibited use, and the start of the questions."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.answering import organisation_answers
from assessments.guideline.terms import Tier
from assessments.models import Role, State, assessments, going_on
from assessments.scoring.tiers import assign_tier
from assessments.views.facts import tier_page
from assessments.views.facts.use_facts import PLACE, PROHIBITED, Facts
from assessments.views.site.requests import SignedIn, refusals_as_messages

# --- from the tier on ------------------------------------------------------------------------------------------------


@require_safe
def stopped(request: SignedIn, reference: str) -> HttpResponse:
    """Show the early stop: what the Guideline's top tier means, why this use is there, and the two ways on."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    role = roles.require(request.user, Action.VIEW, use)
    if not use.prohibited_by_facts:
        return redirect(use)
    newest = use.assessments.for_dashboard().order_by("-pk").first()
    locked = bool(newest and newest.state in assessments.LOCKED_STATES)
    may_declare = role in roles.MAY[Action.DECLARE]
    facts = Facts.of(use, may_change=may_declare and not locked)
    result = assign_tier(facts.edition, facts.values)
    owners = use.organisation.memberships.current().filter(role=Role.OWNER).select_related("user")
    context = {
        "place": PLACE,
        "use": use,
        "obligation": facts.edition.obligations[Tier.UNACCEPTABLE],
        "deciding": [tier_page.card_of_rule(facts, rule) for rule in result.rules if rule.tier == Tier.UNACCEPTABLE],
        "correct_url": f"{facts.page_url(PROHIBITED)}?then=tier" if facts.may_change else "",
        "may_sign": role in roles.MAY[Action.SIGN],
        "owners": [] if role in roles.MAY[Action.SIGN] else list(owners.order_by("user__name", "pk")[:5]),
        "decided": newest if newest and newest.state == State.REFUSED else None,
        "going_on": going_on.PROHIBITED.en,
    }
    return render(request, "assessments/facts/stopped.html", context)


@require_POST
def start(request: SignedIn, reference: str) -> HttpResponse:
    """Open the assessment of a use, or go to the open one; an owner may go on to declare a prohibited use."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.ANSWER, use)
    facts = Facts.of(use)
    if facts.edition.order is not None and facts.missing and not use.prohibited_by_facts and use.assigned_tier:
        messages.info(request, _("Declare these facts first. They decide which questions you will see."))
        return redirect(facts.next_url())
    declares = request.POST.get("to") == "declare_prohibited"
    with refusals_as_messages(request):
        assessment = organisation_answers.start(use, by=request.user)
        if declares and roles.may(request.user, Action.SIGN, use.organisation_id):
            return redirect("declare_prohibited", assessment.reference)
        return redirect(assessment)
    return redirect(use)
