"""A begun practice: its title and its reason come from the lines that are still open, never from those in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assessments.guideline.edition import Question, Remedy
from assessments.guideline.terms import Choice, Effort
from assessments.guideline.wording import UseWords
from assessments.scoring.begun import LONGEST_TITLE, still_open, task_left
from assessments.scoring.case_file import AssessedCase, Case, assess
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.remediation import ProposedAction
from tests.advice.profiles import bank, blank, profiles, ranked, worked_cases

CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}
NOTHING = UseWords("", "")


def all_but_the_last(case: Case) -> AssessedCase:
    """The same use with every line of every checklist in place, but for the last that it is shown."""
    asked = assess(bank(), blank(case))
    answers = {}
    for question in asked.questions:
        lines = [item.key for item in asked.declared.items(bank(), question)]
        if question.is_checklist and len(lines) > 1:
            answers[question.key] = AnswerValue(Choice.TICKED, frozenset(lines[:-1]))
    return assess(bank(), replace(case, answers=answers))


def family_of(assessed: AssessedCase) -> str:
    order = bank().order
    assert order is not None
    return order.family(assessed.declared.facts)


def begun(assessed: AssessedCase) -> list[tuple[ProposedAction, Question]]:
    return [
        (action, bank().questions[action.question])
        for action in ranked(assessed)
        if "still open: " in action.why_here and action.question in bank().questions
    ]


@pytest.mark.parametrize("id", CASES)
def test_the_title_of_a_begun_practice_says_what_is_open_and_not_what_is_ticked(id: str) -> None:
    assessed = all_but_the_last(CASES[id])
    found = begun(assessed)
    assert found
    words, family = assessed.case.words, family_of(assessed)
    for action, question in found:
        last = assessed.declared.items(bank(), question)[-1]
        assert action.title == task_left(last.remedy.in_words_of(family), words)
        assert action.why_here.count(f"1 still open: “{words.fill(last.text).rstrip('.')}”") == 1


@pytest.mark.parametrize("id", CASES)
def test_no_title_has_two_colons_or_is_too_long_to_be_read(id: str) -> None:
    for assessed in (assess(bank(), CASES[id]), all_but_the_last(CASES[id])):
        for action in ranked(assessed):
            if action.question in bank().questions:
                assert action.title.count(":") <= 1, action.title
                assert len(action.title) <= 150, action.title


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["A"], "1 still open: “A”"),
        (["A", "B"], "2 still open: “A” and “B”"),
        (["A", "B", "C", "D"], "4 still open: “A”, “B” and 2 more"),
    ],
)
def test_the_open_lines_are_counted_and_the_first_two_named(lines: list[str], said: str) -> None:
    assert still_open(lines) == said


@pytest.mark.parametrize(
    ("task", "first_step", "title"),
    [
        ("Read samples", "Choose twenty.", "Read samples"),
        ("", "Choose twenty. Then read them.", "Choose twenty"),
        ("", "Write three lines: whom, when, how.", "Write three lines"),
        ("", f"Choose {'very ' * 25}long texts, and read them.", f"Choose {'very ' * 25}long texts"),
    ],
)
def test_a_line_without_a_task_of_its_own_lends_its_first_step(task: str, first_step: str, title: str) -> None:
    remedy = Remedy(owner="", effort=Effort.DAYS, first_step=first_step, closes_it="", task=task)
    assert task_left(remedy, NOTHING) == title


def test_only_a_long_first_step_is_cut_at_a_clause() -> None:
    step = "Choose five, and read them"
    assert len(step) < LONGEST_TITLE
    assert task_left(Remedy("", Effort.DAYS, f"{step}.", ""), NOTHING) == step


def test_where_only_uses_and_recipients_of_data_are_open_nobody_is_told_to_drop_data() -> None:
    case = CASES["clinic-booking-assistant"]
    lines = frozenset({"why-each-field", "purpose", "means-collected", "consent-sensitive"})
    answers = {"collection-and-use": AnswerValue(Choice.TICKED, lines)}
    found = {action.question: action for action in ranked(assess(bank(), replace(case, answers=answers)))}
    action = found["collection-and-use"]
    assert action.title in (
        "Write down how each type of personal data may be used, and forbid every other use",
        "Write down who may receive each type of personal data, and stop copies going to anybody else",
    )
    assert "2 still open: " in action.why_here
    assert "3 of 5 points of " in action.why_here


def test_what_is_left_of_a_practice_is_said_in_the_words_of_the_kind_of_use() -> None:
    item = next(item for item in bank().questions["publication-check"].items if item.key == "harm-assessed")
    neutral, drafted = item.remedy.in_words_of("media"), item.remedy.in_words_of("drafts")
    assert task_left(neutral, UseWords()) == "Consider before each release whom the content could mislead or harm"
    assert task_left(drafted, UseWords()).startswith("Before you publish a text, mark each part that would mislead")
    assert drafted.first_step == neutral.first_step  # it has no other first step, so the first step stays
    assert drafted.closes_it == neutral.closes_it
