"""The life of an assessment: `MOVES` says which state may follow which, and `move` is the only writer of a state.

The functions that make a move are in the rooms of their subject (`submission`, `review`, `certificates`). Each locks the use
and the assessment, reads what it decides on inside the transaction, writes state and audit entry together, and lets
documents and mails leave after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils import timezone

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core.errors import WrongState
from assessments.domain import portfolio
from assessments.models import Assessment, State, User
from assessments.notifications.inbox import settle
from assessments.notifications.kinds import MessageKind

MOVES: dict[State, set[State]] = {  # every move an assessment may make
    State.DRAFT: {State.SUBMITTED, State.CERTIFIED, State.REFUSED},
    State.SUBMITTED: {State.DRAFT, State.IN_REVIEW, State.WITHDRAWN},
    State.IN_REVIEW: {State.IN_REVIEW, State.RETURNED, State.APPROVED, State.REFUSED, State.WITHDRAWN},
    State.RETURNED: {State.SUBMITTED, State.REFUSED, State.WITHDRAWN},
    State.APPROVED: {State.CERTIFIED, State.WITHDRAWN},
    State.CERTIFIED: {State.SUPERSEDED},
    State.REFUSED: set(),
    State.WITHDRAWN: set(),
    State.SUPERSEDED: set(),
}


def move(assessment: Assessment, to: State) -> None:
    if to not in MOVES[State(assessment.state)]:
        raise WrongState(assessment, to)
    assessment.moved = {"old": {"state": str(assessment.state)}, "new": {"state": str(to)}}
    assessment.state, assessment.state_at = to, timezone.now()
    assessment.save(update_fields=["state", "state_at", "updated_at", "current_submission", "progress"])
    portfolio.follow_newest(assessment)


def audit_move(
    kind: AuditKind, assessment: Assessment, by: User | None, rows: Iterable[models.Model] = (), **details: Any
) -> None:
    """Log what was done, with the move that this transaction has just made, if any: from which state to which.

    `rows`: what was written; the entry keeps their digests.
    """
    told = (assessment.moved or {}) | details
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=told, rows=rows)


def settle_messages(assessment: Assessment, *kinds: MessageKind) -> None:
    """Take the messages that a move has dealt with off everybody's list."""
    references = assessment.submissions.values_list("reference", flat=True)
    settle(*kinds, about=[f"submission:{reference}" for reference in references])
