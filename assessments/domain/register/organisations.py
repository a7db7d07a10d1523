"""Register and change an organisation."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import InvalidAnswer
from assessments.models import Membership, Organisation, Role, User

# --- organisations and people ----------------------------------------------------------------------------------------


@transaction.atomic
def register_organisation(*, by: User, reviewing_body: bool = False, **fields: Any) -> Organisation:
    """Register an organisation; its founder becomes Owner (of the reviewing body: Reviewer).

    Raises InvalidAnswer where another organisation has the registration number, were it since the form was checked.
    """
    organisation = _keep_identity(Organisation(is_reviewing_body=reviewing_body, **fields))
    role = Role.REVIEWER if reviewing_body else Role.OWNER
    founder = Membership.objects.create(user=by, organisation=organisation, role=role)
    details = {"name": organisation.name_en}
    log.record(
        AuditKind.ORGANISATION_FOUNDED, organisation, by=by, organisation=organisation, details=details, rows=[founder]
    )
    return organisation


def _keep_identity(organisation: Organisation, *fields: str) -> Organisation:
    """Store an organisation; two who give one registration number at the same moment: the second is told so."""
    taken = Organisation.objects.filter(registration_no=organisation.registration_no).exclude(pk=organisation.pk)
    try:
        with transaction.atomic():
            organisation.save(update_fields=fields or None)
    except IntegrityError:
        if not organisation.registration_no or not taken.exists():
            raise
        words = _(
            "An organisation with this registration number is already registered. Ask one of its owners to invite you."
        )
        raise InvalidAnswer("registration_no", words) from None
    return organisation


@transaction.atomic
def update_organisation(organisation: Organisation, *, by: User, **fields: Any) -> Organisation:
    roles.require(by, Action.REGISTER, organisation)
    old = {name: getattr(organisation, name) for name in fields}
    for name, value in fields.items():
        setattr(organisation, name, value)
    _keep_identity(organisation, *fields)
    log.record(
        AuditKind.ORGANISATION_CHANGED,
        organisation,
        by=by,
        organisation=organisation,
        details={"old": old, "new": fields},
    )
    return organisation
