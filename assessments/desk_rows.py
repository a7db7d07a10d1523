"""What the pages of a case read: the doors are those of `access`, and so are the conditions.

For a case that a page found by its door (`find_case`); lists come back in the order in which pages show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    JSONField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce, JSONObject

from assessments import access
from assessments.models import (
    Appeal,
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
from assessments.models.queue import (
    ACTIONS,
    DONE,
    OTHER_WORK,
    RETURNED,
    Page,
    counted,
    cursor_of,
    grouped,
    pages,
)


def _counted(supplements: Any) -> Coalesce:
    return Coalesce(Subquery(supplements.values("assessment").annotate(n=Count("pk")).values("n")), 0)


def _case(user: User) -> Any:
    # The snapshots are what a case is about, so they come along; lists leave them out.
    rows = access.submissions_to_read(user).defer(None).select_related("assessment__use__system__organisation")
    mine = ExpressionWrapper(access.is_to_review(user), output_field=BooleanField())
    aside = access.actions_set_aside(OuterRef("assessment__use"))
    opened = Assessment.objects.filter(access.gate_of_case(user, "pk"), pk=OuterRef("assessment"))
    rows = rows.annotate(may_review=mine, has_set_aside=Exists(aside), may_open=Exists(opened))
    added = Supplement.objects.filter(assessment=OuterRef("assessment")).order_by()
    judged = SupplementMark.objects.filter(by=user, supplement=OuterRef("pk")).exclude(verdict="")
    return rows.annotate(added=_counted(added), added_left=_counted(added.filter(~Exists(judged))))


def find_case(user: User, reference: str) -> Any:
    """The one of `submissions_to_read` with that reference, or None; `may_open` tells whether its gate is open.

    `added`: how many supplements the case has, `added_left`: how many of them the user has not judged.
    """
    return _case(user).filter(reference=reference).first()


def rounds_of(
    user: User, assessment: Assessment, *, only: Submission | None = None
) -> list[tuple[Submission, list[ReviewDecision]]]:
    """The rounds of a case that `user` may read, each with what was decided on it: two queries.

    `only`: the one round of a case that has no other; it is not read again.
    """
    decided: dict[int, list[ReviewDecision]] = {}
    decisions = ReviewDecision.objects.filter(submission__assessment=assessment).select_related("by")
    for decision in decisions.order_by("pk"):
        decided.setdefault(decision.submission_id, []).append(decision)
    every = access.submissions_to_read(user).filter(assessment=assessment).with_signer().order_by("round")
    rounds = [only] if only is not None else list(every)
    return [(one, decided.get(one.pk, [])) for one in rounds]


def _former(user: User, use: int, case: int) -> Any:
    mine = ExpressionWrapper(access.is_to_review(user), output_field=BooleanField())
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    before: Any = Certificate.objects.filter(use=use, submission__assessment__lt=case)
    named = ("number", "tier", "issued_on", "expires_on")
    row = JSONObject(**{name: name for name in named}, last_event=Subquery(events))
    before = before.order_by("-pk").annotate(row=row).values("row")[:1]
    rows = decided_before(use, case)
    return rows.annotate(may_read=mine, certificate_before=Subquery(before, output_field=JSONField()))


def former_of(user: User, submission: Submission) -> Any:
    """What was decided last on the use in a case before this one, or None; `may_read` tells whether `user` reviews it.

    `certificate_before`: the newest certificate from such a case, as plain values with the kind of its last event.
    """
    return _former(user, submission.assessment.use_id, submission.assessment_id).first()


def changes_before(assessment: Assessment) -> list[StatedChange]:
    """What owners said had changed, and so opened this assessment, oldest first."""
    return list(access.changes_before(assessment))


def seats_of(submission: Submission) -> list[ReviewSeat]:
    return list(ReviewSeat.objects.filter(submission=submission).select_related("reviewer").order_by("pk"))


def marks_kept(submission: Submission, earlier: Submission | None = None) -> list[ReviewMark]:
    """As `access.marks_kept`, for a page that shows them all."""
    return list(access.marks_kept(submission, earlier))


def evidence_marks_on(submission: Submission) -> list[EvidenceMark]:
    rows = EvidenceMark.objects.filter(submission=submission).select_related("by", "carried_from__submission")
    return list(rows.defer("carried_from__submission__snapshot"))


def versions_submitted(
    submission: Submission, pieces: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], EvidenceVersion]:
    """The versions that a submission names, by reference and number, each with its piece as it is now: one query.

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
    """What reviewers declared about a case, oldest first."""
    return list(access.interests_in(assessment))


def open_requests(submission: Submission) -> list[SeatRequest]:
    """The seats of a submission that somebody is asked to take."""
    return list(access.open_requests(submission))


def holds_on(use: DeclaredUse) -> list[Hold]:
    return list(Hold.objects.filter(use=use).order_by("pk"))


# --- the queue -----------------------------------------------------------------------------------------------------------


def _rows(user: User, late: datetime | None = None, *, tier: str = "", organisation: str = "") -> Any:
    """What `user` may review, each with its group. `late`: only what came before that moment and is not done."""
    body = access.reviews_for_the_body(user)
    rows = grouped(access.submissions_for(user), user, body=body, own=sorted(access.belongs_to(user)))
    if tier:
        rows = rows.filter(assigned_tier=tier)
    if organisation:
        rows = rows.filter(organisation__reference=organisation)
    if late:
        rows = rows.filter(at__lt=late).exclude(stands_in__in=(DONE, RETURNED))
    return rows


def queue_for(
    user: User, size: int, *, only: str = "", after: str = "", late: datetime | None = None, **chosen: str
) -> Mapping[str, Page]:
    """The queue of a reviewer as `models.queue.pages` cuts it: six queries, seven of one group. `chosen`: tier, organisation.

    `late`: only what came before that moment and is not done.
    """
    return pages(_rows(user, late, **chosen), size, only=only, after=after)


def counts_for(user: User, late: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many rows each group of the queue has, and how many cases of them came before `late`: four queries at most.

    What else waits (OTHER_WORK) has no target, so none of it is late.
    """
    work = {kind: _work(user, kind).count() for kind in _work_of(user)}
    return dict(counted(_rows(user))) | work, dict(counted(_rows(user, late)))


def _work_of(user: User) -> tuple[str, ...]:
    """What can wait for this reviewer beside submissions: appeals come to the reviewing body alone."""
    return OTHER_WORK if access.reviews_for_the_body(user) else (ACTIONS,)


def _work(user: User, kind: str, *, tier: str = "", organisation: str = "") -> Any:
    """One kind of work beside submissions, oldest first."""
    if kind == ACTIONS:
        rows: Any = access.actions_waiting_for(user)
        place, of_tier, at = "organisation", "use__assigned_tier", "reported_at"
    else:
        rows = access.appeals_for(user).filter(answer=None)
        place, of_tier, at = "assessment__organisation", "submission__assigned_tier", "at"
    if tier:
        rows = rows.filter(**{of_tier: tier})
    if organisation:
        rows = rows.filter(**{f"{place}__reference": organisation})
    return rows.order_by(at, "pk")


def work_for(user: User, size: int, *, only: str = "", after: str = "", **chosen: str) -> Mapping[str, Page]:
    """What waits for a reviewer beside submissions: actions to check and appeals to answer, each cut as the queue is.

    Two queries a kind. `only`, `after`: a later page of one of them; `chosen`: tier, organisation.
    """
    cursor = cursor_of(after) if only in OTHER_WORK else None
    found = {kind: Page([]) for kind in OTHER_WORK}
    for kind in _work_of(user):
        if only and only != kind:
            continue
        every = later = _work(user, kind, **chosen)
        if cursor:
            at, pk = ("reported_at" if kind == ACTIONS else "at"), cursor[1]
            later = every.filter(Q(**{f"{at}__gt": cursor[0]}) | Q(**{at: cursor[0], "pk__gt": pk}))
        rows = list(later[: size + 1])
        end = _place(rows[size - 1]) if len(rows) > size else ""
        count = len(rows) if not (end or cursor) else every.count()
        found[kind] = Page(rows[:size], count, end)
    return found


def _place(row: Any) -> str:
    at = row.at if isinstance(row, Appeal) else row.reported_at
    return f"{at.isoformat()}~{row.pk}"


def organisations_in_queue(user: User) -> list[tuple[str, str]]:
    """The reference and name of each organisation that `user` reviews something of, by name."""
    rows = access.submissions_for(user).order_by("organisation__name_en")
    return list(rows.values_list("organisation__reference", "organisation__name_en").distinct())
