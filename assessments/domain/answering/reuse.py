"""Answers of other assessments of the organisation: offered, copied, confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import CharField, Max, QuerySet
from django.utils.translation import gettext as _

from assessments.access import roles
from assessments.access.roles import Action
from assessments.core.errors import Conflict, InvalidAnswer, Locked, WorkflowError
from assessments.domain.answering import answers as answering_answers
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Choice
from assessments.models import Answer, AnswerRevision, Assessment, Question, RevisionOutcome, State, User
from assessments.models.editions import question_ids
from assessments.models.prepared import Placeholder, Prepared
from assessments.scoring.inputs import Declared

# --- answers that stand elsewhere -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """How many organisation-wide answers stand elsewhere, the newest of when, and how many wait here to be confirmed."""

    answers: int
    newest: datetime | None
    to_confirm: int


def _elsewhere(assessment: Assessment, asked: Collection[str]) -> QuerySet[Answer]:
    """The confirmed answers of the organisation's other assessments to what is `asked` and not answered here.

    The questions are found first: their answers have an index, where by key every answer of the organisation is read.
    """
    here = Answer.objects.filter(assessment=assessment.pk)
    questions = Question.objects.filter(key__in=asked).exclude(key__in=here.values("question__key"))
    rows = Answer.objects.filter(assessment__organisation=assessment.organisation_id, question__in=questions)
    return rows.filter(to_confirm=False).exclude(assessment=assessment.pk).exclude(choice=Choice.UNKNOWN)


@lru_cache(maxsize=64)
def _offered(questions: int) -> Prepared[Any]:
    """So many questions that are answered elsewhere, each with the time of its newest answer."""
    keys: Any = [Placeholder(f"key{n}", CharField()) for n in range(questions)]
    here: Any = Assessment(pk=Placeholder("assessment"), organisation_id=Placeholder("organisation"))
    rows = _elsewhere(here, keys)
    return Prepared(lambda: rows.values_list("question__key").annotate(at=Max("at")))


def offer_for(assessment: Assessment, asked: Collection[str], *, to_confirm: int) -> Offer:
    """What could be taken over of what is `asked` (question keys): one query, however many assessments there are.

    It reads an answer of each other assessment: a page that knows what is answered here asks for the rest alone.
    """
    wanted = assessment.compiled().organisation_wide.intersection(asked)
    if assessment.state != State.DRAFT:
        wanted = frozenset()
    keys = {f"key{n}": key for n, key in enumerate(sorted(wanted))}
    given = {"assessment": assessment.pk, "organisation": assessment.organisation_id, **keys}
    found = _offered(len(keys)).all(**given) if keys else []
    return Offer(len(found), max((at for _key, at in found), default=None), to_confirm)


def offered(assessment: Assessment, asked: Collection[str], source: Assessment | None = None) -> list[Answer]:
    """The answers that could be taken over, newest of each question, in the order of `asked`.

    Of `source` all, else the organisation-wide ones wherever they stand.
    """
    edition, declared = assessment.compiled(), assessment.declared()
    if source is not None:
        rows = _elsewhere(assessment, asked).filter(assessment=source)
    else:
        rows = _elsewhere(assessment, edition.organisation_wide.intersection(asked))
        newest = rows.values("question__key").annotate(at=Max("at"))
        rows = rows.filter(at__in=newest.values("at"))
    found: dict[str, Answer] = {}
    for row in rows.select_related("question", "assessment__use__system", "by").order_by("at", "pk"):
        if _value_here(edition, declared, row) is not None:
            found[row.question.key] = row
    return [found[key] for key in asked if key in found]


def _value_here(edition: CompiledEdition, declared: Declared, source: Answer) -> dict[str, Any] | None:
    """An answer from elsewhere as it would read here; None where it would be none."""
    question = edition.questions.get(source.question.key)
    if question is None:
        return None
    items = {item.key for item in declared.items(edition, question)}
    value = {**source.record(), "items": {key: given for key, given in source.items.items() if key in items}}
    if question.figure is None:
        value.pop("figure", None)
    try:
        answering_answers.check_answer(question, items, value, declared.context, edition)
    except InvalidAnswer:
        return None
    return value


@transaction.atomic
def copy_answers(
    assessment: Assessment, sources: Iterable[Answer], *, by: User, standing: Collection[str] = ()
) -> list[Answer]:
    """Take answers over from other assessments of the organisation, each to be confirmed; returns the new rows.

    `standing`: the questions whose answer is true as it stands and needs no word of anybody; who gave it stays its author.

    What is answered here already is left as it is, and so is what would not be an answer here: a question that is not
    asked, a line that this checklist lacks, *not applicable* where it is none.
    """
    roles.require(by, Action.ANSWER, assessment)
    assessment = Assessment.objects.lock(assessment.pk)
    if assessment.state != State.DRAFT:
        raise Locked(_("Answers can be copied only while the assessment is a draft."))
    edition, declared = assessment.compiled(), assessment.declared()
    targets = roles.assigned_targets(by, assessment)
    asked = {question.key: question for question in declared.questions(edition)}
    have = set(assessment.answers.values_list("question__key", flat=True))
    ids = question_ids(assessment.edition_id, assessment.edition.published_at)
    rows = []
    for source in sources:
        question = asked.get(source.question.key)
        if question is None or question.key in have or source.assessment.organisation_id != assessment.organisation_id:
            continue
        if targets is not None and question.key not in targets and question.section not in targets:
            continue
        value = _value_here(edition, declared, source)
        if value is None:
            continue
        have.add(question.key)
        row = _copy(source, value)
        row.assessment, row.question_id = assessment, ids[question.key]
        row.by, row.to_confirm = (source.by, False) if question.key in standing else (by, True)
        rows.append(row)
    Answer.objects.bulk_create(rows)
    AnswerRevision.objects.bulk_create(
        AnswerRevision(
            parent=row,
            number=1,
            operation=uuid.uuid4(),
            base=0,
            value=row.record(),
            by=by,
            outcome=RevisionOutcome.CARRIED,
        )
        for row in rows
    )
    return rows


def _copy(source: Answer, value: Mapping[str, Any]) -> Answer:
    """Return an unsaved answer with what another one says; `value`: as it reads here (`_value_here`)."""
    return Answer(
        choice=source.choice,
        items=value["items"],
        text=source.text,
        text_second_language=source.text_second_language,
        planned_for=source.planned_for,
        reason=source.reason,
        figure=value.get("figure", {}),
        language=source.language,
        carried_from=source,
    )


def copied_answers(assessment: Assessment) -> list[Answer]:
    """The answers that wait to be confirmed, with where they come from and their evidence: three queries."""
    rows = assessment.answers.filter(to_confirm=True)
    rows = rows.select_related("question", "carried_from__assessment__use__system", "carried_from__by", "by")
    return list(rows.prefetch_related("evidence_uses__evidence"))


def origins(answers: Iterable[Answer]) -> dict[int, Answer]:
    """Return the answer that each of these was copied from, with its author, by the copy's id. No query without a copy."""
    of_copy = {row.pk: row.carried_from_id for row in answers if row.carried_from_id is not None}
    found = Answer.objects.select_related("by").in_bulk(of_copy.values()) if of_copy else {}
    return {pk: found[source] for pk, source in of_copy.items() if source in found}


def count_copied(assessment: Assessment) -> int:
    """Return how many answers were copied from other assessments, confirmed or not: one query."""
    return assessment.answers.exclude(carried_from=None).count()


def confirm_copied(assessment: Assessment, question: str, *, by: User, base: int) -> answering_answers.AnswerSaved:
    """Say that a carried answer is true here: from then on it is an answer like any other, of whoever confirmed it.

    Raises Conflict where it was changed meanwhile, Locked and NotPermitted as `answers.save_answer` does.
    """
    row = assessment.answers.filter(question__key=question).select_related("by").first()
    if row is None or not row.to_confirm:
        raise WorkflowError(
            _("There is nothing left to confirm, because the answer has already been confirmed or changed.")
        )
    if row.revision != base:
        words = _("%(name)s changed this answer while you were reading it. Check the answer again.")
        raise Conflict(words % {"name": row.by}, row)
    value = {**row.record(), "planned_for": row.planned_for, "language": row.language}
    return answering_answers.save_answer(assessment, question, value, by=by, base=base, operation=uuid.uuid4())
