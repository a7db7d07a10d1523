"""An answer that a closed action asks to confirm again: what was to be put in place is there now.

The certified submission stays as it was. What changes is the open assessment of the use, or the next one that is opened.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from assessments.models import (
    Answer,
    AnswerRevision,
    Assessment,
    EvidenceUse,
    RemediationAction,
    RevisionOutcome,
    User,
)
from assessments.models.assessments import DERIVED, EDITABLE_STATES
from assessments.models.questionnaires import question_ids


def reopen_answer(action: RemediationAction, *, by: User) -> Answer | None:
    """Ask the open draft of the use to confirm the answer of an action that was closed; None where nothing is open.

    Call it inside `atomic`, with the use locked.
    """
    found = Assessment.objects.for_dashboard().filter(use=action.use_id, state__in=EDITABLE_STATES).first()
    if found is None:
        return None
    before = found.follows or found.use.assessments.exclude(current_submission=None).order_by("-pk").first()
    rows = _ask_again(found, before, [action], by=by)
    _refresh(found)
    return rows[0] if rows else None


def carry_closed(assessment: Assessment, *, by: User) -> list[Answer]:
    """Bring into a new assessment the answers whose actions were closed since the use was last submitted.

    Each is to be confirmed, with the evidence that closed its action. Call it inside `atomic`.
    """
    before = assessment.follows
    sent = before.current_submission if before else None
    if before is None or sent is None:
        return []
    # What a later round closed because its finding was gone was verified by nobody: its answer says so already.
    closed = RemediationAction.objects.filter(use=assessment.use_id, closed_at__gt=sent.at).exclude(verified_by=None)
    rows = _ask_again(assessment, before, list(closed.order_by("number")), by=by)
    if rows:
        _refresh(assessment)
    return rows


def _ask_again(
    assessment: Assessment, before: Assessment | None, actions: list[RemediationAction], *, by: User
) -> list[Answer]:
    """Mark the answers of these actions as to be confirmed; those that are missing are taken from `before`."""
    edition, declared = assessment.compiled(), assessment.declared()
    asked = {question.key for question in declared.questions(edition)}
    rows = []
    for action in actions:
        if action.question not in asked:
            continue
        row: Any = assessment.answers.filter(question__key=action.question).first()
        if row is None:
            old = before.answers.filter(question__key=action.question).first() if before else None
            if old is None:
                continue
            row = _carried(assessment, old, by=by)
        row.to_confirm, row.closed_action = True, action.number
        row.save(update_fields=["to_confirm", "closed_action"])
        _offer_evidence(action, row)
        rows.append(row)
    return rows


def _carried(assessment: Assessment, old: Answer, *, by: User) -> Answer:
    ids = question_ids(assessment.edition_id, assessment.edition.published_at)
    edition, declared = assessment.compiled(), assessment.declared()
    key = old.question.key
    items = {item.key for item in declared.items(edition, edition.questions[key])}
    row = Answer.objects.create(
        assessment=assessment,
        question_id=ids[key],
        choice=old.choice,
        items={name: given for name, given in old.items.items() if name in items},
        text=old.text,
        text_second_language=old.text_second_language,
        planned_for=old.planned_for,
        reason=old.reason,
        figure=old.figure,
        language=old.language,
        by=by,
        carried_from=old,
    )
    AnswerRevision.objects.create(
        parent=row,
        number=1,
        operation=uuid.uuid4(),
        base=0,
        value=row.record(),
        by=by,
        outcome=RevisionOutcome.CARRIED,
    )
    return row


def _offer_evidence(action: RemediationAction, row: Answer) -> None:
    """Hang what closed the action on its answer; whoever confirms the answer may take it away again."""
    used = EvidenceUse.objects.filter(action=action, evidence__withdrawn_at=None)
    have = set(EvidenceUse.objects.filter(answer=row).values_list("evidence_id", flat=True))
    EvidenceUse.objects.bulk_create(
        EvidenceUse(evidence_id=use.evidence_id, answer=row, version=use.version, by_id=use.by_id)
        for use in used.filter(~Q(evidence__in=have))
    )


def _refresh(assessment: Assessment) -> None:
    assessment.refresh_derived(assessment.declared(), assessment.answer_values())
    assessment.save(update_fields=DERIVED)
