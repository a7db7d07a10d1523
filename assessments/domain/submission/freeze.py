"""Freeze an assessment into a submission, with its actions and its plan."""

from __future__ import annotations

import json

from django.utils import timezone

from assessments.documents import requests
from assessments.domain.remediation import opening
from assessments.domain.review import former
from assessments.domain.submission import statement
from assessments.models import Assessment, DecisionKind, DocumentKind, Role, Route, Submission, User
from assessments.models.base import canonical_json, sha256
from assessments.models.snapshots import build_snapshot, changed_targets


def freeze(
    assessment: Assessment,
    *,
    by: User,
    route: Route | None,
    kind: DecisionKind | None = None,
    public_statement: str = "",
) -> Submission:
    """Store the signed copy, open or carry its remediation actions, ask for its plan."""
    edition = assessment.compiled()
    content = build_snapshot(assessment, final=True)
    now = timezone.now()
    previous = assessment.submissions.order_by("-round").first()
    content["round"] = (previous.round if previous else 0) + 1
    content["actions"] = opening.open_actions(assessment, edition, content, by=by)
    content["signed"] = {
        "name": str(by),
        "role": str(Role.OWNER.label),
        "at": now,
        "statement": statement.statement_for(edition, content, kind),
        "musts": statement.must_lines(edition, content),
        "public_statement": public_statement,
    }
    content["kind"] = str(kind or "submit")
    snapshot = canonical_json(content)
    readiness = {
        f"readiness_{key}": None if score["value"] is None else int(score["value"] * 10)
        for key, score in content["scorecard"]["dimensions"].items()
    }
    submission = Submission.objects.create(
        assessment=assessment,
        organisation=assessment.organisation,
        round=content["round"],
        by=by,
        route=route or "",
        snapshot=snapshot,
        sha256=sha256(snapshot),
        edition_checksum=edition.checksum,
        assigned_tier=content["tier"]["assigned"],
        text_tier=content["tier"]["text"] or "",
        applicable=content["counts"]["applicable"],
        findings=len(content["findings"]),
        blocking=sum(finding["blocking"] for finding in content["findings"]),
        changed=len(changed_targets(previous.content(), json.loads(snapshot)))
        if previous
        else former.count_changed(assessment, json.loads(snapshot), edition),
        **readiness,
    )
    assessment.current_submission = submission
    assessment.progress = {**assessment.progress, "round": submission.round}
    if kind != DecisionKind.DECLARE_PROHIBITED:
        requests.ask_document(DocumentKind.PLAN, submission=submission)
    return submission
