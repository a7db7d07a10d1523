"""What blocks the certificate of a submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.domain.certificates.plan_now import PlanNow
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Certificate, Condition, Submission, edition_for
from assessments.scoring.conditions import FIRST_AUDIT, may_have_date


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands between an approval and its certificate. `question` is empty for holds and tiers."""

    question: str
    requirements: tuple[str, ...]
    words: str
    conditionable: bool
    longest_days: int = 0
    key: str = ""  # of a hold or tier, by which a return names it


def blockers(
    submission: Submission,
    content: Mapping[str, Any] | None = None,
    plan: PlanNow | None = None,
    accepted: set[str] | None = None,
) -> list[Blocker]:
    """Return what blocks the certificate of this submission now, given its marks, conditions and closed actions.

    A page hands in what it has read: the snapshot, and what every approving seat `accepted`. `plan`: of an approved one,
    where it is read already. The days by which an earlier certificate promised something then do not matter: no date is
    set any more.
    """
    content = content or submission.content()
    edition = edition_for(submission.edition_checksum)
    assessment = submission.assessment
    found: list[Blocker] = []
    before = _promised_before(assessment, submission) if plan is None else {}
    plan = plan or PlanNow(submission, accepted=accepted)
    for hold in plan.holds:
        words = _("The use is on hold: %(kind)s.") % {"kind": hold.get_kind_display()}
        found.append(Blocker("", (), words, conditionable=False, key=f"hold:{hold.pk}"))
    if content["tier"]["provisional"]:
        words = _("The tier is provisional, because an answer is not known yet.")
        found.append(Blocker("", (), words, conditionable=False, key="tier"))
    self_certified = submission.route == ""
    left = [
        finding
        for finding in content["findings"]
        if finding["blocking"]
        and finding["question"] not in plan.closed | plan.promised
        # Every seat accepts the reason for "not applicable"; self-certified it stands on the signer's word, within the share.
        and not (
            finding["kind"] == "not_applicable" and (self_certified or f"q:{finding['question']}" in plan.accepted)
        )
    ]
    return found + _answer_blockers(edition, submission.assigned_tier, left, before)


def blockers_to_self_certify(assessment: Assessment, content: Mapping[str, Any]) -> list[Blocker]:
    """Return what the signer of a Low use has to mend first or, where it is conditionable, to promise by a date.

    `content`: the final snapshot of the assessment.
    """
    left = [f for f in content["findings"] if f["blocking"] and f["kind"] != "not_applicable"]
    before = _promised_before(assessment, None) if left else {}
    return _answer_blockers(assessment.compiled(), content["tier"]["assigned"], left, before)


def _promised_before(assessment: Assessment, submission: Submission | None) -> dict[str, date]:
    """Return the days by which the certificate before promised what is still not met, by question.

    A renewal moves no such day: else a must could be put off for ever, ninety days at a time.
    """
    before = Certificate.objects.filter(use=assessment.use_id).exclude(submission=submission).order_by("-pk")
    rows = Condition.objects.filter(met_at=None, decision__submission__certificate__in=before.values("pk")[:1])
    return dict(rows.values_list("question", "due_on"))


def _answer_blockers(
    edition: CompiledEdition, tier: str, findings: Iterable[Mapping[str, Any]], before: Mapping[str, date]
) -> list[Blocker]:
    by_question: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        by_question.setdefault(finding["question"], []).append(finding)
    found = []
    for key, of_question in by_question.items():
        ids = tuple(sorted({finding["requirement"] for finding in of_question}))
        audit = FIRST_AUDIT in ids and tier == Tier.LIMITED
        days = edition.policy.first_audit_months * 30 + 5 if audit else edition.policy.condition_days
        conditionable = may_have_date(of_question, tier)
        if key in before:
            days = min(days, (before[key] - timezone.localdate()).days)
            conditionable = conditionable and days > 0
        found.append(Blocker(key, ids, edition.questions[key].title, conditionable, days))
    return found
