"""No question, line or remedy names a thing that the facts of its use exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from assessments.guideline.conditions import parse
from assessments.guideline.wording import action_words
from assessments.scoring.case_file import Assessed, Case, assess
from tests.advice.profiles import bank, blank, data, profiles, worked_cases

WORDS = data("words")["words"]


def everything_shown(assessed: Assessed) -> Iterator[tuple[str, str]]:
    """Every text that a use is shown with its questions and its plan, and where it stands."""
    edition = bank()
    family = edition.order.family(assessed.declared.facts) if edition.order else ""
    for question in assessed.questions:
        yield question.key, question.title
        yield question.key, question.text
        said = action_words(question, family, assessed.declared.facts)
        yield from ((f"{question.key} action", text) for text in (said.task, said.stopgap, said.gap))
        for item in assessed.declared.items(edition, question):
            yield f"{question.key}/{item.key}", item.text
            yield f"{question.key}/{item.key}", item.remedy.first_step
            yield f"{question.key}/{item.key}", item.remedy.closes_it
        if question.remedy:
            yield question.key, question.remedy.first_step
            yield question.key, question.remedy.closes_it


def strangers(text: str, case: Case) -> list[str]:
    """The words in a text for things that the facts of a case exclude."""
    return [
        word["key"]
        for word in WORDS
        if re.search(word["pattern"], text, re.IGNORECASE) and not parse(word["when"]).holds(case.facts, unknown=False)
    ]


CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}


@pytest.mark.parametrize("id", CASES)
def test_no_text_names_a_thing_that_the_facts_exclude(id: str) -> None:
    assessed = assess(bank(), blank(CASES[id]))
    found = [
        (where, word, text) for where, text in everything_shown(assessed) for word in strangers(text, assessed.case)
    ]
    assert found == []


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word["key"])
def test_a_planted_word_is_found_where_its_fact_is_false(word: dict[str, str]) -> None:
    without = [case for case in CASES.values() if not parse(word["when"]).holds(case.facts, unknown=False)]
    assert without
    assert all(word["key"] in strangers(word["planted"], case) for case in without)
