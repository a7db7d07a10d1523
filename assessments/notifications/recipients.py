"""Who is told: owners, the people concerned by an action, and the reviewers of a route. As ids of users."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from assessments.access import roles
from assessments.models import Membership, RemediationAction, Role, Route


def owner_memberships(organisation: int) -> QuerySet[Membership]:
    """Return the current memberships of the owners of an organisation."""
    return Membership.objects.current().filter(organisation=organisation, role=Role.OWNER)


def owners_of(organisation: int) -> set[int]:
    """Return the owners of an organisation. One query."""
    return set(owner_memberships(organisation).values_list("user_id", flat=True))


def owners_by_organisation(organisations: Iterable[int]) -> dict[int, set[int]]:
    """Return the owners of each of these organisations that has any. One query for all of them."""
    found: dict[int, set[int]] = {}
    rows = Membership.objects.current().filter(organisation__in=set(organisations), role=Role.OWNER)
    for organisation, user in rows.values_list("organisation_id", "user_id"):
        found.setdefault(organisation, set()).add(user)
    return found


def working_members(organisations: Iterable[int]) -> set[tuple[int, int]]:
    """Return the organisation and user of each member with a role that sees what is worked on. One query."""
    rows = Membership.objects.current().filter(organisation__in=set(organisations), role__in=roles.WORKING_ROLES)
    return set(rows.values_list("organisation_id", "user_id"))


def concerned(action: RemediationAction, *people: int | None) -> set[int]:
    """Return those of `people` who still work in the organisation of an action; the owners if none does."""
    rows = Membership.objects.current().filter(
        organisation=action.organisation_id, user__in=[pk for pk in people if pk], role__in=roles.WORKING_ROLES
    )
    return set(rows.values_list("user_id", flat=True)) or owners_of(action.organisation_id)


def reviewers_on(route: Route | str, organisation: int) -> set[int]:
    """Return the reviewers to whom a submission on this route goes: the organisation's own, or those of the body."""
    where = {"organisation": organisation} if route == Route.INSIDE else {"organisation__is_reviewing_body": True}
    rows = Membership.objects.current().filter(role=Role.REVIEWER, **where)
    return set(rows.values_list("user_id", flat=True))
