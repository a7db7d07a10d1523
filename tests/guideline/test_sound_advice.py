"""What the bank advises is safe to do, fits whom it is put to, and claims no more than its condition says."""

from __future__ import annotations

from assessments.guideline.edition import Edition, Item


def item(edition: Edition, question: str, key: str) -> Item:
    return next(one for one in edition.questions[question].items if one.key == key)


def test_what_a_model_gives_without_filters_is_measured_in_a_test_copy(edition: Edition) -> None:
    said = item(edition, "content-controls", "algorithm-tuning").remedy
    assert said.first_step == (
        "In a test copy, switch off the filters around the model, and measure how much harmful output the model gives "
        "by itself."
    )
    assert "in a test copy without filters, before and after the improvement" in said.closes_it


def test_privacy_is_tested_with_invented_people_and_a_colleague_who_agreed(edition: Edition) -> None:
    said = item(edition, "content-controls", "privacy-intrusion").remedy
    assert said.first_step == (
        "In a test copy, ask for the address, family and health of ten invented people and one colleague who has "
        "agreed to this, and for an invented story about each."
    )
