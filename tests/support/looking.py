"""Reviewers of the tests who look at a case: through the domain, as the pages do, or straight into the rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from assessments.domain.answering import returned_parts
from assessments.domain.review import marks as review_marks
from assessments.domain.review import opened, own_marks, second_look_giving
from assessments.domain.review import targets as review_targets
from assessments.domain.review.sampling import content_of, is_openable, own_set
from assessments.models import (
    EvidenceMark,
    EvidenceOpening,
    MarkKind,
    PartMark,
    PartVerdict,
    ReviewMark,
    Seat,
    SecondLook,
    Submission,
    User,
    Verdict,
)
from assessments.models.snapshots import pieces_of

SECONDS = 20  # that the reviewers of the tests take for each mark


def look_at_all(submission: Submission, reviewer: User) -> None:
    """Open and judge the own set of a reviewer's seat through the domain; the rest is taken over, else accepted."""
    open_all(submission, reviewer)
    judge_all(submission, reviewer)
    judge_parts(submission, by=reviewer)
    seat = submission.seats.get(reviewer=reviewer)
    own = own_set(submission, seat.seat)
    if own_marks.may_take_over(seat, own.targets, submission.marks.select_related("by")):
        own_marks.take_over(submission, by=reviewer)
    review_marks.accept_together(submission, review_marks.may_accept_together(submission, seat), by=reviewer)
    marks = own_marks.marks_of(submission, seat.seat)
    for target in review_targets.review_targets(submission.content()):
        mark = marks.get(target)
        if mark is None or (target in own.targets and mark.shown_at is None):
            look_at(submission, target, reviewer)


def look_at(submission: Submission, target: str, reviewer: User, mark: str = "accepted", **more: Any) -> ReviewMark:
    """Mark one answer or fact as from a page that showed it."""
    seen = opened.token(submission, target, reader=reviewer, at=shown(1))
    return review_marks.save_mark(submission, target, review_marks.GivenMark(mark=mark, seen=seen, **more), by=reviewer)


def with_tokens(submission: Submission, reviewer: User, data: Mapping[str, str]) -> dict[str, str]:
    """Return what a page posts, with the tokens of the answers and facts that it showed."""
    shown_on_page = [name.removesuffix("-mark") for name in data if name.endswith("-mark")]
    tokens = {
        f"{anchor}-seen": opened.token(submission, anchor.replace("-", ":", 1), reader=reviewer, at=shown(1))
        for anchor in shown_on_page
    }
    return {**data, **tokens}


def open_all(submission: Submission, reviewer: User) -> None:
    """Open every piece of evidence that the submission names."""
    for piece in opened.named_evidence(submission):
        if is_openable(piece):
            opened.note_opening(submission, piece["reference"], piece["version"], by=reviewer)


def judge_all(submission: Submission, reviewer: User) -> None:
    """Say of each piece under each answer that it supports it."""
    for question, answer in submission.content()["answers"].items():
        for piece in pieces_of(answer):
            given = review_marks.GivenVerdict(Verdict.SUPPORTS)
            review_marks.mark_evidence(submission, question, piece["reference"], given, by=reviewer)


def shown(marks: int) -> datetime:
    """When a page was shown on which somebody sets so many marks until now."""
    return timezone.now() - timedelta(seconds=SECONDS * marks)


def judge_parts(submission: Submission, *, by: User) -> None:
    """Find that each part of the conformity file supports it, for one's seat, where there is one; straight into the rows."""
    for seat in submission.seats.filter(reviewer=by):
        submission.part_marks.filter(seat=seat.seat).exclude(by=by).update(by=by)  # of somebody before, or carried
        have = set(submission.part_marks.filter(seat=seat.seat).values_list("part", flat=True))
        PartMark.objects.bulk_create(
            PartMark(submission=submission, seat=seat.seat, part=part.key, verdict=PartVerdict.SUPPORTS, by=by)
            for part in returned_parts.parts_of(submission)
            if part.key not in have
        )


def mark_all(submission: Submission, *, by: User, change: Mapping[str, str] | None = None, file: bool = True) -> None:
    """Leave what `look_at_all` leaves, straight into the rows (80 saves would take a second).

    What the seat has not marked is accepted, and `change` (target to what would satisfy) marked as change needed. `file`:
    the parts of the conformity file are found to support it.
    """
    if file:
        judge_parts(submission, by=by)
    sits = submission.seats.filter(reviewer=by).first()
    seat = sits.seat if sits else str(Seat.FIRST)
    content, change = submission.content(), change or {}
    have = set(submission.marks.filter(seat=seat).values_list("target", flat=True))
    targets = [target for target in review_targets.review_targets(content) if target not in have]
    at = shown(len(targets) + len(have))
    submission.marks.filter(seat=seat, shown_at=None).update(shown_at=at, by=by)
    submission.marks.filter(seat=seat).exclude(by=by).update(shown_at=at, by=by, carried_from=None)
    ReviewMark.objects.bulk_create(
        ReviewMark(
            submission=submission,
            seat=seat,
            target=target,
            mark=MarkKind.CHANGE_NEEDED if target in change else MarkKind.ACCEPTED,
            reason="not_shown" if target in change else "",
            would_satisfy=change.get(target, ""),
            shown_at=at,
            by=by,
        )
        for target in targets
    )
    _evidence(submission, seat, content, by)


def _evidence(submission: Submission, seat: str, content: Mapping[str, Any], by: User) -> None:
    """Open and judge the pieces of a submission, straight into the rows."""
    submission.evidence_marks.filter(seat=seat).exclude(by=by).update(by=by, carried_from=None)
    have = set(submission.evidence_marks.filter(seat=seat).values_list("question", "piece"))
    pieces = [
        EvidenceMark(
            submission=submission,
            seat=seat,
            question=question,
            piece=piece["reference"],
            version=piece["version"],
            verdict=Verdict.SUPPORTS,
            by=by,
        )
        for question, answer in content["answers"].items()
        for piece in pieces_of(answer)
        if (question, piece["reference"]) not in have
    ]
    EvidenceMark.objects.bulk_create(pieces)
    found = {(p["reference"], p["version"]): p for p in opened.named_evidence(submission) if is_openable(p)}
    EvidenceOpening.objects.bulk_create(
        [
            EvidenceOpening(
                submission=submission, reviewer=by, piece=reference, version=version, content=content_of(piece)
            )
            for (reference, version), piece in found.items()
        ],
        ignore_conflicts=True,
    )


def give_look(look: SecondLook, by: User, **otherwise: str) -> SecondLook:
    """Accept all of a second look, but for `otherwise` (`q__<key>` to another mark), and give it."""
    targets = second_look_giving.asked_of(look, look.submission.content())
    given = {}
    for target in targets:
        mark = otherwise.get(target.replace(":", "__").replace("-", "_"), "accepted")
        seen = opened.token(look.submission, target, reader=by, at=shown(1))
        given[target] = second_look_giving.GivenMark(
            mark, "" if mark == "accepted" else "The newest entry is of May.", seen
        )
    second_look_giving.save_marks(look, given, by=by)
    return second_look_giving.give(look, by=by)
