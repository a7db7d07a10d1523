"""The posts of a plan: counted truly, and none that the use does not have."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from assessments.guideline.conditions import Answer
from assessments.guideline.terms import UNKNOWN
from assessments.scoring.case_file import Case, assess
from assessments.scoring.order import missing_words
from tests.advice.profiles import FIRST, bank, blank, profiles, ranked, worked_cases

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}
ENGINEERS = "model-lead"
WORDS = re.compile(r"algorithm engineer|engineering lead", re.IGNORECASE)


def owners(case: Case, **facts: Answer) -> list[str]:
    return [action.owner for action in ranked(assess(bank(), replace(blank(case), facts={**case.facts, **facts})))]


@pytest.mark.parametrize("id", CASES)
def test_the_posts_that_have_work_and_those_of_the_urgent_actions_are_counted_apart(id: str) -> None:
    actions = ranked(assess(bank(), CASES[id]))
    others = [action for action in actions if action.question != "vacant-post"]
    named = next((action for action in actions if action.question == "vacant-post"), None)
    assert (named is not None) == (len({action.owner for action in others}) > 3)
    if named is not None:
        urgent = {action.owner for action in others if action.rank <= FIRST or action.blocking}
        assert f"each of the {len(urgent)} posts responsible for the most urgent actions" in named.title
        every = len({action.owner for action in actions})
        counted = f"gives work to {every} posts; {len(urgent)} of" if len(urgent) < every else f"to {every} posts. Each"
        assert counted in named.why_here


def test_where_every_post_has_an_urgent_action_the_posts_are_counted_once() -> None:
    told = missing_words("vacant-post", {"count": "5", "all": "5"})
    assert told == "the plan gives work to 5 posts. Each needs a named person. One person can hold several posts"
    assert missing_words("vacant-post", {"count": "5", "all": "6"}) == ""


def test_whoever_uses_a_model_as_supplied_has_no_engineers_of_it() -> None:
    for case in CASES.values():
        assert ENGINEERS not in owners(case, model_source=("third_party",)), case.id


@pytest.mark.parametrize("source", [("own_trained",), ("third_party", "fine_tuned"), UNKNOWN])
def test_whoever_trains_a_model_or_does_not_know_keeps_its_engineers(source: Answer) -> None:
    assert any(ENGINEERS in owners(case, model_source=source) for case in CASES.values())


def test_the_owner_of_the_system_takes_over_what_would_be_the_engineers() -> None:
    order = bank().order
    assert order is not None
    assert order.owner(ENGINEERS, {"model_source": ("third_party",)}) == "product-owner"
    assert order.owner("legal-counsel", {"model_source": ("third_party",)}) == "legal-counsel"


def test_no_section_says_that_engineers_know_whom_a_buyer_does_not_have() -> None:
    intros = {section.key: section.intro for section in bank().sections}
    assert intros
    assert [key for key, intro in intros.items() if WORDS.search(intro)] == []
    assert WORDS.search("The algorithm engineering lead usually knows.")
