"""The texts of the bank that a plan of many actions prints whole: first steps, choices and titles."""

from __future__ import annotations

from collections.abc import Iterator

from assessments.documents.remediation_plan import LONGEST_TITLE, ROOMS, WHOLE, within
from assessments.guideline.order import ActionWords
from assessments.guideline.wording import NEUTRAL_PEOPLE, UseWords
from tests.advice.profiles import bank

WORDS = UseWords(people=NEUTRAL_PEOPLE, system="Harbourlight Clinics Concierge")
LEAST = min(room.step for room in ROOMS)


def all_words() -> Iterator[tuple[str, ActionWords]]:
    """The words of each action of the bank: the neutral ones and those of each kind of use."""
    for question in bank().questions.values():
        yield question.key, question.action
        yield from ((f"{question.key} {kind}", words) for kind, words in question.action_of.items())


def first_steps() -> Iterator[tuple[str, str]]:
    """Whatever can be the first step of an action: of its practice, of a line that is missing, of no question."""
    for key, words in all_words():
        yield key, words.stopgap
    for question in bank().questions.values():
        for remedy in (question.remedy, *(item.remedy for item in question.items)):
            if remedy is not None:
                yield question.key, remedy.first_step
                yield from ((question.key, step) for _family, _task, step in remedy.of_family if step)
    for key, standing in bank().standing.items():
        yield from ((key, step) for step in (standing.stopgap, *standing.stopgap_of.values()))


def test_each_first_step_is_whole_in_a_plan_of_many_actions_where_the_system_has_a_name_of_thirty_letters() -> None:
    assert len(WORDS.system) == 30
    steps = [(key, WORDS.fill(step)) for key, step in first_steps()]
    assert len(steps) > 900
    assert [(key, len(step), step) for key, step in steps if len(step) > LEAST] == []


def test_each_choice_is_whole_with_both_options() -> None:
    choices = [WORDS.fill(words.costs) for _key, words in all_words() if words.costs]
    assert len(choices) >= 3
    assert [(len(one), one) for one in choices if within([one], 50)[0] != (one,)] == []
    assert all("Either" in one and " Or " in one for one in choices)


def test_each_further_step_proof_and_title_is_whole() -> None:
    remedies = [
        remedy
        for question in bank().questions.values()
        for remedy in (question.remedy, *(item.remedy for item in question.items))
        if remedy is not None
    ]
    proofs = [WORDS.fill(remedy.closes_it) for remedy in remedies]
    assert [proof for proof in proofs if len(proof) > WHOLE] == []
    titles = [WORDS.fill(words.task) for _key, words in all_words()]
    titles += [WORDS.fill(remedy.task) for remedy in remedies]
    assert [title for title in titles if len(title) > LONGEST_TITLE] == []
