"""Why a practice matters is told without an example from a trade that the use has nothing to do with."""

from __future__ import annotations

import pytest

from assessments.scoring.case_file import assess
from tests.advice.profiles import bank, blank, chat_of_a_clinic_for_animals, profiles, ranked, worked_cases
from tests.advice.words import strangers

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}


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
