"""A certified use with its actions: one condition, four gaps that do not block, and who works on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from assessments.access import finders
from assessments.domain.certificates import issue
from assessments.domain.remediation import actions
from assessments.domain.remediation.closing import Finding
from assessments.domain.review import approval, opened, seat_taking
from assessments.models import Assessment, Certificate, Hold, RemediationAction, Submission, User
from tests.support.factories import Cast, in_days, make_assessment, make_evidence, mark_all
from tests.support.looking import look_at
from tests.support.world import GAPS

CONDITION = "use-register"  # a must, partly in place
SHOULD = "ai-framework"
CONSIDER = "ethics-review"
AGREED = "q:accountable-owner"  # accepted with an action


def make_conditioned(cast: Cast, *, days: int = 60, answers: Mapping[str, Any] = GAPS) -> Assessment:
    """A Limited use that Ines approved with a condition on the register; its certificate is valid."""
    assessment = make_assessment("submitted", "limited", cast=cast, answers=answers)
    submission = sent(assessment)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    conditions = {CONDITION: in_days(days)}
    approval.approve(submission, by=cast.independent, statement="In order.", conditions=conditions)
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def make_agreed(cast: Cast, due: date) -> Assessment:
    """A Limited use with nothing missing, of which Ines accepted one answer with an action; its certificate is valid."""
    assessment = make_assessment("submitted", "limited", cast=cast)
    submission = sent(assessment)
    seat_taking.take(submission, by=cast.independent)
    asked = {"action_title": "Name a deputy", "words": "In writing, please.", "action_due": due}
    look_at(submission, AGREED, cast.independent, mark="accepted_with_action", **asked)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="In order.")
    return Assessment.objects.for_dashboard().get(pk=assessment.pk)


def sent(assessment: Assessment) -> Submission:
    return Submission.objects.filter(assessment=assessment).order_by("-round")[0]


def action_on(assessment: Assessment, question: str) -> RemediationAction:
    rows = RemediationAction.objects.select_related("use__system", "owner", "organisation")
    return rows.filter(use=assessment.use_id, question=question).order_by("-number")[0]


def certificate_of(assessment: Assessment) -> Certificate:
    return Certificate.objects.get(submission__assessment=assessment)


def report_done(action: RemediationAction, *, by: User, note: str = "All five clinics are in it now.") -> None:
    """Report an action as done, with a file of one's own that shows it."""
    actions.report(action, by=by, note=note, pieces=[make_evidence(action.organisation, by=by)])


def supports(action: RemediationAction) -> dict[str, Finding]:
    """The verdict *supports* on every piece that is shown for an action."""
    return {use.evidence.reference: Finding("supports") for use in action.evidence_uses.select_related("evidence")}


def open_pieces(action: RemediationAction, *, by: User) -> None:
    """Open every piece of an action, as far as the gate of its case lets this person."""
    for use in action.evidence_uses.select_related("evidence").exclude(version=0):
        version = finders.version_on_action(action, use.evidence.reference, use.version)
        assert version is not None
        opened.note_opening_on_action(version, action, by=by)


def open_hold(hold: Hold, submission: Submission, *, by: User) -> None:
    """Open every piece of evidence on a hold, as a reviewer of its case."""
    for use in hold.evidence_uses.select_related("evidence").exclude(evidence__version=0):
        opened.note_opening(submission, use.evidence.reference, use.evidence.version, by=by)


def close_as(action: RemediationAction, *, by: User) -> None:
    """Open and judge every piece of an action that was reported as done, and accept it."""
    open_pieces(action, by=by)
    issue.close_action(action, by=by, findings=supports(action))


def accept_form(action: RemediationAction, by: User) -> dict[str, str]:
    """What the page of an action posts to accept it once `by` has opened each piece: all of them support that it is done."""
    open_pieces(action, by=by)
    return {"accept": "1"} | {f"verdict-{key}": "supports" for key in supports(action)}
