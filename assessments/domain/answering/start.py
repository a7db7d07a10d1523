"""Start the assessment of a use."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WorkflowError
from assessments.domain import portfolio
from assessments.domain.remediation.reopen import carry_closed
from assessments.models import Assessment, DeclaredUse, Edition, User
from assessments.models.assessments import OPEN_STATES

# --- the assessment ----------------------------------------------------------------------------------------------------


@transaction.atomic
def start_assessment(use: DeclaredUse, *, by: User, follows: Assessment | None = None) -> Assessment:
    """Open the assessment of a use with the newest release; the open one is returned when there is one."""
    roles.require(by, Action.ANSWER, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    found = Assessment.objects.for_dashboard().filter(use=use, state__in=OPEN_STATES).first()
    if found:
        return found
    if use.retired_at or use.system.retired_at:
        raise WorkflowError(_("The use is retired. An owner must put the use back into service first."))
    if not use.assigned_tier:
        raise WorkflowError(_("Declare the facts about the use first. The facts decide which questions are asked."))
    follows = follows or use.assessments.order_by("-pk").first()
    assessment = Assessment(
        use=use, organisation=use.system.organisation, edition=Edition.objects.current(), follows=follows
    )
    assessment.refresh_derived(assessment.declared(), {})
    assessment.save()
    portfolio.follow_newest(assessment)
    carry_closed(assessment, by=by)
    log.record(
        AuditKind.ASSESSMENT_STARTED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"edition": str(assessment.edition)},
    )
    return assessment
