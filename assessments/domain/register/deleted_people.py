"""A person deletes their account: what is theirs alone goes, what they signed keeps their name, the log stays provable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CASCADE
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WorkflowError
from assessments.domain.register import leaving
from assessments.models import (
    Invitation,
    Membership,
    RefusedSignIn,
    ReviewDecision,
    Submission,
    User,
)
from assessments.notifications.recipients import owner_memberships

FORMER = "Former member"


@dataclass(frozen=True, slots=True)
class Left:
    """One organisation that is left with the account, and who gets what is open there."""

    membership: Membership
    work: list[leaving.Open]
    to: dict[str, User]


@dataclass(frozen=True, slots=True)
class Preview:
    """What deleting an account does, before it does it. `obstacles`: why it cannot be done yet, with what to do."""

    leaves: list[Left]
    goes: dict[str, int]  # the rows that are deleted, by table
    submissions: int
    decisions: int
    obstacles: list[str]

    @property
    def signed(self) -> bool:
        return bool(self.submissions or self.decisions)


def preview(user: User) -> Preview:
    memberships = Membership.objects.current().filter(user=user).select_related("organisation", "user").order_by("pk")
    obstacles = [f"{one.organisation}: {why}" for one in memberships if (why := leaving.why_not(one))]
    return Preview(
        leaves=[_left(one) for one in memberships],
        goes={rows.model._meta.model_name or "": count for rows in _own(user) if (count := rows.count())},
        submissions=Submission.objects.filter(by=user).count(),
        decisions=ReviewDecision.objects.filter(by=user).count(),
        obstacles=obstacles,
    )


def _left(membership: Membership) -> Left:
    """Open work goes to the owner who has been one for longest; of what they may not get, to the first who may."""
    owners = owner_memberships(membership.organisation_id)
    first = list(owners.order_by("joined_at", "pk").values_list("user", flat=True))
    work = leaving.open_work(membership)
    order = {pk: place for place, pk in enumerate(first)}
    to = {one.key: min(one.to, key=lambda user: order.get(user.pk, len(order))) for one in work if one.to}
    return Left(membership, work, to)


def _own(user: User) -> Iterator[Any]:
    """Yield what is a person's alone: every table whose rows go with their account, in this app and in others."""
    for relation in User._meta.related_objects:
        if getattr(relation, "on_delete", None) is CASCADE:
            model: Any = relation.related_model
            yield model.objects.filter(**{relation.field.name: user})


@transaction.atomic
def delete(user: User) -> None:
    """Leave every organisation, delete what is the person's alone, erase what the log tells of them, blank the account.

    Raises WorkflowError for the last owner of an organisation.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    found = preview(user)
    if found.obstacles:
        raise WorkflowError(" ".join(found.obstacles))
    for left in found.leaves:
        leaving.leave(left.membership, {key: one.pk for key, one in left.to.items()}, by=user)
    Session.objects.filter(session_key__in=_session_keys(user)).delete()
    for rows in _own(user):
        rows.delete()
    log.erase_person(user, by=user)
    address = f"deleted-{user.pk}@deleted.invalid"
    RefusedSignIn.objects.filter(email__iexact=user.email).delete()
    Invitation.objects.filter(email__iexact=user.email, accepted_at=None).delete()
    Invitation.objects.filter(email__iexact=user.email).update(email=address)
    _blank(user, address, signed=found.signed)
    log.record(AuditKind.ACCOUNT_DELETED, user, by=user, details={"person": user.pk})


def _session_keys(user: User) -> list[str]:
    sessions: Any = user.usersession_set  # type: ignore[attr-defined]  # allauth's
    return list(sessions.values_list("session_key", flat=True))


def _blank(user: User, address: str, *, signed: bool) -> None:
    user.signed_name = user.name if signed else ""
    user.name, user.email = _(FORMER), address
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = user.shortcuts = False
    user.away_from = user.away_until = user.digest_on = user.last_login = None
    user.deleted_at = timezone.now()
    user.groups.clear()
    user.user_permissions.clear()
    user.save()
