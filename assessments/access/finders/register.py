"""Finders of organisations, their people, systems and uses: rows that a person may know of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from assessments.models import (
    AISystem,
    Assessment,
    Assignment,
    DeclaredUse,
    Invitation,
    Membership,
    Organisation,
    Role,
    SearchWord,
    Sees,
    User,
)
from assessments.models.imports import FactSuggestion, ImportDraft
from assessments.models.prepared import Prepared
from assessments.models.saved_filters import SavedFilter
from assessments.models.search_words import SearchWordQuerySet
from assessments.models.systems import DeclaredUseQuerySet

if TYPE_CHECKING:
    pass
from assessments.access.roles import GIVEN_USER, MAY, MEMBER_ROLES, WORKING_ROLES, Action


def memberships_for(user: User) -> QuerySet[Membership]:
    """Return the memberships that let a person see what the organisation works on."""
    return Membership.objects.filter(user=user, left_at=None, role__in=WORKING_ROLES)


def organisations_seen_in_full(user: User) -> QuerySet[Membership, Any]:
    return memberships_for(user).filter(sees=Sees.ALL).values("organisation")


def seen_in_full(user: User) -> set[int]:
    """Return ids of the organisations of which `user` sees everything but reviews."""
    return set(organisations_seen_in_full(user).values_list("organisation", flat=True))


def organisations_for(user: User) -> QuerySet[Organisation]:
    """Return the organisations that `user` may know of as a member."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MEMBER_ROLES).values("organisation")
    return Organisation.objects.filter(pk__in=mine)


def organisations_where(user: User, action: Action) -> QuerySet[Organisation]:
    """Return the organisations in which `user` has a role that may do `action`, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MAY[action]).values("organisation")
    return Organisation.objects.filter(pk__in=mine).order_by("name_en", "pk")


def organisation_named(reference: str) -> Subquery:
    """Return the id of an organisation as one value, for a list that shows what is seen of it."""
    return Subquery(Organisation.objects.filter(reference=reference).values("pk")[:1])


def is_confirmed(organisation: Organisation) -> bool:
    """Tell whether one of those who invite people into an organisation has confirmed their mail address."""
    role = Role.REVIEWER if organisation.is_reviewing_body else Role.OWNER
    inviting = Membership.objects.current().filter(organisation=organisation, role=role).values("user")
    return EmailAddress.objects.filter(user__in=inviting, verified=True, email__iexact=F("user__email")).exists()


def invitation_with(token: str) -> Invitation | None:
    """Return the open invitation of a mailed link; None once it was used or has expired. The link itself gives access."""
    return Invitation.objects.open_for(token)


def asked_along(invitation: Invitation) -> tuple[str, str]:
    """Return the text of the question that an invitation asks, and what its sender wants to know; empty for most."""
    assessment = Assessment.objects.for_dashboard().filter(pk=invitation.asked.get("assessment", 0)).first()
    question = assessment.compiled().questions.get(invitation.asked["question"]) if assessment else None
    return (question.text, invitation.asked["note"]) if question else ("", "")


def systems_for(user: User) -> QuerySet[AISystem]:
    return AISystem.objects.filter(organisation__in=organisations_seen_in_full(user)).select_related("organisation")


def uses_for(user: User) -> DeclaredUseQuerySet:
    return DeclaredUse.objects.for_list().filter(organisation__in=organisations_seen_in_full(user))


def writers_of(organisation: Organisation) -> QuerySet[User]:
    """Return the owners and contributors of an organisation, by name, for a page that found something of it by its finder."""
    roles = MAY[Action.ANSWER]
    mine = Membership.objects.current().filter(organisation=organisation, role__in=roles)
    return User.objects.filter(pk__in=mine.values("user")).order_by("name", "pk")


def names_of(people: Iterable[int]) -> dict[int, str]:
    """Return the names of people by their keys. The caller has found them by a finder."""
    wanted = list(people)
    return {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)} if wanted else {}


def portfolio_for(user: User) -> DeclaredUseQuerySet:
    """Return the uses that `user` may know exist: those seen in full, and those of an assessment that is assigned in part."""
    assigned = Assignment.objects.filter(member__in=memberships_for(user)).values("assessment__use")
    seen = Q(organisation__in=organisations_seen_in_full(user)) | Q(pk__in=assigned)
    return DeclaredUse.objects.for_list().filter(seen)


def portfolio_in_one(user: User) -> DeclaredUseQuerySet:
    """As `portfolio_for`, of a person who works in one organisation and sees all of it.

    The organisation is compared with one value: that lets the database walk an index in the order of the list.
    """
    return DeclaredUse.objects.for_list().filter(organisation=Subquery(organisations_seen_in_full(user)[:1]))


def portfolio_among(user: User) -> DeclaredUseQuerySet:
    """As `portfolio_for`, of a few uses that the caller names by their keys.

    The database looks at each of them whether it is seen: it never begins with all uses of an organisation.
    """
    full = organisations_seen_in_full(user).filter(organisation=OuterRef("organisation"))
    assigned = Assignment.objects.filter(member__in=memberships_for(user), assessment__use=OuterRef("pk"))
    return DeclaredUse.objects.for_list().filter(Exists(full) | Exists(assigned))


def search_words_for(user: User) -> SearchWordQuerySet:
    """Return the words of the organisations in which `user` works; what they lead to is still to be found by its finder."""
    rows: SearchWordQuerySet = SearchWord.objects.filter(organisation__in=memberships_for(user).values("organisation"))
    return rows


def filters_for(user: User) -> QuerySet[SavedFilter]:
    """Return a person's own filters of the portfolio, by name."""
    return SavedFilter.objects.filter(user=user).order_by("name", "pk")


_FILTERS: Prepared[SavedFilter] = Prepared(lambda: filters_for(GIVEN_USER))


def filters_of(user: User) -> list[SavedFilter]:
    """As `filters_for`, for a page that shows them all."""
    return _FILTERS.all(user=user.pk)


def imports_for(user: User) -> QuerySet[ImportDraft]:
    """Return the imports that `user` began, in organisations whose register they may still change."""
    mine = ImportDraft.objects.filter(by=user, organisation__in=organisations_where(user, Action.REGISTER))
    return mine.select_related("organisation")


def suggestions_for(user: User) -> QuerySet[FactSuggestion]:
    """Return what model cards suggest and nobody has settled, of the uses that `user` sees."""
    return FactSuggestion.objects.filter(use__in=uses_for(user).values("pk"), settled_at=None).select_related("by")
