"""On which uses a person has worked: a case of theirs is not offered to them. The same table as `declaring.delivery_team`."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from assessments.declaring import WORKED
from assessments.models import (
    ActionEvent,
    AISystem,
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
    RemediationAction,
    Submission,
    User,
)
from assessments.models.prepared import Given, Prepared


def uses_worked_on(user: User) -> set[int]:
    """Return the keys of all uses whose delivery team this person is in; one query, however many uses there are."""
    return {pk for pk in _WORKED_ON.all(user=user.pk) if pk is not None}


def _uses() -> QuerySet[Any, Any]:
    me: Any = Given("user")
    given = EvidenceVersion.objects.filter(by=me)
    agreed = DeclaredFact.objects.filter(agreed_by=me)
    facts = FactRevision.objects.filter(by=me)
    of_system = Q(facts__use=None) & (Q(facts__revisions__by=me) | Q(facts__agreed_by=me))
    shared = DeclaredUse.objects.filter(system__in=AISystem.objects.filter(of_system).values("pk"))
    return facts.values_list("parent__use", flat=True).union(
        shared.values_list("pk", flat=True),
        agreed.values_list("use", flat=True),
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
