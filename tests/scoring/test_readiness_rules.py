"""Answers of the whole organisation carry at most a third of a dimension. All numbers can be checked by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from assessments.guideline.readiness_rules import ReadinessRules
from assessments.guideline.terms import Choice, Dimension, Principle
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.readiness import dimension_values, score_assessment
from tests.support.editions import POLICY, declare, duty, make_edition, practice

IN_PLACE, MISSING = AnswerValue(Choice.IN_PLACE), AnswerValue(Choice.NOT_IN_PLACE)


RULES = ReadinessRules(5, 3)


def edition_of(own: int, shared: int, *, rules: ReadinessRules | None = RULES):
    """An edition with so many musts about one use, and so many about the whole organisation."""
    keys = [f"own-{n}" for n in range(own)] + [f"shared-{n}" for n in range(shared)]
    questions = [replace(practice(key, key), organisation_wide=key.startswith("shared")) for key in keys]
    edition = make_edition([duty(key) for key in keys], questions)
    return replace(edition, policy=replace(POLICY, readiness=rules))


def privacy(edition, in_place: str):
    answers = {key: IN_PLACE if key.startswith(in_place) else MISSING for key in edition.questions}
    value = score_assessment(edition, declare(), answers, final=True).dimensions[Dimension.PRIVACY].value
    assert value == dimension_values(edition, declare(), answers)[Dimension.PRIVACY]  # what a save stores
    return value


@pytest.mark.parametrize(
    ("own", "shared", "in_place", "value"),
    [
        (2, 1, "shared", "33.3"),  # a third already: nothing to cap
        (2, 4, "shared", "33.3"),  # two thirds without the cap
        (2, 4, "own", "66.7"),
        (4, 1, "shared", "20.0"),  # less than a third stays what it is
        (2, 4, "nothing", "0.0"),
    ],
)
def test_answers_of_the_organisation_carry_at_most_a_third(own, shared, in_place, value):
    assert privacy(edition_of(own, shared), in_place) == Decimal(value)


def test_answers_of_the_organisation_alone_give_no_figure():
    assert privacy(edition_of(0, 4), "shared") is None


def test_without_the_rule_both_count_alike():
    assert privacy(edition_of(2, 4, rules=None), "shared") == Decimal("66.7")


def test_a_duty_of_which_an_answer_about_the_use_speaks_too_is_not_shared():
    edition = edition_of(1, 1)
    both = replace(practice("both", "shared-0"), organisation_wide=False)
    section = replace(edition.sections[0], questions=(*edition.sections[0].questions, both))
    assert privacy(replace(edition, sections=(section,)), "own") == Decimal("50.0")


def test_only_dimensions_are_capped():
    edition = edition_of(2, 4)
    answers = {key: IN_PLACE if key.startswith("shared") else MISSING for key in edition.questions}
    card = score_assessment(edition, declare(), answers, final=True)
    assert card.principles[Principle.COMPLIANCE].value == Decimal("66.7")


def test_the_third_release_names_the_rules(edition):
    assert edition.policy.readiness == ReadinessRules(least_duties=5, organisation_part=3)
    assert edition.policy.words["readiness.organisation_part"]
