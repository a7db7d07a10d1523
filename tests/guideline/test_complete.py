"""What follows from the facts that were answered: hidden, derived, implied, and one bare value for a list of one."""

from __future__ import annotations

from functools import lru_cache

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.conditions import Answer
from assessments.guideline.edition import Edition
from assessments.guideline.reach import as_answer, complete, facts_read, is_shown
from assessments.guideline.reading import compile_edition
from assessments.guideline.terms import UNKNOWN, Stakeholder
from assessments.guideline.wording import fact_answer, fact_clause
from assessments.scoring.case_file import read_all_facts
from assessments.scoring.tiers import assign_tier
from tests.guideline.uses import declared_uses
from tests.support.paths import DATA

CASES = {case["id"]: case for case in yaml.safe_load((DATA / "cases.yaml").read_text())["cases"]}
MOST_WORDS_OF_A_QUESTION, MOST_WORDS_OF_A_HELP = 25, 75


def completed(edition: Edition, case: str) -> dict[str, Answer]:
    facts, faults = read_all_facts(CASES[case], edition)
    assert faults == []
    return facts


# --- hidden ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "stored", "counts"),
    [
        ({"worst_credible_effect": "none"}, "never", "easily"),
        ({"worst_credible_effect": "serious"}, "never", "never"),
        ({"worst_credible_effect": UNKNOWN}, "never", "never"),
        ({}, "hardly", "hardly"),
    ],
)
def test_reversibility_counts_only_where_there_is_an_effect(edition, others, stored, counts):
    assert complete(edition.facts, {**others, "reversibility": stored})["reversibility"] == counts


@pytest.mark.parametrize(
    ("autonomy", "reviewer", "counts"),
    [
        ("advisory", "qualified", True),
        ("human_approves", UNKNOWN, True),
        (UNKNOWN, "qualified", True),
        ("fully_automated", "qualified", False),
        ("advisory", "none", False),
    ],
)
def test_a_minor_task_counts_only_where_the_exception_could_apply(edition, autonomy, reviewer, counts):
    facts = {
        "decision_autonomy": autonomy,
        "human_reviewer_qualified": reviewer,
        "minor_procedural_task": True,
    }
    assert complete(edition.facts, facts)["minor_procedural_task"] is counts


def test_facts_that_always_reach_a_rule_are_never_hidden(edition):
    for key in ("lawful_exception_claimed", "generates_realistic_media", "human_reviewer_qualified"):
        assert edition.facts[key].otherwise is None, key


@given(st.data())
def test_completing_never_changes_a_tier(edition, data):
    facts = data.draw(declared_uses(edition))
    before, after = assign_tier(edition, facts), assign_tier(edition, complete(edition.facts, facts))
    assert (after.assigned_tier, after.holds, after.provisional) == (
        before.assigned_tier,
        before.holds,
        before.provisional,
    )


@lru_cache
def anything(edition: Edition) -> st.SearchStrategy[dict[str, Answer]]:
    def answers(key: str) -> st.SearchStrategy[Answer]:
        fact = edition.facts[key]
        one = st.sampled_from([*fact.values, UNKNOWN])
        if not fact.many:
            return one
        return st.one_of(one, st.lists(st.sampled_from(fact.values), unique=True).map(tuple))

    return st.fixed_dictionaries({}, optional={key: answers(key) for key in edition.facts})


@given(st.data())
def test_completing_twice_is_completing_once(edition, data):
    facts = data.draw(anything(edition))
    once = complete(edition.facts, facts)
    assert complete(edition.facts, once) == once


@given(st.data())
def test_an_earlier_release_says_nothing_of_what_follows(release_2, data):
    facts = data.draw(anything(release_2))
    found = complete(release_2.facts, facts)
    assert {key: as_answer(release_2.facts[key], value) for key, value in facts.items()} == {
        key: value for key, value in found.items() if key in facts
    }


@pytest.fixture(scope="module")
def release_2():
    import lzma

    packed = DATA / "hk-genai-1.1-release-2.json.xz"
    return compile_edition(lzma.decompress(packed.read_bytes()).decode())


def test_a_fact_that_only_one_sector_s_duties_read_is_asked_in_that_sector_alone(edition):
    """Whatever reads it tests the sector as well: asked elsewhere, it would decide nothing."""
    scopes: dict[str, list[bool]] = {}
    for question in edition.questions.values():
        for opening in question.openings:
            tested = {test.fact for test in opening.when.tests()}
            for key in tested:
                scopes.setdefault(key, []).append("sector" in tested and bool(question.module))
    of_one_sector = {key for key, scoped in scopes.items() if all(scoped) and key in edition.facts} - {"sector"}
    assert of_one_sector == {"education_uses", "customers_can_opt_out", "predictive_maintenance"}
    for key in of_one_sector:
        assert "sector" in {test.fact for test in edition.facts[key].shown_when.tests()}, key


# --- derived, and lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fact", ["agentic_actions", "autonomous_vehicle", "autonomous_robot"])
def test_action_is_derived_and_never_believed(edition, fact):
    assert complete(edition.facts, {fact: True, "modalities": ("text",)})["modalities"] == ("text", "action")
    assert complete(edition.facts, {fact: True, "modalities": ()})["modalities"] == ("action",)
    nothing = {"agentic_actions": False, "autonomous_vehicle": False, "autonomous_robot": False}
    assert complete(edition.facts, {**nothing, "modalities": ("text", "action")})["modalities"] == ("text",)


def test_one_bare_value_is_a_list_of_one(edition):
    found = complete(edition.facts, {"high_risk_content": "deepfake", "model_source": "fine_tuned", "markets": UNKNOWN})
    assert found["high_risk_content"] == ("deepfake",)
    assert found["model_source"] == ("fine_tuned",)
    assert found["markets"] == UNKNOWN


def test_a_list_of_one_is_read_by_the_release_before(release_2):
    assert complete(release_2.facts, {"model_source": ("fine_tuned",)})["model_source"] == "fine_tuned"


def test_a_mixture_of_models_applies_the_duties_of_each(edition):
    facts = complete(edition.facts, {"model_source": ("own_trained", "third_party"), "trains_on_user_data": False})
    assert all(edition.conditions[slug].holds(facts) for slug in ("trains_or_fine_tunes", "third_party_model"))


# --- implied --------------------------------------------------------------------------------------------------------------


def test_without_input_there_is_no_open_prompt(edition):
    facts = complete(edition.facts, {"takes_user_input": False, "open_prompt": True, "speech_in": True})
    assert (facts["open_prompt"], facts["speech_in"]) == (False, True)
    facts = complete(edition.facts, {**facts, "reads_outside_content": False})
    assert facts["speech_in"] is False


def test_an_answer_stands_against_what_follows(edition):
    facts = {"modalities": ("text",), "output_used_for": "drafting", "makes_content_for_people": False}
    assert complete(edition.facts, facts)["makes_content_for_people"] is False
    assert complete(edition.facts, {**facts, "makes_content_for_people": UNKNOWN})["makes_content_for_people"] is True


def test_the_few_facts_that_follow_from_others_do_so_by_their_own_words(edition):
    """Each is read against both questions before it is added here: what is only likely is asked."""
    implied = {fact.key: [value for value, _ in fact.implied] for fact in edition.facts.values() if fact.implied}
    assert implied == {"makes_content_for_people": [True, True]}


@pytest.mark.parametrize(
    "fact",
    ["open_prompt", "reads_outside_content", "speech_in", "commercial_interest_in_output", "vulnerable_kind"],
)
@pytest.mark.parametrize("case", sorted(CASES))
def test_what_is_only_likely_is_left_open_or_needless(edition, case, fact):
    facts = completed(edition, case)
    given = {**CASES[case]["facts"], **CASES[case]["more_facts"]}
    if fact not in given:
        needless = not is_shown(edition.facts[fact], facts)
        assert facts.get(fact, UNKNOWN) == (edition.facts[fact].otherwise if needless else UNKNOWN)


def test_sorting_free_messages_does_not_close_the_open_prompt(edition):
    """Patients write what they like, although the output is a proposal and the area is none of those named."""
    facts = {"takes_user_input": True, "output_used_for": "recommendation", "service_areas": ("other",)}
    assert complete(edition.facts, facts).get("open_prompt", UNKNOWN) == UNKNOWN


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("budget-airline-chat", {"open_prompt": UNKNOWN, "makes_content_for_people": True}),
        ("game-concept-art", {"makes_content_for_people": True}),
        ("bureau-drafting-copilot", {"vulnerable_kind": (), "makes_content_for_people": True}),
        ("warehouse-sorting-arms", {"open_prompt": UNKNOWN}),
        ("licensed-star-double", {"open_prompt": UNKNOWN, "makes_content_for_people": True}),
    ],
)
def test_what_the_worked_cases_imply(edition, case, expected):
    facts = completed(edition, case)
    assert {key: facts.get(key, UNKNOWN) for key in expected} == expected


def test_no_implied_value_contradicts_its_own_condition(edition):
    for fact in edition.facts.values():
        for value, when in fact.implied:
            assert fact.key not in {test.fact for test in when.tests()}
            assert set(value if isinstance(value, tuple) else (value,)) <= set(fact.values)


def test_what_decides_a_fact_is_asked_before_it(edition):
    order = list(edition.facts)
    for number, fact in enumerate(edition.facts.values()):
        conditions = [fact.shown_when, *(when for _, when in (*fact.implied, *fact.derived))]
        read = {test.fact for condition in conditions for test in condition.tests()}
        assert read <= set(order[:number]), fact.key


def test_the_facts_of_a_part_include_what_decides_them(edition):
    for part in Stakeholder:
        read = facts_read(edition, (part,))
        for key in read:
            assert {test.fact for test in edition.facts[key].shown_when.tests()} <= read, key


# --- words ----------------------------------------------------------------------------------------------------------------


def test_every_answer_that_means_something_has_a_clause(edition):
    for fact in edition.facts.values():
        wanted = {"true"} if fact.yes_no else {str(value) for value in fact.values}
        assert wanted <= set(fact.reasons), fact.key


def test_a_clause_fits_into_running_text(edition):
    for fact in edition.facts.values():
        for clause in fact.reasons.values():
            assert clause.split()[0] in ("it", "its", "an", "people", "nobody", "the"), clause
            assert not clause.endswith("."), clause
            assert len(clause.split()) <= 22, clause


def test_questions_and_helps_are_short(edition):
    for fact in edition.facts.values():
        assert len(fact.question.split()) <= MOST_WORDS_OF_A_QUESTION, fact.key
        assert len(fact.help.split()) <= MOST_WORDS_OF_A_HELP, fact.key


def test_answers_are_put_into_words_by_the_edition_alone(edition):
    public, modalities = edition.facts["public_facing"], edition.facts["modalities"]
    assert [fact_answer(public, value) for value in (True, False, UNKNOWN)] == ["Yes", "No", "Do not know"]
    assert fact_answer(modalities, (), short=True) == "None of these"
    assert edition.terms["answers.not_answered"] == "Not answered"
    assert fact_clause(edition, "ranks_or_prices_people", {"ranks_or_prices_people": True}) == (
        "it ranks or sorts people or sets personalised prices"
    )
    assert fact_clause(edition, "ranks_or_prices_people", {"ranks_or_prices_people": False}) == ""
