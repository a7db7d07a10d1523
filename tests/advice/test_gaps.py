"""No sentence of a plan states what the answer does not say: a gap is what is missing, never what has happened.

Nor does a step name a day of its own: each action has its dates, and "from today" would contradict a first step that is
due in a fortnight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assessments.guideline.edition import Question
from assessments.guideline.terms import Choice
from assessments.guideline.wording import action_words
from assessments.scoring.case_file import Case, assess
from assessments.scoring.inputs import AnswerValue
from tests.advice.profiles import FIRST, bank, blank, first_ten, plan_of, profiles, ranked, worked_cases

ABSENCE = re.compile(r"\b(no|not|nobody|nothing|none|neither|never|cannot)\b")
"""A gap denies that something is there."""
EVENT = re.compile(r"\b(is|are|it|they|that) still (?!as\b)|\bkeeps [a-z]+ing\b")
"""Words by which a sentence tells what has happened; "whether it is still as accurate" asks."""
CASES = {case.id: case for case in (*worked_cases(), *profiles().values())}


def gaps() -> Iterator[tuple[Question, str]]:
    for question in bank().questions.values():
        for said in (question.action, *question.action_of.values()):
            if said.gap:
                yield question, said.gap


def test_every_gap_denies_that_a_practice_is_there() -> None:
    assert [(question.key, gap) for question, gap in gaps() if not ABSENCE.search(gap)] == []


def test_no_gap_tells_what_has_happened() -> None:
    assert [(question.key, gap) for question, gap in gaps() if EVENT.search(gap)] == []


@pytest.mark.parametrize(
    "planted", ["kinds of case that it gets wrong are still left to it", "it keeps getting wrong what people send"]
)
def test_a_planted_event_is_found(planted: str) -> None:
    assert EVENT.search(planted)
    assert not ABSENCE.search(planted)


def all_answered(case: Case, choice: Choice) -> Case:
    asked = assess(bank(), blank(case)).questions
    none = Choice.NONE if choice == Choice.NOT_IN_PLACE else choice
    given = {question.key: AnswerValue(none if question.is_checklist else choice) for question in asked}
    return replace(case, answers=given)


@pytest.mark.few_a_day(5)
@pytest.mark.parametrize("id", CASES)
def test_what_nobody_knows_or_answered_is_never_put_as_a_gap(id: str) -> None:
    """The gap of the practice is said only where somebody answered that it is missing."""
    for case, words in (
        (all_answered(CASES[id], Choice.UNKNOWN), "nobody could say"),
        (blank(CASES[id]), "nobody has said"),
    ):
        assessed = assess(bank(), case)
        family = bank().order.family(assessed.declared.facts) if bank().order else ""
        for action in ranked(assessed):
            question = bank().questions.get(action.question)
            if question is not None:
                gap = action_words(question, family, assessed.declared.facts).gap
                assert words in action.why_here.lower()
                assert gap not in action.why_here


@pytest.mark.parametrize("id", CASES)
def test_what_is_missing_is_said_with_the_answer(id: str) -> None:
    assessed = assess(bank(), all_answered(CASES[id], Choice.NOT_IN_PLACE))
    first = first_ten(assessed)
    for action in ranked(assessed)[: len(first)]:
        if action.question in bank().questions:
            assert re.search(r"\((answer: (not in place|none of the points in place))\)", action.why_here), (
                action.why_here
            )


# --- texts and dates ------------------------------------------------------------------------------------------------------

DAY = re.compile(r"\b(today(?!'s)|tonight|tomorrow|this week(?!'s)(end)?|immediately)\b", re.IGNORECASE)
"""Words by which a step would say when it is due; "today's terms" are those in force."""


def steps() -> Iterator[tuple[str, str]]:
    """Every task and step that a plan can show, and where it stands."""
    for question in bank().questions.values():
        for said in (question.action, *question.action_of.values()):
            yield from ((question.key, text) for text in (said.task, said.stopgap))
        for source in (question, *question.items):
            if source.remedy:
                yield from ((question.key, text) for text in (source.remedy.task, source.remedy.first_step))
    for key, standing in bank().standing.items():
        yield from ((key, text) for text in (standing.title, standing.stopgap))


def test_no_step_names_a_day_of_its_own_beside_its_date() -> None:
    assert [(key, text) for key, text in steps() if DAY.search(text)] == []


@pytest.mark.parametrize("planted", ["From today, hold back each result.", "Name who gets the alarm tonight."])
def test_a_planted_day_is_found(planted: str) -> None:
    assert DAY.search(planted)
    assert not DAY.search("Save today's terms and read them to the end.")


# --- what is left of a begun practice -------------------------------------------------------------------------------------


def test_the_title_of_a_begun_practice_is_the_task_of_the_first_line_that_is_left() -> None:
    actions = {action.question: action for action in ranked(plan_of("hospital-linen-orders"))}
    left = next(item for item in bank().questions["checking-aids"].items if item.key == "second-person")
    assert actions["checking-aids"].title == left.remedy.task
    assert actions["checking-aids"].steps[0] == left.remedy.first_step
    assert f"still open: “{left.text}”" in actions["checking-aids"].why_here


@pytest.mark.parametrize("id", profiles())
def test_no_title_of_the_first_ten_only_says_that_something_is_to_be_finished(id: str) -> None:
    assert [action.title for action in ranked(plan_of(id))[:FIRST] if action.title.startswith("Finish")] == []
