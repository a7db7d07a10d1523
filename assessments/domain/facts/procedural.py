"""The second member's agreement that a use is a minor procedural task."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, SeparationOfDuties, WorkflowError
from assessments.domain.facts import declare, tier
from assessments.domain.facts.declare import FactsSaved
from assessments.domain.facts.opened_holds import TierChange
from assessments.models import DeclaredUse, Involvement, Role, User
from assessments.models.stale_reasons import StaleReason, because


def _require_procedural_open(use: DeclaredUse) -> None:
    """Require that the fact is open: the agreement is locked with it, under review and, unless marked, once returned."""
    allowed = declare.editable_facts(use)
    if allowed is not None and "minor_procedural_task" not in allowed:
        raise Locked(_("You cannot change this fact now. The reviewer did not mark it “change needed”."))


@transaction.atomic
def agree_procedural(use: DeclaredUse, *, by: User, reason: str) -> FactsSaved:
    """Agree, as a second member, that the use is a minor procedural task; only then does the answer count."""
    roles.require(by, Action.DECLARE, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    _require_procedural_open(use)
    row = use.facts.filter(key="minor_procedural_task").first()
    if row is None or row.value is not True:
        raise WorkflowError(_("Nobody has declared that this use is a minor procedural task."))
    if row.by_id == by.pk:
        raise SeparationOfDuties(_("You made this declaration yourself. A second member must agree."))
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why you agree."))
    row.agreed_by, row.agreed_at, row.agreed_reason = by, timezone.now(), reason
    row.save(update_fields=["agreed_by", "agreed_at", "agreed_reason", "at"])
    noted = TierChange(use)
    why = because(StaleReason.PROCEDURAL_AGREED)
    result = tier.refresh(use, by=by, why=why, changed=[row.key], noted=noted)
    log.record(
        AuditKind.PROCEDURAL_AGREED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"reason": reason, **noted.details(old={}, new={})},
    )
    return FactsSaved(use, result, ("minor_procedural_task",))


@transaction.atomic
def withdraw_agreement(use: DeclaredUse, *, by: User, reason: str) -> FactsSaved:
    """Take back the second member's agreement: whoever gave it, or an owner; the answer reads as no again.

    Facts under review are locked, and so is this. Who agreed, when and why stays in the audit log.
    """
    role = roles.require(by, Action.DECLARE, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    _require_procedural_open(use)
    row = use.facts.filter(key="minor_procedural_task").exclude(agreed_by=None).select_related("agreed_by").first()
    if row is None:
        raise WorkflowError(_("There is no agreement that can be withdrawn."))
    if by.pk != row.agreed_by_id and role != Role.OWNER:
        raise NotPermitted(_("Only the person who agreed, or an owner, can withdraw the agreement."))
    if not reason.strip():
        raise InvalidAnswer("reason", _("Say why you are withdrawing the agreement."))
    details = {"agreed_by": str(row.agreed_by), "agreed_at": row.agreed_at, "agreed_reason": row.agreed_reason}
    Involvement.objects.keep(use.pk, Involvement.Kind.AGREED, [row.agreed_by_id])
    row.agreed_by, row.agreed_at, row.agreed_reason = None, None, ""
    row.save(update_fields=["agreed_by", "agreed_at", "agreed_reason", "at"])
    why = because(StaleReason.PROCEDURAL_WITHDRAWN)
    noted = TierChange(use)
    result = tier.refresh(use, by=by, why=why, changed=[row.key], noted=noted)
    log.record(
        AuditKind.PROCEDURAL_AGREEMENT_WITHDRAWN,
        use,
        by=by,
        organisation=use.system.organisation,
        details={**details, "reason": reason, **noted.details(old={}, new={})},
    )
    return FactsSaved(use, result, (row.key,))
