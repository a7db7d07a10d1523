"""No question, line or remedy names a thing that the facts of its use exclude."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assessments.guideline.conditions import parse
from assessments.guideline.wording import action_words
from assessments.scoring.case_file import AssessedCase, Case, assess
from tests.advice.profiles import bank, blank, profiles, ranked, worked_cases
from tests.advice.words import WORDS, strangers


def everything_shown(assessed: AssessedCase) -> Iterator[tuple[str, str]]:
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
            yield f"{question.key}/{item.key} task", item.remedy.task
            yield f"{question.key}/{item.key}", item.remedy.closes_it
        if question.remedy:
            yield question.key, question.remedy.first_step
            yield question.key, question.remedy.closes_it
    for action in ranked(assessed):
        yield f"{action.question} why here", action.why_here


def without_content(case: Case) -> Case:
    """The same use where only a rank, a label or a proposal comes out, and anybody can write to it."""
    facts = {**case.facts, "makes_content_for_people": False, "open_prompt": True, "modalities": ("text",)}
    facts["builders_build_on_it"] = False
    return replace(case, id=f"{case.id}, without content", facts=facts)


SORTING = ("filtering", "recommendation", "decision")
"""What the output of a use may be for where it makes no content."""
GIVEN = {case.id: case for case in (*worked_cases(), *profiles().values())}
SORTERS = [without_content(case) for case in GIVEN.values() if case.facts.get("output_used_for") in SORTING]
CASES = GIVEN | {case.id: case for case in SORTERS}


@pytest.mark.few_a_day(7)
@pytest.mark.parametrize("id", CASES)
def test_no_text_names_a_thing_that_the_facts_exclude(id: str) -> None:
    assessed = assess(bank(), blank(CASES[id]))
    found = [
        (where, word, text) for where, text in everything_shown(assessed) for word in strangers(text, assessed.case)
    ]
    assert found == []


@pytest.mark.parametrize("case", SORTERS, ids=lambda case: case.id)
def test_a_use_that_gives_only_a_rank_or_a_label_is_asked_for_no_test_with_forbidden_requests(case: Case) -> None:
    """Such a test needs somebody who can ask, and content that could come back."""
    shown = [text for _where, text in everything_shown(assess(bank(), blank(case)))]
    assert [text for text in shown if re.search(r"forbidden (request|content)|refuses requests", text)] == []


def test_where_few_people_are_sorted_somebody_reads_what_the_system_does_not_mark_until_it_is_tested() -> None:
    """A missed case is otherwise found by nobody, and a count is set against a limit."""
    facts = {"ranks_or_prices_people": True, "worst_credible_effect": "grave", "users_scale": "100_to_9999"}
    case = GIVEN["visitor-visa-sorting"]
    plan = {action.question: action for action in ranked(assess(bank(), replace(case, facts={**case.facts, **facts})))}
    assert "read every case that it ranks low or does not mark" in plan["known-failures"].stopgap
    family = bank().questions["error-rates"].action_of["decides"]
    assert "the rate above which it may not be used" in family.stopgap


def test_a_chat_that_tutors_is_not_asked_as_if_it_ranked_people_or_had_decided_cases() -> None:
    """It gives answers: nobody gets a place in a list, and before its launch there is no last month."""
    told = GIVEN["tenants-rights-assistant"]
    facts = {"education_decisions": True, "deployment_stage": "research", "output_used_for": "information"}
    assessed = assess(bank(), blank(replace(told, facts={**told.facts, **facts, "ranks_or_prices_people": False})))
    texts = list(everything_shown(assessed))
    assert {"known-failures", "results-by-group", "contest", "oversight-in-practice"} <= {
        where for where, _text in texts
    }
    speaks = r"last month's (cases|errors)|result about them|cases (decided|ranked)|refuses, ranks"
    found = [(where, text) for where, text in texts if strangers(text, assessed.case) or re.search(speaks, text)]
    assert found == []


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word["key"])
def test_a_planted_word_is_found_where_its_fact_is_false(word: dict[str, str]) -> None:
    without = [case for case in CASES.values() if not parse(word["when"]).holds(case.facts, unknown=False)]
    assert without
    assert all(word["key"] in strangers(word["planted"], case) for case in without)
