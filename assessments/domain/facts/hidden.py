"""Answers that are kept, but not asked for any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models import Assessment, DeclaredUse
from assessments.models.assessments import EDITABLE_STATES


@dataclass(frozen=True, slots=True, order=True)
class HiddenAnswer:
    """An answer that is kept, but asked for no more."""

    assessment: str  # reference
    question: str
    use: str
    title: str

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.assessment}/{self.question}"


def saving_hides() -> str:
    """Say that a change hides answers, before it is saved."""
    return _("Saving will hide some answers. Hidden answers are kept but do not count.")


def shown_answers(use: DeclaredUse, values: Iterable[str], edition: CompiledEdition) -> set[HiddenAnswer]:
    """Return the answers that count now and that facts of these keys could hide: of the use, or of all uses of its system."""
    found = Assessment.objects.for_dashboard().filter(state__in=EDITABLE_STATES)
    if any(key in edition.facts and edition.facts[key].level == "system" for key in values):
        found = found.filter(use__system=use.system_id)
    else:
        found = found.filter(use=use)
    shown = set()
    for assessment in found:
        answered = set(assessment.answers.values_list("question__key", flat=True))
        for question in assessment.declared().questions(assessment.compiled()) if answered else ():
            if question.key in answered:
                title = assessment.use.title
                shown.add(HiddenAnswer(assessment.reference, question.key, title, question.title))
    return shown
