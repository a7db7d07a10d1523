"""Whether the monitoring evidence of a High use is recent enough for a certificate."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from assessments.domain.certificates import requirements
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import PartKind
from assessments.models import Submission, monitored_until


def monitored_to(submission: Submission, edition: CompiledEdition) -> date | None:
    """Return the last day that the living monitoring evidence speaks for; None where the tier needs none."""
    file = edition.gates.parts_for(submission.assigned_tier)
    keys = [part.key for part in file if part.kind == PartKind.MONITORING]
    return monitored_until(submission.assessment.use_id, keys) if keys else None


def is_monitored(submission: Submission, edition: CompiledEdition) -> bool:
    """Tell whether monitoring is fresh enough for a certificate to stand; true where the tier needs none."""
    if all(part.kind != PartKind.MONITORING for part in edition.gates.parts_for(submission.assigned_tier)):
        return True
    until = monitored_to(submission, edition)
    return requirements.is_fresh(until, timezone.localdate(), edition.policy.monitoring_days)
