"""The actions of one use by dimension or priority, and the plan as it stands today."""

from __future__ import annotations

from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.core import throttling
from assessments.documents import requests
from assessments.domain.remediation.register import PLACES
from assessments.forms.remediation import DatesForm
from assessments.guideline.edition import Edition
from assessments.models import ActionStatus, Assessment, DeclaredUse, Submission, edition_for
from assessments.models.remediation import is_condition
from assessments.scoring.order import INCIDENT
from assessments.views.remediation import lines as remediation_lines
from assessments.views.remediation.groups import grouped
from assessments.views.remediation.rows import flag_those_left_alone
from assessments.views.site.requests import SignedIn, refusals_as_messages
from assessments.views.site.seen import seen
from assessments.views.wording import Incident, open_incident

PLACE = "actions"


@require_safe
def workspace(request: SignedIn, reference: str) -> HttpResponse:
    """Show the actions of one use, by dimension or by priority: the gap, what closes it, who, when, and what was said."""
    user, today = request.user, timezone.localdate()
    use = get_object_or_404(finders.uses_for(user), reference=reference)
    seen(request)
    assessment, submission = newest_submitted(use)
    edition = edition_for(submission.edition_checksum) if submission else finders.current_edition()
    content = submission.content() if submission else None
    history = Prefetch("events", finders.events_of_actions().order_by("-pk"), to_attr="history")
    found = list(
        finders.actions_for(user)
        .filter(use=use)
        .select_related("organisation", "verified_by", "risk_by")
        .prefetch_related(history)
        .annotate(pieces=Count("evidence_uses"), is_condition=is_condition())
    )
    found = sorted(found, key=lambda one: (one.next_due, one.rank or PLACES, one.number))
    flag_those_left_alone(user, found)
    standing = [one for one in found if one.status != ActionStatus.CLOSED and not one.merged_into_id]
    by = request.GET.get("by", "")
    by = by if by in ("priority", "dimension") else "date"
    lines = [remediation_lines.line_of(action, edition, content, assessment, today) for action in standing]
    closed = [
        remediation_lines.line_of(action, edition, content, assessment, today)
        for action in found
        if action.status == ActionStatus.CLOSED
    ]
    context = {
        "place": PLACE,
        "use": use,
        "assessment": assessment,
        "submission": submission,
        "signs_again": bool(assessment and assessment.is_editable),  # recalled or returned
        "by": by,
        "groups": grouped(lines, edition, by, today),
        "incident": _incident_before_signing(use, edition) if submission is None else None,
        "closed": closed,
        "counts": {
            "standing": len(standing),
            "late": sum(action.is_late(today) for action in standing),
            "done": sum(action.status == ActionStatus.DONE for action in standing),
            "accepted": sum(action.status == ActionStatus.ACCEPTED for action in standing),
        },
        "blocking": sum(line.row.blocks for line in lines),
        "conditions": sum(line.row.condition for line in lines),
        "may_plan": roles.role_in(user, use.organisation_id) in roles.MAY[Action.ANSWER],
        "dates_form": DatesForm(),
    }
    return render(request, "assessments/remediation/workspace.html", context)


@require_POST
def plan_now(request: SignedIn, reference: str) -> HttpResponse:
    """Have the remediation plan made as it stands today, as a new version."""
    use = get_object_or_404(finders.uses_for(request.user), reference=reference)
    roles.require(request.user, Action.ANSWER, use)
    throttling.spend("document", request, organisation=use.organisation_id)
    with refusals_as_messages(request):
        return redirect(requests.ask_plan(use, by=request.user))
    return redirect("remediation_plan", reference)


def newest_submitted(use: DeclaredUse) -> tuple[Assessment | None, Submission | None]:
    """Return the newest assessment of a use that was submitted, with what was sent; one query."""
    found = use.assessments.exclude(current_submission=None).select_related("current_submission", "edition")
    assessment = found.defer("edition__content").order_by("-pk").first()
    return assessment, assessment.current_submission if assessment else None


def _incident_before_signing(use: DeclaredUse, edition: Edition) -> Incident | None:
    """Return the declared open incident of a use of which nothing was signed yet; one query."""
    rows = use.fact_rows().filter(key=INCIDENT)
    return open_incident(edition, ((row.key, row.value, row.reason) for row in rows))
