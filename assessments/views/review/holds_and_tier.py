"""What a reviewer decides about the use itself: its holds, and a tier that should be higher."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.accounts import proofs
from assessments.domain.review import holds
from assessments.domain.review import tier as review_tier
from assessments.forms.base import PlainForm, refusals
from assessments.forms.holds import DecideHoldForm, RaiseForm, ReasonForm
from assessments.guideline.terms import TIERS, Tier
from assessments.guideline.wording import fact_answer
from assessments.models import HoldOutcome
from assessments.views.facts.holds import changes_of_tier
from assessments.views.review.case import ReviewCase
from assessments.views.review.overview import reviewer_of
from assessments.views.site.gate import to_declare
from assessments.views.site.requests import SignedIn, posted
from assessments.views.wording import hold_card


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Show a hold of the case: what it is about, what the organisation shows, and the decision on the record."""
    case = ReviewCase(request.user, reference)
    if request.method != "POST" and not case.may_open:
        return to_declare(request, case.submission)
    found = get_object_or_404(case.use.holds.select_related("owner", "closed_by"), pk=pk)
    found.use = case.use
    if request.method == "POST":
        case.require_seat()
    outcomes = holds.OUTCOMES[found.kind]
    obstacles = (
        [] if found.closed_at else holds.obstacles_to_decide(found, case.submission, case.user, reviewer_of(case))
    )
    # What was typed while somebody else closed it stays on the page, with the refusal.
    may_be_typed = outcomes and (request.method == "POST" or not found.closed_at)
    form = DecideHoldForm(posted(request), outcomes=outcomes) if may_be_typed else None
    if form is not None and proofs.confirmed(request, form):
        with refusals(form):
            done = holds.close_hold(found, case.submission, by=case.user, **form.cleaned_data)
            words = _("The hold has been lifted.")
            if done.outcome == HoldOutcome.ANSWERED and done.use.assigned_tier != case.submission.assigned_tier:
                words = _(
                    "The hold has been lifted. This changed the tier, so the submission has gone back to the "
                    "organisation, which has to sign it again."
                )
            if done.outcome == HoldOutcome.CORRECT:
                words = _(
                    "Saved. The fact is marked “change needed”. Return the submission so that the organisation can "
                    "correct the fact."
                )
            messages.success(request, words)
            return redirect(case.submission)
    fact = case.edition.facts.get(found.fact)
    declared = next((one["value"] for one in case.content["facts"] if one["key"] == found.fact), None)
    return render(
        request,
        "assessments/review/hold.html",
        {
            "case": case,
            "submission": case.submission,
            "hold": found,
            "label": fact.label if fact else found.fact,
            "answer": fact_answer(fact, declared),
            "rule": hold_card(case.edition, found),
            "closes": holds.who_closes(case.edition, found),
            "tiers": changes_of_tier(found),
            "uses": list(found.evidence_uses.select_related("evidence", "by").order_by("pk")),
            "form": form if form is not None and (not obstacles or request.method == "POST") else None,
            "obstacles": obstacles,
        },
    )


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def tier(request: SignedIn, reference: str) -> HttpResponse:
    """Raise the tier of the use under review, or withdraw the raise of an earlier submission; each with its reason."""
    case = ReviewCase(request.user, reference)
    case.require_seat()
    use, edition = case.use, case.edition
    if not case.is_open:
        messages.info(request, _("You can raise the tier only while the submission is under review."))
        return redirect(case.submission)
    stands = Tier(use.assigned_tier)
    higher = [
        (str(one), edition.terms[f"tiers.{one}"], edition.obligations[one].meaning)
        for one in TIERS
        if one.rank > stands.rank
    ]
    data = posted(request)
    withdrawing = data is not None and "withdraw" in data
    raising: PlainForm = RaiseForm(None if withdrawing else data, tiers=higher)
    back = ReasonForm(data if withdrawing else None, auto_id="id_back_%s")  # beside a field of the same name
    form = back if withdrawing else raising
    if proofs.confirmed(request, form):
        with refusals(form):
            if withdrawing:
                review_tier.withdraw_raise(case.submission, by=case.user, reason=form.cleaned_data["reason"])
            else:
                chosen = Tier(form.cleaned_data["tier"])
                review_tier.raise_tier(case.submission, by=case.user, tier=chosen, reason=form.cleaned_data["reason"])
            messages.success(request, _("Saved. The owner has been notified."))
            return redirect(case.submission)
    return render(
        request,
        "assessments/review/tier.html",
        {
            "case": case,
            "submission": case.submission,
            "use": use,
            "stands": str(stands),
            "by_rules": use.rules_tier or use.assigned_tier,
            "raised": use.raised_by if use.raised_tier else None,
            "raising": raising if higher else None,
            "back": back,
            "form": form,
        },
    )
