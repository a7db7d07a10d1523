"""Finders of cases for their reviewers: submissions, seats, marks, messages, appeals."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When

from assessments.models import (
    Appeal,
    Assessment,
    AuditEntry,
    CaseMessage,
    EvidenceUse,
    EvidenceVersion,
    Interest,
    MarkKind,
    Membership,
    RequestOutcome,
    ReviewMark,
    ReviewSeat,
    Role,
    SeatRequest,
    SecondLook,
    StatedChange,
    Submission,
    Supplement,
    User,
)
from assessments.models.assessments import Route
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.submissions import SubmissionQuerySet
from assessments.models.systems import TierChoices

if TYPE_CHECKING:
    pass
from assessments.access.finders import register


def is_to_review(user: User) -> Q:
    """Return the submissions that `user` may review, as a condition on the row itself.

    In-house reviewers reach those of their organisation, reviewers from the reviewing body those sent to it and every
    High one, whose second seat is theirs. Of a deleted organisation nothing is left to read.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    inside = Q(organisation__in=seats.filter(organisation__is_reviewing_body=False).values("organisation"))
    sent = ~Q(route="") & (Q(route=Route.INDEPENDENT) | Q(assigned_tier=TierChoices.HIGH))
    of_body = Q(Exists(seats.filter(organisation__is_reviewing_body=True)))
    return Q(organisation__deleted_at=None) & (inside | (of_body & sent)) & ~looks_again(user)


def looks_again(user: User, case: str = "assessment") -> Q:
    """Tell whether `user` is giving a blind second look at a case; `case` names the assessment of a row.

    Until the look is given, everything else of the case is closed to them: marks, decisions, names, certificate, log.
    """
    return Q(Exists(SecondLook.objects.filter(submission__assessment=OuterRef(case), reviewer=user, given_at=None)))


def gives_second_look(user: User, submission: Submission) -> bool:
    """Tell whether `user` is giving a blind second look at the case of a submission."""
    return Submission.objects.filter(looks_again(user), pk=submission.pk).exists()


def submissions_for(user: User) -> SubmissionQuerySet:
    """Return the submissions that `user` may review."""
    return Submission.objects.for_list().filter(is_to_review(user))


# --- the gate of a case --------------------------------------------------------------------------------------------------


def gate_of_case(user: User, case: str = "assessment") -> Q:
    """Return the gate of a case: the one condition under which a reviewer reads it. `case` names the assessment of a row.

    They have declared no conflict of interest in it, and have said so: by a declaration, or by a seat from before
    declarations were rows of their own. A conflict closes everything, whatever was said before or after. So does a seat
    whose holder has to declare again, until they have. Members of the organisation come by finders of their own.
    """
    said = Interest.objects.filter(assessment=OuterRef(case), reviewer=user)
    sits = ReviewSeat.objects.filter(submission__assessment=OuterRef(case), reviewer=user)
    closed = Q(Exists(said.exclude(words=""))) | Q(Exists(sits.filter(to_declare=True)))
    return (Q(Exists(said)) | Q(Exists(sits))) & ~closed


def is_open_to(user: User, assessment: Assessment | int) -> bool:
    """Tell whether the gate of a case is open to a reviewer who may know of it."""
    pk = assessment if isinstance(assessment, int) else assessment.pk
    return Assessment.objects.filter(gate_of_case(user, "pk"), pk=pk).exists()


def submissions_opened_to(user: User) -> SubmissionQuerySet:
    """Return the submissions that `user` may review and whose case is open to them."""
    return submissions_for(user).filter(gate_of_case(user))


def opened_submission(user: User, pk: int) -> Submission | None:
    """Return the submission of that key with its snapshot, where its case is open to a reviewer."""
    found: Submission | None = submissions_opened_to(user).defer(None).filter(pk=pk).first()
    return found


def own_submissions_for(user: User) -> SubmissionQuerySet:
    """Return the submissions of the organisations that `user` sees in full."""
    return Submission.objects.for_list().filter(organisation__in=register.organisations_seen_in_full(user))


def submitted_version(submission: Submission, reference: str, number: int) -> EvidenceVersion | None:
    """Return a version of an evidence item that belongs to the case: no other is found.

    It belongs where the submission names it, where a hold or an action of the use has it attached, or as a supplement.

    For a submission that the caller found by its finder.
    """
    content = submission.content()
    leaning = (*content["answers"].values(), *content.get("conformity", ()))
    named = (piece for one in leaning for piece in one.get("evidence", ()))
    if not any(piece["reference"] == reference and piece["version"] == number for piece in named):
        use = submission.assessment.use_id
        attached = EvidenceUse.objects.filter(Q(hold__use=use) | Q(action__use=use), evidence__reference=reference)
        later = Supplement.objects.filter(assessment=submission.assessment_id, version__number=number)
        later = later.filter(version__evidence__reference=reference)
        if not attached.filter(evidence__version=number).exists() and not later.exists():
            return None
    rows = EvidenceVersion.objects.filter(
        evidence__reference=reference, evidence__organisation=submission.organisation_id
    )
    found: EvidenceVersion | None = rows.filter(number=number).select_related("evidence__organisation").first()
    return found


def marks_kept(submission: Submission, earlier: Submission | None = None) -> QuerySet[ReviewMark]:
    """Return all marks of a submission with their people, those that were taken back too (they have no `mark`).

    With them, where an `earlier` round is named, what was asked to be changed in it.
    """
    rows = Q(submission=submission) | Q(submission=earlier, mark=MarkKind.CHANGE_NEEDED)
    found = ReviewMark.kept.filter(rows if earlier else Q(submission=submission))
    people = found.select_related("by", "taken_over_from", "carried_from__submission")
    return people.defer("carried_from__submission__snapshot")


def submissions_to_read(user: User) -> SubmissionQuerySet:
    """Return the submissions that `user` may read as a reviewer: those to review, and those of an appeal to be answered.

    Taking, marking and deciding ask for `submissions_for`, which is narrower.
    """
    return Submission.objects.for_list().filter(_is_to_read(user))


def submissions_with_evidence_for(user: User) -> SubmissionQuerySet:
    """As `submissions_to_read`, and those at which `user` is giving a second look: their evidence opens as in a review."""
    looking = Q(organisation__deleted_at=None) & looks_again(user)
    return Submission.objects.for_list().filter(_is_to_read(user) | looking)


def _is_to_read(user: User) -> Q:
    # Asked of the row: as lists, all that the person may ever read would be gone through for the one that is opened.
    appealed = appeals_for(user).filter(assessment=OuterRef("assessment"))
    return is_to_review(user) | Q(Exists(appealed))


def colleagues_of(user: User) -> QuerySet[User]:
    """Return who reviews where `user` reviews, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER).values("organisation")
    beside = Membership.objects.current().filter(role=Role.REVIEWER, organisation__in=mine).exclude(user=user)
    return User.objects.filter(pk__in=beside.values("user")).order_by("name", "pk")


def interests_in(assessment: Assessment) -> QuerySet[Interest]:
    """Return what reviewers declared about a case that the caller found by its finder, oldest first."""
    return Interest.objects.filter(assessment=assessment).select_related("reviewer").order_by("pk")


def changes_before(assessment: Assessment) -> QuerySet[StatedChange]:
    """Return the changes that owners stated and that opened an assessment, for a page that found the case by its finder."""
    found: QuerySet[StatedChange] = StatedChange.objects.filter(opened=assessment).select_related("by").order_by("pk")
    return found


def seated_now(*submissions: Submission) -> set[int]:
    """Return ids of those with a seat in these submissions of one case who still review and have no conflict: who may be told.

    A reviewer who has left, or who has declared a conflict, is no longer told of the case.
    """
    seats = ReviewSeat.objects.filter(submission__in=submissions).values("reviewer")
    conflicts = Interest.objects.filter(assessment__in=[one.assessment_id for one in submissions]).exclude(words="")
    where = Q(organisation__is_reviewing_body=True) | Q(organisation__in=[one.organisation_id for one in submissions])
    found = Membership.objects.current().filter(where, role=Role.REVIEWER, user__in=seats)
    return set(found.exclude(user__in=conflicts.values("reviewer")).values_list("user_id", flat=True))


def open_requests(submission: Submission) -> QuerySet[SeatRequest]:
    """Return the seats of a submission that somebody is asked to take, for a page that found it by its finder."""
    rows = SeatRequest.objects.filter(submission=submission, ended_at=None)
    return rows.select_related("holder", "to", "by").order_by("pk")


class TimelineEntry(NamedTuple):
    """One line of what happened in a case: a move of its log (`words`: its details as JSON), or a message."""

    at: datetime
    kind: str  # of the log, or SAID_BY_REVIEWER, SAID_BY_APPLICANT
    who: str | None
    who_id: int | None
    words: str | None  # of a move None once its details were erased
    pk: int


SAID_BY_REVIEWER, SAID_BY_APPLICANT = "said_by_reviewer", "said_by_applicant"


def _history() -> QuerySet[Any, Any]:
    name = User.objects.filter(pk=OuterRef("actor")).values("name")[:1]
    entries = AuditEntry.objects.filter(
        chain=Placeholder("chain", CharField()), object=Placeholder("object", CharField())
    )
    kept = Case(When(detail__erased_at=None, then=F("detail__detail")), default=None, output_field=TextField())
    moves = entries.order_by().annotate(who=Subquery(name), words=kept)
    side = Case(
        When(from_reviewer=True, then=Value(SAID_BY_REVIEWER)),
        default=Value(SAID_BY_APPLICANT),
        output_field=CharField(),
    )
    of: Any = Placeholder("assessment")
    said = CaseMessage.objects.filter(submission__assessment=of).annotate(kind=side)
    return moves.values_list("at", "kind", "who", "actor", "words", "pk").union(
        said.values_list("at", "kind", "author__name", "author", "text", "pk"), all=True
    )


_HISTORY: Prepared[Any] = Prepared(_history)


def history_of(assessment: Assessment) -> list[TimelineEntry]:
    """The log of one case and its messages, oldest first: one query, for a page that found it by its door."""
    chain, name = assessment.use.system.organisation.reference, f"assessment:{assessment.reference}"
    rows = _HISTORY.all(chain=chain, object=name, assessment=assessment.pk)
    return sorted((TimelineEntry(*row) for row in rows), key=lambda told: (told.at, told.pk))


def appeals_in(assessment: Assessment) -> QuerySet[Appeal]:
    """Appeals and complaints about a case with their answers, for a page that found the case by its finder."""
    rows = Appeal.objects.filter(assessment=assessment)
    found: QuerySet[Appeal] = rows.select_related("by", "decision", "event", "answer__by").order_by("pk")
    return found


def appeals_for(user: User) -> QuerySet[Appeal]:
    """Return the appeals and complaints that `user` may answer, and those answered.

    Reviewers from the reviewing body who had no seat in the case, decided nothing in it and are no members of the
    organisation. In-house decisions come to them too.
    """
    memberships = Membership.objects.filter(user=user, left_at=None)
    of_body = memberships.filter(role=Role.REVIEWER, organisation__is_reviewing_body=True)
    had_seat = ReviewSeat.objects.filter(reviewer=user).values("submission__assessment")
    gave_seat = SeatRequest.objects.filter(holder=user, outcome=RequestOutcome.TAKEN).values("submission__assessment")
    rows = Appeal.objects.filter(Exists(of_body)).exclude(
        assessment__organisation__in=memberships.values("organisation")
    )
    rows = rows.exclude(assessment__in=had_seat).exclude(assessment__in=gave_seat)
    rows = rows.exclude(decision__by=user).exclude(event__by=user).filter(assessment__organisation__deleted_at=None)
    rows = rows.exclude(looks_again(user))
    found: QuerySet[Appeal] = rows.select_related(
        "assessment__use__system__organisation", "submission", "by", "decision", "event__certificate", "answer__by"
    ).defer("submission__snapshot")
    return found
