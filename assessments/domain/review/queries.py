"""What the pages of a case read, each query compiled once: the doors are those of `access`, and so are the conditions.

For a case that a page found by its finder (`find_case`); lists come back in the order in which pages show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.models import BooleanField, CharField, Count, Exists, ExpressionWrapper, JSONField, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject

from assessments.access import finders
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    DeclaredUse,
    Document,
    DocumentKind,
    EvidenceMark,
    EvidenceVersion,
    Hold,
    Interest,
    ReviewDecision,
    ReviewMark,
    ReviewSeat,
    SeatRequest,
    StatedChange,
    Submission,
    Supplement,
    SupplementMark,
    User,
)
from assessments.models.changes import decided_before
from assessments.models.prepared import Placeholder, Prepared

GIVEN_USER: Any = Placeholder("user")
_OF: Any = Placeholder("submission")
_ASSESSMENT: Any = Placeholder("assessment")
_EARLIER: Any = Placeholder("earlier")


def with_count(supplements: Any) -> Coalesce:
    return Coalesce(Subquery(supplements.values("assessment").annotate(n=Count("pk")).values("n")), 0)


def _case() -> Any:
    # The snapshots are what a case is about, so they come along; lists leave them out.
    rows = finders.submissions_to_read(GIVEN_USER).defer(None).select_related("assessment__use__system__organisation")
    mine = ExpressionWrapper(finders.is_to_review(GIVEN_USER), output_field=BooleanField())
    aside = finders.actions_set_aside(OuterRef("assessment__use"))
    opened = Assessment.objects.filter(finders.gate_of_case(GIVEN_USER, "pk"), pk=OuterRef("assessment"))
    rows = rows.annotate(may_review=mine, has_set_aside=Exists(aside), may_open=Exists(opened))
    added = Supplement.objects.filter(assessment=OuterRef("assessment")).order_by()
    judged = SupplementMark.objects.filter(by=GIVEN_USER, supplement=OuterRef("pk")).exclude(verdict="")
    plans = Document.objects.filter(submission=OuterRef("pk"), kind=DocumentKind.PLAN).order_by("-version")
    rows = rows.annotate(
        added=with_count(added),
        added_left=with_count(added.filter(~Exists(judged))),
        plan_reference=Subquery(plans.values("reference")[:1]),
    )
    return rows.filter(reference=Placeholder("reference", CharField()))


_CASE: Prepared[Any] = Prepared(_case)


def find_case(user: User, reference: str) -> Any:
    """Return the one of `submissions_to_read` with that reference, or None; `may_open` tells whether its gate is open.

    `added`: how many supplements the case has, `added_left`: how many of them the user has not judged,
    `plan_reference`: of the newest plan of the submission.
    """
    return _CASE.first(user=user.pk, reference=reference)


_ROUNDS: Prepared[Submission] = Prepared(
    lambda: finders.submissions_to_read(GIVEN_USER).filter(assessment=_ASSESSMENT).with_signer().order_by("round")
)

_DECISIONS: Prepared[ReviewDecision] = Prepared(
    lambda: ReviewDecision.objects.filter(submission__assessment=_ASSESSMENT).select_related("by").order_by("pk")
)


def rounds_of(
    user: User, assessment: Assessment, *, only: Submission | None = None
) -> list[tuple[Submission, list[ReviewDecision]]]:
    """Return the rounds of a case that `user` may read, each with what was decided on it: two queries.

    `only`: the one round of a case that has no other; it is not read again.
    """
    decided: dict[int, list[ReviewDecision]] = {}
    for decision in _DECISIONS.all(assessment=assessment.pk):
        decided.setdefault(decision.submission_id, []).append(decision)
    rounds = [only] if only is not None else _ROUNDS.all(user=user.pk, assessment=assessment.pk)
    return [(one, decided.get(one.pk, [])) for one in rounds]


def _former() -> Any:
    mine = ExpressionWrapper(finders.is_to_review(GIVEN_USER), output_field=BooleanField())
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    before: Any = Certificate.objects.filter(use=Placeholder("use"), submission__assessment__lt=_ASSESSMENT)
    named = ("number", "tier", "issued_on", "expires_on")
    row = JSONObject(**{name: name for name in named}, last_event=Subquery(events))
    before = before.order_by("-pk").annotate(row=row).values("row")[:1]
    rows = decided_before(Placeholder("use"), _ASSESSMENT)
    return rows.annotate(may_read=mine, certificate_before=Subquery(before, output_field=JSONField()))[:1]


_FORMER: Prepared[Any] = Prepared(_former)


def former_of(user: User, submission: Submission) -> Any:
    """Return what was decided last on the use in a case before this one, or None; `may_read` tells whether `user` reviews it.

    `certificate_before`: the newest certificate from such a case, as plain values with the kind of its last event.
    """
    return _FORMER.first(user=user.pk, use=submission.assessment.use_id, assessment=submission.assessment_id)


_CHANGES: Prepared[StatedChange] = Prepared(lambda: finders.changes_before(_ASSESSMENT))


def changes_before(assessment: Assessment) -> list[StatedChange]:
    """What owners said had changed, and so opened this assessment, oldest first."""
    return _CHANGES.all(assessment=assessment.pk)


_SEATS: Prepared[ReviewSeat] = Prepared(
    lambda: ReviewSeat.objects.filter(submission=_OF).select_related("reviewer").order_by("pk")
)


def seats_of(submission: Submission) -> list[ReviewSeat]:
    return _SEATS.all(submission=submission.pk)


_MARKS: Prepared[ReviewMark] = Prepared(lambda: finders.marks_kept(_OF))
_MARKS_OF_TWO: Prepared[ReviewMark] = Prepared(lambda: finders.marks_kept(_OF, _EARLIER))


def marks_kept(submission: Submission, earlier: Submission | None = None) -> list[ReviewMark]:
    """As `access.marks_kept`, for a page that shows them all."""
    if earlier is None:
        return _MARKS.all(submission=submission.pk)
    return _MARKS_OF_TWO.all(submission=submission.pk, earlier=earlier.pk)


_EVIDENCE_MARKS: Prepared[EvidenceMark] = Prepared(
    lambda: (
        EvidenceMark.objects.filter(submission=_OF)
        .select_related("by", "carried_from__submission")
        .defer("carried_from__submission__snapshot")
    )
)


def evidence_marks_on(submission: Submission) -> list[EvidenceMark]:
    return _EVIDENCE_MARKS.all(submission=submission.pk)


@lru_cache(maxsize=64)
def _versions(pieces: int) -> Prepared[EvidenceVersion]:
    references = [Placeholder(f"piece{n}", CharField()) for n in range(pieces)]
    of: Any = Placeholder("organisation")
    return Prepared(
        lambda: EvidenceVersion.objects.filter(
            evidence__organisation=of, evidence__reference__in=references
        ).select_related("evidence")
    )


def versions_submitted(
    submission: Submission, pieces: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], EvidenceVersion]:
    """Return the versions that a submission names, by reference and number, each with its evidence item as it is now: one query.

    `pieces` come from its snapshot.
    """
    named = set(pieces)
    given = {f"piece{n}": reference for n, reference in enumerate(sorted({reference for reference, _n in named}))}
    if not given:
        return {}
    rows = _versions(len(given)).all(organisation=submission.organisation_id, **given)
    found = {(row.evidence.reference, row.number): row for row in rows}
    return {key: row for key, row in found.items() if key in named}


_INTERESTS: Prepared[Interest] = Prepared(lambda: finders.interests_in(_ASSESSMENT))
_REQUESTS: Prepared[SeatRequest] = Prepared(lambda: finders.open_requests(_OF))
_HOLDS: Prepared[Hold] = Prepared(lambda: Hold.objects.filter(use=Placeholder("use")).order_by("pk"))


def interests_in(assessment: Assessment) -> list[Interest]:
    """What reviewers declared about a case, oldest first."""
    return _INTERESTS.all(assessment=assessment.pk)


def open_requests(submission: Submission) -> list[SeatRequest]:
    """The seats of a submission that somebody is asked to take."""
    return _REQUESTS.all(submission=submission.pk)


def holds_on(use: DeclaredUse) -> list[Hold]:
    return _HOLDS.all(use=use.pk)
