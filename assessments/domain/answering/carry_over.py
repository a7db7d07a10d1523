"""A new assessment of a use that was assessed before: what is taken over from the former one, and what is new in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from assessments.core.errors import WorkflowError
from assessments.domain import portfolio
from assessments.domain.answering import reuse
from assessments.guideline.edition import Item, Question
from assessments.models import Answer, Assessment, EvidenceUse, User
from assessments.models.assessments import DERIVED


@dataclass(frozen=True, slots=True)
class NewLines:
    """The lines of a known checklist that the former release did not have."""

    question: Question
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What a new assessment asks that the former one could not: new questions, and new lines of known ones."""

    questions: tuple[Question, ...]
    lines: tuple[NewLines, ...]

    def __bool__(self) -> bool:
        return bool(self.questions or self.lines)


def take_over(assessment: Assessment, *, by: User) -> list[Answer]:
    """Take over what keeps its meaning from the assessment that this one follows, each answer to be confirmed.

    An answer keeps its meaning where the question has the same key and kind; of a checklist those lines are taken that
    both releases have. What a newer release does not ask any more is left where it is. Call it inside `atomic`.
    """
    before = assessment.follows
    if before is None:
        return []
    former, asked = before.compiled(), [q.key for q in assessment.declared().questions(assessment.compiled())]
    was_asked = {question.key for question in before.declared().questions(former)}
    kept = {
        key
        for key in was_asked.intersection(asked)
        if former.questions[key].kind == assessment.compiled().questions[key].kind
    }
    rows = before.answers.filter(to_confirm=False, question__key__in=kept)
    sources = list(rows.select_related("question", "assessment", "by").order_by("pk"))
    carried = reuse.copy_answers(assessment, sources, by=by)
    carry_evidence(carried)
    refresh(assessment)
    return carried


@transaction.atomic
def copy(assessment: Assessment, sources: Iterable[Answer], *, by: User) -> list[Answer]:
    """Take answers over from other assessments, each to be confirmed, with their evidence; returns the new rows."""
    rows = reuse.copy_answers(assessment, sources, by=by)
    carry_evidence(rows)
    return rows


@dataclass(frozen=True, slots=True)
class ConfirmResult:
    """The questions whose carried answers were confirmed, and why others were not: (question, reason)."""

    done: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def confirm_several(assessment: Assessment, chosen: Iterable[tuple[str, int]], *, by: User) -> ConfirmResult:
    """Confirm carried answers, each by itself as `reuse.confirm_copied` does; one that fails holds up no other.

    `chosen`: the question of each and the revision that was shown. Raises NotPermitted.
    """
    done, problems = [], []
    for question, base in chosen:
        try:
            reuse.confirm_copied(assessment, question, by=by, base=base)
        except WorkflowError as error:
            problems.append((question, str(error)))
        else:
            done.append(question)
    return ConfirmResult(tuple(done), tuple(problems))


def news_in(assessment: Assessment) -> News:
    """Return what is new against the release of the assessment that this one follows; nothing where it is the same."""
    before = assessment.follows
    if before is None or before.edition_id == assessment.edition_id:
        return News((), ())
    former, edition, declared = before.compiled().questions, assessment.compiled(), assessment.declared()
    asked = declared.questions(edition)
    lines = []
    for question in asked:
        if question.is_checklist and question.key in former:
            known = {item.key for item in former[question.key].items}
            fresh = tuple(item for item in declared.items(edition, question) if item.key not in known)
            if fresh:
                lines.append(NewLines(question, fresh))
    return News(tuple(question for question in asked if question.key not in former), tuple(lines))


def carry_evidence(rows: Iterable[Answer]) -> None:
    """Attach to carried answers the evidence of those that they come from; withdrawn evidence is left behind."""
    carried = {row.carried_from_id: row for row in rows}
    leaning = EvidenceUse.objects.filter(answer__in=list(carried), evidence__withdrawn_at=None)
    for use in leaning.select_related("evidence").order_by("pk"):
        again = EvidenceUse.objects.create(
            evidence=use.evidence, answer=carried[use.answer_id], version=use.version, by=use.by
        )
        if use.needs_a_look:  # it says so here too: the column would otherwise hold this moment
            EvidenceUse.objects.filter(pk=again.pk).update(at=use.at)


def refresh(assessment: Assessment) -> None:
    """Work out the derived columns of an assessment anew and store them."""
    assessment.refresh_derived(assessment.declared(), assessment.answer_values())
    assessment.save(update_fields=DERIVED)
    portfolio.follow_newest(assessment)
