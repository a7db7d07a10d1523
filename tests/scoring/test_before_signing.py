"""What a signature would freeze: the numbers that each save of a complete draft stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.edition import Edition
from assessments.guideline.terms import Choice, Dimension, Stakeholder, Tier
from assessments.scoring.before_signing import numbers_if_signed
from assessments.scoring.conditions import SELF_CERTIFICATION, may_have_date
from assessments.scoring.findings import FindingKind, find
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import band, credits_of, dimension_values, score_assessment

CHOICES = [Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE, Choice.UNKNOWN, Choice.NOT_APPLICABLE]


def complete(edition: Edition, pattern: list[Choice]) -> dict[str, AnswerValue]:
    """Answer every question, by a repeating pattern; of a checklist the first item is ticked where something is in place."""
    answers = {}
    for number, question in enumerate(edition.questions.values()):
        choice = pattern[number % len(pattern)]
        if question.is_checklist and choice not in (Choice.UNKNOWN, Choice.NOT_APPLICABLE):
            ticks = frozenset({question.items[0].key}) if choice == Choice.IN_PLACE else frozenset()
            answers[question.key] = AnswerValue(Choice.TICKED, ticks)
        else:
            answers[question.key] = AnswerValue(choice)
    return answers


def as_frozen(edition: Edition, declared: Declared, answers: Answers) -> tuple[Mapping[Dimension, Any], int, int]:
    """The scores, and the answers that may get a date and that may not, by the findings of a signed submission."""
    met = frozenset({SELF_CERTIFICATION}) if declared.tier == Tier.LOW else frozenset()
    scores = score_assessment(edition, declared, answers, final=True, met=met).dimensions
    blocking: dict[str, list[dict[str, str]]] = {}
    for one in find(edition, declared, answers, final=True, met=met):
        if one.blocking and one.kind != FindingKind.NOT_APPLICABLE:
            said = {"class": one.class_key, "requirement": one.requirement, "kind": str(one.kind)}
            blocking.setdefault(one.question, []).append(said)
    dated = sum(may_have_date(found, declared.tier) for found in blocking.values())
    return scores, dated, len(blocking) - dated


@given(
    parts=st.lists(st.sampled_from(Stakeholder), min_size=1, max_size=3, unique=True).map(tuple),
    tier=st.sampled_from([Tier.LOW, Tier.LIMITED, Tier.HIGH]),
    pattern=st.lists(st.sampled_from(CHOICES), min_size=1, max_size=7),
)
def test_the_numbers_of_a_complete_draft_are_those_that_a_signature_freezes(edition, parts, tier, pattern):
    declared, answers = Declared({}, parts, tier), complete(edition, pattern)
    credits = credits_of(edition, declared, answers)
    values = dimension_values(edition, declared, answers, credits)
    found = numbers_if_signed(edition, declared, answers, credits=credits, values=values)
    scores, dated, undated = as_frozen(edition, declared, answers)
    assert (found["dated"], found["undated"]) == (dated, undated)
    lowest = edition.policy.bands[-1][1]
    for key in Dimension:
        number, score = found["dimensions"][str(key)], scores[key]
        assert number["value"] == (None if score.value is None else str(score.value))
        if band(edition.policy, score.value) == lowest:
            assert number["duties"] == score.duties  # the rules ask there how many there are
