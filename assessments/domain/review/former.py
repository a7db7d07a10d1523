"""What came before a case: the submission of the use that was decided last, and what has changed since.

The next assessment of a use follows a certificate or a change. Its reviewer sees what differs from the last decision, and
accepting marks are carried over to what is the same. Our judgement: nothing decisive is carried, so that whoever reviews
now judges the own set anew; nor a mark that asked for an action, since that action has a history of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments.domain.review import carried_marks
from assessments.domain.review.targets import decisive_targets
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Tier
from assessments.models import Assessment, MarkKind, Route, Submission, edition_for
from assessments.models.changes import decided_before
from assessments.models.snapshots import changed_targets


def last_decided(assessment: Assessment) -> Submission | None:
    """Return the submission of the use that was decided last in an earlier assessment, with its snapshot."""
    return decided_before(assessment.use_id, assessment.pk).first()


def is_open_to_reviewers_of(former: Submission, submission: Submission) -> bool:
    """Tell whether whoever reviews `submission` may read the former one by its own route.

    In-house reviewers read all of their organisation's; the reviewing body what was sent to it, and every High one.
    """
    sent_to_the_body = former.route == Route.INDEPENDENT or former.assigned_tier == Tier.HIGH
    return submission.route == Route.INSIDE or (former.route != "" and sent_to_the_body)


def differing(
    before: Mapping[str, Any], former_edition: Edition, after: Mapping[str, Any], edition: Edition
) -> frozenset[str]:
    """Return the targets of the later snapshot that are not the same as at the last decision, new ones included.

    A question or fact that a newer release words otherwise counts as changed.
    """
    changed = changed_targets(before, after)
    if edition.checksum != former_edition.checksum:
        for shown in after["questions"]:
            key = shown["question"]
            if former_edition.questions.get(key) != edition.questions[key]:
                changed.add(f"q:{key}")
        changed |= {
            f"f:{fact['key']}"
            for fact in after["facts"]
            if former_edition.facts.get(fact["key"]) != edition.facts.get(fact["key"])
        }
    return frozenset(changed)


def differs(former: Submission, submission: Submission) -> frozenset[str]:
    """As `differing`, for two submissions."""
    return differing(
        former.content(),
        edition_for(former.edition_checksum),
        submission.content(),
        edition_for(submission.edition_checksum),
    )


def count_changed(assessment: Assessment, content: Mapping[str, Any], edition: Edition) -> int | None:
    """Return how many facts and answers differ from the last decision; None where nothing was decided before."""
    former = last_decided(assessment)
    if former is None:
        return None
    return len(differing(former.content(), edition_for(former.edition_checksum), content, edition))


def carry_marks(submission: Submission) -> int:
    """Carry what was accepted at the last decision and is the same now; returns how many marks. The caller holds the lock."""
    former = last_decided(submission.assessment)
    if former is None or not is_open_to_reviewers_of(former, submission):
        return 0
    anew = set(differs(former, submission))
    anew |= decisive_targets(edition_for(submission.edition_checksum), submission.content())
    anew |= set(former.marks.exclude(mark=MarkKind.ACCEPTED).values_list("target", flat=True))
    return carried_marks.copy_marks(former, submission, anew, same_case=False, without_evidence=anew)
