"""A line of the register counts once in a use, also where a question extends it to a part that owes it anyway."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.edition import Edition
from assessments.guideline.readiness_rules import ReadinessRules
from assessments.guideline.terms import Choice, Dimension, Stakeholder
from assessments.scoring.findings import find
from assessments.scoring.inputs import Answers, AnswerValue, Declared
from assessments.scoring.readiness import (
    counted_as,
    dimension_values,
    duty_credits,
    score_assessment,
    sources,
)
from tests.support.editions import POLICY, declare, duty, fact, make_ordered_edition, planned, practice, reason

PROVIDER, ORGANISATION = Stakeholder.PROVIDER, Stakeholder.ORGANISATION
BOTH = (PROVIDER, ORGANISATION)
IN_PLACE, PARTLY, MISSING = (AnswerValue(choice) for choice in (Choice.IN_PLACE, Choice.PARTLY, Choice.NOT_IN_PLACE))
SMALL = make_ordered_edition(
    [duty("line", scope="owed"), duty("other", roles=BOTH)],
    [
        planned(practice("own", "line")),
        planned(practice("more", "line+more", stakeholders=BOTH), extends=[reason("more", "line", *BOTH)]),
        planned(practice("other", "other", stakeholders=BOTH)),
    ],
    facts=[fact("owed")],
)
OWED = declare(PROVIDER, owed=True)


def credits(declared: Declared, answers: Answers, edition: Edition = SMALL) -> dict[str, int | None]:
    return {one.requirement: one.half_credits for one in duty_credits(edition, declared, answers, final=True)}


def privacy(declared: Declared, answers: Answers, edition: Edition = SMALL) -> Decimal | None:
    value = score_assessment(edition, declared, answers, final=True).dimensions[Dimension.PRIVACY].value
    if len(answers) == len(edition.questions):
        assert value == dimension_values(edition, declared, answers)[Dimension.PRIVACY]  # what a save stores
    return value


@pytest.mark.parametrize(
    ("own", "more", "half_credits", "value"),
    [
        (IN_PLACE, IN_PLACE, 2, "100.0"),
        (IN_PLACE, MISSING, 0, "50.0"),  # 75.0 if it counted twice
        (MISSING, IN_PLACE, 0, "50.0"),
        (IN_PLACE, PARTLY, 1, "75.0"),
    ],
)
def test_where_the_line_is_owed_it_counts_once_by_the_lower_credit(
    own: AnswerValue, more: AnswerValue, half_credits: int, value: str
) -> None:
    answers = {"own": own, "more": more, "other": IN_PLACE}
    assert credits(OWED, answers) == {"line": half_credits, "other": 2}
    assert privacy(OWED, answers) == Decimal(value)


def test_an_extension_that_does_not_apply_leaves_the_credit_of_the_line() -> None:
    answers = {"own": IN_PLACE, "more": AnswerValue(Choice.NOT_APPLICABLE), "other": IN_PLACE}
    assert credits(OWED, answers) == {"line": 2, "other": 2}


@pytest.mark.parametrize("declared", [declare(ORGANISATION, owed=True), declare(PROVIDER, owed=False)])
def test_where_the_line_is_not_owed_its_extension_counts_by_itself(declared: Declared) -> None:
    answers = {"more": MISSING, "other": IN_PLACE}
    assert credits(declared, answers) == {"line+more": 0, "other": 2}


def test_a_use_of_two_parts_counts_the_line_once_for_both() -> None:
    assert counted_as(SMALL, declare(*BOTH, owed=True)) == {"line": "line", "line+more": "line", "other": "other"}


def test_each_question_that_leaves_the_line_short_still_makes_its_finding() -> None:
    answers = {"own": MISSING, "more": MISSING, "other": IN_PLACE}
    found = find(SMALL, OWED, answers, final=True)
    assert [(one.question, one.requirement) for one in found] == [("own", "line"), ("more", "line+more")]


def test_a_line_is_of_the_organisation_only_where_all_that_speaks_of_it_is() -> None:
    section = SMALL.sections[0]
    own, more, other = section.questions
    policy = replace(POLICY, readiness=ReadinessRules(5, 3))

    def edition(*questions: object) -> Edition:
        return replace(SMALL, policy=policy, sections=(replace(section, questions=questions),))

    answers = {"own": IN_PLACE, "more": IN_PLACE, "other": MISSING}
    shared = edition(replace(own, organisation_wide=True), replace(more, organisation_wide=True), other)
    assert privacy(OWED, answers, shared) == Decimal("33.3")
    assert privacy(OWED, answers, edition(own, replace(more, organisation_wide=True), other)) == Decimal("50.0")


@pytest.mark.long
@given(st.data())
def test_no_line_of_the_shipped_edition_counts_beside_its_own_extension(edition: Edition, data: st.DataObject) -> None:
    facts = {
        key: tuple(map(str, one.values)) if one.many else data.draw(st.sampled_from(one.values))
        for key, one in edition.facts.items()
    }
    parts = data.draw(st.lists(st.sampled_from(Stakeholder), min_size=1, max_size=3, unique=True).map(tuple))
    declared = Declared(facts, parts, data.draw(st.sampled_from(["limited", "high"])))
    counted = [one.requirement for one in duty_credits(edition, declared, {}, final=True)]
    assert len(counted) == len(set(counted))
    assert not {edition.line(id) for id in counted if id in edition.extensions} & set(counted)
    asked = {duty.id for source in sources(edition, declared) for duty in source.duties}
    assert {edition.line(id) for id in asked} == {edition.line(id) for id in counted}
