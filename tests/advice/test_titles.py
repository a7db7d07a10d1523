"""The title of a question claims no more than the lines that a use is asked."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest

from assessments.guideline.edition import Question
from assessments.scoring.case_file import Case, assess
from tests.advice.profiles import bank, blank, profiles, worked_cases

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}
STEM = 5
GENERAL = frozenset(
    word[:STEM] for word in ("against", "content", "errors", "methods", "output", "rights", "tell", "that", "those")
)
"""Words of titles that stand in a line by chance and name none."""


def stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"[a-z]+", text.lower()) if len(word) >= 4}


def claimed(title: str, question: Question, shown: Collection[str]) -> set[str]:
    """The words of a title that belong to lines that are not asked, and to nothing that is."""

    def said(asked: bool) -> str:
        return " ".join(f"{item.key} {item.text}" for item in question.items if (item.key in shown) == asked)

    return (stems(title) & stems(said(False))) - stems(f"{said(True)} {question.text}") - GENERAL


@pytest.mark.parametrize("id", CASES)
def test_no_title_names_a_line_that_is_not_asked(id: str) -> None:
    assessed = assess(bank(), blank(CASES[id]))
    found = {
        question.key: words
        for question in assessed.questions
        if question.is_checklist
        and (
            words := claimed(question.title, question, {item.key for item in assessed.declared.items(bank(), question)})
        )
    }
    assert found == {}


@pytest.mark.parametrize(
    ("key", "title", "word"),
    [
        ("approval-paper", "Approval paper: purpose, reason for this model, cost, success measure", "cost"),
        ("availability", "Capacity, fallback and reliability of the service", "capac"),
    ],
)
def test_a_planted_claim_is_found_where_its_line_is_not_asked(key: str, title: str, word: str) -> None:
    def missed(case: Case) -> bool:
        assessed, question = assess(bank(), blank(case)), bank().questions[key]
        shown = {item.key for item in assessed.declared.items(bank(), question)}
        return key in {one.key for one in assessed.questions} and word in claimed(title, question, shown)

    assert any(missed(case) for case in CASES.values())


def test_no_two_questions_have_one_title() -> None:
    titles = [question.title for question in bank().questions.values()]
    assert len(set(titles)) == len(titles)
