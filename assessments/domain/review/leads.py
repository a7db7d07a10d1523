"""Who leads the reviewing body: they read the figures of its reviewers and hear of grave differences.

Our judgement: somebody always leads. As long as nobody is named, it is the reviewer who has been there longest.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import Membership, Role, User


def reviewers_of_body() -> list[Membership]:
    """Return the current reviewers from the reviewing body by name, each with `leads` as it counts: one query."""
    rows = Membership.objects.current().filter(role=Role.REVIEWER, organisation__is_reviewing_body=True)
    found = list(rows.select_related("user", "organisation").order_by("user__name", "pk"))
    if found and not any(member.leads for member in found):
        min(found, key=lambda member: (member.joined_at, member.pk)).leads = True
    return found


def leads_of_body() -> set[int]:
    """Return the keys of the people who lead the reviewing body."""
    return {member.user_id for member in reviewers_of_body() if member.leads}


def is_lead(user: User) -> bool:
    return user.pk in leads_of_body()


@proof.factor_asked
@transaction.atomic
def name_lead(member: int, *, by: User) -> Membership:
    """Name a reviewer of the body as one of those who lead it. `member`: key of the membership. Idempotent."""
    return _set(member, True, by=by)


@proof.factor_asked
@transaction.atomic
def end_lead(member: int, *, by: User) -> Membership:
    """End that a reviewer leads the body. Somebody else has to lead it. Idempotent."""
    return _set(member, False, by=by)


def _set(member: int, leads: bool, *, by: User) -> Membership:
    # All rows are locked, so that of two who step down at the same time one stays.
    body = Membership.objects.select_for_update().current().filter(organisation__is_reviewing_body=True)
    list(body.values_list("pk", flat=True))
    people = reviewers_of_body()
    if not any(one.leads and one.user_id == by.pk for one in people):
        raise NotPermitted(_("Only leads of the reviewing body can choose other leads."))
    found = next((one for one in people if one.pk == member), None)
    if found is None:
        raise WorkflowError(_("This person is not a reviewer from the reviewing body."))
    if not leads and not any(one.leads for one in people if one.pk != member):
        raise WorkflowError(_("The reviewing body needs at least one lead. Choose another lead first."))
    if found.leads == leads and (not leads or Membership.objects.filter(pk=member, leads=True).exists()):
        return found
    # The one who led because nobody was named goes on leading.
    Membership.objects.filter(pk__in=[one.pk for one in people if one.leads]).update(leads=True)
    Membership.objects.filter(pk=member).update(leads=leads)
    found.leads = leads
    kind, body_of = AuditKind.LEAD_NAMED if leads else AuditKind.LEAD_ENDED, found.organisation
    log.record(kind, body_of, by=by, organisation=body_of, details={"member": str(found.user)})
    return found
