"""Return or refuse a submission."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotReady
from assessments.documents import requests
from assessments.domain import workflow
from assessments.domain.answering import returned_parts
from assessments.domain.certificates import blockers
from assessments.domain.review import approval, returns, seat_taking, telling
from assessments.guideline.terms import Tier
from assessments.models import (
    Assessment,
    DecisionKind,
    DocumentKind,
    MarkKind,
    ReviewDecision,
    ReviewSeat,
    State,
    Submission,
    User,
    edition_for,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind
from assessments.notifications.recipients import owners_of


@proof.asked
@transaction.atomic
def send_back(
    submission: Submission, *, by: User, words: str = "", answer_by: date | None = None, tasks: Iterable[str] = ()
) -> ReviewDecision:
    """Return a submission for changes; unlocks what is marked or judged so, and voids this round's approvals.

    `answer_by`: the day by which it is asked for; it reminds, and locks nothing. `tasks`: keys of what else stands in
    the way (`in_the_way_of`) and is asked for with it.
    """
    assessment, seat = seat_taking.require_under_review(submission, by)
    if answer_by is not None and answer_by <= timezone.localdate():
        raise InvalidAnswer("answer_by", _("Choose a day after today."))
    marks, back = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED), returned_parts.returned(submission)
    marked = returns.MarkedChanges.of(marks, back)
    if not marked.changes:
        raise NotReady(
            _(
                "Mark at least one answer or fact as “change needed”, then return the submission. No answer or fact"
                " has this mark yet."
            )
        )
    asked = returns.choose(in_the_way_of(submission), tasks)
    workflow.settle_messages(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
    decision = ReviewDecision.objects.create(
        submission=submission,
        by=by,
        kind=DecisionKind.RETURN,
        independent=seat.independent,
        statement=words,
        answer_by=answer_by,
    )
    kept = returns.keep(decision, asked)
    workflow.move(assessment, State.RETURNED)
    requests.ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    requests.print_plan_again(submission)
    notify(
        MessageKind.RETURNED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=links.returned(assessment),
        context=return_context(assessment, marked, words, answer_by, asked),
    )
    telling.returned(submission, by=by, words=words)
    told = {"changes": marked.changes, "tasks": [one.key for one in kept]}
    workflow.audit_move(AuditKind.RETURNED, assessment, by, [decision], submission=submission.reference, **told)
    return decision


def in_the_way_of(
    submission: Submission,
    content: Mapping[str, Any] | None = None,
    *,
    returned: Collection[str] | None = None,
    accepted: set[str] | None = None,
) -> list[returns.Obstacle]:
    """Return what else stands in the way of an approval and its certificate, beside what is returned by mark or judgement.

    A page that has read what is `returned` (targets, `part:` with a part's key), and what every approving seat
    `accepted`, hands it in.
    """
    content = content or submission.content()
    if returned is None:
        marked = submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).values_list("target", flat=True)
        returned = {*marked, *(f"part:{key}" for key in returned_parts.returned(submission))}
    closes = returns.what_closes(edition_for(submission.edition_checksum), content)
    found, lacking = (
        blockers.blockers(submission, content, accepted=accepted),
        approval.missing_at_the_gates(submission, content),
    )
    return returns.beside_the_marks(found, lacking, returned, closes)


def return_context(
    assessment: Assessment,
    marked: returns.MarkedChanges,
    words: str,
    answer_by: date | None,
    asked: Sequence[returns.Obstacle] = (),
) -> dict[str, Any]:
    """Return what the message about a return is written from; pages show that message before it is sent."""
    return {
        "use": assessment.use.title,
        "words": words,
        "changes": marked.changes,
        "askers": marked.askers,
        "answer_by": answer_by,
        "also": [one.in_mail for one in asked],
    }


@proof.asked
@transaction.atomic
def refuse(submission: Submission, *, by: User, statement: str) -> ReviewDecision:
    """Refuse a submission for good, with the reasons that the decision letter prints."""
    assessment, seat = seat_taking.require_under_review(submission, by)
    if not statement.strip():
        raise InvalidAnswer(
            "statement", _("Say why you are refusing the submission. The reason is printed in the decision letter.")
        )
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.REFUSE, independent=seat.independent, statement=statement
    )
    workflow.move(assessment, State.REFUSED)
    requests.ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    requests.print_plan_again(submission)  # it says what was decided
    prohibited = assessment.use.raised_tier == Tier.UNACCEPTABLE
    notify(
        MessageKind.REFUSED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=links.assessment(assessment),
        context={"use": assessment.use.title, "statement": statement, "prohibited": prohibited},
    )
    telling.refused(submission, decision)
    workflow.audit_move(
        AuditKind.REFUSED, assessment, by, [decision], submission=submission.reference, reason=statement
    )
    return decision


def return_for_tier(
    assessment: Assessment, submission: Submission, seat: ReviewSeat, *, by: User, words: str
) -> ReviewDecision:
    """Hand a submission back because its tier changed: what is newly asked is open, and this round's approvals are void."""
    workflow.settle_messages(assessment, MessageKind.SUBMITTED, MessageKind.SECOND_SEAT)
    decision = ReviewDecision.objects.create(
        submission=submission, by=by, kind=DecisionKind.RETURN, independent=seat.independent, statement=words
    )
    workflow.move(assessment, State.RETURNED)
    requests.ask_document(DocumentKind.DECISION_LETTER, submission=submission)
    requests.print_plan_again(submission)
    notify(
        MessageKind.RETURNED,
        owners_of(assessment.organisation_id),
        about=f"submission:{submission.reference}",
        link=links.returned(assessment),
        context={"use": assessment.use.title, "words": words, "tier_changed": True},
    )
    telling.returned(submission, by=by, words=words)
    return decision
