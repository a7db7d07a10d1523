"""What the certificate of an approved use waits for."""

from __future__ import annotations

from assessments.domain.certificates import issue
from assessments.domain.certificates.waiting import NoCertificateYet
from assessments.models import Assessment, State


def waits_for(assessment: Assessment) -> NoCertificateYet | None:
    """Say what the certificate of an approved use waits for; None in every other state."""
    submission = assessment.current_submission
    if assessment.state != State.APPROVED or submission is None:
        return None
    submission.assessment = assessment
    return issue.no_certificate_yet(submission)
