"""A certified use with its actions: one condition, four gaps that do not block, and who works on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assessments import workflow
from assessments.models import Assessment, Certificate, RemediationAction, Submission
from tests.factories import Cast, in_days, make_assessment, mark_all
from tests.world import GAPS

CONDITION = "use-register"  # a must, partly in place
SHOULD = "ai-framework"
CONSIDER = "ethics-review"


def make_conditioned(cast: Cast, *, days: int = 60, answers: Mapping[str, Any] = GAPS) -> Assessment:
    """A Limited use that Ines approved with a condition on the register; its certificate is valid."""
    assessment = make_assessment("submitted", "limited", cast=cast, answers=answers)
    submission = sent(assessment)
    workflow.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    conditions = {CONDITION: in_days(days)}
    workflow.approve(submission, by=cast.independent, statement="In order.", conditions=conditions)
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def sent(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def action_on(assessment: Assessment, question: str) -> RemediationAction:
    rows = RemediationAction.objects.select_related("use__system", "owner", "organisation")
    return rows.filter(use=assessment.use_id, question=question).order_by("-number")[0]


def certificate_of(assessment: Assessment) -> Certificate:
    return Certificate.objects.get(submission__assessment=assessment)
