"""A case in review: its overview, taking it, and closing its holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessments import access, declaring, gates, workflow
from assessments.errors import WorkflowError
from assessments.forms.reviews import HoldForm, TakeForm
from assessments.guideline.terms import Choice, HoldKind, Tier
from assessments.models import (
    State,
)
from assessments.views.conformity import PartLine, lines_of
from assessments.views.inbox import seen
from assessments.views.queue import wants_second
from assessments.views.requests import SignedIn, posted
from assessments.views.review_case import Case
from assessments.views.wording import (
    rule_cards,
)


@login_required
@require_safe
def overview(request: SignedIn, reference: str) -> HttpResponse:
    case = Case(request.user, reference)
    seen(request)
    return _overview(request, case)


def _overview(request: SignedIn, case: Case, hold_form: HoldForm | None = None, hold_pk: int = 0) -> HttpResponse:
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
            "form": (hold_form if hold.pk == hold_pk else None) or HoldForm(prefix=f"hold-{hold.pk}"),
            "may_close": case.is_open
            and hold.closed_at is None
            and hold.kind != "open_question"
            and (hold.kind != "legal_review" or (case.seat is not None and case.seat.independent)),
        }
        for hold in case.use.holds.all()
    ]
    lacking = workflow.missing_at_the_gates(submission, content, as_signed=True)
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
            "found": _found(case),
            "file": _file_lines(case, lacking),
            "asked_for": [
                (lack.label, lack.words, case.url_of(f"q:{lack.question}")) for lack in lacking if lack.question
            ],
            "musts": content["musts"],
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


def _found(case: Case) -> list[dict[str, Any]]:
    """What the checks found before signing, in the very words that the owner read, with what changed since the last round.

    Submissions of a release without checks show what is not known and planned alone.
    """
    rows = case.rows
    lines = [
        (
            "",
            _("Changed since round %(n)s") % {"n": case.round_before},
            "",
            [row for row in rows.values() if row.changed] if case.before is not None else [],
        )
    ]
    for found in case.content.get("checks", ()):
        check = case.edition.check_of[found["check"]]
        targets = [*(f"f:{key}" for key in found["facts"]), *(f"q:{key}" for key in found["questions"])]
        lines.append((found["severity"], check.label, check.advice, [rows[t] for t in targets if t in rows]))
    lines.append(("look", _("Do not know"), "", [row for row in rows.values() if row.now["unknown"]]))
    planned = [row for row in rows.values() if row.now["credit"] == Choice.PLANNED]
    lines.append(("look", _("Planned for later"), "", planned))
    return [
        {
            "severity": severity,
            "title": title,
            "advice": advice,
            "lines": [(row.title, case.url_of(row.target)) for row in about],
        }
        for severity, title, advice, about in lines
        if about
    ]


def _file_lines(case: Case, lacks: Iterable[gates.Missing]) -> list[PartLine]:
    """The conformity file as it was signed, and what of it is missing today."""
    lacking = {lack.part: lack.words for lack in lacks if lack.part}
    before = {part["part"]: part for part in (case.before or {}).get("conformity", ())}
    now = {part["part"]: part["revision"] for part in case.content.get("conformity", ())}
    lines = lines_of(case.edition, case.content, lacking)
    for line in lines:
        line.changed = case.before is not None and now.get(line.part.key) != before.get(line.part.key, {}).get(
            "revision"
        )
    return lines


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


@login_required
@require_POST
def close_hold(request: SignedIn, reference: str, pk: int) -> HttpResponse:
    case = Case(request.user, reference)
    hold = get_object_or_404(case.use.holds.all(), pk=pk)
    case.require_seat()
    form = HoldForm(request.POST, prefix=f"hold-{hold.pk}")
    if form.is_valid():
        try:
            workflow.close_hold(hold, case.submission, by=case.user, decision=form.cleaned_data["decision"])
        except WorkflowError as error:
            form.add_error("decision", str(error))
        else:
            messages.success(request, _("The hold is closed."))
            return redirect(case.submission)
    return _overview(request, case, form, hold.pk)
