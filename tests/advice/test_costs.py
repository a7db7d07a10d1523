"""What a measure costs is said where it costs something, with the other way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assessments.guideline.terms import Tier
from assessments.scoring.case_file import Case, assess
from assessments.scoring.remediation import ProposedAction
from tests.advice.profiles import bank, blank, chat_of_a_clinic_for_animals, plan_of, profiles, ranked

CONFIRMS = "tier-high-human-in-the-loop"


def confirming(case: Case) -> ProposedAction:
    return next(action for action in ranked(assess(bank(), case)) if action.question == CONFIRMS)


def test_confirming_each_output_of_a_chat_that_works_by_itself_ends_that_and_a_limit_is_the_other_way() -> None:
    step = confirming(chat_of_a_clinic_for_animals()).steps[1]
    assert "no longer runs unattended" in step
    assert "Or limit" in step


def test_nothing_is_said_of_costs_where_a_person_decides_already() -> None:
    case = chat_of_a_clinic_for_animals()
    case = replace(case, facts={**case.facts, "decision_autonomy": "human_approves", "critical_infrastructure": True})
    assert assess(bank(), case).result.assigned_tier == Tier.HIGH
    assert not any("Choose one of two options" in step for step in confirming(case).steps)


def test_a_machine_is_not_confirmed_but_watched_or_kept_where_it_can_do_no_harm() -> None:
    case = profiles()["airport-island-robotaxi"]
    (step,) = (step for step in confirming(blank(case)).steps if step.startswith("Choose one of two options"))
    assert "confirm" not in step
    assert "limit it to places and speeds" in step


@pytest.mark.parametrize("id", profiles())
def test_the_first_step_stays_the_stopgap(id: str) -> None:
    for action in ranked(plan_of(id)):
        assert action.steps[0] == action.stopgap or not action.stopgap
