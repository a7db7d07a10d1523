"""Reporting an action as done, and judging what was reported: the forms of an action's page, and who may press what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.access.separation import KnownReviewer, Reviewer
from assessments.core.errors import InvalidAnswer, WorkflowError
from assessments.domain.certificates import issue
from assessments.domain.remediation import actions, closing
from assessments.forms.action_checks import JudgeForm, ReportForm
from assessments.forms.base import refusals
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Tier
from assessments.models import (
    ActionStatus,
    Assessment,
    Condition,
    EvidenceUse,
    RemediationAction,
    Submission,
    User,
)
from assessments.models.closing import EvidenceVerdict
from assessments.views.assessment.evidence_strip import EvidenceLine
from assessments.views.site.requests import SignedIn

OFFERED = 12  # evidence items of the library, with the report that an action is done


class ShownEvidence(EvidenceLine):
    """One piece that is shown for an action; `answer`: the title of the answer that was linked with it."""

    def __init__(self, use: EvidenceUse, edition: Edition) -> None:
        super().__init__(use)
        key = use.taken_from.question.key if use.taken_from else ""
        self.answer = edition.questions[key].title if key in edition.questions else ""


def report_form(
    user: User, found: RemediationAction, judged: list[EvidenceVerdict], edition: Edition, given: Any, *, whole: bool
) -> ReportForm:
    """Return the form that reports an action as done, with the evidence that can be attached; `whole`: they see the whole use."""
    mine = finders.evidence_for(user).in_use().filter(organisation=found.organisation_id)
    others = mine.exclude(pk__in=[one.use.evidence_id for one in judged]).order_by("-pk")[:OFFERED]
    answers = closing.answers_to_link(found) if whole else []
    titles = {key: question.title for key, question in edition.questions.items()}
    return ReportForm(given, pieces=list(others), answers=answers, titles=titles)


def report(request: SignedIn, found: RemediationAction, form: ReportForm) -> bool:
    if not form.is_bound:
        form = ReportForm(request.POST)
    if not form.is_valid():
        return False
    pieces, answers = form.chosen()
    with refusals(form):
        actions.report(found, by=request.user, note=form.cleaned_data["note"], pieces=pieces, answers=answers)
        messages.success(
            request, _("The action was reported as done. It closes when a reviewer or an owner accepts it.")
        )
        return True
    return False


def accept(request: SignedIn, found: RemediationAction, form: JudgeForm) -> bool:
    """Keep the verdicts and accept the action; whoever may not judge it is told so, whatever the form says."""
    with refusals(form) as refused:
        actions.require_checker(found, by=request.user)
        if not form.is_valid():
            return False
        issue.close_action(found, by=request.user, findings=form.findings())
    if refused:
        return False
    found.refresh_from_db()
    closed = found.status == ActionStatus.CLOSED
    messages.success(
        request,
        _("You accepted the action. It is now closed.")
        if closed
        else _("You accepted the action. It closes when the other reviewer of the case confirms it."),
    )
    return True


def decline(request: SignedIn, found: RemediationAction, form: JudgeForm) -> bool:
    """Send a reported action back with what is missing; the verdicts that were given are kept with it."""
    with refusals(form, at={InvalidAnswer: None, WorkflowError: "missing"}):
        actions.require_checker(found, by=request.user)
        if not form.is_valid():
            return False
        actions.decline(found, by=request.user, words=form.cleaned_data["missing"], findings=form.findings())
        messages.success(request, _("You sent the action back. It is open again."))
        return True
    return False


@dataclass(frozen=True, slots=True)
class Judging:
    """Whether a person may judge a reported action, what they wait for, and who else has to judge it."""

    may: bool = False
    waits: str = ""  # why they cannot accept it now, though they may judge it
    to_open: str = ""  # what they have not opened yet
    who: str = ""  # who accepts it
    confirms: bool = False  # another reviewer has accepted it
    two: bool = False  # it takes two


NOBODY = Judging()


def case_known(
    newest: Assessment | None, submission: Submission | None, condition: Condition | None
) -> Submission | None:
    """Return the submission in whose case an action is judged, with that case, where a page has read it; else None."""
    if condition is not None:
        return condition.decision.submission
    if newest is None or submission is None or not closing.is_judging(newest):
        return None
    submission.assessment = newest
    return submission


def judging_of(
    user: User,
    found: RemediationAction,
    submission: Submission | None,
    pieces: list[EvidenceVerdict],
    *,
    blocking: bool,
    signs: bool,
) -> Judging:
    """Say who judges an action that was reported or set aside, and whether this person may, who came here by its finder.

    The rules are those that the press asks. Two queries, and one where the page does not know the submission
    (`case_known`). `pieces`: what is shown for it; `signs`: an owner of the organisation.
    """
    if submission is None and (of := closing.case_of(found)) and of.current_submission:
        submission = of.current_submission
        submission.assessment = of
    if submission is None:
        return NOBODY
    two = blocking and submission.assigned_tier == Tier.HIGH
    reviewer = Reviewer(user, submission, **_known(user, found, submission))
    who = closing.who_accepts(found, submission, two=two, taken=bool(reviewer.seats))
    confirms = found.accepted_by_id is not None
    if separation.why_not(closing.require_checker, reviewer, signs=signs):
        return Judging(who=who, two=two, confirms=confirms)
    waits = to_open = ""
    if found.status == ActionStatus.DONE:
        waits = closing.why_not_accept(found, reviewer, pieces, two=two, blocking=blocking)
        to_open = closing.left_to_open(pieces, submission)
    return Judging(may=True, waits=waits, to_open=to_open, who=who, two=two, confirms=confirms)


def _known(user: User, found: RemediationAction, submission: Submission) -> KnownReviewer:
    """Return what the finder of an action has said of its reader already: see `finders.actions_to_check_for`."""
    known = KnownReviewer(is_independent=separation.is_independent_on_page(user, found.organisation_id))
    if getattr(found, "opened", None) == submission.pk:
        known |= KnownReviewer(may_know=True, has_conflict=False, is_open=True)
    return known
