"""A case in review: its overview, and taking it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments import access, declaring, staleness, workflow
from assessments.errors import WorkflowError
from assessments.forms.reviews import TakeForm
from assessments.guideline.terms import Choice, HoldKind, Tier
from assessments.models import (
    State,
)
from assessments.views.inbox import seen
from assessments.views.queue import wants_second
from assessments.views.requests import SignedIn, posted
from assessments.views.review_case import Case, Row
from assessments.views.wording import (
    rule_cards,
)

SAME_WORDS = 3  # so many answers with the same note are worth a look
SHORT_NOTE = 20  # characters; shorter notes repeat by nature


@login_required
@require_safe
def overview(request: SignedIn, reference: str) -> HttpResponse:
    case = Case(request.user, reference)
    seen(request)
    return _overview(request, case)


def _overview(request: SignedIn, case: Case) -> HttpResponse:
    submission, content, edition = case.submission, case.content, case.edition
    deciding, others = rule_cards(edition, content)
    in_team = case.user.pk in declaring.delivery_team(case.assessment)
    independent = access.is_independent(case.user, submission.organisation_id)
    rounds = case.door.filter(assessment=case.assessment).prefetch_related("decisions__by").order_by("round")
    holds = [
        {
            "hold": hold,
            "closes": edition.holds[HoldKind(hold.kind)],
            "fact": edition.facts[hold.fact].label if hold.fact in edition.facts else hold.fact,
        }
        for hold in case.use.holds.order_by("pk")
    ]
    approved = {d.by_id for r in rounds if r.pk == submission.pk for d in r.decisions.all() if d.kind == "approve"}
    return render(
        request,
        "assessments/reviews/overview.html",
        {
            "case": case,
            "submission": submission,
            "use": content["use"],
            "system": content["system"],
            "organisation": content["organisation"],
            "parts": [edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]],
            "tier": content["tier"],
            "deciding": deciding,
            "other_rules": others,
            "holds": holds,
            "raised": content["tier"].get("raised"),
            "by_rules": content["tier"].get("by_rules", content["tier"]["assigned"]),
            "stale": staleness.shown(case.assessment),
            "unusual": _unusual(case),
            "rounds": rounds,
            "in_team": in_team,
            "independent": independent,
            "may_take": not in_team and case.seat is None and case.is_current and _free(case, independent),
            "high": submission.assigned_tier == Tier.HIGH,
            "has_approved": case.user.pk in approved,
            "total": len(case.targets),
            "marked": len(case.targets) - case.left,
            "open_next": case.next_group,
        },
    )


def _free(case: Case, independent: bool) -> bool:
    if case.assessment.state == State.SUBMITTED:
        return True
    return case.assessment.state == State.IN_REVIEW and wants_second(case.submission) and independent


def _unusual(case: Case) -> list[dict[str, Any]]:
    """What a reviewer would want to look at first, each as a sentence with the answers it is about."""
    rows = list(case.rows.values())
    notes = Counter(row.now["note"].strip() for row in rows if len(row.now["note"].strip()) >= SHORT_NOTE)
    repeated = {note for note, times in notes.items() if times >= SAME_WORDS}
    musts = case.content["musts"]
    found: list[tuple[str, list[Row]]] = [
        (
            _("Not applicable (%(n)s of %(all)s musts in scope)")
            % {"n": musts["not_applicable"], "all": musts["in_scope"]},
            [row for row in rows if row.now.get("not_applicable") or any(line["reason"] for line in row.now["lines"])],
        ),
        (_("Do not know"), [row for row in rows if row.now["unknown"]]),
        (_("Planned for later"), [row for row in rows if row.now["credit"] == Choice.PLANNED]),
        (_("The same words under several answers"), [row for row in rows if row.now["note"].strip() in repeated]),
    ]
    if case.before is not None:
        found.insert(
            0, (_("Changed since round %(n)s") % {"n": case.round_before}, [row for row in rows if row.changed])
        )
    return [
        {"title": title, "lines": [(row.title, case.url_of(row.target)) for row in about]}
        for title, about in found
        if about
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: SignedIn, reference: str) -> HttpResponse:
    """Take a case, with what the reviewer declares about it."""
    case = Case(request.user, reference)
    if case.seat is not None:
        return redirect(case.submission)
    form = TakeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            workflow.take(case.submission, by=case.user, conflict_of_interest=form.declaration)
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("You have the case now."))
            return redirect(case.submission)
    return render(
        request,
        "assessments/reviews/take.html",
        {"case": case, "submission": case.submission, "form": form, "high": case.submission.assigned_tier == Tier.HIGH},
    )
