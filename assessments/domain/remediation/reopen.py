"""The answer of a closed action: what was to be put in place is there now, confirmed on the day of the closing.

The certified submission stays as it was. What changes is the open assessment of the use, or the next one that is opened.
An answer that somebody has edited in the open draft is theirs: it is asked again, not overwritten.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.domain import portfolio
from assessments.guideline.edition import Question
from assessments.guideline.terms import Choice
from assessments.models import (
    Answer,
    AnswerRevision,
    Assessment,
    ClosedPractice,
    EvidenceUse,
    RemediationAction,
    RevisionOutcome,
    User,
)
from assessments.models.assessments import DERIVED, EDITABLE_STATES
from assessments.models.editions import question_ids


def reopen_answer(action: RemediationAction, *, by: User) -> Answer | None:
    """Bring the answer of a closed action up to date in the open draft of the use; None where nothing is open.

    `by`: of the organisation. Call it inside `atomic`, with the use locked.
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

    Each is in place, as it was confirmed, with the evidence that closed its action. What was closed before such records
    were kept is to be confirmed. Call it inside `atomic`.
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
    """Bring the answers of these actions up to date, or ask for them again; those that are missing are taken from `before`."""
    edition, declared = assessment.compiled(), assessment.declared()
    asked = {question.key for question in declared.questions(edition)}
    kept = ClosedPractice.objects.filter(action__in=actions).select_related("action").order_by("pk")
    practices = {practice.question: practice for practice in kept}
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
        practice = practices.get(action.question)
        row.closed_action = action.number
        row.to_confirm = practice is None or not _is_untouched(row)
        if practice is not None and not row.to_confirm:
            items = [item.key for item in declared.items(edition, edition.questions[action.question])]
            _put_in_place(row, edition.questions[action.question], items, practice, by=by)
        row.save()
        _offer_evidence(action, row)
        rows.append(row)
    return rows


def _is_untouched(row: Answer) -> bool:
    """Tell whether an answer was taken over and still says what it said there."""
    return row.carried_from is not None and row.record() == row.carried_from.record()


def _put_in_place(row: Answer, question: Question, items: list[str], practice: ClosedPractice, *, by: User) -> None:
    """Write into an answer that its practice is in place, on which day it was confirmed and with which action."""
    if question.is_checklist:
        row.choice, row.items = Choice.TICKED, {key: row.items.get(key) or True for key in items}
    else:
        row.choice, row.items = Choice.IN_PLACE, {}
    said = _("Confirmed as in place on %(day)s, when action %(n)s was closed.") % {
        "day": date_format(timezone.localtime(practice.at), "DATE_FORMAT"),
        "n": practice.action.number,
    }
    row.text = f"{practice.action.note}\n\n{said}".strip()
    row.planned_for, row.reason, row.by = None, "", by
    base, row.revision = row.revision, row.revision + 1
    AnswerRevision.objects.create(
        parent=row,
        number=row.revision,
        operation=uuid.uuid4(),
        base=base,
        value=row.record(),
        by=by,
        outcome=RevisionOutcome.CARRIED,
    )


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
    portfolio.follow_newest(assessment)
