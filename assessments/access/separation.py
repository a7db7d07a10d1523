"""Separation of duties: the delivery team, conflicts of interest, and who may decide on a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from assessments.core.errors import SeparationOfDuties
from assessments.models import Assessment, Interest, Membership, Organisation, Role, Submission, User
from assessments.models.assessments import Route

if TYPE_CHECKING:
    pass
from collections.abc import Callable
from functools import cached_property
from typing import Any, Concatenate, TypedDict, Unpack

from django.db.models import Q, QuerySet

from assessments.access import finders, roles
from assessments.core.errors import NotPermitted, WorkflowError
from assessments.models import (
    ActionEvent,
    AnswerRevision,
    Assignment,
    ConformityRevision,
    DeclaredFact,
    EvidenceUse,
    EvidenceVersion,
    FactRevision,
    Involvement,
    MarkReplyRevision,
    RemediationAction,
    ReviewSeat,
    Supplement,
)
from assessments.models.prepared import Placeholder, Prepared


def is_independent(user: User, organisation: Organisation | int) -> bool:
    """Tell whether `user` reviews for the reviewing body and is no member of `organisation`."""
    pk = organisation if isinstance(organisation, int) else organisation.pk
    memberships = list(
        Membership.objects.filter(user=user, left_at=None).values_list(
            "organisation_id", "role", "organisation__is_reviewing_body"
        )
    )
    of_body = any(role == Role.REVIEWER and body for _org, role, body in memberships)
    return of_body and all(org != pk for org, _role, _body in memberships)


def require_route(submission: Submission, *, independent: bool) -> None:
    """Raise SeparationOfDuties for whoever is not whom its owner sent this to.

    `independent`: what `is_independent` says of them. In-house reviewers read what was sent to the reviewing body, and
    judge what was sent to themselves.
    """
    if submission.route == Route.INDEPENDENT and not independent:
        raise SeparationOfDuties(
            _("This submission was sent to the reviewing body, so only an independent reviewer can review it.")
        )


# --- who may take a case, and take over its seat --------------------------------------------------------------------------


def reviewing_organisations(user: User) -> set[int]:
    """Return ids of the organisations for which `user` reviews: read with the memberships of the page."""
    return {m.organisation_id for m in roles.memberships_on_page(user) if m.role == Role.REVIEWER}


def is_independent_on_page(user: User, organisation: int) -> bool:
    """As `is_independent`, for showing pages: read with the memberships of the page."""
    return reviews_for_the_body(user) and organisation not in roles.belongs_to(user)


def reviews_for_the_body(user: User) -> bool:
    return any(m.role == Role.REVIEWER and m.organisation.is_reviewing_body for m in roles.memberships_on_page(user))


def has_conflict(user: User, assessment: Assessment | int) -> bool:
    """Tell whether `user` has declared a conflict of interest in a case; no later word takes it back."""
    return Interest.objects.filter(assessment=assessment, reviewer=user).exclude(words="").exists()


def delivery_team(assessment: Assessment) -> set[int]:
    """Return ids of those who may not approve this use.

    Who declared, agreed, answered, was assigned, owned an action, reported one or signed, wrote in the conformity file,
    attached evidence or gave what is attached, and who replied to a reviewer; also where it was taken back since.
    """
    use = assessment.use
    people = _TEAM.all(use=use.pk, system=use.system_id)
    return {pk for pk in people if pk is not None}


WORKED = tuple(ActionEvent.Kind(kind) for kind in ("reported", "attached", "started", "not_relevant"))
"""The lines of an action's history whose writer worked on it."""


def _team() -> QuerySet[Any, Any]:
    use: Any = Placeholder("use")
    facts = FactRevision.objects.filter(Q(parent__use=use) | Q(parent__system=Placeholder("system"), parent__use=None))
    agreed = DeclaredFact.objects.filter(Q(use=use) | Q(system=Placeholder("system"), use=None)).exclude(agreed_by=None)
    return facts.values_list("by_id", flat=True).union(  # one query: reviewers' pages ask it too
        agreed.values_list("agreed_by_id", flat=True),
        AnswerRevision.objects.filter(parent__assessment__use=use).values_list("by_id", flat=True),
        Assignment.objects.filter(assessment__use=use).values_list("member__user_id", flat=True),
        RemediationAction.objects.filter(use=use).exclude(owner=None).values_list("owner_id", flat=True),
        Submission.objects.filter(assessment__use=use).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(answer__assessment__use=use).values_list("by_id", flat=True),
        Involvement.objects.filter(use=use).values_list("user_id", flat=True),
        ActionEvent.objects.filter(action__use=use, kind__in=WORKED).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(action__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__action__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__answer__assessment__use=use).values_list("by_id", flat=True),
        EvidenceUse.objects.filter(hold__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__uses__hold__use=use).values_list("by_id", flat=True),
        MarkReplyRevision.objects.filter(parent__submission__assessment__use=use).values_list("by_id", flat=True),
        ConformityRevision.objects.filter(parent__use=use).values_list("by_id", flat=True),
        Supplement.objects.filter(assessment__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(supplements__assessment__use=use).values_list("by_id", flat=True),
        EvidenceVersion.objects.filter(evidence__conformity_uses__part__use=use).values_list("by_id", flat=True),
    )


_TEAM: Prepared[int | None] = Prepared(_team)


class KnownReviewer(TypedDict, total=False):
    """What a page has read of a reviewer already."""

    seats: list[ReviewSeat]
    may_know: bool
    has_conflict: bool
    is_open: bool
    in_team: bool
    is_independent: bool


class Reviewer:
    """A person in front of a case: the facts that decide what they may do there.

    Each fact is read when a rule asks for it first. A page hands in those that it has read (`known`). A decision hands in
    none: it holds the lock of the assessment, and judges by the rows as they are now.
    """

    def __init__(
        self, user: User, submission: Submission, assessment: Assessment | None = None, **known: Unpack[KnownReviewer]
    ) -> None:
        self.user, self.submission = user, submission
        self.assessment: Assessment = assessment or submission.assessment
        vars(self).update(known)

    @cached_property
    def seats(self) -> list[ReviewSeat]:
        """The seats of the submission that are held, the first one first."""
        return list(self.submission.seats.select_related("reviewer").order_by("seat"))

    @property
    def seat(self) -> ReviewSeat | None:
        return next((seat for seat in self.seats if seat.reviewer_id == self.user.pk), None)

    @cached_property
    def may_know(self) -> bool:
        return finders.submissions_for(self.user).filter(pk=self.submission.pk).exists()

    @cached_property
    def has_conflict(self) -> bool:
        return has_conflict(self.user, self.assessment)

    @cached_property
    def is_open(self) -> bool:
        """Whether they have declared their interests, and the answers of the case are open to them."""
        return finders.is_open_to(self.user, self.assessment)

    @cached_property
    def in_team(self) -> bool:
        return self.user.pk in delivery_team(self.assessment)

    @cached_property
    def is_independent(self) -> bool:
        return is_independent(self.user, self.submission.organisation_id)


def why_not[**P](
    rule: Callable[Concatenate[Reviewer, P], Any], reviewer: Reviewer, *args: P.args, **kwargs: P.kwargs
) -> str:
    """Ask a rule: return the sentence with which it refuses, empty where it lets the reviewer pass."""
    try:
        rule(reviewer, *args, **kwargs)
    except (NotPermitted, WorkflowError) as refusal:
        return str(refusal)
    return ""


def require_seat(reviewer: Reviewer) -> ReviewSeat:
    """Return the seat of a reviewer who may still know of the case, has no conflict and has not worked on the use since.

    Everything that is decided on a submission asks for it. Raises NotPermitted, SeparationOfDuties.
    """
    seat = reviewer.seat
    if seat is None:
        raise NotPermitted(_("Take the case before you mark its answers or make a decision."))
    if not reviewer.may_know:
        raise NotPermitted(_("This submission was not sent to you, so you cannot review it."))
    if reviewer.has_conflict:
        raise SeparationOfDuties(_("You have declared a conflict of interest. Ask a colleague to take over the case."))
    if reviewer.in_team:
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else has to review it."))
    if seat.to_declare:
        raise NotPermitted(
            _("Declare your interests again before you continue. Something has changed since you declared them.")
        )
    return seat
