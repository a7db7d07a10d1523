"""What a use waits for, for its members: each hold on a page of its own, and the worst answers that an Owner may sign."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import proofs
from assessments.core import query_values
from assessments.core.errors import InvalidAnswer, NotPermitted
from assessments.domain.facts import holds, procedural, worst_case
from assessments.domain.review import holds as review_holds
from assessments.forms.base import refusals, show_refusal
from assessments.forms.holds import AssignHoldForm, ReasonForm
from assessments.forms.submission import StatementForm
from assessments.guideline.terms import HoldKind
from assessments.models import DeclaredUse, Hold, assessments
from assessments.models.base import canonical_json, sha256
from assessments.views.facts.use_facts import PLACE, Facts
from assessments.views.site.requests import SignedIn, posted
from assessments.views.wording import answer_on_its_page, hold_card

PIECES = 50  # of the library, to choose from


@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    """Show a hold: what it is about, who looks after it, what shows it, and what was decided. A form sends one act."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.VIEW, use)
    found = get_object_or_404(use.holds.select_related("owner", "closed_by"), pk=pk)
    found.use = use
    form, problem = None, ""
    if request.method == "POST":
        holds.require_keeper(found, request.user)
        form, problem, said = _act(request, use, found)
        if said:
            messages.success(request, said)
            return redirect("hold", reference, pk)
    return _page(request, use, found, form, problem)


def _act(request: SignedIn, use: DeclaredUse, found: Hold) -> tuple[AssignHoldForm | None, str, str]:
    """Do what was posted; returns the form if it has to be shown again, what was in the way, and what was done."""
    acts = {"attach": (holds.attach, _("Attached: %s.")), "detach": (holds.detach, _("Detached: %s."))}
    name = next((name for name in acts if name in request.POST), "")
    form = None
    with refusals() as refused:
        if name:
            do, words = acts[name]
            mine = finders.evidence_for(request.user).filter(organisation=use.organisation_id)
            piece = get_object_or_404(mine, reference=query_values.reference(request.POST[name]))
            do(found, piece, by=request.user)
            return None, "", words % piece
        form = AssignHoldForm(request.POST, hold=found, people=finders.writers_of(use.system.organisation))
        if not form.is_valid():
            return form, "", ""
        holds.assign(found, by=request.user, **form.cleaned_data)
        return None, "", _("%s is now responsible for this hold.") % form.cleaned_data["owner"]
    if form is not None and (invalid := refused.error_as(InvalidAnswer)):
        show_refusal(form, invalid)
        return form, "", ""
    return None, refused.words, ""


def _page(request: SignedIn, use: DeclaredUse, found: Hold, form: AssignHoldForm | None, problem: str) -> HttpResponse:
    locked = use.assessments.filter(state__in=assessments.LOCKED_STATES).exists()
    is_open = found.closed_at is None
    may_keep = is_open and holds.may_keep(found, request.user)
    facts = Facts.of(
        use, may_change=is_open and not locked and roles.may(request.user, Action.DECLARE, use.organisation_id)
    )
    uses = list(found.evidence_uses.select_related("evidence", "by").order_by("pk"))
    pieces = []
    if may_keep:
        form = form or AssignHoldForm(hold=found, people=finders.writers_of(use.system.organisation))
        mine = finders.evidence_for(request.user).in_use().filter(organisation=use.organisation_id)
        pieces = list(mine.exclude(pk__in=[one.evidence_id for one in uses]).order_by("-pk")[:PIECES])
    fact = facts.line(found.fact) if found.fact in facts.edition.facts else None
    is_question = found.kind == HoldKind.OPEN_QUESTION
    answer = fact.answer if is_question and is_open and fact and fact.state == "answered" else ""
    context = {
        "place": PLACE,
        "use": use,
        "hold": found,
        "fact": fact,
        "answer": answer,
        "rule": hold_card(facts.edition, found),
        "closes": review_holds.who_closes(facts.edition, found, answer),
        "is_open": is_open,
        "is_question": is_question,
        "tiers": changes_of_tier(found),
        "may_keep": may_keep,
        "form": form,
        "uses": uses,
        "pieces": pieces,
        "errors": [("", problem)] if problem else [],
    }
    return render(request, "assessments/facts/hold.html", context)


def changes_of_tier(found: Hold) -> tuple[str, str] | None:
    """Return the tier now and once an answered question is closed, for a page that says whether it changes; None otherwise."""
    if found.kind != HoldKind.OPEN_QUESTION or found.closed_at or not found.answered_at:
        return None
    now, then = worst_case.tiers_of(found)
    return str(now), str(then)


# --- signing the worst answer ------------------------------------------------------------------------------------------


@proofs.factor_needed
@require_http_methods(["GET", "HEAD", "POST"])
def sign_worst(request: SignedIn, reference: str) -> HttpResponse:
    """Sign the worst answer to what a provisional tier waits for; the statement stands above the button."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.SIGN, use)
    facts = Facts.of(use)
    answers, never = worst_case.open_answers(facts.edition, facts.values)
    if not answers and not never:
        messages.info(request, _("The tier does not depend on any unknown answer."))
        return redirect(use)
    sentence, *_lines = worst_case.worst_statement(use, facts.edition, answers).splitlines()
    form = StatementForm(posted(request), sentences=[sentence], digest=sha256(canonical_json(answers)))
    if proofs.confirmed(request, form):
        with refusals(form):
            worst_case.sign_worst(use, by=request.user, shown=answers)
            messages.success(request, _("Signed. The tier is no longer provisional."))
            return redirect(use)
    context: dict[str, Any] = {
        "place": PLACE,
        "use": use,
        "form": form,
        "answers": [
            (facts.line(key), answer_on_its_page(facts.edition.facts[key], value)) for key, value in answers.items()
        ],
        "never": [facts.line(key) for key in never],
    }
    return render(request, "assessments/facts/worst.html", context)


# --- the second member's agreement -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def disagree(request: SignedIn, reference: str) -> HttpResponse:
    """Take back the agreement that the use is a minor procedural task: whoever gave it, or an owner."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.DECLARE, use)
    row = Facts.of(use).rows.get("minor_procedural_task")
    if row is None or row.agreed_by is None:
        messages.info(request, _("There is no agreement to withdraw."))
        return redirect(use)
    if row.agreed_by != request.user and not roles.may(request.user, Action.SIGN, use.organisation_id):
        raise NotPermitted(_("Only the person who agreed, or an owner, can withdraw the agreement."))
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        with refusals(form):
            procedural.withdraw_agreement(use, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(
                request, _("The agreement was withdrawn, so the answer now counts as “no”. We have updated the tier.")
            )
            return redirect(use)
    return render(request, "assessments/facts/disagree.html", {"place": PLACE, "use": use, "row": row, "form": form})
