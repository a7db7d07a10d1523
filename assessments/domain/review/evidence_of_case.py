"""All evidence of a case: what its answers, conformity parts, actions and holds name, each content once.

Two evidence items with the same content (the same SHA-256 of the file or of the link) are one line: what serves in five places is
seen to be one paper. What was signed comes from the frozen submission; actions and holds name what hangs on them today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from assessments.domain.review.opened import opened_contents
from assessments.domain.review.sampling import content_of
from assessments.models import (
    EvidenceMark,
    EvidenceUse,
    EvidenceVersion,
    MarkKind,
    ReviewMark,
    Submission,
    User,
    Verdict,
)
from assessments.models.snapshots import pieces_of

ACCEPTING = (MarkKind.ACCEPTED, MarkKind.ACCEPTED_WITH_ACTION)


@dataclass(slots=True)
class Place:
    """Where an evidence item serves. `key`: of the question or part, the number of the action, the row of the hold."""

    kind: Literal["answer", "part", "action", "hold"]
    key: str
    title: str = ""
    mark: ReviewMark | None = None
    verdicts: list[EvidenceMark] = field(default_factory=list)

    @property
    def rests_on_nothing(self) -> str:
        """Why a mark that accepts the answer does not rest on this piece: `does_not`, `not_judged`, or nothing."""
        mark = self.mark
        if mark is None or mark.mark not in ACCEPTING:
            return ""
        own = (one for one in self.verdicts if (one.seat, one.by_id) == (mark.seat, mark.by_id))
        return unsupported(verdict.verdict for verdict in own)


def unsupported(verdicts: Iterable[str]) -> str:
    """`does_not` where somebody found so, `not_judged` where nobody judged the evidence item, else nothing."""
    said = [verdict for verdict in verdicts if verdict]
    if Verdict.DOES_NOT in said:
        return "does_not"
    return "" if said else "not_judged"


@dataclass(slots=True)
class CaseEvidence:
    """One content: the evidence items that hold it, and where each serves."""

    content: str  # as `sampling.content_of` names it
    given: Mapping[str, Any]  # the first evidence item, as the submission or the library names it
    titles: list[str] = field(default_factory=list)
    named: list[tuple[str, int]] = field(default_factory=list)  # reference and version of each evidence item
    places: list[Place] = field(default_factory=list)
    version: EvidenceVersion | None = None
    expires_on: date | None = None
    is_opened: bool = False  # by the reader

    @property
    def is_sent(self) -> bool:
        """Tell whether the submission names it, so that its opening counts, and the library holds it."""
        named = any(place.kind in ("answer", "part") for place in self.places)
        return named and not self.given["on_request"]

    @property
    def warns(self) -> bool:
        return any(place.rests_on_nothing for place in self.places)

    @property
    def has_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < timezone.localdate()


def items_of_case(
    submission: Submission, marks: Mapping[str, ReviewMark], verdicts: Iterable[EvidenceMark], *, reader: User
) -> list[CaseEvidence]:
    """Return the evidence of a case in the order of its answers, parts, actions and holds: three queries.

    `marks`: those that count for the reader, by target. `verdicts`: what reviewers found of the evidence items.
    """
    content = submission.content()
    found: dict[tuple[str, str], list[EvidenceMark]] = {}
    for verdict in verdicts:
        if verdict.verdict:
            found.setdefault((verdict.question, verdict.piece), []).append(verdict)
    pieces: dict[str, CaseEvidence] = {}
    for shown in content["questions"]:
        key = shown["question"]
        for given in pieces_of(content["answers"].get(key)):
            place = Place("answer", key, mark=marks.get(f"q:{key}"), verdicts=found.get((key, given["reference"]), []))
            _add(pieces, given, place)
    for part in content.get("conformity", ()):
        for given in part["evidence"]:
            _add(pieces, given, Place("part", part["part"]))
    for use in _attached(submission):
        _add(pieces, _as_given(use), _place_of(use))
    _put_versions(submission, pieces.values())
    opened = opened_contents(submission, reader.pk)
    for piece in pieces.values():
        piece.is_opened = piece.content in opened
    return list(pieces.values())


def _attached(submission: Submission) -> Iterable[Any]:
    """Return what hangs on actions and holds of the use today, in the newest version, with the hash of its content."""
    newest = EvidenceVersion.objects.filter(evidence=OuterRef("evidence"), number=OuterRef("evidence__version"))
    rows: Any = EvidenceUse.objects.filter(
        Q(action__use=submission.assessment.use_id) | Q(hold__use=submission.assessment.use_id)
    )
    rows = rows.annotate(sha256=Subquery(newest.values("sha256")[:1]))
    return rows.select_related("evidence", "action", "hold").order_by(F("action__number").asc(nulls_last=True), "pk")


def _as_given(use: Any) -> dict[str, Any]:
    piece = use.evidence
    return {
        "reference": piece.reference,
        "version": piece.version,
        "title": piece.title,
        "proves": piece.proves,
        "sha256": use.sha256 or "",
        "expires_on": piece.expires_on,
        "on_request": not piece.version,
        "held_by": piece.held_by,
    }


def _place_of(use: Any) -> Place:
    if use.action is not None:
        return Place("action", str(use.action.number), title=use.action.title)
    return Place("hold", str(use.hold.pk), title=str(use.hold.get_kind_display()))


def _add(pieces: dict[str, CaseEvidence], given: Mapping[str, Any], place: Place) -> None:
    content = content_of(given)
    piece = pieces.setdefault(content, CaseEvidence(content, given))
    if given["title"] not in piece.titles:
        piece.titles.append(given["title"])
    if (given["reference"], given["version"]) not in piece.named:
        piece.named.append((given["reference"], given["version"]))
    expires = given.get("expires_on")
    expires = date.fromisoformat(expires) if isinstance(expires, str) else expires
    if expires and (piece.expires_on is None or expires < piece.expires_on):
        piece.expires_on = expires
    piece.places.append(place)


def _put_versions(submission: Submission, pieces: Iterable[CaseEvidence]) -> None:
    references = {reference for piece in pieces for reference, _number in piece.named}
    rows = EvidenceVersion.objects.filter(
        evidence__organisation=submission.organisation_id, evidence__reference__in=references
    )
    by_name = {(row.evidence.reference, row.number): row for row in rows.select_related("evidence")}
    for piece in pieces:
        piece.version = next((by_name[name] for name in piece.named if name in by_name), None)
