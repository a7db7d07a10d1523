"""On which uses a person has worked: a case of theirs is not offered to them. The same table as `separation.delivery_team`."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Q, QuerySet

from assessments.access.separation import WORKED
from assessments.models import (
    ActionEvent,
    AnswerRevision,
    Assignment,
    ConformityRevision,
    DeclaredFact,
    DeclaredUse,
    EvidenceUse,
    EvidenceVersion,
    FactRevision,
    Involvement,
    MarkReplyRevision,
    Membership,
    RemediationAction,
    Submission,
    User,
)
from assessments.models.prepared import Placeholder, Prepared


def uses_worked_on(user: User) -> set[int]:
    """Return the keys of all uses whose delivery team this person is in; one query, however many uses there are."""
    return {pk for pk in _WORKED_ON.all(user=user.pk) if pk is not None}


def may_have_worked(user: Any) -> Q:
    """Tell whether `uses_worked_on` can find any, in a fraction of the time that the database needs to plan it.

    Nobody works on a use without belonging to its organisation, and a membership that ended stays. So this is false of most
    reviewers from the reviewing body, which has no uses as a rule. What somebody is kept as involved in counts by itself.
    """
    memberships = Membership.objects.filter(user=user).values("organisation")
    uses = DeclaredUse.objects.filter(organisation__in=memberships)
    return Q(Exists(uses)) | Q(Exists(Involvement.objects.filter(user=user)))


def _uses() -> QuerySet[Any, Any]:
    me: Any = Placeholder("user")
    given = EvidenceVersion.objects.filter(by=me)
    agreed = DeclaredFact.objects.filter(agreed_by=me)
    facts = FactRevision.objects.filter(by=me)
    # A fact of the system alone is one of all its uses. Each of these begins at the person, so that it reads what they did
    # and not what everybody else wrote.
    return facts.values_list("parent__use", flat=True).union(
        facts.filter(parent__use=None).values_list("parent__system__uses", flat=True),
        agreed.values_list("use", flat=True),
        agreed.filter(use=None).values_list("system__uses", flat=True),
        AnswerRevision.objects.filter(by=me).values_list("parent__assessment__use", flat=True),
        Assignment.objects.filter(member__user=me).values_list("assessment__use", flat=True),
        RemediationAction.objects.filter(owner=me).values_list("use", flat=True),
        Submission.objects.filter(by=me).values_list("assessment__use", flat=True),
        Involvement.objects.filter(user=me).values_list("use", flat=True),
        ActionEvent.objects.filter(by=me, kind__in=WORKED).values_list("action__use", flat=True),
        EvidenceUse.objects.filter(by=me).values_list("answer__assessment__use", flat=True),
        EvidenceUse.objects.filter(by=me).values_list("action__use", flat=True),
        EvidenceUse.objects.filter(by=me).values_list("hold__use", flat=True),
        given.values_list("evidence__uses__answer__assessment__use", flat=True),
        given.values_list("evidence__uses__action__use", flat=True),
        given.values_list("evidence__uses__hold__use", flat=True),
        given.values_list("evidence__conformity_uses__part__use", flat=True),
        MarkReplyRevision.objects.filter(by=me).values_list("parent__submission__assessment__use", flat=True),
        ConformityRevision.objects.filter(by=me).values_list("parent__use", flat=True),
    )


_WORKED_ON: Prepared[int | None] = Prepared(_uses)
