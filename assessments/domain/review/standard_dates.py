"""When an action is due that a reviewer asks for on accepting an answer, where no date is chosen."""

from __future__ import annotations

from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Strength
from assessments.scoring.inputs import Declared


def standard_days(edition: Edition, declared: Declared, question: Question) -> int:
    """Return how many days after the approval an agreed action without a date is due: as a duty of its greatest strength is.

    Our judgement.
    """
    return edition.policy.due_days[declared.tier][strength_of(edition, declared, question)]


def strength_of(edition: Edition, declared: Declared, question: Question) -> Strength:
    """Return the greatest strength among the duties in scope that a question asks for."""
    duties = (edition.requirements[id] for id in question.requirements)
    strengths = (duty.strength for duty in duties if declared.in_scope(duty))
    return min(strengths, key=list(Strength).index, default=Strength.CONSIDER)
