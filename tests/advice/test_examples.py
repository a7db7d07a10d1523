"""Why a practice matters is told without an example from a trade that the use has nothing to do with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assessments.scoring.case_file import Case, assess
from tests.advice.profiles import bank, blank, profiles, ranked, worked_cases
from tests.advice.test_words import strangers

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}


def chat_of_a_clinic_for_animals() -> Case:
    """A chat on a website that answers questions and books by itself, with a supplier's model, at High."""
    facts = {
        "worst_credible_effect": "serious", "reversibility": "never", "decision_autonomy": "fully_automated",
        "agentic_actions": True, "output_used_for": "information", "public_facing": True, "open_prompt": True,
        "takes_user_input": True, "relied_on_advice": False, "model_source": ("third_party",), "sector": "none",
        "minors_or_vulnerable_users": False, "vulnerable_kind": (), "ranks_or_prices_people": False,
        "trains_on_user_data": True, "service_areas": ("knowledge_qa", "ai_agents"), "modalities": ("text",),
        "healthcare_diagnosis": False, "human_reviewer_qualified": "none",
    }  # fmt: skip
    case = CASES["budget-airline-chat"]
    return replace(blank(case), id="clinic for animals", facts={**case.facts, **facts})


@pytest.mark.parametrize("id", CASES)
def test_no_reason_names_a_thing_that_the_facts_exclude(id: str) -> None:
    assessed = assess(bank(), blank(CASES[id]))
    found = [
        (question.key, word, question.why)
        for question in assessed.questions
        for word in strangers(question.why, assessed.case)
    ]
    assert found == []


def test_a_booking_chat_is_told_of_no_candidates_no_race_and_no_harmful_code() -> None:
    assessed = assess(bank(), chat_of_a_clinic_for_animals())
    actions = ranked(assessed)
    assert {"fairness", "tier-high-human-in-the-loop", "prohibited-uses"} <= {action.question for action in actions}
    for action in actions:
        for text in (action.title, action.why, action.why_here, *action.steps, *action.closes):
            assert strangers(text, assessed.case) == [], (action.question, text)
