"""What the pages of a case read: the finders are those of `access`, and so are the conditions.

For a case that a page found by its finder (`find_case`); lists come back in the order in which pages show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, JSONField, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject

from assessments.access import finders, roles, separation
from assessments.domain.review.queue_rows import DONE, RETURNED, grouped
from assessments.models import (
    Assessment,
    Certificate,
    CertificateEvent,
    DeclaredUse,
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


def _counted(supplements: Any) -> Coalesce:
    return Coalesce(Subquery(supplements.values("assessment").annotate(n=Count("pk")).values("n")), 0)


def _case(user: User) -> Any:
    # The snapshots are what a case is about, so they come along; lists leave them out.
    rows = finders.submissions_to_read(user).defer(None).select_related("assessment__use__system__organisation")
    mine = ExpressionWrapper(finders.is_to_review(user), output_field=BooleanField())
    aside = finders.actions_set_aside(OuterRef("assessment__use"))
    opened = Assessment.objects.filter(finders.gate_of_case(user, "pk"), pk=OuterRef("assessment"))
    rows = rows.annotate(may_review=mine, has_set_aside=Exists(aside), may_open=Exists(opened))
    added = Supplement.objects.filter(assessment=OuterRef("assessment")).order_by()
    judged = SupplementMark.objects.filter(by=user, supplement=OuterRef("pk")).exclude(verdict="")
    return rows.annotate(added=_counted(added), added_left=_counted(added.filter(~Exists(judged))))


def find_case(user: User, reference: str) -> Any:
    """Return the one of `submissions_to_read` with that reference, or None; `may_open` tells whether its gate is open.

    `added`: how many supplements the case has, `added_left`: how many of them the user has not judged.
    """
    return _case(user).filter(reference=reference).first()


def rounds_of(
    user: User, assessment: Assessment, *, only: Submission | None = None
) -> list[tuple[Submission, list[ReviewDecision]]]:
    """Return the rounds of a case that `user` may read, each with what was decided on it: two queries.

    `only`: the one round of a case that has no other; it is not read again.
    """
    decided: dict[int, list[ReviewDecision]] = {}
    decisions = ReviewDecision.objects.filter(submission__assessment=assessment).select_related("by")
    for decision in decisions.order_by("pk"):
        decided.setdefault(decision.submission_id, []).append(decision)
    every = finders.submissions_to_read(user).filter(assessment=assessment).with_signer().order_by("round")
    rounds = [only] if only is not None else list(every)
    return [(one, decided.get(one.pk, [])) for one in rounds]


def _former(user: User, use: int, case: int) -> Any:
    mine = ExpressionWrapper(finders.is_to_review(user), output_field=BooleanField())
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    before: Any = Certificate.objects.filter(use=use, submission__assessment__lt=case)
    named = ("number", "tier", "issued_on", "expires_on")
    row = JSONObject(**{name: name for name in named}, last_event=Subquery(events))
    before = before.order_by("-pk").annotate(row=row).values("row")[:1]
    rows = decided_before(use, case)
    return rows.annotate(may_read=mine, certificate_before=Subquery(before, output_field=JSONField()))


def former_of(user: User, submission: Submission) -> Any:
    """Return what was decided last on the use in a case before this one, or None; `may_read` tells whether `user` reviews it.

    `certificate_before`: the newest certificate from such a case, as plain values with the kind of its last event.
    """
    return _former(user, submission.assessment.use_id, submission.assessment_id).first()


def changes_before(assessment: Assessment) -> list[StatedChange]:
    """Return what owners said had changed, and so opened this assessment, oldest first."""
    return list(finders.changes_before(assessment))


def seats_of(submission: Submission) -> list[ReviewSeat]:
    return list(ReviewSeat.objects.filter(submission=submission).select_related("reviewer").order_by("pk"))


def marks_kept(submission: Submission, earlier: Submission | None = None) -> list[ReviewMark]:
    """As `finders.marks_kept`, for a page that shows them all."""
    return list(finders.marks_kept(submission, earlier))


def evidence_marks_on(submission: Submission) -> list[EvidenceMark]:
    rows = EvidenceMark.objects.filter(submission=submission).select_related("by", "carried_from__submission")
    return list(rows.defer("carried_from__submission__snapshot"))


def versions_submitted(
    submission: Submission, pieces: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], EvidenceVersion]:
    """Return the versions that a submission names, by reference and number, each with its evidence item as it is now: one query.

    `pieces` come from its snapshot.
    """
    named = set(pieces)
    references = sorted({reference for reference, _n in named})
    rows = EvidenceVersion.objects.filter(
        evidence__organisation=submission.organisation_id, evidence__reference__in=references
    )
    found = {(row.evidence.reference, row.number): row for row in rows.select_related("evidence")}
    return {key: row for key, row in found.items() if key in named}


def interests_in(assessment: Assessment) -> list[Interest]:
    """Return what reviewers declared about a case, oldest first."""
    return list(finders.interests_in(assessment))


def open_requests(submission: Submission) -> list[SeatRequest]:
    """Return the seats of a submission that somebody is asked to take."""
    return list(finders.open_requests(submission))


def holds_on(use: DeclaredUse) -> list[Hold]:
    return list(Hold.objects.filter(use=use).order_by("pk"))


# --- the queue -----------------------------------------------------------------------------------------------------------


def rows_for(user: User, late: datetime | None = None, *, tier: str = "", organisation: str = "") -> Any:
    """Return what `user` may review, each with its group. `late`: only what came before that moment and is not done."""
    body = separation.reviews_for_the_body(user)
    rows = grouped(finders.submissions_for(user), user, body=body, own=sorted(roles.belongs_to(user)))
    if tier:
        rows = rows.filter(assigned_tier=tier)
    if organisation:
        rows = rows.filter(organisation__reference=organisation)
    if late:
        rows = rows.filter(at__lt=late).exclude(stands_in__in=(DONE, RETURNED))
    return rows
