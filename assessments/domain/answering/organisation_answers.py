"""What is true of the whole organisation: answered once, inherited by every other use with who said it and when.

An inherited answer counts at once. Somebody confirms it at the renewal of a use, where the practice speaks of each use
by name, and where the words of the answer speak of the use or the people of another. Which questions are the
organisation's is said by the edition (`organisation_wide`, `confirm_here`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from assessments.domain.answering import carry_over, reuse
from assessments.domain.answering import start as answering_start
from assessments.guideline.terms import Choice
from assessments.guideline.wording import PEOPLE_WORDS
from assessments.models import Answer, Assessment, DeclaredUse, User


@transaction.atomic
def start(use: DeclaredUse, *, by: User) -> Assessment:
    """Open the assessment of a use with what stands already; the open one is returned as it is.

    Of a use that was assessed before, the former answers are taken over, each to be confirmed. Then what the
    organisation has answered for another use is inherited. Raises as `start.start_assessment`.
    """
    before = use.assessments.order_by("-pk").first()
    assessment = answering_start.start_assessment(use, by=by)
    if before is not None and before.pk == assessment.pk:
        return assessment
    if assessment.follows_id:
        carry_over.take_over(assessment, by=by)
    inherit(assessment, by=by)
    return assessment


@transaction.atomic
def inherit(assessment: Assessment, *, by: User) -> list[Answer]:
    """Take over the newest answers about the organisation that other uses have and this draft lacks.

    An edition without an order of its own, before release 3, inherits nothing by itself.
    """
    if assessment.compiled().order is None:
        return []
    asked = [question.key for question in assessment.declared().questions(assessment.compiled())]
    return take_over(assessment, reuse.offered(assessment, asked), by=by)


@transaction.atomic
def take_over(assessment: Assessment, sources: Iterable[Answer], *, by: User) -> list[Answer]:
    """Take over answers about the organisation, with the name and the day of the person who gave them.

    They count at once, unless the use is renewed, the planned day of an answer is over, the practice speaks of each use,
    as a register of uses does, or the words of an answer do: then somebody has to confirm them.
    """
    edition = assessment.compiled()
    sources = [source for source in sources if source.question.key in edition.organisation_wide]
    standing = (
        set()
        if assessment.follows_id
        else {s.question.key for s in sources if not _is_over(s) and not _speaks_of_its_use(s)}
    )
    standing -= {key for key in standing if edition.questions[key].confirm_here}
    rows = reuse.copy_answers(assessment, sources, by=by, standing=standing)
    for row in rows:
        if row.carried_from and not row.to_confirm:  # `at` says when it was answered, not when it was taken over
            Answer.objects.filter(pk=row.pk).update(at=row.carried_from.at)
    carry_over.carry_evidence(rows)
    if rows:
        carry_over.refresh(assessment)
    return rows


def is_inherited(answer: Answer | None) -> bool:
    """Tell whether an answer stands as another use gave it."""
    return answer is not None and answer.carried_from_id is not None and not answer.to_confirm and answer.revision == 1


_THE_USE = re.compile(
    rf"\b(?:(?:the|this|our) (?:use|system|tool|chat|assistant|chatbot)|children|minors|{'|'.join(PEOPLE_WORDS)})\b",
    re.I,
)


def _speaks_of_its_use(source: Answer) -> bool:
    """Tell whether the words of an answer name the use, its system or its people: they may be untrue of another use."""
    words = " ".join([source.text, source.text_second_language, source.reason, *map(str, source.items.values())])
    use = source.assessment.use
    names = (use.title, use.system.name, use.people_word)
    return bool(_THE_USE.search(words)) or any(name and name.lower() in words.lower() for name in names)


def _is_over(source: Answer) -> bool:
    return (
        source.choice == Choice.PLANNED and source.planned_for is not None and source.planned_for < timezone.localdate()
    )
