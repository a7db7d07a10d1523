"""One subject once among the first ten of every plan; what is moved keeps its date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assessments.guideline.edition import Edition
from assessments.scoring.case_file import Case, assess
from assessments.scoring.order import STOP
from tests.advice.profiles import FIRST, bank, blank, plan_of, profiles, ranked, worked_cases

CASES = {case.id: case for case in (*(blank(case) for case in worked_cases()), *profiles().values())}


def without_subjects() -> Edition:
    order = bank().order
    assert order is not None
    return replace(bank(), order=replace(order, same_subject=()))


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_no_two_of_the_first_ten_are_about_one_subject(case: Case) -> None:
    """But for what another of the first ten waits for: that one cannot follow after it."""
    order = bank().order
    assert order is not None
    assessed = assess(bank(), case)
    first = [action.question for action in ranked(assessed)[:FIRST]]
    needed = {need for key in first if key in bank().questions for need in bank().questions[key].needs}
    for subject in order.subjects(assessed.declared.context):
        assert len([key for key in first if key in subject.practices and key not in needed]) <= 1, subject.practices


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_what_is_moved_keeps_the_date_of_its_first_step(case: Case) -> None:
    plain = {action.question: action for action in ranked(assess(without_subjects(), case))}
    for action in ranked(assess(bank(), case)):
        if action.question != "vacant-post":
            assert action.due_days <= plain[action.question].due_days, action.question
            assert action.blocking == plain[action.question].blocking
            if action.blocking:
                assert (action.full_days or 0) <= (plain[action.question].full_days or 0), action.question


def test_each_subject_stands_in_a_bank_that_has_its_practices_and_in_no_other_subject() -> None:
    order = bank().order
    assert order is not None
    practices = [one for subject in order.same_subject for one in subject.practices]
    assert set(practices) <= set(bank().questions)
    assert len(set(practices)) == len(practices)
    assert order.reasons["same_subject"]


def test_at_low_the_self_certification_says_what_can_go_wrong() -> None:
    """One signed page does both where little can go wrong; above Low the risk assessment stands for itself."""
    low, high = (assess(bank(), CASES[id]) for id in ("game-concept-art", "clinic-booking-assistant"))
    assert any("risk-assessment" in one.practices for one in bank().order.subjects(low.declared.context))
    assert not any("risk-assessment" in one.practices for one in bank().order.subjects(high.declared.context))
    place = {action.question: action.rank for action in ranked(low)}
    assert place["tier-low-self-certification"] <= FIRST < place["risk-assessment"]


def test_the_terms_are_read_before_anything_is_asked_of_the_supplier() -> None:
    place = {action.question: action.rank for action in ranked(plan_of("game-concept-art"))}
    assert place["terms-read"] <= FIRST < place["supplier-hold"]


def test_the_nurse_or_doctor_stands_for_the_person_who_confirms_each_output() -> None:
    found = {action.question: action for action in ranked(plan_of("clinic-booking-assistant"))}
    concrete, general = found["diagnosis-review"], found["tier-high-human-in-the-loop"]
    assert (concrete.rank, concrete.placed) == (1, STOP)
    assert general.rank > FIRST
    assert general.placed == "table_1_or_overlay"
    assert general.due_days == concrete.due_days
