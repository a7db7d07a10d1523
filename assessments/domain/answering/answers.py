"""Save one answer with everything that depends on it; restore a version; bookmark a question."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted, WouldHide
from assessments.core.write_turn import write_turn
from assessments.domain import portfolio
from assessments.domain.answering.figures import check_days, kept_figure
from assessments.domain.facts import declare
from assessments.domain.facts.hidden import HiddenAnswer, saving_hides
from assessments.guideline.conditions import ANSWER, Facts
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.edition import Question
from assessments.guideline.terms import Choice
from assessments.models import Answer, AnswerRevision, Assessment, Flag, RevisionOutcome, State, User, revisions
from assessments.models.assessments import DERIVED, answer_value
from assessments.models.editions import question_ids
from assessments.models.prepared import Placeholder, Prepared, PreparedInsert, PreparedUpdate
from assessments.scoring.inputs import AnswerValue, Declared
from assessments.scoring.readiness import Progress


@dataclass(frozen=True, slots=True)
class _Save:
    """One save of an answer, as it was asked for: what `save_answer` takes, and how its version is kept."""

    value: Mapping[str, Any]
    by: User
    base: int
    operation: uuid.UUID
    outcome: RevisionOutcome = RevisionOutcome.CURRENT
    may_hide: bool = True


@dataclass(frozen=True, slots=True)
class AnswerSaved:
    """All that one save changed, for one response."""

    assessment: Assessment
    answer: Answer
    changed: bool
    progress: Progress
    declared: Declared
    answers: Mapping[str, AnswerValue]
    targets: set[str] | None = None  # what the person may answer; None: all


def check_answer(
    question: Question, items: Iterable[str], value: Mapping[str, Any], facts: Facts, edition: CompiledEdition
) -> None:
    """Raise InvalidAnswer naming the control when an answer lacks something or is not one that the question takes."""
    choice = Choice(value["choice"])
    practice = {Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE}
    own = {Choice.TICKED, Choice.NONE} if question.is_checklist else practice
    if choice not in own | {Choice.UNKNOWN, Choice.NOT_APPLICABLE}:
        raise InvalidAnswer("choice", _("Choose one of the answers listed."))
    if choice == Choice.PLANNED and not value.get("planned_for"):
        raise InvalidAnswer("planned_for", _("Enter the date by which the practice will be in place."))
    if choice == Choice.NOT_APPLICABLE:
        if not edition.not_applicable_allowed(question.requirements, facts):
            raise InvalidAnswer(
                "choice",
                _(
                    "Choose another answer. You cannot mark this question as not applicable, because it applies to "
                    "every use of this type."
                ),
            )
        if not str(value.get("reason", "")).strip():
            raise InvalidAnswer(
                "reason", _("Say why this question does not apply. A reviewer must accept your reason.")
            )
    shown = {item.key: item for item in question.items if item.key in set(items)}
    for key, given in (value.get("items") or {}).items():
        if key not in shown:
            raise InvalidAnswer("items", _("Load the page again. This checklist has no line “%(key)s”.") % {"key": key})
        if isinstance(given, str):
            if not edition.not_applicable_allowed(shown[key].requirements, facts):
                raise InvalidAnswer(
                    f"reason-{key}",
                    _(
                        "Remove this reason. You cannot mark this line as not applicable, because it applies to"
                        " every use of this type."
                    ),
                )
            if not given.strip():
                raise InvalidAnswer(f"reason-{key}", _("Say why this line does not apply."))
    if choice == Choice.TICKED and not value.get("items"):
        raise InvalidAnswer("items", _("Tick what is in place, or choose “None of these”."))


def unlocked_questions(
    assessment: Assessment, declared: Declared, answered: Iterable[str], marked: Collection[str] | None = None
) -> set[str] | None:
    """The questions that may be answered now; None: all that apply.

    While returned: those marked, those whose condition reads a marked fact, and those that apply but had no answer yet
    when it was sent: the first words of an answer do not lock the rest of it. A page hands in what it has read (`marked`).
    """
    if assessment.state != State.RETURNED:
        return None
    edition = assessment.compiled()
    marked = declare.returned_targets(assessment.current_submission_id, "") if marked is None else marked
    sent_at = F("assessment__current_submission__at")
    since = assessment.answers.filter(revisions__number=1, revisions__at__gt=sent_at)
    have = set(answered) - set(since.values_list("question__key", flat=True))
    return {
        question.key
        for question in declared.questions(edition)
        if f"q:{question.key}" in marked
        or question.key not in have
        or any(f"f:{test.fact}" in marked or _of_answer(test.fact) in marked for test in question.when.tests())
    }


def _of_answer(name: str) -> str:
    """The target of the question whose answer a condition reads; nothing for a fact."""
    return f"q:{name.removeprefix(ANSWER)}" if name.startswith(ANSWER) else ""


def _standing() -> QuerySet[Answer]:
    """The answer that stands, with its newest revision and what came of the operation, if it was stored before."""
    kept = AnswerRevision.objects.filter(parent=OuterRef("pk"))
    repeated = kept.filter(operation=Placeholder("operation", UUIDField()))
    return Answer.objects.filter(
        assessment=Placeholder("assessment"), question__key=Placeholder("question", CharField())
    ).annotate(
        newest=Subquery(kept.order_by("-number").values("number")[:1]),
        repeated=Subquery(repeated.values("outcome")[:1]),
    )


_STANDING: Prepared[Answer] = Prepared(_standing)

CHANGED = (
    "choice",
    "items",
    "text",
    "planned_for",
    "reason",
    "figure",
    "by",
    "at",
    "language",
    "revision",
    "to_confirm",
)

_ATTRIBUTES = {"by": "by_id"}
_CHANGE = PreparedUpdate(lambda: Answer.objects.filter(pk=Placeholder("pk")), CHANGED)
_KEEP = PreparedInsert(lambda: AnswerRevision)
_DERIVE = PreparedUpdate(lambda: Assessment.objects.filter(pk=Placeholder("pk")), DERIVED)


def save_answer(
    assessment: Assessment,
    question_key: str,
    value: Mapping[str, Any],
    *,
    by: User,
    base: int,
    operation: uuid.UUID,
    may_hide: bool = True,
) -> AnswerSaved:
    """Save one answer and everything that depends on it.

    `value`: choice, items (item key to true or to the reason it does not apply), text, planned_for, reason, figure
    (measured, target, by), language (of its words; "en" if none is given). `base` is the revision that the page showed
    (0: none). Repeating an operation changes nothing; where something else was saved meanwhile, it raises Conflict. A
    stale save that differs is kept as a revision and raises Conflict; Locked where the assessment or the question is
    closed to changes; InvalidAnswer names the control; NotPermitted for a colleague without the role or the assignment;
    with `may_hide` false WouldHide where other answers would not be asked any more.
    """
    save = _Save(value, by, base, operation, may_hide=may_hide)
    with write_turn(), transaction.atomic():
        saved = _save_answer(assessment, question_key, save)
    if isinstance(saved, Conflict):  # raised out here, so that the version beside the newer one stays stored
        raise saved
    return saved


def _save_answer(assessment: Assessment, question_key: str, save: _Save) -> AnswerSaved | Conflict:
    assessment, member = roles.lock_with_member(save.by, assessment)
    if not assessment.is_editable:
        raise Locked(
            _("Not saved: the assessment is locked (%(state)s). What you typed is still on this page.")
            % {"state": assessment.get_state_display()}
        )
    edition = assessment.compiled()
    declared = assessment.declared()
    question = _asked_question(question_key, edition, declared)
    targets = roles.assigned_targets(save.by, assessment, member)
    if targets is not None and question.section not in targets and question.key not in targets:
        raise NotPermitted(
            _("Ask an owner to assign this question to you. You have access only to work that is assigned to you.")
        )
    answers, unconfirmed = assessment.values_and_unconfirmed()
    unlocked = unlocked_questions(assessment, declared, answers)
    if unlocked is not None and question_key not in unlocked:
        raise Locked(
            _(
                "Only the items that the reviewer marked “change needed” can be changed now. What you typed is "
                "still on this page."
            )
        )
    items = {item.key for item in declared.items(edition, question)}
    check_answer(question, items, save.value, declared.context, edition)
    row: Any = None
    if question_key in answers or question_key in unconfirmed:
        row = _STANDING.first(assessment=assessment.pk, question=question_key, operation=save.operation)
    record = _record(question, save.value)
    check_days(record, None if row is None or row.to_confirm else row.record(), timezone.localdate())
    if row is None:
        ids = question_ids(assessment.edition_id, assessment.edition.published_at)
        row = Answer(assessment=assessment, question_id=ids[question_key], revision=0)
    elif row.record() == record and not row.to_confirm:  # a carried answer is confirmed by saving it as it is
        done = assessment.refresh_derived(declared, answers)
        return AnswerSaved(assessment, row, False, done, declared, answers, targets)
    elif conflict := _conflict(row, record, save):
        return conflict
    known = declared.knowing(edition, {**answers, question_key: _given(record, save.value)})
    if not save.may_hide:
        hides = _hidden_by(assessment, declared, known, answers)
        if hides:
            raise WouldHide(saving_hides(), hides)
    _write(row, record, save)
    answers[question_key] = row.value()
    done = assessment.refresh_derived(known, answers)
    assessment.updated_at = row.at
    _DERIVE.write(pk=assessment.pk, **{name: getattr(assessment, name) for name in DERIVED})
    portfolio.follow_newest(assessment)
    return AnswerSaved(assessment, row, True, done, known, answers, targets)


def _asked_question(key: str, edition: CompiledEdition, declared: Declared) -> Question:
    """Return a question that is asked of the use. Raises Locked where it is not."""
    question = edition.questions.get(key)
    if question is None or not question.applies(declared.context, declared.parts):
        raise Locked(_("This question no longer applies to this use. What you typed is still on this page."))
    return question


def _record(question: Question, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as its version is stored."""
    record: dict[str, Any] = {
        "choice": str(value["choice"]),
        "items": dict(value.get("items") or {}) if value["choice"] == Choice.TICKED else {},
        "text": str(value.get("text") or ""),
        "planned_for": value["planned_for"].isoformat() if value.get("planned_for") else None,
        "reason": str(value.get("reason") or ""),
    }
    if figure := kept_figure(question, value):
        record["figure"] = figure
    return record


def _given(record: Mapping[str, Any], value: Mapping[str, Any]) -> AnswerValue:
    """Return an answer as the rules and the scores read it. `value` has its date as a date."""
    planned_for = value.get("planned_for") or None
    return answer_value(record["choice"], record["items"], planned_for, record["reason"], record.get("figure", {}))


def _conflict(row: Any, record: Mapping[str, Any], save: _Save) -> Conflict | None:
    """Return the conflict with a version that was stored meanwhile, and keep the one that is saved; None without one.

    An operation that is known already was stored then, and what stands now is another version.
    """
    if row.revision == save.base and not row.repeated:
        return None
    if not row.repeated:
        number = (row.newest or 0) + 1
        revisions.keep_revision(row, number, save.operation, save.base, record, save.by, RevisionOutcome.CONFLICT)
    words = _("%(name)s changed this answer while you were writing. Nothing was overwritten.")
    return Conflict(words % {"name": row.by}, row)


def _write(row: Any, record: Mapping[str, Any], save: _Save) -> None:
    """Make a record the answer that stands, as the next version, and keep that version."""
    newest = (row.newest or 0) if row.pk else 0  # a version beside the current one has a number too
    row.choice, row.items, row.text = record["choice"], record["items"], record["text"]
    row.planned_for, row.reason = save.value.get("planned_for") or None, record["reason"]
    row.figure = record.get("figure", {})
    row.by, row.language, row.revision, row.to_confirm = save.by, save.value.get("language", "en"), newest + 1, False
    row.at = timezone.now()
    if row.pk is None:
        row.save()
    else:
        _CHANGE.write(pk=row.pk, **{name: getattr(row, _ATTRIBUTES.get(name, name)) for name in CHANGED})
    _KEEP.write(
        parent=row.pk,
        number=row.revision,
        operation=save.operation,
        base=save.base,
        value=record,
        by=save.by.pk,
        at=row.at,
        outcome=save.outcome,
    )


def _hidden_by(
    assessment: Assessment, before: Declared, after: Declared, answered: Iterable[str]
) -> list[HiddenAnswer]:
    """The answers that are asked for before a change and would not be after it."""
    if after == before:
        return []
    edition = assessment.compiled()
    gone = {q.key for q in before.questions(edition)} - {q.key for q in after.questions(edition)}
    title = assessment.use.title
    return [
        HiddenAnswer(assessment.reference, key, title, edition.questions[key].title) for key in answered if key in gone
    ]


def restore_answer(assessment: Assessment, question_key: str, number: int, *, by: User, base: int) -> AnswerSaved:
    """Make a kept version of an answer the current one again, as a new version: no version is ever taken away.

    `base` is the revision that the page showed. Raises as `save_answer`; InvalidAnswer too where the version is not
    kept here, or where none of the lines that it ticks is asked any more.
    """
    kept = AnswerRevision.objects.filter(
        parent__assessment=assessment, parent__question__key=question_key, number=number
    ).first()
    question = assessment.compiled().questions.get(question_key)
    if kept is None or question is None:
        raise InvalidAnswer(
            "number", _("Choose another version. This answer has no version %(number)s.") % {"number": number}
        )
    asked = {item.key for item in assessment.declared().items(assessment.compiled(), question)}
    items = {key: value for key, value in kept.value["items"].items() if key in asked}
    if kept.value["choice"] == Choice.TICKED and not items:
        raise InvalidAnswer(
            "items", _("You cannot restore this version, because the lines that are ticked in it no longer apply.")
        )
    planned = kept.value["planned_for"]
    value = {**kept.value, "items": items, "planned_for": date.fromisoformat(planned) if planned else None}
    with transaction.atomic():
        roles.require(by, Action.ANSWER, assessment)
        Assessment.objects.lock(assessment.pk)
        stands = Answer.objects.select_related("by").get(pk=kept.parent_id)
        if stands.revision != base:  # nothing was typed, so no version has to be kept beside the newer one
            words = _(
                "Check the current answer, then try again. %(name)s has changed it since you opened the page."
                " Nothing was restored."
            )
            raise Conflict(words % {"name": stands.by}, stands)
        save = _Save(value, by, base, uuid.uuid4(), RevisionOutcome.RESTORED)
        saved = _save_answer(assessment, question_key, save)
    assert isinstance(saved, AnswerSaved)  # the base was compared above, under the same lock
    return saved


def flag_question(assessment: Assessment, question_key: str, *, by: User, on: bool) -> None:
    """Set or clear the user's bookmark on a question. Idempotent."""
    roles.require(by, Action.VIEW, assessment)
    if on:
        Flag.objects.get_or_create(assessment=assessment, question=question_key, user=by)
    else:
        Flag.objects.filter(assessment=assessment, question=question_key, user=by).delete()
