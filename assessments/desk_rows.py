"""What the pages of a case read, each query compiled once: the doors are those of `access`, and so are the conditions.

For a case that a page found by its door (`find_case`); lists come back in the order in which pages show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    Value,
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
from assessments.models.prepared import Given, Prepared
from assessments.models.queue import (
    ACTIONS,
    DONE,
    OTHER_WORK,
    RETURNED,
    Page,
    counted,
    cursor_of,
    cut,
    grouped,
    placed,
)

_USER: Any = Given("user")
_OF: Any = Given("submission")
_ASSESSMENT: Any = Given("assessment")
_EARLIER: Any = Given("earlier")


def _counted(supplements: Any) -> Coalesce:
    return Coalesce(Subquery(supplements.values("assessment").annotate(n=Count("pk")).values("n")), 0)


def _case() -> Any:
    # The snapshots are what a case is about, so they come along; lists leave them out.
    rows = access.submissions_to_read(_USER).defer(None).select_related("assessment__use__system__organisation")
    mine = ExpressionWrapper(access.is_to_review(_USER), output_field=BooleanField())
    aside = access.actions_set_aside(OuterRef("assessment__use"))
    opened = Assessment.objects.filter(access.gate_of_case(_USER, "pk"), pk=OuterRef("assessment"))
    rows = rows.annotate(may_review=mine, has_set_aside=Exists(aside), may_open=Exists(opened))
    added = Supplement.objects.filter(assessment=OuterRef("assessment")).order_by()
    judged = SupplementMark.objects.filter(by=_USER, supplement=OuterRef("pk")).exclude(verdict="")
    rows = rows.annotate(added=_counted(added), added_left=_counted(added.filter(~Exists(judged))))
    return rows.filter(reference=Given("reference", CharField()))


_CASE: Prepared[Any] = Prepared(_case)


def find_case(user: User, reference: str) -> Any:
    """The one of `submissions_to_read` with that reference, or None; `may_open` tells whether its gate is open.

    `added`: how many supplements the case has, `added_left`: how many of them the user has not judged.
    """
    return _CASE.first(user=user.pk, reference=reference)


_ROUNDS: Prepared[Submission] = Prepared(
    lambda: access.submissions_to_read(_USER).filter(assessment=_ASSESSMENT).with_signer().order_by("round")
)
_DECISIONS: Prepared[ReviewDecision] = Prepared(
    lambda: ReviewDecision.objects.filter(submission__assessment=_ASSESSMENT).select_related("by").order_by("pk")
)


def rounds_of(
    user: User, assessment: Assessment, *, only: Submission | None = None
) -> list[tuple[Submission, list[ReviewDecision]]]:
    """The rounds of a case that `user` may read, each with what was decided on it: two queries.

    `only`: the one round of a case that has no other; it is not read again.
    """
    decided: dict[int, list[ReviewDecision]] = {}
    for decision in _DECISIONS.all(assessment=assessment.pk):
        decided.setdefault(decision.submission_id, []).append(decision)
    rounds = [only] if only is not None else _ROUNDS.all(user=user.pk, assessment=assessment.pk)
    return [(one, decided.get(one.pk, [])) for one in rounds]


def _former() -> Any:
    mine = ExpressionWrapper(access.is_to_review(_USER), output_field=BooleanField())
    events = CertificateEvent.objects.filter(certificate=OuterRef("pk")).order_by("-pk").values("kind")[:1]
    before: Any = Certificate.objects.filter(use=Given("use"), submission__assessment__lt=_ASSESSMENT)
    named = ("number", "tier", "issued_on", "expires_on")
    row = JSONObject(**{name: name for name in named}, last_event=Subquery(events))
    before = before.order_by("-pk").annotate(row=row).values("row")[:1]
    rows = decided_before(Given("use"), _ASSESSMENT)
    return rows.annotate(may_read=mine, certificate_before=Subquery(before, output_field=JSONField()))[:1]


_FORMER: Prepared[Any] = Prepared(_former)


def former_of(user: User, submission: Submission) -> Any:
    """What was decided last on the use in a case before this one, or None; `may_read` tells whether `user` reviews it.

    `certificate_before`: the newest certificate from such a case, as plain values with the kind of its last event.
    """
    return _FORMER.first(user=user.pk, use=submission.assessment.use_id, assessment=submission.assessment_id)


_CHANGES: Prepared[StatedChange] = Prepared(lambda: access.changes_before(_ASSESSMENT))


def changes_before(assessment: Assessment) -> list[StatedChange]:
    """What owners said had changed, and so opened this assessment, oldest first."""
    return _CHANGES.all(assessment=assessment.pk)


_SEATS: Prepared[ReviewSeat] = Prepared(
    lambda: ReviewSeat.objects.filter(submission=_OF).select_related("reviewer").order_by("pk")
)


def seats_of(submission: Submission) -> list[ReviewSeat]:
    return _SEATS.all(submission=submission.pk)


_MARKS: Prepared[ReviewMark] = Prepared(lambda: access.marks_kept(_OF))
_MARKS_OF_TWO: Prepared[ReviewMark] = Prepared(lambda: access.marks_kept(_OF, _EARLIER))


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
    references = [Given(f"piece{n}", CharField()) for n in range(pieces)]
    of: Any = Given("organisation")
    return Prepared(
        lambda: EvidenceVersion.objects.filter(
            evidence__organisation=of, evidence__reference__in=references
        ).select_related("evidence")
    )


def versions_submitted(
    submission: Submission, pieces: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], EvidenceVersion]:
    """The versions that a submission names, by reference and number, each with its piece as it is now: one query.

    `pieces` come from its snapshot.
    """
    named = set(pieces)
    given = {f"piece{n}": reference for n, reference in enumerate(sorted({reference for reference, _n in named}))}
    if not given:
        return {}
    rows = _versions(len(given)).all(organisation=submission.organisation_id, **given)
    found = {(row.evidence.reference, row.number): row for row in rows}
    return {key: row for key, row in found.items() if key in named}


_INTERESTS: Prepared[Interest] = Prepared(lambda: access.interests_in(_ASSESSMENT))
_REQUESTS: Prepared[SeatRequest] = Prepared(lambda: access.open_requests(_OF))
_HOLDS: Prepared[Hold] = Prepared(lambda: Hold.objects.filter(use=Given("use")).order_by("pk"))


def interests_in(assessment: Assessment) -> list[Interest]:
    """What reviewers declared about a case, oldest first."""
    return _INTERESTS.all(assessment=assessment.pk)


def open_requests(submission: Submission) -> list[SeatRequest]:
    """The seats of a submission that somebody is asked to take."""
    return _REQUESTS.all(submission=submission.pk)


def holds_on(use: DeclaredUse) -> list[Hold]:
    return _HOLDS.all(use=use.pk)


# --- the queue -----------------------------------------------------------------------------------------------------------


class _Queue:
    """The queries of the queue for one kind of choice, the same for everybody who makes it but for who asks and what for."""

    def __init__(self, own: int, size: int, only: str, *, body: bool, named: frozenset[str], later: bool) -> None:
        self.own, self.body, self.named = own, body, named
        cursor = (Given("at", DateTimeField()), Given("pk")) if later else None
        self.counts: Prepared[Any] = Prepared(lambda: counted(self.rows()))
        self.places: Prepared[Any] = Prepared(lambda: placed(self.rows(), size, only, cursor))

    def rows(self) -> Any:
        own = [Given(f"own{n}") for n in range(self.own)]
        rows = grouped(access.submissions_for(_USER), _USER, body=self.body, own=own)
        if "tier" in self.named:
            rows = rows.filter(assigned_tier=Given("tier", CharField()))
        if "organisation" in self.named:
            rows = rows.filter(organisation__reference=Given("organisation", CharField()))
        if "late" in self.named:
            rows = rows.filter(at__lt=Given("late", DateTimeField())).exclude(stands_in__in=(DONE, RETURNED))
        return rows


_queue = lru_cache(maxsize=64)(_Queue)


def queue_for(
    user: User, size: int, *, only: str = "", after: str = "", late: datetime | None = None, **chosen: str
) -> Mapping[str, Page]:
    """The queue of a reviewer as `models.queue.pages` cuts it: six queries, seven of one group. `chosen`: tier, organisation.

    `late`: only what came before that moment and is not done.
    """
    mine = sorted(access.belongs_to(user))
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    if late:
        given["late"] = late
    cursor = cursor_of(after) if only else None
    queries = _queue(
        len(mine),
        size,
        only,
        body=access.reviews_for_the_body(user),
        named=frozenset(given),
        later=cursor is not None,
    )
    given |= {"user": user.pk, **{f"own{n}": pk for n, pk in enumerate(mine)}}
    counts = dict(queries.counts.all(**given)) if only else None
    at, pk = cursor or (None, None)
    return cut(queries.places.all(**given, at=at, pk=pk), size, counts)


def counts_for(user: User, late: datetime) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many rows each group of the queue has, and how many cases of them came before `late`: four queries at most.

    What else waits (OTHER_WORK) has no target, so none of it is late.
    """
    mine = sorted(access.belongs_to(user))
    given = {"user": user.pk, **{f"own{n}": pk for n, pk in enumerate(mine)}}
    body = access.reviews_for_the_body(user)
    every, old = (_queue(len(mine), 1, "", body=body, named=frozenset(named), later=False) for named in ((), ("late",)))
    work = {kind: _work(kind, 1, frozenset(), later=False).count(user) for kind in _work_of(user)}
    return dict(every.counts.all(**given)) | work, dict(old.counts.all(**given, late=late))


def _work_of(user: User) -> tuple[str, ...]:
    """What can wait for this reviewer beside submissions: appeals come to the reviewing body alone."""
    return OTHER_WORK if access.reviews_for_the_body(user) else (ACTIONS,)


class _Work:
    """The queries of one kind of work beside submissions: how many there are, and a page of them, oldest first."""

    def __init__(self, kind: str, size: int, named: frozenset[str], *, later: bool) -> None:
        self.kind, self.named, self.later = kind, named, later
        self.counts: Prepared[Any] = Prepared(
            lambda: self.rows().order_by().values_list(Value(1)).annotate(n=Count("pk"))
        )
        self.pages: Prepared[Any] = Prepared(lambda: self.page()[: size + 1])

    def rows(self) -> Any:
        rows: Any = access.actions_waiting_for(_USER)
        place, tier = "organisation", "use__assigned_tier"
        if self.kind != ACTIONS:
            rows = access.appeals_for(_USER).filter(answer=None)
            place, tier = "assessment__organisation", "submission__assigned_tier"
        if "tier" in self.named:
            rows = rows.filter(**{tier: Given("tier", CharField())})
        if "organisation" in self.named:
            rows = rows.filter(**{f"{place}__reference": Given("organisation", CharField())})
        return rows

    def page(self) -> Any:
        at = "reported_at" if self.kind == ACTIONS else "at"
        rows = self.rows().order_by(at, "pk")
        if self.later:
            given: Any = Given("at", DateTimeField())
            rows = rows.filter(Q(**{f"{at}__gt": given}) | Q(**{at: given, "pk__gt": Given("pk")}))
        return rows

    def count(self, user: User, **given: Any) -> int:
        return sum(n for _one, n in self.counts.all(user=user.pk, **given))


_work = lru_cache(maxsize=64)(_Work)


def work_for(user: User, size: int, *, only: str = "", after: str = "", **chosen: str) -> Mapping[str, Page]:
    """What waits for a reviewer beside submissions: actions to check and appeals to answer, each cut as the queue is.

    Two queries a kind. `only`, `after`: a later page of one of them; `chosen`: tier, organisation.
    """
    given = {name: value for name, value in chosen.items() if value}
    cursor = cursor_of(after) if only in OTHER_WORK else None
    found = {kind: Page([]) for kind in OTHER_WORK}
    for kind in _work_of(user):
        if only and only != kind:
            continue
        queries = _work(kind, size, frozenset(given), later=cursor is not None)
        at, pk = cursor or (None, None)
        rows = queries.pages.all(user=user.pk, **given, at=at, pk=pk)
        end = _place(rows[size - 1]) if len(rows) > size else ""
        count = len(rows) if not (end or cursor) else queries.count(user, **given)
        found[kind] = Page(rows[:size], count, end)
    return found


def _place(row: Any) -> str:
    at = row.at if isinstance(row, Appeal) else row.reported_at
    return f"{at.isoformat()}~{row.pk}"


_NAMES: Prepared[tuple[str, str]] = Prepared(
    lambda: (
        access.submissions_for(_USER)
        .order_by("organisation__name_en")
        .values_list("organisation__reference", "organisation__name_en")
        .distinct()
    )
)


def organisations_in_queue(user: User) -> list[tuple[str, str]]:
    """The reference and name of each organisation that `user` reviews something of, by name."""
    return _NAMES.all(user=user.pk)
