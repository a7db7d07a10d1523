"""The answer to a fact, a choice and a tier rule in words, whatever release asks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assessments.guideline.edition import Edition, Fact
from assessments.guideline.reading import Source, compile_edition
from assessments.guideline.terms import UNKNOWN, Choice
from assessments.guideline.wording import ANSWERS, choice_words, fact_answer, in_short, rule_card
from tests.support.releases import published

EFFECT = "Grave: death, lasting injury, loss of liberty or ruin"


@pytest.mark.parametrize(
    ("key", "value", "full", "short"),
    [
        ("public_facing", True, "Yes", "Yes"),
        ("public_facing", False, "No", "No"),
        ("public_facing", UNKNOWN, "Do not know", "Do not know"),
        ("public_facing", None, "Not answered", "Not answered"),
        ("worst_credible_effect", "grave", EFFECT, "Grave"),
        ("modalities", ["text", "image"], "Text, including scores and labels; Images", "Text, including scores and labels; Images"),
        ("modalities", ("image",), "Images", "Images"),
        ("modalities", [UNKNOWN], "Do not know", "Do not know"),
        ("modalities", [], "None of these: the system only takes actions", "None of these"),
        ("worst_credible_effect", "retired_option", "retired_option", "retired_option"),
    ],
)  # fmt: skip
def test_a_fact_is_answered_in_the_words_of_the_edition(
    edition: Edition, key: str, value: object, full: str, short: str
) -> None:
    assert fact_answer(edition.facts[key], value) == full
    assert fact_answer(edition.facts[key], value, short=True) == short


@pytest.mark.parametrize("release", [1, 2])
def test_releases_that_do_not_name_the_common_answers_say_them_as_before(release: int) -> None:
    facts = published(release).edition.facts
    assert {fact.key for fact in facts.values() if fact.answer_words} == set()
    said = [fact_answer(facts["public_facing"], value) for value in (True, False, UNKNOWN, None)]
    assert said == ["Yes", "No", "Do not know", "Not answered"]
    assert fact_answer(facts["worst_credible_effect"], "grave", short=True) == "Grave"
    assert fact_answer(facts["modalities"], []) == "None of these"


def test_the_edition_names_every_answer_that_no_fact_names_itself(edition: Edition) -> None:
    for fact in edition.facts.values():
        assert dict(fact.answer_words) == ANSWERS


def test_a_translated_edition_answers_in_its_language(source: Source) -> None:
    answers = {"yes": "是", "no": "否", "unknown": "不知道", "none": "以上皆非", "not_answered": "未作答"}
    options = {"worst_credible_effect": {"options": {"grave": "嚴重：死亡"}}}
    texts = json.dumps({"terms": {"answers": answers}, "facts": {"facts": options}})
    facts = compile_edition(source.content, "zh-hant", texts).facts
    assert [fact_answer(facts["public_facing"], value) for value in (True, False, UNKNOWN, None)] == [
        "是", "否", "不知道", "未作答"
    ]  # fmt: skip
    assert fact_answer(facts["worst_credible_effect"], "grave", short=True) == "嚴重"


def test_a_fact_that_the_edition_has_no_more_still_has_words() -> None:
    assert [fact_answer(None, value) for value in (True, UNKNOWN, "advisory")] == ["Yes", "Do not know", "advisory"]
    assert fact_answer(None, ["one", "two"]) == "one; two"


def test_words_of_ones_own_are_not_cut_at_a_colon(edition: Edition) -> None:
    free: Fact = replace(edition.facts["public_facing"], values=(), free_text=True)
    assert fact_answer(free, "At night: never", short=True) == "At night: never"


@pytest.mark.parametrize(("label", "short"), [("Old people", "Old people"), ("Minors: under 18", "Minors"), ("兒童：18歲以下", "兒童")])  # fmt: skip
def test_a_label_in_short_ends_before_its_colon(label: str, short: str) -> None:
    assert in_short(label) == short


# --- a choice ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "label", "quoted"),
    [
        ("partly", "Partly", "partly in place"),
        ("planned", "Planned for a date", "planned"),
        ("none", "None of these", "none of the points in place"),
        ("unknown", "Do not know yet", "do not know"),
        ("", "Not answered", "Not answered"),
    ],
)
def test_a_choice_is_said_as_its_control_says_it_or_as_a_sentence_quotes_it(
    choice: str, label: str, quoted: str
) -> None:
    assert (choice_words(choice), choice_words(choice, quoted=True)) == (label, quoted)


def test_every_choice_has_words() -> None:
    assert [choice for choice in Choice if not choice_words(choice) or not choice_words(choice, quoted=True)] == []


# --- a tier rule ---------------------------------------------------------------------------------------------------------


def test_a_rule_card_says_all_of_a_rule_and_the_facts_that_are_given_to_it(edition: Edition) -> None:
    for rule in edition.rules:
        card = rule_card(edition, rule.id, ["a fact"])
        assert (card.id, card.tier, card.basis) == (rule.id, rule.tier or "", rule.basis)
        assert (card.reason, card.reading, card.facts) == (rule.reason, rule.reading, ("a fact",))
        assert card.clauses == tuple((clause, edition.cited(clause)) for clause in rule.clauses)
        assert bool(card.hold) == (rule.hold is not None)


def test_a_rule_that_the_edition_does_not_have_has_no_card(edition: Edition) -> None:
    with pytest.raises(KeyError):
        rule_card(edition, "H-RETIRED")
