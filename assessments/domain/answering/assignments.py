"""Assign a section or a question to a member."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WorkflowError
from assessments.models import Assessment, Assignment, Membership, User


@transaction.atomic
def assign_section(
    assessment: Assessment,
    section: str,
    member: Membership,
    *,
    by: User,
    due: date | None = None,
    question: str = "",
    note: str = "",
) -> Assignment:
    """Ask a contributor or owner to answer a section, or one `question` of it; asking again asks anew."""
    roles.require(by, Action.ASK if question else Action.PEOPLE, assessment)
    if member.organisation_id != assessment.organisation_id or member.role not in roles.MAY[Action.ANSWER]:
        raise WorkflowError(_("You can ask only owners and contributors of this organisation to answer questions."))
    assignment, _created = Assignment.objects.update_or_create(
        assessment=assessment,
        section=section,
        question=question,
        member=member,
        defaults={"due": due, "note": note, "by": by, "done_at": None},
    )
    log.record(
        AuditKind.QUESTION_ASSIGNED if question else AuditKind.SECTION_ASSIGNED,
        assessment,
        by=by,
        organisation=assessment.organisation,
        details={"section": section, "question": question, "member": member.user.email, "due": due},
    )
    return assignment
