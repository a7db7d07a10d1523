"""What happens to accounts, written into the log of the installation and of each organisation that a person belongs to."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.models import Organisation, User
from assessments.models.audit import INSTALLATION


@transaction.atomic
def write(kind: AuditKind, user: User, *, by: User | None, details: dict[str, Any] | None = None) -> None:
    """Append an entry about an account to each of its chains, always in the same order of chains."""
    organisations = Organisation.objects.filter(memberships__user=user, memberships__left_at=None)
    chains: dict[str, Organisation | None] = {one.reference: one for one in organisations}
    chains[INSTALLATION] = None
    for chain in sorted(chains):
        log.record(kind, user, by=by, organisation=chains[chain], details=details)


def write_for_installation(
    kind: AuditKind, user: User, *, by: User | None, details: dict[str, Any] | None = None
) -> None:
    """Append an entry to the log of the installation alone."""
    with transaction.atomic():
        log.record(kind, user, by=by, details=details)


def write_for_organisation(kind: AuditKind, organisation: Organisation, *, by: User) -> None:
    """Append an entry about what an organisation asks of the accounts of its members."""
    with transaction.atomic():
        log.record(kind, organisation, by=by, organisation=organisation)
