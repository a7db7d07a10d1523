"""What a reviewer opened: an answer by the page that showed it, an evidence item by its own request.

A page of a review carries a signed token for each answer that it shows, with the time; the token comes back with the mark.
A mark without a token of this person, submission and target counts as not opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import finders
from assessments.core.errors import NotPermitted
from assessments.domain.remediation import closing
from assessments.domain.review.sampling import content_of
from assessments.models import EvidenceOpening, EvidenceVersion, RemediationAction, Submission, User

SALT = "assessments.review.opened"


def token(submission: Submission, target: str, *, reader: User, at: datetime | None = None) -> str:
    """Sign that `reader` is shown a target now; a page names one moment (`at`) for all that it shows."""
    moment = int((at or timezone.now()).timestamp())
    return Signer(salt=SALT).sign(f"{moment}:{reader.pk}:{submission.pk}:{target}")


def shown_at(given: str, submission: Submission, target: str, *, by: User) -> datetime | None:
    """Return when the target was shown to this person; None for a token of somebody or something else, or none."""
    try:
        said = Signer(salt=SALT).unsign(given)
    except BadSignature:
        return None
    moment, _separator, about = said.partition(":")
    if about != f"{by.pk}:{submission.pk}:{target}":
        return None
    at = datetime.fromtimestamp(int(moment), UTC)
    return at if at <= timezone.now() else None


def note_opening(submission: Submission, reference: str, version: int, *, by: User) -> None:
    """Keep that a reviewer opened an evidence item of a case, whatever it is attached to or when it was added. Idempotent.

    Raises NotPermitted where the case is not open to them. Nothing is kept of an evidence item that does not belong to the case.
    """
    reads = finders.submissions_with_evidence_for(by).filter(pk=submission.pk).exists()
    if not reads or not finders.is_open_to(by, submission.assessment_id):
        raise NotPermitted(_("Declare your interests in this case before you open its evidence."))
    content = _content_in_case(submission, reference, version)
    if content:
        EvidenceOpening.objects.get_or_create(
            submission=submission, reviewer=by, piece=reference, version=version, defaults={"content": content}
        )


def note_opening_on_action(version: EvidenceVersion, action: RemediationAction, *, by: User) -> None:
    """Keep that a reviewer opened an evidence item of an action, for the case that judges it; of nobody else. Idempotent."""
    case = closing.case_of(action)
    if case is None or case.current_submission_id is None:
        return
    if not finders.is_open_to(by, case):
        return
    reference = version.evidence.reference
    EvidenceOpening.objects.get_or_create(
        submission_id=case.current_submission_id,
        reviewer=by,
        piece=reference,
        version=version.number,
        defaults={"content": version.sha256 or f"{reference}/{version.number}"},
    )


def _content_in_case(submission: Submission, reference: str, version: int) -> str:
    for piece in named_evidence(submission):
        if (piece["reference"], piece["version"]) == (reference, version):
            return content_of(piece)
    found = finders.submitted_version(submission, reference, version)
    return "" if found is None else found.sha256 or f"{reference}/{version}"


def named_evidence(submission: Submission) -> list[dict[str, Any]]:
    """Return the evidence items that a submission names, under its answers and in its conformity file."""
    return evidence_named_in(submission.content())


def evidence_named_in(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As `named_evidence`, for a page that has read the snapshot."""
    leaning = (*content["answers"].values(), *content.get("conformity", ()))
    return [piece for one in leaning for piece in one.get("evidence", ())]


def opened_contents(submission: Submission, reviewer: int) -> set[str]:
    """Return the contents that a reviewer opened in any round of the case: what is the same needs no second opening."""
    rows = EvidenceOpening.objects.filter(submission__assessment=submission.assessment_id, reviewer=reviewer)
    return set(rows.values_list("content", flat=True))
