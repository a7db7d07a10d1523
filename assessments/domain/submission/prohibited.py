"""Sign that the declared facts are a prohibited use, and close the case."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import NotReady, WrongState
from assessments.documents import requests
from assessments.domain import workflow
from assessments.domain.submission import freeze
from assessments.domain.workflow import MOVES
from assessments.models import Assessment, DecisionKind, DocumentKind, ReviewDecision, State, Submission, User


@proof.asked
@transaction.atomic
def declare_prohibited(assessment: Assessment, *, by: User) -> Submission:
    """Sign that the declared facts are a prohibited use; the case is closed with a decision letter."""
    assessment = Assessment.objects.lock(assessment.pk)
    roles.require(by, Action.SIGN, assessment)
    if State.REFUSED not in MOVES[State(assessment.state)] or not assessment.is_editable:
        raise WrongState(assessment, State.REFUSED)
    if not assessment.use.prohibited_by_facts:
        raise NotReady(_("The declared facts do not describe a prohibited use."))
    submission = freeze.freeze(assessment, by=by, route=None, kind=DecisionKind.DECLARE_PROHIBITED)
    decision = ReviewDecision.objects.create(submission=submission, by=by, kind=DecisionKind.DECLARE_PROHIBITED)
    workflow.move(assessment, State.REFUSED)
    requests.ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    workflow.audit_move(
        AuditKind.DECLARED_PROHIBITED, assessment, by, [submission, decision], submission=submission.reference
    )
    return submission
