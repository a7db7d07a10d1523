"""What the public record says of an issue beside the submission: its kind, what is still open, and by which rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from assessments.domain.certificates import issuing, staleness
from assessments.domain.certificates.plan_now import PlanNow
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice
from assessments.models import (
    ActionStatus,
    Assessment,
    Certificate,
    Condition,
    RemediationAction,
    ReviewDecision,
    StatedChange,
    Submission,
)

CHANGES = {staleness.Kind.FACT, staleness.Kind.USE, staleness.Kind.CHANGE}
"""Why an approval was flagged as stale, where what replaces it is a change and not a renewal. Our judgement."""


def looked_at(decision: ReviewDecision) -> Any:
    """Return what the reviewer looked at, as the decision keeps it; None where it was not recorded."""
    return (json.loads(decision.signed) if decision.signed else {}).get("looked_at")


def of_issue(certificate: Certificate, edition: Edition, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of the public record that is known at the issue alone."""
    submission, previous = certificate.submission, certificate.supersedes
    rules = issuing.rules_of(submission)
    conditions = Condition.objects.filter(decision__submission=submission, met_at=None).order_by("due_on", "pk")
    return {
        "kind": _kind(submission, previous),
        "replaces": previous.number if previous else None,
        "conditions": [{"words": one.words, "due_on": one.due_on} for one in conditions],
        **_further_actions(submission, [one.question for one in conditions]),
        "partly_not_applicable": _partly_not_applicable(content),
        "closed_since": len(PlanNow(submission).closed_with_evidence),
        "too_few": _too_few(edition, content),
        "issuing_rules": rules.release if rules else None,
    }


def _kind(submission: Submission, previous: Certificate | None) -> str:
    """New, a renewal, or a change: what was stated as changed, or whose facts changed since the certificate before."""
    if previous is None:
        return "new"
    if StatedChange.objects.filter(opened=submission.assessment_id).exists():
        return "change"
    former = Assessment.objects.get(pk=previous.submission.assessment_id)
    return "change" if any(one.kind in CHANGES for one in staleness.reasons(former)) else "renewal"


def _further_actions(submission: Submission, promised: Iterable[str]) -> dict[str, Any]:
    """Count the actions of the use that stand and on which no condition hangs, and find the last of their dates."""
    rows = RemediationAction.objects.standing().listed().filter(use=submission.assessment.use_id)
    rows = rows.exclude(status=ActionStatus.NOT_RELEVANT)
    bound = Q(question__in=list(promised)) | Q(merged__question__in=list(promised), merged__closed_at=None)
    further = list(rows.exclude(pk__in=rows.filter(bound).values("pk")))
    latest = max((row.last_due for row in further), default=None)
    return {"further_actions": len(further), "further_latest_due": latest}


def _partly_not_applicable(content: Mapping[str, Any]) -> int:
    """Count the answers of which a line, and not the whole, does not apply; `counts` has those that do not as a whole."""
    shown = [content["answers"].get(question["question"], {}) for question in content["questions"]]
    return sum(
        answer.get("choice") != Choice.NOT_APPLICABLE
        and any(isinstance(line, str) and line for line in answer.get("items", {}).values())
        for answer in shown
    )


def _too_few(edition: Edition, content: Mapping[str, Any]) -> list[str]:
    """Return the dimensions that rest on too few requirements to say anything."""
    rules = edition.policy.readiness
    if rules is None:
        return []
    scores = content["scorecard"]["dimensions"]
    return [key for key, score in scores.items() if score["value"] is not None and score["duties"] < rules.least_duties]
