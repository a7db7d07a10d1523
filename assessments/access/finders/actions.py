"""Finders of remediation actions, for members and for the reviewers who check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assessments.models import (
    ActionEvent,
    Assessment,
    DeclaredUse,
    EvidenceUse,
    EvidenceVersion,
    Interest,
    RemediationAction,
    ReviewSeat,
    Sees,
    State,
    Submission,
    User,
)
from assessments.models.closing import judged_in
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.remediation import ActionStatus, is_condition
from assessments.models.systems import DeclaredFact, DeclaredUseQuerySet

if TYPE_CHECKING:
    pass
from assessments.access import roles as access_roles
from assessments.access.finders import cases as finders_cases
from assessments.access.finders import register
from assessments.access.roles import MAY, Action


def actions_for(user: User) -> QuerySet[RemediationAction]:
    """Return the actions that `user` may know of; who sees only what is assigned, sees those that are theirs."""
    own = Q(owner=user, organisation__in=register.memberships_for(user).values("organisation"))
    found = RemediationAction.objects.filter(Q(organisation__in=register.organisations_seen_in_full(user)) | own)
    return found.select_related("use__system", "owner")


class Family(NamedTuple):
    """The actions that belong to one: the action that it was split from or merged into, its parts, what was merged."""

    whole: RemediationAction | None
    parts: list[RemediationAction]
    lead: RemediationAction | None
    merged: list[RemediationAction]


def family_of(action: RemediationAction) -> Family:
    """Return the actions that belong to an action. The caller has found that one by a finder. One query."""
    whole, lead = action.part_of_id or action.pk, action.merged_into_id
    rows = RemediationAction.objects.filter(
        Q(pk__in=[whole, lead or whole]) | Q(part_of=whole) | Q(merged_into=action.pk), use=action.use_id
    )
    found = [row for row in rows.select_related("use", "owner").order_by("number") if row.pk != action.pk]
    parts = [row for row in found if row.part_of_id == whole and row.merged_into_id != action.pk]
    return Family(
        whole=next((row for row in found if row.pk == action.part_of_id), None),
        parts=[row for row in parts if row.verified_by_id or row.status != ActionStatus.CLOSED],
        lead=next((row for row in found if row.pk == lead), None),
        merged=[row for row in found if row.merged_into_id == action.pk],
    )


def actions_set_aside(use: int | OuterRef) -> QuerySet[RemediationAction]:
    """Return the actions of a use that the organisation marked as not relevant, for a page that found the use by a finder."""
    found = RemediationAction.objects.filter(use=use, status=ActionStatus.NOT_RELEVANT)
    return found.select_related("use", "irrelevant_by").order_by("number")


def newest_submissions(actions: QuerySet[RemediationAction]) -> QuerySet[Submission]:
    """Return the newest submission, with its snapshot, of each use of these actions. The caller has found them by a finder."""
    newest = Submission.objects.filter(assessment__use=OuterRef("assessment__use")).order_by("-pk").values("pk")[:1]
    uses = actions.order_by().values("use")
    found: QuerySet[Submission] = Submission.objects.filter(assessment__use__in=uses, pk=Subquery(newest))
    return found.select_related("assessment")


def uses_with_a_plan(user: User) -> DeclaredUseQuerySet:
    """Return the uses to whose plan `user` may add: they were submitted, and the whole plan is seen."""
    signed = Submission.objects.filter(assessment__use=OuterRef("pk"))
    works = register.memberships_for(user).filter(sees=Sees.ALL, role__in=MAY[Action.ANSWER]).values("organisation")
    found = DeclaredUse.objects.for_list().filter(Exists(signed), organisation__in=works, retired_at=None)
    return found.filter(system__retired_at=None).order_by("system__name", "title", "pk")


def plans_whole(user: User, organisation: int) -> bool:
    """Tell whether `user` may change the whole plan of an organisation; read with the memberships of the page."""
    mine = (m for m in access_roles.memberships_on_page(user) if m.organisation_id == organisation)
    return any(m.role in MAY[Action.ANSWER] and m.sees == Sees.ALL for m in mine)


_OPEN_ACTIONS: Prepared[RemediationAction] = Prepared(
    lambda: (
        RemediationAction.objects.filter(use=Placeholder("use"))
        .exclude(status=ActionStatus.CLOSED)
        .annotate(is_condition=is_condition())
        .select_related("owner")
    )
)


def affirmed_before_signing(user: User, key: str) -> QuerySet[DeclaredFact]:
    """Return where a fact is answered with yes, of the uses that `user` sees and of which nothing was signed yet."""
    found = DeclaredFact.objects.filter(key=key, value=True, use__in=register.uses_for(user), use__retired_at=None)
    return found.filter(use__action_count=0).select_related("use__system").order_by("use")


def open_actions_of(assessment: Assessment) -> list[RemediationAction]:
    """The actions of its use that are not closed, for a page that found the assessment by its door."""
    return _OPEN_ACTIONS.all(use=assessment.use_id)


def actions_to_check_for(user: User) -> QuerySet[RemediationAction]:
    """Return the actions that `user` may read as a reviewer: those judged in a case that is open to them.

    An action lasts from case to case of its use, so a conflict of interest in one of them closes it. `opened`: the key of
    the submission in whose case it is judged.
    """
    current = finders_cases.submissions_opened_to(user).filter(pk=F("assessment__current_submission"))
    opened = current.filter(assessment=OuterRef("case")).values("pk")
    conflicts = Interest.objects.filter(reviewer=user, assessment__use=OuterRef("use")).exclude(words="")
    found = RemediationAction.objects.annotate(case=judged_in()).annotate(opened=Subquery(opened[:1]))
    found = found.filter(~Exists(conflicts))
    return found.exclude(opened=None).select_related("use__system", "owner")


def actions_that_may_wait_for(user: User) -> QuerySet[RemediationAction]:
    """Return the actions that are reported as done, of uses in a current case of which `user` has a seat.

    All of `actions_waiting_for` are among them. It is asked first, since the database plans it in a fraction of the time.
    """
    cases = ReviewSeat.objects.filter(reviewer=user, submission__assessment__current_submission=F("submission"))
    reported = RemediationAction.objects.filter(status=ActionStatus.DONE)
    return reported.filter(use__in=cases.values("submission__assessment__use"))


def actions_waiting_for(user: User) -> QuerySet[RemediationAction]:
    """Return the actions that are reported as done and that `user` is to check, as they have a seat in the case that judges them.

    `reported_at`: when that was said last. What was self-declared has no seat, and its owners check it.
    """
    current = Q(submission__assessment__current_submission=F("submission"))
    states = (State.IN_REVIEW, State.APPROVED, State.CERTIFIED)
    seats = ReviewSeat.objects.filter(
        current,
        reviewer=user,
        to_declare=False,
        submission__assessment__state__in=states,
        submission__assessment=OuterRef("case"),
    )
    conflicts = Interest.objects.filter(reviewer=user, assessment__use=OuterRef("use")).exclude(words="")
    reports = ActionEvent.objects.filter(action=OuterRef("pk"), kind=ActionEvent.Kind.REPORTED).order_by("-pk")
    found = RemediationAction.objects.filter(status=ActionStatus.DONE, merged_into=None).annotate(case=judged_in())
    found = found.filter(Exists(seats)).exclude(Exists(conflicts))
    found = found.filter(Exists(finders_cases.submissions_for(user).filter(assessment__use=OuterRef("use"))))
    found = found.annotate(reported_at=Coalesce(Subquery(reports.values("at")[:1]), F("opened_at")))
    return found.select_related("use__system", "organisation", "owner").order_by("reported_at", "pk")


def to_declare_for_action(user: User, use: str, number: int) -> Submission | None:
    """Return the submission whose case `user` has to declare about before they see this action; None where there is none."""
    cases = RemediationAction.objects.filter(use__reference=use, number=number).annotate(case=judged_in())
    of_case = finders_cases.submissions_for(user).filter(pk=F("assessment__current_submission"))
    found: Submission | None = of_case.filter(assessment__in=cases.values("case")).first()
    return found


def owners_of_actions(user: User) -> QuerySet[User]:
    """Return who owns an action that `user` sees, by name."""
    return User.objects.filter(pk__in=actions_for(user).order_by().values("owner")).order_by("name", "pk")


def version_on_action(action: RemediationAction, reference: str, number: int) -> EvidenceVersion | None:
    """Return the version of an evidence item that an action uses. The caller has found the action by a finder."""
    uses = EvidenceUse.objects.filter(action=action, evidence__reference=reference, version=number)
    rows = EvidenceVersion.objects.filter(evidence__in=uses.values("evidence"), number=number)
    found: EvidenceVersion | None = rows.select_related("evidence__organisation").first()
    return found


def events_of_actions() -> QuerySet[ActionEvent]:
    """Lines of history with who wrote them, for a page that found their actions by a finder."""
    return ActionEvent.objects.select_related("by")


def dates_moved_by(user: User, batch: UUID) -> QuerySet[ActionEvent]:
    """Return the dates that one press set, of the actions that `user` sees."""
    kinds = (ActionEvent.Kind.DUE, ActionEvent.Kind.FULL_DUE)
    rows = ActionEvent.objects.filter(batch=batch, kind__in=kinds, action__in=actions_for(user).values("pk"))
    return rows.select_related("action__use__system", "action__organisation").order_by("pk")
