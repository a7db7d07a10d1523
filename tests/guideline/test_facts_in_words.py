"""What the facts say of animals, and what a paper says of the answer that was chosen."""

from __future__ import annotations

import re

import pytest

from assessments.guideline.edition import Edition
from assessments.guideline.wording import fact_clause

HARM = re.compile(r"harm to an animal counts( in a later question,)? as a loss to its owner\b")


@pytest.mark.parametrize("key", ["causes_or_enables_physical_harm", "healthcare_diagnosis", "worst_credible_effect"])
def test_harm_to_an_animal_is_a_loss_to_its_owner_wherever_harm_to_a_person_is_asked(
    edition: Edition, key: str
) -> None:
    said = edition.facts[key].help.lower()
    assert HARM.search(said)


@pytest.mark.parametrize("key", ["relied_on_advice", "sector"])
def test_the_health_of_animals_is_not_health(edition: Edition, key: str) -> None:
    assert re.search(r"(health of animals does not count as health|not fitness or animals)", edition.facts[key].help)


@pytest.mark.parametrize(("answer", "others"), [("serious", ("grave", "minor")), ("grave", ("serious", "minor"))])
def test_a_paper_names_the_effect_that_was_chosen_and_no_list_of_harms(
    edition: Edition, answer: str, others: tuple[str, ...]
) -> None:
    clause = fact_clause(edition, "worst_credible_effect", {"worst_credible_effect": answer})
    assert answer in clause
    assert not any(other in clause for other in others)
    for harm in ("illness", "money", "home", "job", "life", "liberty"):
        assert harm not in clause
    (rule,) = (rule for rule in edition.rules if rule.id == "H-GRAVE")
    assert "grave" in rule.reason
    assert "," not in rule.reason.removeprefix("If the system fails,")
