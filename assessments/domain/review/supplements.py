"""Supplements: evidence that is attached to what was signed and stays as it was signed, until the decision.

A gate of the tier, a part of the conformity file or a blocking finding may ask for evidence while the answer is locked.
A supplement is a file of the library in one version, with its hash, who attached it and when. Each reviewer with a seat
judges it; the gates count it once a reviewer finds that it supports its target and no other reviewer disagrees. Our
judgement: a link has no content that can be hashed, so a supplement is a file.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders, roles
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted
from assessments.domain.review.cases import open_case
from assessments.domain.review.obstacles import Code, Obstacle
from assessments.domain.review.parts import check_verdict
from assessments.domain.review.versions import save_version
from assessments.guideline.terms import ROWS
from assessments.models import (
    Assessment,
    Evidence,
    EvidenceVersion,
    PartVerdict,
    ReviewSeat,
    State,
    Submission,
    Supplement,
    SupplementMark,
    User,
    edition_for,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

OPEN = (State.SUBMITTED, State.IN_REVIEW, State.RETURNED)
LONGEST = 1000


def targets(submission: Submission, content: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return what a supplement may be attached to, with its title: what a gate, a part or a blocking finding asks for."""
    content = content or submission.content()
    edition = edition_for(submission.edition_checksum)
    tier = content["tier"]["assigned"]
    gates = {gate.question for gate in edition.gates.evidence if tier in gate.tiers}
    gates |= {finding["question"] for finding in content["findings"] if finding["blocking"]}
    asked = [shown["question"] for shown in content["questions"] if shown["question"] in gates]
    found = {f"q:{key}": edition.questions[key].title for key in asked}
    return found | {f"part:{one.key}": one.label for one in edition.gates.parts_for(tier) if one.kind not in ROWS}


def is_open(assessment: Assessment) -> bool:
    """Tell whether supplements may be attached: from the signing until the decision."""
    return assessment.state in OPEN and assessment.current_submission_id is not None


@transaction.atomic
def attach(assessment: Assessment, target: str, piece: Evidence, *, by: User, words: str) -> Supplement:
    """Attach the newest version of a file of the library to a signed answer (`q:`) or part (`part:`).

    `words` say what it shows. Idempotent for the same version. Raises NotPermitted, Locked before the signing and after
    the decision, and InvalidAnswer that names the control.
    """
    assessment, member = roles.lock_with_member(by, assessment)
    if not is_open(assessment) or assessment.current_submission_id is None:
        raise Locked(
            _("You can add evidence only after signing and before the decision. This assessment is “%(state)s”.")
            % {"state": assessment.get_state_display()}
        )
    assert assessment.current_submission_id is not None  # there is one from the signing on
    submission = Submission.objects.defer(None).get(pk=assessment.current_submission_id)
    allowed = targets(submission)
    if target not in allowed:
        raise InvalidAnswer("target", _("Choose the answer or part that the evidence supports."))
    assigned = roles.assigned_targets(by, assessment, member)
    if assigned is not None:
        question = assessment.compiled().questions.get(target.removeprefix("q:"))
        if question is None or not {question.key, question.section} & assigned:
            raise NotPermitted(
                _("Ask an owner to assign this question to you. You have access only to work that is assigned to you.")
            )
    if not words.strip() or len(words.strip()) > LONGEST:
        raise InvalidAnswer("words", _("Say in a sentence or two what the evidence shows."))
    version = _newest_file(piece, assessment, by)
    row, created = Supplement.objects.get_or_create(
        assessment=assessment,
        target=target,
        version=version,
        defaults={"sha256": version.sha256, "words": words.strip(), "by": by},
    )
    if created:
        _record(assessment, submission, row, allowed[target])
    return row


def _newest_file(piece: Evidence, assessment: Assessment, by: User) -> EvidenceVersion:
    """Return the file that a supplement names; raises InvalidAnswer on `piece`."""
    mine = finders.evidence_for(by).in_use().filter(organisation=assessment.organisation_id)
    if not mine.filter(pk=piece.pk).exists():
        raise InvalidAnswer("piece", _("Choose evidence from your organisation's library."))
    version: EvidenceVersion | None = piece.versions.select_related("evidence").order_by("-number").first()
    if version is None or version.link:
        raise InvalidAnswer(
            "piece", _("Choose a file. Links cannot be added after signing, because their content can change.")
        )
    if version.evidence.is_expired():
        raise InvalidAnswer("piece", _("This evidence has expired. Replace it with a newer version first."))
    return version


def _record(assessment: Assessment, submission: Submission, row: Supplement, title: str) -> None:
    log.record(
        AuditKind.SUPPLEMENT_ATTACHED,
        assessment,
        by=row.by,
        organisation=assessment.organisation,
        details={
            "title": row.version.evidence.title,
            "target": row.target,
            "sha256": row.sha256,
            "submission": submission.reference,
        },
        rows=[row],
    )
    notify(
        MessageKind.SUPPLEMENT,
        finders.seated_now(submission) if assessment.state == State.IN_REVIEW else (),
        about=f"supplement:{row.pk}",
        link=links.review_supplements(submission),
        context={
            "name": row.by,
            "use": assessment.use.title,
            "title": row.version.evidence.title,
            "target": title,
        },
    )


# --- judging -----------------------------------------------------------------------------------------------------------


@proof.factor_asked
def judge_supplement(
    submission: Submission,
    supplement: int,
    *,
    by: User,
    verdict: str,
    words: str = "",
    base: int | None = None,
    operation: uuid.UUID | None = None,
) -> SupplementMark:
    """Say whether a supplement (by its key) supports its target; an empty `verdict` takes that back.

    Raises as `judge_part`.
    """
    words = words.strip()
    with transaction.atomic():
        assessment, _seat = open_case(submission, by)
        about = assessment.supplements.filter(pk=supplement).first()
        if about is None:
            raise InvalidAnswer("supplement", _("This evidence is not part of this case."))
        row = about.marks.filter(by=by).first()
        check_verdict(verdict, words, judged=row is not None)
        row = row or SupplementMark(supplement=about, revision=0, by=by)
        fields = {"verdict": str(verdict), "words": words if verdict else ""}
        saved = save_version(row, fields, by=by, base=base, operation=operation)
    if not saved:
        raise Conflict(_("You have already judged this evidence in another window. Nothing was overwritten."), row)
    return row


def obstacles(submission: Submission, seat: ReviewSeat | None) -> list[Obstacle]:
    """Return what of the supplements keeps this seat from approving: those its reviewer has not judged. One query."""
    if seat is None:
        return []
    judged = SupplementMark.objects.filter(by=seat.reviewer_id).exclude(verdict="")
    rows = Supplement.objects.filter(assessment=submission.assessment_id)
    return obstacles_of(rows.exclude(pk__in=judged.values("supplement")).count())


def obstacles_of(left: int) -> list[Obstacle]:
    """Return the obstacle of this many supplements that a reviewer has not judged; none where none is left."""
    if not left:
        return []
    words = ngettext(
        "You still have to judge one evidence item that was added after signing.",
        "You still have to judge %(n)s evidence items that were added after signing.",
        left,
    )
    return [Obstacle(Code.SUPPLEMENTS, words % {"n": left})]


def supporting(submission: Submission) -> dict[str, list[dict[str, Any]]]:
    """Return by target the evidence that counts at the gates, as a frozen snapshot describes evidence. One query.

    At least one reviewer with a seat found that it supports its target, and none of them found less.
    """
    seats = submission.seats.values("reviewer")
    marks = SupplementMark.objects.filter(supplement__assessment=submission.assessment_id, by__in=seats)
    marks = marks.exclude(verdict="").select_related("supplement__version__evidence").order_by("supplement")
    verdicts: dict[Supplement, set[str]] = {}
    for mark in marks:
        verdicts.setdefault(mark.supplement, set()).add(mark.verdict)
    found: dict[str, list[dict[str, Any]]] = {}
    for row, said in verdicts.items():
        piece = row.version.evidence
        if said != {PartVerdict.SUPPORTS} or piece.withdrawn_at is not None:
            continue
        found.setdefault(row.target, []).append(
            {
                "reference": piece.reference,
                "title": piece.title,
                "version": row.version.number,
                "sha256": row.sha256,
                "expires_on": piece.expires_on,
                "period_to": piece.period_to,
                "given_on": timezone.localdate(row.version.at),
            }
        )
    return found


def of_assessment(assessment: Assessment, within: Collection[str] | None = None) -> list[Supplement]:
    """Return the supplements with their files and judgements, oldest first: two queries. `within`: these targets alone."""
    rows = Supplement.objects.filter(assessment=assessment)
    if within is not None:
        rows = rows.filter(target__in=within)
    marks = SupplementMark.objects.exclude(verdict="").select_related("by").order_by("pk")
    rows = rows.select_related("version__evidence", "by").prefetch_related(Prefetch("marks", marks))
    return list(rows.order_by("pk"))


def files_for(user: User, assessment: Assessment, most: int = 200) -> list[Evidence]:
    """Return the evidence of the library that may be attached: files that are in use and good, the newest first."""
    rows = finders.evidence_for(user).in_use().filter(organisation=assessment.organisation_id)
    files = EvidenceVersion.objects.filter(evidence=OuterRef("pk"), number=OuterRef("version"), link="")
    rows = rows.exclude(expires_on__lt=timezone.localdate()).filter(Exists(files))
    return list(rows.order_by("-pk")[:most])
