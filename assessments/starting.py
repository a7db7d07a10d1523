"""Starting fast: taking an inventory, a model card's suggestions, and answers that stand elsewhere already.

Nothing here counts by itself: an import is read first and taken by a second press, a suggestion is confirmed, a carried
answer is unanswered until somebody has confirmed it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import access, declaring
from assessments.access import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.errors import Conflict, InvalidAnswer, Locked, NotPermitted, WorkflowError
from assessments.exchange import inventory
from assessments.exchange.model_card import Suggestion
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Choice
from assessments.models import (
    AISystem,
    Answer,
    AnswerRevision,
    Assessment,
    DeclaredFact,
    DeclaredUse,
    Edition,
    FactRevision,
    FactSuggestion,
    ImportDraft,
    Organisation,
    Question,
    RevisionOutcome,
    SavedFilter,
    State,
    User,
)
from assessments.models.questionnaires import question_ids
from assessments.scoring.inputs import Declared

LONGEST_QUERY = 400  # the column of SavedFilter

# --- an inventory ----------------------------------------------------------------------------------------------------


@transaction.atomic
def keep_import(organisation: Organisation, data: bytes, *, by: User, file_name: str) -> ImportDraft:
    """Read and check an inventory and keep it for the second press; raises exchange.tables.Unreadable."""
    access.require(by, Action.REGISTER, organisation)
    edition = Edition.objects.current().compiled()
    table = inventory.read(data)
    rows = inventory.check(table, inventory.Register.of(organisation, edition), edition)
    # Whoever chose a file again has no use for what was read of the former one.
    ImportDraft.objects.filter(organisation=organisation, by=by, taken_at=None).delete()
    return ImportDraft.objects.create(
        organisation=organisation, by=by, file_name=file_name[:255], rows=inventory.as_json(rows, table.ignored)
    )


@dataclass(frozen=True, slots=True)
class Taken:
    systems: int
    uses: int
    left_out: int  # rows that were good when they were read and are in the register by now


@transaction.atomic
def take_import(draft: ImportDraft, *, by: User) -> Taken:
    """Register the good rows of an import, at once and once: a second press raises WorkflowError and takes nothing.

    The queries are the same for one row and for two thousand, but for the batches in which the database takes them.
    """
    access.require(by, Action.REGISTER, draft.organisation)
    # The lock of two imports of one organisation: the second sees what the first has registered.
    organisation = Organisation.objects.select_for_update().get(pk=draft.organisation_id)
    if not ImportDraft.objects.filter(pk=draft.pk, taken_at=None).update(taken_at=timezone.now()):
        raise WorkflowError(_("These rows were taken already. Nothing was registered twice."))
    edition = Edition.objects.current().compiled()
    register = inventory.Register.of(organisation, edition)
    rows = inventory.good_rows(draft.rows)
    fresh = [row for row in rows if not _is_registered(row, register)]
    systems = _new_systems(organisation, fresh, register)
    uses = _new_uses(organisation, fresh, systems)
    taken = Taken(sum(isinstance(one, AISystem) for one in systems.values()), len(uses), len(rows) - len(fresh))
    _declare_imported(fresh, systems, by=by)
    log.record(
        AuditKind.INVENTORY_IMPORTED,
        draft,
        by=by,
        organisation=organisation,
        details={
            "file": draft.file_name,
            "systems": [one.reference for one in systems.values() if isinstance(one, AISystem)],
            "uses": [use.reference for use in uses],
        },
    )
    return taken


def _is_registered(row: Mapping[str, Any], register: inventory.Register) -> bool:
    known = register.named(row["system"]["name"], row["system"]["version"])
    if not known:
        return False
    title = " ".join(row["use"]["title"].split()).casefold() if row["use"] else ""
    return not title or any(title in one.titles for one in known)


def _new_systems(
    organisation: Organisation, rows: Iterable[Mapping[str, Any]], register: inventory.Register
) -> dict[str, AISystem | int]:
    """The system of each group of rows: a new one, or the id of the one that is registered."""
    systems: dict[str, AISystem | int] = {}
    for row in rows:
        if row["group"] not in systems:
            known = register.named(row["system"]["name"], row["system"]["version"])
            systems[row["group"]] = known[0].pk if known else AISystem(organisation=organisation, **row["system"])
    AISystem.objects.bulk_create([one for one in systems.values() if isinstance(one, AISystem)], batch_size=500)
    return systems


def _new_uses(
    organisation: Organisation, rows: Iterable[Mapping[str, Any]], systems: Mapping[str, AISystem | int]
) -> list[DeclaredUse]:
    return DeclaredUse.objects.bulk_create(
        [
            DeclaredUse(organisation=organisation, system_id=_pk_of(systems[row["group"]]), **row["use"])
            for row in rows
            if row["use"]
        ],
        batch_size=500,
    )


def _pk_of(system: AISystem | int) -> int:
    return system if isinstance(system, int) else system.pk


def _declare_imported(rows: Iterable[Mapping[str, Any]], systems: Mapping[str, AISystem | int], *, by: User) -> None:
    """Store the facts of the new systems. No tier is worked out: of a use about which nothing is known it would only
    say the worst, five hundred times over."""
    facts: dict[tuple[str, str], DeclaredFact] = {}
    for row in rows:
        system = systems[row["group"]]
        if isinstance(system, AISystem):
            for key, value in row["facts"].items():
                new = DeclaredFact(system=system, use=None, key=key, value=value, revision=1, by=by)
                facts.setdefault((row["group"], key), new)
    DeclaredFact.objects.bulk_create(facts.values(), batch_size=500)
    FactRevision.objects.bulk_create(
        [
            FactRevision(
                parent=fact,
                number=1,
                operation=uuid.uuid4(),
                base=0,
                value={"value": fact.value, "reason": ""},
                by=by,
            )
            for fact in facts.values()
        ],
        batch_size=500,
    )


# --- the portfolio -----------------------------------------------------------------------------------------------------


def keep_filter(user: User, name: str, query: str) -> SavedFilter:
    """Keep a filter of the portfolio under a name of one's own; InvalidAnswer where one has that name already."""
    if not query:
        raise WorkflowError(_("Nothing is chosen: the filter would show everything. Choose something first."))
    if len(query) > LONGEST_QUERY:
        raise WorkflowError(_("The filter is too long to be kept. Search for fewer words."))
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(user=user, name=name, query=query)
    except IntegrityError:
        raise InvalidAnswer("name", _("You have a filter of this name already.")) from None


def forget_filter(one: SavedFilter, *, by: User) -> None:
    if one.user_id != by.pk:
        raise NotPermitted(_("A filter is its owner's own."))
    one.delete()


# --- a model card ----------------------------------------------------------------------------------------------------


@transaction.atomic
def suggest(use: DeclaredUse, found: Iterable[Suggestion], *, by: User, source: str) -> int:
    """Keep what a model card suggests, in the place of what an earlier card did; returns how many stay open.

    What is declared already just as the card says is not asked again.
    """
    access.require(by, Action.DECLARE, use)
    DeclaredUse.objects.select_for_update().get(pk=use.pk)
    declared = {row.key: row.value for row in use.fact_rows()}
    now = timezone.now()
    FactSuggestion.objects.filter(use=use, settled_at=None).update(settled_at=now)
    rows = [
        FactSuggestion(use=use, key=one.key, value=one.value, source=source[:160], quote=one.quote[:400], by=by)
        for one in found
        if declared.get(one.key) != one.value
    ]
    FactSuggestion.objects.bulk_create(rows)
    return len(rows)


@transaction.atomic
def confirm_suggestions(use: DeclaredUse, ids: Collection[int], *, by: User, replace: bool = False) -> tuple[str, ...]:
    """Declare the facts as suggested; returns the keys that changed. What is answered already is touched only with
    `replace`, which a person presses beside both answers. Raises as `declaring.declare_facts` does."""
    access.require(by, Action.DECLARE, use)
    DeclaredUse.objects.select_for_update().get(pk=use.pk)
    rows = list(FactSuggestion.objects.filter(use=use, settled_at=None, pk__in=ids))
    have = {row.key for row in use.fact_rows()}
    chosen = [row for row in rows if replace or row.key not in have]
    facts = {row.key: row.value for row in chosen if not row.key.startswith("note.")}
    if not facts:
        raise WorkflowError(_("Nothing was confirmed: what you chose has an answer already, or was settled."))
    saved = declaring.declare_facts(use, facts, by=by)
    FactSuggestion.objects.filter(pk__in=[row.pk for row in chosen]).update(settled_at=timezone.now())
    return saved.changed


@transaction.atomic
def dismiss_suggestions(use: DeclaredUse, ids: Collection[int], *, by: User) -> int:
    """Put suggestions away; returns how many."""
    access.require(by, Action.DECLARE, use)
    return FactSuggestion.objects.filter(use=use, settled_at=None, pk__in=ids).update(settled_at=timezone.now())


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


def offer_for(assessment: Assessment, asked: Collection[str], *, to_confirm: int) -> Offer:
    """What could be taken over of what is `asked` (question keys): one query, however many assessments there are.

    It reads an answer of each other assessment: a page that knows what is answered here asks for the rest alone.
    """
    wanted = assessment.compiled().organisation_wide.intersection(asked)
    if assessment.state != State.DRAFT:
        wanted = frozenset()
    rows = _elsewhere(assessment, sorted(wanted)).values_list("question__key").annotate(at=Max("at"))
    found = list(rows) if wanted else []
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
        declaring.check_answer(question, items, value, declared.context, edition)
    except InvalidAnswer:
        return None
    return value


@transaction.atomic
def carry(
    assessment: Assessment, sources: Iterable[Answer], *, by: User, standing: Collection[str] = ()
) -> list[Answer]:
    """Take answers over from other assessments of the organisation, each to be confirmed; returns the new rows.

    `standing`: the questions whose answer is true as it stands and needs no word of anybody; who gave it stays its author.

    What is answered here already is left as it is, and so is what would not be an answer here: a question that is not
    asked, a line that this checklist lacks, *not applicable* where it is none.
    """
    access.require(by, Action.ANSWER, assessment)
    assessment = Assessment.objects.lock(assessment.pk)
    if assessment.state != State.DRAFT:
        raise Locked(_("Answers can be taken over while the assessment is a draft."))
    edition, declared = assessment.compiled(), assessment.declared()
    targets = access.assigned_targets(by, assessment)
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
        rows.append(
            Answer(
                assessment=assessment,
                question_id=ids[question.key],
                choice=source.choice,
                items=value["items"],
                text=source.text,
                text_second_language=source.text_second_language,
                planned_for=source.planned_for,
                reason=source.reason,
                figure=value.get("figure", {}),
                language=source.language,
                by=source.by if question.key in standing else by,
                carried_from=source,
                to_confirm=question.key not in standing,
            )
        )
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


def carried(assessment: Assessment) -> list[Answer]:
    """The answers that wait to be confirmed, with where they come from and their evidence: three queries."""
    rows = assessment.answers.filter(to_confirm=True)
    rows = rows.select_related("question", "carried_from__assessment__use__system", "carried_from__by", "by")
    return list(rows.prefetch_related("evidence_uses__evidence"))


def confirm_carried(assessment: Assessment, question: str, *, by: User, base: int) -> declaring.AnswerSaved:
    """Say that a carried answer is true here: from then on it is an answer like any other, of whoever confirmed it.

    Raises Conflict where it was changed meanwhile, Locked and NotPermitted as `declaring.save_answer` does.
    """
    row = assessment.answers.filter(question__key=question).select_related("by").first()
    if row is None or not row.to_confirm:
        raise WorkflowError(_("There is nothing to confirm any more: the answer was confirmed or changed."))
    if row.revision != base:
        words = _("%(name)s changed this answer while you were reading. Look at it again.")
        raise Conflict(words % {"name": row.by}, row)
    value = {**row.record(), "planned_for": row.planned_for}
    return declaring.save_answer(
        assessment, question, value, by=by, base=base, operation=uuid.uuid4(), language=row.language
    )
