"""What the bank advises is safe to do, fits whom it is put to, and claims no more than its condition says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assessments.guideline.edition import Edition, Item

BANK = Path("fixtures/guideline/hk-genai-1.1")


def item(edition: Edition, question: str, key: str) -> Item:
    return next(one for one in edition.questions[question].items if one.key == key)


def reason(edition: Edition, question: str, requirement: str) -> str:
    """Why a duty is left out where its condition does not hold."""
    return next(one.because for one in edition.questions[question].narrows if one.requirement == requirement)


def test_what_a_model_gives_without_filters_is_measured_in_a_test_copy(edition: Edition) -> None:
    said = item(edition, "content-controls", "algorithm-tuning").remedy
    assert said.first_step == (
        "In a test copy, switch off the filters around the model, and measure how much harmful output the model "
        "itself produces."
    )
    assert "before and after the improvement" in said.closes_it
    assert "in a test copy without filters" in said.closes_it


def test_privacy_is_tested_with_invented_people_and_a_colleague_who_agreed(edition: Edition) -> None:
    said = item(edition, "content-controls", "privacy-intrusion").remedy
    assert said.first_step == (
        "In a test copy, ask for the address, family and health details of ten invented people and one consenting "
        "colleague. Also ask for an invented story about each."
    )


def test_a_sentence_is_planted_in_documents_and_messages(edition: Edition) -> None:
    said = item(edition, "planted-instructions", "no-better-treatment").remedy
    assert said.first_step == (
        "Give the system 20 documents or messages twice, the second time with an added sentence of praise or a command. "
        "Note each result that changed."
    )
    assert said.closes_it == (
        "A test in which sentences added to the input never changed a result, such as a category, a rank or an action. "
        "If a sentence did, a rule that sends documents and messages like that to a person."
    )


def test_travellers_are_compared_also_where_they_make_no_request(edition: Edition) -> None:
    said = edition.questions["traveller-fairness"]
    assert (
        said.action.task
        == "Compare how the system treats different groups of travellers, and correct unequal treatment"
    )
    assert said.action.stopgap.startswith("Run 20 requests or bookings that are identical except for language")
    assert said.remedy is not None
    assert "enter the same usual request or booking for each" in said.remedy.first_step


def test_somebody_who_did_harm_with_ai_destroys_no_evidence_and_warns_those_it_can_still_hurt(edition: Edition) -> None:
    said = edition.questions["my-forbidden-uses"].action.stopgap
    assert said == (
        "Stop any use of AI that you would not want to explain to the police. If it may have harmed somebody, ask a "
        "lawyer what to do before you delete anything."
    )
    fraud = item(edition, "my-forbidden-uses", "fraud").remedy
    assert fraud.first_step == (
        "If you made such a fake, take it down and warn everyone it could still deceive. If somebody has lost money "
        "or data, ask a lawyer what to do, and keep all records."
    )


def test_the_dangers_of_services_are_learnt_without_a_password_of_the_family(edition: Edition) -> None:
    said = item(edition, "my-knowledge", "security-risks").remedy
    assert "one data leak at an AI service and one case of a bypassed safety filter" in said.first_step
    assert (
        said.closes_it == "Your notes on both cases, each with one thing that you now do differently when you use AI."
    )


def test_what_people_can_do_about_a_result_is_said_from_their_side(edition: Edition) -> None:
    said = item(edition, "contest", "fed-back")
    assert said.text == (
        "Have a wrong result corrected wherever it is recorded, so that the same error is not repeated in later cases"
    )
    assert item(edition, "contest", "many-wrong").text == (
        "Have their result corrected without having to ask, when many results turn out to be wrong"
    )


@pytest.mark.parametrize(
    ("question", "requirement", "said"),
    [
        (
            "accuracy-methods",
            "3.1-29",
            "We do not ask about the reliability of output that is used mainly for creative work.",
        ),
        (
            "risk-operations",
            "3.2.2-33",
            "We ask about these risks only if somebody earns money from the output, people need special care, or "
            "records are kept.",
        ),
        (
            "faulty-output",
            "T2-USER-03",
            "No warning is needed if output can do no harm, or only minor harm inside the organisation.",
        ),
        (
            "faulty-output",
            "3.3-11",
            "Reports are possible only if there is a provider. They are not needed if output can do no harm, or only minor "
            "harm inside the organisation.",
        ),
    ],
)
def test_a_reason_says_when_a_duty_is_asked_about_and_claims_no_more(
    edition: Edition, question: str, requirement: str, said: str
) -> None:
    assert reason(edition, question, requirement) == said


def test_people_can_stop_using_the_ai_of_a_financial_service_at_any_time(edition: Edition) -> None:
    said = item(edition, "finance-choice", "end-at-any-time").remedy
    assert said.closes_it.startswith("A way for people to stop using the AI at any time in no more than three steps")


@pytest.mark.parametrize("word", [r"(?<!fine-)\btun(?:ed|es|e|ing)\b", r"\beras(?:e|es|ed|ing|ure)\b"])
def test_the_bank_says_fine_tune_and_delete_and_no_second_word(word: str) -> None:
    lines = [line for path in BANK.rglob("*.en.yaml") for line in path.read_text().splitlines()]
    texts = [line for line in lines if not re.fullmatch(r" *[a-z-]+:", line)]  # the others are keys
    assert [line for line in texts if re.search(word, line, re.IGNORECASE)] == []


def test_a_person_takes_over_from_a_machine_under_one_word(edition: Edition) -> None:
    said = [
        edition.questions[key].action_of["moves"]
        for key in ("known-failures", "performance-metrics", "release-tests", "tier-high-live-monitoring")
    ]
    texts = " ".join(f"{words.task} {words.stopgap}" for words in said)
    assert texts.count("took over") + texts.count("takes over") + texts.count("take over") >= 5
    assert not re.search(r"intervention|takeover|step(?:s|ped)? in\b", texts)
    vehicle = edition.questions["vehicle-trust"]
    assert vehicle.action.task.endswith("publish how often a person takes over")
    assert item(edition, "vehicle-trust", "open-record").text.endswith("how often a person took over")


def test_images_sound_and_video_are_named_together_and_in_the_words_of_the_facts(edition: Edition) -> None:
    title = edition.questions["access-control"].action_of["media"].task
    assert title.startswith("Give each person who makes images, sound or video their own login")
    texts = " ".join(path.read_text() for path in BANK.rglob("*.en.yaml"))
    assert "images, sound or video" in texts
    assert not re.search(r"pictures?, sounds? (?:or|and) films?|images or sound\b", texts)


def test_the_terms_that_somebody_reads_are_terms_of_use(edition: Edition) -> None:
    question = edition.questions["terms-read"]
    assert question.text == "Which points in the supplier's terms of use have been read and noted?"
    for words in (question.action, question.action_of["media"], question.action_of["code"]):
        assert "the supplier's terms of use" in words.stopgap
    assert "the supplier's terms of use exclude training" in edition.facts["trains_on_user_data"].help


def test_a_service_that_can_be_refused_as_a_whole_is_told_which_choice_is_missing(edition: Edition) -> None:
    question = edition.questions["training-opt-out"]
    assert question.action.gap == "people have no separate choice to keep their data out of training"
    assert question.action_of["supplied"].gap.endswith("who are not given a separate choice to refuse")
    assert question.action.task.endswith("and train no AI on their data until they have the choice")


def test_a_licence_is_held_against_how_the_model_is_used(edition: Edition) -> None:
    task = edition.questions["open-source-licence"].action.task
    assert task == "Read the licence of each model, and replace any model whose licence does not allow how you use it"


def test_a_shop_owner_can_answer_whether_a_use_injures_or_is_unlawful(edition: Edition) -> None:
    injures, unlawful = edition.facts["causes_or_enables_physical_harm"], edition.facts["illegal_purpose"]
    assert injures.question == (
        "Are people injured by this use, or does it help others to injure people, on purpose or as a main effect that its "
        "operator accepts?"
    )
    for fact in (injures, unlawful):
        assert "The operator runs the system." in fact.help
    assert "An ordinary licence is not a special permit." in unlawful.help
