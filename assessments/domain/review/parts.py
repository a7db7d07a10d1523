"""Judging the parts of a conformity file: by each seat, with words where a part is not supported, and returning them.

Our judgement: a part that does not support the file always goes back with a return; one that does so partly may be
approved, and the reviewer's words say what is missing.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.core import proof
from assessments.core.errors import Conflict, InvalidAnswer
from assessments.domain.answering import overseers, returned_parts
from assessments.domain.review import cases
from assessments.domain.review.obstacles import Code, Obstacle
from assessments.domain.review.versions import save_version
from assessments.models import (
    Assessment,
    PartMark,
    PartMarkRevision,
    PartVerdict,
    ReviewSeat,
    RevisionOutcome,
    State,
    Submission,
    Supplement,
    User,
)


@dataclass(frozen=True, slots=True)
class GivenPartMark:
    """The judgement of one part as a page gives it. An empty `verdict` takes one back.

    `words` say what is missing, and are needed unless the part supports the file. `returned`: the part goes back with a
    return; one that does not support the file always does.
    """

    verdict: str
    words: str = ""
    returned: bool = False

    def fields(self) -> dict[str, Any]:
        """Return the columns of the judgement."""
        verdict, words = self.verdict, self.words.strip()
        may_go_back = bool(verdict) and verdict != PartVerdict.SUPPORTS
        back = may_go_back and (self.returned or verdict == PartVerdict.DOES_NOT)
        return {"verdict": str(verdict), "words": words if verdict else "", "returned": back}


@proof.factor_asked
def judge_part(
    submission: Submission,
    part: str,
    given: GivenPartMark,
    *,
    by: User,
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> PartMark:
    """Judge one part of the conformity file for one's seat.

    Raises as `open_case`, InvalidAnswer that names the control, and Conflict with what was sent kept as a version.
    """
    with transaction.atomic():
        _assessment, seat = cases.open_case(submission, by)
        if part not in {one.key for one in returned_parts.parts_of(submission)}:
            raise InvalidAnswer("part", _("The conformity file of this submission has no such part."))
        row = submission.part_marks.filter(seat=seat.seat, part=part).select_related("by").first()
        check_verdict(given.verdict, given.words.strip(), judged=row is not None)
        if given.verdict == PartVerdict.SUPPORTS and not _is_handed_in(submission, part):
            words = _("You cannot choose “Supports”, because the organisation has not provided this part.")
            raise InvalidAnswer("verdict", words)
        row = row or PartMark(submission=submission, seat=seat.seat, part=part, revision=0, by=by)
        if row.pk and row.by_id != by.pk:  # of somebody who had the seat before: judged anew, whatever it says
            base, row.verdict = None, ""
        saved = save_version(row, given.fields(), by=by, base=base, operation=operation)
    if not saved:  # raised out here, so that the version beside the newer one stays stored
        raise Conflict(_("You have already judged this part in another window. Nothing was overwritten."), row)
    return row


def _is_handed_in(submission: Submission, part: str) -> bool:
    """Tell whether the organisation gave anything for a part, signed or added since."""
    signed = submission.content().get("conformity", ())
    if any(one["part"] == part and (one["rows"] or one["evidence"]) for one in signed):
        return True
    return Supplement.objects.filter(assessment=submission.assessment_id, target=f"part:{part}").exists()


def check_verdict(verdict: str, words: str, *, judged: bool) -> None:
    """Raise InvalidAnswer unless this is a judgement with the words that it needs; `judged`: one can be taken back."""
    if verdict not in PartVerdict.values and not (verdict == "" and judged):
        raise InvalidAnswer("verdict", _("Choose one of the three judgements."))
    if verdict and verdict != PartVerdict.SUPPORTS and not words:
        raise InvalidAnswer("words", _("Say what is missing. The organisation reads your text."))


def obstacles(submission: Submission, seat: ReviewSeat | None, lacking: Collection[str] = ()) -> list[Obstacle]:
    """Return what of the conformity file keeps this seat from approving; empty where nothing does.

    Each part has to be judged by the person in the seat. A part that either seat finds not to support the file is
    returned first. `lacking`: keys of the parts that are missing or not complete, each an obstacle of its own already:
    there is nothing to judge in them yet. One query at tiers that ask for a file, none at others.
    """
    asked = returned_parts.parts_of(submission)
    if not asked or seat is None:
        return []
    marks = list(submission.part_marks.exclude(verdict="").select_related("by"))
    own = {mark.part: mark for mark in marks if mark.seat == seat.seat and mark.by_id == seat.reviewer_id}
    found = []
    left = [part.label for part in asked if part.key not in own and part.key not in lacking]
    if left:
        words = ngettext(
            "You still have to judge one part of the conformity file: %(parts)s.",
            "You still have to judge %(n)s parts of the conformity file: %(parts)s.",
            len(left),
        )
        found.append(words % {"n": len(left), "parts": ", ".join(left)})
    for part in asked:
        for mark in marks:
            if mark.part != part.key:
                continue
            if mark.verdict == PartVerdict.DOES_NOT:
                words = _(
                    "%(part)s: according to %(name)s, this part does not show that its requirement is met. Return the "
                    "part."
                )
                found.append(words % {"part": part.label, "name": mark.by})
            elif mark.verdict == PartVerdict.PARTLY and not mark.words.strip():
                words = _(
                    "%(part)s: this part does not fully show that its requirement is met. Before you approve, say what "
                    "is missing."
                )
                found.append(words % {"part": part.label})
    if overseers.is_named(seat.reviewer, overseers.signed_rows(submission)):
        found.append(overseers.refusal())
    return [Obstacle(Code.PARTS, words) for words in found]


def marks_on(submission: Submission) -> list[PartMark]:
    """Return the judgements of all seats with their people, those that were taken back too. One query."""
    rows = submission.part_marks.select_related("by", "carried_from__submission")
    return list(rows.defer("carried_from__submission__snapshot").order_by("seat", "pk"))


def is_told(assessment: Assessment) -> bool:
    """Tell whether the organisation may read what reviewers found of its newest submission: once that is decided."""
    undecided = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.WITHDRAWN)
    return assessment.current_submission_id is not None and assessment.state not in undecided


def told(assessment: Assessment) -> list[PartMark]:
    """Return the judgements that the organisation may read: those of its newest submission, once that is decided.

    One query, none before the decision.
    """
    submission = assessment.current_submission
    if submission is None or not is_told(assessment):
        return []
    return [mark for mark in marks_on(submission) if mark.verdict]


def copy_marks(previous: Submission, submission: Submission) -> int:
    """Carry the judgements of parts that are the same in the next round, each in its seat. Returns how many.

    A carried judgement counts for the person who gave it. The caller holds the lock.
    """
    before, now = _by_part(previous.content()), _by_part(submission.content())
    same = {key for key in before.keys() & now.keys() if _said(before[key]) == _said(now[key])}
    rows = previous.part_marks.exclude(verdict="").filter(returned=False, part__in=same).select_related("by")
    carried = [
        PartMark(submission=submission, seat=mark.seat, part=mark.part, by=mark.by, carried_from=mark, **mark.record())
        for mark in rows
    ]
    PartMark.objects.bulk_create(carried)
    PartMarkRevision.objects.bulk_create(
        PartMarkRevision(
            parent=mark,
            number=1,
            operation=uuid.uuid4(),
            base=0,
            value=mark.record(),
            by=mark.by,
            outcome=RevisionOutcome.CARRIED,
        )
        for mark in carried
    )
    return len(carried)


def _by_part(content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {part["part"]: part for part in content.get("conformity", ())}


def _said(part: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a judgement of a part rests on."""
    pieces = sorted((piece["reference"], piece["version"], piece.get("why", "")) for piece in part["evidence"])
    return part["rows"], part["words"], pieces
