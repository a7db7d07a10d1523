"""Look after a hold: its owner and day, and the evidence that it leans on."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.facts import tier
from assessments.models import DeclaredUse, Evidence, EvidenceUse, Hold, Role, User
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind


def lock(hold: Hold) -> tuple[DeclaredUse, Hold]:
    """Lock the use, then read its hold afresh."""
    locked = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation")
    use = locked.get(pk=hold.use_id)
    hold = Hold.objects.select_related("owner").get(pk=hold.pk)
    hold.use = use
    if hold.closed_at:
        raise WorkflowError(_("This hold has already been lifted."))
    return use, hold


def audit_hold(kind: AuditKind, hold: Hold, by: User, **details: Any) -> None:
    about = {"hold": str(hold.kind), "fact": hold.fact, **details}
    log.record(kind, hold.use, by=by, organisation=hold.use.system.organisation, details=about)


# --- the organisation's side -------------------------------------------------------------------------------------------


@transaction.atomic
def assign(hold: Hold, *, by: User, owner: User, due: date) -> Hold:
    """Say who looks after a hold and by when: an Owner, or whoever looks after it now. The new one is told."""
    use, hold = lock(hold)
    require_keeper(hold, by)
    if roles.role_in(owner, use.organisation_id) not in roles.MAY[Action.ANSWER]:
        raise InvalidAnswer("owner", _("Choose an owner or contributor of the organisation."))
    if due < timezone.localdate() and due != hold.due:
        raise InvalidAnswer("due", _("Choose today or a later day."))
    before = {"owner": str(hold.owner) if hold.owner else "", "due": hold.due}
    is_new = hold.owner_id != owner.pk
    hold.owner, hold.due = owner, due
    hold.save(update_fields=["owner", "due"])
    if is_new and owner.pk != by.pk:
        notify(
            MessageKind.HOLD,
            [owner.pk],
            about=f"hold:{hold.pk}",
            link=links.hold(hold),
            context={"name": by, "use": use.title, "due": due},
        )
    audit_hold(AuditKind.HOLD_ASSIGNED, hold, by, old=before, new={"owner": str(owner), "due": due})
    return hold


def require_keeper(hold: Hold, by: User) -> None:
    """Raise NotPermitted for anybody but the hold's owner, while a member who declares, and the organisation's Owners."""
    role = roles.require(by, Action.DECLARE, hold.use)
    if role != Role.OWNER and hold.owner_id != by.pk:
        raise NotPermitted(
            _("Only the person responsible for this hold, or an owner of the organisation, can do this.")
        )


def may_keep(hold: Hold, by: User) -> bool:
    """Tell whether `by` may assign the hold and change its evidence: for a page, which shows what can be done."""
    try:
        require_keeper(hold, by)
    except NotPermitted:
        return False
    return True


@transaction.atomic
def attach(hold: Hold, piece: Evidence, *, by: User) -> EvidenceUse:
    """Attach an evidence item of the library to a hold. Idempotent. With its answer given, an open question is answered."""
    use, hold = lock(hold)
    require_keeper(hold, by)
    piece = Evidence.objects.select_for_update(of=("self",)).get(pk=piece.pk)
    if piece.organisation_id != use.organisation_id:
        raise NotPermitted(_("This evidence belongs to another organisation. Choose other evidence."))
    if piece.withdrawn_at:
        raise WorkflowError(_("This evidence was withdrawn from the library. Choose other evidence."))
    row, created = EvidenceUse.objects.get_or_create(
        evidence=piece, hold=hold, defaults={"version": piece.version, "by": by}
    )
    if created:
        tier.run_rules(use, by=by)
        audit_hold(AuditKind.HOLD_EVIDENCE_ATTACHED, hold, by, piece=piece.reference, version=piece.version)
    return row


@transaction.atomic
def detach(hold: Hold, piece: Evidence, *, by: User) -> None:
    """Take an evidence item away from an open hold; it stays in the library."""
    use, hold = lock(hold)
    require_keeper(hold, by)
    if EvidenceUse.objects.filter(evidence=piece, hold=hold).take_away(hold.use_id):
        tier.run_rules(use, by=by)
        audit_hold(AuditKind.HOLD_EVIDENCE_DETACHED, hold, by, piece=piece.reference)
